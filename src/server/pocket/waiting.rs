//! What waits to be sent to which device, and until when: a pure machine that is told the time.
//!
//! What somebody is told of waits a moment first, for a client of theirs to take it. Then it waits for
//! each of their devices: one parcel for each conversation, of which a newer one takes the place; one try
//! at a time for each device, a few at a time for all.

use super::service::Came;
use crate::server::store::UserId;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::{Duration, Instant};

/// Tries at once, to all devices together.
pub const AT_ONCE: usize = 8;
/// Parcels that wait, for all devices together: with those in the line before it twice a burst of the
/// whole house.
const MOST: usize = 10_000;
/// The longest pause that a push service may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);
/// After this time nobody waits for a notification any more.
const OLD: Duration = Duration::from_secs(2 * 3_600);
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
    /// One for each conversation, the oldest first.
    parcels: VecDeque<Parcel<T>>,
    /// The one that is on its way.
    sending: Option<Parcel<T>>,
    /// Its push service asked for a pause until then.
    not_before: Option<Instant>,
    /// When it is to be looked at.
    alarm: Option<Instant>,
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
    devices: HashMap<String, Device<T>>,
    alarms: BTreeSet<(Instant, String)>,
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
            devices: HashMap::new(),
            alarms: BTreeSet::new(),
            parcels: 0,
            sending: 0,
        }
    }

    /// All that is kept.
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
    pub fn ready(&mut self, now: Instant) -> Option<(UserId, Talk, T)> {
        let (at, ..) = self.order.front()?;
        if *at > now {
            return None;
        }
        let (_, user, talk) = self.order.pop_front()?;
        let key = (user, talk);
        let what = self.told.remove(&key)?;
        Some((key.0, key.1, what))
    }

    /// Something is for this device. It takes the place of what waits there of the same conversation.
    /// False where there is no room for it.
    #[must_use]
    pub fn hand(&mut self, device: &str, user: UserId, talk: Talk, what: T, now: Instant) -> bool {
        let full = self.len() >= MOST;
        let one = self.devices.entry(device.to_owned()).or_insert_with(|| Device {
            user,
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
        self.wind(device, now);
        fits
    }

    /// The next try, if one is due and may begin.
    pub fn send(&mut self, now: Instant) -> Option<Due<T>> {
        let (name, parcel) = loop {
            if self.sending >= AT_ONCE || self.alarms.first().is_none_or(|(at, _)| *at > now) {
                return None;
            }
            let (_, name) = self.alarms.pop_first()?;
            let Some(device) = self.devices.get_mut(&name) else { continue };
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
            Came::Later(after) => {
                let pause = self.pace.pauses[parcel.tries.min(TRIES - 1) - 1];
                // The device is left alone, whatever else is for it.
                let at = now + after.map_or(pause, |after| after.min(LONGEST_PAUSE));
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
        let alarm = self.alarms.first().filter(|_| self.sending < AT_ONCE).map(|(at, _)| *at);
        told.into_iter().chain(alarm).min()
    }

    /// Sets the device's alarm anew; forgets it when nothing is for it, after its pause if it has one.
    fn wind(&mut self, name: &str, now: Instant) {
        let Some(device) = self.devices.get_mut(name) else { return };
        if let Some(at) = device.alarm.take() {
            self.alarms.remove(&(at, name.to_owned()));
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
        self.alarms.insert((at, name.to_owned()));
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
        assert_eq!(it.ready(now + secs(1)), Some((ALICE, "a".into(), 2)));
        assert_eq!(it.ready(now + secs(1)), None, "the other one came later");
        assert_eq!(it.ready(now + secs(2)), Some((ALICE, "b".into(), 3)));
        assert!(it.is_empty());
    }

    #[test]
    fn a_newer_one_takes_the_place_of_what_waits_for_another_try() {
        let (mut it, now) = machine();
        assert!(it.hand("d", ALICE, "a".into(), 1, now));
        let due = it.send(now).unwrap();
        assert_eq!((due.what, due.bare), (1, false));
        assert_eq!(it.send(now), None);
        assert!(!it.came("d", Came::Later(Some(secs(100))), now));
        assert!(it.hand("d", ALICE, "a".into(), 2, now));
        assert!(it.hand("d", ALICE, "b".into(), 3, now));
        assert_eq!(it.len(), 2);
        assert_eq!(it.send(now + secs(99)), None, "the pause is the device's");
        assert_eq!(it.next(), Some(now + secs(100)));
        assert_eq!(it.send(now + secs(100)).unwrap().what, 2);
        // One that comes while it is on its way is sent after it, and not the older one again.
        assert!(it.hand("d", ALICE, "a".into(), 4, now + secs(100)));
        assert!(!it.came("d", Came::Later(None), now + secs(100)));
        let later = now + secs(115);
        assert_eq!(it.send(later).unwrap().what, 3);
        it.came("d", Came::Taken, later);
        assert_eq!(it.send(later).unwrap().what, 4);
        it.came("d", Came::Taken, later);
        assert!(it.is_empty() && it.devices.is_empty() && it.alarms.is_empty());
    }

    #[test]
    fn tries_come_to_an_end() {
        let (mut it, mut now) = machine();
        assert!(it.hand("d", ALICE, "a".into(), 1, now));
        let begun = now;
        for n in 1..=TRIES {
            now = it.next().unwrap();
            assert!(it.send(now).is_some());
            assert_eq!(it.came("d", Came::Later(None), now), n == TRIES);
        }
        assert!(now - begun < OLD);
        assert!(it.is_empty());
        // However long the pauses that are asked for are.
        assert!(it.hand("e", ALICE, "a".into(), 1, now));
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
        assert!(it.hand("d", ALICE, "a".into(), 1, now));
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
            assert!(it.hand("d", ALICE, talk.into(), 1, now));
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
        assert!(!it.hand("d", ALICE, "more".into(), 1, now));
        assert_eq!(it.len(), MOST);
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
                    on_the_way.push(due.device);
                    assert!(on_the_way.len() <= AT_ONCE);
                }
            };
            for step in steps {
                match step {
                    Step::Hand(device, talk) => {
                        prop_assert!(it.hand(&device.to_string(), ALICE, talk.to_string(), 1, now));
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
            prop_assert!(it.is_empty() && it.devices.is_empty() && it.alarms.is_empty());
        }
    }
}
