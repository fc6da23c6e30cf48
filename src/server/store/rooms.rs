//! Rooms.

use super::{Connection, LogId, Result, UserId, json, logs, sqlite};
use crate::protocol::{At, names::Name, views::LastMessage};

/// The room that every house has from the start.
pub const LOBBY: &str = "lobby";
pub(super) const FIND: &str = "SELECT log_id, name FROM rooms WHERE folded = $1";
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
#[derive(Clone, Debug)]
pub struct Listed {
    /// Key.
    pub log_id: LogId,
    /// The last seq of its log when this was read.
    pub top: i64,
    /// As it is shown.
    pub name: String,
    /// What was said last, on one line.
    pub last: Option<LastMessage>,
}

/// The room of this name, regardless of case.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(db: &mut Connection, folded: &str) -> Result<Option<Room>> {
    sqlx::query_as(FIND).bind(folded).fetch_optional(db).await
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

/// Rooms by their keys, each with the last seq of its log.
pub type Tops = Vec<(LogId, i64)>;

/// Which rooms a page of the index has.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// First of these…
    pub first: &'a [LogId],
    /// …then this many…
    pub limit: usize,
    /// …that are not among these…
    pub except: &'a [LogId],
    /// …after leaving out this many, those of the latest message first.
    pub offset: usize,
    /// In their names (folded); empty for all.
    pub filter: &'a str,
}

/// The first and the others of a page of the index. The first come in any order.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(db: &mut Connection, asked: Asked<'_>) -> Result<(Tops, Tops)> {
    let Asked { first, limit, except, offset, filter } = asked;
    let statement = if filter.is_empty() { sqlite::ROOMS } else { sqlite::ROOMS_NAMED };
    let query = sqlx::query_as(statement)
        .bind(json::write(first)?)
        .bind(limit as i64)
        .bind(json::write(except)?)
        .bind(i64::try_from(offset).unwrap_or(i64::MAX));
    let query = if filter.is_empty() { query } else { query.bind(filter) };
    let (first, others): (String, String) = query.fetch_one(db).await?;
    Ok((json::read(&first)?, json::read(&others)?))
}

/// These rooms with their last messages, in any order.
///
/// # Errors
/// When the database cannot be read.
pub async fn with_last(db: &mut Connection, ids: &[LogId]) -> Result<Vec<Listed>> {
    type Row = (LogId, i64, String, i64, Option<String>, Option<String>);
    let cards: String = sqlx::query_scalar(sqlite::CARDS)
        .bind(json::write(ids)?)
        .bind(GLIMPSE)
        .fetch_one(db)
        .await?;
    let listed = |(log_id, top, name, said_at, author, text): Row| {
        let last = author.zip(text).map(|(author, text)| {
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            LastMessage { author, text, at: At(said_at) }
        });
        Listed { log_id, top, name, last }
    };
    Ok(json::read::<Vec<Row>>(&cards)?.into_iter().map(listed).collect())
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
