mod proof;

use super::*;
use crate::protocol::frames::Online;
use crate::protocol::limits::PRESENCE_NAMES;

const ROOM: Group = Group::Room(LogId(1));
const KITCHEN: Group = Group::Room(LogId(2));
const GRACE: Duration = Duration::from_secs(5);
const EVERY: Duration = Duration::from_secs(1);

/// A machine and the time it is told.
struct Clock {
    state: State,
    now: Instant,
}

fn who(name: &str) -> Party {
    // Any number of its own will do: the name's letters.
    let id = name.bytes().fold(7, |id: i64, byte| id.wrapping_mul(131) + i64::from(byte));
    Party { id: UserId(id), name: name.into(), own: LogId(id) }
}

fn direct(a: &str, b: &str) -> Group {
    let (low, high) = crate::server::store::directs::pair(who(a).id, who(b).id);
    Group::Direct(low, high)
}

impl Clock {
    fn new() -> Self {
        Self { state: State::new(Patience { grace: GRACE, every: EVERY }), now: Instant::now() }
    }
    /// Lets time pass from alarm to alarm, as the server does; what is told, and when.
    fn pass(&mut self, ms: u64) -> Vec<(Instant, Announcement)> {
        let until = self.now + Duration::from_millis(ms);
        let mut told = Vec::new();
        while let Some(at) = self.state.next().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            told.extend(self.state.due(self.now).into_iter().map(|one| (self.now, one)));
        }
        self.now = until;
        told
    }
    fn wait(&mut self, ms: u64) -> Vec<Announcement> {
        self.pass(ms).into_iter().map(|(_, one)| one).collect()
    }
    fn enter_at(&mut self, place: Group, user: &str, conn: u64) {
        self.state.enter(place, &who(user), ConnId(conn), self.now);
    }
    fn leave_at(&mut self, place: Group, user: &str, conn: u64) {
        self.state.leave(place, user, ConnId(conn), self.now);
    }
    fn enter(&mut self, user: &str, conn: u64) {
        self.enter_at(ROOM, user, conn);
    }
    fn leave(&mut self, user: &str, conn: u64) {
        self.leave_at(ROOM, user, conn);
    }
    fn crowd(&mut self, enters: bool) {
        for n in 0..=PRESENCE_NAMES as u64 {
            let name = format!("guest{n}");
            if enters {
                self.enter(&name, 1_000 + n);
            } else {
                self.leave(&name, 1_000 + n);
            }
        }
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn told(join: &[&str], leave: &[&str], count: usize) -> Vec<Announcement> {
    let scene = Scene::Room(LogId(1));
    let (idle, awake) = (vec![], vec![]);
    vec![Announcement {
        scene,
        join: owned(join),
        leave: owned(leave),
        all: false,
        idle,
        awake,
        count,
    }]
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
fn a_return_after_the_grace_and_before_it_was_told_is_silent() {
    let mut house = Clock::new();
    house.enter("alice", 1);
    house.leave("alice", 1);
    house.wait(4_500);
    house.enter("bob", 2);
    assert_eq!(house.wait(0), told(&["bob"], &[], 2));
    // Her grace is over now, but a second has not passed since bob was told.
    assert_eq!(house.wait(700), []);
    assert!(!house.state.is_here(ROOM, "alice"));
    house.enter("alice", 3);
    assert_eq!(house.wait(3_000), []);
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
fn a_crowd_that_comes_and_goes_within_a_second_is_told_twice_and_sets_one_alarm() {
    const CROWD: u64 = 5_000;
    let mut house = Clock::new();
    let mut heard = 0;
    for n in 0..CROWD {
        house.enter(&format!("guest{n}"), n);
        if n % 10 == 0 {
            heard += house.wait(1).len();
        }
        assert!(house.state.kept() <= 2, "a place and its alarm");
    }
    heard += house.wait(5_000).len();
    assert_eq!((heard, house.state.count(ROOM)), (2, CROWD as usize));
    // Nothing is to be done while they stay, and nobody is looked for when they go.
    assert_eq!((house.state.next(), house.state.kept()), (None, 1));
    heard = 0;
    for n in 0..CROWD {
        house.leave(&format!("guest{n}"), n);
        if n % 10 == 0 {
            heard += house.wait(1).len();
        }
        assert_eq!(house.state.kept(), 2, "a place and its alarm");
    }
    heard += house.wait(10_000).len();
    assert_eq!((heard, house.state.kept()), (2, 0));
}

#[test]
fn past_two_hundred_a_room_is_counted_and_named_anew_once_it_is_not() {
    let mut house = Clock::new();
    house.enter("alice", 1);
    house.wait(2_000);
    house.crowd(true);
    let many = PRESENCE_NAMES + 2;
    assert_eq!(house.wait(0), told(&[], &[], many));
    assert_eq!(house.state.online(ROOM), Online { count: many, users: None, idle: vec![] });
    assert_eq!(house.state.list_for(ROOM, Some("bob")), Vec::<String>::new());
    assert_eq!(house.state.list_for(ROOM, Some("alice")), ["alice"]);
    house.enter("bob", 2);
    assert_eq!(house.wait(2_000), told(&[], &[], many + 1));
    house.crowd(false);
    let mut expected = told(&["alice", "bob"], &[], 2);
    expected[0].all = true;
    assert_eq!(house.wait(10_000), expected);
    house.enter("carol", 3);
    assert_eq!(house.wait(0), told(&["carol"], &[], 3));
}

#[test]
fn a_lost_announcement_is_made_good_by_a_list_of_everybody() {
    let mut house = Clock::new();
    house.enter("alice", 1);
    assert_eq!(house.wait(0).len(), 1);
    house.state.tell_anew(ROOM, house.now);
    let mut expected = told(&["alice"], &[], 1);
    expected[0].all = true;
    assert_eq!(house.wait(999), []);
    assert_eq!(house.wait(1), expected);
    // Also if everybody has gone meanwhile.
    house.leave("alice", 1);
    assert_eq!(house.wait(60_000), told(&[], &["alice"], 0));
    house.state.tell_anew(ROOM, house.now);
    let mut expected = told(&[], &[], 0);
    expected[0].all = true;
    assert_eq!(house.wait(60_000), expected);
    assert_eq!(house.state.kept(), 0);
}

#[test]
fn the_other_one_of_a_conversation_hears_however_many_are_online() {
    let mut house = Clock::new();
    for n in 0..=PRESENCE_NAMES as u64 {
        house.enter_at(Group::House, &format!("guest{n}"), n);
    }
    house.enter_at(Group::House, "alice", 9_001);
    assert_eq!(house.wait(2_000), [], "nobody follows a conversation");
    house.state.watch(direct("alice", "bob"));
    house.state.watch(direct("alice", "carol"));
    house.enter_at(Group::House, "bob", 9_002);
    let (alice, bob) = (who("alice"), who("bob"));
    let scene = || {
        let (a, b) = ((alice.id, alice.name.clone()), (bob.id, bob.name.clone()));
        let (low, high) = if a.0 < b.0 { (a, b) } else { (b, a) };
        Scene::Conversation { low, high }
    };
    let (join, leave) = (owned(&["bob"]), Vec::new());
    let came = Announcement {
        scene: scene(),
        join,
        leave,
        all: false,
        idle: vec![],
        awake: vec![],
        count: 2,
    };
    assert_eq!(house.wait(2_000), [came]);
    house.leave_at(Group::House, "bob", 9_002);
    let (join, leave) = (Vec::new(), owned(&["bob"]));
    let went = Announcement {
        scene: scene(),
        join,
        leave,
        all: false,
        idle: vec![],
        awake: vec![],
        count: 1,
    };
    assert_eq!(house.wait(10_000), [went]);
    house.state.unwatch(direct("alice", "bob"));
    house.enter_at(Group::House, "bob", 9_003);
    assert_eq!(house.wait(2_000), []);
}
