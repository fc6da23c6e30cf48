//! Answers that are kept, so that a request that is sent again is not done again.

use super::{Domain, Member, unavailable};
use crate::protocol::{At, Refusal};
use crate::server::store::kept_answers;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use crate::server::store::kept_answers::Kept;

/// Whose key it is, and the key.
pub type Key = (String, String);

/// Keys whose requests are being answered.
#[derive(Clone, Default)]
pub struct Underway(Arc<Mutex<HashSet<Key>>>);

/// A request that is being answered; over when it is dropped.
pub struct Turn {
    key: Key,
    underway: Underway,
}

impl Underway {
    fn lock(&self) -> MutexGuard<'_, HashSet<Key>> {
        // A poisoned lock cannot happen: nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins; none where another one with this key is being answered.
    #[must_use]
    pub fn begin(&self, key: Key) -> Option<Turn> {
        self.lock().insert(key.clone()).then(|| Turn { key, underway: self.clone() })
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lock().len()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.underway.lock().remove(&self.key);
    }
}

/// Whose keys these are: each token's are its own, and all sessions of a person share theirs.
#[must_use]
pub fn owner(me: &Member) -> String {
    match &me.token {
        Some(token) => format!("token:{}", token.id),
        None => format!("user:{}", me.id.0),
    }
}

impl Domain {
    /// What was answered to this key before.
    ///
    /// # Errors
    /// `unavailable` when it cannot be read.
    pub async fn kept_answer(&self, (owner, name): &Key) -> Result<Option<Kept>, Refusal> {
        let mut db = self.store.glance().await.map_err(unavailable)?;
        kept_answers::find(&mut db, owner, name, At::now()).await.map_err(unavailable)
    }

    /// Keeps what was answered to it for a day.
    ///
    /// # Errors
    /// `unavailable` when it cannot be stored.
    pub async fn keep_answer(&self, (owner, name): &Key, kept: &Kept) -> Result<(), Refusal> {
        let mut tx = self.store.write().await.map_err(unavailable)?;
        let put = kept_answers::put(&mut tx, owner, name, kept, At::now()).await;
        put.map_err(unavailable)?;
        tx.commit().await.map_err(unavailable)
    }
}
