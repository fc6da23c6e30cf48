//! The web addresses in what people write.

use super::inline::runs_on;
use crate::protocol::urls;

/// An address that a link may lead to: the web, mail, or a page of this house.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(String);

/// Nothing else is a link; `javascript:` least of all.
const SCHEMES: [&str; 3] = ["https://", "http://", "mailto:"];
/// Bytes of an address in brackets: what no server takes any more is no link.
const LONGEST: usize = 2_048;
/// Bytes of a mailbox's name, before the `@` (RFC 5321).
const MAILBOX: usize = 64;
/// Closes a sentence rather than an address.
const TRAILING: &[char] = &['.', ',', ';', ':', '!', '?', '\'', '*', '_', '~', '…'];
/// Brackets belong to an address only in pairs.
const BRACKETS: [(char, char); 3] = [('(', ')'), ('[', ']'), ('{', '}')];

impl Address {
    /// Reads what stands in the brackets of a link, if one may lead there.
    pub(super) fn given(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let own = urls::place(text).is_some();
        let fine = own || scheme(text).is_some_and(|scheme| begins(scheme, &text[scheme.len()..]));
        (fine && !text.contains(|c: char| c.is_whitespace() || c.is_control()))
            .then(|| Self(text.to_owned()))
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where it really leads, for whoever is shown something else: the host, or the whole of a mail
    /// address. None for this house.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        let scheme = scheme(&self.0)?;
        let rest = &self.0[scheme.len()..];
        if scheme == "mailto:" {
            return Some(rest.split('?').next().unwrap_or(rest));
        }
        // Browsers read `\` as `/`, and what stands before an `@` is no host.
        let host = rest.split(['/', '\\', '?', '#']).next().unwrap_or(rest);
        Some(host.rsplit('@').next().unwrap_or(host))
    }

    /// Whether it names somebody before the host, as in `https://bank.example@evil.example/`: then
    /// it looks like what it is not.
    #[must_use]
    pub fn disguised(&self) -> bool {
        self.host().is_some_and(|host| {
            scheme(&self.0).is_some_and(|scheme| {
                scheme != "mailto:" && !self.0[scheme.len()..].starts_with(host)
            })
        })
    }
}

fn scheme(text: &str) -> Option<&'static str> {
    let is = |scheme: &str| {
        text.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme))
    };
    SCHEMES.into_iter().find(|scheme| is(scheme))
}

/// Whether what follows a scheme can be an address.
fn begins(scheme: &str, rest: &str) -> bool {
    let first = |c: char| (c.is_alphanumeric() && !ends(c)) || (c == '[' && scheme != "mailto:");
    let mail = || rest.bytes().take(MAILBOX + 1).any(|byte| byte == b'@');
    rest.starts_with(first) && (scheme != "mailto:" || mail())
}

/// The address around the `:` at `at`, if it is one that begins at `from` or later: its beginning
/// and its end.
pub fn address(text: &str, from: usize, at: usize) -> Option<(usize, usize)> {
    let (head, scheme) = SCHEMES.into_iter().find_map(|known| {
        let head = at.checked_sub(known.find(':')?)?;
        (head >= from && scheme(text.get(head..)?) == Some(known)).then_some((head, known))
    })?;
    // A word may not run into it, unless that word's script knows no spaces.
    if text[..head].chars().next_back().is_some_and(runs_on) {
        return None;
    }
    let after = head + scheme.len();
    let rest = &text[after..];
    // Asked first: the end is looked for only where there is an address.
    begins(scheme, rest).then(|| (head, after + rest[..end(rest)].trim_end_matches(TRAILING).len()))
}

/// Where an address ends: before a space or a sign that is never in one, or a bracket that closes
/// what was opened before it.
fn end(rest: &str) -> usize {
    let mut open = [0usize; BRACKETS.len()];
    for (at, c) in rest.char_indices() {
        if ends(c) {
            return at;
        }
        for (open, (opens, closes)) in open.iter_mut().zip(BRACKETS) {
            if c == opens {
                *open += 1;
            } else if c == closes {
                match open.checked_sub(1) {
                    Some(left) => *open = left,
                    None => return at,
                }
            }
        }
    }
    rest.len()
}

/// Whether an address ends before this character. Chinese and Japanese are written without spaces
/// and browsers copy such addresses percent-encoded, so those scripts end an address too.
pub fn ends(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '<' | '>' | '"' | '`' | '|' | '“' | '”' | '‘' | '’' | '«' | '»')
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
        || matches!(c, '\u{3000}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF00}'..='\u{FFEF}' | '\u{20000}'..='\u{3FFFF}')
}
