//! What was pushed: whom it does not reach, and what came of it under which cid.

use super::{Connection, Result, UserId};
use std::collections::BTreeSet;

/// Those who blocked somebody.
pub const BLOCKERS: &str = "SELECT user_id FROM blocks WHERE blocked_id = $1";

/// Who wishes to hear nothing of this user.
///
/// # Errors
/// When the database cannot be read.
pub async fn blockers(db: &mut Connection, of: UserId) -> Result<BTreeSet<UserId>> {
    let found: Vec<UserId> = sqlx::query_scalar(BLOCKERS).bind(of).fetch_all(db).await?;
    Ok(found.into_iter().collect())
}
