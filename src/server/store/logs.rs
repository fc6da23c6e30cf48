//! Logs: one per conversation, each with its epoch and its top.

use super::{Connection, LogId, Result};
use crate::protocol::At;
use crate::protocol::frames::{Event, Kind as EventKind};

/// What a log belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A room.
    Room,
    /// A conversation of two.
    Direct,
    /// One user's own.
    Own,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Room => "room",
            Self::Direct => "direct",
            Self::Own => "own",
        }
    }
}

/// Where a log stands.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Head {
    /// Changes only when the log is made anew or restored.
    pub epoch: String,
    /// The last seq given out.
    pub top: i64,
}

/// Makes an empty log.
///
/// # Errors
/// When the database cannot be written.
pub async fn make(db: &mut Connection, kind: Kind) -> Result<LogId> {
    sqlx::query_scalar(
        "INSERT INTO logs (kind, epoch) SELECT $1, epoch FROM house WHERE id = 1 RETURNING id",
    )
    .bind(kind.word())
    .fetch_one(db)
    .await
}

/// Where a log stands.
///
/// # Errors
/// When the database cannot be read.
pub async fn head(db: &mut Connection, log: LogId) -> Result<Head> {
    sqlx::query_as("SELECT epoch, top FROM logs WHERE id = $1").bind(log).fetch_one(db).await
}

/// Where a log stands that will be made with its first message: at the beginning.
///
/// # Errors
/// When the database cannot be read.
pub async fn head_of_none(db: &mut Connection) -> Result<Head> {
    sqlx::query_as("SELECT epoch, CAST(0 AS BIGINT) AS top FROM house WHERE id = 1")
        .fetch_one(db)
        .await
}

/// The log's top, held against every other writer until the transaction ends.
///
/// # Errors
/// When the database cannot be written.
pub async fn hold(db: &mut Connection, log: LogId) -> Result<i64> {
    sqlx::query_scalar("UPDATE logs SET top = top WHERE id = $1 RETURNING top")
        .bind(log)
        .fetch_one(db)
        .await
}

/// Sets the top, and the last message where there was one.
///
/// # Errors
/// When the database cannot be written.
pub async fn advance(
    db: &mut Connection,
    log: LogId,
    top: i64,
    said: Option<(i64, At)>,
) -> Result<()> {
    let (seq, at) = said.map_or((None, None), |(seq, at)| (Some(seq), Some(at.0)));
    sqlx::query(
        "UPDATE logs SET top = $2, said_seq = COALESCE($3, said_seq), said_at = COALESCE($4, said_at)
         WHERE id = $1",
    )
    .bind(log)
    .bind(top)
    .bind(seq)
    .bind(at)
    .execute(db)
    .await
    .map(drop)
}

/// Puts an event that is not a message at `seq`.
///
/// # Errors
/// When the database cannot be written.
pub async fn put(
    db: &mut Connection,
    log: LogId,
    seq: i64,
    kind: &EventKind,
    at: At,
) -> Result<Event> {
    let event = Event::new(seq, None, kind);
    sqlx::query("INSERT INTO events (log_id, seq, kind, data, at) VALUES ($1, $2, $3, $4, $5)")
        .bind(log)
        .bind(seq)
        .bind(&event.kind)
        .bind(event.data.get())
        .bind(at.0)
        .execute(db)
        .await?;
    Ok(event)
}
