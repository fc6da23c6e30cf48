//! Promise 5 with everything that may happen to a message: a server that keeps a list of what was
//! done, and a timeline that hears of it live, by replays, and by pages that come late.

use super::*;
use crate::client::{
    testing::message,
    timeline::{Applied, Timeline},
};
use crate::protocol::{
    At, Target,
    frames::{Event, Kind, MessageData},
    limits::PAGE,
    views::{About, AuthorKind, FileView, History, Span},
};
use proptest::prelude::*;
use std::collections::VecDeque;

/// What was done; the seq is its place in the list, counted from 1.
#[derive(Clone, Debug)]
enum Done {
    Said,
    Edited(i64),
    Deleted(i64),
    Reacted(i64, &'static str, &'static str, bool),
}

/// The server: what was done, and how far that was.
struct Log(Vec<Done>);

impl Log {
    fn top(&self) -> i64 {
        self.0.len() as i64
    }

    fn done(&self) -> impl DoubleEndedIterator<Item = (i64, &Done)> {
        self.0.iter().enumerate().map(|(at, done)| (at as i64 + 1, done))
    }

    /// The message at `of` as it stands at the top, worked out from what was done and not by the
    /// fold that is on trial.
    fn message(&self, of: i64) -> Option<Message> {
        if !matches!(self.0.get(of as usize - 1), Some(Done::Said)) {
            return None;
        }
        let mut it = Message { files: files(of), ..message(of, "bob") };
        if self.done().any(|(_, done)| matches!(done, Done::Deleted(other) if *other == of)) {
            return Some(Message { deleted: true, body: String::new(), files: vec![], ..it });
        }
        let edit =
            self.done().rev().find(|(_, done)| matches!(done, Done::Edited(other) if *other == of));
        if let Some((seq, _)) = edit {
            (it.body, it.edited_at) = (edited(seq), Some(At(seq)));
        }
        for (_, done) in self.done() {
            if let Done::Reacted(other, emoji, user, on) = done
                && *other == of
            {
                react(&mut it.reactions, emoji, user, *on);
            }
        }
        Some(it)
    }

    fn read(&self, span: Span<i64>, limit: usize) -> History {
        let (pivot, below, above) = match span {
            Span::Newest => (i64::MAX, limit, 0),
            Span::Before(seq) => (seq, limit, 0),
            Span::After(seq) => (seq + 1, 0, limit),
            Span::Around(seq) => (seq, limit / 2, limit - limit / 2),
        };
        let all: Vec<Message> = (1..=self.top()).filter_map(|seq| self.message(seq)).collect();
        let middle = all.iter().filter(|message| message.seq < pivot).count();
        let (first, end) =
            (middle.saturating_sub(below), all.len().min(middle.saturating_add(above)));
        History {
            to: Target::Room("a".into()),
            epoch: "e1".into(),
            top: self.top(),
            messages: all[first..end].iter().rev().cloned().collect(),
            older: first > 0,
            newer: end < all.len(),
            about: About::default(),
        }
    }

    fn read_before(&self, before: Option<i64>, limit: usize) -> History {
        self.read(before.map_or(Span::Newest, Span::Before), limit)
    }

    /// An event as it was told, or as it is replayed: with what stands now, not what stood then.
    fn event(&self, seq: i64, replayed: bool) -> Event {
        let now = |of: i64| self.message(of).filter(|_| replayed);
        let change = |of: i64, what| Kind::Change(Change { id: format!("m{of}"), what });
        let kind = match self.0[seq as usize - 1] {
            Done::Said => {
                let was = message(seq, "bob");
                let (body, files) = match now(seq) {
                    Some(now) => ((!now.deleted).then_some(now.body), now.files),
                    None => (Some(was.body), files(seq)),
                };
                Kind::Message(MessageData {
                    id: was.id,
                    author: was.author,
                    author_kind: AuthorKind::User,
                    body,
                    at: was.at,
                    reply_to: None,
                    quote: None,
                    files,
                })
            }
            Done::Edited(of) => {
                let body = match now(of) {
                    Some(now) => (!now.deleted).then_some(now.body),
                    None => Some(edited(seq)),
                };
                change(of, What::Edited { body, at: At(seq) })
            }
            Done::Deleted(of) => change(of, What::Deleted { at: At(seq) }),
            Done::Reacted(of, emoji, user, on) => {
                change(of, What::Reacted { emoji: emoji.into(), user: user.into(), on })
            }
        };
        Event::new(seq, None, &kind)
    }
}

/// The files of the message at `seq`: every third has one.
fn files(seq: i64) -> Vec<FileView> {
    let file = || FileView {
        id: format!("f{seq}"),
        name: "notes.txt".into(),
        kind: "text/plain".into(),
        bytes: seq,
        width: None,
        height: None,
    };
    (seq % 3 == 0).then(file).into_iter().collect()
}

fn edited(seq: i64) -> String {
    format!("edited by {seq}")
}

/// What happens to a page that is open.
#[derive(Clone, Debug)]
enum Step {
    Say,
    Edit(usize),
    Delete(usize),
    React(usize, &'static str, &'static str, bool),
    /// Some events come.
    Hear(usize),
    /// Something got lost: all that is missing is replayed.
    Replay,
    /// An older page is read…
    Older,
    /// …or a newer one…
    Newer,
    /// …or one around that seq, or the newest…
    Turn(Option<i64>),
    /// …and comes, the first that was read.
    Come,
    /// So many of the oldest are kept.
    Oldest(usize),
    /// So many of the newest are kept.
    Newest(usize),
    /// No more messages are taken.
    Detach,
}

fn steps() -> impl Strategy<Value = Step> {
    let emoji = prop::sample::select(vec!["👍", "🎉"]);
    let user = prop::sample::select(vec!["alice", "bob"]);
    prop_oneof![
        4 => Just(Step::Say),
        3 => (0..30usize).prop_map(Step::Edit),
        1 => (0..30usize).prop_map(Step::Delete),
        3 => (0..30usize, emoji, user, any::<bool>())
            .prop_map(|(which, emoji, user, on)| Step::React(which, emoji, user, on)),
        4 => (1..6usize).prop_map(Step::Hear),
        1 => Just(Step::Replay),
        3 => Just(Step::Older),
        3 => Just(Step::Newer),
        1 => prop::option::of(1..40i64).prop_map(Step::Turn),
        5 => Just(Step::Come),
        1 => (1..12usize).prop_map(Step::Oldest),
        1 => (1..12usize).prop_map(Step::Newest),
        1 => Just(Step::Detach),
    ]
}

/// The seq of a message that was not deleted, if there is one.
fn living(log: &Log, which: usize) -> Option<i64> {
    let said: Vec<i64> = (1..=log.top())
        .filter(|seq| log.message(*seq).is_some_and(|message| !message.deleted))
        .collect();
    (!said.is_empty()).then(|| said[which % said.len()])
}

fn hear(it: &mut Timeline, log: &Log, many: usize) {
    for seq in (it.last() + 1..=log.top()).take(many) {
        assert!(matches!(it.apply(log.event(seq, false)), Applied::Done(_)));
    }
}

/// What is held is what is read, from its first message to its last, or to the end.
fn agrees(it: &Timeline, log: &Log) {
    let mut read = log.read(Span::Newest, usize::MAX).messages;
    let end = it.ends().filter(|_| it.has_newer()).unwrap_or(i64::MAX);
    read.retain(|message| it.before().is_some_and(|first| (first..=end).contains(&message.seq)));
    read.reverse();
    assert_eq!(it.messages(), &read[..]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn p5_with_edits_deletions_and_reactions(
        before in 0..20usize,
        page in 1..6usize,
        first in prop::option::of(1..20i64),
        steps in prop::collection::vec(steps(), 0..80),
    ) {
        let mut log = Log(vec![Done::Said; before]);
        let around = |seq: Option<i64>| seq.map_or(Span::Newest, Span::Around);
        let mut it = Timeline::new(log.read(around(first.filter(|seq| log.top() >= *seq)), page));
        let mut asked: VecDeque<(Span<i64>, Option<i64>, History)> = VecDeque::new();
        for step in steps {
            match step {
                Step::Say => log.0.push(Done::Said),
                Step::Edit(which) => log.0.extend(living(&log, which).map(Done::Edited)),
                Step::Delete(which) => log.0.extend(living(&log, which).map(Done::Deleted)),
                Step::React(which, emoji, user, on) => {
                    let done = living(&log, which).map(|of| Done::Reacted(of, emoji, user, on));
                    log.0.extend(done);
                }
                Step::Hear(many) => hear(&mut it, &log, many),
                Step::Replay => {
                    for seq in it.last() + 1..=log.top() {
                        it.apply(log.event(seq, true));
                    }
                    agrees(&it, &log);
                }
                Step::Older => {
                    let span = it.before().map_or(Span::Newest, Span::Before);
                    asked.push_back((span, it.before(), log.read_before(it.before(), page)));
                }
                Step::Newer => {
                    let span = Span::After(it.ends().unwrap_or(0));
                    asked.push_back((span, it.ends(), log.read(span, page)));
                }
                Step::Turn(seq) => {
                    let span = around(seq.filter(|seq| *seq <= log.top()));
                    asked.push_back((Span::Around(0), None, log.read(span, page)));
                }
                Step::Come => match asked.pop_front() {
                    Some((Span::Around(_), _, page)) => { it.turn_to(page); }
                    Some((Span::After(_), after, page)) => { it.append(after, page); }
                    Some((_, before, page)) => { it.prepend(before, page); }
                    None => {}
                },
                Step::Oldest(most) => it.keep_oldest(most),
                Step::Newest(most) => it.keep_newest(most),
                Step::Detach => it.detach(),
            }
            if it.last() == log.top() {
                agrees(&it, &log);
            }
        }
        hear(&mut it, &log, usize::MAX);
        agrees(&it, &log);
        // Whoever reads on gets to both ends, in no more steps than there are messages.
        for _ in 0..=log.top() {
            if it.has_newer() {
                it.append(it.ends(), log.read(Span::After(it.ends().unwrap_or(0)), page));
            }
            if it.has_older() {
                it.prepend(it.before(), log.read_before(it.before(), page));
            }
        }
        let mut all = log.read(Span::Newest, usize::MAX).messages;
        all.reverse();
        prop_assert_eq!(it.messages(), &all[..]);
        prop_assert!(!it.has_newer() && !it.has_older());
    }
}

fn said(count: i64) -> Log {
    Log(vec![Done::Said; count as usize])
}

#[test]
fn a_page_that_comes_late_gets_what_has_happened_since() {
    let mut log = said(10);
    let mut it = Timeline::new(log.read(Span::Newest, 5));
    let (before, page) = (it.before(), log.read_before(it.before(), 5));
    log.0.extend([Done::Edited(3), Done::Deleted(4), Done::Reacted(2, "👍", "alice", true)]);
    hear(&mut it, &log, 3);
    assert!(it.prepend(before, page));
    agrees(&it, &log);
    assert_eq!(it.messages()[2].body, edited(11));
}

#[test]
fn a_page_that_is_further_on_is_not_taken_back() {
    let mut log = said(10);
    let mut it = Timeline::new(log.read(Span::Newest, 5));
    log.0.extend([Done::Edited(3), Done::Edited(3)]);
    let (before, page) = (it.before(), log.read_before(it.before(), 5));
    assert!(it.prepend(before, page));
    hear(&mut it, &log, 1);
    assert_eq!(it.messages()[2].body, edited(12), "the newer text stays");
    hear(&mut it, &log, 1);
    agrees(&it, &log);
}

#[test]
fn a_newer_page_meets_events_as_an_older_one_does() {
    let mut log = said(10);
    let mut it = Timeline::new(log.read(Span::Before(4), 3));
    let late = log.read(Span::After(3), 4);
    log.0.extend([Done::Edited(5), Done::Deleted(6)]);
    hear(&mut it, &log, 2);
    assert!(it.append(Some(3), late));
    agrees(&it, &log);
    log.0.extend([Done::Edited(8), Done::Edited(8)]);
    assert!(it.append(Some(7), log.read(Span::After(7), 4)));
    hear(&mut it, &log, 1);
    assert_eq!(it.messages()[7].body, edited(14), "the newer text stays");
    hear(&mut it, &log, 1);
    agrees(&it, &log);
}

#[test]
fn what_was_further_on_and_let_go_is_forgotten() {
    let mut log = said(10);
    let mut it = Timeline::new(log.read(Span::Newest, 5));
    let early = log.read(Span::Before(6), 5);
    log.0.push(Done::Edited(3));
    let ahead = log.read(Span::Before(6), 5);
    assert!(it.prepend(Some(6), ahead));
    it.keep_newest(5);
    assert!(it.prepend(Some(6), early));
    hear(&mut it, &log, 1);
    agrees(&it, &log);
}

#[test]
fn a_page_that_is_too_old_is_read_again() {
    let mut log = said(PAGE as i64 + 5);
    let mut it = Timeline::new(log.read(Span::Newest, PAGE));
    let (before, page) = (it.before(), log.read_before(it.before(), PAGE));
    log.0.extend(vec![Done::Edited(1); MOST + 1]);
    hear(&mut it, &log, usize::MAX);
    assert!(!it.prepend(before, page), "nobody knows any more what is missing");
    assert!(it.has_older());
    assert!(it.prepend(before, log.read_before(before, PAGE)));
    agrees(&it, &log);
}
