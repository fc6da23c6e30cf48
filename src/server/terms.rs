//! What a text is looked up by: its terms, each with its place in the text. The index is made of them,
//! a query is read into them, and what was found is lit up by them, so the three always agree.
//!
//! - Letters count regardless of case, width and the accents of Latin, Greek and Cyrillic: "Café",
//!   "CAFE" and "ｃａｆé" are one term.
//! - A script that puts no spaces between words (Chinese, Japanese, Korean, Thai …) and every emoji
//!   is one term a character. A word of it is then a phrase, terms beside each other: so a word of
//!   one character or of two is found wherever it stands, which no dictionary and no index of
//!   trigrams gives. (Pairs of characters as terms would find 会议 sooner, and 会 not at all.)
//! - Everything else between them separates.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Characters of a term that count. Longer ones are keys and garbage, and would make the index large.
const MOST: usize = 64;

/// A term and where in the text it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// In the one form that all its spellings share. Of ASCII it holds letters and digits alone.
    pub text: String,
    /// Its first byte in the text.
    pub start: usize,
    /// The byte after it.
    pub end: usize,
    /// Whether it is a character of its own rather than a word.
    pub alone: bool,
}

/// The terms of a text, in order.
#[must_use]
pub fn terms(text: &str) -> Vec<Term> {
    let mut terms: Vec<Term> = Vec::new();
    let mut word: Option<Term> = None;
    let mut count = 0;
    for (start, end) in clusters(text) {
        for c in folded(&text[start..end]) {
            match kind(c) {
                Kind::Letter => {
                    let term = word.get_or_insert_with(|| {
                        count = 0;
                        Term { text: String::new(), start, end, alone: false }
                    });
                    term.end = end;
                    if count < MOST {
                        term.text.push(c);
                        count += 1;
                    }
                }
                Kind::Alone => {
                    terms.extend(word.take());
                    terms.push(Term { text: c.into(), start, end, alone: true });
                }
                Kind::Between => terms.extend(word.take()),
            }
        }
    }
    terms.extend(word);
    terms
}

/// The terms alone, with spaces between them.
#[must_use]
pub fn joined(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    for term in terms(text) {
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(&term.text);
    }
    joined
}

enum Kind {
    Letter,
    Alone,
    Between,
}

/// From and to of each character together with the marks that stand on it: what nobody would cut.
fn clusters(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let mut chars = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (start, first) = chars.next()?;
        let mut end = start + first.len_utf8();
        while let Some((at, c)) = chars.next_if(|(_, c)| joins(*c)) {
            end = at + c.len_utf8();
        }
        Some((start, end))
    })
}

/// Whether a character belongs to the one before it: marks, the later parts of a Korean syllable,
/// and the voice marks of narrow Japanese.
fn joins(c: char) -> bool {
    is_combining_mark(c) || matches!(c, '\u{1160}'..='\u{11FF}' | '\u{FF9E}' | '\u{FF9F}')
}

/// One form for all spellings of a character with its marks.
fn folded(cluster: &str) -> impl Iterator<Item = char> + '_ {
    let bare = cluster.nfkd().filter(|c| !is_accent(*c));
    // By way of upper case, since several small letters may share a large one: ß and ss, σ and ς.
    let folded = bare.flat_map(char::to_uppercase).flat_map(char::to_lowercase).map(|c| match c {
        'ø' => 'o',
        'ł' => 'l',
        'đ' => 'd',
        c => c,
    });
    folded.nfc()
}

/// Marks that people leave out when they look for something: accents, and the vowel points of Hebrew
/// and Arabic. Those of other scripts are letters of the word.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036F}' | '\u{0591}'..='\u{05C7}' | '\u{064B}'..='\u{065F}' | '\u{0670}')
}

fn kind(c: char) -> Kind {
    match c {
        // Thai, Lao, Tibetan's neighbours Myanmar and Khmer; Korean; Japanese; Chinese; Yi.
        '\u{0E01}'..='\u{0EFF}'
        | '\u{1000}'..='\u{109F}'
        | '\u{1100}'..='\u{11FF}'
        | '\u{1780}'..='\u{17FF}'
        | '\u{3005}'..='\u{3007}'
        | '\u{3041}'..='\u{3096}'
        | '\u{309D}'..='\u{309F}'
        | '\u{30A1}'..='\u{30FA}'
        | '\u{30FC}'..='\u{318F}'
        | '\u{31A0}'..='\u{31FF}'
        | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{A4CF}'
        | '\u{A960}'..='\u{A97F}'
        | '\u{AC00}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFF}' => Kind::Alone,
        // Emoji, and the symbols that are used as such.
        '\u{2190}'..='\u{21FF}' | '\u{2600}'..='\u{27BF}' | '\u{2B00}'..='\u{2BFF}' => Kind::Alone,
        '\u{1F000}'..='\u{1FAFF}' => Kind::Alone,
        c if c.is_alphanumeric() => Kind::Letter,
        // What chooses how the character before it looks is no part of it.
        '\u{FE00}'..='\u{FE0F}' | '\u{20E3}' => Kind::Between,
        c if is_combining_mark(c) => Kind::Letter,
        _ => Kind::Between,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spellings_of_one_word_are_one_term() {
        for (one, other) in [
            ("Café", "cafe\u{301}"),
            ("CAFÉ", "cafe"),
            ("ｃａｆｅ", "cafe"),
            ("STRASSE", "straße"),
            ("ΟΔΟΣ", "οδός"),
            ("Ёлка", "елка"),
            ("Łódź", "lodz"),
            ("smørrebrød", "Smorrebrod"),
            ("İstanbul", "istanbul"),
            ("ﬁne", "fine"),
            ("ｶﾞｰﾃﾞﾝ", "ガーデン"),
            ("か\u{3099}", "が"),
            ("\u{1112}\u{1161}\u{11ab}", "한"),
            ("مُحَمَّد", "محمد"),
        ] {
            assert_eq!(joined(one), joined(other));
        }
        assert_ne!(joined("か"), joined("が"), "another sound");
        assert_ne!(joined("हिन्दी"), joined("हनद"), "the vowels are the word");
    }

    #[test]
    fn characters_of_scripts_without_spaces_stand_alone() {
        assert_eq!(joined("明天的会议改到3点，ok?"), "明 天 的 会 议 改 到 3 点 ok");
        assert_eq!(joined("회의는Tokyo駅"), "회 의 는 tokyo 駅");
        assert_eq!(joined("tomatoes🍅🍅"), "tomatoes 🍅 🍅");
        assert_eq!(joined("ก็ดี"), "ก ็ ด ี");
        assert_eq!(joined("foo_bar-2.4 don't"), "foo bar 2 4 don t");
        assert_eq!(joined(" \u{0}\"*^():{}+-—… "), "");
    }

    #[test]
    fn a_term_has_an_end() {
        assert_eq!(joined(&"a".repeat(5_000)).len(), MOST);
        let marks = format!("e{}", "\u{301}".repeat(4_000));
        assert_eq!(joined(&marks), "e");
        let signs = format!("क{}", "\u{93f}".repeat(4_000));
        assert!(joined(&signs).chars().count() <= MOST);
    }

    proptest! {
        #[test]
        fn terms_stand_in_the_text_in_order(text in "\\PC{0,80}") {
            let mut last = 0;
            for term in terms(&text) {
                prop_assert!(term.start >= last && term.start < term.end, "{:?}", term);
                prop_assert!(text.get(term.start..term.end).is_some());
                prop_assert!(!term.text.is_empty() && !term.text.contains(' '));
                // What the index's own reading of a text would take apart is not in it.
                prop_assert!(term.text.chars().all(|c| !c.is_ascii() || c.is_ascii_alphanumeric()));
                last = term.start;
            }
        }

        #[test]
        fn the_form_of_a_term_is_its_own(text in "\\PC{0,80}") {
            let once = joined(&text);
            prop_assert_eq!(joined(&once), once);
        }
    }
}
