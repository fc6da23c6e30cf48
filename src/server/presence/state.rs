//! The pure machine: places with people in them, told the time.

use super::place::{News, Place};
use super::watched::Watched;
use super::{Announcement, Patience, Scene};
use crate::protocol::frames::Online;
use crate::protocol::limits::PRESENCE_NAMES;
use crate::server::groups::{ConnId, Group};
use crate::server::store::writer::Party;
use crate::server::store::{UserId, directs};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;

/// A place and when it has something to do next.
struct Entry {
    place: Place,
    /// Parts places that have something to do at the same instant.
    id: u64,
    alarm: Option<Instant>,
}

/// One connection of somebody.
struct Device {
    conn: ConnId,
    /// Whether it was used lately.
    active: bool,
    /// What is on its screen, as far as it said so.
    shows: Option<Group>,
    /// Nobody looks at it: a program has it, or a plain client that cannot say whether it is seen.
    blind: bool,
}

/// Somebody who is online.
struct Person {
    name: Arc<str>,
    /// Their connections.
    connections: Vec<Device>,
    /// The rooms they are in.
    rooms: Vec<Group>,
    idle: bool,
}

/// See the module.
pub struct State {
    patience: Patience,
    places: HashMap<Group, Entry>,
    /// One alarm a place at most, however many people are there.
    alarms: BTreeMap<(Instant, u64), Group>,
    next_id: u64,
    /// Who is online, by key.
    online: HashMap<UserId, Person>,
    /// Who went since that was asked last.
    away: Vec<UserId>,
    watched: Watched,
}

impl State {
    /// Nobody anywhere.
    #[must_use]
    pub fn new(patience: Patience) -> Self {
        Self {
            patience,
            places: HashMap::new(),
            alarms: BTreeMap::new(),
            next_id: 0,
            online: HashMap::new(),
            away: Vec::new(),
            watched: Watched::default(),
        }
    }

    fn place(&self, group: Group) -> Option<&Place> {
        self.places.get(&group).map(|entry| &entry.place)
    }

    fn make(&mut self, group: Group) -> &mut Place {
        let id = &mut self.next_id;
        let entry = self.places.entry(group).or_insert_with(|| {
            *id += 1;
            // Of the house each hears only of those they have a conversation with.
            let most = if group == Group::House { usize::MAX } else { PRESENCE_NAMES };
            Entry { place: Place::new(most), id: *id, alarm: None }
        });
        &mut entry.place
    }

    /// Sets the place's alarm anew.
    fn wind(&mut self, group: Group, now: Instant) {
        let Some(entry) = self.places.get_mut(&group) else { return };
        let next = entry.place.next(self.patience, now);
        if entry.alarm == next {
            return;
        }
        if let Some(at) = entry.alarm {
            self.alarms.remove(&(at, entry.id));
        }
        if let Some(at) = next {
            self.alarms.insert((at, entry.id), group);
        }
        entry.alarm = next;
    }

    /// A connection of this user is here now; again changes nothing.
    pub fn enter(&mut self, group: Group, who: &Party, conn: ConnId, now: Instant) {
        self.make(group).enter(who, conn);
        self.wind(group, now);
        if group == Group::House {
            let person = self.online.entry(who.id).or_insert_with(|| Person {
                name: Arc::clone(&who.name),
                connections: Vec::with_capacity(1),
                rooms: Vec::new(),
                idle: false,
            });
            if !person.connections.iter().any(|known| known.conn == conn) {
                person.connections.push(Device { conn, active: true, shows: None, blind: false });
            }
            return self.stir(who.id, now);
        }
        let Some(person) = self.online.get_mut(&who.id) else { return };
        if !person.rooms.contains(&group) {
            person.rooms.push(group);
        }
        let idle = person.idle;
        self.make(group).stir(&who.name, who.id, idle);
        self.wind(group, now);
    }

    /// A connection of this user is here no more.
    pub fn leave(&mut self, group: Group, name: &str, conn: ConnId, now: Instant) {
        let at = now + self.patience.grace;
        if let Some(entry) = self.places.get_mut(&group) {
            let id = entry.place.leave(name, conn, at);
            self.wind(group, now);
            if let (Group::House, Some(id)) = (group, id) {
                if let Some(person) = self.online.get_mut(&id) {
                    person.connections.retain(|known| known.conn != conn);
                }
                self.stir(id, now);
            }
        }
    }

    /// What is on the screen of this connection was used lately, or not any more. Until somebody says
    /// otherwise, it is.
    pub fn active(&mut self, user: UserId, conn: ConnId, active: bool, now: Instant) {
        let Some(person) = self.online.get_mut(&user) else { return };
        if let Some(one) = person.connections.iter_mut().find(|known| known.conn == conn) {
            one.active = active;
        }
        self.stir(user, now);
    }

    /// This is on the screen of this connection from now on.
    pub fn show(&mut self, user: UserId, conn: ConnId, shows: Option<Group>) {
        let Some(person) = self.online.get_mut(&user) else { return };
        if let Some(one) = person.connections.iter_mut().find(|known| known.conn == conn) {
            one.shows = shows;
        }
    }

    /// Whether this user has it before their eyes: it is on the screen of a connection of theirs that was
    /// used lately. A room socket has no screen that anybody knows of.
    #[must_use]
    pub fn attends(&self, group: Group, user: UserId) -> bool {
        let shows = |one: &Device| one.active && one.shows == Some(group);
        self.online.get(&user).is_some_and(|person| person.connections.iter().any(shows))
    }

    /// Nobody looks at what comes by this connection.
    pub fn is_blind(&mut self, user: UserId, conn: ConnId) {
        let Some(person) = self.online.get_mut(&user) else { return };
        if let Some(one) = person.connections.iter_mut().find(|known| known.conn == conn) {
            one.blind = true;
        }
    }

    /// Whether somebody looks at what comes by one of their connections.
    #[must_use]
    pub fn is_looking(&self, user: UserId) -> bool {
        let looks = |one: &Device| one.active && !one.blind;
        self.online.get(&user).is_some_and(|person| person.connections.iter().any(looks))
    }

    /// Tells where somebody is whether they are idle, if that has changed: no connection of theirs was
    /// used lately.
    fn stir(&mut self, user: UserId, now: Instant) {
        let Some(person) = self.online.get_mut(&user) else { return };
        // Whoever is about to go is not idle as well.
        let idle = match person.connections.is_empty() {
            true => person.idle,
            false => person.connections.iter().all(|one| !one.active),
        };
        if idle == person.idle {
            return;
        }
        person.idle = idle;
        let name = Arc::clone(&person.name);
        let mut places = person.rooms.clone();
        places.push(Group::House);
        for group in places {
            if let Some(entry) = self.places.get_mut(&group) {
                entry.place.stir(&name, user, idle);
                self.wind(group, now);
            }
        }
    }

    /// Those who are `gone` are not in this room any more, whatever connections of theirs are.
    pub fn oust(&mut self, group: Group, gone: impl Fn(UserId) -> bool, now: Instant) {
        let Some(entry) = self.places.get_mut(&group) else { return };
        let out = entry.place.oust(gone);
        self.wind(group, now);
        self.have_left(group, &out);
    }

    fn have_left(&mut self, group: Group, users: &[UserId]) {
        for user in users {
            if group == Group::House {
                self.online.remove(user);
                self.away.push(*user);
            } else if let Some(person) = self.online.get_mut(user) {
                person.rooms.retain(|room| *room != group);
            }
        }
    }

    /// Who went since this was asked last.
    pub fn take_away(&mut self) -> Vec<UserId> {
        std::mem::take(&mut self.away)
    }

    /// Whether somebody is online and no connection of theirs was used lately.
    #[must_use]
    pub fn is_idle(&self, user: UserId) -> bool {
        self.online.get(&user).is_some_and(|person| person.idle)
    }

    /// An announcement of this room was lost: the next one names everybody.
    pub fn tell_anew(&mut self, group: Group, now: Instant) {
        self.make(group).lose(now);
        self.wind(group, now);
    }

    /// A connection follows this group: in a conversation it hears when the other one comes online
    /// or goes.
    pub fn watch(&mut self, group: Group) {
        self.watched.add(group);
    }

    /// It follows it no more.
    pub fn unwatch(&mut self, group: Group) {
        self.watched.remove(group);
    }

    /// When [`State::due`] has something to do next.
    #[must_use]
    pub fn next(&self) -> Option<Instant> {
        self.alarms.first_key_value().map(|((at, _), _)| *at)
    }

    /// What is to be told now.
    pub fn due(&mut self, now: Instant) -> Vec<Announcement> {
        let mut due = Vec::new();
        while self.next().is_some_and(|at| at <= now) {
            let Some((_, group)) = self.alarms.pop_first() else { break };
            let Some(entry) = self.places.get_mut(&group) else { continue };
            entry.alarm = None;
            let gone = entry.place.let_go(now);
            let news = entry.place.news(self.patience, now);
            if entry.place.is_over(self.patience, now) {
                self.places.remove(&group);
            } else {
                self.wind(group, now);
            }
            self.have_left(group, &gone);
            if let Some(news) = news {
                self.tell(group, news, &mut due);
            }
        }
        due
    }

    fn tell(&self, group: Group, news: News, due: &mut Vec<Announcement>) {
        match group {
            Group::House => self.tell_partners(&news, due),
            Group::Room(log) => due.push(self.tell_room(group, Scene::Room(log), news)),
            // Nobody is in any other.
            Group::Direct(..) | Group::Own(_) | Group::User(_) => {}
        }
    }

    fn tell_room(&self, group: Group, scene: Scene, news: News) -> Announcement {
        let named = |names: &mut dyn Iterator<Item = &Arc<str>>| -> Vec<String> {
            names.map(ToString::to_string).collect()
        };
        let Some(place) = self.place(group) else {
            // It is over and forgotten already: whoever was there has gone.
            let leave = named(&mut news.left.keys());
            let (join, idle, awake) = (Vec::new(), Vec::new(), Vec::new());
            return Announcement { scene, join, leave, all: news.anew, idle, awake, count: 0 };
        };
        let (join, leave) = if !place.is_nameable() {
            (Vec::new(), Vec::new())
        } else if news.anew {
            (named(&mut place.names()), Vec::new())
        } else {
            (named(&mut news.joined.keys()), named(&mut news.left.keys()))
        };
        let (idle, awake) = if !place.is_nameable() {
            (Vec::new(), Vec::new())
        } else if news.anew {
            (named(&mut place.idle()), Vec::new())
        } else {
            (named(&mut news.dozed.keys()), named(&mut news.woke.keys()))
        };
        Announcement { scene, join, leave, all: news.anew, idle, awake, count: place.count() }
    }

    /// Of those who came online or went, each conversation that somebody follows hears: however
    /// many are online, since each hears only of its own two.
    fn tell_partners(&self, news: &News, due: &mut Vec<Announcement>) {
        let mut told: BTreeMap<(UserId, UserId), Announcement> = BTreeMap::new();
        for (name, id) in &news.doubted {
            for partner in self.watched.partners(*id) {
                let Some(other) = self.online.get(&partner) else { continue };
                let pair = directs::pair(*id, partner);
                let two = [(*id, name), (partner, &other.name)];
                let scene = scene(two);
                let Online { count, users, idle } = self.of_two(two);
                let (join, leave, awake) = (users.unwrap_or_default(), Vec::new(), Vec::new());
                told.insert(
                    pair,
                    Announcement { scene, join, leave, all: true, idle, awake, count },
                );
            }
        }
        let all = [(&news.joined, 0), (&news.left, 1), (&news.dozed, 2), (&news.woke, 3)];
        let all = all.into_iter().flat_map(|(who, what)| who.iter().map(move |who| (who, what)));
        for ((name, id), what) in all {
            for partner in self.watched.partners(*id) {
                // Who is not online hears nothing.
                let Some(other) = self.online.get(&partner) else { continue };
                let pair = directs::pair(*id, partner);
                let one = told.entry(pair).or_insert_with(|| {
                    let count = [pair.0, pair.1]
                        .into_iter()
                        .filter(|user| self.online.contains_key(user))
                        .count();
                    Announcement {
                        scene: scene([(*id, name), (partner, &other.name)]),
                        join: Vec::new(),
                        leave: Vec::new(),
                        all: false,
                        idle: Vec::new(),
                        awake: Vec::new(),
                        count,
                    }
                });
                // It names both as they are.
                if one.all {
                    continue;
                }
                let names = match what {
                    0 => &mut one.join,
                    1 => &mut one.leave,
                    2 => &mut one.idle,
                    _ => &mut one.awake,
                };
                names.push(name.to_string());
            }
        }
        due.extend(told.into_values());
    }

    /// Somebody is told who is in this place, and builds on it with the announcements to come.
    fn see(&mut self, group: Group) {
        if let Some(entry) = self.places.get_mut(&group) {
            entry.place.see();
        }
    }

    fn of_two(&self, two: [(UserId, &Arc<str>); 2]) -> Online {
        let of = |is: &dyn Fn(&Person) -> bool| {
            let some = two.iter().filter(|(id, _)| self.online.get(id).is_some_and(is));
            let mut some: Vec<_> = some.map(|(_, name)| name.to_string()).collect();
            some.sort();
            some
        };
        let users = of(&|_| true);
        Online { count: users.len(), users: Some(users), idle: of(&|person| person.idle) }
    }

    /// Which of the two of a conversation are online, for somebody who follows it.
    #[must_use]
    pub fn online_of(&mut self, two: [&Party; 2]) -> Online {
        self.see(Group::House);
        self.of_two(two.map(|one| (one.id, &one.name)))
    }

    /// Who is here, for somebody who follows this; no names past [`PRESENCE_NAMES`].
    #[must_use]
    pub fn online(&mut self, group: Group) -> Online {
        self.see(group);
        let Some(place) = self.place(group) else {
            return Online { count: 0, users: Some(Vec::new()), idle: Vec::new() };
        };
        let users = place.is_nameable().then(|| place.names().map(ToString::to_string).collect());
        let idle = match &users {
            Some(_) => place.idle().map(ToString::to_string).collect(),
            None => Vec::new(),
        };
        Online { count: place.count(), users, idle }
    }

    /// The names here, without `user` unless another connection of theirs is here already. Past
    /// [`PRESENCE_NAMES`] nobody else is named. It is for somebody who follows this.
    #[must_use]
    pub fn list_for(&mut self, group: Group, user: Option<&str>) -> Vec<String> {
        self.see(group);
        let Some(place) = self.place(group) else { return Vec::new() };
        let back = |name: &str| Some(name) != user || place.holds_live(name);
        if place.is_nameable() {
            return place.names().filter(|name| back(name)).map(ToString::to_string).collect();
        }
        user.filter(|user| place.holds_live(user)).map(ToOwned::to_owned).into_iter().collect()
    }

    /// How many are here.
    #[must_use]
    pub fn count(&self, group: Group) -> usize {
        self.place(group).map_or(0, Place::count)
    }

    /// Whether this user is here.
    #[must_use]
    pub fn is_here(&self, group: Group, name: &str) -> bool {
        self.place(group).is_some_and(|place| place.holds(name))
    }

    /// Every place with people in it, and how many.
    pub fn lit(&self) -> impl Iterator<Item = (Group, usize)> {
        self.places
            .iter()
            .map(|(group, entry)| (*group, entry.place.count()))
            .filter(|(_, n)| *n > 0)
    }

    /// All that is kept: places, alarms, people online, and conversations that are followed. Zero
    /// once everybody has gone and the pause after the last announcement is over.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.places.len()
            + self.alarms.len()
            + self.online.len()
            + self.watched.times()
            + self.away.len()
    }
}

fn scene(two: [(UserId, &Arc<str>); 2]) -> Scene {
    let [one, other] = two.map(|(id, name)| (id, Arc::clone(name)));
    let (low, high) = if one.0 <= other.0 { (one, other) } else { (other, one) };
    Scene::Conversation { low, high }
}
