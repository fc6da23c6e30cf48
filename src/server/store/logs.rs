//! Logs: one per conversation, each with its epoch and its top.

use super::{Connection, LogId, Result, UserId};

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

/// A user's own log and its top.
///
/// # Errors
/// When the database cannot be read.
pub async fn own(db: &mut Connection, user: UserId) -> Result<(LogId, i64)> {
    sqlx::query_as("SELECT l.id, l.top FROM users u JOIN logs l ON l.id = u.log_id WHERE u.id = $1")
        .bind(user)
        .fetch_one(db)
        .await
}
