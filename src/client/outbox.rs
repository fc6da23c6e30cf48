//! Messages of mine that the server has not acknowledged: kept in order, each with its own cid, so
//! that sending one twice is harmless (`docs/protocol.md`, promise 2).
//!
//! Each is stored under a key of its own, and a page adopts, at its start and with every new
//! connection, whatever is stored for its user. So two tabs never overwrite each other, a tab that closes loses nothing, and where two
//! tabs send the same message, the cid makes it one.

use super::{Moment, attach, order::order};
use crate::protocol::{At, Code, Refusal, Target, json, views::FileView};
use crate::words::{Word, words};
use serde::{Deserialize, Serialize};

/// More than this many waiting messages are refused: something is wrong by then, and the
/// browser's storage is small.
const MOST: usize = 100;
/// The first wait after a temporary refusal that names none; it doubles…
const RETRY_MS: u64 = 1_000;
/// …up to this.
const RETRY_MOST_MS: u64 = 20_000;

/// One message that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Where it goes.
    pub to: Target,
    /// Its own id.
    pub cid: String,
    /// What it says.
    pub body: String,
    /// Its files: those that are there, and what stands for those that are still on their way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileView>,
    /// When it was written, by this browser's clock.
    pub at: At,
    /// Its place among those of the same millisecond.
    #[serde(default)]
    order: u32,
    /// Where it was written, if that is not where it goes (`/pm`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Target>,
    /// The id of the message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// Refused for good, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// Its cid belongs to another message: another try needs a new one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    spent: bool,
    /// Sent on this connection, not yet answered.
    #[serde(skip)]
    flying: bool,
}

impl Entry {
    /// A new message.
    #[must_use]
    pub fn new(to: Target, cid: String, body: String, at: At) -> Self {
        Self {
            to,
            cid,
            body,
            files: Vec::new(),
            at,
            order: 0,
            from: None,
            reply_to: None,
            failed: None,
            spent: false,
            flying: false,
        }
    }

    /// Whether it waits for a file of its own.
    #[must_use]
    pub fn waits(&self) -> bool {
        !self.files.iter().all(attach::is_here)
    }

    /// The page that sent its files is not this one: those that are not there yet are lost to it.
    fn lose_files(&mut self) {
        if self.waits() {
            self.files.iter_mut().filter(|file| !attach::is_here(file)).for_each(attach::lose);
            let why = || Refusal::new(Code::Unavailable, Word::FilesLost).message;
            self.failed.get_or_insert_with(why);
        }
    }

    /// Its stored form.
    #[must_use]
    pub fn stored(&self) -> String {
        // Plain data with text keys: it always has a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The key under which a message is stored.
#[must_use]
pub fn key(user: &str, cid: &str) -> String {
    format!("{}{cid}", prefix(user))
}

/// What the keys of a user's messages begin with; a user's name has no slash in it.
#[must_use]
pub fn prefix(user: &str) -> String {
    format!("roomful/outbox/{user}/")
}

/// What became of a refused message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It goes out again by itself.
    Later,
    /// It waits for its author to decide.
    Failed(Entry),
    /// It was not in the outbox any more.
    Unknown,
}

/// The messages that wait, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    entries: Vec<Entry>,
    /// After a temporary refusal nothing is sent before then.
    resume_at: u64,
    tries: u32,
    made: u32,
}

impl Outbox {
    /// Takes up what was stored; what cannot be read is passed over.
    #[must_use]
    pub fn restore<'a>(stored: impl Iterator<Item = &'a str>) -> Self {
        let mut it = Self::default();
        it.adopt(stored);
        it
    }

    /// Takes up what is not here yet; whether there was any.
    pub fn adopt<'a>(&mut self, stored: impl Iterator<Item = &'a str>) -> bool {
        let before = self.entries.len();
        for text in stored {
            if let Some(mut entry) = json::read::<Entry>(text)
                && self.place(&entry.cid).is_none()
            {
                entry.lose_files();
                self.made = self.made.max(entry.order);
                self.entries.push(entry);
            }
        }
        let by = |a: &Entry, b: &Entry| (a.at, a.order, &a.cid).cmp(&(b.at, b.order, &b.cid));
        order(&mut self.entries, by);
        self.entries.len() > before
    }

    /// Everything that waits, in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Whether one more may wait.
    ///
    /// # Errors
    /// When too many wait already.
    pub fn has_room(&self) -> Result<(), Refusal> {
        if self.entries.len() < MOST {
            return Ok(());
        }
        Err(Refusal::new(Code::TooMany, Word::TooManyWaiting.of(&[&MOST])))
    }

    /// Puts a message at the end.
    ///
    /// # Errors
    /// When too many wait already.
    pub fn add(&mut self, mut entry: Entry) -> Result<&Entry, Refusal> {
        self.has_room()?;
        self.made = self.made.wrapping_add(1);
        entry.order = self.made;
        self.entries.push(entry);
        Ok(&self.entries[self.entries.len() - 1])
    }

    /// What goes out now: of each conversation the first that waits, so that a refusal in between
    /// cannot change the order.
    pub fn take_ready(&mut self, now: &Moment) -> Vec<Entry> {
        if now.ms < self.resume_at {
            return Vec::new();
        }
        let ready = self.ready();
        ready
            .into_iter()
            .map(|at| {
                self.entries[at].flying = true;
                self.entries[at].clone()
            })
            .collect()
    }

    fn ready(&self) -> Vec<usize> {
        let mut seen: Vec<&Target> = Vec::new();
        let mut ready = Vec::new();
        for (at, entry) in self.entries.iter().enumerate() {
            if entry.failed.is_some() || seen.contains(&&entry.to) {
                continue;
            }
            seen.push(&entry.to);
            if !entry.flying && !entry.waits() {
                ready.push(at);
            }
        }
        ready
    }

    /// When something is to go out by itself.
    #[must_use]
    pub fn due(&self) -> Option<u64> {
        (!self.ready().is_empty()).then_some(self.resume_at)
    }

    /// The connection is gone: what had no answer goes again on the next.
    pub fn land(&mut self) {
        for entry in &mut self.entries {
            entry.flying = false;
        }
    }

    /// It is stored on the server: by its answer, its event or a page of history, whatever came
    /// first.
    pub fn settle(&mut self, cid: &str) -> Option<Entry> {
        let at = self.place(cid)?;
        self.tries = 0;
        Some(self.entries.remove(at))
    }

    /// The server said no.
    pub fn refused(&mut self, cid: &str, refusal: &Refusal, now: &Moment) -> Refused {
        let Some(at) = self.place(cid) else { return Refused::Unknown };
        let entry = &mut self.entries[at];
        entry.flying = false;
        if refusal.temporary {
            let most = RETRY_MOST_MS.min(RETRY_MS << self.tries.min(16));
            self.tries = self.tries.saturating_add(1);
            self.resume_at = now.ms + refusal.retry_ms.unwrap_or(most);
            return Refused::Later;
        }
        entry.failed = Some(words().refusal(refusal));
        entry.spent = refusal.code == Code::CidConflict;
        Refused::Failed(entry.clone())
    }

    /// The socket was closed over a frame that was too big: the longest of those on their way.
    pub fn too_big(&mut self) -> Option<Entry> {
        let entry =
            self.entries.iter_mut().filter(|entry| entry.flying).max_by_key(|e| e.body.len())?;
        entry.flying = false;
        entry.failed = Some(words().say(Word::TooLongToSend).to_owned());
        Some(entry.clone())
    }

    /// Another try for a failed message, at the end of the line. It keeps its cid unless that
    /// belongs to another message; then it gets `fresh`.
    pub fn retry(&mut self, cid: &str, fresh: String, at: At) -> Option<&Entry> {
        let place = self.place(cid)?;
        self.entries[place].failed.as_ref()?;
        let mut entry = self.entries.remove(place);
        if entry.spent {
            entry.cid = fresh;
        }
        entry.failed = None;
        entry.spent = false;
        entry.at = at;
        // One was just taken out: there is room.
        self.add(entry).ok()
    }

    /// A file is there, or was refused: the message that waits for it.
    pub fn file_came(&mut self, key: u64, result: Result<FileView, Refusal>) -> Option<&Entry> {
        let mine = |file: &FileView| attach::key(file) == Some(key);
        let entry = self.entries.iter_mut().find(|entry| entry.files.iter().any(mine))?;
        let file = entry.files.iter_mut().find(|file| mine(file))?;
        match result {
            Ok(view) => *file = view,
            Err(refusal) => entry.failed = Some(format!("{}: {}", file.name, refusal.message)),
        }
        Some(entry)
    }

    /// The files that a message waits for, by their keys, and whether it is here at all.
    pub fn files_of(&self, cid: &str) -> impl Iterator<Item = u64> {
        let entry = self.place(cid).map(|at| &self.entries[at]);
        entry.into_iter().flat_map(|entry| entry.files.iter().filter_map(attach::key))
    }

    /// Without the files that nobody has any more. False when nothing is left of the message.
    pub fn give_up_files(&mut self, cid: &str, has: impl Fn(u64) -> bool) -> bool {
        let Some(at) = self.place(cid) else { return false };
        let entry = &mut self.entries[at];
        entry.files.retain(|file| attach::is_here(file) || attach::key(file).is_some_and(&has));
        !(entry.files.is_empty() && entry.body.is_empty())
    }

    /// Its author gives a message up that failed, or that waits for its files.
    pub fn discard(&mut self, cid: &str) -> bool {
        let may = |entry: &Entry| entry.failed.is_some() || entry.waits();
        let place = self.place(cid).filter(|at| may(&self.entries[*at]));
        place.is_some_and(|at| {
            self.entries.remove(at);
            true
        })
    }

    /// Another tab has settled it or given it up. One that is on its way here waits for its own
    /// answer.
    pub fn gone(&mut self, cid: &str) -> bool {
        let place = self.place(cid).filter(|at| !self.entries[*at].flying);
        place.is_some_and(|at| {
            self.entries.remove(at);
            true
        })
    }

    fn place(&self, cid: &str) -> Option<usize> {
        self.entries.iter().position(|entry| entry.cid == cid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(ms: u64) -> Moment {
        Moment { ms, ..Moment::default() }
    }

    fn room(name: &str) -> Target {
        Target::Room(name.into())
    }

    fn entry(to: &str, cid: &str) -> Entry {
        Entry::new(room(to), cid.into(), format!("body of {cid}"), At(1))
    }

    fn outbox(entries: &[(&str, &str)]) -> Outbox {
        let mut it = Outbox::default();
        for (to, cid) in entries {
            assert!(it.add(entry(to, cid)).is_ok());
        }
        it
    }

    fn cids(entries: &[Entry]) -> Vec<&str> {
        entries.iter().map(|entry| entry.cid.as_str()).collect()
    }

    #[test]
    fn one_at_a_time_goes_to_each_conversation_in_order() {
        let mut it = outbox(&[("a", "1"), ("a", "2"), ("b", "3")]);
        assert_eq!(cids(&it.take_ready(&at(0))), ["1", "3"]);
        assert!(it.take_ready(&at(0)).is_empty());
        assert!(it.settle("1").is_some());
        assert_eq!(cids(&it.take_ready(&at(0))), ["2"]);
    }

    #[test]
    fn what_had_no_answer_goes_again_with_its_cid() {
        let mut it = outbox(&[("a", "1"), ("a", "2")]);
        it.take_ready(&at(0));
        it.land();
        let again = it.take_ready(&at(1));
        assert_eq!((cids(&again), again[0].body.as_str()), (vec!["1"], "body of 1"));
    }

    #[test]
    fn a_temporary_refusal_waits_as_long_as_it_says_and_keeps_the_order() {
        let mut it = outbox(&[("a", "1"), ("a", "2")]);
        it.take_ready(&at(0));
        assert_eq!(it.refused("1", &Refusal::rate_limited("slow", 1_200), &at(10)), Refused::Later);
        assert_eq!(it.due(), Some(1_210));
        assert!(it.take_ready(&at(1_209)).is_empty());
        assert_eq!(cids(&it.take_ready(&at(1_210))), ["1"]);
        it.refused("1", &Refusal::unavailable(), &at(2_000));
        assert_eq!(it.due(), Some(4_000), "the second wait, doubled");
    }

    #[test]
    fn a_final_refusal_is_its_authors_to_decide_and_holds_nothing_up() {
        let mut it = outbox(&[("a", "1"), ("a", "2")]);
        it.take_ready(&at(0));
        let no = Refusal::new(Code::Forbidden, "Not here.");
        assert!(matches!(it.refused("1", &no, &at(0)), Refused::Failed(_)));
        assert_eq!(it.entries()[0].failed.as_deref(), Some("Not here."));
        assert_eq!(cids(&it.take_ready(&at(0))), ["2"]);
        assert_eq!(it.retry("1", "fresh".into(), At(9)).map(|e| e.cid.clone()), Some("1".into()));
        assert_eq!(cids(it.entries()), ["2", "1"]);
        assert!(!it.discard("1"), "what is not failed is not given up");
    }

    #[test]
    fn a_cid_that_belongs_to_another_message_is_not_used_again() {
        let mut it = outbox(&[("a", "1")]);
        it.take_ready(&at(0));
        it.refused("1", &Refusal::new(Code::CidConflict, "used"), &at(0));
        assert_eq!(
            it.retry("1", "fresh".into(), At(9)).map(|e| e.cid.clone()),
            Some("fresh".into())
        );
        assert_eq!(cids(&it.take_ready(&at(0))), ["fresh"]);
    }

    #[test]
    fn the_longest_on_its_way_is_given_up_after_a_frame_too_big() {
        let mut it = outbox(&[("a", "1"), ("b", "a longer one"), ("b", "the longest, not sent")]);
        it.take_ready(&at(0));
        assert_eq!(it.too_big().map(|e| e.cid), Some("a longer one".into()));
        it.land();
        assert_eq!(cids(&it.take_ready(&at(0))), ["1", "the longest, not sent"]);
        assert!(it.discard("a longer one"));
        assert_eq!(it.too_big().map(|e| e.cid), Some("the longest, not sent".into()));
    }

    #[test]
    fn settling_twice_is_settling_once() {
        let mut it = outbox(&[("a", "1")]);
        it.take_ready(&at(0));
        assert!(it.settle("1").is_some());
        assert!(it.settle("1").is_none());
        assert_eq!(it.refused("1", &Refusal::unavailable(), &at(0)), Refused::Unknown);
        assert_eq!(it.due(), None);
    }

    #[test]
    fn another_tab_takes_away_what_is_not_on_its_way_here() {
        let mut it = outbox(&[("a", "1"), ("a", "2")]);
        it.take_ready(&at(0));
        assert!(!it.gone("1"));
        assert!(it.gone("2"));
        assert_eq!(cids(it.entries()), ["1"]);
    }

    #[test]
    fn it_is_bounded() {
        let mut it = Outbox::default();
        for n in 0..MOST {
            assert!(it.add(entry("a", &n.to_string())).is_ok());
        }
        assert!(it.add(entry("a", "one more")).is_err());
    }

    #[test]
    fn a_users_keys_are_nobody_elses() {
        assert_eq!(key("alice", "c-1"), "roomful/outbox/alice/c-1");
        assert!(!key("alice2", "c").starts_with(&prefix("alice")));
    }

    #[test]
    fn what_is_stored_comes_back_in_order_and_nonsense_does_not() {
        let mut it = outbox(&[("a", "z"), ("a", "y"), ("a", "x")]);
        it.take_ready(&at(0));
        it.refused("y", &Refusal::new(Code::CidConflict, "used"), &at(0));
        let mut stored: Vec<String> = it.entries().iter().map(Entry::stored).collect();
        stored.reverse();
        stored.push(stored[0].clone());
        let nonsense = ["", "{}", "null", "[1]"];
        let mut again =
            Outbox::restore(stored.iter().map(String::as_str).chain(nonsense.iter().copied()));
        assert_eq!(cids(again.entries()), ["z", "y", "x"]);
        assert_eq!(cids(&again.take_ready(&at(0))), ["z"], "nothing of it is on its way");
        assert_eq!(
            again.retry("y", "fresh".into(), At(2)).map(|e| e.cid.clone()),
            Some("fresh".into())
        );
    }

    proptest! {
        /// However answers, refusals, lost connections and restarts fall: every message is stored
        /// once, and those of a conversation in the order in which they were written.
        #[test]
        fn once_and_in_order(
            steps in prop::collection::vec((0u8..8, 0usize..3, 0usize..4), 0..120)
        ) {
            let rooms = ["a", "b", "c"];
            let mut it = Outbox::default();
            let mut server: Vec<Entry> = Vec::new();
            let mut wire: Vec<Entry> = Vec::new();
            let (mut written, mut ms) = (0, 0);
            let answer = |it: &mut Outbox, server: &mut Vec<Entry>, entry: Entry, heard: bool| {
                if !server.iter().any(|old| old.cid == entry.cid) {
                    server.push(entry.clone());
                }
                if heard {
                    it.settle(&entry.cid);
                }
            };
            for (what, which, nth) in steps {
                ms += 300;
                match what {
                    0 | 1 => {
                        written += 1;
                        let entry = entry(rooms[which], &format!("{written:03}"));
                        prop_assert!(it.add(entry).is_ok());
                    }
                    2 | 3 => wire.extend(it.take_ready(&at(ms))),
                    4 if nth < wire.len() => {
                        let entry = wire.remove(nth);
                        answer(&mut it, &mut server, entry, true);
                    }
                    5 if nth < wire.len() => {
                        let entry = wire.remove(nth);
                        it.refused(&entry.cid, &Refusal::rate_limited("", 500), &at(ms));
                    }
                    6 => {
                        // The connection is lost; some of what was on its way had arrived.
                        for (n, entry) in wire.drain(..).enumerate() {
                            if n % 2 == nth % 2 {
                                answer(&mut it, &mut server, entry, false);
                            }
                        }
                        it.land();
                    }
                    7 => {
                        wire.clear();
                        let stored: Vec<String> = it.entries().iter().map(Entry::stored).collect();
                        it = Outbox::restore(stored.iter().map(String::as_str));
                    }
                    _ => {}
                }
            }
            it.land();
            while let Some(due) = it.due() {
                for entry in it.take_ready(&at(due)) {
                    answer(&mut it, &mut server, entry, true);
                }
            }
            prop_assert_eq!(server.len(), written);
            for room_ in rooms {
                let here: Vec<&str> = server
                    .iter()
                    .filter(|entry| entry.to == room(room_))
                    .map(|entry| entry.cid.as_str())
                    .collect();
                prop_assert!(here.is_sorted());
            }
        }
    }
}
