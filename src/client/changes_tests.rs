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
    views::{About, AuthorKind, History},
};
use proptest::prelude::*;

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
        let mut it = message(of, "bob");
        if self.done().any(|(_, done)| matches!(done, Done::Deleted(other) if *other == of)) {
            return Some(Message { deleted: true, body: String::new(), ..it });
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

    fn read(&self, before: Option<i64>, limit: usize) -> History {
        let before = before.unwrap_or(i64::MAX).min(self.top() + 1);
        let messages = (1..before).rev().filter_map(|seq| self.message(seq)).take(limit).collect();
        History {
            to: Target::Room("a".into()),
            epoch: "e1".into(),
            top: self.top(),
            messages,
            about: About::default(),
        }
    }

    /// An event as it was told, or as it is replayed: with what stands now, not what stood then.
    fn event(&self, seq: i64, replayed: bool) -> Event {
        let now = |of: i64| self.message(of).filter(|_| replayed);
        let change = |of: i64, what| Kind::Change(Change { id: format!("m{of}"), what });
        let kind = match self.0[seq as usize - 1] {
            Done::Said => {
                let was = message(seq, "bob");
                let body = match now(seq) {
                    Some(now) => (!now.deleted).then_some(now.body),
                    None => Some(was.body),
                };
                Kind::Message(MessageData {
                    id: was.id,
                    author: was.author,
                    author_kind: AuthorKind::User,
                    body,
                    at: was.at,
                    reply_to: None,
                    quote: None,
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
    Ask,
    /// …and comes.
    Come,
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
        3 => Just(Step::Ask),
        3 => Just(Step::Come),
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

/// What is held is what is read, as far back as it goes.
fn agrees(it: &Timeline, log: &Log) {
    let mut read = log.read(None, usize::MAX).messages;
    read.retain(|message| it.before().is_some_and(|first| message.seq >= first));
    read.reverse();
    assert_eq!(it.messages(), &read[..]);
}

proptest! {
    #[test]
    fn p5_with_edits_deletions_and_reactions(
        before in 0..20usize,
        page in 1..6usize,
        steps in prop::collection::vec(steps(), 0..80),
    ) {
        let mut log = Log(vec![Done::Said; before]);
        let mut it = Timeline::new(log.read(None, page), true);
        let mut asked: Option<(Option<i64>, History)> = None;
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
                Step::Ask => asked = Some((it.before(), log.read(it.before(), page))),
                Step::Come => {
                    if let Some((before, page)) = asked.take() {
                        it.prepend(before, page);
                    }
                }
            }
            if it.last() == log.top() {
                agrees(&it, &log);
            }
        }
        hear(&mut it, &log, usize::MAX);
        agrees(&it, &log);
    }
}

fn said(count: i64) -> Log {
    Log(vec![Done::Said; count as usize])
}

#[test]
fn a_page_that_comes_late_gets_what_has_happened_since() {
    let mut log = said(10);
    let mut it = Timeline::new(log.read(None, 5), true);
    let (before, page) = (it.before(), log.read(it.before(), 5));
    log.0.extend([Done::Edited(3), Done::Deleted(4), Done::Reacted(2, "👍", "alice", true)]);
    hear(&mut it, &log, 3);
    assert!(it.prepend(before, page));
    agrees(&it, &log);
    assert_eq!(it.messages()[2].body, edited(11));
}

#[test]
fn a_page_that_is_further_on_is_not_taken_back() {
    let mut log = said(10);
    let mut it = Timeline::new(log.read(None, 5), true);
    log.0.extend([Done::Edited(3), Done::Edited(3)]);
    let (before, page) = (it.before(), log.read(it.before(), 5));
    assert!(it.prepend(before, page));
    hear(&mut it, &log, 1);
    assert_eq!(it.messages()[2].body, edited(12), "the newer text stays");
    hear(&mut it, &log, 1);
    agrees(&it, &log);
}

#[test]
fn a_page_that_is_too_old_is_read_again() {
    let mut log = said(PAGE as i64 + 5);
    let mut it = Timeline::new(log.read(None, PAGE), true);
    let (before, page) = (it.before(), log.read(it.before(), PAGE));
    log.0.extend(vec![Done::Edited(1); MOST + 1]);
    hear(&mut it, &log, usize::MAX);
    assert!(!it.prepend(before, page), "nobody knows any more what is missing");
    assert!(it.has_more());
    assert!(it.prepend(before, log.read(before, PAGE)));
    agrees(&it, &log);
}
