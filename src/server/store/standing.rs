//! Where everything stands that a page shows beside its messages, as of one moment.

use super::{Connection, LogId, Result, UserId, logs::Head, reads::UNREAD_AMONG, sqlite};
use crate::protocol::{At, limits::UNREAD_MOST};
use serde::de::DeserializeOwned;

/// For whom: a user, and their own log.
#[derive(Clone, Copy, Debug)]
pub struct Viewer {
    /// The user.
    pub id: UserId,
    /// Their own log.
    pub own: LogId,
}

/// How much of it.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    /// Rooms that one knows, and conversations.
    pub known: usize,
    /// Whoever knows less rooms than this…
    pub few: usize,
    /// …is told of this many of the house's.
    pub newest: usize,
}

/// A line of the side column: a room by its log, or a person.
#[derive(Clone, Debug)]
pub struct Line<Key> {
    /// Which.
    pub key: Key,
    /// Its name.
    pub name: String,
    /// When something was last said.
    pub said_at: At,
    /// Messages of others since one read, counted up to [`UNREAD_MOST`].
    pub unread: i64,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The page's log. One that is made with its first message stands at the beginning.
    pub head: Head,
    /// How far the viewer has read in it.
    pub read: i64,
    /// The viewer's own log.
    pub own: Option<Head>,
    /// Rooms that the viewer has read in, the latest spoken in first.
    pub rooms: Vec<Line<LogId>>,
    /// Those whom the viewer has a conversation with, likewise.
    pub people: Vec<Line<UserId>>,
    /// The rooms of the house, likewise; asked for only for those who know few.
    pub newest: Vec<Line<LogId>>,
}

type Row = (String, i64, i64, Option<String>, Option<i64>, String, String, Option<String>);

/// Where everything stands for this viewer (none is a visitor) of this log.
///
/// # Errors
/// When the database cannot be read.
pub async fn of(
    db: &mut Connection,
    log: Option<LogId>,
    viewer: Option<Viewer>,
    most: Most,
) -> Result<Standing> {
    let (epoch, top, read, own_epoch, own_top, rooms, people, newest): Row =
        sqlx::query_as(sqlite::STANDING)
            .bind(log)
            .bind(viewer.map(|viewer| viewer.id))
            .bind(viewer.map(|viewer| viewer.own))
            .bind(most.known as i64)
            .bind(UNREAD_MOST)
            .bind(most.few as i64)
            .bind(most.newest as i64)
            .bind(UNREAD_AMONG)
            .fetch_one(db)
            .await?;
    Ok(Standing {
        head: Head { epoch, top },
        read,
        own: own_epoch.zip(own_top).map(|(epoch, top)| Head { epoch, top }),
        rooms: lines(&rooms)?,
        people: lines(&people)?,
        newest: newest.as_deref().map_or_else(|| Ok(Vec::new()), lines)?,
    })
}

fn lines<Key: DeserializeOwned>(json: &str) -> Result<Vec<Line<Key>>> {
    let rows: Vec<(Key, String, i64, i64)> =
        serde_json::from_str(json).map_err(|error| sqlx::Error::Decode(error.into()))?;
    let line = |(key, name, said_at, unread)| Line { key, name, said_at: At(said_at), unread };
    Ok(rows.into_iter().map(line).collect())
}
