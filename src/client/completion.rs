//! What could be meant by the word that is being written: somebody after `@`, a room after `#`, an
//! emoji after `:`, a command after `/`. It knows no browser; whoever shows the list hands it the
//! text, the names and the keys.

use super::letters::small;
use crate::protocol::names::in_user_name;
use crate::words::Word;

/// So many are offered: more are not looked through but typed on.
const OFFERED: usize = 8;
/// Letters after `:` before emoji are offered: `:)` and `8:30` are meant as they stand.
const EMOJI_FROM: usize = 2;
/// A name is looked for in so many characters before the cursor at most.
const LONGEST: usize = 64;
/// The commands, as they are typed after the slash.
pub const COMMANDS: [&str; 4] = ["me", "pm", "topic", HELP];
/// The one that needs nothing after it.
pub const HELP: &str = "help";

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Somebody, after `@`.
    Person,
    /// A room, after `#`.
    Room,
    /// An emoji, after `:`.
    Emoji,
    /// A command, after `/` at the beginning.
    Command,
}

/// The word before the cursor, as far as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What it begins.
    pub kind: Kind,
    /// Where its sign stands, in bytes.
    pub from: usize,
    /// What stands after the sign, in small letters.
    pub typed: String,
}

/// What is being written at the cursor (in bytes), if it may be completed.
#[must_use]
pub fn wanted(text: &str, cursor: usize) -> Option<Wanted> {
    let before = text.get(..cursor)?;
    if let Some(typed) = before.strip_prefix('/') {
        let command = typed.bytes().all(|byte| byte.is_ascii_lowercase());
        return command.then(|| Wanted { kind: Kind::Command, from: 0, typed: typed.to_owned() });
    }
    let mut chars = before.char_indices().rev().take(LONGEST);
    let (from, sign) = chars.find(|(_, c)| !in_user_name(*c) && *c != '+')?;
    // In the middle of a word it is no name: a mail address, the minutes of a time.
    let inside = before[..from].chars().next_back().is_some_and(|c| {
        c.is_ascii_alphanumeric() || matches!(c, '/' | ':' | '@' | '#' | '&' | '_')
    });
    let typed = small(&before[from + sign.len_utf8()..]);
    let kind = match sign {
        '@' => Kind::Person,
        '#' => Kind::Room,
        ':' if typed.chars().count() >= EMOJI_FROM => Kind::Emoji,
        _ => return None,
    };
    (!inside).then_some(Wanted { kind, from, typed })
}

/// What is offered for a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What it is called.
    pub name: String,
    /// What is put in its place.
    pub text: String,
}

/// What a command does, in words.
#[must_use]
pub fn hint(command: &str) -> Word {
    match command {
        "me" => Word::CommandMe,
        "pm" => Word::CommandPm,
        "topic" => Word::CommandTopic,
        _ => Word::CommandHelp,
    }
}

/// Of these names those that go with the word: first what begins with it, then what has it within.
/// The order of each is that of the names; none is offered twice.
pub fn offers<'a>(wanted: &Wanted, names: impl Iterator<Item = &'a str>) -> Vec<Offer> {
    let (mut first, mut then) = (Vec::new(), Vec::new());
    for name in names {
        let lower = small(name);
        let at = match wanted.kind {
            // The emoji itself stands before its names.
            Kind::Emoji => lower
                .find(&wanted.typed)
                .filter(|at| *at > 0)
                .map(|at| usize::from(!lower[..at].ends_with(' '))),
            Kind::Command => lower.starts_with(&wanted.typed).then_some(0),
            _ => lower.find(&wanted.typed),
        };
        let Some(at) = at else { continue };
        let found = if at == 0 { &mut first } else { &mut then };
        if found.len() < OFFERED && !found.contains(&name) {
            found.push(name);
        }
    }
    then.retain(|name| !first.contains(name));
    first.append(&mut then);
    first.truncate(OFFERED);
    first.into_iter().map(|name| offer(wanted.kind, name)).collect()
}

fn offer(kind: Kind, name: &str) -> Offer {
    let (name, text) = match kind {
        Kind::Person => (name, format!("@{name} ")),
        Kind::Room if plain(name) => (name, format!("#{name} ")),
        Kind::Room => (name, format!("#[{name}] ")),
        Kind::Command if name == HELP => (name, format!("/{name}")),
        Kind::Command => (name, format!("/{name} ")),
        Kind::Emoji => (name, name.split(' ').next().unwrap_or(name).to_owned()),
    };
    Offer { name: name.to_owned(), text }
}

/// Whether a room's name needs no brackets.
fn plain(name: &str) -> bool {
    name.chars().all(in_user_name)
        && !name.ends_with(['.', '-'])
        && !name.bytes().all(|byte| byte.is_ascii_digit())
}

/// A key that the list may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// One up, or to the last.
    Up,
    /// One down, or to the first.
    Down,
    /// Enter or Tab: this one.
    Take,
    /// Esc: none.
    Close,
}

/// The list while it is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// For which word.
    pub wanted: Wanted,
    /// What is offered, never nothing.
    pub offers: Vec<Offer>,
    /// Which of them is pointed at.
    pub at: usize,
}

/// The list, open or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    open: Option<Open>,
    /// The word that was closed by Esc is not offered for again.
    closed: Option<(Kind, usize)>,
}

impl Completion {
    /// The list, where it is open.
    #[must_use]
    pub fn open(&self) -> Option<&Open> {
        self.open.as_ref()
    }

    /// The word at the cursor is this one now, and this is offered for it.
    pub fn written(&mut self, wanted: Option<Wanted>, offers: Vec<Offer>) {
        let word = wanted.as_ref().map(|wanted| (wanted.kind, wanted.from));
        if self.closed != word {
            self.closed = None;
        }
        let same = self.open.as_ref().is_some_and(|open| Some(&open.wanted) == wanted.as_ref());
        let at = self.open.as_ref().filter(|_| same).map_or(0, |open| open.at);
        self.open = wanted
            .filter(|_| self.closed.is_none() && !offers.is_empty())
            .map(|wanted| Open { wanted, at: at.min(offers.len() - 1), offers });
    }

    /// A key was pressed: what is taken, if it takes one. `None`: the key is not for the list.
    pub fn key(&mut self, key: Key) -> Option<Option<(Wanted, Offer)>> {
        let open = self.open.as_mut()?;
        let count = open.offers.len();
        match key {
            Key::Down => open.at = (open.at + 1) % count,
            Key::Up => open.at = (open.at + count - 1) % count,
            Key::Take => {
                let at = open.at;
                return Some(self.take(at));
            }
            Key::Close => {
                self.closed = Some((open.wanted.kind, open.wanted.from));
                self.open = None;
            }
        }
        Some(None)
    }

    /// Takes one of what is offered.
    pub fn take(&mut self, at: usize) -> Option<(Wanted, Offer)> {
        let open = self.open.take()?;
        Some((open.wanted, open.offers.get(at)?.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::markdown::{Node, parse};
    use proptest::prelude::*;

    fn at_end(text: &str) -> Option<(Kind, usize, String)> {
        wanted(text, text.len()).map(|it| (it.kind, it.from, it.typed))
    }

    #[test]
    fn a_word_after_a_sign_is_completed() {
        assert_eq!(at_end("@"), Some((Kind::Person, 0, String::new())));
        assert_eq!(at_end("hi @Bo"), Some((Kind::Person, 3, "bo".into())));
        assert_eq!(at_end("你好@小"), Some((Kind::Person, 6, "小".into())));
        assert_eq!(at_end("(#lob"), Some((Kind::Room, 1, "lob".into())));
        assert_eq!(at_end(":sm"), Some((Kind::Emoji, 0, "sm".into())));
        assert_eq!(at_end(":+1"), Some((Kind::Emoji, 0, "+1".into())));
        assert_eq!(at_end("/p"), Some((Kind::Command, 0, "p".into())));
        assert_eq!(wanted("@bo and", 2).map(|it| it.typed), Some("b".into()));
    }

    #[test]
    fn what_is_meant_as_it_stands_is_left_alone() {
        for text in [
            "", "hi", "a@b", ":", ":)", ":s", "8:30", "http://x", "C#sharp", "/pm bob", "a /p",
            "@bob ", "//p", "&#39",
        ] {
            assert_eq!(at_end(text), None, "{text}");
        }
    }

    fn names(text: &str, all: &[&str]) -> Vec<String> {
        let offers = offers(&wanted(text, text.len()).unwrap(), all.iter().copied());
        offers.into_iter().map(|offer| offer.text).collect()
    }

    #[test]
    fn what_begins_so_comes_first() {
        assert_eq!(
            names("@al", &["Halil", "Alice", "bob", "alan", "Alice"]),
            ["@Alice ", "@alan ", "@Halil "]
        );
        assert_eq!(
            names("#r", &["release 2.4", "rust", "42r"]),
            ["#[release 2.4] ", "#rust ", "#42r "]
        );
        assert_eq!(
            names(":smi", &["😀 grinning", "😄 smile grinning", "🙂 slightly-smiling"]),
            ["😄", "🙂"]
        );
        assert_eq!(names("/", &COMMANDS), ["/me ", "/pm ", "/topic ", "/help"]);
        assert_eq!(names("/t", &COMMANDS), ["/topic "]);
    }

    fn opened(text: &str, all: &[&str]) -> Completion {
        let wanted = wanted(text, text.len()).unwrap();
        let mut it = Completion::default();
        it.written(Some(wanted.clone()), offers(&wanted, all.iter().copied()));
        it
    }

    #[test]
    fn keys_walk_around_and_take() {
        let mut it = opened("@", &["a", "b", "c"]);
        assert_eq!(it.key(Key::Up), Some(None));
        assert_eq!(it.open().map(|open| open.at), Some(2));
        assert_eq!(it.key(Key::Down), Some(None));
        assert_eq!(it.key(Key::Down), Some(None));
        let taken = it.key(Key::Take).flatten().map(|(_, offer)| offer.text);
        assert_eq!(taken.as_deref(), Some("@b "));
        assert_eq!(it.key(Key::Take), None, "closed: Enter sends");
    }

    #[test]
    fn a_word_that_was_closed_stays_closed() {
        let mut it = opened("@a", &["ab"]);
        assert_eq!(it.key(Key::Close), Some(None));
        let more = wanted("@ab", 3);
        let found = offers(more.as_ref().unwrap(), ["ab"].into_iter());
        it.written(more.clone(), found.clone());
        assert_eq!(it.open(), None);
        it.written(None, Vec::new());
        it.written(more, found);
        assert!(it.open().is_some(), "another word, or the same begun anew");
        it.written(wanted("@x", 2), Vec::new());
        assert_eq!(it.open(), None, "nothing to offer");
    }

    proptest! {
        #[test]
        fn nothing_breaks_it(text in "(\\PC|[@#:/ a-z]){0,20}", cursor in 0usize..40) {
            if let Some(it) = wanted(&text, cursor) {
                prop_assert!(it.from < cursor && text.is_char_boundary(it.from));
            }
        }

        #[test]
        fn a_room_that_is_offered_is_a_room_when_said(name in "[a-z0-9小 .!-]{1,12}") {
            let name = name.trim();
            prop_assume!(!name.is_empty());
            let text = offer(Kind::Room, name).text;
            let nodes = parse(text.trim());
            prop_assert_eq!(nodes, vec![Node::Room(name.to_owned())]);
        }
    }
}
