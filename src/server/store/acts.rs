//! What changes who may be where: joining, leaving, keeping out. Each is handed to the writer and takes
//! place between two batches, in a transaction that all that gathered share; its events take their seqs
//! there, and are told in that order.

use super::writer::{Committed, Done, Place};
use super::{Connection, LogId, Result, Store, UserId, sqlite};
use crate::protocol::frames::Event;
use crate::protocol::{At, Refusal};
use serde::Serialize;
use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;

/// A future of the writer's.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
/// What came of an act: refused, it has written nothing.
pub type Outcome = Result<std::result::Result<(), Refusal>>;
/// What is to be done.
pub type Work = Box<dyn for<'a, 'c> FnOnce(&'a mut Acting<'c>) -> Boxed<'a, Outcome> + Send>;

/// Something to do to rooms and people.
pub struct Act {
    /// What.
    pub work: Work,
    /// Whether it may change who may do what: what is handed in shortly after it is then asked once more.
    pub rights: bool,
    /// Who waits for it.
    pub done: Done<()>,
}

/// Why somebody may not see a place any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// They left it, were taken out, or it is not for them any more.
    Removed,
    /// They are kept out.
    Banned,
    /// It is gone.
    Deleted,
}

/// Who may not see a room any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// These.
    These(Vec<UserId>),
    /// Everybody but these, visitors too.
    AllBut(BTreeSet<UserId>),
}

/// What is known by heart and is so no longer, and who is to hear of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// How somebody stands in a room, or of what they are told.
    Standing { user: UserId, log: LogId },
    /// Who may see a room.
    Room { log: LogId },
    /// Some may not see a room any more.
    Lost { log: LogId, name: String, whom: Whom, reason: Reason },
    /// Who takes messages from whom, or of what they are told in their conversation.
    Between { one: UserId, other: UserId },
    /// Which rights somebody has in the house.
    Rights { user: UserId },
    /// Somebody is kept out of the house.
    Banned { user: UserId },
    /// These sessions of somebody have ended.
    Ended { user: UserId, sessions: Vec<String> },
}

/// Where acts take place.
pub struct Acting<'c> {
    /// The connection, in a transaction.
    pub db: &'c mut Connection,
    /// The moment of all that is done in it.
    pub now: At,
    committed: Vec<Committed>,
}

impl Acting<'_> {
    /// Puts an event into a user's own log; answers its seq.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn own(
        &mut self,
        user: UserId,
        own: LogId,
        kind: &str,
        data: &(impl Serialize + Sync),
    ) -> Result<i64> {
        let event = self.event(own, kind, data).await?;
        let seq = event.seq;
        self.told(user, event);
        Ok(seq)
    }

    /// Puts an event into a room's log.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn room(
        &mut self,
        log: LogId,
        name: &str,
        kind: &str,
        data: &(impl Serialize + Sync),
    ) -> Result<()> {
        let event = self.event(log, kind, data).await?;
        let place = Place::Room { log, name: name.to_owned() };
        self.committed.push(Committed::Said { place, event });
        Ok(())
    }

    /// An event that was put into a user's own log.
    pub(super) fn told(&mut self, user: UserId, event: Event) {
        self.committed.push(Committed::Own { user, event });
    }

    /// Something that is known by heart is so no longer once this is committed.
    pub fn changed(&mut self, changed: Changed) {
        self.committed.push(Committed::Changed(changed));
    }

    async fn event(&mut self, log: LogId, kind: &str, data: &impl Serialize) -> Result<Event> {
        let data = serde_json::value::to_raw_value(data)
            .map_err(|error| sqlx::Error::Encode(error.into()))?;
        let seq: i64 =
            sqlx::query_scalar("UPDATE logs SET top = top + 1 WHERE id = $1 RETURNING top")
                .bind(log)
                .fetch_one(&mut *self.db)
                .await?;
        sqlx::query("INSERT INTO events (log_id, seq, kind, data, at) VALUES ($1, $2, $3, $4, $5)")
            .bind(log)
            .bind(seq)
            .bind(kind)
            .bind(data.get())
            .bind(self.now.0)
            .execute(&mut *self.db)
            .await?;
        Ok(Event { seq, kind: kind.to_owned(), cid: None, data })
    }
}

/// Does what gathered, in its order, and commits it at once; then `publish` is told, and each who waits.
pub(super) async fn commit(
    store: &Store,
    acts: Vec<Act>,
    publish: &(impl Fn(Vec<Committed>) + Sync),
) {
    let (mut works, mut waiting) = (Vec::new(), Vec::new());
    for Act { work, done, .. } in acts {
        works.push(work);
        waiting.push(done);
    }
    let told = match act(store, works).await {
        Ok((committed, outcomes)) => {
            publish(committed);
            outcomes
        }
        Err(error) => {
            tracing::error!(%error, acts = waiting.len(), "none of these acts was stored");
            waiting.iter().map(|_| Err(Refusal::unavailable())).collect()
        }
    };
    for (done, outcome) in waiting.into_iter().zip(told) {
        done(outcome);
    }
}

async fn act(
    store: &Store,
    works: Vec<Work>,
) -> Result<(Vec<Committed>, Vec<std::result::Result<(), Refusal>>)> {
    let mut turn = store.write_batch().await?;
    sqlx::query(sqlite::BEGIN_WRITE).execute(&mut *turn.db()?).await?;
    let mut acting = Acting { db: turn.db()?, now: At::now(), committed: Vec::new() };
    let mut outcomes = Vec::with_capacity(works.len());
    for work in works {
        outcomes.push(work(&mut acting).await?);
    }
    let committed = acting.committed;
    sqlx::query("COMMIT").execute(turn.db()?).await?;
    turn.is_over();
    Ok((committed, outcomes))
}
