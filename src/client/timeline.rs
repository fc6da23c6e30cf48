//! One conversation's log as it is read: a page of history, and the events that came after it.
//! Whoever applies the events holds what a fresh read returns (`docs/protocol.md`, promise 5).

use super::changes::Changes;
use crate::protocol::{
    Target,
    frames::{After, Event, Kind, What},
    limits::PAGE,
    views::{About, History, Message},
};

/// A page that stays open for days holds no more than this many messages…
const MOST: usize = 600;
/// …and is cut back to this many when its end is being read.
const KEPT: usize = 300;

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
    more: bool,
    changes: Changes,
    about: About,
}

impl Timeline {
    /// What a page of history shows; `more`: there is something before it.
    #[must_use]
    pub fn new(history: History, more: bool) -> Self {
        let mut history = history;
        let mut messages = std::mem::take(&mut history.messages);
        messages.sort_by_key(|message| message.seq);
        messages.dedup_by_key(|message| message.seq);
        let changes = Changes::new(history.top);
        let History { to, epoch, top: last, about, .. } = history;
        Self { to, epoch, last, messages, more, changes, about }
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
    pub fn has_more(&self) -> bool {
        self.more
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
                    reactions: Vec::new(),
                    cid: event.cid,
                };
                self.messages.push(message.clone());
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
            Some(Kind::Read { .. } | Kind::Conversation { .. }) | None => Applied::Done(None),
        }
    }

    /// Where the next older page ends.
    #[must_use]
    pub fn before(&self) -> Option<i64> {
        self.messages.first().map(|message| message.seq)
    }

    /// Puts an older page in front, which was asked for when the first message was `before`. Its
    /// snapshot may be older or newer than the events in here. Whether it was put there: one that
    /// would leave a hole, or that nobody can bring up to date any more, must be read again.
    pub fn prepend(&mut self, before: Option<i64>, page: History) -> bool {
        if page.epoch != self.epoch {
            // A log made anew: these messages are not of the one that is shown.
            self.more = false;
            return false;
        }
        // A full page may have more before it; an event that is no message may be the very first,
        // so the seq alone cannot tell.
        let mut older = page.messages;
        let more = older.len() >= PAGE && older.iter().all(|message| message.seq > 1);
        // What is newer than everything here comes as an event.
        let first = self.before().unwrap_or(self.last + 1);
        older.retain(|message| message.seq < first);
        if before != self.before() || !self.changes.bring_forward(&mut older, page.top, self.last) {
            return false;
        }
        self.more = more;
        older.sort_by_key(|message| message.seq);
        older.dedup_by_key(|message| message.seq);
        older.append(&mut self.messages);
        self.messages = older;
        true
    }

    /// Lets go of old messages, while the end is what is read. They can be loaded again.
    pub fn trim(&mut self) {
        if self.messages.len() > MOST {
            self.messages.drain(..self.messages.len() - KEPT);
            self.more = true;
        }
    }
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
        let mut it = Timeline::new(history("#a", 1..=3), false);
        assert_eq!(it.apply(said(3, "bob", "3")), Applied::Old);
        assert!(matches!(it.apply(said(4, "bob", "4")), Applied::Done(Some(_))));
        assert_eq!(it.apply(said(6, "bob", "6")), Applied::Gap);
        assert_eq!((it.last(), seqs(&it)), (4, vec![1, 2, 3, 4]));
        assert_eq!(it.after(), After { epoch: "e1".into(), seq: 4 });
    }

    #[test]
    fn an_unknown_kind_takes_its_seq() {
        let mut it = Timeline::new(history("#a", 1..=1), false);
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
        let mut it = Timeline::new(history("#a", 1..=1), false);
        let mut event = said(2, "bob", "");
        let mut data: serde_json::Value = serde_json::from_str(event.data.get()).unwrap();
        data["body"].take();
        event.data = serde_json::value::to_raw_value(&data).unwrap();
        it.apply(event);
        assert!(it.messages()[1].deleted);
    }

    #[test]
    fn older_pages_go_in_front_and_overlap_harmlessly() {
        let mut it = Timeline::new(history("#a", 60..=62), true);
        assert_eq!(it.before(), Some(60));
        assert!(it.prepend(Some(60), History { top: 62, ..history("#a", 10..=60) }));
        assert_eq!((it.before(), it.messages().len(), it.has_more()), (Some(10), 53, true));
        assert!(it.prepend(Some(10), History { top: 62, ..history("#a", 1..=9) }));
        assert_eq!((it.before(), it.has_more()), (Some(1), false));
        assert!(seqs(&it).is_sorted());
        assert_eq!(it.last(), 62);
    }

    #[test]
    fn a_page_of_another_log_is_not_mixed_in() {
        let mut it = Timeline::new(history("#a", 10..=12), true);
        assert!(!it.prepend(Some(10), History { epoch: "e2".into(), ..history("#a", 1..=9) }));
        assert_eq!((seqs(&it), it.has_more()), (vec![10, 11, 12], false));
    }

    #[test]
    fn a_long_day_is_cut_back() {
        let mut it = Timeline::new(history("#a", 1..=MOST as i64), false);
        it.trim();
        assert_eq!(it.messages().len(), MOST);
        it.apply(said(MOST as i64 + 1, "bob", "hi"));
        it.trim();
        assert_eq!((it.messages().len(), it.has_more()), (KEPT, true));
    }

    #[test]
    fn a_page_that_would_leave_a_hole_is_read_again() {
        let mut it = Timeline::new(history("#a", 100..=100 + MOST as i64), true);
        let asked = it.before();
        it.trim();
        let page = History { top: it.last(), ..history("#a", 50..=99) };
        assert!(!it.prepend(asked, page), "what lies between was let go");
        let messages = seqs(&it);
        assert!(it.has_more() && messages.windows(2).all(|pair| pair[1] == pair[0] + 1));
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
            let mut it = Timeline::new(history("#a", 1..=start), false);
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
