//! Conversations of two.

use super::{Connection, LogId, Result, UserId, logs};

pub(super) const FIND: &str = "SELECT log_id FROM directs WHERE low = $1 AND high = $2";

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
    sqlx::query_scalar(FIND).bind(low).bind(high).fetch_optional(db).await
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

/// Those whom a user has a conversation with, the latest spoken to first.
///
/// # Errors
/// When the database cannot be read.
pub async fn partners(
    db: &mut Connection,
    user: UserId,
    limit: usize,
) -> Result<Vec<(UserId, String)>> {
    sqlx::query_as(
        "SELECT u.id, u.name FROM directs d
         JOIN users u ON u.id = CASE WHEN d.low = $1 THEN d.high ELSE d.low END
         JOIN logs l ON l.id = d.log_id
         WHERE d.low = $1 OR d.high = $1
         ORDER BY l.said_at DESC, d.log_id DESC LIMIT $2 + 0",
    )
    .bind(user)
    .bind(limit as i64)
    .fetch_all(db)
    .await
}
