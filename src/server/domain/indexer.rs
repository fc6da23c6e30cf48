//! Keeps the index of what was said up with the logs. It follows them by their seqs after the
//! commits, as every reader does, so that nobody who sends waits for it: it is told which logs have
//! grown, gathers for a moment, and takes them up a few at a time, resting in between for as long
//! as it worked. A search brings what it needs up to date itself, so nobody waits for that moment.

use super::Domain;
use crate::server::store::heads::Of;
use crate::server::store::writer::{Committed, Place};
use crate::server::store::{LogId, Result, Store, search};
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// What is said within this time is taken up at once: a turn costs the same for one as for many.
const GATHER: Duration = Duration::from_secs(1);
/// The least rest between two turns, in which those who wait to write come first.
const REST: Duration = Duration::from_millis(5);
/// After a turn that failed: a full disk, another program's lock.
const FAILED: Duration = Duration::from_secs(5);
/// Logs in a turn.
const LOGS: usize = 64;
/// Turns that one search waits for: what four thousand people could have said since the last.
const TURNS: usize = 16;

/// What is not in the index yet.
#[derive(Default)]
pub struct Indexer {
    /// Logs that have grown, and a number that tells when.
    grown: Mutex<(u64, HashMap<Of, u64>)>,
    woken: Notify,
    /// Whoever is at work.
    work: tokio::sync::Mutex<Work>,
    /// Whether all that was ever said is in the index.
    whole: AtomicBool,
}

struct Work {
    /// Every log was looked at since the house opened.
    surveyed: bool,
    /// Logs whose older messages are not in the index…
    past: BTreeSet<LogId>,
    /// …and the first of them that was not taken up lately.
    next: LogId,
}

impl Default for Work {
    fn default() -> Self {
        Self { surveyed: false, past: BTreeSet::new(), next: LogId(0) }
    }
}

impl Indexer {
    /// Something was committed to these places. Called by the writer.
    pub(super) fn note(&self, committed: &[Committed]) {
        let mut grown = self.grown();
        for one in committed {
            let Committed::Said { place, .. } = one else { continue };
            let of = match place {
                Place::Room { log, .. } => Of::Log(*log),
                Place::Direct { low, high } => Of::Direct(low.id, high.id),
            };
            grown.0 += 1;
            let number = grown.0;
            grown.1.insert(of, number);
        }
        drop(grown);
        self.woken.notify_one();
    }

    /// Whether all that was ever said is in the index.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.whole.load(Ordering::Relaxed)
    }

    fn grown(&self) -> MutexGuard<'_, (u64, HashMap<Of, u64>)> {
        // A poisoned lock cannot happen: nothing panics while it is held.
        self.grown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes up what was said in these logs, or in all, as far as is right for somebody who waits.
    ///
    /// # Errors
    /// When the index cannot be written; what is in it can be searched all the same.
    pub(super) async fn bring_up(&self, store: &Store, of: Option<&[Of]>) -> Result<()> {
        let mut work = self.work.lock().await;
        self.survey(&mut work, store).await?;
        for _ in 0..TURNS {
            if !self.turn(&mut work, store, of, false).await? {
                break;
            }
        }
        Ok(())
    }

    /// Looks once which logs are not in the index as far as they go.
    async fn survey(&self, work: &mut Work, store: &Store) -> Result<()> {
        let (mut after, mut more) = (LogId(0), !work.surveyed);
        while more {
            let mut db = store.glance().await?;
            let (logs, and_more) = search::survey(&mut db, after).await?;
            drop(db);
            more = and_more;
            after = logs.last().map_or(after, |(log, _)| *log);
            let mut grown = self.grown();
            for (log, has_news) in logs {
                if has_news {
                    grown.0 += 1;
                    let number = grown.0;
                    grown.1.entry(Of::Log(log)).or_insert(number);
                } else {
                    work.past.insert(log);
                }
            }
        }
        work.surveyed = true;
        Ok(())
    }

    /// One turn: with what is new, and if `past` with what is old. Whether there was anything to do.
    async fn turn(
        &self,
        work: &mut Work,
        store: &Store,
        of: Option<&[Of]>,
        past: bool,
    ) -> Result<bool> {
        // They are noted until they are in the index: whoever waits here may stop waiting.
        let mut taken: Vec<(Of, u64)> = {
            let grown = self.grown();
            let wanted = |one: &Of| of.is_none_or(|of| of.contains(one));
            let wanted = grown.1.iter().filter(|(one, _)| wanted(one));
            wanted.map(|(one, number)| (*one, *number)).take(LOGS).collect()
        };
        if past {
            let (first, last) = (work.past.range(work.next..), work.past.range(..work.next));
            let old: Vec<LogId> = first.chain(last).copied().take(LOGS - taken.len()).collect();
            work.next = old.last().map_or(LogId(0), |last| LogId(last.0 + 1));
            taken.extend(old.into_iter().map(|log| (Of::Log(log), 0)));
        }
        if taken.is_empty() {
            return Ok(false);
        }
        let logs: Vec<Of> = taken.iter().map(|(one, _)| *one).collect();
        let followed = store.follow(&logs).await?;
        let mut news: Vec<bool> = vec![false; taken.len()];
        for one in followed {
            if let Some(news) = news.get_mut(one.place) {
                *news = one.news;
            }
            if one.past {
                work.past.insert(one.log);
            } else {
                work.past.remove(&one.log);
            }
        }
        let mut grown = self.grown();
        for ((one, number), news) in taken.into_iter().zip(news) {
            if !news && grown.1.get(&one) == Some(&number) {
                grown.1.remove(&one);
            }
        }
        self.whole.store(work.past.is_empty(), Ordering::Relaxed);
        Ok(true)
    }

    /// A turn with everything; whether there was anything to do.
    async fn any_turn(&self, store: &Store) -> Result<bool> {
        let mut work = self.work.lock().await;
        self.survey(&mut work, store).await?;
        let any = self.turn(&mut work, store, None, true).await?;
        self.whole.store(work.past.is_empty(), Ordering::Relaxed);
        Ok(any)
    }
}

impl Domain {
    /// Keeps the index up, for as long as the house is open.
    pub async fn keep_indexing(&self) {
        loop {
            let began = Instant::now();
            match self.indexer.any_turn(&self.store).await {
                Ok(true) => tokio::time::sleep(began.elapsed().max(REST)).await,
                Ok(false) => {
                    self.indexer.woken.notified().await;
                    tokio::time::sleep(GATHER).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "what was said could not be put into the index");
                    tokio::time::sleep(FAILED).await;
                }
            }
        }
    }
}
