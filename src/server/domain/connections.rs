//! The connections that are open: how many a user and an address have, whether one more may come,
//! and how all of them are told that the server goes down.

use crate::protocol::close;
use crate::server::groups::queue::Going;
use crate::server::groups::{ConnId, Queue};
use crate::server::store::UserId;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A drain closes connections in this many batches, so that not all come back in one moment…
const BATCHES: usize = 20;
/// …of at least so many…
const BATCH: usize = 50;
/// …with this between them: a second in all.
const PAUSE: Duration = Duration::from_millis(50);

#[derive(Default)]
struct Registry {
    users: HashMap<UserId, usize>,
    addresses: HashMap<IpAddr, usize>,
    live: HashMap<ConnId, Arc<Queue>>,
    draining: bool,
}

/// The registry of connections.
pub struct Connections {
    per_user: usize,
    per_address: usize,
    registry: Arc<Mutex<Registry>>,
    open: Arc<AtomicUsize>,
    next: AtomicU64,
}

/// A place among the connections, given back when dropped.
pub struct Seat {
    /// The connection's id.
    pub conn: ConnId,
    user: Option<UserId>,
    address: IpAddr,
    registry: Arc<Mutex<Registry>>,
    open: Arc<AtomicUsize>,
}

fn lock(registry: &Mutex<Registry>) -> MutexGuard<'_, Registry> {
    // A poisoned lock cannot happen: nothing panics while it is held.
    registry.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Connections {
    /// Limits per user and per address; 0 for none.
    #[must_use]
    pub fn new(per_user: usize, per_address: usize) -> Self {
        Self {
            per_user,
            per_address,
            registry: Arc::default(),
            open: Arc::default(),
            next: AtomicU64::new(1),
        }
    }

    /// A seat for one more connection.
    ///
    /// # Errors
    /// The code to close it with: over a limit, or while the server goes down.
    pub fn sit(&self, user: Option<UserId>, address: IpAddr) -> Result<Seat, u16> {
        let mut registry = lock(&self.registry);
        if registry.draining {
            return Err(close::DRAINING);
        }
        let of_user = user.and_then(|user| registry.users.get(&user).copied()).unwrap_or(0);
        let of_address = registry.addresses.get(&address).copied().unwrap_or(0);
        let over = |count, most| most > 0 && count >= most;
        if over(of_user, self.per_user) || over(of_address, self.per_address) {
            return Err(close::TOO_MANY_CONNECTIONS);
        }
        if let Some(user) = user {
            *registry.users.entry(user).or_default() += 1;
        }
        *registry.addresses.entry(address).or_default() += 1;
        self.open.fetch_add(1, Ordering::Relaxed);
        Ok(Seat {
            conn: ConnId(self.next.fetch_add(1, Ordering::Relaxed)),
            user,
            address,
            registry: Arc::clone(&self.registry),
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
        let registry = lock(&self.registry);
        (registry.users.len(), registry.addresses.len())
    }

    /// Takes no more connections; answers the queues of those that are open.
    fn shut(&self) -> Vec<Arc<Queue>> {
        let mut registry = lock(&self.registry);
        registry.draining = true;
        registry.live.values().cloned().collect()
    }

    /// Takes no more connections, and closes those that are open in batches: each once what was
    /// accepted of it has been answered.
    pub async fn drain(&self) {
        let live = self.shut();
        for batch in live.chunks((live.len() / BATCHES).max(BATCH)) {
            for queue in batch {
                queue.go(Going::Closing(close::DRAINING));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Ends all of them without a word, as if the machine had lost power: for tests.
    pub fn vanish(&self) {
        for queue in self.shut() {
            queue.go(Going::Gone);
        }
    }
}

impl Seat {
    /// Whose queue it is that waits for the connection on this seat.
    pub fn watch(&self, queue: &Arc<Queue>) {
        let mut registry = lock(&self.registry);
        if registry.draining {
            queue.go(Going::Closing(close::DRAINING));
        }
        registry.live.insert(self.conn, Arc::clone(queue));
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
        let mut registry = lock(&self.registry);
        registry.live.remove(&self.conn);
        if let Some(user) = &self.user {
            give_back(&mut registry.users, user);
        }
        give_back(&mut registry.addresses, &self.address);
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
        assert!(first.is_ok() && second.is_ok());
        let over = Some(close::TOO_MANY_CONNECTIONS);
        assert_eq!(connections.sit(alice, home).err(), over);
        let visitor = connections.sit(None, home);
        assert!(visitor.is_ok());
        assert_eq!(connections.sit(None, home).err(), over);
        drop((first, second, visitor));
        assert_eq!((connections.open(), connections.seated()), (0, (0, 0)));
    }
}
