//! Conversations of two.

use super::{Connection, LogId, Result, UserId, logs};
use crate::protocol::limits::UNREAD_MOST;

/// The two of a conversation, in the order of their ids.
#[must_use]
pub fn pair(a: UserId, b: UserId) -> (UserId, UserId) {
    if a < b { (a, b) } else { (b, a) }
}

/// The log of the conversation of these two, if they have one.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(db: &mut Connection, low: UserId, high: UserId) -> Result<Option<LogId>> {
    sqlx::query_scalar("SELECT log_id FROM directs WHERE low = $1 AND high = $2")
        .bind(low)
        .bind(high)
        .fetch_optional(db)
        .await
}

/// Makes their log.
///
/// # Errors
/// When the database cannot be written.
pub async fn make(db: &mut Connection, low: UserId, high: UserId) -> Result<LogId> {
    let log = logs::make(db, logs::Kind::Direct).await?;
    sqlx::query("INSERT INTO directs (log_id, low, high) VALUES ($1, $2, $3)")
        .bind(log)
        .bind(low)
        .bind(high)
        .execute(db)
        .await?;
    Ok(log)
}

/// Somebody's conversation.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Conversation {
    /// The other one.
    pub other: UserId,
    /// Their name.
    pub name: String,
    /// When something was last said.
    pub said_at: i64,
    /// What the other said since I last read, counted up to [`UNREAD_MOST`].
    pub unread: i64,
}

/// A user's conversations, the latest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn of(db: &mut Connection, user: UserId, limit: usize) -> Result<Vec<Conversation>> {
    sqlx::query_as(
        "SELECT u.id AS other, u.name, l.said_at,
                (SELECT COUNT(*) FROM (SELECT 1 FROM messages m
                 WHERE m.log_id = d.log_id AND m.seq > COALESCE(s.seq, 0) AND m.author_id <> $1
                 AND m.deleted_at IS NULL LIMIT $3) AS some) AS unread
         FROM directs d
         JOIN users u ON u.id = CASE WHEN d.low = $1 THEN d.high ELSE d.low END
         JOIN logs l ON l.id = d.log_id
         LEFT JOIN reads s ON s.user_id = $1 AND s.log_id = d.log_id
         WHERE d.low = $1 OR d.high = $1
         ORDER BY l.said_at DESC, d.log_id DESC LIMIT $2",
    )
    .bind(user)
    .bind(limit as i64)
    .bind(UNREAD_MOST)
    .fetch_all(db)
    .await
}
