//! Repeating pushes.

use super::{Connection, Result, UserId};
use crate::protocol::At;

macro_rules! rows {
    ($then:literal) => {
        concat!(
            "SELECT r.id, r.user_id, u.name AS by_name, r.token, r.digest, r.aim, r.text, r.link,
                r.stored, r.every_ms, r.times, r.until, r.done, r.started_at, r.next_at, r.absent_at,
                r.ended_at, r.reason
             FROM repeats r CROSS JOIN users u ON u.id = r.user_id ",
            $then
        )
    };
}

pub(super) const DUE: &str =
    rows!("WHERE r.ended_at IS NULL AND r.next_at <= $1 ORDER BY r.next_at");
pub(super) const MOVE_ON: &str = "UPDATE repeats
    SET next_at = $3, done = $4, absent_at = $5, ended_at = $6, reason = $7
    WHERE id = $1 AND next_at = $2 AND ended_at IS NULL";
pub(super) const AHEAD: &str =
    "SELECT COUNT(*), MIN(next_at) FROM repeats WHERE ended_at IS NULL AND next_at > 0";

/// A repeating push.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Row {
    /// Names it.
    pub id: String,
    /// Who made it.
    pub user_id: UserId,
    /// Their name.
    pub by_name: String,
    /// The id of the token it was made with.
    pub token: Option<String>,
    /// Stands for all that was asked for.
    pub digest: String,
    /// At whom.
    pub aim: String,
    /// The text.
    pub text: String,
    /// Where it leads.
    pub link: Option<String>,
    /// Whether each is stored.
    pub stored: bool,
    /// Milliseconds from one to the next.
    pub every_ms: i64,
    /// How often at most.
    pub times: Option<i64>,
    /// Until when at most.
    pub until: Option<i64>,
    /// How often it was pushed.
    pub done: i64,
    /// When the first one was due.
    pub started_at: i64,
    /// When it is looked at next.
    pub next_at: i64,
    /// Since when nobody is there to hear it.
    pub absent_at: Option<i64>,
    /// When it ended.
    pub ended_at: Option<i64>,
    /// Why.
    pub reason: Option<String>,
}

/// How a repeating push stands once it was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stand {
    /// When it is looked at next: later than before.
    pub next_at: i64,
    /// How often it was pushed.
    pub done: i64,
    /// Since when nobody is there.
    pub absent_at: Option<i64>,
    /// When and why it ended.
    pub ended: Option<(i64, &'static str)>,
}

/// Those that are to be looked at now, those that wait longest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn due(db: &mut Connection, now: At) -> Result<Vec<Row>> {
    sqlx::query_as(DUE).bind(now.0).fetch_all(db).await
}

/// Moves one on from where it stood; false if somebody else did so first, and does what is due.
///
/// # Errors
/// When the database cannot be written.
pub async fn move_on(db: &mut Connection, id: &str, was: i64, stand: &Stand) -> Result<bool> {
    let (ended_at, reason) = stand.ended.unzip();
    let moved = sqlx::query(MOVE_ON)
        .bind(id)
        .bind(was)
        .bind(stand.next_at)
        .bind(stand.done)
        .bind(stand.absent_at)
        .bind(ended_at)
        .bind(reason)
        .execute(db)
        .await?;
    Ok(moved.rows_affected() > 0)
}

/// Ends one that has not ended.
///
/// # Errors
/// When the database cannot be written.
pub async fn end(db: &mut Connection, id: &str, now: At, reason: &str) -> Result<()> {
    sqlx::query("UPDATE repeats SET ended_at = $2, reason = $3 WHERE id = $1 AND ended_at IS NULL")
        .bind(id)
        .bind(now.0)
        .bind(reason)
        .execute(db)
        .await
        .map(drop)
}

/// Has a user's be looked at now, whenever they are due.
///
/// # Errors
/// When the database cannot be written.
pub async fn look_again(db: &mut Connection, user: UserId, now: At) -> Result<()> {
    sqlx::query(
        "UPDATE repeats SET next_at = $2
         WHERE user_id = $1 AND ended_at IS NULL AND next_at > $2",
    )
    .bind(user)
    .bind(now.0)
    .execute(db)
    .await
    .map(drop)
}

/// How many go on, and when the first of them is to be looked at.
///
/// # Errors
/// When the database cannot be read.
pub async fn ahead(db: &mut Connection) -> Result<(i64, Option<i64>)> {
    sqlx::query_as(AHEAD).fetch_one(db).await
}

/// How many of a user's go on, and how many in all.
///
/// # Errors
/// When the database cannot be read.
pub async fn count(db: &mut Connection, user: UserId) -> Result<(i64, i64)> {
    sqlx::query_as(
        "SELECT COALESCE(SUM(CASE WHEN user_id = $1 THEN 1 ELSE 0 END), 0), COUNT(*)
         FROM repeats WHERE ended_at IS NULL",
    )
    .bind(user)
    .fetch_one(db)
    .await
}

/// Stores a new one.
///
/// # Errors
/// When the database cannot be written.
pub async fn add(db: &mut Connection, row: &Row, cid: Option<&str>) -> Result<()> {
    sqlx::query(
        "INSERT INTO repeats (id, user_id, token, cid, digest, aim, text, link, stored, every_ms,
            times, until, started_at, next_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(&row.id)
    .bind(row.user_id)
    .bind(&row.token)
    .bind(cid)
    .bind(&row.digest)
    .bind(&row.aim)
    .bind(&row.text)
    .bind(&row.link)
    .bind(row.stored)
    .bind(row.every_ms)
    .bind(row.times)
    .bind(row.until)
    .bind(row.started_at)
    .bind(row.next_at)
    .execute(db)
    .await
    .map(drop)
}

/// The one of this id.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(db: &mut Connection, id: &str) -> Result<Option<Row>> {
    sqlx::query_as(rows!("WHERE r.id = $1")).bind(id).fetch_optional(db).await
}

/// The one that a user made under this cid.
///
/// # Errors
/// When the database cannot be read.
pub async fn by_cid(db: &mut Connection, user: UserId, cid: &str) -> Result<Option<Row>> {
    sqlx::query_as(rows!("WHERE r.user_id = $1 AND r.cid = $2"))
        .bind(user)
        .bind(cid)
        .fetch_optional(db)
        .await
}

/// A user's, or all, the latest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(db: &mut Connection, of: Option<UserId>) -> Result<Vec<Row>> {
    sqlx::query_as(rows!("WHERE $1 IS NULL OR r.user_id = $1 ORDER BY r.started_at DESC, r.id"))
        .bind(of)
        .fetch_all(db)
        .await
}

/// Forgets those that ended before a moment, and all but so many of those that ended later.
///
/// # Errors
/// When the database cannot be written.
pub async fn tidy(db: &mut Connection, before: At, most: usize) -> Result<()> {
    sqlx::query("DELETE FROM repeats WHERE ended_at < $1").bind(before.0).execute(&mut *db).await?;
    sqlx::query(
        "DELETE FROM repeats WHERE ended_at IS NOT NULL AND id NOT IN (
            SELECT id FROM repeats WHERE ended_at IS NOT NULL
            ORDER BY ended_at DESC, id LIMIT $1 + 0)",
    )
    .bind(most as i64)
    .execute(db)
    .await
    .map(drop)
}
