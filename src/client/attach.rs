//! Files that are to go with the next message: picked, on their way, there, or refused. A message
//! that is said while some of its files are still on their way waits for them in the outbox.

use crate::protocol::{Code, Refusal, Target, limits::FILES, views::FileView};
use crate::words::Word;

/// So many files are sent at once: fewer than the server takes of one person.
const AT_ONCE: usize = 3;
/// What the id of a file begins with that is still on its way; the server's never do.
const COMING: char = '~';

/// A file that was picked. The shell keeps the file itself under this key.
#[derive(Clone, Debug, PartialEq)]
pub struct Picked {
    /// The shell's number for it.
    pub key: u64,
    /// Its name.
    pub name: String,
    /// How many bytes it has.
    pub bytes: u64,
}

/// How a file fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// It waits for others.
    Waits,
    /// So much of it is there, of 100.
    Goes(u8),
    /// It is there.
    Here(FileView),
    /// It was refused, and why.
    Failed(Refusal),
}

/// A file above the composer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The shell's number for it.
    pub key: u64,
    /// Its name.
    pub name: String,
    /// How many bytes it has.
    pub bytes: u64,
    /// How it fares.
    pub way: Way,
}

#[derive(Clone, Debug)]
struct Held {
    item: Item,
    /// For what place; none once its message was said.
    to: Option<Target>,
}

/// Whether a message's file is there already.
#[must_use]
pub fn is_here(file: &FileView) -> bool {
    !file.id.starts_with(COMING)
}

/// What stands for a file that is still on its way.
fn coming(item: &Item) -> FileView {
    FileView {
        id: format!("{COMING}{}", item.key),
        name: item.name.clone(),
        kind: String::new(),
        bytes: item.bytes as i64,
        width: None,
        height: None,
    }
}

/// The key of a file that is still on its way here.
#[must_use]
pub fn key(file: &FileView) -> Option<u64> {
    file.id.strip_prefix(COMING)?.parse().ok()
}

/// The page that held this file was closed: nobody has it any more.
pub fn lose(file: &mut FileView) {
    file.id = COMING.to_string();
}

/// All files that were picked, for every place.
#[derive(Clone, Debug, Default)]
pub struct Attach {
    held: Vec<Held>,
}

impl Attach {
    /// Takes files up for this place; `most`: bytes of a file that the server takes.
    ///
    /// # Errors
    /// When a message would have too many; then none of these is taken.
    pub fn pick(&mut self, to: &Target, picked: Vec<Picked>, most: u64) -> Result<(), Refusal> {
        if self.of(to).count() + picked.len() > FILES {
            return Err(Refusal::new(Code::TooMany, Word::FilesTooMany.of(&[&FILES])));
        }
        for Picked { key, name, bytes } in picked {
            let way = if bytes > most {
                let most = [&(most / 1024 / 1024).to_string(), " MB"].concat();
                Way::Failed(Refusal::too_long("file", Word::FileTooLarge.of(&[&most])))
            } else {
                Way::Waits
            };
            let item = Item { key, name, bytes, way };
            self.held.push(Held { item, to: Some(to.clone()) });
        }
        Ok(())
    }

    /// The files whose turn it is to go.
    pub fn start(&mut self) -> Vec<u64> {
        let going = self.held.iter().filter(|held| matches!(held.item.way, Way::Goes(_))).count();
        let waiting = self.held.iter_mut().filter(|held| held.item.way == Way::Waits);
        let started = waiting.take(AT_ONCE.saturating_sub(going)).map(|held| {
            held.item.way = Way::Goes(0);
            held.item.key
        });
        started.collect()
    }

    /// So much of a file is there, of 100.
    pub fn went(&mut self, key: u64, percent: u8) {
        if let Some(Held { item: Item { way: Way::Goes(there), .. }, .. }) = self.find(key) {
            *there = percent;
        }
    }

    /// A file came to its end. Whether its message was said already: then it is no longer held here.
    pub fn came(&mut self, key: u64, result: Result<FileView, Refusal>) -> bool {
        let Some(place) = self.held.iter().position(|held| held.item.key == key) else {
            return false;
        };
        let held = &mut self.held[place];
        let failed = result.is_err();
        held.item.way = match result {
            Ok(view) => Way::Here(view),
            Err(refusal) => Way::Failed(refusal),
        };
        let said = held.to.is_none();
        if said && !failed {
            self.held.remove(place);
        }
        said
    }

    /// A file is to be sent once more. Whether it is held here.
    pub fn again(&mut self, key: u64) -> bool {
        let Some(held) = self.find(key) else { return false };
        if let Way::Failed(refusal) = &held.item.way
            && refusal.code != Code::TooLong
        {
            held.item.way = Way::Waits;
        }
        true
    }

    /// A file is not wanted any more. Whether it was on its way.
    pub fn drop(&mut self, key: u64) -> bool {
        let Some(place) = self.held.iter().position(|held| held.item.key == key) else {
            return false;
        };
        matches!(self.held.remove(place).item.way, Way::Goes(_))
    }

    /// The files above the composer of this place.
    #[must_use]
    pub fn items(&self, to: &Target) -> Vec<Item> {
        self.of(to).map(|held| held.item.clone()).collect()
    }

    /// The files go with a message that is said now.
    ///
    /// # Errors
    /// When one of them was refused: its author decides first.
    pub fn take(&mut self, to: &Target) -> Result<Vec<FileView>, Refusal> {
        let failed = |held: &&Held| matches!(held.item.way, Way::Failed(_));
        if let Some(held) = self.of(to).find(failed) {
            return Err(Refusal::invalid("files", Word::FileFailed.of(&[&held.item.name])));
        }
        let mut taken = Vec::new();
        for held in self.held.iter_mut().filter(|held| held.to.as_ref() == Some(to)) {
            held.to = None;
            taken.push(match &held.item.way {
                Way::Here(view) => view.clone(),
                _ => coming(&held.item),
            });
        }
        self.held.retain(|held| held.to.is_some() || !matches!(held.item.way, Way::Here(_)));
        Ok(taken)
    }

    fn of(&self, to: &Target) -> impl Iterator<Item = &Held> {
        self.held.iter().filter(move |held| held.to.as_ref() == Some(to))
    }

    fn find(&mut self, key: u64) -> Option<&mut Held> {
        self.held.iter_mut().find(|held| held.item.key == key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(name: &str) -> Target {
        Target::Room(name.into())
    }

    fn picked(keys: std::ops::RangeInclusive<u64>) -> Vec<Picked> {
        keys.map(|key| Picked { key, name: format!("{key}.png"), bytes: 10 }).collect()
    }

    fn there(key: u64) -> FileView {
        FileView {
            id: format!("id{key}"),
            name: format!("{key}.png"),
            kind: "image/png".into(),
            bytes: 9,
            width: Some(1),
            height: Some(1),
        }
    }

    fn ids(files: &[FileView]) -> Vec<&str> {
        files.iter().map(|file| file.id.as_str()).collect()
    }

    #[test]
    fn some_go_at_once_and_the_next_when_one_is_there() {
        let mut it = Attach::default();
        assert_eq!(it.pick(&place("a"), picked(1..=5), 100), Ok(()));
        assert_eq!(it.start(), [1, 2, 3]);
        assert!(it.start().is_empty());
        it.went(1, 50);
        assert_eq!(it.items(&place("a"))[0].way, Way::Goes(50));
        assert!(!it.came(1, Ok(there(1))));
        assert_eq!(it.start(), [4]);
        assert!(it.drop(2), "it was on its way");
        assert_eq!(it.start(), [5]);
        assert_eq!(it.items(&place("a")).len(), 4);
        assert!(it.items(&place("b")).is_empty(), "they go nowhere else");
    }

    #[test]
    fn what_is_too_large_is_not_even_sent_and_what_is_too_many_is_not_taken() {
        let mut it = Attach::default();
        assert_eq!(it.pick(&place("a"), picked(1..=1), 9), Ok(()));
        assert!(it.start().is_empty() && it.again(1) && it.start().is_empty());
        assert!(it.take(&place("a")).is_err(), "its author decides");
        assert!(!it.drop(1));
        assert!(it.pick(&place("a"), picked(1..=11), 100).is_err());
        assert!(it.items(&place("a")).is_empty());
    }

    #[test]
    fn a_refused_file_says_why_and_may_try_again() {
        let mut it = Attach::default();
        it.pick(&place("a"), picked(1..=1), 100).ok();
        it.start();
        it.came(1, Err(Refusal::unavailable()));
        assert!(matches!(it.items(&place("a"))[0].way, Way::Failed(_)));
        assert!(it.again(1));
        assert_eq!(it.start(), [1]);
    }

    #[test]
    fn a_message_is_said_before_its_files_are_there_and_keeps_their_order() {
        let mut it = Attach::default();
        it.pick(&place("a"), picked(1..=3), 100).ok();
        it.start();
        it.came(2, Ok(there(2)));
        let files = it.take(&place("a")).unwrap();
        assert_eq!(ids(&files), ["~1", "id2", "~3"]);
        assert_eq!(files.iter().map(key).collect::<Vec<_>>(), [Some(1), None, Some(3)]);
        assert!(it.items(&place("a")).is_empty());
        assert!(it.came(1, Ok(there(1))), "its message was said");
        assert!(it.came(3, Err(Refusal::unavailable())));
        assert!(it.again(3) && !it.again(1), "what failed is kept for another try");
        assert_eq!(it.start(), [3]);
    }
}
