//! What was pushed: whom it does not reach, what came of it under which cid, and what everybody is told.

use super::acts::Acting;
use super::{Connection, Result, UserId, json, sqlite};
use crate::protocol::At;
use crate::protocol::frames::Event;
use serde::Serialize;
use std::collections::BTreeSet;

/// How long it is known what came of a push: whoever is not sure asks again within days.
const KNOWN_MS: i64 = 7 * 24 * 3_600 * 1_000;

pub(super) const BLOCKERS: &str = "SELECT user_id FROM blocks WHERE blocked_id = $1";
pub(super) const TAKE: &str = "INSERT INTO pushes (user_id, cid, digest, id, at)
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT (user_id, cid) DO NOTHING";
pub(super) const FORGET: &str = "DELETE FROM pushes WHERE at < $1";

/// Of the users `u` those who may come into the house and did not block the user `$1`.
macro_rules! everyone {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " WHERE u.banned_at IS NULL AND NOT EXISTS (
                SELECT 1 FROM blocks b WHERE b.user_id = u.id AND b.blocked_id = $1)",
            $after
        )
    };
}
pub(super) use everyone;

const ONE_MORE: &str =
    everyone!("UPDATE logs SET top = top + 1 WHERE id IN (SELECT u.log_id FROM users u", ")");
const TELL: &str = everyone!(
    "INSERT INTO events (log_id, seq, kind, data, at) SELECT l.id, l.top, 'notify', $2, $3
     FROM users u CROSS JOIN logs l ON l.id = u.log_id",
    ""
);

/// Who wishes to hear nothing of this user.
///
/// # Errors
/// When the database cannot be read.
pub async fn blockers(db: &mut Connection, of: UserId) -> Result<BTreeSet<UserId>> {
    let found: Vec<UserId> = sqlx::query_scalar(BLOCKERS).bind(of).fetch_all(db).await?;
    Ok(found.into_iter().collect())
}

/// What is known of a push that was done before.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Before {
    digest: String,
    /// Its id; none where it is not known whether it was done.
    pub id: Option<String>,
    /// When.
    pub at: i64,
    /// How many people heard it.
    pub people: i64,
    /// By how many connections.
    pub connections: i64,
}

/// Whether a cid may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It was not used before.
    First,
    /// It was, for the same.
    Again(Before),
    /// It was, for something else.
    ForAnother,
}

/// Takes a user's cid for the push that `digest` stands for: `id`, where it is done in the same
/// transaction.
///
/// # Errors
/// When the database cannot be written.
pub async fn take(
    db: &mut Connection,
    user: UserId,
    cid: &str,
    digest: &str,
    id: Option<&str>,
    now: At,
) -> Result<Taken> {
    sqlx::query(FORGET).bind(now.0 - KNOWN_MS).execute(&mut *db).await?;
    let taken = sqlx::query(TAKE)
        .bind(user)
        .bind(cid)
        .bind(digest)
        .bind(id)
        .bind(now.0)
        .execute(&mut *db)
        .await?;
    if taken.rows_affected() > 0 {
        return Ok(Taken::First);
    }
    let before: Before = sqlx::query_as(
        "SELECT digest, id, at, people, connections FROM pushes WHERE user_id = $1 AND cid = $2",
    )
    .bind(user)
    .bind(cid)
    .fetch_one(db)
    .await?;
    Ok(if before.digest == digest { Taken::Again(before) } else { Taken::ForAnother })
}

/// Notes what came of a push: its id, and how many people and connections heard it.
///
/// # Errors
/// When the database cannot be written.
pub async fn note(
    db: &mut Connection,
    user: UserId,
    cid: &str,
    id: &str,
    at: At,
    (people, connections): (i64, i64),
) -> Result<()> {
    sqlx::query(
        "UPDATE pushes SET id = $3, at = $4, people = $5, connections = $6
         WHERE user_id = $1 AND cid = $2",
    )
    .bind(user)
    .bind(cid)
    .bind(id)
    .bind(at.0)
    .bind(people)
    .bind(connections)
    .execute(db)
    .await
    .map(drop)
}

/// Gives a cid back whose push was refused.
///
/// # Errors
/// When the database cannot be written.
pub async fn give_up(db: &mut Connection, user: UserId, cid: &str) -> Result<()> {
    sqlx::query("DELETE FROM pushes WHERE user_id = $1 AND cid = $2 AND id IS NULL")
        .bind(user)
        .bind(cid)
        .execute(db)
        .await
        .map(drop)
}

/// Puts a notice into everybody's own log, but of those who are kept out of the house or blocked `by`:
/// three statements, however many they are.
///
/// # Errors
/// When the database cannot be written.
pub async fn tell_everyone(
    acting: &mut Acting<'_>,
    by: UserId,
    data: &(impl Serialize + Sync),
) -> Result<()> {
    let data =
        serde_json::value::to_raw_value(data).map_err(|error| sqlx::Error::Encode(error.into()))?;
    sqlx::query(ONE_MORE).bind(by).execute(&mut *acting.db).await?;
    sqlx::query(TELL).bind(by).bind(data.get()).bind(acting.now.0).execute(&mut *acting.db).await?;
    let told: String =
        sqlx::query_scalar(sqlite::EVERYONE).bind(by).fetch_one(&mut *acting.db).await?;
    for (user, seq) in json::read::<Vec<(UserId, i64)>>(&told)? {
        let event = Event { seq, kind: "notify".to_owned(), cid: None, data: data.clone() };
        acting.told(user, event);
    }
    Ok(())
}
