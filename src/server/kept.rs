//! What was made from the database and is kept to be used again, bounded in bytes; what was not used
//! for longest goes first.
//!
//! It is never stale: everything is kept with a stamp that changes whenever what it was made from
//! does, and is found only by whoever has just read that very stamp from the database. For a log the
//! stamp is its epoch and its top: every change to a log is an event that takes the next seq, an
//! edit or a deletion as much as a message. Whatever may one day change what a log shows without
//! taking a seq must be in the stamp, or take one.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Values by keys, each under a stamp. Which is least recently used is known by the clock algorithm
/// (Corbató 1968, "A paging experiment with the Multics system"): a value that was used since the
/// hand last passed is passed by once more.
pub struct Keep<Key, Stamp, Value> {
    most: usize,
    inside: Mutex<Inside<Key, Stamp, Value>>,
}

struct Inside<Key, Stamp, Value> {
    entries: HashMap<Key, Entry<Stamp, Value>>,
    /// Every key once, in the order in which the hand comes by.
    clock: VecDeque<Key>,
    bytes: usize,
}

struct Entry<Stamp, Value> {
    stamp: Stamp,
    value: Value,
    bytes: usize,
    used: bool,
}

impl<Key: Clone + Eq + Hash, Stamp: PartialEq, Value: Clone> Keep<Key, Stamp, Value> {
    /// Keeps values of `most` bytes together.
    #[must_use]
    pub fn new(most: usize) -> Self {
        let inside = Inside { entries: HashMap::new(), clock: VecDeque::new(), bytes: 0 };
        Self { most, inside: Mutex::new(inside) }
    }

    /// What is kept for this key, if it was made under this stamp.
    #[must_use]
    pub fn get(&self, key: &Key, stamp: &Stamp) -> Option<Value> {
        self.inside().get(key, stamp)
    }

    /// The same for many keys at once.
    #[must_use]
    pub fn get_all<'a>(
        &self,
        asked: impl Iterator<Item = (&'a Key, &'a Stamp)>,
    ) -> Vec<Option<Value>>
    where
        Key: 'a,
        Stamp: 'a,
    {
        let mut inside = self.inside();
        asked.map(|(key, stamp)| inside.get(key, stamp)).collect()
    }

    /// Keeps a value of so many bytes, in place of what was there.
    pub fn put(&self, key: Key, stamp: Stamp, value: Value, bytes: usize) {
        if bytes > self.most {
            return;
        }
        let mut inside = self.inside();
        let entry = Entry { stamp, value, bytes, used: false };
        match inside.entries.insert(key.clone(), entry) {
            Some(old) => inside.bytes -= old.bytes,
            None => inside.clock.push_back(key),
        }
        inside.bytes += bytes;
        while inside.bytes > self.most {
            inside.pass();
        }
    }

    fn inside(&self) -> MutexGuard<'_, Inside<Key, Stamp, Value>> {
        // A poisoned lock cannot happen: nothing panics while it is held.
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Key: Eq + Hash, Stamp: PartialEq, Value: Clone> Inside<Key, Stamp, Value> {
    fn get(&mut self, key: &Key, stamp: &Stamp) -> Option<Value> {
        let entry = self.entries.get_mut(key)?;
        if entry.stamp != *stamp {
            return None;
        }
        entry.used = true;
        Some(entry.value.clone())
    }

    /// The hand moves by one.
    fn pass(&mut self) {
        let Some(key) = self.clock.pop_front() else { return };
        let Some(entry) = self.entries.get_mut(&key) else { return };
        if std::mem::take(&mut entry.used) {
            self.clock.push_back(key);
        } else if let Some(gone) = self.entries.remove(&key) {
            self.bytes -= gone.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_what_bears_the_stamp_is_found() {
        let keep = Keep::new(100);
        keep.put("a", 1, "old", 10);
        assert_eq!((keep.get(&"a", &1), keep.get(&"a", &2)), (Some("old"), None));
        keep.put("a", 2, "new", 10);
        assert_eq!((keep.get(&"a", &1), keep.get(&"a", &2)), (None, Some("new")));
    }

    #[test]
    fn what_was_not_used_goes_first() {
        let keep = Keep::new(30);
        for key in ["a", "b", "c"] {
            keep.put(key, 0, key, 10);
        }
        assert!(keep.get(&"a", &0).is_some());
        keep.put("d", 0, "d", 10);
        let all = ["a", "b", "c", "d"].map(|key| keep.get(&key, &0).is_some());
        assert_eq!(all, [true, false, true, true]);
    }

    #[test]
    fn what_is_larger_than_all_is_not_kept_and_drives_nothing_out() {
        let keep = Keep::new(30);
        keep.put("a", 0, "a", 30);
        keep.put("b", 0, "b", 31);
        assert_eq!((keep.get(&"a", &0), keep.get(&"b", &0)), (Some("a"), None));
    }

    proptest! {
        #[test]
        fn it_never_holds_more_than_it_may(
            puts in prop::collection::vec((0u8..8, 0u8..3, 0usize..60, any::<bool>()), 0..80),
        ) {
            let keep = Keep::new(100);
            for (key, stamp, bytes, used) in puts {
                keep.put(key, stamp, (key, stamp, bytes), bytes);
                if used {
                    let _ = keep.get(&key, &stamp);
                }
                let inside = keep.inside();
                let sum: usize = inside.entries.values().map(|entry| entry.bytes).sum();
                prop_assert_eq!(sum, inside.bytes);
                prop_assert!(sum <= 100);
                prop_assert_eq!(inside.clock.len(), inside.entries.len());
            }
        }
    }
}
