//! Reading logs backwards: pages of messages.

use super::logs::Head;
use super::{Connection, LogId, Result, message_id, sqlite};
use crate::protocol::At;
use crate::protocol::views::{AuthorKind, Message};

/// A message's columns, in the order of [`sqlite::MESSAGES_BEFORE`].
type Columns = (i64, String, String, String, String, Option<String>, i64, Option<i64>, Option<i64>);

struct MessageRow {
    seq: i64,
    author: String,
    author_kind: String,
    cid: String,
    body: String,
    reply_to: Option<String>,
    at: i64,
    edited_at: Option<i64>,
    deleted_at: Option<i64>,
}

/// Messages as one value: each row of its own would be a switch between two threads.
fn rows(json: &str) -> Result<Vec<MessageRow>> {
    let columns: Vec<Columns> =
        serde_json::from_str(json).map_err(|error| sqlx::Error::Decode(error.into()))?;
    let row = |(seq, author, author_kind, cid, body, reply_to, at, edited_at, deleted_at)| {
        MessageRow { seq, author, author_kind, cid, body, reply_to, at, edited_at, deleted_at }
    };
    Ok(columns.into_iter().map(row).collect())
}

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
    let (epoch, top, json): (String, i64, String) = sqlx::query_as(sqlite::MESSAGES_BEFORE)
        .bind(log)
        .bind(before.unwrap_or(i64::MAX))
        .bind(limit as i64)
        .fetch_one(db)
        .await?;
    let messages = rows(&json)?
        .into_iter()
        .map(|row| Message {
            id: message_id(log, row.seq),
            seq: row.seq,
            author: row.author,
            author_kind: author_kind(&row.author_kind),
            body: if row.deleted_at.is_some() { String::new() } else { row.body },
            at: At(row.at),
            edited_at: row.edited_at.map(At),
            deleted: row.deleted_at.is_some(),
            reply_to: row.reply_to,
            reactions: Vec::new(),
            cid: Some(row.cid),
        })
        .collect();
    Ok((Head { epoch, top }, messages))
}
