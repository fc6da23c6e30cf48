//! Finds the web addresses in what people write, so that they become links made of typed nodes.

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Words.
    Text(&'a str),
    /// An address, with `http://` or `https://` before it.
    Link(&'a str),
}

const SCHEMES: [&str; 2] = ["https://", "http://"];
/// Closes a sentence rather than an address.
const TRAILING: &[char] = &['.', ',', ';', ':', '!', '?', '\'', '*', '_', '~', '…'];
/// Brackets belong to an address only in pairs.
const BRACKETS: [(char, char); 3] = [('(', ')'), ('[', ']'), ('{', '}')];

/// The text in pieces; together they are the whole text again.
#[must_use]
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let (mut done, mut from) = (0, 0);
    while let Some(at) = text[from..].find("://").map(|at| from + at) {
        from = at + 3;
        let Some((start, end)) = address(text, at) else { continue };
        if start < done {
            continue;
        }
        if done < start {
            found.push(Piece::Text(&text[done..start]));
        }
        found.push(Piece::Link(&text[start..end]));
        done = end;
        from = end;
    }
    if done < text.len() {
        found.push(Piece::Text(&text[done..]));
    }
    found
}

/// The address around the `://` at `at`, if it is one.
fn address(text: &str, at: usize) -> Option<(usize, usize)> {
    let head = SCHEMES.iter().find_map(|scheme| {
        let start = (at + 3).checked_sub(scheme.len())?;
        text.get(start..at + 3)?.eq_ignore_ascii_case(scheme).then_some(start)
    })?;
    // A word may not run into it, unless that word's script knows no spaces.
    if text[..head].chars().next_back().is_some_and(|c| c.is_alphanumeric() && !ends(c)) {
        return None;
    }
    let rest = &text[at + 3..];
    if !rest.starts_with(|c: char| (c.is_alphanumeric() && !ends(c)) || c == '[') {
        return None;
    }
    let mut shown = &rest[..rest.find(ends).unwrap_or(rest.len())];
    loop {
        let before = shown;
        shown = shown.trim_end_matches(TRAILING);
        for (open, close) in BRACKETS {
            if shown.ends_with(close) && shown.matches(close).count() > shown.matches(open).count()
            {
                shown = &shown[..shown.len() - close.len_utf8()];
            }
        }
        if shown == before {
            break;
        }
    }
    Some((head, at + 3 + shown.len()))
}

/// Whether an address ends before this character. Chinese and Japanese are written without spaces
/// and browsers copy such addresses percent-encoded, so those scripts end an address too.
fn ends(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '<' | '>' | '"' | '`' | '“' | '”' | '‘' | '’' | '«' | '»')
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
        || matches!(c, '\u{3000}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF00}'..='\u{FFEF}' | '\u{20000}'..='\u{3FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn links(text: &str) -> Vec<&str> {
        pieces(text)
            .into_iter()
            .filter_map(|piece| match piece {
                Piece::Link(link) => Some(link),
                Piece::Text(_) => None,
            })
            .collect()
    }

    #[test]
    fn finds_addresses_and_leaves_the_sentence_alone() {
        for (text, link) in [
            ("see https://example.org.", "https://example.org"),
            ("(https://example.org/a_(b))", "https://example.org/a_(b)"),
            ("HTTP://Example.org/?q=1&r=2#top, and", "HTTP://Example.org/?q=1&r=2#top"),
            ("看https://example.org/x这里", "https://example.org/x"),
            ("https://de.wikipedia.org/wiki/Köln!", "https://de.wikipedia.org/wiki/Köln"),
            ("“https://example.org/”", "https://example.org/"),
            ("http://[::1]:3000/ works", "http://[::1]:3000/"),
            ("**https://example.org/**", "https://example.org/"),
            ("a\nhttps://example.org\nb", "https://example.org"),
        ] {
            assert_eq!(links(text), [link], "{text}");
        }
        assert_eq!(links("http://a.b http://c.d"), ["http://a.b", "http://c.d"]);
    }

    #[test]
    fn what_is_no_web_address_stays_text() {
        for text in [
            "javascript://%0aalert(1)",
            "data:text/html,x",
            "https://",
            "http:// x",
            "xhttps://example.org",
            "ftp://example.org",
            "https://。",
            "://",
            "é://x",
            "https://<b>",
        ] {
            assert_eq!(links(text), Vec::<&str>::new(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_pieces_are_the_text(text in "(\\PC|[ \n]|https?://|[a-z.)(]){0,40}") {
            let whole: String = pieces(&text)
                .into_iter()
                .map(|piece| match piece { Piece::Text(text) | Piece::Link(text) => text })
                .collect();
            prop_assert_eq!(whole, text);
        }
    }
}
