//! Patience with those who guess: after some failures the next try has to wait, longer each time.
//! Counted per account (known or not, the same) and per address.

use crate::protocol::Refusal;
use crate::words::Word;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The first wait.
const FIRST: Duration = Duration::from_secs(1);
/// The longest wait: long enough to make guessing hopeless, short enough that an owner whose name
/// somebody else keeps guessing at still gets in.
const LONGEST: Duration = Duration::from_secs(60);
/// Failures are forgotten after this much quiet.
const FORGET: Duration = Duration::from_secs(15 * 60);
/// When more than this many are remembered, the forgotten ones are swept out.
const SWEEP: usize = 10_000;

struct Record {
    failures: u32,
    last: Instant,
    next: Instant,
}

/// Failures per key.
pub struct Slowdown<K> {
    free: u32,
    records: Mutex<HashMap<K, Record>>,
}

impl<K: Hash + Eq> Slowdown<K> {
    /// Lets `free` failures pass without a wait.
    #[must_use]
    pub fn new(free: u32) -> Self {
        Self { free, records: Mutex::default() }
    }

    /// Begins a try, which counts as a failure until it has succeeded: of many at once, no more
    /// pass than one after the other would.
    ///
    /// # Errors
    /// `rate_limited` with the time to wait.
    pub fn begin_try(&self, key: K, now: Instant) -> Result<(), Refusal> {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        if records.len() > SWEEP {
            records.retain(|_, record| now.duration_since(record.last) < FORGET);
        }
        let record = records.entry(key).or_insert(Record { failures: 0, last: now, next: now });
        if record.next > now {
            let wait = record.next - now;
            return Err(Refusal::rate_limited(
                Word::TooManyTries.of(&[&(wait.as_secs() + 1)]),
                wait.as_millis() as u64,
            ));
        }
        if now.duration_since(record.last) >= FORGET {
            record.failures = 0;
        }
        record.failures += 1;
        record.last = now;
        if record.failures >= self.free {
            let doublings = (record.failures - self.free).min(10);
            record.next = now + (FIRST * 2u32.pow(doublings)).min(LONGEST);
        }
        Ok(())
    }

    /// A try of this key was none: it succeeded, though others may have failed.
    pub fn take_back(&self, key: &K) {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(record) = records.get_mut(key) {
            record.failures = record.failures.saturating_sub(1);
            if record.failures < self.free {
                record.next = record.last;
            }
        }
    }

    /// A try succeeded: earlier failures count no more.
    pub fn succeeded(&self, key: &K) {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        let slowdown = Slowdown::new(3);
        let mut now = Instant::now();
        for _ in 0..3 {
            assert!(slowdown.begin_try("alice", now).is_ok());
        }
        let first = slowdown.begin_try("alice", now).unwrap_err();
        assert_eq!(first.retry_ms, Some(1_000));
        assert!(slowdown.begin_try("bob", now).is_ok());
        now += Duration::from_secs(1);
        assert!(slowdown.begin_try("alice", now).is_ok());
        assert_eq!(slowdown.begin_try("alice", now).unwrap_err().retry_ms, Some(2_000));
        for _ in 0..20 {
            now += Duration::from_secs(60);
            assert!(slowdown.begin_try("alice", now).is_ok());
        }
        assert_eq!(slowdown.begin_try("alice", now).unwrap_err().retry_ms, Some(60_000));
        slowdown.succeeded(&"alice");
        assert!(slowdown.begin_try("alice", now).is_ok());
    }

    #[test]
    fn who_succeeds_is_not_counted() {
        let slowdown = Slowdown::new(3);
        let now = Instant::now();
        for _ in 0..50 {
            assert!(slowdown.begin_try("home", now).is_ok());
            slowdown.take_back(&"home");
        }
    }
}
