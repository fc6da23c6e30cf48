//! What was answered to requests with an Idempotency-Key.

use super::{Connection, Result};
use crate::protocol::At;

/// How long an answer is kept.
pub const KEPT_MS: i64 = 24 * 3_600 * 1_000;
/// Answers that are kept in all: whoever asked before so many others is done again.
const KEPT: i64 = 100_000;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Kept {
    /// The hash of all that was asked.
    pub request: String,
    /// Its status.
    pub status: i64,
    /// Its `Location`.
    pub location: Option<String>,
    /// Its body.
    pub body: String,
}

/// The answer to a key.
pub const FIND: &str = "SELECT request, status, location, body FROM kept_answers
         WHERE owner = $1 AND name = $2 AND at > $3";

/// The answer to this key, of whoever's it is.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(db: &mut Connection, owner: &str, name: &str, now: At) -> Result<Option<Kept>> {
    sqlx::query_as(FIND).bind(owner).bind(name).bind(now.0 - KEPT_MS).fetch_optional(db).await
}

/// Keeps an answer, in place of one that is too old.
///
/// # Errors
/// When the database cannot be written.
pub async fn put(db: &mut Connection, owner: &str, name: &str, kept: &Kept, now: At) -> Result<()> {
    sqlx::query("DELETE FROM kept_answers WHERE owner = $1 AND name = $2")
        .bind(owner)
        .bind(name)
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "INSERT INTO kept_answers (owner, name, request, at, status, location, body)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(owner)
    .bind(name)
    .bind(&kept.request)
    .bind(now.0)
    .bind(kept.status)
    .bind(&kept.location)
    .bind(&kept.body)
    .execute(&mut *db)
    .await?;
    // One comes, one goes.
    sqlx::query("DELETE FROM kept_answers WHERE id <= (SELECT MAX(id) FROM kept_answers) - $1")
        .bind(KEPT)
        .execute(db)
        .await
        .map(drop)
}

/// Lets go of those that are too old.
///
/// # Errors
/// When the database cannot be written.
pub async fn prune(db: &mut Connection, now: At) -> Result<()> {
    sqlx::query("DELETE FROM kept_answers WHERE at <= $1")
        .bind(now.0 - KEPT_MS)
        .execute(db)
        .await
        .map(drop)
}
