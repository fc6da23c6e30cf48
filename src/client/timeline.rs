//! One conversation's log as it is read: a window of it, made of pages of history and the events that
//! came after them. Whoever applies the events holds what a fresh read returns (`docs/protocol.md`,
//! promise 5), from the window's first message to its last.
//!
//! A window that ends where the log does is *attached*: a message that comes is put at its end. One
//! that ends earlier is *detached*: what comes counts, and is read as a page when one gets there.

use super::{changes::Changes, order::order};
use crate::protocol::{
    Target,
    frames::{After, Event, Kind, What},
    views::{About, History, Message},
};

/// What came of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It was here already.
    Old,
    /// It is in place; with what it added, if it is a message.
    Done(Option<Box<Message>>),
    /// Something before it is missing: subscribe again from the last.
    Gap,
}

/// The log, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    to: Target,
    epoch: String,
    last: i64,
    messages: Vec<Message>,
    /// Whether there is more before the first.
    older: bool,
    /// Whether there is more after the last.
    newer: bool,
    /// No message lies between this seq and `last`.
    said: i64,
    changes: Changes,
    about: About,
}

impl Timeline {
    /// What a page of history shows.
    #[must_use]
    pub fn new(page: History) -> Self {
        let History { to, epoch, top, mut messages, older, newer, about } = page;
        in_order(&mut messages);
        let newest = messages.last().map_or(0, |message| message.seq);
        let said = if newer { top } else { newest };
        let changes = Changes::new(top);
        Self { to, epoch, last: top, messages, older, newer, said, changes, about }
    }

    /// The conversation.
    #[must_use]
    pub fn to(&self) -> &Target {
        &self.to
    }

    /// The messages, oldest first.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Topic and pins.
    #[must_use]
    pub fn about(&self) -> &About {
        &self.about
    }

    /// The seq of the last event that is in it.
    #[must_use]
    pub fn last(&self) -> i64 {
        self.last
    }

    /// Whether there is more before the first.
    #[must_use]
    pub fn has_older(&self) -> bool {
        self.older
    }

    /// Whether there is more after the last.
    #[must_use]
    pub fn has_newer(&self) -> bool {
        self.newer
    }

    /// From where a subscription goes on.
    #[must_use]
    pub fn after(&self) -> After {
        After { epoch: self.epoch.clone(), seq: self.last }
    }

    /// Takes the next event.
    pub fn apply(&mut self, event: Event) -> Applied {
        if event.seq <= self.last {
            return Applied::Old;
        }
        if event.seq != self.last + 1 {
            return Applied::Gap;
        }
        self.last = event.seq;
        match event.reading() {
            Some(Kind::Message(data)) => {
                let message = Message {
                    id: data.id,
                    seq: event.seq,
                    author: data.author,
                    author_kind: data.author_kind,
                    deleted: data.body.is_none(),
                    body: data.body.unwrap_or_default(),
                    at: data.at,
                    edited_at: None,
                    reply_to: data.reply_to,
                    quote: data.quote,
                    files: data.files,
                    reactions: Vec::new(),
                    cid: event.cid,
                };
                self.said = event.seq;
                if !self.newer {
                    self.messages.push(message.clone());
                }
                Applied::Done(Some(Box::new(message)))
            }
            Some(Kind::Change(change)) => {
                if let What::Deleted { .. } = change.what {
                    self.about.pin(&change.id, false);
                }
                self.changes.apply(&mut self.messages, event.seq, change);
                Applied::Done(None)
            }
            Some(Kind::Pin { message, on }) => {
                self.about.pin(&message, on);
                Applied::Done(None)
            }
            Some(Kind::Topic { text }) => {
                self.about.topic = text;
                Applied::Done(None)
            }
            // What this version does not know, or what belongs to another log, takes its seq and
            // changes nothing.
            _ => Applied::Done(None),
        }
    }

    /// Where the next older page ends.
    #[must_use]
    pub fn before(&self) -> Option<i64> {
        self.messages.first().map(|message| message.seq)
    }

    /// After which seq the next newer page begins.
    #[must_use]
    pub fn ends(&self) -> Option<i64> {
        self.messages.last().map(|message| message.seq)
    }

    /// The message of this id, if it is held.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Message> {
        self.messages.iter().rev().find(|message| message.id == id)
    }

    /// Puts an older page in front, which was asked for when the first message was `before`. Its
    /// snapshot may be older or newer than the events in here. Whether it was put there: one that
    /// would leave a hole, or that nobody can bring up to date any more, must be read again.
    pub fn prepend(&mut self, before: Option<i64>, page: History) -> bool {
        if page.epoch != self.epoch {
            // A log made anew: these messages are not of the one that is shown.
            self.older = false;
            return false;
        }
        let mut older = page.messages;
        // What is newer than everything here comes as an event.
        let first = self.before().unwrap_or(self.last + 1);
        older.retain(|message| message.seq < first);
        if before != self.before() || !self.changes.bring_forward(&mut older, page.top, self.last) {
            return false;
        }
        in_order(&mut older);
        self.older = page.older;
        older.append(&mut self.messages);
        self.messages = older;
        true
    }

    /// Puts a newer page at the end, which was asked for when the last message was `after`; the same
    /// rules hold as in front. A page that reaches as far as the events do attaches the window.
    pub fn append(&mut self, after: Option<i64>, page: History) -> bool {
        if page.epoch != self.epoch || !self.newer || after != self.ends() {
            return false;
        }
        let Some(mut newer) = self.brought(page, after.unwrap_or(0)) else { return false };
        self.messages.append(&mut newer);
        true
    }

    /// Puts another page of the same log in place of what is held. Whether it was: one that nobody
    /// can bring up to date any more must be read again.
    pub fn turn_to(&mut self, page: History) -> bool {
        if page.epoch != self.epoch || !self.changes.know(page.top) {
            return false;
        }
        self.changes.hold(None);
        self.older = page.older;
        self.messages = self.brought(page, 0).unwrap_or_default();
        true
    }

    /// The messages of a page after the seq `held`, oldest first, as they stand at the last event;
    /// and whether there are more after them by now.
    fn brought(&mut self, page: History, held: i64) -> Option<Vec<Message>> {
        let mut messages = page.messages;
        in_order(&mut messages);
        // All that is known of the log up to here.
        let whole = match messages.last() {
            Some(newest) if page.newer => newest.seq,
            _ => page.top,
        };
        // What is newer than the events comes as an event.
        messages.retain(|message| message.seq > held && message.seq <= self.last);
        if !self.changes.bring_forward(&mut messages, page.top, self.last) {
            return None;
        }
        self.newer = whole < self.said;
        Some(messages)
    }

    /// Lets go of the oldest, so that so many stay. They can be loaded again.
    pub fn keep_newest(&mut self, most: usize) {
        if self.messages.len() > most {
            self.messages.drain(..self.messages.len() - most);
            self.older = true;
            self.changes.hold(self.before().zip(self.ends()));
        }
    }

    /// Lets go of the newest, so that so many stay. They can be loaded again.
    pub fn keep_oldest(&mut self, most: usize) {
        if self.messages.len() > most {
            self.messages.truncate(most);
            self.newer = true;
            self.changes.hold(self.before().zip(self.ends()));
        }
    }

    /// Takes no new messages from here on: they only count, until one gets to them.
    pub fn detach(&mut self) {
        self.newer = true;
    }
}

fn in_order(messages: &mut Vec<Message>) {
    order(messages, |a, b| a.seq.cmp(&b.seq));
    messages.dedup_by_key(|message| message.seq);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::testing::{history, message, said};
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    fn seqs(timeline: &Timeline) -> Vec<i64> {
        timeline.messages().iter().map(|message| message.seq).collect()
    }

    #[test]
    fn takes_the_next_ignores_the_old_and_reports_a_jump() {
        let mut it = Timeline::new(history("#a", 1..=3));
        assert_eq!(it.apply(said(3, "bob", "3")), Applied::Old);
        assert!(matches!(it.apply(said(4, "bob", "4")), Applied::Done(Some(_))));
        assert_eq!(it.apply(said(6, "bob", "6")), Applied::Gap);
        assert_eq!((it.last(), seqs(&it)), (4, vec![1, 2, 3, 4]));
        assert_eq!(it.after(), After { epoch: "e1".into(), seq: 4 });
    }

    #[test]
    fn an_unknown_kind_takes_its_seq() {
        let mut it = Timeline::new(history("#a", 1..=1));
        let event = Event {
            seq: 2,
            kind: "firework".into(),
            cid: None,
            data: RawValue::from_string("7".into()).unwrap(),
        };
        assert_eq!(it.apply(event), Applied::Done(None));
        assert!(matches!(it.apply(said(3, "bob", "hi")), Applied::Done(Some(_))));
        assert_eq!(seqs(&it), [1, 3]);
    }

    #[test]
    fn a_deleted_message_comes_without_its_body() {
        let mut it = Timeline::new(history("#a", 1..=1));
        let mut event = said(2, "bob", "");
        let mut data: serde_json::Value = serde_json::from_str(event.data.get()).unwrap();
        data["body"].take();
        event.data = serde_json::value::to_raw_value(&data).unwrap();
        it.apply(event);
        assert!(it.messages()[1].deleted);
    }

    /// A page of a log that stands at `top`.
    fn page(seqs: std::ops::RangeInclusive<i64>, top: i64) -> History {
        let (older, newer) = (*seqs.start() > 1, *seqs.end() < top);
        History { top, older, newer, ..history("#a", seqs) }
    }

    #[test]
    fn older_pages_go_in_front_and_overlap_harmlessly() {
        let mut it = Timeline::new(page(60..=62, 62));
        assert_eq!(it.before(), Some(60));
        assert!(it.prepend(Some(60), page(10..=60, 62)));
        assert_eq!((it.before(), it.messages().len(), it.has_older()), (Some(10), 53, true));
        assert!(it.prepend(Some(10), page(1..=9, 62)));
        assert_eq!((it.before(), it.has_older()), (Some(1), false));
        assert!(seqs(&it).is_sorted());
        assert_eq!(it.last(), 62);
    }

    #[test]
    fn a_page_of_another_log_is_not_mixed_in() {
        let another = |seqs, top| History { epoch: "e2".into(), ..page(seqs, top) };
        let mut it = Timeline::new(page(10..=12, 12));
        assert!(!it.prepend(Some(10), another(1..=9, 12)));
        assert_eq!((seqs(&it), it.has_older()), (vec![10, 11, 12], false));
        let mut it = Timeline::new(page(10..=12, 20));
        assert!(!it.append(Some(12), another(13..=20, 20)));
        assert!(!it.turn_to(another(1..=9, 20)));
        assert_eq!((seqs(&it), it.has_newer()), (vec![10, 11, 12], true));
    }

    #[test]
    fn what_is_let_go_can_be_read_again() {
        let mut it = Timeline::new(page(1..=30, 30));
        it.keep_newest(30);
        it.keep_oldest(30);
        assert_eq!((seqs(&it).len(), it.has_older(), it.has_newer()), (30, false, false));
        it.keep_newest(20);
        assert_eq!((it.before(), it.has_older(), it.has_newer()), (Some(11), true, false));
        it.keep_oldest(10);
        assert_eq!((seqs(&it), it.has_newer()), ((11..=20).collect(), true));
        assert!(it.prepend(Some(11), page(1..=10, 30)));
        assert!(it.append(Some(20), page(21..=30, 30)));
        assert_eq!((seqs(&it), it.has_older(), it.has_newer()), ((1..=30).collect(), false, false));
    }

    #[test]
    fn a_page_that_would_leave_a_hole_is_read_again() {
        let mut it = Timeline::new(page(50..=80, 80));
        let (before, after) = (it.before(), it.ends());
        it.keep_newest(20);
        assert!(!it.prepend(before, page(40..=49, 80)), "what lies between was let go");
        it.keep_oldest(10);
        assert!(!it.append(after, page(80..=80, 80)), "likewise");
        assert_eq!(seqs(&it), (61..=70).collect::<Vec<_>>());
        let mut it = Timeline::new(page(1..=5, 5));
        assert!(!it.append(Some(5), page(6..=8, 8)), "what comes after the end comes as events");
    }

    #[test]
    fn what_comes_after_a_part_counts_and_is_read_as_a_page() {
        let mut it = Timeline::new(page(1..=10, 20));
        assert!(matches!(it.apply(said(21, "bob", "21")), Applied::Done(Some(_))));
        assert_eq!((it.last(), it.ends()), (21, Some(10)));
        // Read before 21 was said: all of it, but not the end by now.
        assert!(it.append(Some(10), page(11..=20, 20)));
        assert_eq!((it.ends(), it.has_newer()), (Some(20), true));
        // Read after 22 was said, which is still to come.
        assert!(it.append(Some(20), page(21..=22, 22)));
        assert_eq!((it.ends(), it.has_newer()), (Some(21), false));
        it.apply(said(22, "bob", "22"));
        assert_eq!(seqs(&it), (1..=22).collect::<Vec<_>>());
    }

    #[test]
    fn a_page_in_the_middle_takes_the_place_of_what_is_held() {
        let mut it = Timeline::new(page(91..=100, 100));
        it.apply(said(101, "bob", "101"));
        assert!(it.turn_to(page(40..=50, 100)));
        assert_eq!((it.before(), it.ends(), it.last()), (Some(40), Some(50), 101));
        assert_eq!((it.has_older(), it.has_newer()), (true, true));
        assert!(it.turn_to(page(92..=101, 101)));
        assert_eq!((it.ends(), it.has_newer()), (Some(101), false));
    }

    #[test]
    fn an_event_that_is_no_message_does_not_keep_the_end_away() {
        let mut it = Timeline::new(page(1..=10, 10));
        it.detach();
        let unknown = RawValue::from_string("7".into()).unwrap();
        it.apply(Event { seq: 11, kind: "firework".into(), cid: None, data: unknown });
        assert!(it.append(Some(10), History { messages: vec![], ..page(1..=10, 10) }));
        assert!(!it.has_newer());
    }

    proptest! {
        /// Promise 5, for what there is today: with duplicates, gaps and resubscriptions in any
        /// order, the page and its events are what a fresh read returns.
        #[test]
        fn state_by_events_equals_state_by_reading(
            start in 0i64..20,
            deliveries in prop::collection::vec(1i64..40, 0..150),
        ) {
            let top = 40;
            let mut it = Timeline::new(history("#a", 1..=start));
            for seq in deliveries {
                if it.apply(said(seq, "bob", &format!("body {seq}"))) == Applied::Gap {
                    for missed in it.last() + 1..=seq {
                        it.apply(said(missed, "bob", &format!("body {missed}")));
                    }
                }
            }
            for rest in it.last() + 1..=top {
                it.apply(said(rest, "bob", &format!("body {rest}")));
            }
            let read: Vec<Message> = (1..=top).map(|seq| message(seq, "bob")).collect();
            prop_assert_eq!(it.messages(), &read[..]);
        }
    }
}
