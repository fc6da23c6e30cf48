//! To the phone in the pocket: what is told to somebody who is not looking goes to the push services of
//! their browsers (RFC 8030), sealed for the browser alone (RFC 8291) and signed by the house (RFC 8292).
//!
//! The writer notes what was told ([`Pocket::note`]), which costs a look at a flag where nobody has a
//! device. One task of the domain's takes it from there, decides what is still to be sent, and when
//! ([`waiting`]); nobody else waits for any of it. What waits is in memory alone: how far each device has been
//! told is stored ([`told`]), and the rest is looked for at the next start.

pub mod keys;
pub mod sealed;
pub mod service;
pub mod shown;
pub mod told;
pub mod waiting;

use super::store::UserId;
use super::store::writer::Committed;
use keys::Keys;
use serde_json::value::RawValue;
use service::Came;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use tokio::sync::{mpsc, oneshot};

/// What was told and not taken up yet. A burst of the whole house fits in; what is more is counted.
const LINE: usize = 10_000;
/// What one more is lost of is said again after so many.
const SAID_EVERY: usize = 1_000;

/// What may be sent to somebody's devices.
#[derive(Debug)]
pub enum Asked {
    /// The data of a `notify` in their own log, its seq there, and whether they seemed to be looking.
    Notice { user: UserId, seq: i64, data: Box<RawValue>, looked: bool },
    /// A test of one device, at a push service of that origin, and who waits for what comes of its first try.
    Test { user: UserId, device: String, service: String, done: oneshot::Sender<Came> },
    /// The house closes: what waits for a client is for devices now, unless somebody looks, and is tried
    /// once. Answered when it is known who looked.
    End { known: oneshot::Sender<()> },
}

/// See the module.
pub struct Pocket {
    /// The house's key, from the moment that it has opened.
    keys: OnceLock<Keys>,
    line: mpsc::Sender<Asked>,
    /// Taken by the one task that sends.
    asked: Mutex<Option<mpsc::Receiver<Asked>>>,
    /// Who has a device; some may have had one.
    owners: RwLock<HashSet<UserId>>,
    /// Whether anybody has.
    anybody: AtomicBool,
    /// How often somebody got one.
    gained: AtomicU64,
    lost: AtomicUsize,
    waiting: AtomicUsize,
}

impl Default for Pocket {
    fn default() -> Self {
        let (line, asked) = mpsc::channel(LINE);
        Self {
            keys: OnceLock::new(),
            line,
            asked: Mutex::new(Some(asked)),
            owners: RwLock::default(),
            anybody: AtomicBool::new(false),
            gained: AtomicU64::new(0),
            lost: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
        }
    }
}

impl Pocket {
    /// The house has opened with this key, and these have devices.
    pub fn open(&self, keys: Keys, owners: impl IntoIterator<Item = UserId>) {
        // A house opens once.
        let _ = self.keys.set(keys);
        for owner in owners {
            self.gain(owner);
        }
    }

    /// The house's key; none before it has opened.
    #[must_use]
    pub fn keys(&self) -> Option<&Keys> {
        self.keys.get()
    }

    /// Notes what a commit told to those who have devices. Called by the writer.
    pub fn note(&self, committed: &[Committed], is_looking: impl Fn(UserId) -> bool) {
        if !self.anybody.load(Ordering::Relaxed) {
            return;
        }
        for one in committed {
            if let Committed::Own { user, event } = one
                && event.kind == "notify"
                && self.owns(*user)
            {
                let (seq, data, looked) = (event.seq, event.data.clone(), is_looking(*user));
                self.ask(Asked::Notice { user: *user, seq, data, looked });
            }
        }
    }

    /// Hands something in; what does not fit in is counted and dropped.
    pub fn ask(&self, asked: Asked) {
        if self.line.try_send(asked).is_err() {
            self.lose();
        }
    }

    /// One more was dropped.
    pub fn lose(&self) {
        let lost = self.lost.fetch_add(1, Ordering::Relaxed) + 1;
        if lost % SAID_EVERY == 1 {
            tracing::warn!(
                lost,
                "too much waits for push services: some notifications are dropped"
            );
        }
    }

    /// What is to be sent, for the one task that does.
    pub fn taken_up(&self) -> Option<mpsc::Receiver<Asked>> {
        // A poisoned lock cannot happen: nothing panics while it is held.
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether this user may have a device.
    #[must_use]
    pub fn owns(&self, user: UserId) -> bool {
        self.owners.read().unwrap_or_else(PoisonError::into_inner).contains(&user)
    }

    /// This user has a device from now on.
    pub fn gain(&self, user: UserId) {
        let mut owners = self.owners_mut();
        owners.insert(user);
        self.gained.fetch_add(1, Ordering::Relaxed);
        self.anybody.store(true, Ordering::Relaxed);
    }

    /// Stands for who has gained a device so far.
    #[must_use]
    pub fn gained(&self) -> u64 {
        self.gained.load(Ordering::Relaxed)
    }

    /// This user had none when that was read, which began at `gained`.
    pub fn has_none(&self, user: UserId, gained: u64) {
        let mut owners = self.owners_mut();
        if self.gained() == gained {
            owners.remove(&user);
            self.anybody.store(!owners.is_empty(), Ordering::Relaxed);
        }
    }

    /// So much waits beside the line.
    pub fn waits(&self, waiting: usize) {
        self.waiting.store(waiting, Ordering::Relaxed);
    }

    /// Notifications that wait to be sent or sent once more.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed) + (self.line.max_capacity() - self.line.capacity())
    }

    /// Those that were dropped because too many waited, since the house opened.
    #[must_use]
    pub fn lost(&self) -> usize {
        self.lost.load(Ordering::Relaxed)
    }

    fn owners_mut(&self) -> std::sync::RwLockWriteGuard<'_, HashSet<UserId>> {
        self.owners.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A lock that is held for a moment only, by what does not panic.
fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::frames::Event;

    fn told(user: i64) -> Committed {
        let data = RawValue::NULL.to_owned();
        let event = Event { seq: 1, kind: "notify".to_owned(), cid: None, data };
        Committed::Own { user: UserId(user), event }
    }

    fn nobody(_: UserId) -> bool {
        false
    }

    #[test]
    fn only_what_is_told_to_those_who_have_devices_is_noted() {
        let pocket = Pocket::default();
        pocket.note(&[told(1)], nobody);
        assert_eq!(pocket.waiting(), 0);
        pocket.gain(UserId(1));
        pocket.note(&[told(1), told(2)], nobody);
        assert_eq!(pocket.waiting(), 1);
        let gained = pocket.gained();
        pocket.gain(UserId(2));
        pocket.has_none(UserId(2), gained);
        assert!(pocket.owns(UserId(2)), "they have got one since that was read");
        pocket.has_none(UserId(1), pocket.gained());
        pocket.has_none(UserId(2), pocket.gained());
        pocket.note(&[told(1), told(2)], nobody);
        assert_eq!(pocket.waiting(), 1);
    }

    #[test]
    fn what_does_not_fit_in_is_counted() {
        let pocket = Pocket::default();
        pocket.gain(UserId(1));
        let many: Vec<_> = (0..LINE + 3).map(|_| told(1)).collect();
        pocket.note(&many, nobody);
        assert_eq!((pocket.waiting(), pocket.lost()), (LINE, 3));
    }
}
