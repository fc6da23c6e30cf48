//! How fast a user may speak, and search.

use crate::protocol::Refusal;
use crate::server::store::UserId;
use crate::words::Word;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

/// So many messages in so much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Messages.
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

/// The limit on everybody's messages; `None` is no limit.
pub struct Speech {
    limiter: Option<(DefaultKeyedRateLimiter<UserId>, Rate)>,
}

impl Speech {
    /// A limit.
    #[must_use]
    pub fn new(rate: Option<Rate>) -> Self {
        let limiter = rate.and_then(|rate| {
            let quota = Quota::with_period(rate.period / rate.count.get())?.allow_burst(rate.count);
            Some((DefaultKeyedRateLimiter::keyed(quota), rate))
        });
        Self { limiter }
    }

    /// Whether this user may say something now.
    ///
    /// # Errors
    /// `rate_limited` with the time to wait.
    pub fn may_speak(&self, user: UserId) -> Result<(), Refusal> {
        let Some((limiter, rate)) = &self.limiter else { return Ok(()) };
        limiter.check_key(&user).map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            let said = Word::TooFast.of(&[&rate.count, &rate.period.as_secs()]);
            Refusal::rate_limited(said, wait.as_millis().max(1) as u64)
        })
    }

    /// Forgets users who have been quiet for the whole period.
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
    fn refuses_what_is_no_rate() {
        for wrong in ["", "20", "20/10", "0/10s", "20/0s", "-1/10s", "a/bs"] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
    }
}
