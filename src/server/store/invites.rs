//! Invitation links.

use super::{Connection, Result, UserId};
use crate::protocol::At;

/// An open invitation.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Invite {
    /// The secret in the link.
    pub id: String,
    /// Until when.
    pub expires_at: i64,
}

/// Stores an invitation.
///
/// # Errors
/// When the database cannot be written.
pub async fn add(db: &mut Connection, id: &str, by: UserId, now: At, expires: At) -> Result<()> {
    sqlx::query("DELETE FROM invites WHERE expires_at <= $1").bind(now.0).execute(&mut *db).await?;
    sqlx::query("INSERT INTO invites (id, made_by, created_at, expires_at) VALUES ($1, $2, $3, $4)")
        .bind(id)
        .bind(by)
        .bind(now.0)
        .bind(expires.0)
        .execute(db)
        .await
        .map(drop)
}

/// Whether this invitation still opens the door.
///
/// # Errors
/// When the database cannot be read.
pub async fn opens(db: &mut Connection, id: &str, now: At) -> Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM invites WHERE id = $1 AND expires_at > $2)")
        .bind(id)
        .bind(now.0)
        .fetch_one(db)
        .await
}

/// The open invitations, the latest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn open(db: &mut Connection, now: At) -> Result<Vec<Invite>> {
    sqlx::query_as(
        "SELECT id, expires_at FROM invites WHERE expires_at > $1 ORDER BY expires_at DESC, id",
    )
    .bind(now.0)
    .fetch_all(db)
    .await
}

/// Ends an invitation.
///
/// # Errors
/// When the database cannot be written.
pub async fn end(db: &mut Connection, id: &str) -> Result<()> {
    sqlx::query("DELETE FROM invites WHERE id = $1").bind(id).execute(db).await.map(drop)
}
