//! What I want changed about messages that are there: edits, deletions, reactions, pins. Each waits
//! here until the log has it, and is shown meanwhile; what was not answered when a connection broke
//! is sent again on the next. A wish says how the message is to stand, so asking twice is asking
//! once; and of two about the same thing only the later one counts.

use super::{Moment, changes};
use crate::protocol::{Refusal, Target, frames::ClientFrame, views::Message};

/// The first wait after a temporary refusal that names none; it doubles…
const RETRY_MS: u64 = 1_000;
/// …up to this.
const RETRY_MOST_MS: u64 = 20_000;

/// How a message is to stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// With this text.
    Edit(String),
    /// Without any.
    Delete,
    /// With this reaction of mine, or without it.
    React { emoji: String, on: bool },
    /// Pinned, or not.
    Pin(bool),
}

impl Wish {
    /// Whether this one, asked for later, makes the other one void.
    fn overtakes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Delete, _) | (Self::Edit(_), Self::Edit(_)) | (Self::Pin(_), Self::Pin(_)) => {
                true
            }
            (Self::React { emoji, .. }, Self::React { emoji: before, .. }) => emoji == before,
            _ => false,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fares {
    /// It is to be sent.
    Waits,
    /// It was sent on this connection and has no answer yet.
    Flies,
    /// It is so since that event of the log, which has yet to come.
    Done(i64),
}

/// A wish about one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it was said.
    pub to: Target,
    /// Its id.
    pub id: String,
    /// How it is to stand.
    pub wish: Wish,
    number: u64,
    fares: Fares,
}

impl Entry {
    fn frame(&self) -> ClientFrame {
        let (to, message) = (self.to.clone(), self.id.clone());
        match self.wish.clone() {
            Wish::Edit(body) => ClientFrame::Edit { to, message, body },
            Wish::Delete => ClientFrame::Delete { to, message },
            Wish::React { emoji, on } => ClientFrame::React { to, message, emoji, on },
            Wish::Pin(on) => ClientFrame::Pin { to, message, on },
        }
    }
}

/// A message as it will stand, and what of it still waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wished {
    /// With its new text and reactions. One that is to go is still there.
    pub message: Message,
    /// Its text is not stored yet.
    pub saving: bool,
    /// It is not deleted yet.
    pub going: bool,
    /// My reactions that are not stored yet.
    pub reacting: Vec<String>,
}

/// All of them, in the order of asking.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    entries: Vec<Entry>,
    made: u64,
    /// After a temporary refusal nothing is sent before then.
    resume_at: u64,
    tries: u32,
}

impl Wishes {
    /// Something is wished for. What it makes void is forgotten, answer and all.
    pub fn add(&mut self, to: Target, id: String, wish: Wish) {
        self.entries.retain(|old| old.to != to || old.id != id || !wish.overtakes(&old.wish));
        self.made += 1;
        self.entries.push(Entry { to, id, wish, number: self.made, fares: Fares::Waits });
    }

    /// What goes out now, each with the number that its answer names.
    pub fn take_ready(&mut self, now: &Moment) -> Vec<(u64, ClientFrame)> {
        if now.ms < self.resume_at {
            return Vec::new();
        }
        let waiting = self.entries.iter_mut().filter(|entry| entry.fares == Fares::Waits);
        waiting
            .map(|entry| {
                entry.fares = Fares::Flies;
                (entry.number, entry.frame())
            })
            .collect()
    }

    /// When something is to go out by itself.
    #[must_use]
    pub fn due(&self) -> Option<u64> {
        self.entries.iter().any(|entry| entry.fares == Fares::Waits).then_some(self.resume_at)
    }

    /// The connection is gone: what had no answer goes again on the next.
    pub fn land(&mut self) {
        for entry in &mut self.entries {
            if entry.fares == Fares::Flies {
                entry.fares = Fares::Waits;
            }
        }
    }

    /// The answer: it is so by the event `seq`.
    pub fn done(&mut self, number: u64, seq: i64) {
        self.tries = 0;
        if let Some(at) = self.place(number) {
            self.entries[at].fares = Fares::Done(seq);
        }
    }

    /// The server said no. What will not be tried again by itself is handed out.
    pub fn refused(&mut self, number: u64, refusal: &Refusal, now: &Moment) -> Option<Entry> {
        let at = self.place(number)?;
        if !refusal.temporary {
            return Some(self.entries.remove(at));
        }
        self.entries[at].fares = Fares::Waits;
        let most = RETRY_MOST_MS.min(RETRY_MS << self.tries.min(16));
        self.tries = self.tries.saturating_add(1);
        self.resume_at = now.ms + refusal.retry_ms.unwrap_or(most);
        None
    }

    /// What is on the screen stands at that event: whatever is done by then shows there by itself.
    /// What is done elsewhere shows nowhere.
    pub fn settle(&mut self, to: &Target, last: i64) {
        self.entries.retain(
            |entry| !matches!(entry.fares, Fares::Done(seq) if entry.to != *to || seq <= last),
        );
    }

    /// The log that is on the screen is another one by now, whose seqs mean something else.
    pub fn forget_done(&mut self) {
        self.entries.retain(|entry| !matches!(entry.fares, Fares::Done(_)));
    }

    /// A message with what I wish for it, if that is anything.
    #[must_use]
    pub fn over(&self, to: &Target, message: &Message, me: &str) -> Option<Wished> {
        let mut wished = None::<Wished>;
        for entry in &self.entries {
            if entry.id != message.id || entry.to != *to || message.deleted {
                continue;
            }
            let it = wished.get_or_insert_with(|| Wished {
                message: message.clone(),
                saving: false,
                going: false,
                reacting: Vec::new(),
            });
            let waits = !matches!(entry.fares, Fares::Done(_));
            match &entry.wish {
                Wish::Edit(body) => {
                    it.message.body.clone_from(body);
                    it.saving = waits;
                }
                Wish::Delete => it.going = true,
                Wish::React { emoji, on } => {
                    changes::react(&mut it.message.reactions, emoji, me, *on);
                    if waits && *on {
                        it.reacting.push(emoji.clone());
                    }
                }
                Wish::Pin(_) => {}
            }
        }
        wished
    }

    /// Whether I want that message pinned, if I said so.
    #[must_use]
    pub fn pin(&self, to: &Target, id: &str) -> Option<bool> {
        self.entries.iter().find_map(|entry| match entry.wish {
            Wish::Pin(on) if entry.id == id && entry.to == *to => Some(on),
            _ => None,
        })
    }

    fn place(&self, number: u64) -> Option<usize> {
        self.entries.iter().position(|entry| entry.number == number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::testing::message;
    use crate::protocol::{Code, views::Reaction};

    fn at(ms: u64) -> Moment {
        Moment { ms, ..Moment::default() }
    }

    fn room() -> Target {
        Target::Room("a".into())
    }

    fn react(emoji: &str, on: bool) -> Wish {
        Wish::React { emoji: emoji.into(), on }
    }

    fn numbers(it: &mut Wishes, ms: u64) -> Vec<u64> {
        it.take_ready(&at(ms)).into_iter().map(|(number, _)| number).collect()
    }

    #[test]
    fn each_goes_out_once_on_a_connection_and_again_on_the_next() {
        let mut it = Wishes::default();
        it.add(room(), "m1".into(), Wish::Edit("x".into()));
        it.add(room(), "m1".into(), react("👍", true));
        assert_eq!(numbers(&mut it, 0), [1, 2]);
        assert_eq!((numbers(&mut it, 0), it.due()), (vec![], None));
        it.done(2, 9);
        it.land();
        assert_eq!((it.due(), numbers(&mut it, 0)), (Some(0), vec![1]), "one was answered");
    }

    #[test]
    fn of_two_about_the_same_the_later_counts() {
        let mut it = Wishes::default();
        it.add(room(), "m1".into(), react("👍", true));
        assert_eq!(numbers(&mut it, 0), [1]);
        it.add(room(), "m1".into(), react("👍", false));
        it.add(room(), "m1".into(), react("🎉", true));
        it.add(room(), "m2".into(), react("👍", true));
        // The answer to the first concerns nobody any more, whatever it is.
        assert_eq!(it.refused(1, &Refusal::new(Code::NotFound, ""), &at(0)), None);
        it.land();
        assert_eq!(numbers(&mut it, 0), [2, 3, 4]);
        it.add(room(), "m1".into(), Wish::Delete);
        it.land();
        assert_eq!(numbers(&mut it, 0), [4, 5]);
    }

    #[test]
    fn a_message_shows_what_is_wished_for_it_until_the_log_has_it() {
        let mut it = Wishes::default();
        let mut said = message(1, "bob");
        said.reactions = vec![Reaction { emoji: "👍".into(), users: vec!["alice".into()] }];
        it.add(room(), "m1".into(), react("👍", false));
        it.add(room(), "m1".into(), react("🎉", true));
        it.add(room(), "m1".into(), Wish::Edit("ho".into()));
        let wished = it.over(&room(), &said, "alice").unwrap();
        assert_eq!((wished.message.body.as_str(), wished.saving), ("ho", true));
        assert_eq!(wished.message.reactions.len(), 1);
        assert_eq!(wished.reacting, ["🎉"]);
        assert_eq!(it.over(&room(), &message(2, "bob"), "alice"), None);
        numbers(&mut it, 0);
        it.done(3, 7);
        assert!(!it.over(&room(), &said, "alice").unwrap().saving, "stored, not heard yet");
        it.settle(&room(), 6);
        assert_eq!(it.over(&room(), &said, "alice").unwrap().message.body, "ho");
        it.settle(&room(), 7);
        assert_eq!(it.over(&room(), &said, "alice").unwrap().message.body, said.body);
    }

    #[test]
    fn what_is_refused_for_a_while_waits_and_for_good_is_handed_out() {
        let mut it = Wishes::default();
        it.add(room(), "m1".into(), Wish::Edit("x".into()));
        numbers(&mut it, 0);
        assert_eq!(it.refused(1, &Refusal::rate_limited("", 300), &at(1_000)), None);
        assert_eq!((numbers(&mut it, 1_299), it.due()), (vec![], Some(1_300)));
        assert_eq!(numbers(&mut it, 1_300), [1]);
        let gone = it.refused(1, &Refusal::new(Code::NotFound, "Gone."), &at(2_000)).unwrap();
        assert_eq!((gone.wish, it.due()), (Wish::Edit("x".into()), None));
    }
}
