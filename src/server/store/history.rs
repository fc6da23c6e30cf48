//! Reading logs backwards: pages of messages.

use super::logs::Head;
use super::{Connection, LogId, Result, json, message_id, sqlite};
use crate::protocol::At;
use crate::protocol::views::{AuthorKind, Message};

/// (Seq, author, their kind, cid, body, reply_to, at, edited_at, deleted_at): see
/// [`sqlite::MESSAGES_BEFORE`].
type Row = (i64, String, String, String, String, Option<String>, i64, Option<i64>, Option<i64>);

/// The word for an author's kind.
#[must_use]
pub fn author_kind_word(kind: AuthorKind) -> &'static str {
    match kind {
        AuthorKind::User => "user",
        AuthorKind::Bot => "bot",
        AuthorKind::System => "system",
    }
}

/// The author's kind of that word.
#[must_use]
pub fn author_kind(word: &str) -> AuthorKind {
    match word {
        "bot" => AuthorKind::Bot,
        "system" => AuthorKind::System,
        _ => AuthorKind::User,
    }
}

/// Where the log stands and up to `limit` messages before `before`, newest first: one snapshot.
///
/// # Errors
/// When the database cannot be read.
pub async fn page(
    db: &mut Connection,
    log: LogId,
    before: Option<i64>,
    limit: usize,
) -> Result<(Head, Vec<Message>)> {
    let (epoch, top, messages): (String, i64, String) = sqlx::query_as(sqlite::MESSAGES_BEFORE)
        .bind(log)
        .bind(before.unwrap_or(i64::MAX))
        .bind(limit as i64)
        .fetch_one(db)
        .await?;
    let message = |(seq, author, kind, cid, body, reply_to, at, edited_at, deleted_at): Row| {
        let deleted = deleted_at.is_some();
        Message {
            id: message_id(log, seq),
            seq,
            author,
            author_kind: author_kind(&kind),
            body: if deleted { String::new() } else { body },
            at: At(at),
            edited_at: edited_at.map(At),
            deleted,
            reply_to,
            reactions: Vec::new(),
            cid: Some(cid),
        }
    };
    let messages = json::read::<Vec<Row>>(&messages)?.into_iter().map(message).collect();
    Ok((Head { epoch, top }, messages))
}
