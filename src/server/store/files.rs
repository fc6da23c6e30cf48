//! Uploads, and which message has them.

use super::{Connection, LogId, Result, UserId, json, sqlite};
use crate::protocol::At;
use crate::protocol::views::FileView;

/// An upload to store.
#[derive(Debug)]
pub struct Upload {
    /// Whose.
    pub user: UserId,
    /// What is shown of it.
    pub view: FileView,
    /// Its content.
    pub hash: String,
    /// The content of its small version and that one's media type.
    pub small: Option<(String, &'static str)>,
}

/// An upload as it is served, and where it is to be seen.
#[derive(Debug, sqlx::FromRow)]
pub struct Found {
    /// Whose.
    pub user_id: UserId,
    /// Its name.
    pub name: String,
    /// Its media type.
    pub kind: String,
    /// Its content.
    pub hash: String,
    /// The content of its small version…
    pub small: Option<String>,
    /// …and that one's media type.
    pub small_kind: Option<String>,
    /// The log of the message that has it; none while it waits for one.
    pub log_id: Option<LogId>,
    /// Whether that message was deleted.
    pub deleted: bool,
    /// The room that the log is of.
    pub room: Option<String>,
    /// The two whose conversation it is: the one of the lower id…
    pub low: Option<UserId>,
    /// …by name…
    pub low_name: Option<String>,
    /// …and the other.
    pub high: Option<UserId>,
    /// By name.
    pub high_name: Option<String>,
}

/// Stores an upload.
///
/// # Errors
/// When the database cannot be written.
pub async fn add(db: &mut Connection, upload: &Upload) -> Result<()> {
    let view = &upload.view;
    let (small, small_kind) = upload.small.as_ref().map(|(hash, kind)| (hash, *kind)).unzip();
    sqlx::query(
        "INSERT INTO uploads
         (id, user_id, name, kind, bytes, hash, small, small_kind, width, height, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(&view.id)
    .bind(upload.user)
    .bind(&view.name)
    .bind(&view.kind)
    .bind(view.bytes)
    .bind(&upload.hash)
    .bind(small)
    .bind(small_kind)
    .bind(view.width)
    .bind(view.height)
    .bind(At::now().0)
    .execute(db)
    .await
    .map(drop)
}

/// How many uploads of a user there are since a moment, and how many bytes.
///
/// # Errors
/// When the database cannot be read.
pub async fn since(db: &mut Connection, user: UserId, at: At) -> Result<(i64, i64)> {
    sqlx::query_as(
        "SELECT COUNT(*), COALESCE(SUM(bytes), 0) FROM uploads
         WHERE user_id = $1 AND created_at > $2",
    )
    .bind(user)
    .bind(at.0)
    .fetch_one(db)
    .await
}

/// The upload of this id.
pub(super) const FIND: &str = "SELECT f.user_id, f.name, f.kind, f.hash, f.small, f.small_kind,
        a.log_id, m.deleted_at IS NOT NULL AS deleted, r.name AS room,
        d.low, l.name AS low_name, d.high, h.name AS high_name
    FROM uploads f
    LEFT JOIN attachments a ON a.upload = f.id
    LEFT JOIN messages m ON m.log_id = a.log_id AND m.seq = a.seq
    LEFT JOIN rooms r ON r.log_id = a.log_id
    LEFT JOIN directs d ON d.log_id = a.log_id
    LEFT JOIN users l ON l.id = d.low
    LEFT JOIN users h ON h.id = d.high
    WHERE f.id = $1";

/// The upload of this id, if there is one.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(db: &mut Connection, id: &str) -> Result<Option<Found>> {
    sqlx::query_as(FIND).bind(id).fetch_optional(db).await
}

/// (Id, name, media type, bytes, width, height).
type Row = (String, String, String, i64, Option<i64>, Option<i64>);

/// Of these uploads, in their order, those of this user that no message has yet.
///
/// # Errors
/// When the database cannot be read.
pub async fn free(db: &mut Connection, user: UserId, ids: &[String]) -> Result<Vec<FileView>> {
    let found: String =
        sqlx::query_scalar(sqlite::FREE).bind(json::write(ids)?).bind(user).fetch_one(db).await?;
    let view = |(id, name, kind, bytes, width, height): Row| {
        let pixels = |side: Option<i64>| side.and_then(|side| u32::try_from(side).ok());
        FileView { id, name, kind, bytes, width: pixels(width), height: pixels(height) }
    };
    let mut views: Vec<FileView> = json::read::<Vec<Row>>(&found)?.into_iter().map(view).collect();
    views.sort_by_key(|view| ids.iter().position(|id| *id == view.id));
    Ok(views)
}

/// Gives a message its uploads, in their order.
///
/// # Errors
/// When the database cannot be written, or another message has one of them.
pub async fn attach(db: &mut Connection, log: LogId, seq: i64, ids: &[String]) -> Result<()> {
    sqlx::query(sqlite::ATTACH).bind(log).bind(seq).bind(json::write(ids)?).execute(db).await?;
    Ok(())
}

/// Forgets up to `most` uploads that nobody shows any more: those that no message took and that came
/// before `before`, and those of messages that were deleted. How many.
///
/// # Errors
/// When the database cannot be written.
pub async fn forget(db: &mut Connection, before: At, most: i64) -> Result<usize> {
    let gone: String =
        sqlx::query_scalar(sqlite::GONE).bind(before.0).bind(most).fetch_one(&mut *db).await?;
    let ids: Vec<String> = json::read(&gone)?;
    if ids.is_empty() {
        return Ok(0);
    }
    for statement in [sqlite::FORGET_ATTACHED, sqlite::FORGET_UPLOADS] {
        sqlx::query(statement).bind(&gone).execute(&mut *db).await?;
    }
    Ok(ids.len())
}

/// Of these contents, those that nothing names.
///
/// # Errors
/// When the database cannot be read.
pub async fn unnamed(db: &mut Connection, hashes: &[String]) -> Result<Vec<String>> {
    let unnamed: String =
        sqlx::query_scalar(sqlite::UNNAMED).bind(json::write(hashes)?).fetch_one(db).await?;
    json::read(&unnamed)
}

/// Sets the content of a user's face, or none.
///
/// # Errors
/// When the database cannot be written.
pub async fn set_face(db: &mut Connection, user: UserId, hash: Option<&str>) -> Result<()> {
    sqlx::query("UPDATE users SET avatar = $2 WHERE id = $1")
        .bind(user)
        .bind(hash)
        .execute(db)
        .await
        .map(drop)
}

/// Names and the contents of their faces, of all who have one.
///
/// # Errors
/// When the database cannot be read.
pub async fn faces(db: &mut Connection) -> Result<Vec<(String, String)>> {
    sqlx::query_as("SELECT name, avatar FROM users WHERE avatar IS NOT NULL").fetch_all(db).await
}
