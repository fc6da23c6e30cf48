//! How far each person's devices have been told, so that after a restart the rest is told and no more: a pure
//! machine that is told the time.
//!
//! It is written down for many together, once a second at most. So nobody who is told of something waits for
//! it, and what a crash loses of it is told once more, in the same place on the device.

use crate::server::store::UserId;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How long it may take to be written down.
const LATE: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Debug, Default)]
pub struct Told {
    /// The highest seq, in the log of each, that was told or is not to be told any more.
    highest: HashMap<UserId, i64>,
    write_at: Option<Instant>,
}

impl Told {
    /// This was told to somebody, or is not to be told any more.
    pub fn settle(&mut self, user: UserId, seq: i64, now: Instant) {
        let highest = self.highest.entry(user).or_insert(seq);
        *highest = seq.max(*highest);
        self.write_at.get_or_insert(now + LATE);
    }

    /// When something is to be written down.
    #[must_use]
    pub fn next(&self) -> Option<Instant> {
        self.write_at
    }

    /// What is to be written down: everything of somebody up to this seq is settled. What is `open` yet is
    /// above it.
    pub fn take(&mut self, open: impl Iterator<Item = (UserId, i64)>) -> Vec<(UserId, i64)> {
        self.write_at = None;
        let mut lowest: HashMap<UserId, i64> = HashMap::new();
        for (user, seq) in open {
            let lowest = lowest.entry(user).or_insert(seq);
            *lowest = seq.min(*lowest);
        }
        let mut settled = Vec::new();
        self.highest.retain(|user, highest| {
            let before = lowest.get(user).map_or(*highest, |lowest| (lowest - 1).min(*highest));
            settled.push((*user, before));
            // What is above waits until that is settled too.
            before < *highest
        });
        settled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: UserId = UserId(1);

    #[test]
    fn what_is_open_is_above_what_is_settled() {
        let (mut told, now) = (Told::default(), Instant::now());
        assert_eq!(told.next(), None);
        told.settle(ALICE, 7, now);
        told.settle(ALICE, 5, now + LATE);
        assert_eq!(told.next(), Some(now + LATE));
        assert_eq!(told.take([(ALICE, 6), (ALICE, 9), (UserId(2), 1)].into_iter()), [(ALICE, 5)]);
        assert_eq!(told.next(), None);
        // The one that was open is settled.
        told.settle(ALICE, 6, now);
        assert_eq!(told.take([(ALICE, 9)].into_iter()), [(ALICE, 7)]);
        assert_eq!(told.take([].into_iter()), []);
    }
}
