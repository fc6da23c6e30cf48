//! Reading logs: pages of messages, and events after a seq.

use super::logs::Head;
use super::{Connection, LogId, Result, message_id, sqlite};
use crate::protocol::At;
use crate::protocol::frames::{Event, Kind, MessageData};
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

#[derive(sqlx::FromRow)]
struct EventRow {
    seq: i64,
    kind: String,
    data: String,
}

/// Up to `limit` events after `after`, in order: messages and everything else, merged by seq.
///
/// # Errors
/// When the database cannot be read.
pub async fn events(
    db: &mut Connection,
    log: LogId,
    after: i64,
    limit: usize,
) -> Result<Vec<Event>> {
    let said: String = sqlx::query_scalar(sqlite::MESSAGES_AFTER)
        .bind(log)
        .bind(after)
        .bind(limit as i64)
        .fetch_one(&mut *db)
        .await?;
    let other: Vec<EventRow> = sqlx::query_as(
        "SELECT seq, kind, data FROM events WHERE log_id = $1 AND seq > $2 ORDER BY seq LIMIT $3 + 0",
    )
    .bind(log)
    .bind(after)
    .bind(limit as i64)
    .fetch_all(db)
    .await?;
    let mut events: Vec<Event> = rows(&said)?
        .into_iter()
        .map(|row| {
            let body = row.deleted_at.is_none().then_some(row.body);
            let data = MessageData {
                id: message_id(log, row.seq),
                author: row.author,
                author_kind: author_kind(&row.author_kind),
                body,
                at: At(row.at),
                reply_to: row.reply_to,
            };
            Event::new(row.seq, Some(row.cid), &Kind::Message(data))
        })
        .chain(other.into_iter().map(|row| Event {
            seq: row.seq,
            kind: row.kind,
            cid: None,
            data: serde_json::value::RawValue::from_string(row.data).unwrap_or_default(),
        }))
        .collect();
    events.sort_by_key(|event| event.seq);
    events.truncate(limit);
    Ok(events)
}

/// Whether this log holds a message at `seq`.
///
/// # Errors
/// When the database cannot be read.
pub async fn holds(db: &mut Connection, log: LogId, seq: i64) -> Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM messages WHERE log_id = $1 AND seq = $2)")
        .bind(log)
        .bind(seq)
        .fetch_one(db)
        .await
}
