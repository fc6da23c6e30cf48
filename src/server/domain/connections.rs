//! How many connections a user and an address have open, and whether one more may come.

use crate::server::groups::ConnId;
use crate::server::store::UserId;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Default)]
struct Counts {
    users: HashMap<UserId, usize>,
    addresses: HashMap<IpAddr, usize>,
}

/// The registry of connections' counts.
pub struct Connections {
    per_user: usize,
    per_address: usize,
    counts: Arc<Mutex<Counts>>,
    open: Arc<AtomicUsize>,
    next: AtomicU64,
}

/// A place among the connections, given back when dropped.
pub struct Seat {
    /// The connection's id.
    pub conn: ConnId,
    user: Option<UserId>,
    address: IpAddr,
    counts: Arc<Mutex<Counts>>,
    open: Arc<AtomicUsize>,
}

impl Connections {
    /// Limits per user and per address; 0 for none.
    #[must_use]
    pub fn new(per_user: usize, per_address: usize) -> Self {
        Self {
            per_user,
            per_address,
            counts: Arc::default(),
            open: Arc::default(),
            next: AtomicU64::new(1),
        }
    }

    /// A seat for one more connection; none over a limit.
    pub fn sit(&self, user: Option<UserId>, address: IpAddr) -> Option<Seat> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let of_user = user.and_then(|user| counts.users.get(&user).copied()).unwrap_or(0);
        let of_address = counts.addresses.get(&address).copied().unwrap_or(0);
        let over = |count, most| most > 0 && count >= most;
        if over(of_user, self.per_user) || over(of_address, self.per_address) {
            return None;
        }
        if let Some(user) = user {
            *counts.users.entry(user).or_default() += 1;
        }
        *counts.addresses.entry(address).or_default() += 1;
        self.open.fetch_add(1, Ordering::Relaxed);
        Some(Seat {
            conn: ConnId(self.next.fetch_add(1, Ordering::Relaxed)),
            user,
            address,
            counts: Arc::clone(&self.counts),
            open: Arc::clone(&self.open),
        })
    }

    /// Connections that are open now.
    #[must_use]
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// Users and addresses that have connections.
    #[must_use]
    pub fn seated(&self) -> (usize, usize) {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        (counts.users.len(), counts.addresses.len())
    }
}

fn give_back<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(user) = &self.user {
            give_back(&mut counts.users, user);
        }
        give_back(&mut counts.addresses, &self.address);
        self.open.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_given_back() {
        let connections = Connections::new(2, 3);
        let home: IpAddr = [127, 0, 0, 1].into();
        let alice = Some(UserId(1));
        let first = connections.sit(alice, home);
        let second = connections.sit(alice, home);
        assert!(first.is_some() && second.is_some());
        assert!(connections.sit(alice, home).is_none());
        let visitor = connections.sit(None, home);
        assert!(visitor.is_some() && connections.sit(None, home).is_none());
        drop((first, second, visitor));
        assert_eq!((connections.open(), connections.seated()), (0, (0, 0)));
    }
}
