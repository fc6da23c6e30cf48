//! One place and the people in it.

use super::Patience;
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
    /// Of these the others may know something that was true between and is not any more.
    pub doubted: People,
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
    /// Also of those who went as idle, until that is told: if they are back before, they are awake.
    woke: People,
    /// Who was told to somebody new between what was told last and what will be, and then changed back.
    doubted: People,
    /// Somebody new was told what the others have yet to hear.
    seen: bool,
    /// So many are named; past it they are counted.
    most: usize,
    told_at: Option<Instant>,
    /// It was too full to name people since they were named last.
    unnamed: bool,
    /// An announcement was lost.
    lost: bool,
}

impl Place {
    /// Nobody yet, of whom `most` are named.
    pub fn new(most: usize) -> Self {
        Self { most, ..Self::default() }
    }

    /// Somebody new is told who is here, and builds on it.
    pub fn see(&mut self) {
        let untold = [&self.joined, &self.left, &self.dozed, &self.woke];
        self.seen |= untold.iter().any(|changes| !changes.is_empty());
    }

    /// A change that was not told yet is undone. That is silent, unless somebody has seen it.
    fn doubt(&mut self, name: &Arc<str>, id: UserId) {
        if self.seen {
            self.doubted.insert(Arc::clone(name), id);
        }
    }

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
                match self.left.remove(&who.name) {
                    Some(_) => self.doubt(&who.name, who.id),
                    None => _ = self.joined.insert(Arc::clone(&who.name), who.id),
                }
                self.unnamed |= !self.is_nameable();
            }
        }
    }

    /// Somebody who is here is active no more, or again.
    pub fn stir(&mut self, name: &Arc<str>, id: UserId, idle: bool) {
        if !self.people.contains_key(name) {
            return;
        }
        let changed = match idle {
            true => self.idle.insert(Arc::clone(name), id).is_none(),
            false => self.idle.remove(name).is_some(),
        };
        if !changed {
            return;
        }
        let (now, before) = match idle {
            true => (&mut self.dozed, &mut self.woke),
            false => (&mut self.woke, &mut self.dozed),
        };
        if before.remove(name).is_none() {
            now.insert(Arc::clone(name), id);
        } else if self.is_nameable() {
            // Where nobody is named everybody is to be named anew, with who is idle.
            self.doubt(name, id);
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
        let id = self.people.get(&name)?.id;
        // Nobody is idle where they are not.
        self.stir(&name, id, false);
        let person = self.people.remove(&name)?;
        if let Some(at) = person.leaves_at {
            self.leaving.remove(&(at, Arc::clone(&name)));
        }
        match self.joined.remove(&name) {
            Some(_) => self.doubt(&name, id),
            None => {
                // That they left leaves no doubt about them, whatever was seen.
                self.doubted.remove(&name);
                self.left.insert(name, id);
            }
        }
        Some(id)
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
        let nameable_again = self.unnamed && self.is_nameable();
        let stirred = !self.dozed.is_empty() || !self.woke.is_empty();
        !self.joined.is_empty()
            || !self.left.is_empty()
            || nameable_again
            || self.lost
            || !self.doubted.is_empty()
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
        self.seen = false;
        let doubted = std::mem::take(&mut self.doubted);
        // Where there are too many to name, the count that is told now makes it good.
        let wrong = std::mem::take(&mut self.lost) || !doubted.is_empty();
        let anew = (self.unnamed || wrong) && self.is_nameable();
        self.unnamed &= !anew;
        let (joined, left) = (std::mem::take(&mut self.joined), std::mem::take(&mut self.left));
        let (dozed, mut woke) = (std::mem::take(&mut self.dozed), std::mem::take(&mut self.woke));
        woke.retain(|name, _| !left.contains_key(name));
        Some(News { joined, left, dozed, woke, doubted, anew })
    }

    /// Nobody is here, nothing is to be told, and the pause after the last announcement is over: a
    /// quick return is not to be told twice a second.
    pub fn is_over(&self, patience: Patience, now: Instant) -> bool {
        self.people.is_empty() && !self.has_news() && self.quiet_until(patience, now) <= now
    }

    /// Whether people are named: where there are too many they are counted.
    pub fn is_nameable(&self) -> bool {
        self.people.len() <= self.most
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
