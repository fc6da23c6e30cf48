//! One place and the people in it.

use super::Patience;
use crate::protocol::limits::PRESENCE_NAMES;
use crate::server::groups::ConnId;
use crate::server::store::UserId;
use crate::server::store::writer::Party;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

/// People by name, with their keys.
pub type People = BTreeMap<Arc<str>, UserId>;

struct Person {
    id: UserId,
    connections: Vec<ConnId>,
    leaves_at: Option<Instant>,
}

/// Who came and went since it was told last.
pub struct News {
    pub joined: People,
    pub left: People,
    /// Who of those who are here is not active any more, and who is so again.
    pub dozed: People,
    pub woke: People,
    /// What was told before is no ground to build on: everybody is to be named anew.
    pub anew: bool,
}

/// See the module.
#[derive(Default)]
pub struct Place {
    people: BTreeMap<Arc<str>, Person>,
    /// Those without a connection, by when they are gone for good.
    leaving: BTreeSet<(Instant, Arc<str>)>,
    joined: People,
    left: People,
    /// Those here who are not active.
    idle: People,
    dozed: People,
    woke: People,
    told_at: Option<Instant>,
    /// It was too full to name people since they were named last.
    unnamed: bool,
    /// An announcement was lost.
    lost: bool,
}

impl Place {
    /// A connection of theirs is here now; again changes nothing.
    pub fn enter(&mut self, who: &Party, conn: ConnId) {
        match self.people.entry(Arc::clone(&who.name)) {
            Entry::Occupied(known) => {
                let person = known.into_mut();
                if let Some(at) = person.leaves_at.take() {
                    self.leaving.remove(&(at, Arc::clone(&who.name)));
                }
                if !person.connections.contains(&conn) {
                    person.connections.push(conn);
                }
            }
            Entry::Vacant(new) => {
                new.insert(Person { id: who.id, connections: vec![conn], leaves_at: None });
                if self.left.remove(&who.name).is_none() {
                    self.joined.insert(Arc::clone(&who.name), who.id);
                }
                self.unnamed |= self.people.len() > PRESENCE_NAMES;
            }
        }
    }

    /// Somebody who is here is active no more, or again.
    pub fn stir(&mut self, name: &Arc<str>, id: UserId, idle: bool) {
        if !self.people.contains_key(name) {
            return;
        }
        if idle {
            if self.idle.insert(Arc::clone(name), id).is_none() && self.woke.remove(name).is_none()
            {
                self.dozed.insert(Arc::clone(name), id);
            }
        } else if self.idle.remove(name).is_some() && self.dozed.remove(name).is_none() {
            self.woke.insert(Arc::clone(name), id);
        }
    }

    /// Those go at once who are `gone`, however many connections of theirs are here; gives their keys.
    pub fn oust(&mut self, gone: impl Fn(UserId) -> bool) -> Vec<UserId> {
        let out: Vec<Arc<str>> = self
            .people
            .iter()
            .filter(|(_, person)| gone(person.id))
            .map(|(name, _)| Arc::clone(name))
            .collect();
        out.into_iter().filter_map(|name| self.go(name)).collect()
    }

    fn go(&mut self, name: Arc<str>) -> Option<UserId> {
        let person = self.people.remove(&name)?;
        if let Some(at) = person.leaves_at {
            self.leaving.remove(&(at, Arc::clone(&name)));
        }
        for asleep in [&mut self.idle, &mut self.dozed, &mut self.woke] {
            asleep.remove(&name);
        }
        if self.joined.remove(&name).is_none() {
            self.left.insert(name, person.id);
        }
        Some(person.id)
    }

    /// A connection of theirs is here no more; if it was their last, they are gone at `at`. Answers who
    /// they are, if they were here.
    pub fn leave(&mut self, name: &str, conn: ConnId, at: Instant) -> Option<UserId> {
        let (name, _) = self.people.get_key_value(name)?;
        let name = Arc::clone(name);
        let person = self.people.get_mut(&name)?;
        person.connections.retain(|c| *c != conn);
        if person.connections.is_empty() && person.leaves_at.is_none() {
            person.leaves_at = Some(at);
            self.leaving.insert((at, name));
        }
        Some(person.id)
    }

    /// Lets those go whose grace is over; gives their keys.
    pub fn let_go(&mut self, now: Instant) -> Vec<UserId> {
        let mut gone = Vec::new();
        while self.leaving.first().is_some_and(|(at, _)| *at <= now) {
            let Some((_, name)) = self.leaving.pop_first() else { break };
            gone.extend(self.go(name));
        }
        gone
    }

    /// What was told last did not arrive.
    pub fn lose(&mut self, now: Instant) {
        self.lost = true;
        self.told_at.get_or_insert(now);
    }

    fn has_news(&self) -> bool {
        let nameable_again = self.unnamed && self.people.len() <= PRESENCE_NAMES;
        let stirred = !self.dozed.is_empty() || !self.woke.is_empty();
        !self.joined.is_empty()
            || !self.left.is_empty()
            || nameable_again
            || self.lost
            || stirred && self.is_nameable()
    }

    fn quiet_until(&self, patience: Patience, now: Instant) -> Instant {
        self.told_at.map_or(now, |told| (told + patience.every).max(now))
    }

    /// When there is something to do here: somebody is gone for good, something may be told, or
    /// the place can be forgotten.
    pub fn next(&self, patience: Patience, now: Instant) -> Option<Instant> {
        let gone = self.leaving.first().map(|(at, _)| *at);
        let idle = self.has_news() || self.people.is_empty();
        let told = idle.then(|| self.quiet_until(patience, now));
        gone.into_iter().chain(told).min()
    }

    /// What is to be told, if it may be told now.
    pub fn news(&mut self, patience: Patience, now: Instant) -> Option<News> {
        if !self.has_news() || self.quiet_until(patience, now) > now {
            return None;
        }
        self.told_at = Some(now);
        let anew = (self.unnamed || std::mem::take(&mut self.lost)) && self.is_nameable();
        self.unnamed &= !anew;
        let (joined, left) = (std::mem::take(&mut self.joined), std::mem::take(&mut self.left));
        let (dozed, woke) = (std::mem::take(&mut self.dozed), std::mem::take(&mut self.woke));
        Some(News { joined, left, dozed, woke, anew })
    }

    /// Nobody is here, nothing is to be told, and the pause after the last announcement is over: a
    /// quick return is not to be told twice a second.
    pub fn is_over(&self, patience: Patience, now: Instant) -> bool {
        self.people.is_empty() && !self.has_news() && self.quiet_until(patience, now) <= now
    }

    /// Whether people are named: past [`PRESENCE_NAMES`] they are counted.
    pub fn is_nameable(&self) -> bool {
        self.people.len() <= PRESENCE_NAMES
    }

    /// How many are here.
    pub fn count(&self) -> usize {
        self.people.len()
    }

    /// Whether they are here.
    pub fn holds(&self, name: &str) -> bool {
        self.people.contains_key(name)
    }

    /// Whether a connection of theirs is here: they are not only expected back.
    pub fn holds_live(&self, name: &str) -> bool {
        self.people.get(name).is_some_and(|person| !person.connections.is_empty())
    }

    /// Those who are not active, sorted.
    pub fn idle(&self) -> impl Iterator<Item = &Arc<str>> {
        self.idle.keys()
    }

    /// Their names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.people.keys()
    }
}
