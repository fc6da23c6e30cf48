//! What somebody typed into the search field, read. There is nothing that cannot be read: what is no
//! filter is words.
//!
//! ```text
//! words            all of them, in any order; the last may be the beginning of one
//! "some words"     beside each other; without its end a quotation goes to the end
//! from:alice       who said it
//! in:lobby  in:@bob  in:"book club"
//! after:2026-01-31  before:2026-01-31  on:2026-01-31     days (UTC)
//! has:link  has:file
//! ```

use crate::protocol::At;
use crate::server::store::search::{Has, Phrase};
use crate::server::terms::terms;

/// A word of fewer letters is not taken for the beginning of another: most words begin with it.
const BEGINNING: usize = 2;

/// A question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Words.
    pub phrases: Vec<Phrase>,
    /// Names of people who may have said it.
    pub from: Vec<String>,
    /// Places where it may have been said, as they were typed.
    pub places: Vec<String>,
    /// What is in it.
    pub has: Vec<Has>,
    /// The first day…
    pub since: Option<i64>,
    /// …and the day after the last.
    pub until: Option<i64>,
}

const QUOTES: [char; 6] = ['"', '“', '”', '„', '«', '»'];

/// Reads a question.
#[must_use]
pub fn read(text: &str) -> Query {
    let mut query = Query::default();
    // The last word, where it is not quoted: it may be half of one.
    let mut last = None;
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let words;
        if QUOTES.contains(&first) {
            (words, rest) = quoted(rest);
            query.words(words);
        } else {
            let end = rest.find(|c: char| c.is_whitespace() || QUOTES.contains(&c));
            let (chunk, after) = rest.split_at(end.unwrap_or(rest.len()));
            match query.filter(chunk, after) {
                Some(after) => rest = after,
                None => {
                    if query.words(chunk) {
                        last = Some(query.phrases.len() - 1);
                    }
                    rest = after;
                }
            }
        }
        rest = rest.trim_start();
    }
    if let Some(phrase) = last.and_then(|last| query.phrases.get_mut(last)) {
        let letters = phrase.terms.last().map_or(0, |term| term.chars().count());
        // A character that stands alone is no beginning.
        let alone = terms(text)
            .into_iter()
            .any(|term| term.alone && Some(&term.text) == phrase.terms.last());
        phrase.begins = letters >= BEGINNING && !alone;
    }
    query
}

/// What is between quotes, and what comes after them.
fn quoted(text: &str) -> (&str, &str) {
    let inner = text.strip_prefix(QUOTES).unwrap_or(text);
    match inner.find(QUOTES) {
        Some(end) => (&inner[..end], inner[end..].strip_prefix(QUOTES).unwrap_or_default()),
        None => (inner, ""),
    }
}

/// A day such as `2026-01-31`, counted from 1970.
#[must_use]
pub fn day(text: &str) -> Option<i64> {
    let at = At::parse(&format!("{text}T00:00:00Z"))?;
    // There is no 31 of February.
    (at.date() == text).then(|| at.day())
}

impl Query {
    /// Nothing is asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Only from this day on.
    pub fn since(&mut self, day: i64) {
        self.since = Some(self.since.map_or(day, |since| since.max(day)));
    }

    /// Only before this day.
    pub fn until(&mut self, day: i64) {
        self.until = Some(self.until.map_or(day, |until| until.min(day)));
    }

    /// Takes words that stand beside each other; whether there were any.
    fn words(&mut self, text: &str) -> bool {
        let terms: Vec<String> = terms(text).into_iter().map(|term| term.text).collect();
        let any = !terms.is_empty();
        if any {
            self.phrases.push(Phrase { terms, begins: false });
        }
        any
    }

    /// Takes `chunk` as a filter, if it is one; answers what comes after it. A value in quotes begins
    /// in `after`.
    fn filter<'a>(&mut self, chunk: &'a str, after: &'a str) -> Option<&'a str> {
        // A Chinese keyboard has another colon.
        let (key, value) = chunk.split_once([':', '：'])?;
        let (value, after) = if value.is_empty() && after.starts_with(QUOTES) {
            quoted(after)
        } else {
            (value, after)
        };
        let value = value.trim();
        if value.is_empty() {
            return None;
        }
        match key.to_ascii_lowercase().as_str() {
            "from" => self.from.push(value.strip_prefix('@').unwrap_or(value).to_owned()),
            "in" => self.places.push(value.to_owned()),
            "after" => self.since(day(value)? + 1),
            "before" => self.until(day(value)?),
            "on" => {
                let day = day(value)?;
                self.since(day);
                self.until(day + 1);
            }
            "has" => self.has.push(match value.to_ascii_lowercase().as_str() {
                "link" | "links" => Has::Link,
                "file" | "files" => Has::File,
                _ => return None,
            }),
            _ => return None,
        }
        Some(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(query: &Query) -> Vec<String> {
        query
            .phrases
            .iter()
            .map(|it| format!("{}{}", it.terms.join(" "), if it.begins { "…" } else { "" }))
            .collect()
    }

    #[test]
    fn words_and_phrases() {
        for (text, read_as) in [
            ("laser cutter", vec!["laser", "cutter…"]),
            ("\"laser cutter\" free", vec!["laser cutter", "free…"]),
            ("free \"laser cutter\"", vec!["free…", "laser cutter"]),
            ("“laser cutter” x", vec!["laser cutter", "x"]),
            ("会议", vec!["会 议"]),
            ("明天 会议 ok", vec!["明 天", "会 议", "ok…"]),
            ("3点", vec!["3 点"]),
            ("e-mail", vec!["e mail…"]),
            ("\"never ends", vec!["never ends"]),
            ("\"", vec![]),
            ("\"\" \"\"", vec![]),
            ("a\"b c\"d", vec!["a", "b c", "d"]),
            ("NOT (a OR b) AND NEAR(c d) *", vec!["not", "a", "or", "b", "and", "near c", "d"]),
            ("body:secret from: in:", vec!["body secret", "from", "in…"]),
            ("https://example.org/a", vec!["https example org a"]),
            ("\u{0} ... 、。！ \u{301}", vec![]),
        ] {
            assert_eq!(words(&read(text)), read_as, "{text}");
        }
    }

    #[test]
    fn filters() {
        let query = read("from:@alice IN:\"book club\" in：#lobby has:link before:2026-01-31 cake");
        assert_eq!(query.from, ["alice"]);
        assert_eq!(query.places, ["book club", "#lobby"]);
        assert_eq!(query.has, [Has::Link]);
        assert_eq!((query.since, query.until), (None, day("2026-01-31")));
        assert_eq!(words(&query), ["cake…"]);
        let query = read("after:2026-01-31 after:2026-02-28 on:2026-03-01");
        assert_eq!((query.since, query.until), (day("2026-03-01"), day("2026-03-02")));
        assert!(query.phrases.is_empty() && !query.is_empty());
    }

    #[test]
    fn what_is_no_filter_is_words() {
        for text in ["before:lunch", "after:2026-02-31", "has:cheese", "note:this", "on:2026-1-1"] {
            let query = read(text);
            assert_eq!((query.since, query.until), (None, None), "{text}");
            assert_eq!(query.phrases.len(), 1, "{text}");
        }
    }

    proptest! {
        #[test]
        fn everything_can_be_read(text in "\\PC{0,120}") {
            let query = read(&text);
            for phrase in &query.phrases {
                prop_assert!(!phrase.terms.is_empty());
            }
        }

        #[test]
        fn everything_that_is_nearly_a_filter_can_be_read(
            parts in proptest::collection::vec("(from|in|before|on|has)?[:：]?[\"“ ]?[a会\u{301}@#0-9-]{0,11}[\" ]?", 0..9)
        ) {
            let _ = read(&parts.concat());
        }
    }
}
