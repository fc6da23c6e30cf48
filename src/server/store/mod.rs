//! SQL, one file per table or query family. Nothing but SQL: who may do what is the domain's.
//!
//! Statements are written for SQLite and PostgreSQL alike (`$1` places, `ON CONFLICT`,
//! `RETURNING`). What must differ stands in [`sqlite`].

pub mod acts;
pub mod batch;
pub mod deliveries;
pub mod devices;
pub mod directs;
pub mod files;
pub mod heads;
pub mod history;
pub mod hooks;
pub mod invites;
mod json;
pub mod kept_answers;
pub mod logs;
pub mod memberships;
pub mod mentions;
pub mod notifications;
pub mod people;
#[cfg(test)]
mod plans;
pub mod pushes;
pub mod repeats;
pub mod replay;
pub mod revisions;
pub mod rooms;
pub mod search;
pub mod sessions;
pub mod sqlite;
pub mod standing;
pub mod token_uses;
pub mod tokens;
pub mod users;
pub mod writer;

use crate::protocol::At;
use serde::{Deserialize, Serialize};
use sqlx::Connection as _;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

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

/// The open database: many readers, one writer at a time.
#[derive(Clone)]
pub struct Store {
    readers: sqlx::Pool<Db>,
    writer: sqlx::Pool<Db>,
    /// The connection of whoever writes batches. It comes from no pool, which would ask after each
    /// batch whether it is well: a switch between threads.
    batches: Arc<Mutex<Option<Connection>>>,
    /// How it is opened again.
    options: sqlx::sqlite::SqliteConnectOptions,
    /// The same of whoever keeps the index.
    index: Arc<Mutex<Option<Connection>>>,
    /// Whose turn it is to write, in the order of asking. The database's own lock has no order.
    turn: Arc<Semaphore>,
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
    pub async fn write(&self) -> Result<Write> {
        let turn = self.take_turn().await?;
        let transaction = self.writer.begin_with(sqlite::BEGIN_WRITE).await?;
        Ok(Write { transaction, _turn: turn })
    }

    /// The same for batches, whose statements begin and commit the transaction themselves.
    ///
    /// # Errors
    /// When the database cannot be opened.
    pub async fn write_batch(&self) -> Result<Turn> {
        self.turn_of(&self.batches, || self.options.clone()).await
    }

    /// The same for the index, which is made again from the logs where it is lost: its commits do not
    /// wait for the disk, and where another program has the lock it lets those behind it go first.
    async fn write_index(&self) -> Result<Turn> {
        self.turn_of(&self.index, || sqlite::for_index(self.options.clone())).await
    }

    async fn turn_of(
        &self,
        one: &Arc<Mutex<Option<Connection>>>,
        options: impl FnOnce() -> sqlx::sqlite::SqliteConnectOptions,
    ) -> Result<Turn> {
        let turn = self.take_turn().await?;
        let mut one = Arc::clone(one).lock_owned().await;
        if one.is_none() {
            *one = Some(Connection::connect_with(&options()).await?);
        }
        Ok(Turn { one, is_over: false, _turn: turn })
    }

    async fn take_turn(&self) -> Result<OwnedSemaphorePermit> {
        let turn = Arc::clone(&self.turn).acquire_owned().await;
        turn.map_err(|_| sqlx::Error::PoolClosed)
    }

    /// Lets go of the database.
    pub async fn close(&self) {
        self.turn.close();
        self.readers.close().await;
        self.writer.close().await;
        for one in [&self.batches, &self.index] {
            if let Some(one) = one.lock().await.take()
                && let Err(error) = one.close().await
            {
                tracing::warn!(%error, "the database was not closed in order");
            }
        }
    }
}

/// A transaction that writes.
pub struct Write {
    transaction: Transaction,
    _turn: OwnedSemaphorePermit,
}

impl Write {
    /// Stores it all.
    ///
    /// # Errors
    /// When nothing is stored.
    pub async fn commit(self) -> Result<()> {
        self.transaction.commit().await
    }
}

impl Deref for Write {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.transaction
    }
}

impl DerefMut for Write {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.transaction
    }
}

/// A turn at writing a batch. Unless it is over when it is dropped, its connection is closed, and
/// with it whatever transaction was left open.
pub struct Turn {
    one: OwnedMutexGuard<Option<Connection>>,
    is_over: bool,
    _turn: OwnedSemaphorePermit,
}

impl Turn {
    /// The connection.
    ///
    /// # Errors
    /// Never: it was opened when the turn began.
    pub fn db(&mut self) -> Result<&mut Connection> {
        self.one.as_mut().ok_or(sqlx::Error::PoolClosed)
    }

    /// Everything was committed.
    pub fn is_over(mut self) {
        self.is_over = true;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.is_over {
            self.one.take();
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
