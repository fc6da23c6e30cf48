//! Browsers that are told of what concerns somebody while nobody looks, and the house's key for their
//! push services.

use super::{Connection, LogId, Result, UserId};
use crate::protocol::At;

/// A device in a list.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Device {
    /// Names it.
    pub id: String,
    /// The session it belongs to.
    pub session: String,
    /// The browser's name for itself.
    pub agent: String,
    /// Since when.
    pub made_at: i64,
    /// When its push service last took something.
    pub sent_at: Option<i64>,
    /// Tries since then that came to nothing.
    pub failures: i64,
    /// Where its push service takes messages for it.
    pub endpoint: String,
}

/// One to which something may be sent.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Reachable {
    /// Names it.
    pub id: String,
    /// Where its push service takes messages for it.
    pub endpoint: String,
    /// Up to which seq of its owner's own log it was told, or is not to be told.
    pub told_seq: i64,
}

/// What somebody was told of, and their devices may not have been.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Missed {
    /// Who.
    pub user_id: UserId,
    /// Its seq in their own log.
    pub seq: i64,
    /// The data of its event.
    pub data: String,
}

/// A device to store.
#[derive(Clone, Debug)]
pub struct New<'a> {
    /// Names it, unless its endpoint was this user's before.
    pub id: &'a str,
    /// Whose.
    pub user: UserId,
    /// The session it belongs to.
    pub session: &'a str,
    /// Where its push service takes messages for it.
    pub endpoint: &'a str,
    /// Its public key.
    pub p256dh: &'a str,
    /// Its secret.
    pub auth: &'a str,
    /// The code of its language.
    pub lang: &'a str,
    /// The browser's name for itself.
    pub agent: &'a str,
}

/// A device to send to, and who sits before it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Reached {
    /// Where its push service takes messages for it.
    pub endpoint: String,
    /// Its public key.
    pub p256dh: String,
    /// Its secret.
    pub auth: String,
    /// The code of its language.
    pub lang: String,
    /// The session it belongs to.
    pub session: String,
    /// Whose: by name.
    pub name: String,
    /// Whether they look after the house.
    pub admin: bool,
    /// Their own log.
    pub log_id: LogId,
    /// Tries since the last that succeeded.
    pub failures: i64,
    /// When that was.
    pub sent_at: Option<i64>,
}

/// The devices of somebody to whom something is to be sent: of sessions that go on, and of nobody who
/// is kept out.
pub const OF_USER: &str = "SELECT d.id, d.endpoint, d.told_seq
    FROM devices d CROSS JOIN sessions s ON s.id = d.session
    CROSS JOIN users u ON u.id = d.user_id
    WHERE d.user_id = $1 AND s.expires_at > $2 AND u.banned_at IS NULL ORDER BY d.made_at";

/// One of them.
pub const REACH: &str =
    "SELECT d.endpoint, d.p256dh, d.auth, d.lang, d.session, d.failures, d.sent_at,
        u.name, u.admin, u.log_id
    FROM devices d CROSS JOIN sessions s ON s.id = d.session CROSS JOIN users u ON u.id = d.user_id
    WHERE d.id = $1 AND d.user_id = $2 AND s.expires_at > $3 AND u.banned_at IS NULL";

/// The house's key; made of what is given where there is none.
///
/// # Errors
/// When the database cannot be written.
pub async fn key(db: &mut Connection, fresh: &str, now: At) -> Result<String> {
    sqlx::query(
        "INSERT INTO push_key (id, secret, made_at) VALUES (1, $1, $2) ON CONFLICT (id) DO NOTHING",
    )
    .bind(fresh)
    .bind(now.0)
    .execute(&mut *db)
    .await?;
    sqlx::query_scalar("SELECT secret FROM push_key WHERE id = 1").fetch_one(db).await
}

/// Who has a device.
///
/// # Errors
/// When the database cannot be read.
pub async fn owners(db: &mut Connection) -> Result<Vec<UserId>> {
    sqlx::query_scalar("SELECT DISTINCT user_id FROM devices").fetch_all(db).await
}

/// What came since then to those who have devices, has not been seen and was told to none of these, or not to
/// all: the oldest of each first, `most` in all.
///
/// # Errors
/// When the database cannot be read.
pub async fn missed_since(db: &mut Connection, since: At, most: usize) -> Result<Vec<Missed>> {
    sqlx::query_as(
        "WITH owners (user_id, told_seq) AS (
            SELECT user_id, MIN(told_seq) FROM devices GROUP BY user_id)
         SELECT o.user_id, e.seq, e.data FROM owners o CROSS JOIN users u ON u.id = o.user_id
         LEFT JOIN reads r ON r.user_id = u.id AND r.log_id = u.log_id
         CROSS JOIN events e ON e.log_id = u.log_id AND e.kind = 'notify' AND e.seq > o.told_seq
            AND e.seq > COALESCE(r.seq, 0) AND e.at >= $1
         ORDER BY o.user_id, e.seq LIMIT $2 + 0",
    )
    .bind(since.0)
    .bind(most as i64)
    .fetch_all(db)
    .await
}

/// The devices of each of these were told up to that seq.
///
/// # Errors
/// When the database cannot be written.
pub async fn told(db: &mut Connection, all: &[(UserId, i64)]) -> Result<()> {
    for (user, seq) in all {
        sqlx::query("UPDATE devices SET told_seq = $2 WHERE user_id = $1 AND told_seq < $2")
            .bind(user)
            .bind(seq)
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// Stores a device. The same endpoint again is the same browser, whoever uses it by now. It is told of what
/// comes from now on.
///
/// # Errors
/// When the database cannot be written.
pub async fn put(db: &mut Connection, new: New<'_>, now: At) -> Result<()> {
    sqlx::query(
        "INSERT INTO devices
            (id, user_id, session, endpoint, p256dh, auth, lang, agent, made_at, told_seq)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, COALESCE(
            (SELECT l.top FROM users u JOIN logs l ON l.id = u.log_id WHERE u.id = $2), 0))
         ON CONFLICT (endpoint) DO UPDATE SET
            id = CASE WHEN devices.user_id = excluded.user_id THEN devices.id ELSE excluded.id END,
            user_id = excluded.user_id, session = excluded.session, p256dh = excluded.p256dh,
            auth = excluded.auth, lang = excluded.lang, agent = excluded.agent,
            made_at = excluded.made_at, sent_at = NULL, failures = 0,
            told_seq = excluded.told_seq",
    )
    .bind(new.id)
    .bind(new.user)
    .bind(new.session)
    .bind(new.endpoint)
    .bind(new.p256dh)
    .bind(new.auth)
    .bind(new.lang)
    .bind(new.agent)
    .bind(now.0)
    .execute(db)
    .await
    .map(drop)
}

/// Lets all but the `most` latest devices of a user go.
///
/// # Errors
/// When the database cannot be written.
pub async fn trim(db: &mut Connection, user: UserId, most: usize) -> Result<()> {
    sqlx::query(
        "DELETE FROM devices WHERE user_id = $1 AND id NOT IN (
            SELECT id FROM devices WHERE user_id = $1 ORDER BY made_at DESC, id LIMIT $2 + 0)",
    )
    .bind(user)
    .bind(most as i64)
    .execute(db)
    .await
    .map(drop)
}

/// A user's devices, the latest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn of(db: &mut Connection, user: UserId) -> Result<Vec<Device>> {
    sqlx::query_as(
        "SELECT id, session, agent, made_at, sent_at, failures, endpoint FROM devices
         WHERE user_id = $1 ORDER BY made_at DESC, id",
    )
    .bind(user)
    .fetch_all(db)
    .await
}

/// Those to which something for this user is sent.
///
/// # Errors
/// When the database cannot be read.
pub async fn reachable(db: &mut Connection, user: UserId, now: At) -> Result<Vec<Reachable>> {
    sqlx::query_as(OF_USER).bind(user).bind(now.0).fetch_all(db).await
}

/// One of them, as it stands now.
///
/// # Errors
/// When the database cannot be read.
pub async fn reach(
    db: &mut Connection,
    id: &str,
    user: UserId,
    now: At,
) -> Result<Option<Reached>> {
    sqlx::query_as(REACH).bind(id).bind(user).bind(now.0).fetch_optional(db).await
}

/// Lets one of a user's devices go; false when it is not theirs.
///
/// # Errors
/// When the database cannot be written.
pub async fn remove(db: &mut Connection, user: UserId, id: &str) -> Result<bool> {
    let done = sqlx::query("DELETE FROM devices WHERE user_id = $1 AND id = $2")
        .bind(user)
        .bind(id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// The same by its endpoint: its browser has another one by now.
///
/// # Errors
/// When the database cannot be written.
pub async fn replaced(db: &mut Connection, user: UserId, endpoint: &str) -> Result<()> {
    sqlx::query("DELETE FROM devices WHERE user_id = $1 AND endpoint = $2")
        .bind(user)
        .bind(endpoint)
        .execute(db)
        .await
        .map(drop)
}

/// The devices of a session speak another language from now on.
///
/// # Errors
/// When the database cannot be written.
pub async fn speak(db: &mut Connection, session: &str, lang: &str) -> Result<()> {
    sqlx::query("UPDATE devices SET lang = $2 WHERE session = $1")
        .bind(session)
        .bind(lang)
        .execute(db)
        .await
        .map(drop)
}

/// Its push service took something.
///
/// # Errors
/// When the database cannot be written.
pub async fn took(db: &mut Connection, id: &str, now: At) -> Result<()> {
    sqlx::query("UPDATE devices SET sent_at = $2, failures = 0 WHERE id = $1")
        .bind(id)
        .bind(now.0)
        .execute(db)
        .await
        .map(drop)
}

/// A try came to nothing.
///
/// # Errors
/// When the database cannot be written.
pub async fn missed(db: &mut Connection, id: &str) -> Result<()> {
    sqlx::query("UPDATE devices SET failures = failures + 1 WHERE id = $1")
        .bind(id)
        .execute(db)
        .await
        .map(drop)
}

/// How far somebody has read in a log.
///
/// # Errors
/// When the database cannot be read.
pub async fn read_to(db: &mut Connection, user: UserId, log: LogId) -> Result<i64> {
    let seq = sqlx::query_scalar("SELECT seq FROM reads WHERE user_id = $1 AND log_id = $2")
        .bind(user)
        .bind(log)
        .fetch_optional(db)
        .await?;
    Ok(seq.unwrap_or(0))
}

/// Its push service says that there is no such subscription any more: it goes, unless its browser has
/// put another one into its place meanwhile.
///
/// # Errors
/// When the database cannot be written.
pub async fn over(db: &mut Connection, id: &str, endpoint: &str, auth: &str) -> Result<()> {
    sqlx::query("DELETE FROM devices WHERE id = $1 AND endpoint = $2 AND auth = $3")
        .bind(id)
        .bind(endpoint)
        .bind(auth)
        .execute(db)
        .await
        .map(drop)
}
