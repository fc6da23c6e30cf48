//! What is told to outgoing addresses: what waits, and what came of the rest.

use super::history::author_kind;
use super::{Connection, LogId, Result, json};
use crate::protocol::At;
use crate::protocol::views::{AuthorKind, FileView};

/// When each outgoing address is to be told something next, and what is known of it.
pub(super) const NEXT: &str = "SELECT d.hook_id, h.log_id, h.called_at, h.silent,
        CASE WHEN h.not_before > d.at THEN h.not_before ELSE d.at END AS at
    FROM (SELECT hook_id, MIN(next_at) AS at FROM deliveries
        WHERE next_at IS NOT NULL GROUP BY hook_id) d
    CROSS JOIN outgoing_hooks h ON h.id = d.hook_id";
/// The delivery of one whose turn it is.
pub(super) const DUE: &str =
    "SELECT d.id, d.hook_id, d.seq, d.tries, h.url, h.secret, h.inside, h.silent, h.log_id, r.name AS room
    FROM deliveries d CROSS JOIN outgoing_hooks h ON h.id = d.hook_id
    CROSS JOIN rooms r ON r.log_id = h.log_id
    WHERE d.hook_id = $1 AND d.next_at <= $2 AND d.next_at IS NOT NULL AND h.off IS NULL
    ORDER BY d.next_at LIMIT 1 + 0";
/// The message that is told.
pub(super) const TOLD: &str = "SELECT u.name, m.author_kind, m.body, m.at, m.reply_to, m.files
    FROM messages m CROSS JOIN users u ON u.id = m.author_id
    WHERE m.log_id = $1 AND m.seq = $2 AND m.deleted_at IS NULL";

/// An outgoing address for which something waits.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Next {
    /// Key.
    pub hook_id: String,
    /// The room.
    pub log_id: LogId,
    /// When it is to be called.
    pub at: i64,
    /// When it was called last; 0 for never.
    pub called_at: i64,
    /// Calls in a row that it did not answer in time.
    pub silent: i64,
}

/// A delivery whose turn it is.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Due {
    /// Key, the same at every try.
    pub id: String,
    /// To whom.
    pub hook_id: String,
    /// The message's; none for a test.
    pub seq: Option<i64>,
    /// Tries so far.
    pub tries: i64,
    /// Where it goes.
    pub url: String,
    /// What it is signed with.
    pub secret: String,
    /// Whether that may be what the settings name, though it is not public.
    pub inside: bool,
    /// Calls in a row that were not answered in time.
    pub silent: i64,
    /// The room.
    pub log_id: LogId,
    /// Its name.
    pub room: String,
}

/// A message, as it is told.
#[derive(Clone, Debug)]
pub struct Told {
    /// Who said it.
    pub author: String,
    /// What kind of author.
    pub author_kind: AuthorKind,
    /// What.
    pub body: String,
    /// When.
    pub at: At,
    /// The id of the message it answers.
    pub reply_to: Option<String>,
    /// Its files, in their order.
    pub files: Vec<FileView>,
}

/// A delivery in a list.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Line {
    /// Key.
    pub id: String,
    /// The message's; none for a test.
    pub seq: Option<i64>,
    /// When it was taken up.
    pub at: i64,
    /// Tries so far.
    pub tries: i64,
    /// When it is tried next; none once it arrived or was given up.
    pub next_at: Option<i64>,
    /// The status of the last answer.
    pub status: Option<i64>,
    /// Why there was none.
    pub error: Option<String>,
    /// How it began.
    pub answer: Option<String>,
}

/// What came of a try.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// When it is tried next, if it is.
    pub next: Option<At>,
    /// The status of the answer.
    pub status: Option<u16>,
    /// Why there was none.
    pub error: Option<&'static str>,
    /// How it began.
    pub answer: Option<String>,
}

/// Has something told to an outgoing address, if it is on still; what is to be told already stays as it is.
///
/// # Errors
/// When the database cannot be written.
pub async fn add(
    db: &mut Connection,
    id: &str,
    hook: &str,
    seq: Option<i64>,
    now: At,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO deliveries (id, hook_id, seq, at, next_at)
         SELECT $1, id, $3, $4, $4 FROM outgoing_hooks WHERE id = $2 AND off IS NULL
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(id)
    .bind(hook)
    .bind(seq)
    .bind(now.0)
    .execute(db)
    .await
    .map(drop)
}

/// Has one that is settled told once more; answers to which address, if there is one.
///
/// # Errors
/// When the database cannot be written.
pub async fn again(db: &mut Connection, id: &str, log: LogId, now: At) -> Result<Option<String>> {
    sqlx::query_scalar(
        "UPDATE deliveries SET next_at = $3, tries = 0 WHERE id = $1 AND next_at IS NULL
         AND hook_id IN (SELECT id FROM outgoing_hooks WHERE log_id = $2 AND off IS NULL)
         RETURNING hook_id",
    )
    .bind(id)
    .bind(log)
    .bind(now.0)
    .fetch_optional(db)
    .await
}

/// When each outgoing address is to be told something next.
///
/// # Errors
/// When the database cannot be read.
pub async fn next(db: &mut Connection) -> Result<Vec<Next>> {
    sqlx::query_as(NEXT).fetch_all(db).await
}

/// What is to be told to this one now.
///
/// # Errors
/// When the database cannot be read.
pub async fn due(db: &mut Connection, hook: &str, now: At) -> Result<Option<Due>> {
    sqlx::query_as(DUE).bind(hook).bind(now.0).fetch_optional(db).await
}

/// The message at this place, unless it was deleted.
///
/// # Errors
/// When the database cannot be read.
pub async fn told(db: &mut Connection, log: LogId, seq: i64) -> Result<Option<Told>> {
    type Row = (String, String, String, i64, Option<String>, Option<String>);
    let row: Option<Row> = sqlx::query_as(TOLD).bind(log).bind(seq).fetch_optional(db).await?;
    row.map(|(author, kind, body, at, reply_to, files)| {
        Ok(Told {
            author,
            author_kind: author_kind(&kind),
            body,
            at: At(at),
            reply_to,
            files: files.as_deref().map_or(Ok(Vec::new()), json::read)?,
        })
    })
    .transpose()
}

/// Notes what came of a try.
///
/// # Errors
/// When the database cannot be written.
pub async fn tried(db: &mut Connection, id: &str, outcome: &Outcome) -> Result<()> {
    sqlx::query(
        "UPDATE deliveries SET tries = tries + 1, next_at = $2, status = $3, error = $4, answer = $5
         WHERE id = $1",
    )
    .bind(id)
    .bind(outcome.next.map(|at| at.0))
    .bind(outcome.status.map(i64::from))
    .bind(outcome.error)
    .bind(outcome.answer.as_deref())
    .execute(db)
    .await
    .map(drop)
}

/// Takes one away: there is nothing to tell any more.
///
/// # Errors
/// When the database cannot be written.
pub async fn remove(db: &mut Connection, id: &str) -> Result<()> {
    sqlx::query("DELETE FROM deliveries WHERE id = $1").bind(id).execute(db).await.map(drop)
}

/// The last of an outgoing address, the latest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn last(db: &mut Connection, hook: &str, limit: usize) -> Result<Vec<Line>> {
    sqlx::query_as(
        "SELECT id, seq, at, tries, next_at, status, error, answer FROM deliveries
         WHERE hook_id = $1 ORDER BY at DESC LIMIT $2 + 0",
    )
    .bind(hook)
    .bind(limit as i64)
    .fetch_all(db)
    .await
}

/// Forgets those of an outgoing address that are settled and older than `before`, or more than `most` ago.
///
/// # Errors
/// When the database cannot be written.
pub async fn forget(db: &mut Connection, hook: &str, before: At, most: usize) -> Result<()> {
    let beyond: Option<i64> = sqlx::query_scalar(
        "SELECT at FROM deliveries WHERE hook_id = $1 ORDER BY at DESC LIMIT 1 OFFSET $2 + 0",
    )
    .bind(hook)
    .bind(most as i64)
    .fetch_optional(&mut *db)
    .await?;
    sqlx::query("DELETE FROM deliveries WHERE hook_id = $1 AND next_at IS NULL AND at < $2")
        .bind(hook)
        .bind(before.0.max(beyond.unwrap_or(0)))
        .execute(db)
        .await
        .map(drop)
}

/// Forgets those that are settled and older than `before`, whosever they were.
///
/// # Errors
/// When the database cannot be written.
pub async fn forget_all(db: &mut Connection, before: At) -> Result<()> {
    sqlx::query("DELETE FROM deliveries WHERE next_at IS NULL AND at < $1")
        .bind(before.0)
        .execute(db)
        .await
        .map(drop)
}
