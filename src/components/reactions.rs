//! The reactions under a message, each with how many gave it. What a click does is for
//! [`super::message_menu`]: three hundred rows have no listeners of their own.

use super::{icons, tree::Out};
use crate::{
    client::house::Chip,
    words::{Word, Words, words},
};

/// The chips of one message.
pub fn reactions(chips: &[Chip], out: &mut Out) {
    let w = words();
    let label = w.say(Word::AddReaction);
    out.open("p", &[("class", "chips")]);
    for it in chips {
        chip(w, it, out);
    }
    out.open(
        "button",
        &[
            ("class", "chip add awake-only"),
            ("type", "button"),
            ("data-do", "more"),
            ("aria-label", label),
            ("title", label),
        ],
    );
    icons::put(icons::SMILE, out);
    out.close();
    out.close();
}

/// Who gave which, in words: where no pointer rests, no title says it.
pub fn told(chips: &[Chip], out: &mut Out) {
    if chips.is_empty() {
        return;
    }
    out.open("ul", &[("class", "gave")]);
    for it in chips {
        out.leaf("li", &[("dir", "auto")], &label(words(), it));
    }
    out.close();
}

fn label(w: Words, it: &Chip) -> String {
    w.with(Word::ReactedWith, &[&who(w, it), &it.emoji])
}

fn chip(w: Words, it: &Chip, out: &mut Out) {
    let label = &*label(w, it);
    let mut class = "chip".to_owned();
    for (is, word) in [(it.mine, " mine"), (it.waits, " waits")] {
        if is {
            class.push_str(word);
        }
    }
    // Who reacted is its name, by the title alone: "🎉 1" beside it would only be read out as well.
    out.open(
        "button",
        &[("class", &class), ("type", "button"), ("data-react", &it.emoji), ("title", label)],
    );
    out.maybe("aria-pressed", it.mine.then_some("true"));
    out.leaf("span", &[("aria-hidden", "true")], &it.emoji);
    out.leaf("b", &[("aria-hidden", "true")], &it.count.to_string());
    out.close();
}

/// "alice, bob and you"
fn who(w: Words, chip: &Chip) -> String {
    let others = chip.count.saturating_sub(chip.names.len() + usize::from(chip.mine));
    let you = chip.mine.then_some(w.say(Word::WhoYou));
    let mut names = chip.names.iter().map(String::as_str).chain(you).peekable();
    let mut text = names.next().unwrap_or_default().to_owned();
    while let Some(name) = names.next() {
        let last = names.peek().is_none() && others == 0;
        text = w.with(if last { Word::WhoAnd } else { Word::WhoComma }, &[&text, name]);
    }
    match others {
        0 => text,
        _ => w.with(Word::WhoOthers, &[&text, &others.to_string()]),
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn says_who_reacted() {
        let said = |names: &[&str], count, mine| {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            who(words(), &Chip { emoji: "👍".into(), count, names, mine, waits: false })
        };
        assert_eq!(said(&["alice"], 1, false), "alice");
        assert_eq!(said(&[], 1, true), "you");
        assert_eq!(said(&["alice", "bob"], 3, true), "alice, bob and you");
        assert_eq!(said(&["alice", "bob"], 9, true), "alice, bob, you and 6 others");
    }
}
