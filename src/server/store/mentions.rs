//! Whom a message names, and who of them is to be told.

use super::{Connection, LogId, Result, UserId, json, sqlite};
use crate::protocol::markdown;
use crate::protocol::names::fold;
use std::collections::HashSet;

/// The folded `@names` of a text, each once, in their order; [`markdown::MENTIONS`] at most.
#[must_use]
pub fn named(body: &str) -> Vec<String> {
    let mut known = HashSet::new();
    markdown::mentions(body)
        .into_iter()
        .map(|name| fold(&name))
        .filter(|name| known.insert(name.clone()))
        .collect()
}

/// Somebody who is to be told.
pub type Hearer = (UserId, LogId);

/// Those of these people (folded names) who may read this room, wish to be told and did not block whoever
/// names them, nor who said the message `seq` where an edit of it does: (user, own log).
///
/// # Errors
/// When the database cannot be read.
pub async fn hearers(
    db: &mut Connection,
    log: LogId,
    author: UserId,
    folded: &[String],
    seq: Option<i64>,
) -> Result<Vec<Hearer>> {
    let found: String = sqlx::query_scalar(sqlite::HEARERS)
        .bind(json::write(folded)?)
        .bind(log)
        .bind(author)
        .bind(seq)
        .fetch_one(db)
        .await?;
    json::read(&found)
}

/// Who said the message `seq` of this room, if they are to be told of what another does about it.
///
/// # Errors
/// When the database cannot be read.
pub async fn author(
    db: &mut Connection,
    log: LogId,
    seq: i64,
    by: UserId,
) -> Result<Option<Hearer>> {
    sqlx::query_as(sqlite::HEARING_AUTHOR).bind(log).bind(seq).bind(by).fetch_optional(db).await
}
