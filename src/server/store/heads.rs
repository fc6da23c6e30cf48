//! Where logs stand, and how far somebody has read in each: all that a `sub` asks, at once.

use super::notifications::UNSEEN_AMONG;
use super::{Connection, LogId, Result, UserId, json, sqlite};
use crate::protocol::limits::UNREAD_MOST;
use crate::protocol::notices::Unseen;

/// Unread messages are looked for among this many after the marker: whoever says thousands of things
/// without ever reading has few of others among them, and would have all of them looked through.
pub(super) const UNREAD_AMONG: i64 = 10 * UNREAD_MOST;

/// Which log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Of {
    /// A room's or a user's own. Who has neither read in a room nor joined it owes it nothing.
    Log(LogId),
    /// The conversation of two, lower id first; it may have none yet.
    Direct(UserId, UserId),
}

/// Where a log stands for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The log, if there is one.
    pub log: Option<LogId>,
    /// Its epoch; without a log, the one that it will take.
    pub epoch: String,
    /// The last seq given out.
    pub top: i64,
    /// How far they have read; 0 for not at all.
    pub read: i64,
    /// Messages of others after that, counted up to [`UNREAD_MOST`].
    pub unread: i64,
    /// Those of them that call them, likewise.
    pub mentions: i64,
    /// Of their own log: the notices that they have yet to see.
    pub notices: Vec<Unseen>,
}

/// (Place in the question, log, epoch, top, read, unread, calling, notices): see [`sqlite::HEADS`].
type Row = (usize, Option<LogId>, String, i64, Option<i64>, i64, i64, Option<Vec<Unseen>>);

/// The heads of these logs for a user or a visitor, in the order asked, from one snapshot.
///
/// # Errors
/// When the database cannot be read.
pub async fn of(db: &mut Connection, user: Option<UserId>, logs: &[Of]) -> Result<Vec<Head>> {
    let asked: Vec<_> = logs
        .iter()
        .map(|of| match of {
            Of::Log(log) => (Some(*log), None, None, false),
            Of::Direct(low, high) => (None, Some(*low), Some(*high), true),
        })
        .collect();
    let found: String = sqlx::query_scalar(sqlite::HEADS)
        .bind(json::write(&asked)?)
        .bind(user)
        .bind(UNREAD_MOST)
        .bind(UNREAD_AMONG)
        .bind(UNSEEN_AMONG)
        .fetch_one(db)
        .await?;
    let mut rows: Vec<Row> = json::read(&found)?;
    rows.sort_unstable_by_key(|(place, ..)| *place);
    if rows.len() != logs.len() {
        return Err(sqlx::Error::RowNotFound);
    }
    let head = |(_, log, epoch, top, read, unread, mentions, notices): Row| Head {
        log,
        epoch,
        top,
        read: read.unwrap_or(0),
        unread,
        mentions,
        notices: notices.unwrap_or_default(),
    };
    Ok(rows.into_iter().map(head).collect())
}
