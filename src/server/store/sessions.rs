//! Sessions. Only the hash of a session's secret is stored.

use super::{Connection, LogId, Result, UserId};
use crate::protocol::At;

/// Whose session it is.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Owner {
    /// The session's public id.
    pub id: String,
    /// Key.
    pub user_id: UserId,
    /// Their name.
    pub name: String,
    /// Whether they look after the house.
    pub admin: bool,
    /// Their own log.
    pub log_id: LogId,
    /// Last used.
    pub seen_at: i64,
    /// When it ends by its age.
    pub expires_at: i64,
}

/// An ended session is remembered for this long: any server has heard of it by then.
const REMEMBERED_MS: i64 = 24 * 3_600 * 1_000;

/// A session in a list.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Session {
    /// Public id.
    pub id: String,
    /// The browser's name for itself.
    pub agent: String,
    /// Begun.
    pub created_at: i64,
    /// Last used.
    pub seen_at: i64,
}

/// The owner of a session that has not ended.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(db: &mut Connection, hash: &str, now: At) -> Result<Option<Owner>> {
    sqlx::query_as(
        "SELECT s.id, s.user_id, u.name, u.admin, u.log_id, s.seen_at, s.expires_at
         FROM sessions s JOIN users u ON u.id = s.user_id
         WHERE s.hash = $1 AND s.expires_at > $2 AND u.banned_at IS NULL",
    )
    .bind(hash)
    .bind(now.0)
    .fetch_optional(db)
    .await
}

/// Whether the session of this public id goes on.
///
/// # Errors
/// When the database cannot be read.
pub async fn goes_on(db: &mut Connection, id: &str, now: At) -> Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sessions WHERE id = $1 AND expires_at > $2)")
        .bind(id)
        .bind(now.0)
        .fetch_one(db)
        .await
}

/// Begins a session.
///
/// # Errors
/// When the database cannot be written.
pub async fn begin(
    db: &mut Connection,
    id: &str,
    hash: &str,
    user: UserId,
    agent: &str,
    now: At,
    expires: At,
) -> Result<()> {
    sqlx::query("DELETE FROM sessions WHERE expires_at <= $1")
        .bind(now.0)
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "INSERT INTO sessions (id, hash, user_id, agent, created_at, seen_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $5, $6)",
    )
    .bind(id)
    .bind(hash)
    .bind(user)
    .bind(agent)
    .bind(now.0)
    .bind(expires.0)
    .execute(db)
    .await
    .map(drop)
}

/// Notes that a session was used, and lets it last longer.
///
/// # Errors
/// When the database cannot be written.
pub async fn seen(db: &mut Connection, id: &str, now: At, expires: At) -> Result<()> {
    sqlx::query("UPDATE sessions SET seen_at = $2, expires_at = $3 WHERE id = $1")
        .bind(id)
        .bind(now.0)
        .bind(expires.0)
        .execute(db)
        .await
        .map(drop)
}

/// A user's sessions, the latest used first.
///
/// # Errors
/// When the database cannot be read.
pub async fn of(db: &mut Connection, user: UserId, now: At) -> Result<Vec<Session>> {
    sqlx::query_as(
        "SELECT id, agent, created_at, seen_at FROM sessions
         WHERE user_id = $1 AND expires_at > $2 ORDER BY seen_at DESC, id",
    )
    .bind(user)
    .bind(now.0)
    .fetch_all(db)
    .await
}

/// Ends one session of a user; false when it is not theirs.
///
/// # Errors
/// When the database cannot be written.
pub async fn end(db: &mut Connection, user: UserId, id: &str) -> Result<bool> {
    let done = sqlx::query("DELETE FROM sessions WHERE user_id = $1 AND id = $2")
        .bind(user)
        .bind(id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Ends all sessions of a user but one, and names those that were ended.
///
/// # Errors
/// When the database cannot be written.
pub async fn end_others(
    db: &mut Connection,
    user: UserId,
    but: Option<&str>,
) -> Result<Vec<String>> {
    sqlx::query_scalar("DELETE FROM sessions WHERE user_id = $1 AND id <> $2 RETURNING id")
        .bind(user)
        .bind(but.unwrap_or_default())
        .fetch_all(db)
        .await
}

/// Notes that these sessions were ended, for whichever process holds their sockets.
///
/// # Errors
/// When the database cannot be written.
pub async fn note_ended(db: &mut Connection, user: UserId, ended: &[String]) -> Result<()> {
    let now = At::now().0;
    sqlx::query("DELETE FROM ended_sessions WHERE at < $1")
        .bind(now - REMEMBERED_MS)
        .execute(&mut *db)
        .await?;
    for session in ended {
        sqlx::query("INSERT INTO ended_sessions (session, user_id, at) VALUES ($1, $2, $3)")
            .bind(session)
            .bind(user)
            .bind(now)
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// What a note of an ended session says in place of its name where all that somebody has came to its end,
/// tokens too: they are kept out of the house.
pub const EVERYTHING: &str = "";

/// What stands before a token's public id where it is a token that was ended. (No id has a colon.)
pub const TOKEN: &str = "token:";

/// Notes that a token was ended, likewise.
///
/// # Errors
/// When the database cannot be written.
pub async fn note_token(db: &mut Connection, user: UserId, token: &str) -> Result<()> {
    note_ended(db, user, &[format!("{TOKEN}{token}")]).await
}

/// Notes that somebody is kept out of the house, likewise.
///
/// # Errors
/// When the database cannot be written.
pub async fn note_banned(db: &mut Connection, user: UserId) -> Result<()> {
    note_ended(db, user, &[EVERYTHING.to_owned()]).await
}

/// The notes after the one of that number, each with its own.
///
/// # Errors
/// When the database cannot be read.
pub async fn ended_since(db: &mut Connection, last: i64) -> Result<Vec<(i64, UserId, String)>> {
    sqlx::query_as("SELECT id, user_id, session FROM ended_sessions WHERE id > $1 ORDER BY id")
        .bind(last)
        .fetch_all(db)
        .await
}
