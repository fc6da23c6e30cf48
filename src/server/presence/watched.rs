//! Which conversations somebody follows: their two are told when the other comes online or goes.

use crate::server::groups::Group;
use crate::server::store::UserId;
use std::collections::HashMap;

/// For each user, with whom they have a conversation that is followed, and how often.
#[derive(Default)]
pub struct Watched(HashMap<UserId, HashMap<UserId, usize>>);

impl Watched {
    /// One connection more follows it; only conversations count.
    pub fn add(&mut self, group: Group) {
        let Group::Direct(low, high) = group else { return };
        for (one, other) in [(low, high), (high, low)] {
            *self.0.entry(one).or_default().entry(other).or_default() += 1;
        }
    }

    /// One connection fewer follows it.
    pub fn remove(&mut self, group: Group) {
        let Group::Direct(low, high) = group else { return };
        for (one, other) in [(low, high), (high, low)] {
            let Some(others) = self.0.get_mut(&one) else { continue };
            if let Some(times) = others.get_mut(&other) {
                *times -= 1;
                if *times == 0 {
                    others.remove(&other);
                }
            }
            if others.is_empty() {
                self.0.remove(&one);
            }
        }
    }

    /// The other ones of their conversations that are followed.
    pub fn partners(&self, user: UserId) -> impl Iterator<Item = UserId> {
        self.0.get(&user).into_iter().flat_map(|others| others.keys().copied())
    }

    /// How often conversations are followed, each counted for both of its two.
    pub fn times(&self) -> usize {
        self.0.values().flat_map(HashMap::values).sum()
    }
}
