//! Tokens for programs. Only their hashes are stored.

use super::{Connection, LogId, Result, UserId};
use crate::protocol::At;
use crate::protocol::tokens::TokenView;
use sqlx::FromRow;

/// A token that is to be stored.
#[derive(Clone, Debug)]
pub struct New<'a> {
    /// Its public id.
    pub id: &'a str,
    /// The hash of its secret.
    pub hash: &'a str,
    /// In whose name it acts.
    pub user: UserId,
    /// What it is called.
    pub name: &'a str,
    /// What it may be used for, as text.
    pub scopes: &'a str,
    /// The administrator who makes it.
    pub made_by: Option<UserId>,
    /// Now.
    pub now: At,
    /// When it ends.
    pub expires: Option<At>,
}

/// Stores a token.
///
/// # Errors
/// When the database cannot be written.
pub async fn add(db: &mut Connection, new: &New<'_>) -> Result<()> {
    sqlx::query(
        "INSERT INTO tokens (id, hash, user_id, name, scopes, made_by, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(new.id)
    .bind(new.hash)
    .bind(new.user)
    .bind(new.name)
    .bind(new.scopes)
    .bind(new.made_by)
    .bind(new.now.0)
    .bind(new.expires.map(|at| at.0))
    .execute(db)
    .await
    .map(drop)
}

/// Whose token it is, and what it may be used for.
#[derive(Clone, Debug, FromRow)]
pub struct Owner {
    /// The token's public id.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// As text.
    pub scopes: String,
    /// When it ends.
    pub expires_at: Option<i64>,
    /// Key.
    pub user_id: UserId,
    /// Their name.
    pub name: String,
    /// Whether they look after the house.
    pub admin: bool,
    /// Their own log.
    pub log_id: LogId,
}

/// The owner of a token that is good, and who is not kept out.
macro_rules! owner {
    ($of:literal) => {
        concat!(
            "SELECT t.id, t.name AS label, t.scopes, t.expires_at, t.user_id, u.name, u.admin,
                u.log_id
             FROM tokens t JOIN users u ON u.id = t.user_id
             WHERE t.",
            $of,
            " = $1 AND t.revoked_at IS NULL AND u.banned_at IS NULL
               AND (t.expires_at IS NULL OR t.expires_at > $2)"
        )
    };
}

/// The public id of the token of this hash, be it good or not.
pub(super) const ID: &str = "SELECT id FROM tokens WHERE hash = $1";
/// Whose token has this hash.
pub const FIND: &str = owner!("hash");
/// Which tokens came to their end.
pub const EXPIRED: &str =
    "SELECT id, user_id FROM tokens WHERE expires_at > $1 AND expires_at <= $2";

/// The owner of a token that is good, and who is not kept out.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(db: &mut Connection, hash: &str, now: At) -> Result<Option<Owner>> {
    sqlx::query_as(FIND).bind(hash).bind(now.0).fetch_optional(db).await
}

/// The same by its public id.
///
/// # Errors
/// When the database cannot be read.
pub async fn by_id(db: &mut Connection, id: &str, now: At) -> Result<Option<Owner>> {
    sqlx::query_as(owner!("id")).bind(id).bind(now.0).fetch_optional(db).await
}

/// The public id of the token of this hash, also of one that has ended.
///
/// # Errors
/// When the database cannot be read.
pub async fn id(db: &mut Connection, hash: &str) -> Result<Option<String>> {
    sqlx::query_scalar(ID).bind(hash).fetch_optional(db).await
}

/// Whether the token of this public id is good, and its owner not kept out.
///
/// # Errors
/// When the database cannot be read.
pub async fn goes_on(db: &mut Connection, id: &str, now: At) -> Result<bool> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM tokens t JOIN users u ON u.id = t.user_id
         WHERE t.id = $1 AND t.revoked_at IS NULL AND u.banned_at IS NULL
           AND (t.expires_at IS NULL OR t.expires_at > $2))",
    )
    .bind(id)
    .bind(now.0)
    .fetch_one(db)
    .await
}

/// Tokens of a user that are good.
///
/// # Errors
/// When the database cannot be read.
pub async fn count(db: &mut Connection, user: UserId, now: At) -> Result<i64> {
    sqlx::query_scalar(
        "SELECT COUNT(*) FROM tokens WHERE user_id = $1 AND revoked_at IS NULL
           AND (expires_at IS NULL OR expires_at > $2)",
    )
    .bind(user)
    .bind(now.0)
    .fetch_one(db)
    .await
}

/// Ends a token; whose it is, or none where it is not there or was ended before.
///
/// # Errors
/// When the database cannot be written.
pub async fn revoke(db: &mut Connection, id: &str, now: At) -> Result<Option<UserId>> {
    sqlx::query_scalar(
        "UPDATE tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING user_id",
    )
    .bind(id)
    .bind(now.0)
    .fetch_optional(db)
    .await
}

/// Tokens that came to their end by themselves in this time: after the first moment, and not after the
/// second.
///
/// # Errors
/// When the database cannot be read.
pub async fn expired(db: &mut Connection, since: At, now: At) -> Result<Vec<(String, UserId)>> {
    sqlx::query_as(EXPIRED).bind(since.0).bind(now.0).fetch_all(db).await
}

#[derive(FromRow)]
struct Row {
    id: String,
    label: String,
    user: String,
    scopes: String,
    made_by: Option<String>,
    created_at: i64,
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
    used_at: Option<i64>,
}

impl From<Row> for TokenView {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            name: row.label,
            user: row.user,
            // What cannot be read opens nothing.
            scopes: row.scopes.parse().unwrap_or_default(),
            made_by: row.made_by,
            created_at: At(row.created_at),
            expires_at: row.expires_at.map(At),
            revoked_at: row.revoked_at.map(At),
            used_at: row.used_at.map(At),
        }
    }
}

/// A page of all tokens, the newest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn page(db: &mut Connection, limit: usize, offset: usize) -> Result<Vec<TokenView>> {
    let rows: Vec<Row> = sqlx::query_as(
        r#"SELECT t.id, t.name AS label, u.name AS "user", t.scopes, m.name AS made_by, t.created_at,
                t.expires_at, t.revoked_at, t.used_at
         FROM tokens t JOIN users u ON u.id = t.user_id LEFT JOIN users m ON m.id = t.made_by
         ORDER BY t.created_at DESC, t.id LIMIT $1 + 0 OFFSET $2 + 0"#,
    )
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .bind(i64::try_from(offset).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(TokenView::from).collect())
}
