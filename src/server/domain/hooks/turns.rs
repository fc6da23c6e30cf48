//! Whose turn it is to be called. An address that lets calls go unanswered holds each of them for as long
//! as our patience lasts, and whoever makes addresses may make many of that kind: so those that
//! answered the last time have half of all calls to themselves, a room has a share, and of those that
//! may, who was called least recently comes first.

use crate::protocol::At;
use crate::server::store::deliveries::Next;

/// Calls at once: each holds a connection and up to 64 KiB, and may last as long as it may.
const AT_ONCE: usize = 16;
/// Of these, to addresses that did not answer the last time in time, or were never called.
const DOUBTED: usize = 8;
/// And to addresses of one room.
const OF_ROOM: usize = 4;

/// Whether it is not known that it answers.
const fn is_doubted(it: &Next) -> bool {
    it.silent > 0 || it.called_at == 0
}

/// Which of the addresses that wait are to be called now, beside those that are being called, each
/// once; and when the next is due after them.
pub(super) fn whose(
    mut next: Vec<Next>,
    mut calling: Vec<Next>,
    now: At,
) -> (Vec<Next>, Option<At>) {
    next.retain(|it| calling.iter().all(|other| other.hook_id != it.hook_id));
    let later = next.iter().map(|it| it.at).filter(|at| *at > now.0).min().map(At);
    next.retain(|it| it.at <= now.0);
    next.sort_by_key(|it| (it.silent > 0, it.called_at, it.at));
    let before = calling.len();
    for one in next {
        let count = |what: &dyn Fn(&Next) -> bool| calling.iter().filter(|it| what(it)).count();
        let is_full = calling.len() >= AT_ONCE
            || count(&|it| it.log_id == one.log_id) >= OF_ROOM
            || (is_doubted(&one) && count(&is_doubted) >= DOUBTED);
        if !is_full {
            calling.push(one);
        }
    }
    (calling.split_off(before), later)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::store::LogId;

    const NOW: At = At(1_000);

    fn waits(hook: usize, room: usize, called_at: i64, silent: i64) -> Next {
        let log_id = LogId(i64::try_from(room).unwrap());
        Next { hook_id: format!("h{hook}"), log_id, at: 1, called_at, silent }
    }

    fn names(chosen: &[Next]) -> Vec<&str> {
        chosen.iter().map(|it| it.hook_id.as_str()).collect()
    }

    #[test]
    fn who_was_called_least_recently_comes_first_and_the_silent_last() {
        let next = vec![waits(1, 1, 9, 0), waits(2, 1, 3, 2), waits(3, 1, 5, 0), waits(4, 1, 0, 0)];
        assert_eq!(names(&whose(next, Vec::new(), NOW).0), ["h4", "h3", "h1", "h2"]);
    }

    #[test]
    fn the_silent_and_the_unknown_leave_half_to_the_others_and_a_room_leaves_some_to_other_rooms() {
        let doubted = |n: usize| waits(n, 1_000 + n, 0, i64::from(n.is_multiple_of(2)));
        let (calling, _) = whose((0..100).map(doubted).collect(), Vec::new(), NOW);
        assert_eq!(calling.len(), DOUBTED);
        let known = |n: usize| waits(n, n / 20, 7, 0);
        let (more, _) = whose((100..200).map(known).collect(), calling.clone(), NOW);
        assert_eq!(more.len(), AT_ONCE - DOUBTED);
        let of_room = |room| more.iter().filter(|it| it.log_id == LogId(room)).count();
        assert_eq!((of_room(5), of_room(6)), (OF_ROOM, OF_ROOM));
        let all: Vec<_> = calling.into_iter().chain(more).collect();
        assert!(whose((200..300).map(known).collect(), all, NOW).0.is_empty());
    }

    #[test]
    fn none_is_called_twice_at_once_or_before_its_time() {
        let later = Next { at: 1_500, ..waits(2, 1, 1, 0) };
        let next = vec![waits(1, 1, 1, 0), later, Next { at: 2_000, ..waits(3, 1, 1, 0) }];
        let (chosen, then) = whose(next.clone(), Vec::new(), NOW);
        assert_eq!((names(&chosen), then), (vec!["h1"], Some(At(1_500))));
        assert!(whose(next, chosen, NOW).0.is_empty());
    }
}
