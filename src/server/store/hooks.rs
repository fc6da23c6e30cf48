//! A room's webhooks: addresses at which it takes messages, and addresses that are told of its own.

use super::{Connection, LogId, Result, UserId};
use crate::protocol::At;

/// Which incoming address this is, and as whom it speaks.
pub(super) const CALLED: &str = "SELECT u.id, u.name, u.log_id AS own, h.log_id, r.name AS room, h.used_at
    FROM incoming_hooks h CROSS JOIN users u ON u.id = h.bot_id CROSS JOIN rooms r ON r.log_id = h.log_id
    WHERE h.id = $1 AND h.hash = $2 AND r.deleted_at IS NULL";
/// Messages after a seq, in their order: (seq, text, whether it is nobody's to be told of).
pub(super) const SAID_SINCE: &str = "SELECT m.seq, m.body,
        m.deleted_at IS NOT NULL OR COALESCE(u.bot_of = m.log_id, FALSE)
    FROM messages m CROSS JOIN users u ON u.id = m.author_id
    WHERE m.log_id = $1 AND m.seq > $2 ORDER BY m.seq LIMIT $3 + 0";

/// A new incoming address.
pub struct NewIncoming<'a> {
    /// Key.
    pub id: &'a str,
    /// Its secret's hash.
    pub hash: &'a str,
    /// The room.
    pub log: LogId,
    /// As whom it speaks.
    pub bot: UserId,
    /// Who made it.
    pub by: UserId,
}

/// An incoming address that was called.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Called {
    /// As whom it speaks: key…
    pub id: UserId,
    /// …name…
    pub name: String,
    /// …and own log.
    pub own: LogId,
    /// The room.
    pub log_id: LogId,
    /// Its name.
    pub room: String,
    /// When its last use was noted.
    pub used_at: Option<i64>,
}

/// An incoming address in a list.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Incoming {
    /// Key.
    pub id: String,
    /// As whom it speaks.
    pub name: String,
    /// Who made it.
    pub made_by: String,
    /// When.
    pub made_at: i64,
    /// When it was last used.
    pub used_at: Option<i64>,
}

/// A new outgoing address.
pub struct NewOutgoing<'a> {
    /// Key.
    pub id: &'a str,
    /// The room.
    pub log: LogId,
    /// Where it leads.
    pub url: &'a str,
    /// What a message must say to be told; empty for all.
    pub word: &'a str,
    /// What deliveries are signed with.
    pub secret: &'a str,
    /// Who made it.
    pub by: UserId,
}

/// An outgoing address in a list.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Outgoing {
    /// Key.
    pub id: String,
    /// Where it leads.
    pub url: String,
    /// What a message must say to be told; empty for all.
    pub word: String,
    /// Who made it.
    pub made_by: String,
    /// When.
    pub made_at: i64,
    /// Why it is switched off, if it is.
    pub off: Option<String>,
    /// Whether it may lead to what the settings name, though it is not public.
    pub inside: bool,
}

/// An outgoing address, as whoever takes up messages for it needs it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Listening {
    /// Key.
    pub id: String,
    /// The room.
    pub log_id: LogId,
    /// What a message must say to be told; empty for all.
    pub word: String,
    /// How far the log was taken up.
    pub seq: i64,
    /// Deliveries that wait.
    pub waiting: i64,
}

/// Makes an incoming address.
///
/// # Errors
/// When the database cannot be written.
pub async fn add_incoming(db: &mut Connection, new: &NewIncoming<'_>, now: At) -> Result<()> {
    sqlx::query(
        "INSERT INTO incoming_hooks (id, hash, log_id, bot_id, made_by, made_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(new.id)
    .bind(new.hash)
    .bind(new.log)
    .bind(new.bot)
    .bind(new.by)
    .bind(now.0)
    .execute(db)
    .await
    .map(drop)
}

/// The incoming address of this key and secret.
///
/// # Errors
/// When the database cannot be read.
pub async fn called(db: &mut Connection, id: &str, hash: &str) -> Result<Option<Called>> {
    sqlx::query_as(CALLED).bind(id).bind(hash).fetch_optional(db).await
}

/// Notes that an incoming address was used.
///
/// # Errors
/// When the database cannot be written.
pub async fn used(db: &mut Connection, id: &str, now: At) -> Result<()> {
    sqlx::query("UPDATE incoming_hooks SET used_at = $2 WHERE id = $1")
        .bind(id)
        .bind(now.0)
        .execute(db)
        .await
        .map(drop)
}

/// A room's incoming addresses, the oldest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn incoming(db: &mut Connection, log: LogId) -> Result<Vec<Incoming>> {
    sqlx::query_as(
        "SELECT h.id, b.name, u.name AS made_by, h.made_at, h.used_at FROM incoming_hooks h
         CROSS JOIN users b ON b.id = h.bot_id CROSS JOIN users u ON u.id = h.made_by
         WHERE h.log_id = $1 ORDER BY h.made_at, h.id",
    )
    .bind(log)
    .fetch_all(db)
    .await
}

/// Ends an incoming address of a room; false if there is none.
///
/// # Errors
/// When the database cannot be written.
pub async fn remove_incoming(db: &mut Connection, log: LogId, id: &str) -> Result<bool> {
    let gone = sqlx::query("DELETE FROM incoming_hooks WHERE id = $1 AND log_id = $2")
        .bind(id)
        .bind(log)
        .execute(db)
        .await?;
    Ok(gone.rows_affected() > 0)
}

/// How many addresses a room has: incoming, outgoing.
///
/// # Errors
/// When the database cannot be read.
pub async fn count(db: &mut Connection, log: LogId) -> Result<(i64, i64)> {
    sqlx::query_as(
        "SELECT (SELECT COUNT(*) FROM incoming_hooks WHERE log_id = $1),
            (SELECT COUNT(*) FROM outgoing_hooks WHERE log_id = $1)",
    )
    .bind(log)
    .fetch_one(db)
    .await
}

/// Makes an outgoing address, which is told of what is said from now on.
///
/// # Errors
/// When the database cannot be written.
pub async fn add_outgoing(db: &mut Connection, new: &NewOutgoing<'_>, now: At) -> Result<()> {
    sqlx::query(
        "INSERT INTO outgoing_hooks (id, log_id, url, word, secret, made_by, made_at, seq, inside)
         SELECT $1, l.id, $3, $4, $5, u.id, $7, l.top, u.admin
         FROM logs l CROSS JOIN users u ON u.id = $6 WHERE l.id = $2",
    )
    .bind(new.id)
    .bind(new.log)
    .bind(new.url)
    .bind(new.word)
    .bind(new.secret)
    .bind(new.by)
    .bind(now.0)
    .execute(db)
    .await
    .map(drop)
}

/// A room's outgoing addresses, the oldest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn outgoing(db: &mut Connection, log: LogId) -> Result<Vec<Outgoing>> {
    sqlx::query_as(
        "SELECT h.id, h.url, h.word, u.name AS made_by, h.made_at, h.off, h.inside
         FROM outgoing_hooks h
         CROSS JOIN users u ON u.id = h.made_by WHERE h.log_id = $1 ORDER BY h.made_at, h.id",
    )
    .bind(log)
    .fetch_all(db)
    .await
}

/// Whether a room has this outgoing address, and whether that is on.
///
/// # Errors
/// When the database cannot be read.
pub async fn is_on(db: &mut Connection, log: LogId, id: &str) -> Result<Option<bool>> {
    sqlx::query_scalar("SELECT off IS NULL FROM outgoing_hooks WHERE id = $1 AND log_id = $2")
        .bind(id)
        .bind(log)
        .fetch_optional(db)
        .await
}

/// Ends an outgoing address and all that was to be told to it.
///
/// # Errors
/// When the database cannot be written.
pub async fn remove_outgoing(db: &mut Connection, id: &str) -> Result<()> {
    sqlx::query("DELETE FROM deliveries WHERE hook_id = $1").bind(id).execute(&mut *db).await?;
    sqlx::query("DELETE FROM outgoing_hooks WHERE id = $1").bind(id).execute(db).await.map(drop)
}

/// Ends all addresses of a room.
///
/// # Errors
/// When the database cannot be written.
pub async fn remove_all(db: &mut Connection, log: LogId) -> Result<()> {
    let outgoing: Vec<String> =
        sqlx::query_scalar("SELECT id FROM outgoing_hooks WHERE log_id = $1")
            .bind(log)
            .fetch_all(&mut *db)
            .await?;
    for id in outgoing {
        remove_outgoing(db, &id).await?;
    }
    sqlx::query("DELETE FROM incoming_hooks WHERE log_id = $1")
        .bind(log)
        .execute(db)
        .await
        .map(drop)
}

/// Switches an outgoing address on: it is told of what is said from now on.
///
/// # Errors
/// When the database cannot be written.
pub async fn turn_on(db: &mut Connection, id: &str) -> Result<()> {
    sqlx::query(
        "UPDATE outgoing_hooks SET off = NULL, failed = 0, not_before = 0, silent = 0,
            seq = (SELECT top FROM logs WHERE id = outgoing_hooks.log_id)
         WHERE id = $1 AND off IS NOT NULL",
    )
    .bind(id)
    .execute(db)
    .await
    .map(drop)
}

/// Switches an outgoing address off, and gives up all that waits for it. Answers who made it, if it was on.
///
/// # Errors
/// When the database cannot be written.
pub async fn turn_off(db: &mut Connection, id: &str, why: &str) -> Result<Option<UserId>> {
    let made_by = sqlx::query_scalar(
        "UPDATE outgoing_hooks SET off = $2 WHERE id = $1 AND off IS NULL RETURNING made_by",
    )
    .bind(id)
    .bind(why)
    .fetch_optional(&mut *db)
    .await?;
    sqlx::query("UPDATE deliveries SET next_at = NULL WHERE hook_id = $1 AND next_at IS NOT NULL")
        .bind(id)
        .execute(db)
        .await?;
    Ok(made_by)
}

/// Has an outgoing address called again at once, whatever it was that held it back.
///
/// # Errors
/// When the database cannot be written.
pub async fn end_rest(db: &mut Connection, id: &str) -> Result<()> {
    sqlx::query("UPDATE outgoing_hooks SET not_before = 0 WHERE id = $1")
        .bind(id)
        .execute(db)
        .await
        .map(drop)
}

/// Notes that an outgoing address was called, how many calls in a row it did not answer in time, and
/// before when it is not called again.
///
/// # Errors
/// When the database cannot be written.
pub async fn was_called(
    db: &mut Connection,
    id: &str,
    now: At,
    silent: i64,
    not_before: At,
) -> Result<()> {
    sqlx::query(
        "UPDATE outgoing_hooks SET called_at = $2, silent = $3, not_before = $4 WHERE id = $1",
    )
    .bind(id)
    .bind(now.0)
    .bind(silent)
    .bind(not_before.0)
    .execute(db)
    .await
    .map(drop)
}

/// Counts a delivery that was given up, or begins anew with one that arrived. Answers how many were given
/// up in a row.
///
/// # Errors
/// When the database cannot be written.
pub async fn note_outcome(db: &mut Connection, id: &str, arrived: bool) -> Result<i64> {
    let failed = sqlx::query_scalar(
        "UPDATE outgoing_hooks SET failed = CASE WHEN $2 THEN 0 ELSE failed + 1 END
         WHERE id = $1 RETURNING failed",
    )
    .bind(id)
    .bind(arrived)
    .fetch_optional(db)
    .await?;
    Ok(failed.unwrap_or(0))
}

/// The outgoing addresses that are on: all, or those of one room.
///
/// # Errors
/// When the database cannot be read.
pub async fn listening(db: &mut Connection, log: LogId) -> Result<Vec<Listening>> {
    sqlx::query_as(
        "SELECT id, log_id, word, seq, (SELECT COUNT(*) FROM deliveries d
            WHERE d.hook_id = outgoing_hooks.id AND d.next_at IS NOT NULL) AS waiting
         FROM outgoing_hooks WHERE log_id = $1 AND off IS NULL",
    )
    .bind(log)
    .fetch_all(db)
    .await
}

/// The rooms of which somebody is told.
///
/// # Errors
/// When the database cannot be read.
pub async fn rooms(db: &mut Connection) -> Result<Vec<LogId>> {
    sqlx::query_scalar("SELECT DISTINCT log_id FROM outgoing_hooks WHERE off IS NULL")
        .fetch_all(db)
        .await
}

/// Messages of a log after a seq, in their order: (seq, text, whether it is nobody's to be told of).
///
/// # Errors
/// When the database cannot be read.
pub async fn said_since(
    db: &mut Connection,
    log: LogId,
    seq: i64,
    limit: usize,
) -> Result<Vec<(i64, String, bool)>> {
    sqlx::query_as(SAID_SINCE).bind(log).bind(seq).bind(limit as i64).fetch_all(db).await
}

/// Notes how far the log was taken up for an outgoing address.
///
/// # Errors
/// When the database cannot be written.
pub async fn took_up(db: &mut Connection, id: &str, seq: i64) -> Result<()> {
    sqlx::query("UPDATE outgoing_hooks SET seq = $2 WHERE id = $1 AND seq < $2")
        .bind(id)
        .bind(seq)
        .execute(db)
        .await
        .map(drop)
}
