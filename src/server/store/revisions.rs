//! How messages read before they were changed.

use super::{Connection, LogId, Result};
use crate::protocol::At;
use crate::protocol::views::Revision;

/// See [`of`].
pub(super) const OF: &str = "SELECT r.body, r.at, u.name
    FROM revisions r CROSS JOIN users u ON u.id = r.by_id
    WHERE r.log_id = $1 AND r.seq = $2 ORDER BY r.edit_seq DESC LIMIT $3 + 0 OFFSET $4 + 0";

/// Up to `limit` of the texts that the message at `(log, seq)` had, the last one first, `offset` of them
/// left out.
///
/// # Errors
/// When the database cannot be read.
pub async fn of(
    db: &mut Connection,
    log: LogId,
    seq: i64,
    limit: usize,
    offset: usize,
) -> Result<Vec<Revision>> {
    let rows: Vec<(String, i64, String)> = sqlx::query_as(OF)
        .bind(log)
        .bind(seq)
        .bind(limit as i64)
        .bind(i64::try_from(offset).unwrap_or(i64::MAX))
        .fetch_all(db)
        .await?;
    let revision = |(body, at, replaced_by)| Revision { body, at: At(at), replaced_by };
    Ok(rows.into_iter().map(revision).collect())
}
