//! Who is where. Presence is a lease: a user is in a place while at least one live connection of
//! theirs is there. The others hear of it on 0→1 and 1→0, at most once a second and place; a leave
//! waits a few seconds, so that a reload is silent.
//!
//! [`State`] is a pure machine that is told the time; [`Presence`] is the one that the server
//! shares.

use super::groups::{ConnId, Group};
use crate::protocol::frames::Online;
use crate::protocol::limits::PRESENCE_NAMES;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// How patient presence is.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How long a leave waits.
    pub grace: Duration,
    /// At most one announcement a place in this time.
    pub every: Duration,
}

/// What the others hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Where.
    pub place: Group,
    /// Came; empty where there are too many to name.
    pub join: Vec<String>,
    /// Went; likewise.
    pub leave: Vec<String>,
    /// How many are there now.
    pub count: usize,
}

struct Person {
    connections: Vec<ConnId>,
    leaves_at: Option<Instant>,
}

#[derive(Default)]
struct Place {
    people: BTreeMap<Arc<str>, Person>,
    joined: BTreeSet<Arc<str>>,
    left: BTreeSet<Arc<str>>,
    told_at: Option<Instant>,
}

/// The pure machine.
pub struct State {
    patience: Patience,
    places: HashMap<Group, Place>,
    alarms: BinaryHeap<Reverse<(Instant, u64)>>,
    alarm_places: HashMap<u64, Group>,
    next_alarm: u64,
}

impl State {
    /// Nobody anywhere.
    #[must_use]
    pub fn new(patience: Patience) -> Self {
        Self {
            patience,
            places: HashMap::new(),
            alarms: BinaryHeap::new(),
            alarm_places: HashMap::new(),
            next_alarm: 0,
        }
    }

    fn alarm(&mut self, at: Instant, place: Group) {
        self.next_alarm += 1;
        self.alarms.push(Reverse((at, self.next_alarm)));
        self.alarm_places.insert(self.next_alarm, place);
    }

    /// A connection of this user is here now; again changes nothing.
    pub fn enter(&mut self, group: Group, user: &Arc<str>, conn: ConnId, now: Instant) {
        let place = self.places.entry(group).or_default();
        let mut came = false;
        let person = place.people.entry(Arc::clone(user)).or_insert_with(|| {
            came = true;
            Person { connections: Vec::new(), leaves_at: None }
        });
        person.leaves_at = None;
        if !person.connections.contains(&conn) {
            person.connections.push(conn);
        }
        if came {
            if !place.left.remove(user) {
                place.joined.insert(Arc::clone(user));
            }
            let at = place.told_at.map_or(now, |told| told + self.patience.every).max(now);
            self.alarm(at, group);
        }
    }

    /// A connection of this user is here no more.
    pub fn leave(&mut self, group: Group, user: &str, conn: ConnId, now: Instant) {
        let Some(person) = self.places.get_mut(&group).and_then(|place| place.people.get_mut(user))
        else {
            return;
        };
        person.connections.retain(|c| *c != conn);
        if person.connections.is_empty() && person.leaves_at.is_none() {
            let at = now + self.patience.grace;
            person.leaves_at = Some(at);
            self.alarm(at, group);
        }
    }

    /// When [`State::due`] has something to do next.
    #[must_use]
    pub fn next(&self) -> Option<Instant> {
        self.alarms.peek().map(|Reverse((at, _))| *at)
    }

    /// What is to be told now.
    pub fn due(&mut self, now: Instant) -> Vec<Announcement> {
        let mut due = Vec::new();
        while let Some(Reverse((at, alarm))) = self.alarms.peek().copied() {
            if at > now {
                break;
            }
            self.alarms.pop();
            if let Some(group) = self.alarm_places.remove(&alarm) {
                due.extend(self.tell(group, now));
            }
        }
        due
    }

    fn tell(&mut self, group: Group, now: Instant) -> Option<Announcement> {
        let place = self.places.get_mut(&group)?;
        let gone: Vec<_> = place
            .people
            .iter()
            .filter(|(_, person)| person.leaves_at.is_some_and(|at| at <= now))
            .map(|(user, _)| Arc::clone(user))
            .collect();
        for user in gone {
            place.people.remove(&user);
            if !place.joined.remove(&user) {
                place.left.insert(user);
            }
        }
        if place.joined.is_empty() && place.left.is_empty() {
            if place.people.is_empty() {
                self.places.remove(&group);
            }
            return None;
        }
        let next = place.told_at.map(|told| told + self.patience.every);
        if let Some(next) = next.filter(|next| *next > now) {
            self.alarm(next, group);
            return None;
        }
        place.told_at = Some(now);
        let count = place.people.len();
        let names = |set: &mut BTreeSet<Arc<str>>| -> Vec<String> {
            let names = std::mem::take(set);
            if count > PRESENCE_NAMES {
                Vec::new()
            } else {
                names.iter().map(ToString::to_string).collect()
            }
        };
        let (join, leave) = (names(&mut place.joined), names(&mut place.left));
        if place.people.is_empty() {
            // Kept until the pause is over, so that a quick return is not told twice a second.
            self.alarm(now + self.patience.every, group);
        }
        Some(Announcement { place: group, join, leave, count })
    }

    /// Who is here; no names past [`PRESENCE_NAMES`].
    #[must_use]
    pub fn online(&self, group: Group) -> Online {
        let Some(place) = self.places.get(&group) else {
            return Online { count: 0, users: Some(Vec::new()) };
        };
        let count = place.people.len();
        let users = (count <= PRESENCE_NAMES)
            .then(|| place.people.keys().map(ToString::to_string).collect());
        Online { count, users }
    }

    /// The names here, without `user` unless another connection of theirs is here already.
    #[must_use]
    pub fn list_for(&self, group: Group, user: Option<&str>) -> Vec<String> {
        let Some(place) = self.places.get(&group) else { return Vec::new() };
        place
            .people
            .iter()
            .filter(|(name, person)| Some(&***name) != user || !person.connections.is_empty())
            .map(|(name, _)| name.to_string())
            .collect()
    }

    /// How many are here.
    #[must_use]
    pub fn count(&self, group: Group) -> usize {
        self.places.get(&group).map_or(0, |place| place.people.len())
    }

    /// Whether this user is here.
    #[must_use]
    pub fn is_here(&self, group: Group, user: &str) -> bool {
        self.places.get(&group).is_some_and(|place| place.people.contains_key(user))
    }

    /// Every place with people in it, and how many.
    pub fn lit(&self) -> impl Iterator<Item = (Group, usize)> {
        self.places
            .iter()
            .map(|(group, place)| (*group, place.people.len()))
            .filter(|(_, n)| *n > 0)
    }
}

/// The one that the server shares.
pub struct Presence {
    state: Mutex<State>,
    changed: Notify,
}

impl Presence {
    /// Nobody anywhere.
    #[must_use]
    pub fn new(patience: Patience) -> Self {
        Self { state: Mutex::new(State::new(patience)), changed: Notify::new() }
    }

    /// The state, to ask it something. Held for a moment only.
    pub fn look(&self) -> MutexGuard<'_, State> {
        // A poisoned lock cannot happen: nothing panics while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// See [`State::enter`].
    pub fn enter(&self, group: Group, user: &Arc<str>, conn: ConnId) {
        self.look().enter(group, user, conn, Instant::now());
        self.changed.notify_one();
    }

    /// See [`State::leave`].
    pub fn leave(&self, group: Group, user: &str, conn: ConnId) {
        self.look().leave(group, user, conn, Instant::now());
        self.changed.notify_one();
    }

    /// Waits for the next announcements.
    pub async fn next(&self) -> Vec<Announcement> {
        loop {
            let due = self.look().due(Instant::now());
            if !due.is_empty() {
                return due;
            }
            let next = self.look().next();
            match next {
                Some(at) => {
                    tokio::select! {
                        () = tokio::time::sleep_until(at.into()) => {}
                        () = self.changed.notified() => {}
                    }
                }
                None => self.changed.notified().await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::store::LogId;
    use proptest::prelude::*;

    const ROOM: Group = Group::Room(LogId(1));

    struct Clock {
        state: State,
        now: Instant,
    }

    impl Clock {
        fn new() -> Self {
            let patience =
                Patience { grace: Duration::from_secs(5), every: Duration::from_secs(1) };
            Self { state: State::new(patience), now: Instant::now() }
        }
        fn wait(&mut self, ms: u64) -> Vec<Announcement> {
            self.now += Duration::from_millis(ms);
            self.state.due(self.now)
        }
        fn enter(&mut self, user: &str, conn: u64) {
            self.state.enter(ROOM, &user.into(), ConnId(conn), self.now);
        }
        fn leave(&mut self, user: &str, conn: u64) {
            self.state.leave(ROOM, user, ConnId(conn), self.now);
        }
    }

    fn told(join: &[&str], leave: &[&str], count: usize) -> Vec<Announcement> {
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        vec![Announcement { place: ROOM, join: names(join), leave: names(leave), count }]
    }

    #[test]
    fn k12_one_of_two_tabs_closing_is_silent() {
        let mut house = Clock::new();
        house.enter("alice", 1);
        assert_eq!(house.wait(0), told(&["alice"], &[], 1));
        house.enter("alice", 2);
        house.leave("alice", 1);
        assert_eq!(house.wait(60_000), []);
        house.leave("alice", 2);
        assert_eq!(house.wait(4_999), []);
        assert_eq!(house.wait(1), told(&[], &["alice"], 0));
    }

    #[test]
    fn a_reload_within_the_grace_is_silent() {
        let mut house = Clock::new();
        house.enter("alice", 1);
        house.wait(0);
        house.leave("alice", 1);
        assert_eq!(house.wait(4_000), []);
        assert_eq!(house.state.list_for(ROOM, Some("alice")), Vec::<String>::new());
        house.enter("alice", 2);
        assert_eq!(house.wait(60_000), []);
        assert!(house.state.is_here(ROOM, "alice"));
    }

    #[test]
    fn at_most_one_announcement_a_second() {
        let mut house = Clock::new();
        house.enter("a", 1);
        assert_eq!(house.wait(0), told(&["a"], &[], 1));
        house.enter("b", 2);
        assert_eq!(house.wait(100), []);
        house.enter("c", 3);
        assert_eq!(house.wait(899), []);
        assert_eq!(house.wait(1), told(&["b", "c"], &[], 3));
    }

    #[test]
    fn past_two_hundred_a_room_is_counted() {
        let mut house = Clock::new();
        for n in 0..=PRESENCE_NAMES as u64 {
            house.enter(&format!("user{n}"), n);
        }
        assert_eq!(house.wait(0), told(&[], &[], PRESENCE_NAMES + 1));
        assert_eq!(house.state.online(ROOM), Online { count: PRESENCE_NAMES + 1, users: None });
    }

    #[test]
    fn nothing_is_kept_of_an_empty_place() {
        let mut house = Clock::new();
        house.enter("a", 1);
        house.wait(0);
        house.leave("a", 1);
        house.wait(5_000);
        house.wait(1_000);
        assert!(house.state.places.is_empty() && house.state.alarms.is_empty());
        assert!(house.state.alarm_places.is_empty());
    }

    proptest! {
        /// Whoever applies the announcements holds what a fresh look returns.
        #[test]
        fn announcements_lead_to_the_truth(steps in prop::collection::vec((0u8..4, 0u64..4, any::<bool>(), 0u64..7_000), 0..80)) {
            let mut house = Clock::new();
            let mut seen = BTreeSet::new();
            let mut open = BTreeSet::new();
            let apply = |seen: &mut BTreeSet<String>, told: Vec<Announcement>| {
                for one in told {
                    for name in one.join { prop_assert!(seen.insert(name)); }
                    for name in one.leave { prop_assert!(seen.remove(&name)); }
                    prop_assert_eq!(seen.len(), one.count);
                }
                Ok(())
            };
            for (user, conn, enter, wait) in steps {
                let (name, conn) = (format!("u{user}"), u64::from(user) * 10 + conn);
                if enter { house.enter(&name, conn); open.insert((name, conn)); }
                else { house.leave(&name, conn); open.remove(&(name, conn)); }
                let told = house.wait(wait);
                apply(&mut seen, told)?;
            }
            for _ in 0..4 { let told = house.wait(5_000); apply(&mut seen, told)?; }
            let truth: BTreeSet<String> = open.into_iter().map(|(name, _)| name).collect();
            prop_assert_eq!(&seen, &truth);
            prop_assert_eq!(house.state.list_for(ROOM, None), truth.into_iter().collect::<Vec<_>>());
        }
    }
}
