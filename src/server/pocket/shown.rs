//! What a notification shows: plain text, and on a device as much as fits into what push services take.

use crate::protocol::At;
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

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
