//! SQL, one file per table or query family. Nothing but SQL: who may do what is the domain's.
//!
//! Statements are written for SQLite and PostgreSQL alike (`$1` places, `ON CONFLICT`,
//! `RETURNING`). What must differ stands in [`sqlite`].

mod batch;
pub mod directs;
pub mod heads;
pub mod history;
pub mod invites;
mod json;
pub mod logs;
#[cfg(test)]
mod plans;
pub mod replay;
pub mod rooms;
pub mod sessions;
pub mod sqlite;
pub mod standing;
pub mod tokens;
pub mod users;
pub mod writer;

use crate::protocol::At;
use serde::{Deserialize, Serialize};

/// The database this program is built for.
pub type Db = sqlx::Sqlite;
/// One connection to it.
pub type Connection = sqlx::SqliteConnection;
/// A transaction.
pub type Transaction = sqlx::Transaction<'static, Db>;
/// What a query answers.
pub type Result<T> = std::result::Result<T, sqlx::Error>;

/// A user's key.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type,
)]
#[sqlx(transparent)]
pub struct UserId(pub i64);

/// A log's key; a room is named by that of its log.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type,
)]
#[sqlx(transparent)]
pub struct LogId(pub i64);

impl From<i64> for At {
    fn from(ms: i64) -> Self {
        Self(ms)
    }
}

/// The id by which clients know the message at `(log, seq)`.
#[must_use]
pub fn message_id(log: LogId, seq: i64) -> String {
    format!("{}-{seq}", log.0)
}

/// The place that a message's id names; the inverse of [`message_id`].
#[must_use]
pub fn message_place(id: &str) -> Option<(LogId, i64)> {
    let (log, seq) = id.split_once('-')?;
    let place = (LogId(log.parse().ok()?), seq.parse().ok()?);
    (message_id(place.0, place.1) == id).then_some(place)
}

/// The open database: many readers, one writer.
#[derive(Clone)]
pub struct Store {
    readers: sqlx::Pool<Db>,
    writer: sqlx::Pool<Db>,
}

impl Store {
    /// A connection to read from. Each statement is a snapshot by itself.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn glance(&self) -> Result<sqlx::pool::PoolConnection<Db>> {
        self.readers.acquire().await
    }

    /// The one place to write from; waits its turn. Dropped without a commit, nothing is stored.
    ///
    /// # Errors
    /// When the database is locked by another program for too long, or cannot be written.
    pub async fn write(&self) -> Result<Transaction> {
        self.writer.begin_with(sqlite::BEGIN_WRITE).await
    }

    /// The same place, for statements that begin and commit the transaction themselves.
    ///
    /// # Errors
    /// When the database cannot be opened.
    pub async fn turn(&self) -> Result<Turn> {
        Ok(Turn { one: self.writer.acquire().await?, is_over: false })
    }

    /// Lets go of the database.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// A turn at writing. Unless it is over when it is dropped, its connection is closed, and with it
/// whatever transaction was left open.
pub struct Turn {
    one: sqlx::pool::PoolConnection<Db>,
    is_over: bool,
}

impl Turn {
    /// The connection.
    pub fn db(&mut self) -> &mut Connection {
        &mut self.one
    }

    /// Everything was committed.
    pub fn is_over(mut self) {
        self.is_over = true;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.is_over {
            self.one.close_on_drop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_message_id_names_its_place(log in 1i64.., seq in 1i64..) {
            prop_assert_eq!(message_place(&message_id(LogId(log), seq)), Some((LogId(log), seq)));
        }

        #[test]
        fn no_text_is_a_place_by_accident(text in "\\PC{0,20}") {
            if let Some((log, seq)) = message_place(&text) {
                prop_assert_eq!(message_id(log, seq), text);
            }
        }
    }
}
