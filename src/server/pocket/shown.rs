//! What a notification shows: plain text, and on a device as much as fits into what push services take.

use crate::protocol::At;
use crate::protocol::markdown::{Kind, Node, action, parse};
use crate::protocol::views::{GLIMPSE_OF, glimpse};
use serde::Serialize;

/// Bytes before they are sealed. Services need not take more than 4,096 after it (RFC 8030, 7.2), and
/// sealing adds 103; no device shows as much as this.
pub const MOST: usize = 3_000;
/// Characters of a title: a person and a room of the longest names there are.
const TITLE: usize = 200;
/// Bytes of an address: a room of the longest name there is, encoded. What leads farther away leads to
/// the house.
const URL: usize = 2_000;
/// Says that there is more.
const MORE: char = '…';
/// What is hidden until one asks for it is not shown on a locked screen.
const HIDDEN: &str = "▒▒▒";
/// What begins and ends what is hidden.
const SPOILER: &str = "||";

/// What the service worker is given, as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// Who, and in which room.
    pub title: String,
    /// How it begins.
    pub body: String,
    /// One for each conversation: a later notification takes the place of the one before.
    pub tag: String,
    /// What opens on a click.
    pub url: String,
    /// What has not been seen.
    pub badge: usize,
    /// When.
    pub at: At,
}

impl Shown {
    /// As JSON of at most [`MOST`] bytes: the text is cut between two characters, and if that were not
    /// enough, the address leads to the house alone.
    #[must_use]
    pub fn into_bytes(mut self) -> Vec<u8> {
        let body = std::mem::take(&mut self.body);
        if self.title.chars().count() > TITLE {
            self.title = self.title.chars().take(TITLE).collect();
        }
        if self.url.len() > URL {
            self.url = crate::protocol::urls::INDEX.to_owned();
        }
        let bytes = |shown: &Self| serde_json::to_vec(shown).unwrap_or_default();
        let room = MOST.saturating_sub(bytes(&self).len());
        self.body = cut(&body, room);
        bytes(&self)
    }
}

/// Bytes of a character in a text of JSON, as serde_json writes it.
fn written(c: char) -> usize {
    match c {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        c => c.len_utf8(),
    }
}

/// The beginning of a text that takes no more than so many bytes in JSON.
fn cut(text: &str, room: usize) -> String {
    let (mut end, mut used, mut fits) = (0, 0, 0);
    for (at, c) in text.char_indices() {
        used += written(c);
        if used + MORE.len_utf8() <= room {
            fits = at + c.len_utf8();
        }
        if used > room {
            let mut cut = text.get(..fits).unwrap_or_default().trim_end().to_owned();
            if room >= MORE.len_utf8() {
                cut.push(MORE);
            }
            return cut;
        }
        end = at + c.len_utf8();
    }
    text.get(..end).unwrap_or_default().to_owned()
}

/// What was written, without the signs that mark it up.
#[must_use]
pub fn plain(body: &str) -> String {
    let mut text = String::with_capacity(body.len());
    put(&parse(body), &mut text);
    text.trim().to_owned()
}

/// The same on one line, of a text of which only the beginning may be at hand
/// ([`GLIMPSE_OF`] characters): what is hidden and was cut off before its end stays hidden.
#[must_use]
pub fn beginning(body: &str) -> String {
    let mut said = plain(action(body).unwrap_or(body));
    let is_cut = body.chars().nth(GLIMPSE_OF - 1).is_some();
    if let Some(at) = said.find(SPOILER).filter(|_| is_cut) {
        said.truncate(at);
        said.push_str(HIDDEN);
    }
    glimpse(&said)
}

fn put(nodes: &[Node], text: &mut String) {
    for node in nodes {
        match node {
            Node::Text(words) | Node::Code(words) => text.push_str(words),
            Node::Lines { code, .. } => line(text, code),
            Node::Person(name) => text.extend(["@", name]),
            Node::Room(name) => text.extend(["#", name]),
            Node::Link { shown, .. } => put(shown, text),
            Node::Within(Kind::Spoiler, _) => text.push_str(HIDDEN),
            Node::Within(Kind::Quote, nodes) => {
                line(text, "> ");
                put(nodes, text);
                text.push('\n');
            }
            Node::Within(Kind::Item(number), nodes) => {
                match number {
                    Some(number) => line(text, &format!("{number}. ")),
                    None => line(text, "• "),
                }
                put(nodes, text);
            }
            Node::Within(Kind::Bullets | Kind::Numbers, nodes) => {
                put(nodes, text);
                text.push('\n');
            }
            Node::Within(Kind::Bold | Kind::Italic | Kind::Strike, nodes) => put(nodes, text),
        }
    }
}

/// On a line of its own.
fn line(text: &mut String, what: &str) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(what);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    #[test]
    fn signs_are_left_out_and_what_is_hidden_stays_hidden() {
        for (body, text) in [
            ("**so** _much_ `code`", "so much code"),
            ("||the butler|| did it, @bob in #[the library]", "▒▒▒ did it, @bob in #the library"),
            ("> she said\n\nno", "> she said\n\nno"),
            ("- one\n- two", "• one\n• two"),
            ("[here](https://example.org)", "here"),
            ("snake_case * 2", "snake_case * 2"),
        ] {
            let plain = plain(body);
            let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(squeezed(&plain), squeezed(text), "{body}");
        }
    }

    #[test]
    fn the_beginning_of_a_text_shows_nothing_hidden_wherever_it_was_cut() {
        assert_eq!(beginning("||the *butler*|| **did**\n`it`"), "▒▒▒ did it");
        assert_eq!(beginning("/me waves *so*"), "waves so");
        assert_eq!(beginning("a || b"), "a || b", "nothing was cut");
        let cut = |text: String| beginning(&text.chars().take(GLIMPSE_OF).collect::<String>());
        assert_eq!(cut(format!("so: ||{}||", "butler ".repeat(60))), "so: ▒▒▒");
        assert_eq!(cut(format!("||a|| and ||{}", "butler ".repeat(60))), "▒▒▒ and ▒▒▒");
        assert!(cut("**so** much ".repeat(60)).starts_with("so much so much"));
    }

    fn shown(title: &str, body: &str, url: &str) -> Shown {
        Shown {
            title: title.to_owned(),
            body: body.to_owned(),
            url: url.to_owned(),
            ..Shown::default()
        }
    }

    #[test]
    fn a_text_that_fits_is_whole() {
        let text = "x".repeat(2_500);
        let bytes = shown("alice", &text, "/talk/alice/").into_bytes();
        let read: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(read["body"], text);
    }

    proptest! {
        #[test]
        fn whatever_is_said_fits_and_is_cut_between_characters(
            title in "\\PC{0,300}",
            body in proptest::collection::vec(any::<char>(), 0..4_000),
            url in "[a-z%]{0,4000}",
        ) {
            let body: String = body.into_iter().collect();
            let bytes = shown(&title, &body, &url).into_bytes();
            prop_assert!(bytes.len() <= MOST, "{}", bytes.len());
            let read: Value = serde_json::from_slice(&bytes).unwrap();
            let kept = read["body"].as_str().unwrap();
            let begins = kept.strip_suffix(MORE).unwrap_or(kept);
            prop_assert!(body.starts_with(begins));
            prop_assert!(kept == body || kept.ends_with(MORE) || kept.is_empty());
            // Not more is cut than must be: a character has six bytes at most.
            if kept != body && begins.trim_end() == begins && !begins.is_empty() {
                let lost = body.get(begins.len()..).unwrap_or_default();
                let space: usize = lost.chars().take_while(|c| c.is_whitespace()).map(written).sum();
                prop_assert!(bytes.len() + 9 + space > MOST, "{}", bytes.len());
            }
        }
    }
}
