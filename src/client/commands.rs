//! What the composer's text is to lead to, by the rules that every entrance shares
//! ([`crate::protocol::commands`]).

use crate::protocol::Refusal;
use crate::protocol::commands::{self, Command};

/// What is to be done with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Nothing was written.
    Nothing,
    /// To be said here.
    Here(String),
    /// The room's topic from now on.
    Topic(String),
    /// The list of keys and commands is wanted; nothing is said.
    Help,
    /// To be said to that person alone.
    Private { to: String, body: String },
}

/// Reads a text; `most` is the length of a message in Unicode scalar values.
///
/// # Errors
/// `too_long`, or `invalid` for a command that is unknown or incomplete; the text stays as it is.
pub fn read(text: &str, most: usize) -> Result<Meaning, Refusal> {
    let text = text.trim_end().trim_start_matches(['\n', '\r']);
    if text.trim_start().is_empty() {
        return Ok(Meaning::Nothing);
    }
    match commands::read(text)? {
        Command::Say(body) => {
            commands::check_body(body, most)?;
            Ok(Meaning::Here(body.to_owned()))
        }
        Command::Topic(text) => Ok(Meaning::Topic(text.to_owned())),
        Command::Help => Ok(Meaning::Help),
        Command::Private { to, body } => {
            commands::check_body(body, most)?;
            Ok(Meaning::Private { to: to.to_owned(), body: body.to_owned() })
        }
        Command::Unknown(word) => Err(commands::unknown(word)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Code;

    fn here(text: &str) -> Result<Meaning, Refusal> {
        Ok(Meaning::Here(text.into()))
    }

    #[test]
    fn the_empty_lines_around_a_text_are_not_said() {
        assert_eq!(read("  let x;\n", 10), here("  let x;"));
        assert_eq!(read("\n\nhi\n", 10), here("hi"));
        for nothing in ["", "  ", "\n\t "] {
            assert_eq!(read(nothing, 10), Ok(Meaning::Nothing));
        }
    }

    #[test]
    fn a_text_that_is_too_long_is_refused_before_it_is_sent() {
        assert_eq!(read("12345", 4).map_err(|refusal| refusal.code), Err(Code::TooLong));
        assert_eq!(read("/pm bob 12345", 4).map_err(|refusal| refusal.code), Err(Code::TooLong));
        assert_eq!(read("😀😀😀😀", 4), here("😀😀😀😀"));
    }

    #[test]
    fn the_room_gets_another_topic() {
        assert_eq!(read("/topic new\n", 40), Ok(Meaning::Topic("new".into())));
        assert_eq!(read("/me waves", 40), here("/me waves"));
        assert_eq!(read("/help\n", 40), Ok(Meaning::Help));
    }

    #[test]
    fn a_mistyped_command_is_not_said_aloud() {
        assert_eq!(read("/pn bob secret", 40).map_err(|refusal| refusal.code), Err(Code::Invalid));
    }
}
