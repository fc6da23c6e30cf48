//! Tokens for programs. Only their hashes are stored.

use super::{Connection, Result, UserId, users::User};
use crate::protocol::At;

/// Stores a token's hash.
///
/// # Errors
/// When the database cannot be written.
pub async fn add(db: &mut Connection, hash: &str, user: UserId) -> Result<()> {
    sqlx::query("INSERT INTO tokens (hash, user_id, created_at) VALUES ($1, $2, $3)")
        .bind(hash)
        .bind(user)
        .bind(At::now().0)
        .execute(db)
        .await
        .map(drop)
}

/// Whose token it is.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(db: &mut Connection, hash: &str) -> Result<Option<User>> {
    sqlx::query_as(
        "SELECT u.id, u.name, u.password, u.admin, u.log_id
         FROM tokens t JOIN users u ON u.id = t.user_id
         WHERE t.hash = $1 AND u.banned_at IS NULL",
    )
    .bind(hash)
    .fetch_optional(db)
    .await
}
