//! The life of the connection: when a socket is opened, when it counts as dead, and when the next
//! one is tried (`docs/protocol.md`, "Reconnect"). There is never more than one socket; each has a
//! generation, so that late words of an old one are not taken for the new one's.

use super::{Moment, Status};
use crate::protocol::{
    close::{self, After},
    limits::{HEARTBEAT_GRACE_MS, HEARTBEAT_MS},
};
use crate::words::{Word, words};

/// The first wait is up to this long, the next up to twice as long, and so on…
const BACKOFF_MS: u64 = 500;
/// …but never longer than this.
const BACKOFF_MOST_MS: u64 = 20_000;
/// After a connection that held this long the waits begin anew.
const STABLE_MS: u64 = 30_000;
/// When the browser comes back, thousands do at once: spread them over this time.
const WAKE_MS: u64 = 1_000;
/// Where there are too many connections already: at least this long, and up to as long again.
const LATE_MS: u64 = 30_000;
/// A handshake that takes longer fell into a hole.
const OPENING_MS: u64 = 15_000;
/// After a wake the socket may be dead without knowing it; it must answer within this time.
const PROBE_MS: u64 = 6_000;
/// The first connection is worth a word only when it takes longer than this.
const CALM_MS: u64 = 700;
/// How long "back" is shown.
const BACK_MS: u64 = 3_000;

/// What happens to a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The page is awake.
    Start,
    /// The socket's first frame, with the server's heartbeat.
    Hello { generation: u64, heartbeat_ms: u64 },
    /// A frame came.
    Heard { generation: u64 },
    /// The socket was closed, or could not be opened.
    Closed { generation: u64, code: u16 },
    /// Time has passed.
    Tick,
    /// The browser came online, or the page into view.
    Wake,
    /// The browser says that it is offline.
    Offline,
    /// The page is put away; it may come back as it is.
    Away,
    /// It came back.
    Return,
    /// A person does not want to wait.
    Now,
    /// The connection is of no use any more, and why.
    Stop(String),
}

/// What is to be done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Do {
    /// Open a socket of this generation.
    Open(u64),
    /// Drop the socket.
    Close,
    /// Ask the server for a sign of life.
    Probe,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    /// Not begun, or put away.
    Idle,
    /// Until the next try; `late`: the server asked for time, so a wake does not shorten it.
    Waiting { until: u64, late: bool },
    /// Since then; given up at `until`.
    Opening { since: u64, until: u64 },
    /// Since then; dead if nothing is heard before `deaf`.
    Up { since: u64, deaf: u64 },
    /// For good.
    Stopped(String),
}

/// The connection's state.
#[derive(Clone, Debug)]
pub struct Connection {
    phase: Phase,
    generation: u64,
    tries: u32,
    heartbeat_ms: u64,
    /// A connection was lost or a try failed: worth saying when it is back.
    lost: bool,
    back_until: u64,
}

impl Default for Connection {
    fn default() -> Self {
        Self {
            phase: Phase::Idle,
            generation: 0,
            tries: 0,
            heartbeat_ms: HEARTBEAT_MS,
            lost: false,
            back_until: 0,
        }
    }
}

impl Connection {
    /// Takes what happened, says what to do.
    pub fn on(&mut self, event: Event, now: &Moment) -> Option<Do> {
        match event {
            Event::Start => match self.phase {
                Phase::Idle => Some(self.open(now)),
                _ => None,
            },
            Event::Hello { generation, heartbeat_ms } => {
                if self.is_current(generation) && matches!(self.phase, Phase::Opening { .. }) {
                    self.heartbeat_ms = heartbeat_ms;
                    self.phase = Phase::Up { since: now.ms, deaf: self.deaf_at(now) };
                    if std::mem::take(&mut self.lost) {
                        self.back_until = now.ms + BACK_MS;
                    }
                }
                None
            }
            Event::Heard { generation } => {
                let deaf_at = self.deaf_at(now);
                if self.is_current(generation)
                    && let Phase::Up { deaf, .. } = &mut self.phase
                {
                    *deaf = deaf_at;
                }
                None
            }
            Event::Closed { generation, code } => {
                if self.is_current(generation) {
                    self.closed(code, now);
                }
                None
            }
            Event::Tick => match self.phase {
                Phase::Waiting { until, .. } if now.ms >= until => Some(self.open(now)),
                Phase::Opening { until, .. } if now.ms >= until => Some(self.drop_socket(now)),
                Phase::Up { deaf, .. } if now.ms >= deaf => Some(self.drop_socket(now)),
                _ => None,
            },
            Event::Wake => match &mut self.phase {
                Phase::Waiting { until, late: false } => {
                    *until = (*until).min(now.ms + now.jitter(WAKE_MS));
                    self.tries = 0;
                    None
                }
                Phase::Up { deaf, .. } => {
                    *deaf = (*deaf).min(now.ms + PROBE_MS);
                    Some(Do::Probe)
                }
                _ => None,
            },
            Event::Offline => match self.phase {
                Phase::Opening { .. } | Phase::Up { .. } => Some(self.drop_socket(now)),
                _ => None,
            },
            Event::Away => match self.phase {
                Phase::Up { .. } => {
                    self.phase = Phase::Idle;
                    Some(Do::Close)
                }
                // A socket that is being opened is left to the browser: to close it now is an
                // error in the console.
                Phase::Waiting { .. } => {
                    self.phase = Phase::Idle;
                    None
                }
                _ => None,
            },
            Event::Return => {
                if self.phase == Phase::Idle {
                    self.tries = 0;
                    self.lost = true;
                    self.phase =
                        Phase::Waiting { until: now.ms + now.jitter(WAKE_MS), late: false };
                }
                None
            }
            Event::Now => match self.phase {
                Phase::Waiting { .. } => {
                    self.tries = 0;
                    Some(self.open(now))
                }
                _ => None,
            },
            Event::Stop(why) => {
                let had_socket = matches!(self.phase, Phase::Opening { .. } | Phase::Up { .. });
                self.phase = Phase::Stopped(why);
                had_socket.then_some(Do::Close)
            }
        }
    }

    /// Whether a socket is open and greeted.
    #[must_use]
    pub fn is_up(&self) -> bool {
        matches!(self.phase, Phase::Up { .. })
    }

    /// Whether this is the socket that counts: of the latest generation, and not given up.
    #[must_use]
    pub fn is_current(&self, generation: u64) -> bool {
        generation == self.generation
            && matches!(self.phase, Phase::Opening { .. } | Phase::Up { .. })
    }

    /// Why it has ended for good.
    #[must_use]
    pub fn stopped(&self) -> Option<&str> {
        match &self.phase {
            Phase::Stopped(why) => Some(why),
            _ => None,
        }
    }

    /// What the status line says.
    #[must_use]
    pub fn status(&self, now: &Moment) -> Status {
        match &self.phase {
            Phase::Idle => Status::Quiet,
            Phase::Waiting { until, .. } => {
                Status::Offline(until.saturating_sub(now.ms).div_ceil(1_000) as u32)
            }
            Phase::Opening { since, .. } if self.lost || now.ms >= since + CALM_MS => {
                Status::Connecting
            }
            Phase::Opening { .. } => Status::Quiet,
            Phase::Up { .. } if now.ms < self.back_until => Status::Back,
            Phase::Up { .. } => Status::Quiet,
            Phase::Stopped(why) => Status::Stopped(why.clone()),
        }
    }

    /// When a tick is wanted, at the latest.
    #[must_use]
    pub fn due(&self, now: &Moment) -> Option<u64> {
        match self.phase {
            Phase::Idle | Phase::Stopped(_) => None,
            Phase::Waiting { until, .. } => {
                // At the end, and before that whenever the countdown shows another second.
                let left = until.saturating_sub(now.ms).div_ceil(1_000);
                Some(until - left.saturating_sub(1) * 1_000)
            }
            Phase::Opening { since, until } => {
                let calm = since + CALM_MS;
                Some(if !self.lost && now.ms < calm { calm.min(until) } else { until })
            }
            Phase::Up { deaf, .. } => {
                Some(if now.ms < self.back_until { self.back_until.min(deaf) } else { deaf })
            }
        }
    }

    fn open(&mut self, now: &Moment) -> Do {
        self.generation += 1;
        self.phase = Phase::Opening { since: now.ms, until: now.ms + OPENING_MS };
        Do::Open(self.generation)
    }

    fn deaf_at(&self, now: &Moment) -> u64 {
        now.ms + self.heartbeat_ms + HEARTBEAT_GRACE_MS
    }

    fn drop_socket(&mut self, now: &Moment) -> Do {
        self.wait(now);
        Do::Close
    }

    fn wait(&mut self, now: &Moment) {
        if let Phase::Up { since, .. } = self.phase
            && now.ms >= since + STABLE_MS
        {
            self.tries = 0;
        }
        let most = BACKOFF_MOST_MS.min(BACKOFF_MS << self.tries.min(16));
        self.tries = self.tries.saturating_add(1);
        self.lost = true;
        self.phase = Phase::Waiting { until: now.ms + now.jitter(most), late: false };
    }

    fn closed(&mut self, code: u16, now: &Moment) {
        match close::after(code) {
            After::Retry | After::RetryWithoutLast => self.wait(now),
            After::RetryLate => {
                self.lost = true;
                let until = now.ms + LATE_MS + now.jitter(LATE_MS);
                self.phase = Phase::Waiting { until, late: true };
            }
            After::Stop => self.phase = Phase::Stopped(why_stopped(code).to_owned()),
        }
    }
}

/// A final close in plain words.
fn why_stopped(code: u16) -> &'static str {
    words().say(match code {
        close::LOGIN_NEEDED => Word::SessionEnded,
        close::LOGGED_OUT => Word::LoggedOut,
        close::NO_SUCH_ROOM => Word::RoomIsGone,
        close::UNSUPPORTED_VERSION => Word::Renewed,
        _ => Word::NotUnderstood,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(ms: u64) -> Moment {
        Moment { ms, ..Moment::default() }
    }

    /// A moment whose dice give the longest wait.
    fn slow(ms: u64) -> Moment {
        Moment { ms, dice: [0xff; 16], ..Moment::default() }
    }

    fn up(heartbeat_ms: u64) -> Connection {
        let mut it = Connection::default();
        assert_eq!(it.on(Event::Start, &at(0)), Some(Do::Open(1)));
        assert_eq!(it.on(Event::Hello { generation: 1, heartbeat_ms }, &at(100)), None);
        assert!(it.is_up());
        it
    }

    fn closed(generation: u64, code: u16) -> Event {
        Event::Closed { generation, code }
    }

    /// How long the next wait is, with the dice at their most.
    fn wait_after_loss(it: &mut Connection, ms: u64, code: u16) -> u64 {
        it.on(closed(it.generation, code), &slow(ms));
        match it.phase {
            Phase::Waiting { until, .. } => until - ms,
            _ => u64::MAX,
        }
    }

    #[test]
    fn the_first_connection_is_quiet_unless_it_takes_long() {
        let mut it = Connection::default();
        it.on(Event::Start, &at(0));
        assert_eq!(it.status(&at(0)), Status::Quiet);
        assert_eq!(it.due(&at(0)), Some(CALM_MS));
        assert_eq!(it.status(&at(CALM_MS)), Status::Connecting);
        it.on(Event::Hello { generation: 1, heartbeat_ms: 25_000 }, &at(900));
        assert_eq!(it.status(&at(900)), Status::Quiet);
    }

    #[test]
    fn silence_past_heartbeat_and_grace_is_death() {
        let mut it = up(25_000);
        assert_eq!(it.due(&at(100)), Some(35_100));
        assert_eq!(it.on(Event::Tick, &at(35_099)), None);
        it.on(Event::Heard { generation: 1 }, &at(35_099));
        assert_eq!(it.on(Event::Tick, &at(35_100)), None);
        assert_eq!(it.on(Event::Tick, &at(70_099)), Some(Do::Close));
        assert!(!it.is_up());
    }

    #[test]
    fn waits_double_up_to_twenty_seconds() {
        let mut it = up(25_000);
        let mut waits = vec![];
        let mut ms = 200;
        for _ in 0..8 {
            let wait = wait_after_loss(&mut it, ms, 1006);
            waits.push(wait);
            ms += wait;
            assert!(matches!(it.on(Event::Tick, &at(ms)), Some(Do::Open(_))));
        }
        assert_eq!(waits, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]);
    }

    #[test]
    fn a_stable_connection_begins_the_waits_anew_and_a_short_one_does_not() {
        let mut it = up(25_000);
        for _ in 0..5 {
            wait_after_loss(&mut it, 200, 1006);
            it.on(Event::Now, &at(200));
            it.tries = 5;
        }
        let hello =
            |it: &Connection| Event::Hello { generation: it.generation, heartbeat_ms: 25_000 };
        it.on(hello(&it), &at(1_000));
        assert_eq!(wait_after_loss(&mut it, 30_999, 1006), 16_000);
        it.on(Event::Tick, &at(60_000));
        it.on(hello(&it), &at(60_000));
        assert_eq!(wait_after_loss(&mut it, 90_000, 1006), 500);
    }

    #[test]
    fn coming_online_shortens_the_wait_to_a_second_at_most() {
        let mut it = up(25_000);
        it.tries = 9;
        assert_eq!(wait_after_loss(&mut it, 1_000, 1006), 20_000);
        assert_eq!(it.on(Event::Wake, &slow(2_000)), None);
        assert_eq!(it.due(&at(2_000)), Some(3_000));
        // Visible, online and pageshow come together: the later ones do not put it off.
        it.on(Event::Wake, &slow(2_500));
        assert_eq!(it.on(Event::Tick, &at(3_000)), Some(Do::Open(2)));
        assert_eq!(it.tries, 0);
    }

    #[test]
    fn a_second_reconnect_makes_no_second_socket() {
        let mut it = up(25_000);
        it.on(closed(1, 1006), &at(200));
        assert_eq!(it.on(Event::Tick, &at(200)), Some(Do::Open(2)));
        for event in [Event::Wake, Event::Now, Event::Tick, Event::Start, Event::Return] {
            assert_eq!(it.on(event.clone(), &at(300)), None, "{event:?}");
        }
    }

    #[test]
    fn late_words_of_an_old_socket_count_for_nothing() {
        let mut it = up(25_000);
        assert_eq!(it.on(Event::Offline, &at(200)), Some(Do::Close));
        it.on(closed(1, 4503), &at(201));
        assert!(matches!(it.status(&at(201)), Status::Offline(_)));
        it.on(Event::Tick, &at(1_000));
        it.on(Event::Hello { generation: 1, heartbeat_ms: 1 }, &at(1_001));
        assert!(!it.is_up());
        it.on(Event::Hello { generation: 2, heartbeat_ms: 25_000 }, &at(1_002));
        it.on(closed(1, 1006), &at(1_003));
        assert!(it.is_up());
    }

    #[test]
    fn close_codes_decide_what_comes_next() {
        for code in [4001, 4404, 4500, 4501, 4503, 4999] {
            let mut it = up(25_000);
            it.on(closed(1, code), &at(200));
            assert!(it.stopped().is_some(), "{code}");
            for event in [Event::Tick, Event::Wake, Event::Now, Event::Return, Event::Start] {
                assert_eq!(it.on(event, &at(100_000)), None, "{code}");
            }
            assert_eq!(it.due(&at(100_000)), None);
        }
        for code in [1000, 1001, 1005, 1006, 1009, 4002, 4003, 4008, 4010, 4029, 4100] {
            let mut it = up(25_000);
            assert!(wait_after_loss(&mut it, 200, code) <= 500, "{code}");
        }
    }

    #[test]
    fn too_many_connections_wait_long_and_no_wake_shortens_it() {
        let mut it = up(25_000);
        assert_eq!(wait_after_loss(&mut it, 1_000, 4030), 60_000);
        it.on(Event::Wake, &at(2_000));
        assert_eq!(it.on(Event::Tick, &at(60_999)), None);
        assert_eq!(it.on(Event::Now, &at(60_999)), Some(Do::Open(2)));
        it.on(closed(2, 4030), &at(61_000));
        assert_eq!(it.on(Event::Tick, &at(90_999)), None);
        assert_eq!(it.on(Event::Tick, &at(91_000)), Some(Do::Open(3)));
    }

    #[test]
    fn the_status_counts_down_and_says_when_it_is_back() {
        let mut it = up(25_000);
        it.tries = 4;
        assert_eq!(wait_after_loss(&mut it, 0, 1006), 8_000);
        assert_eq!(it.status(&at(0)), Status::Offline(8));
        assert_eq!(it.due(&at(0)), Some(1_000));
        assert_eq!(it.status(&at(1_000)), Status::Offline(7));
        assert_eq!(it.due(&at(1_500)), Some(2_000));
        assert_eq!(it.due(&at(7_500)), Some(8_000));
        it.on(Event::Tick, &at(8_000));
        assert_eq!(it.status(&at(8_000)), Status::Connecting);
        it.on(Event::Hello { generation: 2, heartbeat_ms: 25_000 }, &at(8_100));
        assert_eq!(it.status(&at(8_100)), Status::Back);
        assert_eq!(it.due(&at(8_100)), Some(11_100));
        assert_eq!(it.status(&at(11_100)), Status::Quiet);
    }

    #[test]
    fn a_page_that_starts_offline_keeps_trying() {
        let mut it = Connection::default();
        it.on(Event::Start, &at(0));
        it.on(closed(1, 1006), &slow(5));
        assert_eq!(it.status(&at(5)), Status::Offline(1));
        assert_eq!(it.on(Event::Tick, &at(505)), Some(Do::Open(2)));
    }

    #[test]
    fn a_handshake_in_a_hole_is_given_up() {
        let mut it = Connection::default();
        it.on(Event::Start, &at(0));
        assert_eq!(it.on(Event::Tick, &at(OPENING_MS)), Some(Do::Close));
        assert_eq!(it.on(Event::Tick, &at(OPENING_MS)), Some(Do::Open(2)));
    }

    #[test]
    fn a_wake_asks_an_open_socket_for_a_sign_of_life() {
        let mut it = up(25_000);
        assert_eq!(it.on(Event::Wake, &at(1_000)), Some(Do::Probe));
        assert_eq!(it.on(Event::Tick, &at(1_000 + PROBE_MS)), Some(Do::Close));
        let mut it = up(25_000);
        it.on(Event::Wake, &at(1_000));
        it.on(Event::Heard { generation: 1 }, &at(1_050));
        assert_eq!(it.on(Event::Tick, &at(1_000 + PROBE_MS)), None);
    }

    #[test]
    fn a_page_put_away_has_no_socket_and_opens_one_when_it_returns() {
        let mut it = up(25_000);
        assert_eq!(it.on(Event::Away, &at(200)), Some(Do::Close));
        assert_eq!(it.on(Event::Tick, &at(99_000)), None);
        assert_eq!(it.due(&at(99_000)), None);
        it.on(Event::Return, &slow(100_000));
        assert_eq!(it.on(Event::Tick, &at(101_000)), Some(Do::Open(2)));
    }

    #[test]
    fn stopping_drops_the_socket_for_good() {
        let mut it = up(25_000);
        assert_eq!(it.on(Event::Stop("no".into()), &at(200)), Some(Do::Close));
        assert_eq!(it.status(&at(200)), Status::Stopped("no".into()));
        assert_eq!(it.on(closed(1, 1006), &at(201)), None);
        assert_eq!(it.status(&at(300)), Status::Stopped("no".into()));
    }

    fn any_event() -> impl Strategy<Value = (u8, u64, u16)> {
        let codes = prop::sample::select(vec![1006u16, 1000, 4002, 4030, 1009, 4503]);
        (0u8..12, 0u64..4, codes)
    }

    proptest! {
        /// Whatever happens in whatever order: one socket at a time, generations only grow, and
        /// unless it has stopped or was put away, it is always going to try again.
        #[test]
        fn never_two_sockets_and_never_stuck(
            events in prop::collection::vec((any_event(), 0u64..40_000, any::<[u8; 16]>()), 0..80)
        ) {
            let mut it = Connection::default();
            let mut open: Option<u64> = None;
            let mut newest = 0;
            let mut ms = 0;
            for ((what, back, code), pass, dice) in events {
                ms += pass;
                let now = Moment { ms, dice, ..Moment::default() };
                let generation = newest - back.min(newest);
                let event = match what {
                    0 => Event::Start,
                    1 | 2 => Event::Hello { generation, heartbeat_ms: 25_000 },
                    3 => Event::Heard { generation },
                    4 => {
                        if open == Some(generation) {
                            open = None;
                        }
                        Event::Closed { generation, code }
                    }
                    5..=7 => Event::Tick,
                    8 => Event::Wake,
                    9 => Event::Offline,
                    10 => Event::Away,
                    _ => Event::Return,
                };
                match it.on(event, &now) {
                    Some(Do::Open(g)) => {
                        prop_assert_eq!(open, None);
                        prop_assert!(g > newest);
                        newest = g;
                        open = Some(g);
                    }
                    Some(Do::Close) => {
                        prop_assert!(open.is_some());
                        open = None;
                    }
                    Some(Do::Probe) => prop_assert!(it.is_up()),
                    None => {}
                }
                if it.is_up() {
                    prop_assert_eq!(open, Some(newest));
                }
                let rests = it.stopped().is_some() || it.phase == Phase::Idle;
                prop_assert_eq!(it.due(&now).is_none(), rests);
            }
        }
    }
}
