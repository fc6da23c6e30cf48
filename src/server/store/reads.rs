//! Read markers.

use super::{Connection, LogId, Result, UserId};
use crate::protocol::limits::UNREAD_MOST;

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

/// Messages of others after the marker, counted up to [`UNREAD_MOST`].
///
/// # Errors
/// When the database cannot be read.
pub async fn unread(db: &mut Connection, user: UserId, log: LogId, read: i64) -> Result<i64> {
    sqlx::query_scalar(
        "SELECT COUNT(*) FROM (SELECT 1 FROM messages
         WHERE log_id = $1 AND seq > $2 AND author_id <> $3 AND deleted_at IS NULL LIMIT $4) AS some",
    )
    .bind(log)
    .bind(read)
    .bind(user)
    .bind(UNREAD_MOST)
    .fetch_one(db)
    .await
}
