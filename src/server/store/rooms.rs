//! Rooms.

use super::{Connection, LogId, Result, UserId, logs};
use crate::protocol::{At, limits::UNREAD_MOST, names::Name, views::LastMessage};
use sqlx::AssertSqlSafe;

/// The room that every house has from the start.
pub const LOBBY: &str = "lobby";
/// Characters of a last message that a list shows.
const GLIMPSE: i64 = 120;

/// A room's row.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Room {
    /// Key, and that of its log.
    pub log_id: LogId,
    /// As it is shown.
    pub name: String,
}

/// A room with its last message.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Listed {
    /// Key.
    pub log_id: LogId,
    /// As it is shown.
    pub name: String,
    author: Option<String>,
    text: Option<String>,
    said_at: i64,
}

impl Listed {
    /// What was said last, on one line.
    #[must_use]
    pub fn last(&self) -> Option<LastMessage> {
        let text = self.text.as_ref()?.split_whitespace().collect::<Vec<_>>().join(" ");
        Some(LastMessage { author: self.author.clone()?, text, at: At(self.said_at) })
    }
}

/// The room of this name, regardless of case.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(db: &mut Connection, folded: &str) -> Result<Option<Room>> {
    sqlx::query_as("SELECT log_id, name FROM rooms WHERE folded = $1")
        .bind(folded)
        .fetch_optional(db)
        .await
}

/// The room that looks like this name, if there is one.
///
/// # Errors
/// When the database cannot be read.
pub async fn look_alike(db: &mut Connection, skeleton: &str) -> Result<Option<Room>> {
    sqlx::query_as("SELECT log_id, name FROM rooms WHERE skeleton = $1")
        .bind(skeleton)
        .fetch_optional(db)
        .await
}

/// Makes a room with its log. The name must be free.
///
/// # Errors
/// When the name is taken or the database cannot be written.
pub async fn make(db: &mut Connection, name: &Name, made_by: Option<UserId>) -> Result<Room> {
    let log_id = logs::make(db, logs::Kind::Room).await?;
    sqlx::query(
        "INSERT INTO rooms (log_id, name, folded, skeleton, made_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(log_id)
    .bind(&name.shown)
    .bind(&name.folded)
    .bind(&name.skeleton)
    .bind(made_by)
    .bind(At::now().0)
    .execute(db)
    .await?;
    Ok(Room { log_id, name: name.shown.clone() })
}

/// Which rooms a list takes.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// These.
    Only(&'a [LogId]),
    /// All but these.
    Except(&'a [LogId]),
}

/// Rooms whose name contains `filter` (folded; empty for all), those of the latest message first.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(
    db: &mut Connection,
    which: Which<'_>,
    filter: &str,
    limit: usize,
    offset: usize,
) -> Result<Vec<Listed>> {
    // Keys are numbers of ours, so they may stand in the statement. What is not asked for is left
    // out of it: SQLite plans a statement anew at each use when a LIKE depends on what is bound.
    let keys = |ids: &[LogId]| ids.iter().map(|id| id.0.to_string()).collect::<Vec<_>>().join(",");
    let which = match which {
        Which::Only(ids) => format!("AND l.id IN ({})", keys(ids)),
        Which::Except([]) => String::new(),
        Which::Except(ids) => format!("AND l.id NOT IN ({})", keys(ids)),
    };
    let named = if filter.is_empty() { "" } else { "AND r.folded LIKE $3 ESCAPE '!'" };
    let statement = format!(
        "SELECT r.log_id, r.name, u.name AS author, l.said_at,
                CASE WHEN m.deleted_at IS NULL THEN SUBSTR(m.body, 1, {GLIMPSE}) END AS text
         FROM logs l JOIN rooms r ON r.log_id = l.id
         LEFT JOIN messages m ON m.log_id = l.id AND m.seq = l.said_seq
         LEFT JOIN users u ON u.id = m.author_id
         WHERE l.kind = 'room' {which} {named}
         ORDER BY l.said_at DESC, l.id LIMIT $1 OFFSET $2"
    );
    let pattern: String = filter
        .chars()
        .flat_map(|c| matches!(c, '%' | '_' | '!').then_some('!').into_iter().chain([c]))
        .collect();
    let query = sqlx::query_as(AssertSqlSafe(statement)).bind(limit as i64).bind(offset as i64);
    let query = if filter.is_empty() { query } else { query.bind(format!("%{pattern}%")) };
    query.fetch_all(db).await
}

/// A room that somebody knows.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Known {
    /// Key.
    pub log_id: LogId,
    /// As it is shown.
    pub name: String,
    /// When something was last said.
    pub said_at: i64,
    /// Messages of others since, counted up to [`UNREAD_MOST`].
    pub unread: i64,
}

/// The rooms that a user has read in, the latest message first.
///
/// # Errors
/// When the database cannot be read.
pub async fn known_to(db: &mut Connection, user: UserId, limit: usize) -> Result<Vec<Known>> {
    sqlx::query_as(
        "SELECT r.log_id, r.name, l.said_at,
                (SELECT COUNT(*) FROM (SELECT 1 FROM messages m
                 WHERE m.log_id = d.log_id AND m.seq > d.seq AND m.author_id <> d.user_id
                 AND m.deleted_at IS NULL LIMIT $3) AS some) AS unread
         FROM reads d JOIN rooms r ON r.log_id = d.log_id JOIN logs l ON l.id = d.log_id
         WHERE d.user_id = $1 ORDER BY l.said_at DESC, l.id LIMIT $2",
    )
    .bind(user)
    .bind(limit as i64)
    .bind(UNREAD_MOST)
    .fetch_all(db)
    .await
}

/// A room's name.
///
/// # Errors
/// When the database cannot be read.
pub async fn name(db: &mut Connection, log: LogId) -> Result<Option<String>> {
    sqlx::query_scalar("SELECT name FROM rooms WHERE log_id = $1")
        .bind(log)
        .fetch_optional(db)
        .await
}
