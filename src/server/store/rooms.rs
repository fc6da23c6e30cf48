//! Rooms.

use super::{Connection, LogId, Result, UserId, json, logs, sqlite};
use crate::protocol::people::Access;
use crate::protocol::{At, names::Name, views::LastMessage};

/// The room that every house has from the start.
pub const LOBBY: &str = "lobby";
/// Rooms as [`Room::of`] reads them.
macro_rules! rooms {
    ($of:literal) => {
        concat!(
            "SELECT log_id, name, access, deleted_at IS NOT NULL,
            EXISTS (SELECT 1 FROM bans b WHERE b.log_id = rooms.log_id) FROM rooms WHERE ",
            $of
        )
    };
}

pub(super) const FIND: &str = rooms!("folded = $1");
pub(super) const FIND_LIKE: &str = rooms!("skeleton = $1");
pub(super) const BY_LOG: &str = rooms!("log_id = $1");
pub(super) const OF_ADMINS: &str =
    rooms!("access = 'admins' AND access <> 'open' AND deleted_at IS NULL");
/// Characters of a last message that a list shows.
const GLIMPSE: i64 = 120;

/// A room's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Key, and that of its log.
    pub log_id: LogId,
    /// As it is shown.
    pub name: String,
    /// Who may see it.
    pub access: Access,
    /// Whether it is gone; its name stays taken.
    pub deleted: bool,
    /// Whether somebody is kept out of it.
    pub keeps_out: bool,
}

impl Room {
    /// (Key, name, access, deleted, keeps out).
    fn of(row: (LogId, String, String, bool, bool)) -> Self {
        let (log_id, name, access, deleted, keeps_out) = row;
        // A word that nobody knows opens nothing.
        let access = Access::of_word(&access).unwrap_or(Access::Admins);
        Self { log_id, name, access, deleted, keeps_out }
    }
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

/// The room of this name, regardless of case; also one that is gone, whose name is taken.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(db: &mut Connection, folded: &str) -> Result<Option<Room>> {
    let row = sqlx::query_as(FIND).bind(folded).fetch_optional(db).await?;
    Ok(row.map(Room::of))
}

/// The room of this log, if it is one's.
///
/// # Errors
/// When the database cannot be read.
pub async fn by_log(db: &mut Connection, log: LogId) -> Result<Option<Room>> {
    let row = sqlx::query_as(BY_LOG).bind(log).fetch_optional(db).await?;
    Ok(row.map(Room::of))
}

/// The room that looks like this name, if there is one.
///
/// # Errors
/// When the database cannot be read.
pub async fn look_alike(db: &mut Connection, skeleton: &str) -> Result<Option<Room>> {
    let row = sqlx::query_as(FIND_LIKE).bind(skeleton).fetch_optional(db).await?;
    Ok(row.map(Room::of))
}

/// Makes a room with its log. The name must be free.
///
/// # Errors
/// When the name is taken or the database cannot be written.
pub async fn make(
    db: &mut Connection,
    name: &Name,
    access: Access,
    made_by: Option<UserId>,
) -> Result<Room> {
    let log_id = logs::make(db, logs::Kind::Room).await?;
    sqlx::query(
        "INSERT INTO rooms (log_id, name, folded, skeleton, made_by, created_at, access)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(log_id)
    .bind(&name.shown)
    .bind(&name.folded)
    .bind(&name.skeleton)
    .bind(made_by)
    .bind(At::now().0)
    .bind(access.word())
    .execute(&mut *db)
    .await?;
    list_it(db, log_id, access == Access::Open).await?;
    let name = name.shown.clone();
    Ok(Room { log_id, name, access, deleted: false, keeps_out: false })
}

/// Whether everybody is to find it.
async fn list_it(db: &mut Connection, log: LogId, on: bool) -> Result<()> {
    sqlx::query("UPDATE logs SET listed = $2 WHERE id = $1 AND listed <> $2")
        .bind(log)
        .bind(on)
        .execute(db)
        .await
        .map(drop)
}

/// Sets who may see a room.
///
/// # Errors
/// When the database cannot be written.
pub async fn set_access(db: &mut Connection, log: LogId, access: Access) -> Result<()> {
    sqlx::query("UPDATE rooms SET access = $2 WHERE log_id = $1")
        .bind(log)
        .bind(access.word())
        .execute(&mut *db)
        .await?;
    list_it(db, log, access == Access::Open).await
}

/// Lets a room go; nobody belongs to it any more. What was said in it is kept, out of everybody's sight.
///
/// # Errors
/// When the database cannot be written.
pub async fn delete(db: &mut Connection, log: LogId, now: At) -> Result<()> {
    sqlx::query("UPDATE rooms SET deleted_at = $2 WHERE log_id = $1")
        .bind(log)
        .bind(now.0)
        .execute(&mut *db)
        .await?;
    sqlx::query("DELETE FROM memberships WHERE log_id = $1").bind(log).execute(&mut *db).await?;
    list_it(db, log, false).await
}

/// The rooms of the administrators.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_admins(db: &mut Connection) -> Result<Vec<Room>> {
    let rows = sqlx::query_as(OF_ADMINS).fetch_all(db).await?;
    Ok(rows.into_iter().map(Room::of).collect())
}

/// What is shown about a room: (who made it, when).
///
/// # Errors
/// When the database cannot be read.
pub async fn made(db: &mut Connection, log: LogId) -> Result<(Option<String>, i64)> {
    sqlx::query_as(
        "SELECT (SELECT name FROM users WHERE id = made_by), created_at
         FROM rooms WHERE log_id = $1",
    )
    .bind(log)
    .fetch_one(db)
    .await
}

/// Those of these rooms that this user (an administrator?) may see.
///
/// # Errors
/// When the database cannot be read.
pub async fn seen(
    db: &mut Connection,
    user: Option<UserId>,
    admin: bool,
    rooms: &[LogId],
) -> Result<Vec<LogId>> {
    let seen: String = sqlx::query_scalar(sqlite::SEEN)
        .bind(json::write(rooms)?)
        .bind(user)
        .bind(admin)
        .fetch_one(db)
        .await?;
    json::read(&seen)
}

/// The rooms that not everybody may see.
///
/// # Errors
/// When the database cannot be read.
pub async fn guarded(db: &mut Connection) -> Result<Vec<LogId>> {
    let guarded: String = sqlx::query_scalar(sqlite::GUARDED).fetch_one(db).await?;
    json::read(&guarded)
}

/// (Name, access, members, who made it, when something was last said).
pub type Row = (String, String, i64, Option<String>, i64);

/// A page of all rooms by name.
///
/// # Errors
/// When the database cannot be read.
pub async fn all(
    db: &mut Connection,
    query: &str,
    limit: usize,
    offset: usize,
) -> Result<Vec<Row>> {
    sqlx::query_as(
        "SELECT r.name, r.access, (SELECT COUNT(*) FROM memberships m WHERE m.log_id = r.log_id),
            (SELECT name FROM users WHERE id = r.made_by), l.said_at
         FROM rooms r CROSS JOIN logs l ON l.id = r.log_id
         WHERE r.deleted_at IS NULL AND ($1 = '' OR instr(r.folded, $1) > 0)
         ORDER BY r.folded LIMIT $2 + 0 OFFSET $3 + 0",
    )
    .bind(query)
    .bind(limit as i64)
    .bind(i64::try_from(offset).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await
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
    /// Who looks; none for a visitor.
    pub user: Option<UserId>,
    /// Whether they look after the house.
    pub admin: bool,
}

/// The first and the others of a page of the index. The first come in any order.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(db: &mut Connection, asked: Asked<'_>) -> Result<(Tops, Tops)> {
    let Asked { first, limit, except, offset, filter, user, admin } = asked;
    let statement = if filter.is_empty() { sqlite::ROOMS } else { sqlite::ROOMS_NAMED };
    let query = sqlx::query_as(statement)
        .bind(json::write(first)?)
        .bind(limit as i64)
        .bind(json::write(except)?)
        .bind(i64::try_from(offset).unwrap_or(i64::MAX))
        .bind(user)
        .bind(admin);
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
