//! What of a message a hit shows: the words around the first match, with the matches lit.

use crate::protocol::search::Piece;
use crate::server::store::search::Phrase;
use crate::server::terms::{Term, terms};
use std::ops::Range;

/// Characters shown: three lines or so of a panel.
const LONG: usize = 240;
/// Of them before the first match: enough to see what it is about.
const BEFORE: usize = 60;

/// A text's part that was looked for, in pieces. Joined they are the text, but for the white space,
/// which is single spaces, and for what is cut off at either end.
#[must_use]
pub fn snippet(text: &str, phrases: &[Phrase]) -> Vec<Piece> {
    let lit = matches(text, phrases);
    let first = lit.first().map_or(0, |range| range.start);
    let start = back(text, first);
    let end = forth(text, start);
    let mut pieces = Pieces::default();
    if start > 0 {
        pieces.push("… ", false);
    }
    let mut at = start;
    for range in lit {
        let (from, to) = (range.start.clamp(at, end), range.end.clamp(at, end));
        pieces.push(&text[at..from], false);
        pieces.push(&text[from..to], true);
        at = to;
    }
    pieces.push(&text[at..end], false);
    if end < text.len() {
        pieces.push(" …", false);
    }
    pieces.0
}

/// Where the text matches, in order and apart from each other.
fn matches(text: &str, phrases: &[Phrase]) -> Vec<Range<usize>> {
    let terms = terms(text);
    let mut found: Vec<Range<usize>> = phrases
        .iter()
        .flat_map(|phrase| {
            let windows = terms.windows(phrase.terms.len().max(1));
            windows.filter(|window| is(window, phrase)).filter_map(|window| {
                let (first, last) = (window.first()?, window.last()?);
                Some(first.start..last.end)
            })
        })
        .collect();
    found.sort_unstable_by_key(|range| (range.start, range.end));
    let mut apart: Vec<Range<usize>> = Vec::new();
    for range in found {
        match apart.last_mut() {
            // What stands side by side is lit as one.
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => apart.push(range),
        }
    }
    apart
}

fn is(window: &[Term], phrase: &Phrase) -> bool {
    let last = phrase.terms.len() - 1;
    window.iter().zip(&phrase.terms).enumerate().all(|(at, (term, asked))| {
        term.text == *asked
            || (phrase.begins && at == last && term.text.starts_with(asked.as_str()))
    })
}

/// Where to begin, so that the match is seen: at the beginning of a word, where there is one.
fn back(text: &str, first: usize) -> usize {
    let Some((start, _)) = text[..first].char_indices().rev().nth(BEFORE - 1) else { return 0 };
    if start == 0 {
        return 0;
    }
    let stretch = &text[start..first];
    stretch.find(char::is_whitespace).map_or(start, |space| {
        start + space + stretch[space..].chars().next().map_or(0, char::len_utf8)
    })
}

/// Where to end: after the last whole word, where one ends lately.
fn forth(text: &str, start: usize) -> usize {
    let Some((length, _)) = text[start..].char_indices().nth(LONG) else { return text.len() };
    let stretch = &text[start..start + length];
    let late = stretch.char_indices().nth(LONG - BEFORE).map_or(0, |(at, _)| at);
    let space = stretch.rfind(char::is_whitespace).filter(|space| *space > late);
    start + space.unwrap_or(length)
}

#[derive(Default)]
struct Pieces(Vec<Piece>);

impl Pieces {
    fn push(&mut self, text: &str, lit: bool) {
        let mut piece = String::with_capacity(text.len());
        let mut is_spaced =
            self.0.last().is_some_and(|last| last.text.ends_with(char::is_whitespace));
        for c in text.chars() {
            let is_space = c.is_whitespace();
            if !(is_space && is_spaced) {
                piece.push(if is_space { ' ' } else { c });
            }
            is_spaced = is_space;
        }
        if !piece.is_empty() {
            self.0.push(Piece { text: piece, lit });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::query::read;
    use super::*;
    use proptest::prelude::*;

    /// The snippet with its matches in brackets.
    fn shown(text: &str, query: &str) -> String {
        snippet(text, &read(query).phrases)
            .into_iter()
            .map(|piece| if piece.lit { format!("[{}]", piece.text) } else { piece.text })
            .collect()
    }

    #[test]
    fn matches_are_lit() {
        for (text, query, lit) in [
            ("the Laser cutter is free", "laser", "the [Laser] cutter is free"),
            ("明天的会议改到三点", "会议", "明天的[会议]改到三点"),
            ("会议 and 会议", "会议", "[会议] and [会议]"),
            ("un café, s'il vous plaît", "CAFE plait", "un [café], s'il vous [plaît]"),
            ("tomatoes and tomato soup", "toma", "[tomatoes] and [tomato] soup"),
            ("a\n\n  b\tc", "b", "a [b] c"),
            ("nothing of it", "else", "nothing of it"),
            ("<b>bold</b>", "bold", "<b>[bold]</b>"),
            ("会议议程", "会议 议程", "[会议议程]"),
            ("", "x", ""),
        ] {
            assert_eq!(shown(text, query), lit);
        }
    }

    #[test]
    fn what_is_far_away_is_cut_off_between_words() {
        let text =
            format!("{}the needle {}", "hay and straw ".repeat(40), "straw and hay ".repeat(40));
        let shown = shown(&text, "needle");
        assert!(shown.starts_with("… ") && shown.ends_with(" …"), "{shown}");
        assert!(shown.contains("the [needle] straw"), "{shown}");
        assert!(shown.chars().count() <= LONG + 6, "{shown}");
        for word in shown.split_whitespace() {
            assert!(["…", "hay", "and", "straw", "the", "[needle]"].contains(&word), "{word}");
        }
    }

    proptest! {
        #[test]
        fn a_snippet_is_part_of_its_text(text in "\\PC{0,400}", query in "\\PC{0,12}") {
            let pieces = snippet(&text, &read(&query).phrases);
            let all: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
            let squeezed = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let inner = all.trim_start_matches("… ").trim_end_matches(" …").trim();
            prop_assert!(all.chars().count() <= LONG + 4);
            let inner = inner.trim_matches(|c: char| c == '…' || c.is_whitespace());
            prop_assert!(squeezed.contains(inner), "{:?} in {:?}", inner, squeezed);
        }

        #[test]
        fn what_a_text_holds_is_lit(before in "[a-z 会]{0,200}", after in "[a-z 会]{0,200}") {
            let text = format!("{before} Nädel {after}");
            let pieces = snippet(&text, &read("nadel").phrases);
            prop_assert!(pieces.iter().any(|piece| piece.lit && piece.text == "Nädel"));
        }
    }
}
