//! Users.

use super::{Connection, LogId, Result, UserId, logs};
use crate::protocol::{At, names::Name};

/// How many programs a room has, or had.
pub(super) const COUNT_BOTS: &str = "SELECT COUNT(*) FROM users WHERE bot_of = $1";

/// A user's row.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct User {
    /// Key.
    pub id: UserId,
    /// As it is shown.
    pub name: String,
    /// The password's hash, in PHC form.
    pub password: String,
    /// Whether they look after the house.
    pub admin: bool,
    /// Their own log.
    pub log_id: LogId,
}

/// Whether anyone has an account.
///
/// # Errors
/// When the database cannot be read.
pub async fn any(db: &mut Connection) -> Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM users)").fetch_one(db).await
}

/// The user of this name, regardless of case. A room's program is none: nobody logs in as one or writes to
/// it.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(db: &mut Connection, folded: &str) -> Result<Option<User>> {
    sqlx::query_as(
        "SELECT id, name, password, admin, log_id FROM users
         WHERE folded = $1 AND bot_of IS NULL",
    )
    .bind(folded)
    .fetch_optional(db)
    .await
}

/// Who says something under this name, be it a person or a room's program.
///
/// # Errors
/// When the database cannot be read.
pub async fn author(db: &mut Connection, folded: &str) -> Result<Option<UserId>> {
    sqlx::query_scalar("SELECT id FROM users WHERE folded = $1")
        .bind(folded)
        .fetch_optional(db)
        .await
}

/// A room's program of this name, if that is what has it: its key, its name and its room.
///
/// # Errors
/// When the database cannot be read.
pub async fn bot(db: &mut Connection, folded: &str) -> Result<Option<(UserId, String, LogId)>> {
    sqlx::query_as("SELECT id, name, bot_of FROM users WHERE folded = $1 AND bot_of IS NOT NULL")
        .bind(folded)
        .fetch_optional(db)
        .await
}

/// How many programs a room has, or had.
///
/// # Errors
/// When the database cannot be read.
pub async fn count_bots(db: &mut Connection, room: LogId) -> Result<i64> {
    sqlx::query_scalar(COUNT_BOTS).bind(room).fetch_one(db).await
}

/// Has a user be a room's program from its beginning.
///
/// # Errors
/// When the database cannot be written.
pub async fn is_bot_of(db: &mut Connection, user: UserId, room: LogId) -> Result<()> {
    sqlx::query("UPDATE users SET bot_of = $2 WHERE id = $1")
        .bind(user)
        .bind(room)
        .execute(db)
        .await
        .map(drop)
}

/// The user of this key, unless they are kept out of the house.
///
/// # Errors
/// When the database cannot be read.
pub async fn by_id(db: &mut Connection, user: UserId) -> Result<Option<User>> {
    sqlx::query_as(
        "SELECT id, name, password, admin, log_id FROM users WHERE id = $1 AND banned_at IS NULL",
    )
    .bind(user)
    .fetch_optional(db)
    .await
}

/// Makes a user with a log of their own; `None` when the name, or one that looks like it, is
/// taken.
///
/// # Errors
/// When the database cannot be written.
pub async fn make(
    db: &mut Connection,
    name: &Name,
    password: &str,
    admin: bool,
) -> Result<Option<UserId>> {
    let taken: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM users WHERE folded = $1 OR skeleton = $2)",
    )
    .bind(&name.folded)
    .bind(&name.skeleton)
    .fetch_one(&mut *db)
    .await?;
    if taken {
        return Ok(None);
    }
    let log = logs::make(db, logs::Kind::Own).await?;
    sqlx::query_scalar(
        "INSERT INTO users (name, folded, skeleton, password, admin, log_id, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
    )
    .bind(&name.shown)
    .bind(&name.folded)
    .bind(&name.skeleton)
    .bind(password)
    .bind(admin)
    .bind(log)
    .bind(At::now().0)
    .fetch_one(db)
    .await
    .map(Some)
}

/// Sets a user's password hash.
///
/// # Errors
/// When the database cannot be written.
pub async fn set_password(db: &mut Connection, user: UserId, password: &str) -> Result<()> {
    sqlx::query("UPDATE users SET password = $2 WHERE id = $1")
        .bind(user)
        .bind(password)
        .execute(db)
        .await
        .map(drop)
}

/// A user's password hash.
///
/// # Errors
/// When the database cannot be read.
pub async fn password(db: &mut Connection, user: UserId) -> Result<String> {
    sqlx::query_scalar("SELECT password FROM users WHERE id = $1").bind(user).fetch_one(db).await
}
