//! What waits to be sent to which device, and until when: a pure machine that is told the time.
//!
//! What somebody is told of waits a moment first, for a client of theirs to take it. Where one seems to, it is in
//! doubt until that client must have shown that it is still there. Then it waits for each of their devices: one
//! parcel for each conversation, of which a newer one takes the place; one try at a time for each device, and no
//! more for one person or for one push service than leaves room for the others.

use super::service::Came;
use crate::server::store::UserId;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::{Duration, Instant};

/// Tries at once, to all devices together.
pub const AT_ONCE: usize = 32;
/// Of these, to those of one person: with as many devices as one may have, at a push service that says nothing,
/// they wait for themselves alone.
const OF_ONE: usize = 3;
/// To those of one push service. Most devices are at one of three services: it may use nearly all…
const AT_SERVICE: usize = 24;
/// …unless it has not answered, or not yet: each try may take all of the patience then.
const AT_SILENT: usize = 4;
/// Push services of which it is known whether they answer. There are some five in the world.
const SERVICES: usize = 64;
/// Parcels that wait, for all devices together: with those in the line before it twice a burst of the
/// whole house. As many may be in doubt.
const MOST: usize = 10_000;
/// The longest pause that a push service may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);
/// After this time nobody waits for a notification any more.
pub const OLD: Duration = Duration::from_secs(2 * 3_600);
/// Tries of one parcel.
const TRIES: usize = 5;

/// How patient the sender is.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How long a client has to take what was told, before a device is told of it.
    pub wait: Duration,
    /// How long a try may take.
    pub patience: Duration,
    /// The pause after each try but the last, where the push service names none.
    pub pauses: [Duration; TRIES - 1],
}

impl Pace {
    /// As people expect it: a moment, then some minutes, within two hours.
    pub const DEFAULT: Self = Self {
        wait: Duration::from_secs(1),
        patience: Duration::from_secs(10),
        pauses: [
            Duration::from_secs(15),
            Duration::from_secs(60),
            Duration::from_secs(300),
            Duration::from_secs(1_800),
        ],
    };
    /// For tests.
    pub const QUICK: Self = Self {
        wait: Duration::from_millis(100),
        patience: Duration::from_millis(500),
        pauses: [Duration::from_millis(50); TRIES - 1],
    };
}

/// A conversation, or what else takes one place on a device. Its name says nothing to those outside.
pub type Talk = String;

struct Parcel<T> {
    talk: Talk,
    what: T,
    tries: usize,
    since: Instant,
    /// Without its text, which was too large.
    bare: bool,
}

struct Device<T> {
    user: UserId,
    /// The origin of its push service, as it was when this began to wait.
    service: String,
    /// One for each conversation, the oldest first.
    parcels: VecDeque<Parcel<T>>,
    /// The one that is on its way.
    sending: Option<Parcel<T>>,
    /// Its push service asked for a pause until then.
    not_before: Option<Instant>,
    /// When it is to be looked at.
    alarm: Option<Instant>,
}

/// A push service, by its origin.
#[derive(Default)]
struct Service {
    sending: usize,
    /// Whether there was an answer to the last try.
    answers: bool,
    /// When its devices are to be looked at.
    alarms: BTreeSet<(Instant, String)>,
}

impl Service {
    fn has_room(&self) -> bool {
        self.sending < if self.answers { AT_SERVICE } else { AT_SILENT }
    }
}

/// Which device something is for.
#[derive(Clone, Copy, Debug)]
pub struct To<'a> {
    /// Its id.
    pub device: &'a str,
    /// Whose.
    pub user: UserId,
    /// The origin of its push service.
    pub service: &'a str,
}

/// What has waited for a client long enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready<T> {
    /// For whom.
    pub user: UserId,
    /// Which conversation it is of.
    pub talk: Talk,
    /// What.
    pub what: T,
}

/// A try that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due<T> {
    /// To which device…
    pub device: String,
    /// …of whom.
    pub user: UserId,
    /// Which conversation it is of.
    pub talk: Talk,
    /// What.
    pub what: T,
    /// Whether its text is to be left out.
    pub bare: bool,
}

/// See the module.
pub struct Waiting<T> {
    pace: Pace,
    /// What was told lately, the oldest first.
    order: VecDeque<(Instant, UserId, Talk)>,
    told: HashMap<(UserId, Talk), T>,
    /// What somebody seemed to have before them, and until when that is to be seen.
    doubts: HashMap<(UserId, Talk), (Instant, T)>,
    settled: BTreeSet<(Instant, UserId, Talk)>,
    devices: HashMap<String, Device<T>>,
    services: HashMap<String, Service>,
    /// Tries on their way to each person's devices.
    busy: HashMap<UserId, usize>,
    /// Parcels that wait, without those on their way.
    parcels: usize,
    sending: usize,
}

impl<T: Clone> Waiting<T> {
    /// Nothing waits.
    #[must_use]
    pub fn new(pace: Pace) -> Self {
        Self {
            pace,
            order: VecDeque::new(),
            told: HashMap::new(),
            doubts: HashMap::new(),
            settled: BTreeSet::new(),
            devices: HashMap::new(),
            services: HashMap::new(),
            busy: HashMap::new(),
            parcels: 0,
            sending: 0,
        }
    }

    /// All that is to be sent, as far as is known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.told.len() + self.parcels + self.sending
    }

    /// Whether nothing is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Somebody was told of something. False where there is no room for it.
    #[must_use]
    pub fn note(&mut self, user: UserId, talk: Talk, what: T, now: Instant) -> bool {
        let full = self.len() >= MOST;
        let key = (user, talk);
        if let Some(known) = self.told.get_mut(&key) {
            *known = what;
            return true;
        }
        if full {
            return false;
        }
        self.order.push_back((now + self.pace.wait, key.0, key.1.clone()));
        self.told.insert(key, what);
        true
    }

    /// What has waited for a client long enough: to be handed to whichever devices there are.
    pub fn ready(&mut self, now: Instant) -> Option<Ready<T>> {
        if self.order.front().is_some_and(|(at, ..)| *at <= now) {
            return self.told_first();
        }
        if self.settled.first().is_none_or(|(at, ..)| *at > now) {
            return None;
        }
        let (_, user, talk) = self.settled.pop_first()?;
        let key = (user, talk);
        let (_, what) = self.doubts.remove(&key)?;
        Some(Ready { user: key.0, talk: key.1, what })
    }

    /// What waits for a client, whether it has done so for long enough or not.
    pub fn told_first(&mut self) -> Option<Ready<T>> {
        let (_, user, talk) = self.order.pop_front()?;
        let key = (user, talk);
        let what = self.told.remove(&key)?;
        Some(Ready { user: key.0, talk: key.1, what })
    }

    /// Somebody seems to have this before them: it is looked at once more, then. A newer one of a conversation
    /// takes the place of an older. False where there is no room for it.
    #[must_use]
    pub fn doubt(&mut self, user: UserId, talk: Talk, what: T, until: Instant) -> bool {
        self.no_doubt(user, &talk);
        if self.doubts.len() >= MOST {
            return false;
        }
        self.settled.insert((until, user, talk.clone()));
        self.doubts.insert((user, talk), (until, what));
        true
    }

    /// Something of this conversation is sent: nothing of it is in doubt any more. What was.
    pub fn no_doubt(&mut self, user: UserId, talk: &Talk) -> Option<T> {
        let key = (user, talk.clone());
        let (until, what) = self.doubts.remove(&key)?;
        self.settled.remove(&(until, key.0, key.1));
        Some(what)
    }

    /// All of which it is not settled yet whether it was told, and who is to be.
    pub fn open(&self) -> impl Iterator<Item = (UserId, &T)> {
        let told = self.told.iter().map(|((user, _), what)| (*user, what));
        let doubts = self.doubts.iter().map(|((user, _), (_, what))| (*user, what));
        let parcels = self.devices.values().flat_map(|one| {
            one.parcels.iter().chain(&one.sending).map(|parcel| (one.user, &parcel.what))
        });
        told.chain(doubts).chain(parcels)
    }

    /// Something is for this device. It takes the place of what waits there of the same conversation.
    /// False where there is no room for it.
    #[must_use]
    pub fn hand(&mut self, to: To<'_>, talk: Talk, what: T, now: Instant) -> bool {
        let full = self.len() >= MOST;
        let one = self.devices.entry(to.device.to_owned()).or_insert_with(|| Device {
            user: to.user,
            service: to.service.to_owned(),
            parcels: VecDeque::new(),
            sending: None,
            not_before: None,
            alarm: None,
        });
        let parcel = Parcel { talk, what, tries: 0, since: now, bare: false };
        let same = one.parcels.iter_mut().find(|it| it.talk == parcel.talk);
        let fits = match same {
            Some(same) => {
                *same = parcel;
                true
            }
            None if full => false,
            None => {
                one.parcels.push_back(parcel);
                self.parcels += 1;
                true
            }
        };
        self.wind(to.device, now);
        fits
    }

    /// The next try, if one is due and may begin.
    pub fn send(&mut self, now: Instant) -> Option<Due<T>> {
        let (name, parcel) = loop {
            let (at, name) = self.first().filter(|(at, _)| *at <= now)?;
            let name = name.clone();
            let device = self.devices.get_mut(&name)?;
            if let Some(service) = self.services.get_mut(&device.service) {
                service.alarms.remove(&(at, name.clone()));
            }
            device.alarm = None;
            device.not_before = None;
            match device.parcels.pop_front() {
                Some(parcel) => break (name, parcel),
                // Its pause is over, and nothing came in it.
                None => drop(self.devices.remove(&name)),
            }
        };
        let device = self.devices.get_mut(&name)?;
        self.parcels -= 1;
        self.sending += 1;
        *self.busy.entry(device.user).or_default() += 1;
        if let Some(service) = self.services.get_mut(&device.service) {
            service.sending += 1;
        }
        let due = Due {
            device: name,
            user: device.user,
            talk: parcel.talk.clone(),
            what: parcel.what.clone(),
            bare: parcel.bare,
        };
        device.sending = Some(parcel);
        Some(due)
    }

    /// A try has ended. Answers whether its parcel was given up.
    pub fn came(&mut self, name: &str, came: Came, now: Instant) -> bool {
        let Some(device) = self.devices.get_mut(name) else { return false };
        let Some(mut parcel) = device.sending.take() else { return false };
        self.sending -= 1;
        if let Some(busy) = self.busy.get_mut(&device.user) {
            *busy -= 1;
            if *busy == 0 {
                self.busy.remove(&device.user);
            }
        }
        if let Some(service) = self.services.get_mut(&device.service) {
            service.sending -= 1;
            match came {
                Came::Silence => service.answers = false,
                // Nothing was sent.
                Came::Nothing | Came::Refused(None) => {}
                _ => service.answers = true,
            }
        }
        parcel.tries += 1;
        let newer = device.parcels.iter().any(|it| it.talk == parcel.talk);
        let mut given_up = false;
        let mut again = None;
        match came {
            Came::Taken | Came::Nothing => {}
            Came::Gone => {
                self.parcels -= device.parcels.len();
                device.parcels.clear();
            }
            Came::TooLarge if !parcel.bare => {
                parcel.bare = true;
                again = Some(parcel);
            }
            Came::TooLarge | Came::Refused(_) => given_up = true,
            Came::Later(_) | Came::Silence => {
                let pause = self.pace.pauses[parcel.tries.min(TRIES - 1) - 1];
                let after = match came {
                    Came::Later(Some(after)) => after.min(LONGEST_PAUSE),
                    _ => Duration::ZERO,
                };
                // The device is left alone, whatever else is for it, and never for less than we would: a push
                // service that names no time at all would be asked five times in one moment.
                let at = now + pause.max(after);
                device.not_before = Some(at);
                if parcel.tries < TRIES && at.duration_since(parcel.since) <= OLD {
                    again = Some(parcel);
                } else {
                    given_up = true;
                }
            }
        }
        // What is newer of the same conversation is sent in its place.
        if let Some(parcel) = again.filter(|_| !newer) {
            device.parcels.push_front(parcel);
            self.parcels += 1;
        }
        self.wind(name, now);
        given_up && !newer
    }

    /// When something is due that may begin then; none while it is not a matter of time.
    #[must_use]
    pub fn next(&self) -> Option<Instant> {
        let told = self.order.front().map(|(at, ..)| *at);
        let settled = self.settled.first().map(|(at, ..)| *at);
        let alarm = self.first().map(|(at, _)| at);
        told.into_iter().chain(settled).chain(alarm).min()
    }

    /// The device that is looked at next, of those to which a try may begin, and when. A device that waits for
    /// another one of the same person is passed over: one has few. So is a push service with all its devices.
    fn first(&self) -> Option<(Instant, &String)> {
        if self.sending >= AT_ONCE {
            return None;
        }
        let is_free = |name: &str| {
            let busy = self.devices.get(name).and_then(|one| self.busy.get(&one.user));
            busy.is_none_or(|busy| *busy < OF_ONE)
        };
        let open = self.services.values().filter(|service| service.has_room());
        let first = open.filter_map(|one| one.alarms.iter().find(|(_, name)| is_free(name)));
        first.min().map(|(at, name)| (*at, name))
    }

    /// Sets the device's alarm anew; forgets it when nothing is for it, after its pause if it has one.
    fn wind(&mut self, name: &str, now: Instant) {
        let Some(device) = self.devices.get_mut(name) else { return };
        if !self.services.contains_key(&device.service) {
            if self.services.len() >= SERVICES {
                self.services.retain(|_, one| one.sending > 0 || !one.alarms.is_empty());
            }
            self.services.insert(device.service.clone(), Service::default());
        }
        let Some(service) = self.services.get_mut(&device.service) else { return };
        if let Some(at) = device.alarm.take() {
            service.alarms.remove(&(at, name.to_owned()));
        }
        if device.sending.is_some() {
            return;
        }
        let pause = device.not_before.filter(|at| *at > now);
        if device.parcels.is_empty() && pause.is_none() {
            self.devices.remove(name);
            return;
        }
        let at = pause.unwrap_or(now);
        device.alarm = Some(at);
        service.alarms.insert((at, name.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALICE: UserId = UserId(1);

    fn machine() -> (Waiting<u32>, Instant) {
        (Waiting::new(Pace::DEFAULT), Instant::now())
    }

    fn at<'a>(device: &'a str, user: UserId, service: &'a str) -> To<'a> {
        To { device, user, service }
    }

    fn d() -> To<'static> {
        at("d", ALICE, "s")
    }

    fn first(talk: &str, what: u32) -> Option<Ready<u32>> {
        Some(Ready { user: ALICE, talk: talk.into(), what })
    }

    /// As far as anything is still to come of it.
    fn is_over(it: &Waiting<u32>) -> bool {
        let rests = |one: &Service| one.sending == 0 && one.alarms.is_empty();
        it.is_empty()
            && it.devices.is_empty()
            && it.busy.is_empty()
            && it.doubts.is_empty()
            && it.services.values().all(rests)
    }

    fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn what_was_told_waits_a_moment_and_the_latest_of_a_conversation_counts() {
        let (mut it, now) = machine();
        assert!(it.note(ALICE, "a".into(), 1, now));
        assert!(it.note(ALICE, "a".into(), 2, now + Duration::from_millis(900)));
        assert!(it.note(ALICE, "b".into(), 3, now + Duration::from_millis(900)));
        assert_eq!(it.ready(now), None);
        assert_eq!(it.next(), Some(now + secs(1)));
        assert_eq!(it.ready(now + secs(1)), first("a", 2));
        assert_eq!(it.ready(now + secs(1)), None, "the other one came later");
        assert_eq!(it.ready(now + secs(2)), first("b", 3));
        assert!(it.is_empty());
    }

    #[test]
    fn a_newer_one_takes_the_place_of_what_waits_for_another_try() {
        let (mut it, now) = machine();
        assert!(it.hand(d(), "a".into(), 1, now));
        let due = it.send(now).unwrap();
        assert_eq!((due.what, due.bare), (1, false));
        assert_eq!(it.send(now), None);
        assert!(!it.came("d", Came::Later(Some(secs(100))), now));
        assert!(it.hand(d(), "a".into(), 2, now));
        assert!(it.hand(d(), "b".into(), 3, now));
        assert_eq!(it.len(), 2);
        assert_eq!(it.send(now + secs(99)), None, "the pause is the device's");
        assert_eq!(it.next(), Some(now + secs(100)));
        assert_eq!(it.send(now + secs(100)).unwrap().what, 2);
        // One that comes while it is on its way is sent after it, and not the older one again.
        assert!(it.hand(d(), "a".into(), 4, now + secs(100)));
        assert!(!it.came("d", Came::Later(None), now + secs(100)));
        let later = now + secs(115);
        assert_eq!(it.send(later).unwrap().what, 3);
        it.came("d", Came::Taken, later);
        assert_eq!(it.send(later).unwrap().what, 4);
        it.came("d", Came::Taken, later);
        assert!(is_over(&it));
    }

    #[test]
    fn tries_come_to_an_end() {
        let (mut it, mut now) = machine();
        assert!(it.hand(d(), "a".into(), 1, now));
        let begun = now;
        for n in 1..=TRIES {
            now = it.next().unwrap();
            assert!(it.send(now).is_some());
            assert_eq!(it.came("d", Came::Later(None), now), n == TRIES);
        }
        assert!(now - begun < OLD);
        assert!(it.is_empty());
        // However long the pauses that are asked for are.
        assert!(it.hand(at("e", ALICE, "s"), "a".into(), 1, now));
        let begun = now;
        loop {
            assert!(it.send(now).is_some_and(|due| due.device == "e"));
            if it.came("e", Came::Later(Some(secs(86_400))), now) {
                break;
            }
            now += LONGEST_PAUSE;
        }
        assert!(now - begun <= OLD);
    }

    #[test]
    fn too_large_is_tried_once_without_its_text() {
        let (mut it, now) = machine();
        assert!(it.hand(d(), "a".into(), 1, now));
        it.send(now).unwrap();
        assert!(!it.came("d", Came::TooLarge, now));
        assert!(it.send(now).unwrap().bare);
        assert!(it.came("d", Came::TooLarge, now));
        assert!(it.is_empty());
    }

    #[test]
    fn with_a_subscription_goes_all_that_waits_for_it() {
        let (mut it, now) = machine();
        for talk in ["a", "b", "c"] {
            assert!(it.hand(d(), talk.into(), 1, now));
        }
        it.send(now).unwrap();
        it.came("d", Came::Gone, now);
        assert!(it.is_empty());
        assert_eq!(it.next(), None);
    }

    #[test]
    fn what_there_is_no_room_for_is_said() {
        let (mut it, now) = machine();
        for n in 0..MOST {
            assert!(it.note(ALICE, n.to_string(), 1, now));
        }
        assert!(!it.note(ALICE, "more".into(), 1, now));
        assert!(it.note(ALICE, "0".into(), 2, now), "it takes no more room");
        assert!(!it.hand(d(), "more".into(), 1, now));
        assert_eq!(it.len(), MOST);
    }

    #[test]
    fn a_pause_is_never_shorter_than_ours() {
        let (mut it, now) = machine();
        assert!(it.hand(d(), "a".into(), 1, now));
        it.send(now).unwrap();
        it.came("d", Came::Later(Some(Duration::ZERO)), now);
        assert_eq!(it.next(), Some(now + secs(15)));
    }

    #[test]
    fn what_somebody_seems_to_have_is_looked_at_once_more() {
        let (mut it, now) = machine();
        let ready = |what| Some(Ready { user: ALICE, talk: "a".into(), what });
        assert!(it.doubt(ALICE, "a".into(), 1, now + secs(36)));
        assert!(it.is_empty(), "it may never be sent");
        assert_eq!(it.next(), Some(now + secs(36)));
        // A newer one has all of that time.
        assert!(it.doubt(ALICE, "a".into(), 2, now + secs(40)));
        assert_eq!(it.ready(now + secs(36)), None);
        assert_eq!(it.open().count(), 1);
        assert_eq!(it.ready(now + secs(40)), ready(2));
        assert_eq!(it.ready(now + secs(80)), None);
        // What is newer and sent makes it old.
        assert!(it.doubt(ALICE, "a".into(), 3, now + secs(40)));
        assert_eq!(it.no_doubt(ALICE, &"a".into()), Some(3));
        assert!(is_over(&it) && it.settled.is_empty());
    }

    #[test]
    fn one_person_whose_push_service_says_nothing_delays_nobody() {
        let (mut it, now) = machine();
        let bobs: Vec<_> = (0..20).map(|n| format!("bob {n}")).collect();
        for device in &bobs {
            assert!(it.hand(at(device, UserId(2), "silent"), "a".into(), 1, now));
        }
        assert!(it.hand(at("ada's", ALICE, "silent"), "a".into(), 1, now), "at the same one");
        let begun: Vec<_> = std::iter::from_fn(|| it.send(now)).map(|due| due.device).collect();
        assert_eq!(begun.len(), OF_ONE + 1);
        assert!(begun.contains(&"ada's".to_owned()));
        assert!(begun.len() <= AT_SILENT);
    }

    #[test]
    fn a_push_service_that_says_nothing_delays_no_other() {
        let (mut it, now) = machine();
        let mut person = 10;
        let mut more = |it: &mut Waiting<u32>, service: &str, n: usize| {
            for _ in 0..n {
                person += 1;
                let device = format!("{service} {person}");
                assert!(it.hand(at(&device, UserId(person), service), "a".into(), 1, now));
            }
        };
        let begin = |it: &mut Waiting<u32>| -> Vec<_> {
            std::iter::from_fn(|| it.send(now)).map(|due| due.device).collect()
        };
        // Until it has answered once it is given little.
        more(&mut it, "large", 100);
        let begun = begin(&mut it);
        assert_eq!(begun.len(), AT_SILENT);
        for device in &begun {
            it.came(device, Came::Taken, now);
        }
        let begun = begin(&mut it);
        assert_eq!(begun.len(), AT_SERVICE, "most devices are at one of three");
        more(&mut it, "other", 2);
        assert_eq!(begin(&mut it).len(), 2, "there is room for others beside it");
        // It falls silent.
        for device in &begun {
            it.came(device, Came::Silence, now);
        }
        assert_eq!(begin(&mut it).len(), AT_SILENT);
        assert_eq!(it.next(), None, "nothing may begin before one of these has ended");
    }

    #[test]
    fn only_so_many_push_services_are_known() {
        let (mut it, now) = machine();
        for n in 0..3 * SERVICES {
            let (device, service) = (format!("d{n}"), format!("s{n}"));
            assert!(it.hand(at(&device, ALICE, &service), "a".into(), 1, now));
            it.send(now).unwrap();
            it.came(&device, Came::Taken, now);
        }
        assert!(it.services.len() <= SERVICES);
    }

    /// Four people with three devices each…
    fn whose(device: &str) -> UserId {
        UserId(device.parse::<i64>().unwrap() % 4)
    }

    /// …at two push services.
    fn where_is(device: &str) -> &'static str {
        ["one", "other"][device.parse::<usize>().unwrap() % 5 % 2]
    }

    #[derive(Clone, Debug)]
    enum Step {
        Hand(u8, u8),
        Send,
        Came(u8, Came),
        Wait(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        let came = prop_oneof![
            Just(Came::Taken),
            Just(Came::Nothing),
            Just(Came::Gone),
            Just(Came::TooLarge),
            Just(Came::Refused(Some(400))),
            (0u64..5_000).prop_map(|s| Came::Later(Some(secs(s)))),
            Just(Came::Later(None)),
            Just(Came::Silence),
        ];
        prop_oneof![
            3 => (0u8..12, 0u8..4).prop_map(|(device, talk)| Step::Hand(device, talk)),
            3 => Just(Step::Send),
            2 => (any::<u8>(), came).prop_map(|(which, came)| Step::Came(which, came)),
            1 => (0u64..4_000).prop_map(Step::Wait),
        ]
    }

    proptest! {
        #[test]
        fn never_two_at_once_for_one_device_and_all_comes_to_an_end(
            steps in proptest::collection::vec(step(), 0..200),
        ) {
            let (mut it, mut now) = machine();
            let mut on_the_way: Vec<String> = Vec::new();
            let begin = |it: &mut Waiting<u32>, now, on_the_way: &mut Vec<String>| {
                if let Some(due) = it.send(now) {
                    assert!(!on_the_way.contains(&due.device), "two for one device");
                    on_the_way.push(due.device.clone());
                    assert!(on_the_way.len() <= AT_ONCE);
                    let his = |name: &&String| whose(name) == due.user;
                    assert!(on_the_way.iter().filter(his).count() <= OF_ONE);
                    let there = |name: &&String| where_is(name) == where_is(&due.device);
                    assert!(on_the_way.iter().filter(there).count() <= AT_SERVICE);
                }
            };
            for step in steps {
                match step {
                    Step::Hand(device, talk) => {
                        let device = device.to_string();
                        let to = at(&device, whose(&device), where_is(&device));
                        prop_assert!(it.hand(to, talk.to_string(), 1, now));
                    }
                    Step::Send => begin(&mut it, now, &mut on_the_way),
                    Step::Came(which, came) if !on_the_way.is_empty() => {
                        let device = on_the_way.remove(usize::from(which) % on_the_way.len());
                        it.came(&device, came, now);
                    }
                    Step::Came(..) => {}
                    Step::Wait(s) => now += secs(s),
                }
                let waiting: usize = it.devices.values().map(|one| one.parcels.len()).sum();
                prop_assert_eq!(it.len(), waiting + on_the_way.len());
                for device in it.devices.values() {
                    let mut talks: Vec<_> = device.parcels.iter().map(|one| &one.talk).collect();
                    talks.sort();
                    talks.dedup();
                    prop_assert_eq!(talks.len(), device.parcels.len(), "one a conversation");
                }
            }
            for device in std::mem::take(&mut on_the_way) {
                it.came(&device, Came::Later(None), now);
            }
            // A push service that never answers: all is given up in the end.
            for _ in 0..12 * 4 * TRIES * 2 {
                let Some(next) = it.next() else { break };
                now = now.max(next);
                begin(&mut it, now, &mut on_the_way);
                for device in std::mem::take(&mut on_the_way) {
                    it.came(&device, Came::Later(None), now);
                }
            }
            prop_assert!(is_over(&it));
        }
    }
}
