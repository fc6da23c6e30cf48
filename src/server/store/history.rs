//! Reading logs: pages of messages.

use super::logs::Head;
use super::{Connection, LogId, Result, json, message_id, sqlite};
use crate::protocol::At;
use crate::protocol::glimpse::glimpse;
use crate::protocol::views::{About, AuthorKind, FileView, Message, Quote, Reaction, Span};

/// (Seq, author, their kind, cid, body, reply_to, at, edited_at, deleted_at, quote, files,
/// reactions): see [`sqlite::MESSAGES_AROUND`].
type Row = (
    i64,
    String,
    String,
    String,
    String,
    Option<String>,
    i64,
    Option<i64>,
    Option<i64>,
    Option<(String, Option<String>)>,
    Option<Vec<FileView>>,
    Vec<(i64, i64, String, String)>,
);

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

/// A part of a log as it stood at one moment.
#[derive(Clone, Debug)]
pub struct Part {
    /// Where the log stood.
    pub head: Head,
    /// Its messages, newest first.
    pub messages: Vec<Message>,
    /// Whether there are messages before these.
    pub older: bool,
    /// Whether there are messages after these.
    pub newer: bool,
    /// What belongs to all of it.
    pub about: About,
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
    let row = sqlx::query_as(sqlite::MESSAGES_AROUND)
        .bind(log)
        .bind(pivot)
        // One more on either side tells whether there are more.
        .bind(below as i64 + 1)
        .bind(above as i64 + 1)
        .fetch_one(db)
        .await?;
    let mut part = part(log, row)?;
    let Part { messages, older, newer, .. } = &mut part;
    messages.sort_unstable_by_key(|message| std::cmp::Reverse(message.seq));
    let from = messages.iter().filter(|message| message.seq >= pivot).count();
    *older = messages.len() - from > below;
    *newer = from > above;
    if *older {
        messages.pop();
    }
    if *newer {
        messages.remove(0);
    }
    Ok(part)
}

/// The messages at these seqs, in their order; those that are not there are left out.
///
/// # Errors
/// When the database cannot be read.
pub async fn at(db: &mut Connection, log: LogId, seqs: &[i64]) -> Result<Vec<Message>> {
    let row = sqlx::query_as(sqlite::MESSAGES_AT)
        .bind(log)
        .bind(json::write(seqs)?)
        .fetch_one(db)
        .await?;
    Ok(part(log, row)?.messages)
}

/// The pinned messages, in the order of pinning.
///
/// # Errors
/// When the database cannot be read.
pub async fn pinned(db: &mut Connection, log: LogId) -> Result<Vec<Message>> {
    let seqs: Vec<i64> =
        sqlx::query_scalar("SELECT seq FROM pins WHERE log_id = $1 ORDER BY pinned")
            .bind(log)
            .fetch_all(&mut *db)
            .await?;
    at(db, log, &seqs).await
}

/// The beginning of a message that is answered.
#[must_use]
pub(super) fn quote((author, text): (String, Option<String>)) -> Quote {
    Quote { author, text: text.as_deref().map(glimpse) }
}

fn part(log: LogId, row: (String, i64, String, String, String)) -> Result<Part> {
    let (epoch, top, messages, topic, pins) = row;
    let messages = json::read::<Vec<Row>>(&messages)?.into_iter().map(|row| message(log, row));
    let messages = messages.collect();
    let mut pins = json::read::<Vec<(i64, i64)>>(&pins)?;
    pins.sort_unstable();
    let pins = pins.into_iter().map(|(_, seq)| message_id(log, seq)).collect();
    let (head, about) = (Head { epoch, top }, About { topic, pins });
    Ok(Part { head, messages, older: false, newer: false, about })
}

fn message(log: LogId, row: Row) -> Message {
    let (
        seq,
        author,
        kind,
        cid,
        body,
        reply_to,
        at,
        edited_at,
        deleted_at,
        quoted,
        files,
        mut given,
    ) = row;
    given.sort_unstable_by_key(|(since, given, ..)| (*since, *given));
    let mut reactions: Vec<Reaction> = Vec::new();
    for (_, _, emoji, user) in given {
        match reactions.last_mut().filter(|last| last.emoji == emoji) {
            Some(last) => last.users.push(user),
            None => reactions.push(Reaction { emoji, users: vec![user] }),
        }
    }
    Message {
        id: message_id(log, seq),
        seq,
        author,
        author_kind: author_kind(&kind),
        body,
        at: At(at),
        edited_at: edited_at.map(At),
        deleted: deleted_at.is_some(),
        reply_to,
        quote: quoted.map(quote),
        files: files.unwrap_or_default(),
        reactions,
        cid: Some(cid),
    }
}
