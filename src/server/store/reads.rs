//! Read markers.

use super::{Connection, LogId, Result, UserId};
use crate::protocol::limits::UNREAD_MOST;

/// Unread messages are looked for among this many after the marker: whoever says thousands of things
/// without ever reading has few of others among them, and would have all of them looked through.
pub const UNREAD_AMONG: i64 = 10 * UNREAD_MOST;

pub(super) const UNREAD: &str = "SELECT COUNT(*) FROM (SELECT 1 FROM (
        SELECT author_id, deleted_at FROM messages
        WHERE log_id = $1 AND seq > $2 ORDER BY seq LIMIT $5 + 0) AS next
    WHERE author_id <> $3 AND deleted_at IS NULL LIMIT $4 + 0) AS some";

/// How far a user has read; 0 for not at all.
///
/// # Errors
/// When the database cannot be read.
pub async fn get(db: &mut Connection, user: UserId, log: LogId) -> Result<i64> {
    let seq: Option<i64> =
        sqlx::query_scalar("SELECT seq FROM reads WHERE user_id = $1 AND log_id = $2")
            .bind(user)
            .bind(log)
            .fetch_optional(db)
            .await?;
    Ok(seq.unwrap_or(0))
}

/// Moves the marker forward; false when it already stood there or further.
///
/// # Errors
/// When the database cannot be written.
pub async fn advance(db: &mut Connection, user: UserId, log: LogId, seq: i64) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO reads (user_id, log_id, seq) VALUES ($1, $2, $3)
         ON CONFLICT (user_id, log_id) DO UPDATE SET seq = excluded.seq WHERE excluded.seq > reads.seq",
    )
    .bind(user)
    .bind(log)
    .bind(seq)
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Messages of others after the marker, counted up to [`UNREAD_MOST`], among the next
/// [`UNREAD_AMONG`].
///
/// # Errors
/// When the database cannot be read.
pub async fn unread(db: &mut Connection, user: UserId, log: LogId, read: i64) -> Result<i64> {
    sqlx::query_scalar(UNREAD)
        .bind(log)
        .bind(read)
        .bind(user)
        .bind(UNREAD_MOST)
        .bind(UNREAD_AMONG)
        .fetch_one(db)
        .await
}
