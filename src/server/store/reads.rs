//! Read markers.

use super::{Connection, LogId, Result, UserId};

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
