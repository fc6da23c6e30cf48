use super::*;
use crate::protocol::At;
use crate::protocol::Target;
use crate::protocol::frames::Event;
use crate::protocol::people::{NoticeKind, Notify};
use crate::server::groups::{Addressed, Broadcast, Push};
use crate::server::store::LogId;

const ROOM: Group = Group::Room(LogId(1));

fn deliver(queue: &Queue, broadcast: &Broadcast) {
    queue.deliver(&Encoded::of(ROOM, broadcast), Side::Low);
}

fn events(seqs: impl Iterator<Item = i64>) -> Broadcast {
    let event = |seq| Event {
        seq,
        kind: "topic".into(),
        cid: None,
        data: serde_json::value::RawValue::NULL.to_owned(),
    };
    let to = Addressed::All(Target::Room("r".into()));
    Broadcast::Events { to, events: seqs.map(event).collect() }
}

fn online() -> Broadcast {
    let to = Addressed::All(Target::Room("r".into()));
    let join = vec!["a".into()];
    let (leave, idle, awake) = (vec![], vec![], vec![]);
    Broadcast::Online { to, join, leave, all: false, idle, awake, count: 1 }
}

fn queue(frames: usize) -> Queue {
    let queue = Queue::new(Dialect::Main, Some("s1".into()), frames, 1 << 20);
    queue.hold(ROOM);
    queue
}

fn answer(queue: &Queue, top: i64) {
    queue.answer(&Frame::text("answer"), &[(ROOM, top)]);
}

/// All that waits: seqs of events, and words for the rest.
fn texts(queue: &Queue) -> Vec<String> {
    let mut bytes = Vec::new();
    queue.take(&mut bytes, usize::MAX, |_, _| {});
    let (mut rest, mut texts) = (&bytes[..], Vec::new());
    while let [_, length, ..] = *rest {
        let (start, length) = match length {
            126 => (4, usize::from(u16::from_be_bytes([rest[2], rest[3]]))),
            length => (2, usize::from(length)),
        };
        let text = String::from_utf8(rest[start..start + length].to_vec()).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        texts.push(match (value["seq"].as_i64(), value["t"].as_str()) {
            (Some(seq), _) => seq.to_string(),
            (_, Some(t)) => t.to_owned(),
            _ => text,
        });
        rest = &rest[start + length..];
    }
    texts
}

fn taken(queue: &Queue) -> Taken {
    queue.take(&mut Vec::new(), usize::MAX, |_, _| {})
}

#[test]
fn a_long_answer_does_not_make_a_reader_slow() {
    let queue = Queue::new(Dialect::Main, None, 9, 100);
    queue.hold(ROOM);
    queue.answer(&Frame::text(&"x".repeat(1_000)), &[(ROOM, 0)]);
    queue.say(&Frame::text("said"));
    assert_eq!(texts(&queue), ["x".repeat(1_000).as_str(), "said"]);
    assert_eq!((taken(&queue).close, queue.waiting()), (None, (0, 0)));
}

#[test]
fn the_answer_comes_before_what_happened_meanwhile_and_nothing_twice() {
    let queue = queue(256);
    deliver(&queue, &events(4..=5));
    deliver(&queue, &events(6..=6));
    answer(&queue, 5);
    for again in [6, 5] {
        deliver(&queue, &events(again..=again));
    }
    deliver(&queue, &events(5..=7));
    deliver(&queue, &events(8..=8));
    assert_eq!(texts(&queue), ["answer", "6", "7", "8"]);
}

#[test]
fn presence_is_shed_first_and_told_anew() {
    let queue = queue(3);
    answer(&queue, 0);
    deliver(&queue, &online());
    deliver(&queue, &events(1..=1));
    deliver(&queue, &events(2..=2));
    deliver(&queue, &online());
    assert_eq!(texts(&queue), ["answer", "1", "2"]);
    deliver(&queue, &online());
    assert_eq!(texts(&queue), ["online"]);
}

#[test]
fn a_room_socket_s_presence_is_shed_too() {
    let queue = Queue::new(Dialect::Room, None, 2, 1 << 20);
    queue.hold(ROOM);
    answer(&queue, 0);
    deliver(&queue, &online());
    queue.say(&Frame::text("said"));
    let mut out = Vec::new();
    let taken = queue.take(&mut out, usize::MAX, |_, out| out.extend(b"worded"));
    assert_eq!((taken.stale, taken.close), (vec![ROOM], None));
    assert!(out.ends_with(b"said"));
}

#[test]
fn whose_presence_was_shed_is_named_once_all_was_taken() {
    let queue = queue(2);
    answer(&queue, 0);
    deliver(&queue, &online());
    deliver(&queue, &events(1..=1));
    let some = queue.take(&mut Vec::new(), 1, |_, _| {});
    assert_eq!((some.more, some.stale), (true, vec![]));
    let rest = taken(&queue);
    assert_eq!((rest.more, rest.stale, rest.close), (false, vec![ROOM], None));
}

#[test]
fn a_reader_that_is_too_slow_is_closed_and_loses_no_event_silently() {
    let queue = queue(3);
    answer(&queue, 0);
    for seq in 1..=3 {
        deliver(&queue, &events(seq..=seq));
    }
    assert_eq!(queue.waiting(), (0, 0));
    assert_eq!((texts(&queue), taken(&queue).close), (vec![], Some(close::TOO_SLOW)));
}

#[test]
fn who_has_read_everything_is_not_slow_however_much_comes_at_once() {
    let queue = queue(3);
    answer(&queue, 0);
    taken(&queue);
    deliver(&queue, &events(1..=9));
    assert_eq!((queue.waiting().0, taken(&queue).close), (1, None));
}

#[test]
fn commits_as_large_as_they_may_be_do_not_make_a_reader_slow() {
    let queue = queue(256);
    answer(&queue, 0);
    for first in (0..1_024).step_by(64) {
        deliver(&queue, &events(first + 1..=first + 64));
    }
    queue.say(&Frame::text("reply"));
    assert_eq!((texts(&queue).len(), taken(&queue).close), (1_026, None));
}

#[test]
fn an_answer_that_never_comes_does_not_gather_events_for_ever() {
    let queue = Queue::new(Dialect::Main, None, 9, 1_000);
    queue.hold(ROOM);
    for seq in 1..100 {
        deliver(&queue, &events(seq..=seq));
    }
    assert_eq!(taken(&queue).close, Some(close::RESYNC));
}

#[test]
fn what_waits_for_answers_has_one_bound_however_many_they_are() {
    let queue = Queue::new(Dialect::Main, None, 9, 1_000);
    let rooms = (1..=50).map(|log| Group::Room(LogId(log)));
    for room in rooms {
        queue.hold(room);
        queue.deliver(&Encoded::of(room, &events(1..=1)), Side::Low);
    }
    assert_eq!(taken(&queue).close, Some(close::RESYNC));
}

#[test]
fn what_is_not_followed_is_not_heard() {
    let queue = queue(9);
    answer(&queue, 0);
    queue.forget(ROOM);
    deliver(&queue, &events(1..=1));
    deliver(&queue, &online());
    assert_eq!(texts(&queue), ["answer"]);
}

#[test]
fn only_the_session_that_ended_is_closed() {
    let queue = queue(9);
    let end = |session: &str| Broadcast::End {
        session: Some(session.to_owned()),
        code: close::LOGGED_OUT,
    };
    deliver(&queue, &end("s2"));
    assert_eq!(taken(&queue).close, None);
    deliver(&queue, &end("s1"));
    assert_eq!(taken(&queue).close, Some(close::LOGGED_OUT));
}

#[test]
fn a_ping_tells_the_tops_of_what_changed_once() {
    let queue = queue(9);
    answer(&queue, 0);
    deliver(&queue, &events(1..=1));
    assert_eq!(queue.tops(), [(ROOM, 1)]);
    assert_eq!(queue.tops(), []);
}

#[test]
fn what_is_owed_is_waited_for() {
    let queue = Arc::new(Queue::new(Dialect::Main, None, 9, 1_000));
    let mut cx = Context::from_waker(Waker::noop());
    let owed = queue.owe();
    assert!(!queue.is_settled() && queue.poll_settled(&mut cx).is_pending());
    drop(owed);
    assert!(queue.is_settled() && queue.poll_settled(&mut cx).is_ready());
}

fn push_of(stored: bool, but: &[i64]) -> Push {
    let notify = Notify {
        kind: NoticeKind::Push,
        id: "p".into(),
        from: "alice".into(),
        to: Target::Own,
        message: None,
        seq: None,
        text: "hi".into(),
        why: None,
        seen: false,
        link: None,
        at: At(0),
    };
    Push { notify, stored, but: but.iter().map(|user| UserId(*user)).collect() }
}

fn hear(queue: &Queue, group: Group, push: &Push) -> bool {
    queue.hear(&Pushed::of(group, push))
}

#[test]
fn whoever_is_counted_has_heard_it() {
    let me = Group::User(UserId(1));
    let queue = Queue::new(Dialect::Main, None, 2, 1 << 20).of(UserId(1));
    assert!(!hear(&queue, me, &push_of(false, &[])), "it has not been greeted");
    queue.greet(&Frame::text("hello"));
    assert!(!hear(&queue, me, &push_of(false, &[1])), "not to be told");
    assert!(hear(&queue, me, &push_of(false, &[2])));
    assert_eq!(texts(&queue), ["hello", "push"]);
    // What is in the log that it follows it has heard already.
    assert!(hear(&queue, me, &push_of(true, &[])));
    assert_eq!(texts(&queue), ["push"]);
    queue.hold(Group::Own(UserId(1)));
    assert!(hear(&queue, me, &push_of(true, &[])));
    assert!(texts(&queue).is_empty());
    // Of a room only who follows it hears, and not before the answer to that.
    assert!(!hear(&queue, ROOM, &push_of(false, &[])));
    queue.hold(ROOM);
    assert!(hear(&queue, ROOM, &push_of(false, &[])));
    assert!(texts(&queue).is_empty());
    answer(&queue, 0);
    assert_eq!(texts(&queue), ["answer", "push"]);
    // A reader that is too slow is closed, and did not hear.
    let heard: Vec<bool> = (0..4).map(|_| hear(&queue, me, &push_of(false, &[]))).collect();
    assert_eq!(heard, [true, true, false, false]);
    assert_eq!(taken(&queue).close, Some(close::TOO_SLOW));
}
