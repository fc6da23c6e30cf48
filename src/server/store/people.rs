//! People as others see them: lists, last seen, who takes no messages from whom, who is kept out.

use super::writer::Party;
use super::{Connection, LogId, Result, UserId};
use crate::protocol::At;
use std::collections::BTreeSet;

/// A person in a list.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Person {
    /// Key.
    pub id: UserId,
    /// Name.
    pub name: String,
    /// Whether they look after the house.
    pub admin: bool,
    /// Their own log.
    pub log_id: LogId,
    /// Since when they have an account.
    pub created_at: i64,
    /// When they were kept out of the house, if they are.
    pub banned_at: Option<i64>,
    /// When they were last seen to go.
    pub seen_at: Option<i64>,
    /// When a session of theirs was last used, as far as it was noted.
    pub used_at: Option<i64>,
}

impl Person {
    /// When they were last here, as far as is known: nobody is seen to go when the server does.
    #[must_use]
    pub fn last_seen(&self) -> Option<At> {
        self.seen_at.max(self.used_at).map(At)
    }

    /// As the writer names them.
    #[must_use]
    pub fn party(&self) -> Party {
        Party { id: self.id, name: self.name.as_str().into(), own: self.log_id }
    }
}

/// The person of this name, regardless of case; a room's program is none.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(db: &mut Connection, folded: &str) -> Result<Option<Person>> {
    sqlx::query_as(
        "SELECT id, name, admin, log_id, created_at, banned_at,
            seen_at, (SELECT MAX(s.seen_at) FROM sessions s WHERE s.user_id = users.id) AS used_at
         FROM users WHERE folded = $1 AND bot_of IS NULL",
    )
    .bind(folded)
    .fetch_optional(db)
    .await
}

/// A page of people by name, of those whose name holds `query` (folded). Those who are kept out of the
/// house are passed over unless `banned`.
///
/// # Errors
/// When the database cannot be read.
pub async fn page(
    db: &mut Connection,
    query: &str,
    banned: bool,
    limit: usize,
    offset: usize,
) -> Result<Vec<Person>> {
    sqlx::query_as(
        "SELECT id, name, admin, log_id, created_at, banned_at,
            seen_at, (SELECT MAX(s.seen_at) FROM sessions s WHERE s.user_id = users.id) AS used_at
         FROM users WHERE ($1 = '' OR instr(folded, $1) > 0) AND (banned_at IS NULL OR $2)
            AND bot_of IS NULL ORDER BY folded LIMIT $3 + 0 OFFSET $4 + 0",
    )
    .bind(query)
    .bind(banned)
    .bind(limit as i64)
    .bind(i64::try_from(offset).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await
}

/// How many sessions of somebody are open.
///
/// # Errors
/// When the database cannot be read.
pub async fn sessions(db: &mut Connection, user: UserId, now: At) -> Result<i64> {
    sqlx::query_scalar("SELECT COUNT(*) FROM sessions WHERE user_id = $1 AND expires_at > $2")
        .bind(user)
        .bind(now.0)
        .fetch_one(db)
        .await
}

/// Notes that these were last here now.
///
/// # Errors
/// When the database cannot be written.
pub async fn went(db: &mut Connection, users: &[UserId], now: At) -> Result<()> {
    sqlx::query("UPDATE users SET seen_at = $2 WHERE id IN (SELECT value FROM json_each($1))")
        .bind(super::json::write(users)?)
        .bind(now.0)
        .execute(db)
        .await
        .map(drop)
}

/// Keeps somebody out of the house, or no longer.
///
/// # Errors
/// When the database cannot be written.
pub async fn set_banned(db: &mut Connection, user: UserId, at: Option<At>) -> Result<()> {
    sqlx::query("UPDATE users SET banned_at = $2 WHERE id = $1")
        .bind(user)
        .bind(at.map(|at| at.0))
        .execute(db)
        .await
        .map(drop)
}

/// Whether somebody is kept out of the house.
///
/// # Errors
/// When the database cannot be read.
pub async fn is_banned(db: &mut Connection, user: UserId) -> Result<bool> {
    sqlx::query_scalar("SELECT banned_at IS NOT NULL FROM users WHERE id = $1")
        .bind(user)
        .fetch_one(db)
        .await
}

/// Whether somebody looks after the house; whoever is kept out of it does not.
///
/// # Errors
/// When the database cannot be read.
pub async fn is_admin(db: &mut Connection, user: UserId) -> Result<bool> {
    sqlx::query_scalar("SELECT admin AND banned_at IS NULL FROM users WHERE id = $1")
        .bind(user)
        .fetch_one(db)
        .await
}

/// Has somebody look after the house, or no longer.
///
/// # Errors
/// When the database cannot be written.
pub async fn set_admin(db: &mut Connection, user: UserId, on: bool) -> Result<()> {
    sqlx::query("UPDATE users SET admin = $2 WHERE id = $1")
        .bind(user)
        .bind(on)
        .execute(db)
        .await
        .map(drop)
}

/// Who looks after the house.
///
/// # Errors
/// When the database cannot be read.
pub async fn admin_ids(db: &mut Connection) -> Result<Vec<UserId>> {
    sqlx::query_scalar("SELECT id FROM users WHERE admin").fetch_all(db).await
}

/// How many look after the house and may come in.
///
/// # Errors
/// When the database cannot be read.
pub async fn admins(db: &mut Connection) -> Result<i64> {
    sqlx::query_scalar("SELECT COUNT(*) FROM users WHERE admin AND banned_at IS NULL")
        .fetch_one(db)
        .await
}

/// One wishes to hear nothing of another, or does again; false if it was so before.
///
/// # Errors
/// When the database cannot be written.
pub async fn block(
    db: &mut Connection,
    user: UserId,
    blocked: UserId,
    on: bool,
    now: At,
) -> Result<bool> {
    let done = if on {
        sqlx::query(
            "INSERT INTO blocks (user_id, blocked_id, at) VALUES ($1, $2, $3)
             ON CONFLICT (user_id, blocked_id) DO NOTHING",
        )
        .bind(user)
        .bind(blocked)
        .bind(now.0)
        .execute(db)
        .await?
    } else {
        sqlx::query("DELETE FROM blocks WHERE user_id = $1 AND blocked_id = $2")
            .bind(user)
            .bind(blocked)
            .execute(db)
            .await?
    };
    Ok(done.rows_affected() > 0)
}

/// How many somebody blocked.
///
/// # Errors
/// When the database cannot be read.
pub async fn blocked(db: &mut Connection, user: UserId) -> Result<i64> {
    sqlx::query_scalar("SELECT COUNT(*) FROM blocks WHERE user_id = $1")
        .bind(user)
        .fetch_one(db)
        .await
}

/// Whom somebody has blocked.
///
/// # Errors
/// When the database cannot be read.
pub async fn blocked_by(db: &mut Connection, user: UserId) -> Result<BTreeSet<UserId>> {
    let blocked: Vec<UserId> =
        sqlx::query_scalar("SELECT blocked_id FROM blocks WHERE user_id = $1")
            .bind(user)
            .fetch_all(db)
            .await?;
    Ok(blocked.into_iter().collect())
}

/// Whether one blocked the other.
///
/// # Errors
/// When the database cannot be read.
pub async fn blocks(db: &mut Connection, user: UserId, blocked: UserId) -> Result<bool> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM blocks WHERE user_id = $1 AND blocked_id = $2)",
    )
    .bind(user)
    .bind(blocked)
    .fetch_one(db)
    .await
}

/// How two stand to each other, as one of them sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Between {
    /// I blocked them.
    pub mine: bool,
    /// They blocked me.
    pub theirs: bool,
    /// They wish to hear nothing of our conversation.
    pub muted: bool,
}

/// How these two stand to each other.
///
/// # Errors
/// When the database cannot be read.
pub async fn between(db: &mut Connection, me: UserId, other: UserId) -> Result<Between> {
    let (low, high) = super::directs::pair(me, other);
    sqlx::query_as(
        "SELECT EXISTS (SELECT 1 FROM blocks WHERE user_id = $1 AND blocked_id = $2) AS mine,
            EXISTS (SELECT 1 FROM blocks WHERE user_id = $2 AND blocked_id = $1) AS theirs,
            EXISTS (SELECT 1 FROM directs d CROSS JOIN memberships m
                ON m.user_id = $2 AND m.log_id = d.log_id AND m.level = 'nothing'
                WHERE d.low = $3 AND d.high = $4) AS muted",
    )
    .bind(me)
    .bind(other)
    .bind(low)
    .bind(high)
    .fetch_one(db)
    .await
}
