//! Reading logs: pages of messages.

use super::logs::Head;
use super::{Connection, LogId, Result, json, message_id, sqlite};
use crate::protocol::At;
use crate::protocol::views::{AuthorKind, Message, Span};

/// (Seq, author, their kind, cid, body, reply_to, at, edited_at, deleted_at): see
/// [`sqlite::MESSAGES_AROUND`].
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

/// A part of a log and where the log stands: one snapshot.
#[derive(Debug)]
pub struct Part {
    /// Where the log stands.
    pub head: Head,
    /// Newest first.
    pub messages: Vec<Message>,
    /// Whether there are messages before these.
    pub older: bool,
    /// Whether there are messages after these.
    pub newer: bool,
}

/// Up to `limit` messages of the log.
///
/// # Errors
/// When the database cannot be read.
pub async fn page(db: &mut Connection, log: LogId, span: Span<i64>, limit: usize) -> Result<Part> {
    let half = limit / 2;
    let (pivot, below, above) = match span {
        Span::Newest => (i64::MAX, limit, 0),
        Span::Before(seq) => (seq, limit, 0),
        Span::After(seq) => (seq.saturating_add(1), 0, limit),
        Span::Around(seq) => (seq, half, limit - half),
    };
    let (epoch, top, messages): (String, i64, String) = sqlx::query_as(sqlite::MESSAGES_AROUND)
        .bind(log)
        .bind(pivot)
        // One more on either side tells whether there are more.
        .bind(below as i64 + 1)
        .bind(above as i64 + 1)
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
    let mut messages: Vec<Message> =
        json::read::<Vec<Row>>(&messages)?.into_iter().map(message).collect();
    messages.sort_unstable_by_key(|message| std::cmp::Reverse(message.seq));
    let from = messages.iter().filter(|message| message.seq >= pivot).count();
    let (older, newer) = (messages.len() - from > below, from > above);
    if older {
        messages.pop();
    }
    if newer {
        messages.remove(0);
    }
    Ok(Part { head: Head { epoch, top }, messages, older, newer })
}
