//! How fast a user may speak, search and make rooms, and how fast a connection may ask.

use crate::protocol::Refusal;
use crate::server::store::UserId;
use crate::words::Word;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

/// In which rooms are counted.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// So many messages, or frames, in so much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// So many.
    pub count: NonZeroU32,
    /// In this time.
    pub period: Duration,
}

impl std::str::FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (count, period) = text.split_once('/')?;
            let seconds: u64 = period.strip_suffix('s')?.parse().ok().filter(|s| *s > 0)?;
            Some(Self { count: count.parse().ok()?, period: Duration::from_secs(seconds) })
        };
        read()
            .ok_or_else(|| "must look like 20/10s (20 messages in 10 seconds) or be off".to_owned())
    }
}

/// A limit on each of many; `None` is no limit.
struct Each<K: Clone + Eq + Hash>(Option<(DefaultKeyedRateLimiter<K>, Rate)>);

impl<K: Clone + Eq + Hash> Each<K> {
    fn new(rate: Option<Rate>) -> Self {
        Self(rate.and_then(|rate| {
            let quota = Quota::with_period(rate.period / rate.count.get())?.allow_burst(rate.count);
            Some((DefaultKeyedRateLimiter::keyed(quota), rate))
        }))
    }

    /// Whether this one may now; otherwise it is told so, with the count, the seconds and the time to wait.
    fn may(&self, key: &K, said: Word) -> Result<(), Refusal> {
        let Some((limiter, rate)) = &self.0 else { return Ok(()) };
        limiter.check_key(key).map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            let said = said.of(&[&rate.count, &rate.period.as_secs()]);
            Refusal::rate_limited(said, wait.as_millis().max(1) as u64)
        })
    }

    /// Forgets those who have been quiet for the whole period.
    fn sweep(&self) {
        if let Some((limiter, _)) = &self.0 {
            limiter.retain_recent();
        }
    }
}

/// The limit on everybody's messages; `None` is no limit.
pub struct Speech(Each<UserId>);

impl Speech {
    /// A limit.
    #[must_use]
    pub fn new(rate: Option<Rate>) -> Self {
        Self(Each::new(rate))
    }

    /// Whether this user may say something now.
    ///
    /// # Errors
    /// `rate_limited` with the time to wait.
    pub fn may_speak(&self, user: UserId) -> Result<(), Refusal> {
        self.0.may(&user, Word::TooFast)
    }

    /// Forgets users who have been quiet for the whole period.
    pub fn sweep(&self) {
        self.0.sweep();
    }
}

/// The limit on the uses of each token, by its public id; `None` is no limit.
pub struct TokenRate(Each<String>);

impl TokenRate {
    /// A limit.
    #[must_use]
    pub fn new(rate: Option<Rate>) -> Self {
        Self(Each::new(rate))
    }

    /// Whether this token may be used now.
    ///
    /// # Errors
    /// `rate_limited` with the time to wait.
    pub fn may_use(&self, token: &str) -> Result<(), Refusal> {
        self.0.may(&token.to_owned(), Word::TokenTooFast)
    }

    /// Forgets tokens that were not used for the whole period.
    pub fn sweep(&self) {
        self.0.sweep();
    }
}

/// What came of one more frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// It is in time.
    Fine,
    /// It is too soon; this long it must wait.
    TooSoon(Duration),
    /// It is one too many of those that came too soon.
    Enough,
}

/// How fast one connection asks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Paced {
    /// When all that was asked is paid for: a frame costs its share of the period.
    paid: Option<Instant>,
    /// Frames that came too soon since all was paid for the last time.
    over: u32,
}

impl Paced {
    /// One more frame. As many again that come too soon as may come in time are enough, unless there was
    /// a rest between them: whoever waits as they are told never gets there.
    pub fn one_more(&mut self, rate: Rate, now: Instant) -> Pace {
        let paid = match self.paid {
            Some(paid) if paid > now => paid,
            _ => {
                self.over = 0;
                now
            }
        } + rate.period / rate.count.get();
        let owed = paid.saturating_duration_since(now);
        if owed <= rate.period {
            self.paid = Some(paid);
            return Pace::Fine;
        }
        self.over = self.over.saturating_add(1);
        if self.over > rate.count.get() { Pace::Enough } else { Pace::TooSoon(owed - rate.period) }
    }
}

/// The limit on the rooms that everybody makes, in a day; `None` is no limit.
pub struct Makers {
    limiter: Option<(DefaultKeyedRateLimiter<UserId>, NonZeroU32)>,
}

impl Makers {
    /// A limit; 0 is none.
    #[must_use]
    pub fn new(rooms_per_day: usize) -> Self {
        let most = u32::try_from(rooms_per_day).unwrap_or(u32::MAX);
        let limiter = NonZeroU32::new(most).and_then(|most| {
            let quota = Quota::with_period(DAY / most.get())?.allow_burst(most);
            Some((DefaultKeyedRateLimiter::keyed(quota), most))
        });
        Self { limiter }
    }

    /// Whether this user may make a room now; it counts as made.
    ///
    /// # Errors
    /// `rate_limited` with the time to wait.
    pub fn may_make(&self, user: UserId) -> Result<(), Refusal> {
        let Some((limiter, most)) = &self.limiter else { return Ok(()) };
        limiter.check_key(&user).map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            Refusal::rate_limited(Word::TooManyRooms.of(&[most]), wait.as_millis().max(1) as u64)
        })
    }

    /// Forgets those who have made none for a while.
    pub fn sweep(&self) {
        if let Some((limiter, _)) = &self.limiter {
            limiter.retain_recent();
        }
    }
}

/// Searches in a minute. Whoever types and corrects asks every few seconds; a program that reads a
/// whole house by way of its search asks all the time.
const SEARCHES: NonZeroU32 = match NonZeroU32::new(60) {
    Some(searches) => searches,
    None => NonZeroU32::MIN,
};

/// Whoever searches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asker {
    /// Somebody with an account, from wherever.
    Member(UserId),
    /// Somebody without one, by where they ask from ([`super::addresses::network`]).
    Visitor(IpAddr),
}

/// The limit on everybody's searches.
pub struct Searches(DefaultKeyedRateLimiter<Asker>);

impl Default for Searches {
    fn default() -> Self {
        Self(DefaultKeyedRateLimiter::keyed(Quota::per_minute(SEARCHES)))
    }
}

impl Searches {
    /// Whether they may search now.
    ///
    /// # Errors
    /// `rate_limited` with the time to wait.
    pub fn may_ask(&self, asker: Asker) -> Result<(), Refusal> {
        self.0.check_key(&asker).map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            let said = Word::SearchedTooFast.of(&[&SEARCHES]);
            Refusal::rate_limited(said, wait.as_millis().max(1) as u64)
        })
    }

    /// Forgets those who have not searched for a while.
    pub fn sweep(&self) {
        self.0.retain_recent();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_pass_and_the_next_hears_when() {
        let speech = Speech::new("20/10s".parse().ok());
        for _ in 0..20 {
            assert_eq!(speech.may_speak(UserId(1)), Ok(()));
        }
        let refusal = speech.may_speak(UserId(1)).unwrap_err();
        assert!(refusal.temporary && refusal.retry_ms.is_some_and(|ms| ms <= 500));
        assert_eq!(speech.may_speak(UserId(2)), Ok(()));
    }

    #[test]
    fn frames_in_time_pass_and_too_many_that_are_not_are_enough() {
        let rate: Rate = "10/10s".parse().unwrap();
        let (mut paced, begin) = (Paced::default(), Instant::now());
        for _ in 0..10 {
            assert_eq!(paced.one_more(rate, begin), Pace::Fine);
        }
        let second = Duration::from_secs(1);
        assert_eq!(paced.one_more(rate, begin), Pace::TooSoon(second));
        // Whoever waits as they are told is heard, for however long.
        let mut now = begin;
        for _ in 0..100 {
            now += second;
            assert_eq!(paced.one_more(rate, now), Pace::Fine);
        }
        // After a rest the rest is forgotten; without one it adds up.
        now += 10 * second;
        for round in 0..3 {
            now += 10 * second;
            let came: Vec<Pace> = (0..20).map(|_| paced.one_more(rate, now)).collect();
            assert!(came[..10].iter().all(|pace| *pace == Pace::Fine), "{round}");
            assert!(came[10..].iter().all(|pace| *pace == Pace::TooSoon(second)), "{round}");
        }
        assert_eq!(paced.one_more(rate, now), Pace::Enough);
    }

    #[test]
    fn so_many_rooms_a_day_and_another_hears_when() {
        let makers = Makers::new(3);
        for _ in 0..3 {
            assert_eq!(makers.may_make(UserId(1)), Ok(()));
        }
        let refusal = makers.may_make(UserId(1)).unwrap_err();
        assert!(refusal.temporary && refusal.retry_ms.is_some_and(|ms| ms <= 8 * 60 * 60 * 1_000));
        assert_eq!(makers.may_make(UserId(2)), Ok(()));
        let nobody = Makers::new(0);
        assert!((0..1_000).all(|_| nobody.may_make(UserId(1)).is_ok()));
    }

    #[test]
    fn refuses_what_is_no_rate() {
        for wrong in ["", "20", "20/10", "0/10s", "20/0s", "-1/10s", "a/bs"] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
    }
}
