//! What a text typed into a composer means, the same in the browser, in the plain form and in the
//! room socket.

use super::{Code, Refusal};
use crate::words::Word;

/// A text's meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// Say it here.
    Say(&'a str),
    /// `/pm bob hi`: say it to bob alone.
    Private { to: &'a str, body: &'a str },
    /// `/topic what it is about`: the room is about that from now on; nothing takes the topic away.
    Topic(&'a str),
    /// `/help`, whatever follows it: the list of keys and commands is to be shown.
    Help,
    /// A word after a slash that is no command. Not said aloud: it may be a private message
    /// mistyped.
    Unknown(&'a str),
}

/// Reads a text. `/me waves` is said as it stands and shown as what one does. `//` at its start says the rest, slash and all.
///
/// # Errors
/// `invalid` where a command lacks what it needs.
pub fn read(text: &str) -> Result<Command<'_>, Refusal> {
    let Some(rest) = text.strip_prefix('/') else { return Ok(Command::Say(text)) };
    if rest.starts_with('/') {
        return Ok(Command::Say(rest));
    }
    if rest.starts_with(char::is_whitespace) {
        return Ok(Command::Say(text));
    }
    let (word, rest) = split_word(rest);
    match word {
        "me" if rest.trim().is_empty() => Err(Refusal::invalid("body", Word::MeWhat)),
        "me" => Ok(Command::Say(text)),
        "topic" => Ok(Command::Topic(rest.trim())),
        "help" => Ok(Command::Help),
        "pm" => {
            let (to, body) = split_word(rest);
            let to = to.strip_prefix('@').unwrap_or(to);
            if to.is_empty() {
                return Err(Refusal::invalid("to", Word::PmToWhom));
            }
            if body.trim().is_empty() {
                return Err(Refusal::invalid("body", Word::PmWhat.of(&[&to])));
            }
            Ok(Command::Private { to, body })
        }
        word if !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphabetic()) => {
            Ok(Command::Unknown(word))
        }
        _ => Ok(Command::Say(text)),
    }
}

/// The refusal of [`Command::Unknown`].
#[must_use]
pub fn unknown(word: &str) -> Refusal {
    Refusal::invalid("body", Word::NoSuchCommand.of(&[&word]))
}

/// Whether a text may be a message.
///
/// # Errors
/// `invalid` for an empty one, `too_long` with what is allowed.
pub fn check_body(body: &str, most: usize) -> Result<(), Refusal> {
    if body.trim().is_empty() {
        return Err(Refusal::invalid("body", Word::EmptyMessage));
    }
    if body.contains('\0') {
        return Err(Refusal::invalid("body", Word::NulInMessage));
    }
    let count = body.chars().count();
    if count > most {
        return Err(Refusal {
            field: Some("body".to_owned()),
            ..Refusal::new(Code::TooLong, Word::MessageTooLong.of(&[&most, &count]))
        });
    }
    Ok(())
}

fn split_word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    text.split_once(char::is_whitespace)
        .map_or((text, ""), |(word, rest)| (word, rest.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_is_meant() {
        assert_eq!(read("hi /pm bob"), Ok(Command::Say("hi /pm bob")));
        assert_eq!(
            read("/pm bob  hi there "),
            Ok(Command::Private { to: "bob", body: "hi there " })
        );
        assert_eq!(read("/pm @小林 你好"), Ok(Command::Private { to: "小林", body: "你好" }));
        assert_eq!(read("//pm bob hi"), Ok(Command::Say("/pm bob hi")));
        assert_eq!(read("/pn bob secret"), Ok(Command::Unknown("pn")));
        assert_eq!(read("/me waves"), Ok(Command::Say("/me waves")));
        assert_eq!(read("/mean"), Ok(Command::Unknown("mean")));
        assert_eq!(read("/topic  all of it "), Ok(Command::Topic("all of it")));
        assert_eq!(read("/topic"), Ok(Command::Topic("")));
        assert_eq!(read("/help"), Ok(Command::Help));
        assert_eq!(read("/help me\n"), Ok(Command::Help));
        assert_eq!(read("/helpless"), Ok(Command::Unknown("helpless")));
        assert_eq!(read("/ hm"), Ok(Command::Say("/ hm")));
        assert_eq!(read("/1 of 2"), Ok(Command::Say("/1 of 2")));
    }

    #[test]
    fn k13_a_command_without_its_parts_is_refused_in_words() {
        for text in ["/pm", "/pm ", "/pm bob", "/pm bob \n ", "/me", "/me \n"] {
            assert_eq!(read(text).map_err(|refusal| refusal.code), Err(Code::Invalid), "{text}");
        }
    }

    #[test]
    fn characters_are_counted_not_bytes() {
        assert_eq!(check_body(&"😀".repeat(4), 4), Ok(()));
        assert_eq!(check_body(&"😀".repeat(5), 4).map_err(|r| r.code), Err(Code::TooLong));
        assert!(check_body(" \n ", 4).is_err() && check_body("a\0", 4).is_err());
    }
}
