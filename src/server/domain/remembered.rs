//! What was read from the database once and is asked for again and again: a statement is a switch
//! between two threads, a look in here is not. Only what was found is kept, never "there is none".

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Values by key, so many at most. It forgets in two generations: what was asked for lately is in
/// the young one; when that is full it becomes the old one, and what was the old one goes.
pub struct Remembered<K, V> {
    inner: Mutex<Inner<K, V>>,
    generation: usize,
}

struct Inner<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    forgotten: u64,
}

/// When a value was about to be read: see [`Remembered::put`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading(u64);

impl<K: Hash + Eq, V: Clone> Remembered<K, V> {
    /// Keeps up to `most` values.
    #[must_use]
    pub fn new(most: usize) -> Self {
        let inner = Inner { young: HashMap::new(), old: HashMap::new(), forgotten: 0 };
        Self { inner: Mutex::new(inner), generation: most / 2 }
    }

    fn lock(&self) -> MutexGuard<'_, Inner<K, V>> {
        // A poisoned lock cannot happen: nothing panics while it is held.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value of this key.
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let mut inner = self.lock();
        if let Some(value) = inner.young.get(key) {
            return Some(value.clone());
        }
        let (key, value) = inner.old.remove_entry(key)?;
        self.insert(&mut inner, key, value.clone());
        Some(value)
    }

    /// To be called before a value is read from the database.
    pub fn reading(&self) -> Reading {
        Reading(self.lock().forgotten)
    }

    /// Keeps what was read, unless anything was forgotten since `reading`: what was read may be
    /// what was forgotten.
    pub fn put(&self, reading: Reading, key: K, value: V) {
        let mut inner = self.lock();
        if inner.forgotten == reading.0 {
            inner.old.remove(&key);
            self.insert(&mut inner, key, value);
        }
    }

    fn insert(&self, inner: &mut Inner<K, V>, key: K, value: V) {
        if inner.young.len() >= self.generation && !inner.young.contains_key(&key) {
            inner.old = std::mem::take(&mut inner.young);
        }
        inner.young.insert(key, value);
    }

    /// Forgets this key's value. To be called once the database says so too.
    pub fn forget_one(&self, key: &K) {
        let mut inner = self.lock();
        inner.forgotten += 1;
        inner.young.remove(key);
        inner.old.remove(key);
    }

    /// Forgets the values that are `gone`. To be called once the database says so too.
    pub fn forget(&self, gone: impl Fn(&V) -> bool) {
        let mut inner = self.lock();
        inner.forgotten += 1;
        inner.young.retain(|_, value| !gone(value));
        inner.old.retain(|_, value| !gone(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(of: &Remembered<u32, u32>, keys: impl IntoIterator<Item = u32>) {
        keys.into_iter().for_each(|key| of.put(of.reading(), key, key * 10));
    }

    #[test]
    fn it_is_bounded_and_keeps_what_is_asked_for() {
        let of = Remembered::new(8);
        put(&of, [1]);
        for key in 2..100 {
            put(&of, [key]);
            assert_eq!(of.get(&1), Some(10), "asked for at every step");
            let inner = of.lock();
            assert!(inner.young.len() + inner.old.len() <= 8);
        }
        assert_eq!((of.get(&2), of.get(&99)), (None, Some(990)));
    }

    #[test]
    fn a_key_has_one_value() {
        let of = Remembered::new(4);
        put(&of, 1..=3);
        of.put(of.reading(), 1, 11);
        assert_eq!(of.get(&1), Some(11));
        of.forget(|value| *value == 11);
        assert_eq!(of.get(&1), None, "and no older one comes back");
    }

    #[test]
    fn what_was_read_before_something_was_forgotten_is_not_kept() {
        let of = Remembered::new(8);
        put(&of, [1, 2]);
        let reading = of.reading();
        of.forget(|value| *value == 10);
        of.put(reading, 1, 10);
        assert_eq!((of.get(&1), of.get(&2)), (None, Some(20)));
        put(&of, [1]);
        assert_eq!(of.get(&1), Some(10));
    }
}
