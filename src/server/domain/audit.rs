//! What tokens are used for, noted: whoever uses one never waits for it.

use super::Domain;
use crate::protocol::At;
use crate::protocol::tokens::TokenUseView;
use crate::server::store::{Store, kept_answers, token_uses};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Uses that wait to be noted, some 200 bytes each. What comes when there are so many is lost, and
/// counted.
const WAITING: usize = 10_000;
/// So many are noted in one transaction: others write in between.
const AT_ONCE: usize = 500;
/// Uses are gathered for this long.
const GATHERED: Duration = Duration::from_millis(250);
/// Characters of a path that are kept.
const PATH: usize = 200;

/// Uses that wait to be noted.
#[derive(Default)]
pub struct Audit {
    waiting: Mutex<VecDeque<TokenUseView>>,
    /// One writes at a time, so that uses are noted in their order.
    writing: tokio::sync::Mutex<()>,
    came: Notify,
    lost: AtomicU64,
}

impl Audit {
    fn lock(&self) -> MutexGuard<'_, VecDeque<TokenUseView>> {
        // A poisoned lock cannot happen: nothing panics while it is held.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A token was used.
    pub fn note(&self, mut used: TokenUseView) {
        if let Some((at, _)) = used.path.char_indices().nth(PATH) {
            used.path.truncate(at);
        }
        let mut waiting = self.lock();
        if waiting.len() < WAITING {
            waiting.push_back(used);
            drop(waiting);
            self.came.notify_one();
        } else {
            drop(waiting);
            // Told once in a while, not once for each.
            if self.lost.fetch_add(1, Ordering::Relaxed).is_multiple_of(1_000) {
                tracing::error!("uses of tokens come faster than they can be noted");
            }
        }
    }

    /// Uses that wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.lock().len()
    }

    /// Uses that were not noted since the server started, because too many waited or the database
    /// failed.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Notes all that waits.
    pub async fn write_down(&self, store: &Store) {
        let _writing = self.writing.lock().await;
        loop {
            let some: Vec<_> = {
                let mut waiting = self.lock();
                let count = waiting.len().min(AT_ONCE);
                waiting.drain(..count).collect()
            };
            if some.is_empty() {
                return;
            }
            let noted = async {
                let mut tx = store.write().await?;
                token_uses::add(&mut tx, &some).await?;
                tx.commit().await
            };
            if let Err(error) = noted.await {
                self.lost.fetch_add(some.len() as u64, Ordering::Relaxed);
                tracing::error!(%error, uses = some.len(), "uses of tokens were not noted");
            }
        }
    }
}

impl Domain {
    /// Notes uses of tokens as long as the server runs.
    pub async fn keep_noting(&self) {
        loop {
            self.audit.came.notified().await;
            tokio::time::sleep(GATHERED).await;
            self.audit.write_down(&self.store).await;
        }
    }

    /// Lets go of what was noted and answered long ago; called now and then.
    pub async fn sweep_notes(&self) {
        let swept = async {
            let mut tx = self.store.write().await?;
            token_uses::prune(&mut tx, At::now()).await?;
            kept_answers::prune(&mut tx, At::now()).await?;
            tx.commit().await
        };
        if let Err(error) = swept.await {
            tracing::warn!(%error, "old notes were not let go");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_are_counted_and_nobody_waits() {
        let audit = Audit::default();
        let used = TokenUseView {
            token: "t".into(),
            at: At(0),
            method: "GET".into(),
            path: "/é".repeat(PATH),
            status: 200,
            address: "::1".into(),
        };
        for _ in 0..WAITING + 7 {
            audit.note(used.clone());
        }
        assert_eq!((audit.waiting(), audit.lost()), (WAITING, 7));
        assert_eq!(audit.lock()[0].path.chars().count(), PATH);
    }
}
