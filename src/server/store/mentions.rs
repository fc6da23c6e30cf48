//! Who is to be told of a message, and what called somebody.

use super::{Connection, LogId, Result, UserId, json, sqlite};
use crate::protocol::people::NoticeKind;

/// Somebody who is to be told.
pub type Hearer = (UserId, LogId);

/// Those of these people (folded names) who may read this room, wish to be told and did not block whoever
/// names them, nor who said the message `seq` where an edit of it does: (user, own log).
///
/// # Errors
/// When the database cannot be read.
pub async fn hearers(
    db: &mut Connection,
    log: LogId,
    author: UserId,
    folded: &[String],
    seq: Option<i64>,
) -> Result<Vec<Hearer>> {
    let found: String = sqlx::query_scalar(sqlite::HEARERS)
        .bind(json::write(folded)?)
        .bind(log)
        .bind(author)
        .bind(seq)
        .fetch_one(db)
        .await?;
    json::read(&found)
}

/// Who said the message `seq` of this room, if they are to be told of what another does about it.
///
/// # Errors
/// When the database cannot be read.
pub async fn author(
    db: &mut Connection,
    log: LogId,
    seq: i64,
    by: UserId,
) -> Result<Option<Hearer>> {
    sqlx::query_as(sqlite::HEARING_AUTHOR).bind(log).bind(seq).bind(by).fetch_optional(db).await
}

/// A message that called somebody, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// The seq of its notice.
    pub notice: i64,
    /// Why.
    pub kind: NoticeKind,
    /// Where.
    pub log: LogId,
    /// The room's name.
    pub room: String,
    /// Its seq.
    pub seq: i64,
    /// Who said it.
    pub author: String,
    /// What.
    pub body: String,
    /// When.
    pub at: i64,
    /// Whether the one it calls has not read it yet.
    pub unread: bool,
}

/// (Notice, kind, log, room, seq, author, body, at, unread).
type Row = (i64, String, LogId, String, i64, String, String, i64, bool);

/// Messages that called this user, the latest first: what was deleted and where they may not look any
/// more is left out.
///
/// # Errors
/// When the database cannot be read.
pub async fn page(
    db: &mut Connection,
    user: UserId,
    admin: bool,
    before: Option<i64>,
    limit: usize,
) -> Result<Vec<Called>> {
    let rows: Vec<Row> = sqlx::query_as(sqlite::MENTIONED)
        .bind(user)
        .bind(admin)
        .bind(before.unwrap_or(i64::MAX))
        .bind(limit as i64)
        .fetch_all(db)
        .await?;
    let called = |(notice, kind, log, room, seq, author, body, at, unread): Row| Called {
        notice,
        kind: NoticeKind::of_word(&kind).unwrap_or(NoticeKind::Mention),
        log,
        room,
        seq,
        author,
        body,
        at,
        unread,
    };
    Ok(rows.into_iter().map(called).collect())
}
