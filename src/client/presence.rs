//! Who is here, and the quiet lines that say who came and went.

use super::{letters::small, order::order};
use crate::protocol::{frames::Online, limits::PRESENCE_NAMES};
use crate::words::{Word, words};

/// In a fuller room coming and going is not worth a line.
const QUIET_ABOVE: usize = 50;
/// After a fresh list (the connection or the server was gone) those who were here before may come
/// back for this long without a line: they never left.
const RETURN_MS: u64 = 60_000;
/// Names in a line; the others are counted.
const NAMED: usize = 3;
/// Lines that are kept.
const NOTES: usize = 20;

/// People in the order in which they are listed.
#[must_use]
pub fn sorted(mut online: Online) -> Online {
    if let Some(users) = &mut online.users {
        let mut keyed: Vec<_> = users.drain(..).map(|name| (small(&name), name)).collect();
        order(&mut keyed, Ord::cmp);
        users.extend(keyed.into_iter().map(|(_, name)| name));
        users.dedup();
    }
    online
}

/// What is shown of a place while nobody tells who is there.
#[must_use]
pub fn unknown() -> Online {
    Online::default()
}

/// Whether that is shown: where nobody is, the server says so by an empty list.
#[must_use]
pub fn is_unknown(online: &Online) -> bool {
    online.count == 0 && online.users.is_none()
}

/// Who came and who went; never myself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// These came.
    pub came: Vec<String>,
    /// These left.
    pub left: Vec<String>,
}

/// Who is in the place that is shown.
#[derive(Clone, Debug)]
pub struct Presence {
    me: Option<String>,
    online: Online,
    missing: Vec<String>,
    missing_until: u64,
}

impl Presence {
    /// As the page says it.
    #[must_use]
    pub fn new(me: Option<String>, online: Online) -> Self {
        Self { me, online: sorted(online), missing: Vec::new(), missing_until: 0 }
    }

    /// Who is here now.
    #[must_use]
    pub fn online(&self) -> &Online {
        &self.online
    }

    /// A whole list; it replaces what was known, without a word about the difference.
    pub fn replace(&mut self, online: Online, ms: u64) {
        let before = self.online.users.take().unwrap_or_default();
        self.online = sorted(online);
        if ms >= self.missing_until {
            self.missing.clear();
        }
        let now = self.online.users.as_deref().unwrap_or_default();
        self.missing.extend(before);
        self.missing.retain(|name| !now.contains(name));
        self.missing_until = ms + RETURN_MS;
    }

    /// Some of those who are here stopped being active, or are so again.
    pub fn stir(&mut self, idle: &[String], awake: &[String]) {
        let here = self.online.users.as_deref().unwrap_or_default();
        let idle = idle.iter().filter(|name| here.contains(name)).cloned();
        let dozing = &mut self.online.idle;
        dozing.extend(idle);
        dozing.retain(|name| !awake.contains(name));
        order(dozing, Ord::cmp);
        dozing.dedup();
    }

    /// People came or went.
    pub fn change(&mut self, join: &[String], leave: &[String], count: usize, ms: u64) -> Change {
        let mut change = Change::default();
        self.online.count = count;
        if count > PRESENCE_NAMES {
            self.online.users = None;
            self.online.idle.clear();
        }
        let Some(users) = &mut self.online.users else { return change };
        for name in join {
            if users.contains(name) {
                continue;
            }
            users.push(name.clone());
            let returned = ms < self.missing_until && self.missing.contains(name);
            self.missing.retain(|missing| missing != name);
            if !returned && self.me.as_ref() != Some(name) {
                change.came.push(name.clone());
            }
        }
        for name in leave {
            self.online.idle.retain(|idle| idle != name);
            let before = users.len();
            users.retain(|user| user != name);
            if users.len() < before && self.me.as_ref() != Some(name) {
                change.left.push(name.clone());
            }
        }
        self.online = sorted(std::mem::take(&mut self.online));
        if count > QUIET_ABOVE { Change::default() } else { change }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    Moves(Change),
    Said(String),
}

/// A quiet line in the log, of this visit only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The same as long as the line is there.
    pub key: String,
    /// It stands after the message or event of this seq.
    pub after: i64,
    words: Told,
}

impl Note {
    /// What it says.
    #[must_use]
    pub fn text(&self) -> String {
        match &self.words {
            Told::Said(text) => text.clone(),
            Told::Moves(Change { came, left }) => {
                let w = words();
                let mut text = String::new();
                if !came.is_empty() {
                    text = w.with(Word::CameIn, &[&names(came)]);
                }
                if !left.is_empty() {
                    let went = w.with(Word::Left, &[&names(left)]);
                    text =
                        if text.is_empty() { went } else { w.with(Word::Comma, &[&text, &went]) };
                }
                text
            }
        }
    }
}

/// "sam", "sam and noor", "sam, noor, kim and 4 others".
fn names(all: &[String]) -> String {
    let w = words();
    let mut text = String::new();
    let named = if all.len() == NAMED + 1 { all.len() } else { all.len().min(NAMED) };
    for (at, name) in all[..named].iter().enumerate() {
        text = match at {
            0 => name.clone(),
            _ if at + 1 == all.len() => w.with(Word::NamesAnd, &[&text, name]),
            _ => w.with(Word::NamesComma, &[&text, name]),
        };
    }
    if named < all.len() {
        text = w.with(Word::NamesOthers, &[&text, &(all.len() - named).to_string()]);
    }
    text
}

/// The quiet lines of this visit, oldest first; few, and those without a message between them are
/// one.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    notes: Vec<Note>,
    made: u64,
}

impl Notes {
    /// The lines.
    #[must_use]
    pub fn all(&self) -> &[Note] {
        &self.notes
    }

    /// Forgets them: another place is shown.
    pub fn clear(&mut self) {
        self.notes.clear();
    }

    /// People came and went, after the event `after`.
    pub fn moved(&mut self, change: Change, after: i64) {
        if change == Change::default() {
            return;
        }
        if let Some(Note { after: at, words: Told::Moves(moves), .. }) = self.notes.last_mut()
            && *at == after
        {
            // Within one line the last move of a person counts.
            last_move(&mut moves.came, &mut moves.left, change.came);
            last_move(&mut moves.left, &mut moves.came, change.left);
            return;
        }
        self.push(Told::Moves(change), after);
    }

    /// Something to say quietly, after the event `after`.
    pub fn say(&mut self, text: String, after: i64) {
        self.push(Told::Said(text), after);
    }

    fn push(&mut self, words: Told, after: i64) {
        self.made += 1;
        if self.notes.len() >= NOTES {
            self.notes.remove(0);
        }
        self.notes.push(Note { key: format!("note-{}", self.made), after, words });
    }
}

fn last_move(into: &mut Vec<String>, against: &mut Vec<String>, names: Vec<String>) {
    for name in names {
        against.retain(|other| *other != name);
        if !into.contains(&name) {
            into.push(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn online(names: &[&str]) -> Online {
        Online { count: names.len(), users: Some(list(names)), idle: Vec::new() }
    }

    fn presence(names: &[&str]) -> Presence {
        Presence::new(Some("me".into()), online(names))
    }

    #[test]
    fn the_list_is_sorted_regardless_of_case() {
        let mut it = presence(&["me", "Zoe", "adam"]);
        it.change(&list(&["bob"]), &[], 4, 0);
        assert_eq!(it.online().users, Some(list(&["adam", "bob", "me", "Zoe"])));
        assert_eq!(it.online().count, 4);
    }

    #[test]
    fn coming_and_going_is_said_once_and_never_of_myself() {
        let mut it = presence(&["bob"]);
        let change = it.change(&list(&["me", "bob", "sam"]), &list(&["nobody"]), 3, 0);
        assert_eq!(change, Change { came: list(&["sam"]), left: vec![] });
        let change = it.change(&[], &list(&["me", "sam"]), 1, 0);
        assert_eq!(change, Change { came: vec![], left: list(&["sam"]) });
    }

    #[test]
    fn a_fresh_list_is_silent_and_so_are_those_who_return() {
        let mut it = presence(&["bob", "me", "sam"]);
        it.replace(online(&["me"]), 1_000);
        assert_eq!(it.change(&list(&["bob", "kim"]), &[], 3, 5_000).came, list(&["kim"]));
        it.change(&[], &list(&["bob"]), 2, 6_000);
        assert_eq!(it.change(&list(&["bob"]), &[], 3, 7_000).came, list(&["bob"]), "truly came");
        assert_eq!(it.change(&list(&["sam"]), &[], 4, 61_000).came, list(&["sam"]), "too late");
    }

    #[test]
    fn past_two_hundred_there_is_the_count_alone() {
        let many: Vec<String> = (0..200).map(|n| format!("u{n}")).collect();
        let mut it =
            Presence::new(None, Online { count: 200, users: Some(many), idle: Vec::new() });
        assert_eq!(it.change(&list(&["one more"]), &[], 201, 0), Change::default());
        assert_eq!(it.online(), &Online { count: 201, users: None, idle: Vec::new() });
        it.change(&[], &list(&["u1"]), 200, 0);
        assert_eq!(it.online(), &Online { count: 200, users: None, idle: Vec::new() });
        it.replace(online(&["a"]), 0);
        assert_eq!(it.online(), &online(&["a"]));
    }

    #[test]
    fn a_full_room_is_quiet() {
        let many: Vec<String> = (0..60).map(|n| format!("u{n:02}")).collect();
        let mut it = Presence::new(None, Online { count: 60, users: Some(many), idle: Vec::new() });
        assert_eq!(it.change(&list(&["sam"]), &[], 61, 0), Change::default());
        assert!(it.online().users.as_ref().is_some_and(|users| users.contains(&"sam".into())));
    }

    #[test]
    fn lines_are_merged_until_somebody_speaks() {
        let came = |names: &[&str]| Change { came: list(names), left: vec![] };
        let left = |names: &[&str]| Change { came: vec![], left: list(names) };
        let texts = |it: &Notes| it.all().iter().map(Note::text).collect::<Vec<_>>();
        let mut it = Notes::default();
        it.moved(came(&["sam"]), 4);
        it.moved(came(&["noor"]), 4);
        assert_eq!(texts(&it), ["sam and noor came in"]);
        it.moved(left(&["kim"]), 4);
        assert_eq!(texts(&it), ["sam and noor came in, kim left"]);
        it.moved(left(&["sam"]), 4);
        it.moved(came(&["kim"]), 4);
        assert_eq!(texts(&it), ["noor and kim came in, sam left"]);
        it.moved(left(&["noor"]), 5);
        assert_eq!(texts(&it)[1], "noor left");
        it.moved(came(&["noor"]), 5);
        assert_eq!(texts(&it)[1], "noor came in");
        it.say("To bob, privately: hi".into(), 5);
        it.moved(came(&["a", "b", "c", "d", "e"]), 5);
        it.moved(Change::default(), 6);
        assert_eq!(
            texts(&it),
            [
                "noor and kim came in, sam left",
                "noor came in",
                "To bob, privately: hi",
                "a, b, c and 2 others came in"
            ]
        );
        assert_eq!(names(&list(&["a", "b", "c", "d"])), "a, b, c and d");
    }

    #[test]
    fn lines_are_few() {
        let mut it = Notes::default();
        for n in 0..100 {
            it.say(n.to_string(), n);
        }
        assert_eq!((it.all().len(), it.all()[0].text()), (NOTES, "80".into()));
    }

    proptest! {
        /// The list is what a set would hold, whatever comes and goes.
        #[test]
        fn the_list_follows_the_moves(
            moves in prop::collection::vec((any::<bool>(), 0u8..12), 0..80)
        ) {
            let mut it = presence(&[]);
            let mut set = std::collections::BTreeSet::new();
            for (joins, who) in moves {
                let name = vec![format!("u{who:02}")];
                if joins {
                    set.insert(name[0].clone());
                    it.change(&name, &[], set.len(), 0);
                } else {
                    set.remove(&name[0]);
                    it.change(&[], &name, set.len(), 0);
                }
            }
            prop_assert_eq!(it.online().users.clone(), Some(set.into_iter().collect::<Vec<_>>()));
        }
    }
}
