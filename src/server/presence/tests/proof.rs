//! A proof by many cases: whoever follows holds the truth.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeSet, HashMap};

const PLACES: [Group; 3] = [ROOM, KITCHEN, Group::House];
/// Whose conversation is followed.
const TWO: [&str; 2] = ["u0", "u1"];

/// What happens. Whoever enters a room is online, as every connection is.
#[derive(Clone, Debug)]
enum Step {
    Enter(usize, u8, u64),
    Leave(usize, u8, u64),
    /// The connection ends: it is nowhere any more.
    End(u8, u64),
    Active(u8, u64, bool),
    Oust(usize, u8),
    Crowd(bool),
    Wait(u64),
    /// A connection more follows everything.
    Follow,
    /// An announcement is lost to all.
    Lose(usize),
}

use Step::{Active, Crowd, End, Enter, Follow, Leave, Lose, Oust, Wait};

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0..3usize, 0..4u8, 0..3u64).prop_map(|(p, u, c)| Enter(p, u, c)),
        6 => (0..2usize, 0..4u8, 0..3u64).prop_map(|(p, u, c)| Leave(p, u, c)),
        4 => (0..4u8, 0..3u64).prop_map(|(u, c)| End(u, c)),
        4 => (0..4u8, 0..3u64, any::<bool>()).prop_map(|(u, c, active)| Active(u, c, active)),
        2 => (0..2usize, 0..4u8).prop_map(|(p, u)| Oust(p, u)),
        1 => any::<bool>().prop_map(Crowd),
        6 => (0..7_000u64).prop_map(Wait),
        4 => (0..400u64).prop_map(Wait),
        // To the moment at which a grace or a pause ends, and just before.
        3 => prop_oneof![Just(4_999), Just(5_000), Just(999), Just(1_000), Just(1)].prop_map(Wait),
        3 => Just(Follow),
        1 => (0..2usize).prop_map(Lose),
    ];
    prop::collection::vec(step, 0..80)
}

/// The plain truth: when somebody was here by which connection, and when their last one went.
#[derive(Default)]
struct Model(HashMap<String, (BTreeSet<u64>, Option<Instant>)>);

impl Model {
    fn enter(&mut self, name: &str, conn: u64) {
        let person = self.0.entry(name.to_owned()).or_default();
        person.0.insert(conn);
        person.1 = None;
    }
    fn leave(&mut self, name: &str, conn: u64, now: Instant) {
        let Some(person) = self.0.get_mut(name) else { return };
        if person.0.remove(&conn) && person.0.is_empty() {
            person.1 = Some(now);
        }
    }
    fn present(&self, now: Instant) -> BTreeSet<String> {
        let here = |(conns, went): &(BTreeSet<u64>, Option<Instant>)| {
            !conns.is_empty() || went.is_some_and(|went| went + GRACE > now)
        };
        self.0.iter().filter(|(_, p)| here(p)).map(|(name, _)| name.clone()).collect()
    }
}

/// A client that followed at some time and applies what it is told.
#[derive(Debug, PartialEq)]
struct Reader {
    users: Option<BTreeSet<String>>,
    idle: BTreeSet<String>,
    count: usize,
}

impl Reader {
    fn new(online: Online) -> Self {
        let set = |names: Vec<String>| names.into_iter().collect();
        Self { users: online.users.map(set), idle: set(online.idle), count: online.count }
    }
    /// `strict`: it has followed from the start, so that joins and leaves alternate for it.
    fn hear(&mut self, one: &Announcement, strict: bool) -> Result<(), TestCaseError> {
        self.count = one.count;
        let changes = [&one.join, &one.leave, &one.idle, &one.awake];
        if one.all {
            self.users = Some(one.join.iter().cloned().collect());
            self.idle = one.idle.iter().cloned().collect();
        } else if changes.iter().all(|names| names.is_empty()) {
            // A frame without any name tells a count.
            prop_assert!(one.count > PRESENCE_NAMES, "a count of a few");
            (self.users, self.idle) = (None, BTreeSet::new());
        } else if let Some(users) = &mut self.users {
            prop_assert!(one.count <= PRESENCE_NAMES, "names of a crowd");
            for name in &one.join {
                prop_assert!(users.insert(name.clone()) || !strict, "{name} came twice");
            }
            for name in &one.leave {
                prop_assert!(users.remove(name) || !strict, "{name} went twice");
                self.idle.remove(name);
            }
            self.idle.extend(one.idle.iter().filter(|name| users.contains(*name)).cloned());
            self.idle.retain(|name| !one.awake.contains(name));
        }
        if let Some(users) = &self.users {
            prop_assert!(users.len() == one.count || !strict);
        }
        Ok(())
    }
}

/// A room socket, which hears names alone.
struct Visit(BTreeSet<String>);

impl Visit {
    fn hear(&mut self, one: &Announcement) {
        if one.all {
            self.0.clear();
        }
        self.0.extend(one.join.iter().cloned());
        self.0.retain(|name| !one.leave.contains(name));
    }
}

/// The machine, the truth, and all who follow.
struct World {
    house: Clock,
    models: [Model; 3],
    readers: Vec<(usize, bool, Reader)>,
    visits: Vec<(usize, Visit)>,
    /// Of the conversation, with the connection that each is.
    partners: Vec<(&'static str, u64, Reader)>,
    followed: usize,
    told_at: [Option<Instant>; 3],
}

fn conn_of(user: u8, conn: u64) -> (String, u64) {
    (format!("u{user}"), u64::from(user) * 10 + conn)
}

fn two(state: &mut State) -> Reader {
    let [one, other] = TWO.map(who);
    Reader::new(state.online_of([&one, &other]))
}

impl World {
    fn new() -> Self {
        let mut house = Clock::new();
        house.state.watch(direct(TWO[0], TWO[1]));
        let mut start = |p: usize| (p, true, Reader::new(house.state.online(PLACES[p])));
        let readers = vec![start(0), start(1)];
        Self {
            house,
            models: Default::default(),
            readers,
            visits: Vec::new(),
            partners: Vec::new(),
            followed: 0,
            told_at: [None; 3],
        }
    }

    fn enter(&mut self, place: usize, name: &str, conn: u64) {
        for p in if place == 2 { vec![2] } else { vec![2, place] } {
            self.house.enter_at(PLACES[p], name, conn);
            self.models[p].enter(name, conn);
        }
    }

    fn leave(&mut self, place: usize, name: &str, conn: u64) {
        self.house.leave_at(PLACES[place], name, conn);
        self.models[place].leave(name, conn, self.house.now);
        if place == 2 {
            self.partners.retain(|(user, known, _)| (*user, *known) != (name, conn));
        }
    }

    /// A connection more follows everything. Room sockets and main sockets take turns, so that the
    /// look of the one does not make good what the other's lacks.
    fn follow(&mut self) {
        let by_list = self.followed.is_multiple_of(2);
        self.followed += 1;
        for (p, place) in PLACES.into_iter().enumerate().take(2) {
            if by_list {
                let list = self.house.state.list_for(place, None);
                self.visits.push((p, Visit(list.into_iter().collect())));
            } else {
                let online = self.house.state.online(place);
                self.readers.push((p, false, Reader::new(online)));
            }
        }
        for user in TWO {
            let conns: Vec<u64> = self.models[2]
                .0
                .get(user)
                .into_iter()
                .flat_map(|(conns, _)| conns.clone())
                .collect();
            for conn in conns {
                self.partners.push((user, conn, two(&mut self.house.state)));
            }
        }
    }

    fn crowd(&mut self, enters: bool) {
        for n in 0..=PRESENCE_NAMES as u64 {
            let (name, conn) = (format!("guest{n}"), 1_000 + n);
            if enters {
                self.enter(0, &name, conn);
            } else {
                self.leave(2, &name, conn);
                self.leave(0, &name, conn);
            }
        }
    }

    fn take(&mut self, step: Step) -> Result<usize, TestCaseError> {
        let mut wait = 0;
        match step {
            Enter(place, user, conn) => {
                let (name, conn) = conn_of(user, conn);
                self.enter(place, &name, conn);
            }
            Leave(place, user, conn) => {
                let (name, conn) = conn_of(user, conn);
                self.leave(place, &name, conn);
            }
            End(user, conn) => {
                let (name, conn) = conn_of(user, conn);
                for place in [2, 0, 1] {
                    self.leave(place, &name, conn);
                }
            }
            Active(user, conn, active) => {
                let (name, conn) = conn_of(user, conn);
                let now = self.house.now;
                self.house.state.active(who(&name).id, ConnId(conn), active, now);
            }
            Oust(place, user) => {
                let (name, now) = (format!("u{user}"), self.house.now);
                let id = who(&name).id;
                self.house.state.oust(PLACES[place], |one| one == id, now);
                self.models[place].0.remove(&name);
            }
            Crowd(enters) => self.crowd(enters),
            Follow => self.follow(),
            Lose(place) => {
                let now = self.house.now;
                self.house.state.tell_anew(PLACES[place], now);
            }
            Wait(ms) => wait = ms,
        }
        let told = self.house.pass(wait);
        let heard = told.len();
        for (at, one) in told {
            self.hear(at, &one)?;
        }
        self.house.state.take_away();
        Ok(heard)
    }

    fn hear(&mut self, at: Instant, one: &Announcement) -> Result<(), TestCaseError> {
        let p = match one.scene {
            Scene::Room(log) => usize::from(log == LogId(2)),
            Scene::Conversation { .. } => 2,
        };
        prop_assert!(self.told_at[p].is_none_or(|told| told + EVERY <= at), "too soon");
        self.told_at[p] = Some(at);
        for (_, strict, reader) in self.readers.iter_mut().filter(|(place, ..)| *place == p) {
            reader.hear(one, *strict)?;
        }
        for (_, visit) in self.visits.iter_mut().filter(|(place, _)| *place == p) {
            visit.hear(one);
        }
        for (.., reader) in self.partners.iter_mut().filter(|_| p == 2) {
            reader.hear(one, false)?;
        }
        Ok(())
    }

    fn is_true(&self) -> Result<(), TestCaseError> {
        for (place, model) in PLACES.iter().zip(&self.models) {
            let truth = model.present(self.house.now);
            prop_assert_eq!(self.house.state.count(*place), truth.len());
            for n in 0..4 {
                let name = format!("u{n}");
                prop_assert_eq!(self.house.state.is_here(*place, &name), truth.contains(&name));
            }
        }
        Ok(())
    }

    fn all_know_it(&mut self) -> Result<(), TestCaseError> {
        let state = &mut self.house.state;
        for (p, _, reader) in &self.readers {
            let fresh = Reader::new(state.online(PLACES[*p]));
            prop_assert_eq!(reader, &fresh);
            // Whoever is idle is so wherever they are.
            for name in fresh.users.iter().flatten() {
                prop_assert_eq!(fresh.idle.contains(name), state.is_idle(who(name).id));
            }
        }
        for (p, Visit(names)) in &self.visits {
            if let Some(users) = Reader::new(state.online(PLACES[*p])).users {
                prop_assert_eq!(names, &users);
            }
        }
        let fresh = two(state);
        // Nobody is told of themselves while the other one is away.
        let but = |reader: &Reader, me: &str| {
            let idle: BTreeSet<String> = reader.idle.iter().filter(|n| *n != me).cloned().collect();
            (reader.users.clone(), idle, reader.count)
        };
        for (me, _, reader) in &self.partners {
            prop_assert_eq!(but(reader, me), but(&fresh, me));
        }
        Ok(())
    }

    /// Everybody goes, and nothing is kept of them.
    fn end(mut self) -> Result<(), TestCaseError> {
        for (place, model) in PLACES.into_iter().zip(&mut self.models) {
            for (name, (conns, _)) in std::mem::take(model).0 {
                for conn in conns {
                    self.house.leave_at(place, &name, conn);
                }
            }
        }
        self.house.state.unwatch(direct(TWO[0], TWO[1]));
        self.house.pass(GRACE.as_millis() as u64);
        self.house.pass(2 * EVERY.as_millis() as u64);
        self.house.state.take_away();
        prop_assert_eq!(self.house.state.kept(), 0);
        Ok(())
    }
}

/// Present is who has a live connection or is within the grace; whoever applies the announcements,
/// from whenever they follow, holds what a fresh look returns; no place is told of twice within a
/// second, nor when nothing happens; and nothing is kept of those who have gone.
fn leads_to_the_truth(steps: impl IntoIterator<Item = Step>) -> Result<(), TestCaseError> {
    let mut world = World::new();
    for step in steps {
        world.take(step)?;
        world.is_true()?;
    }
    world.take(Wait(12_000))?;
    prop_assert_eq!(world.take(Wait(60_000))?, 0, "it does not come to rest");
    world.is_true()?;
    world.all_know_it()?;
    world.end()
}

fn holds(steps: impl IntoIterator<Item = Step>) {
    if let Err(error) = leads_to_the_truth(steps) {
        panic!("{error}");
    }
}

proptest! {
    #[test]
    fn announcements_lead_to_the_truth(steps in steps()) {
        leads_to_the_truth(steps)?;
    }
}

#[test]
fn who_follows_between_a_leave_and_a_return_that_were_not_told_hears_of_the_return() {
    // Of few: `u1` is told when the grace of `u0` is about to end, so that their going has to wait.
    let gone_and_not_told = [Enter(0, 0, 0), Wait(2_000), Leave(0, 0, 0), Wait(4_900)];
    let gone_and_not_told = gone_and_not_told.into_iter().chain([Enter(0, 1, 0), Wait(200)]);
    holds(gone_and_not_told.clone().chain([Follow, Enter(0, 0, 0)]));
    // By a main socket as well, the second that follows.
    holds([Follow].into_iter().chain(gone_and_not_told).chain([Follow, Enter(0, 0, 0)]));
}

#[test]
fn who_follows_while_a_crowd_is_gone_and_that_was_not_told_hears_of_its_return() {
    // The crowd is back before the second is over, and so nobody else has anything to hear.
    holds([
        Crowd(true),
        Enter(0, 0, 0),
        Enter(0, 3, 0),
        Leave(0, 3, 0),
        Wait(1),
        Crowd(false),
        Wait(4_213),
        Wait(787),
        Follow,
        Follow,
        Crowd(true),
    ]);
}

#[test]
fn who_follows_between_an_entrance_and_an_ousting_that_were_not_told_hears_of_the_ousting() {
    holds([Enter(0, 1, 0), Wait(100), Enter(0, 0, 0), Follow, Follow, Oust(0, 0)]);
}

#[test]
fn who_follows_while_somebody_dozes_and_that_was_not_told_hears_that_they_woke() {
    let dozes = [Enter(0, 1, 0), Enter(0, 0, 0), Wait(100), Enter(0, 2, 0), Active(0, 0, false)];
    let wakes = [Follow, Follow, Active(0, 0, true)];
    holds(dozes.into_iter().chain(wakes));
}

#[test]
fn who_went_idle_and_is_back_awake_before_that_was_told_is_awake_to_all() {
    let idle = [Enter(0, 0, 0), Enter(0, 1, 0), Follow, Follow, Active(0, 0, false), Wait(2_000)];
    let gone = [Leave(0, 0, 0), Wait(4_900), Enter(0, 2, 0), Wait(200), Active(0, 0, true)];
    holds(idle.into_iter().chain(gone).chain([Enter(0, 0, 0)]));
}

#[test]
fn who_follows_a_conversation_while_the_other_is_gone_and_that_was_not_told_hears_of_the_return() {
    let gone = [Enter(2, 0, 0), Enter(2, 1, 0), Wait(2_000), End(0, 0), Wait(4_900)];
    let not_told = [Enter(2, 2, 0), Wait(200), Follow, Enter(2, 0, 0)];
    holds(gone.into_iter().chain(not_told));
}

#[test]
fn the_other_one_of_a_conversation_hears_who_dozes_however_many_are_online() {
    let two = [Crowd(true), Enter(2, 0, 0), Enter(2, 1, 0), Wait(2_000), Follow];
    holds(two.into_iter().chain([Active(0, 0, false)]));
}

#[test]
fn what_a_crowd_did_not_hear_is_told_it_once() {
    let mut house = Clock::new();
    house.crowd(true);
    house.wait(2_000);
    house.state.tell_anew(ROOM, house.now);
    assert_eq!(house.wait(60_000), told(&[], &[], PRESENCE_NAMES + 1));
    house.state.tell_anew(ROOM, house.now);
    house.crowd(false);
    house.enter("alice", 1);
    let mut expected = told(&["alice"], &[], 1);
    expected[0].all = true;
    let heard = house.wait(60_000);
    assert_eq!(heard.iter().filter(|one| one.all).cloned().collect::<Vec<_>>(), expected);
}
