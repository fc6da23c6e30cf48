//! What tokens were used for, for a while.

use super::{Connection, Result};
use crate::protocol::At;
use crate::protocol::tokens::TokenUseView;

/// A use is kept for this long…
const KEPT_MS: i64 = 90 * 24 * 3_600 * 1_000;
/// …if there are not more than so many that came later.
const KEPT: i64 = 100_000;

pub(super) const OF_TOKEN: &str =
    "SELECT id, token_id, at, method, path, status, address FROM token_uses
     WHERE token_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3 + 0";
pub(super) const OF_ALL: &str =
    "SELECT id, token_id, at, method, path, status, address FROM token_uses
     WHERE id < $1 ORDER BY id DESC LIMIT $2 + 0";

/// Notes uses, in their order; those of a token that was let go meanwhile are passed over.
///
/// # Errors
/// When the database cannot be written.
pub async fn add(db: &mut Connection, uses: &[TokenUseView]) -> Result<()> {
    for used in uses {
        sqlx::query(
            "INSERT INTO token_uses (token_id, at, method, path, status, address)
             SELECT $1, $2, $3, $4, $5, $6 WHERE EXISTS (SELECT 1 FROM tokens WHERE id = $1)",
        )
        .bind(&used.token)
        .bind(used.at.0)
        .bind(&used.method)
        .bind(&used.path)
        .bind(i64::from(used.status))
        .bind(&used.address)
        .execute(&mut *db)
        .await?;
        sqlx::query("UPDATE tokens SET used_at = $2 WHERE id = $1")
            .bind(&used.token)
            .bind(used.at.0)
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// Lets go of what is too old or too much, and of tokens that ended as long ago.
///
/// # Errors
/// When the database cannot be written.
pub async fn prune(db: &mut Connection, now: At) -> Result<()> {
    let since = now.0 - KEPT_MS;
    sqlx::query("DELETE FROM token_uses WHERE at < $1").bind(since).execute(&mut *db).await?;
    sqlx::query("DELETE FROM token_uses WHERE id <= (SELECT MAX(id) FROM token_uses) - $1")
        .bind(KEPT)
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "DELETE FROM tokens WHERE (revoked_at < $1 OR expires_at < $1)
           AND NOT EXISTS (SELECT 1 FROM token_uses WHERE token_id = tokens.id)",
    )
    .bind(since)
    .execute(db)
    .await
    .map(drop)
}

/// Uses of a token, or of all, the latest first, before the one with this key; each with its key.
///
/// # Errors
/// When the database cannot be read.
pub async fn page(
    db: &mut Connection,
    token: Option<&str>,
    before: Option<i64>,
    limit: usize,
) -> Result<Vec<(i64, TokenUseView)>> {
    type Row = (i64, String, i64, String, String, i64, String);
    let (before, limit) = (before.unwrap_or(i64::MAX), i64::try_from(limit).unwrap_or(i64::MAX));
    let rows: Vec<Row> = match token {
        Some(token) => {
            sqlx::query_as(OF_TOKEN).bind(token).bind(before).bind(limit).fetch_all(db).await?
        }
        None => sqlx::query_as(OF_ALL).bind(before).bind(limit).fetch_all(db).await?,
    };
    let view = |(key, token, at, method, path, status, address)| {
        let status = u16::try_from(status).unwrap_or_default();
        (key, TokenUseView { token, at: At(at), method, path, status, address })
    };
    Ok(rows.into_iter().map(view).collect())
}
