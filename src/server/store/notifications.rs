//! What concerns somebody: the notices of their own log, as they stand now.

use super::{Connection, LogId, Result, UserId, json, sqlite};
use crate::protocol::limits::UNREAD_MOST;
use crate::protocol::notices::Unseen;
use crate::protocol::people::Notify;

/// Notices that somebody has yet to see are looked for among this many: whoever never opens the list and
/// has seen all in its place would have years of them looked through with every page.
pub(super) const UNSEEN_AMONG: i64 = 2 * UNREAD_MOST;
/// Notices that are read for a page of the list: several of them may be one line of it.
pub const READ_AT_ONCE: usize = 400;

/// A notice that still stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// Its seq in their own log.
    pub seq: i64,
    /// What it said when it was stored.
    pub notify: Notify,
    /// Whether they have yet to see it.
    pub new: bool,
    /// How its message begins, as it stands; none where it is about none.
    pub text: Option<String>,
    /// Whether that message has files.
    pub files: bool,
}

/// A stretch of the list, before what does not stand is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The last seq given out in the log.
    pub top: i64,
    /// Those that stand, the latest first.
    pub noted: Vec<Noted>,
    /// The seq of the earliest that was read, where there may be earlier ones.
    pub before: Option<i64>,
}

/// (Seq, data, stands, new, text, files): see [`sqlite::NOTICES`]. Of what was taken back nobody knows
/// whether it is new.
type Row = (i64, String, u8, Option<u8>, Option<String>, u8);

/// The latest notices of this user before `before`: all, or those alone of what called them.
///
/// # Errors
/// When the database cannot be read.
pub async fn page(
    db: &mut Connection,
    user: UserId,
    own: LogId,
    only_calls: bool,
    before: Option<i64>,
) -> Result<Stretch> {
    let notices = if only_calls { sqlite::CALLS } else { sqlite::NOTICES };
    let (top, rows): (i64, String) = sqlx::query_as(notices)
        .bind(user)
        .bind(own)
        .bind(before.unwrap_or(i64::MAX))
        .bind(READ_AT_ONCE as i64)
        .fetch_one(db)
        .await?;
    let mut rows: Vec<Row> = json::read(&rows)?;
    rows.sort_unstable_by_key(|(seq, ..)| -seq);
    let earliest = rows.last().map(|(seq, ..)| *seq);
    let before = earliest.filter(|_| rows.len() == READ_AT_ONCE);
    let noted = |(seq, data, stands, new, text, files): Row| {
        // One of a kind that only a newer version knows is passed over.
        let notify = serde_json::from_str(&data).ok().filter(|_| stands != 0)?;
        Some(Noted { seq, notify, new: new == Some(1), text, files: files != 0 })
    };
    Ok(Stretch { top, noted: rows.into_iter().filter_map(noted).collect(), before })
}

/// The notices that this user has yet to see, up to [`UNREAD_MOST`], the latest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn unseen(db: &mut Connection, user: UserId) -> Result<Vec<Unseen>> {
    let found: Option<String> = sqlx::query_scalar(sqlite::UNSEEN)
        .bind(user)
        .bind(UNREAD_MOST)
        .bind(UNSEEN_AMONG)
        .fetch_optional(db)
        .await?;
    found.as_deref().map_or_else(|| Ok(Vec::new()), json::read)
}
