//! What is half written: kept for each place and each user over reloads, and put aside while another
//! text is being changed.

use super::house::Mode;
use crate::protocol::Target;

/// The key under which what is written for a place is stored; a user's name has no slash in it.
#[must_use]
pub fn key(user: &str, to: &Target) -> String {
    let mut key = prefix(user);
    key.push_str(&to.to_string());
    key
}

/// How the keys of all that a user wrote begin: what is removed when they log out on this device.
#[must_use]
pub fn prefix(user: &str) -> String {
    format!("roomful/draft/{user}/")
}

/// What the composer holds when a page opens: `stored` here before, or `brought` by the page. What came
/// back refused is all there was; what another program shared stands below what was half written, once
/// however often the page is loaded.
#[must_use]
pub fn opening(stored: Option<String>, brought: String, refused: bool) -> String {
    match stored {
        Some(stored) if stored.ends_with(&*brought) && (brought.is_empty() || !refused) => stored,
        Some(stored) if !refused => [&*stored, "\n", &*brought].concat(),
        _ => brought,
    }
}

/// What was being written when a message was taken up to be changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aside(Option<String>);

impl Aside {
    /// The composer turns from one thing to another, with `text` in it where that brings its own.
    /// What it holds from then on.
    pub fn turn(&mut self, from: &Mode, to: &Mode, draft: String, text: Option<String>) -> String {
        let editing = |mode: &Mode| matches!(mode, Mode::Editing { .. });
        match (editing(from), editing(to)) {
            (false, true) => self.0 = Some(draft),
            (true, false) => return self.0.take().unwrap_or_default(),
            (false, false) if text.is_none() => return draft,
            _ => {}
        }
        text.unwrap_or_default()
    }

    /// What was written has been taken.
    pub fn taken(&mut self) -> String {
        self.0.take().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_keeps_the_draft_aside_and_brings_it_back() {
        let editing = |id: &str| Mode::Editing { id: id.into() };
        let answer = Mode::Replying { id: "1".into(), author: "bob".into(), text: "hm".into() };
        let mut it = Aside::default();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(it.turn(&Mode::Writing, &editing("1"), "half".into(), text("old")), "old");
        assert_eq!(it.turn(&editing("1"), &editing("2"), "old!".into(), text("other")), "other");
        assert_eq!(it.turn(&editing("2"), &Mode::Writing, "other!".into(), None), "half");
        assert_eq!(it.turn(&Mode::Writing, &answer, "half".into(), None), "half");
        assert_eq!(it.turn(&answer, &Mode::Writing, "half".into(), None), "half");
        assert_eq!(it.taken(), "");
        it.turn(&Mode::Writing, &editing("1"), "half".into(), text("old"));
        assert_eq!(it.taken(), "half", "the edit was taken");
    }

    #[test]
    fn what_a_page_brings_never_takes_the_place_of_a_draft() {
        let opened = |stored: Option<&str>, brought: &str, refused| {
            opening(stored.map(str::to_owned), brought.to_owned(), refused)
        };
        assert_eq!(opened(None, "", false), "");
        assert_eq!(opened(Some("half"), "", false), "half");
        assert_eq!(opened(None, "a link", false), "a link");
        assert_eq!(opened(Some("half"), "a link", false), "half\na link");
        assert_eq!(opened(Some("half\na link"), "a link", false), "half\na link", "loaded again");
        assert_eq!(opened(Some("too long"), "too long!", true), "too long!");
        assert_eq!(opened(Some("half"), "", true), "half", "it was about something else");
    }

    #[test]
    fn each_place_of_each_user_has_a_key_of_its_own() {
        let room = |name: &str| Target::Room(name.into());
        let keys = [
            key("alice", &room("a")),
            key("alice", &Target::Person("a".into())),
            key("alice", &room("b")),
            key("bob", &room("a")),
        ];
        for (at, one) in keys.iter().enumerate() {
            assert!(!keys[at + 1..].contains(one));
        }
        assert!(keys.iter().take(3).all(|key| key.starts_with(&prefix("alice"))));
        assert!(!keys.iter().any(|key| key.starts_with(&prefix("al"))));
        assert!(!keys[3].starts_with(&prefix("alice")));
    }
}
