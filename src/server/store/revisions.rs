//! How messages read before they were changed.

use super::{Connection, LogId, Result};
use crate::protocol::At;
use crate::protocol::views::Revision;

/// The texts that the message at `(log, seq)` had, the first one first.
///
/// # Errors
/// When the database cannot be read.
pub async fn of(db: &mut Connection, log: LogId, seq: i64) -> Result<Vec<Revision>> {
    let rows: Vec<(String, i64, String)> = sqlx::query_as(
        "SELECT r.body, r.at, u.name FROM revisions r JOIN users u ON u.id = r.by_id
         WHERE r.log_id = $1 AND r.seq = $2 ORDER BY r.edit_seq",
    )
    .bind(log)
    .bind(seq)
    .fetch_all(db)
    .await?;
    let revision = |(body, at, replaced_by)| Revision { body, at: At(at), replaced_by };
    Ok(rows.into_iter().map(revision).collect())
}
