//! What tokens were used for, for a while.

use super::{Connection, Result};
use crate::protocol::At;
use crate::protocol::tokens::TokenUseView;

/// A use is kept for this long…
const KEPT_MS: i64 = 90 * 24 * 3_600 * 1_000;
/// …if there are not more than so many that came later.
const KEPT: i64 = 100_000;

/// Notes uses, in their order.
///
/// # Errors
/// When the database cannot be written.
pub async fn add(db: &mut Connection, uses: &[TokenUseView]) -> Result<()> {
    for used in uses {
        sqlx::query(
            "INSERT INTO token_uses (token_id, at, method, path, status, address)
             VALUES ($1, $2, $3, $4, $5, $6)",
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

/// The last uses of a token, or of all.
///
/// # Errors
/// When the database cannot be read.
pub async fn last(
    db: &mut Connection,
    token: Option<&str>,
    limit: usize,
) -> Result<Vec<TokenUseView>> {
    type Row = (String, i64, String, String, i64, String);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows: Vec<Row> = match token {
        Some(token) => {
            sqlx::query_as(
                "SELECT token_id, at, method, path, status, address FROM token_uses
                 WHERE token_id = $1 ORDER BY id DESC LIMIT $2 + 0",
            )
            .bind(token)
            .bind(limit)
            .fetch_all(db)
            .await?
        }
        None => {
            sqlx::query_as(
                "SELECT token_id, at, method, path, status, address FROM token_uses
                 ORDER BY id DESC LIMIT $1 + 0",
            )
            .bind(limit)
            .fetch_all(db)
            .await?
        }
    };
    let view = |(token, at, method, path, status, address)| TokenUseView {
        token,
        at: At(at),
        method,
        path,
        status: u16::try_from(status).unwrap_or_default(),
        address,
    };
    Ok(rows.into_iter().map(view).collect())
}
