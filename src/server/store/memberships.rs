//! Who belongs to a room, who keeps order in it, who is kept out, and of what each is told.

use super::people::Person;
use super::{Connection, LogId, Result, UserId, sqlite};
use crate::protocol::At;
use crate::protocol::people::{Level, Role};

/// How somebody stands in a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// What they are in it; none while they have not joined it.
    pub role: Option<Role>,
    /// Of what they are told.
    pub level: Level,
    /// Whether they are kept out.
    pub banned: bool,
}

/// How this user stands in this room.
///
/// # Errors
/// When the database cannot be read.
pub async fn standing(db: &mut Connection, user: UserId, log: LogId) -> Result<Standing> {
    let (role, level, banned): (Option<String>, Option<String>, bool) =
        sqlx::query_as(sqlite::STANDS).bind(user).bind(log).fetch_one(db).await?;
    Ok(Standing {
        role: role.as_deref().and_then(Role::of_word),
        level: level.as_deref().and_then(Level::of_word).unwrap_or_default(),
        banned,
    })
}

/// Makes somebody a member; false if they were one.
///
/// # Errors
/// When the database cannot be written.
pub async fn join(
    db: &mut Connection,
    user: UserId,
    log: LogId,
    role: Role,
    now: At,
) -> Result<bool> {
    let joined = sqlx::query(
        "INSERT INTO memberships (user_id, log_id, role, joined_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (user_id, log_id) DO NOTHING",
    )
    .bind(user)
    .bind(log)
    .bind(role.word())
    .bind(now.0)
    .execute(db)
    .await?;
    Ok(joined.rows_affected() > 0)
}

/// Whoever never read in a log has read all of it: what was said before they came they do not owe.
/// Answers how far, if that is anything: a member without a marker joined when nothing was said yet, and
/// owes all of it.
///
/// # Errors
/// When the database cannot be written.
pub async fn begin_to_read(db: &mut Connection, user: UserId, log: LogId) -> Result<Option<i64>> {
    sqlx::query_scalar(
        "INSERT INTO reads (user_id, log_id, seq)
         SELECT $1, id, top FROM logs WHERE id = $2 AND top > 0
         ON CONFLICT (user_id, log_id) DO NOTHING RETURNING seq",
    )
    .bind(user)
    .bind(log)
    .fetch_optional(db)
    .await
}

/// Takes somebody out; false if they were not in it.
///
/// # Errors
/// When the database cannot be written.
pub async fn leave(db: &mut Connection, user: UserId, log: LogId) -> Result<bool> {
    let left = sqlx::query("DELETE FROM memberships WHERE user_id = $1 AND log_id = $2")
        .bind(user)
        .bind(log)
        .execute(db)
        .await?;
    Ok(left.rows_affected() > 0)
}

/// Sets what a member is; false if they are none.
///
/// # Errors
/// When the database cannot be written.
pub async fn set_role(db: &mut Connection, user: UserId, log: LogId, role: Role) -> Result<bool> {
    let set = sqlx::query("UPDATE memberships SET role = $3 WHERE user_id = $1 AND log_id = $2")
        .bind(user)
        .bind(log)
        .bind(role.word())
        .execute(db)
        .await?;
    Ok(set.rows_affected() > 0)
}

/// Sets of what a member is told; false if they are none.
///
/// # Errors
/// When the database cannot be written.
pub async fn set_level(
    db: &mut Connection,
    user: UserId,
    log: LogId,
    level: Level,
) -> Result<bool> {
    let set = sqlx::query("UPDATE memberships SET level = $3 WHERE user_id = $1 AND log_id = $2")
        .bind(user)
        .bind(log)
        .bind(level.word())
        .execute(db)
        .await?;
    Ok(set.rows_affected() > 0)
}

/// The same in a conversation, which nobody joins.
///
/// # Errors
/// When the database cannot be written.
pub async fn set_level_between(
    db: &mut Connection,
    user: UserId,
    log: LogId,
    level: Level,
    now: At,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO memberships (user_id, log_id, level, joined_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (user_id, log_id) DO UPDATE SET level = excluded.level",
    )
    .bind(user)
    .bind(log)
    .bind(level.word())
    .bind(now.0)
    .execute(db)
    .await
    .map(drop)
}

/// How many are in it.
///
/// # Errors
/// When the database cannot be read.
pub async fn count(db: &mut Connection, log: LogId) -> Result<i64> {
    sqlx::query_scalar("SELECT COUNT(*) FROM memberships WHERE log_id = $1")
        .bind(log)
        .fetch_one(db)
        .await
}

/// A page of those who are in it: (name, what they are), moderators first.
///
/// # Errors
/// When the database cannot be read.
pub async fn page(
    db: &mut Connection,
    log: LogId,
    limit: usize,
    offset: usize,
) -> Result<Vec<(String, Role)>> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT u.name, m.role FROM memberships m CROSS JOIN users u ON u.id = m.user_id
         WHERE m.log_id = $1 ORDER BY m.role = 'moderator' DESC, u.folded
         LIMIT $2 + 0 OFFSET $3 + 0",
    )
    .bind(log)
    .bind(limit as i64)
    .bind(i64::try_from(offset).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await?;
    let row = |(name, role): (String, String)| (name, Role::of_word(&role).unwrap_or_default());
    Ok(rows.into_iter().map(row).collect())
}

/// All who are in it.
///
/// # Errors
/// When the database cannot be read.
pub async fn all(db: &mut Connection, log: LogId) -> Result<Vec<Person>> {
    sqlx::query_as(
        "SELECT u.id, u.name, u.admin, u.log_id, u.created_at, u.banned_at, u.seen_at,
            NULL AS used_at FROM memberships m CROSS JOIN users u ON u.id = m.user_id
         WHERE m.log_id = $1",
    )
    .bind(log)
    .fetch_all(db)
    .await
}

/// Rooms that both have joined and whoever asks may see: their names, the latest spoken in first.
///
/// # Errors
/// When the database cannot be read.
pub async fn in_common(
    db: &mut Connection,
    one: UserId,
    other: UserId,
    limit: usize,
) -> Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT r.name FROM memberships a
         CROSS JOIN memberships b ON b.user_id = $2 AND b.log_id = a.log_id
         CROSS JOIN rooms r ON r.log_id = a.log_id CROSS JOIN logs l ON l.id = a.log_id
         WHERE a.user_id = $1 ORDER BY l.said_at DESC, l.id LIMIT $3 + 0",
    )
    .bind(one)
    .bind(other)
    .bind(limit as i64)
    .fetch_all(db)
    .await
}

/// Keeps somebody out, or no longer; false if it was so before.
///
/// # Errors
/// When the database cannot be written.
pub async fn ban(
    db: &mut Connection,
    user: UserId,
    log: LogId,
    by: UserId,
    on: bool,
    now: At,
) -> Result<bool> {
    let done = if on {
        sqlx::query(
            "INSERT INTO bans (user_id, log_id, banned_by, at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (user_id, log_id) DO NOTHING",
        )
        .bind(user)
        .bind(log)
        .bind(by)
        .bind(now.0)
        .execute(db)
        .await?
    } else {
        sqlx::query("DELETE FROM bans WHERE user_id = $1 AND log_id = $2")
            .bind(user)
            .bind(log)
            .execute(db)
            .await?
    };
    Ok(done.rows_affected() > 0)
}

/// Who is kept out, by name, at most so many.
///
/// # Errors
/// When the database cannot be read.
pub async fn banned(db: &mut Connection, log: LogId, limit: usize) -> Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT u.name FROM bans b CROSS JOIN users u ON u.id = b.user_id
         WHERE b.log_id = $1 ORDER BY u.folded LIMIT $2 + 0",
    )
    .bind(log)
    .bind(limit as i64)
    .fetch_all(db)
    .await
}

/// Where a room has members and no moderator, makes one of whoever has been in it longest; answers who.
///
/// # Errors
/// When the database cannot be written.
pub async fn succeed(db: &mut Connection, log: LogId) -> Result<Option<UserId>> {
    sqlx::query_scalar(
        "UPDATE memberships SET role = 'moderator'
         WHERE log_id = $1 AND user_id = (
            SELECT user_id FROM memberships WHERE log_id = $1
            ORDER BY joined_at, user_id LIMIT 1)
         AND NOT EXISTS (
            SELECT 1 FROM memberships WHERE log_id = $1 AND role = 'moderator')
         RETURNING user_id",
    )
    .bind(log)
    .fetch_optional(db)
    .await
}
