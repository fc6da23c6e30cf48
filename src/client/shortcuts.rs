//! What keys do, wherever one is: a table, and whom an arrow leads to. The composer's own keys are in
//! `components::keys`.

#[cfg(feature = "ssr")]
use crate::words::Word;

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortcut {
    /// The list of rooms and people to jump to.
    Jump,
    /// The list of shortcuts.
    Help,
    /// The next line of the side column, or the one before; `unread`: the next that has something new.
    Step {
        /// Downwards.
        down: bool,
        /// Only where something is unread.
        unread: bool,
    },
}

/// One press of a key.
#[derive(Clone, Copy, Debug, Default)]
pub struct Press<'a> {
    /// What the browser calls it: `k`, `ArrowUp`, `?`.
    pub key: &'a str,
    /// With Ctrl, or with the Command key.
    pub command: bool,
    /// With Alt.
    pub alt: bool,
    /// With Shift.
    pub shift: bool,
    /// In a field that takes text.
    pub typing: bool,
    /// While an input method is at work.
    pub composing: bool,
    /// Keys of one letter are turned off.
    pub letters_off: bool,
}

/// Combinations of keys, each as its keys.
#[cfg(feature = "ssr")]
pub type Keys = &'static [&'static [&'static str]];

/// Where Enter stands in the list, and after it what breaks the line.
#[cfg(feature = "ssr")]
const SEND: usize = 4;

/// The list of shortcuts, as it is shown to whom Enter breaks the line, or sends.
#[cfg(feature = "ssr")]
#[must_use]
pub fn list(enter_breaks: bool) -> [(Keys, Word); 7] {
    let mut list = LIST;
    if enter_breaks {
        (list[SEND].0, list[SEND + 1].0) = (LIST[SEND + 1].0, LIST[SEND].0);
    }
    list
}

#[cfg(feature = "ssr")]
const LIST: [(Keys, Word); 7] = [
    (&[&["Ctrl", "K"], &["⌘", "K"]], Word::KeyJump),
    (&[&["Alt", "↓"], &["Alt", "↑"]], Word::KeyStep),
    (&[&["Alt", "Shift", "↓"], &["Alt", "Shift", "↑"]], Word::KeyUnread),
    (&[&["Ctrl", "/"], &["?"]], Word::KeyHelp),
    (&[&["Enter"]], Word::KeySend),
    (&[&["Shift", "Enter"]], Word::KeyLine),
    (&[&["Esc"]], Word::KeyClose),
];

impl Press<'_> {
    /// What it means; nothing for most.
    #[must_use]
    pub fn meaning(self) -> Option<Shortcut> {
        if self.composing {
            return None;
        }
        match (self.key, self.command, self.alt) {
            ("k" | "K", true, false) if !self.shift => Some(Shortcut::Jump),
            ("/", true, false) => Some(Shortcut::Help),
            ("?", false, false) if !self.typing && !self.letters_off => Some(Shortcut::Help),
            ("ArrowDown" | "ArrowUp", false, true) => {
                Some(Shortcut::Step { down: self.key == "ArrowDown", unread: self.shift })
            }
            _ => None,
        }
    }
}

/// A line of the side column.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// It is shown now.
    pub current: bool,
    /// Something in it is unread.
    pub unread: bool,
}

/// Which line a step leads to, round the ends; from above the first where none is shown.
#[must_use]
pub fn step(lines: &[Line], down: bool, unread: bool) -> Option<usize> {
    let count = lines.len();
    let current = lines.iter().position(|line| line.current);
    (1..=count)
        .map(|far| match (current, down) {
            (Some(at), true) => (at + far) % count,
            (Some(at), false) => (at + count - far) % count,
            (None, true) => far - 1,
            (None, false) => count - far,
        })
        .find(|at| !lines[*at].current && (!unread || lines[*at].unread))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Press<'static> = Press {
        key: "",
        command: false,
        alt: false,
        shift: false,
        typing: false,
        composing: false,
        letters_off: false,
    };

    #[test]
    fn keys_mean_what_the_list_says() {
        let command = |key| Press { key, command: true, ..PLAIN };
        assert_eq!(command("k").meaning(), Some(Shortcut::Jump));
        assert_eq!(Press { typing: true, ..command("k") }.meaning(), Some(Shortcut::Jump));
        assert_eq!(command("/").meaning(), Some(Shortcut::Help));
        let down = Press { key: "ArrowDown", alt: true, ..PLAIN };
        assert_eq!(down.meaning(), Some(Shortcut::Step { down: true, unread: false }));
        let up = Press { key: "ArrowUp", shift: true, ..down };
        assert_eq!(up.meaning(), Some(Shortcut::Step { down: false, unread: true }));
        for key in ["ArrowDown", "k", "/", "Enter"] {
            assert_eq!(Press { key, ..PLAIN }.meaning(), None, "{key}");
        }
        assert_eq!(Press { composing: true, ..command("k") }.meaning(), None);
        assert_eq!(Press { shift: true, ..command("K") }.meaning(), None);
    }

    #[test]
    fn a_single_letter_does_nothing_where_one_types_or_where_it_is_turned_off() {
        let question = Press { key: "?", shift: true, ..PLAIN };
        assert_eq!(question.meaning(), Some(Shortcut::Help));
        assert_eq!(Press { typing: true, ..question }.meaning(), None);
        assert_eq!(Press { letters_off: true, ..question }.meaning(), None);
    }

    #[test]
    fn steps_go_round() {
        let line = |current, unread| Line { current, unread };
        let lines = [line(false, true), line(true, true), line(false, false), line(false, true)];
        assert_eq!(step(&lines, true, false), Some(2));
        assert_eq!(step(&lines, true, true), Some(3));
        assert_eq!(step(&lines, false, false), Some(0));
        assert_eq!(step(&lines[1..], false, true), Some(2));
        assert_eq!(step(&lines[1..2], true, false), None);
        assert_eq!(step(&lines[2..], true, false), Some(0));
        assert_eq!(step(&lines[2..], false, true), Some(1));
        assert_eq!(step(&[], true, false), None);
    }
}
