//! What is to be done about a repeating push when it is looked at: decided from what is stored of it, and
//! told the time, so that whichever process looks decides the same.

use super::Reason;
use crate::server::store::repeats::{Row, Stand};

/// What a look found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// When it was, in milliseconds.
    pub now: i64,
    /// Somebody is there to hear it.
    pub heard: bool,
    /// The server has just started, and those who were there may be on their way back.
    pub settling: bool,
    /// How long nobody may be there, in milliseconds.
    pub grace: i64,
}

/// How it stands from now on, and whether it is pushed now.
///
/// It is pushed at its beginning and every so often after it, reckoned from there: it never drifts. What
/// was missed is not made up for.
pub(super) fn step(row: &Row, look: Look) -> (Stand, bool) {
    let Look { now, heard, settling, grace } = look;
    let every = row.every_ms.max(1);
    let since = now.saturating_sub(row.started_at).max(0);
    let last = row.started_at.saturating_add(since / every * every);
    let next = last.saturating_add(every);
    let stay = |next_at: i64, absent_at| {
        let next_at = row.until.map_or(next_at, |until| next_at.min(until));
        Stand { next_at, done: row.done, absent_at, ended: None }
    };
    let end = |reason: Reason| {
        let ended = Some((now, reason.word()));
        Stand { next_at: row.next_at, done: row.done, absent_at: row.absent_at, ended }
    };
    if row.until.is_some_and(|until| until <= now) {
        return (end(Reason::Until), false);
    }
    // What waits for those who are away is pushed once, whoever is there.
    let waits = row.stored && row.done == 0;
    if !heard && !waits {
        let stand = match row.absent_at {
            _ if settling => stay(next, None),
            None => stay(next.min(now + grace), Some(now)),
            Some(since) if now - since < grace => stay(next.min(since + grace), Some(since)),
            Some(_) => end(Reason::Nobody),
        };
        return (stand, false);
    }
    // Looked at in between, because nobody was there the last time.
    if last < row.next_at {
        return (stay(next, None), false);
    }
    let done = row.done.saturating_add(1);
    let stand = if row.times.is_some_and(|times| done >= times) {
        Stand { done, ..end(Reason::Count) }
    } else if heard || settling {
        Stand { done, ..stay(next, None) }
    } else {
        Stand { done, ..stay(next.min(now + grace), Some(now)) }
    };
    (stand, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::store::UserId;
    use proptest::prelude::*;

    const GRACE: i64 = 5_000;

    fn row() -> Row {
        Row {
            id: "r".into(),
            user_id: UserId(1),
            by_name: "alice".into(),
            token: None,
            digest: String::new(),
            aim: "*".into(),
            text: "tick".into(),
            link: None,
            stored: false,
            every_ms: 2_000,
            times: None,
            until: None,
            done: 0,
            started_at: 10_000,
            next_at: 10_000,
            absent_at: None,
            ended_at: None,
            reason: None,
        }
    }

    fn at(now: i64, heard: bool) -> Look {
        Look { now, heard, settling: false, grace: GRACE }
    }

    /// Looks whenever it is time to, a little late, for so long; when it was pushed, and why it ended.
    fn run(mut row: Row, late: i64, until: i64, heard: impl Fn(i64) -> bool) -> (Vec<i64>, String) {
        let mut pushed = Vec::new();
        loop {
            let now = row.next_at + late;
            if now > until {
                return (pushed, "goes on".to_owned());
            }
            let (stand, pushes) = step(&row, at(now, heard(now)));
            pushed.extend(pushes.then_some(now));
            if let Some((_, reason)) = stand.ended {
                return (pushed, reason.to_owned());
            }
            assert!(
                stand.next_at > now,
                "it would be looked at without a rest: {stand:?} at {now}"
            );
            row =
                Row { next_at: stand.next_at, done: stand.done, absent_at: stand.absent_at, ..row };
        }
    }

    #[test]
    fn it_never_drifts_and_never_catches_up() {
        let (pushed, _) = run(row(), 7, 18_100, |_| true);
        assert_eq!(pushed, [10_007, 12_007, 14_007, 16_007, 18_007]);
        // Nobody looked for a while: one, and then in time again.
        let (stand, pushes) = step(&row(), at(17_300, true));
        assert!(pushes);
        assert_eq!((stand.next_at, stand.done), (18_000, 1));
    }

    #[test]
    fn it_ends_by_its_count_and_by_its_time() {
        let counted = Row { times: Some(3), ..row() };
        let (pushed, why) = run(counted, 0, 99_000, |_| true);
        assert_eq!((pushed.len(), &*why), (3, "count"));
        let timed = Row { until: Some(13_000), ..row() };
        let (pushed, why) = run(timed, 0, 99_000, |_| true);
        assert_eq!((pushed.as_slice(), &*why), ([10_000, 12_000].as_slice(), "until"));
    }

    #[test]
    fn it_ends_when_nobody_is_there_for_longer_than_a_reload() {
        let (pushed, why) = run(row(), 0, 99_000, |now| now < 13_000);
        assert_eq!((pushed.as_slice(), &*why), ([10_000, 12_000].as_slice(), "nobody"));
        // A reload, even one during which it would have been pushed.
        let (pushed, why) = run(row(), 0, 19_000, |now| !(11_000..15_000).contains(&now));
        assert_eq!((pushed.as_slice(), &*why), ([10_000, 16_000, 18_000].as_slice(), "goes on"));
        // One that is rare is looked at again soon, and not pushed at once when somebody has come back.
        let rare = Row { every_ms: 60_000, ..row() };
        let (stand, pushes) = step(&rare, at(10_000, false));
        assert_eq!((stand.next_at, stand.absent_at, pushes), (15_000, Some(10_000), false));
        let absent = Row { next_at: 15_000, absent_at: Some(10_000), ..rare };
        let (stand, pushes) = step(&absent, at(15_000, true));
        assert_eq!((stand.next_at, stand.absent_at, pushes), (70_000, None, false));
        let (stand, _) = step(&absent, at(15_000, false));
        assert_eq!(stand.ended, Some((15_000, "nobody")));
    }

    /// It answers that it is pushed from now on, and stores nothing.
    #[test]
    fn k02_the_first_of_what_is_stored_waits_for_whoever_is_away() {
        let stored = Row { stored: true, ..row() };
        let (pushed, why) = run(stored.clone(), 7, 99_000, |_| false);
        assert_eq!((pushed.as_slice(), &*why), ([10_007].as_slice(), "nobody"));
        let rare = Row { every_ms: 60_000, ..stored.clone() };
        let (pushed, why) = run(rare, 0, 99_000, |_| false);
        assert_eq!((pushed.as_slice(), &*why), ([10_000].as_slice(), "nobody"));
        // Whoever comes within that time hears the next.
        let (pushed, why) = run(stored.clone(), 0, 15_000, |now| now >= 11_000);
        assert_eq!((pushed.as_slice(), &*why), ([10_000, 12_000, 14_000].as_slice(), "goes on"));
        let (pushed, why) = run(Row { times: Some(1), ..stored.clone() }, 0, 99_000, |_| false);
        assert_eq!((pushed.len(), &*why), (1, "count"));
        // After a start of the server it is done as well, and that nobody is there says nothing yet.
        let (stand, pushes) = step(&stored, Look { settling: true, ..at(10_000, false) });
        assert_eq!((stand.next_at, stand.absent_at, pushes), (12_000, None, true));
        // What is over is not begun.
        let over = Row { until: Some(10_000), ..stored };
        let (stand, pushes) = step(&over, at(10_000, false));
        assert_eq!((stand.ended, pushes), (Some((10_000, "until")), false));
    }

    #[test]
    fn a_start_of_the_server_is_no_absence() {
        let absent = Row { absent_at: Some(1_000), next_at: 12_000, ..row() };
        let (stand, pushes) = step(&absent, Look { settling: true, ..at(12_000, false) });
        assert_eq!((stand.absent_at, stand.ended, pushes), (None, None, false));
    }

    proptest! {
        #[test]
        fn it_is_pushed_on_its_beats_alone_and_always_rests(
            every in 500i64..10_000,
            late in 0i64..3_000,
            stored in any::<bool>(),
            there in prop::collection::vec(any::<bool>(), 40),
        ) {
            let row = Row { every_ms: every, stored, ..row() };
            let heard = |now: i64| there[((now - 10_000) / 2_500).clamp(0, 39) as usize];
            let (pushed, _) = run(row, late, 110_000, heard);
            let beats: Vec<i64> = pushed.iter().map(|at| (at - 10_000) / every).collect();
            prop_assert!(beats.windows(2).all(|two| two[0] < two[1]), "{beats:?}");
            prop_assert!(!stored || !beats.is_empty());
        }
    }
}
