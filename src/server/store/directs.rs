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
