//! What the composer's text means. The same rules hold for the plain form without a script, so the
//! server reads the text by them as well.

use crate::protocol::Refusal;

/// What is to be done with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Nothing was written.
    Nothing,
    /// To be said here.
    Here(String),
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
    let Some(rest) = text.strip_prefix('/') else {
        return Ok(Meaning::Here(measured(text, most)?));
    };
    if rest.starts_with('/') {
        return Ok(Meaning::Here(measured(rest, most)?));
    }
    // No space before the name: a slash on its own is no command.
    let (command, rest) = split(rest);
    match command {
        "" => Ok(Meaning::Here(measured(text, most)?)),
        "pm" => private(rest, most),
        unknown => {
            let shown: String = unknown.chars().take(32).collect();
            let escaped: String = text.chars().take(20).collect();
            Err(refuse(format!(
                "There is no command /{shown}. To say it as it stands, begin with two slashes: \
                 /{escaped}"
            )))
        }
    }
}

fn private(rest: &str, most: usize) -> Result<Meaning, Refusal> {
    let (name, body) = split(rest);
    let name = name.strip_prefix('@').unwrap_or(name);
    if name.is_empty() {
        return Err(refuse("Say to whom, and what: /pm name text".to_owned()));
    }
    if body.is_empty() {
        let shown: String = name.chars().take(32).collect();
        return Err(refuse(format!("Say what {shown} should hear: /pm {shown} text")));
    }
    Ok(Meaning::Private { to: name.to_owned(), body: measured(body, most)? })
}

/// The first word and what follows it.
fn split(text: &str) -> (&str, &str) {
    match text.split_once(char::is_whitespace) {
        Some((word, rest)) => (word, rest.trim_start()),
        None => (text, ""),
    }
}

fn measured(body: &str, most: usize) -> Result<String, Refusal> {
    let count = body.chars().count();
    if count > most {
        let message = format!("This has {count} characters; a message holds {most}.");
        return Err(Refusal::too_long("body", message));
    }
    Ok(body.to_owned())
}

fn refuse(message: String) -> Refusal {
    Refusal::invalid("body", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Code;
    use proptest::prelude::*;

    fn here(text: &str) -> Result<Meaning, Refusal> {
        Ok(Meaning::Here(text.into()))
    }

    #[test]
    fn ordinary_text_is_said_here() {
        assert_eq!(read("hi", 10), here("hi"));
        assert_eq!(read("  let x;\n", 10), here("  let x;"));
        assert_eq!(read("\n\nhi\n", 10), here("hi"));
        assert_eq!(read("a /pm b", 10), here("a /pm b"));
        for nothing in ["", "  ", "\n\t "] {
            assert_eq!(read(nothing, 10), Ok(Meaning::Nothing));
        }
    }

    #[test]
    fn two_slashes_say_one() {
        assert_eq!(read("//pm bob hi", 99), here("/pm bob hi"));
        assert_eq!(read("///", 99), here("//"));
        assert_eq!(read("/", 99), here("/"));
        assert_eq!(read("/ or", 99), here("/ or"));
    }

    #[test]
    fn pm_says_it_to_one() {
        let to_bob = |body: &str| Ok(Meaning::Private { to: "bob".into(), body: body.into() });
        assert_eq!(read("/pm bob hi there", 99), to_bob("hi there"));
        assert_eq!(read("/pm  @bob  hi", 99), to_bob("hi"));
        assert_eq!(read("/pm bob\nhi\nyou", 99), to_bob("hi\nyou"));
        assert_eq!(
            read("/pm 小林 你好", 99),
            Ok(Meaning::Private { to: "小林".into(), body: "你好".into() })
        );
    }

    #[test]
    fn an_incomplete_or_unknown_command_says_what_is_missing() {
        let why = |text| read(text, 99).err().map(|refusal| refusal.message);
        assert_eq!(why("/pm"), Some("Say to whom, and what: /pm name text".into()));
        assert_eq!(why("/pm @ hi"), Some("Say to whom, and what: /pm name text".into()));
        assert_eq!(why("/pm bob  "), Some("Say what bob should hear: /pm bob text".into()));
        assert!(why("/pmbob hi").is_some_and(|why| why.contains("no command /pmbob")));
        assert!(why("/usr/bin").is_some_and(|why| why.ends_with("//usr/bin")));
    }

    #[test]
    fn length_is_counted_in_scalar_values_before_sending() {
        assert!(read(&"室".repeat(10), 10).is_ok());
        let refusal = read(&"室".repeat(11), 10).err();
        assert_eq!(
            refusal.map(|it| (it.code, it.message)),
            Some((Code::TooLong, "This has 11 characters; a message holds 10.".into()))
        );
        assert!(read(&format!("/pm bob {}", "x".repeat(10)), 10).is_ok());
        assert!(read(&format!("/pm bob {}", "x".repeat(11)), 10).is_err());
        assert!(read("👩‍🚀", 3).is_ok(), "three scalar values");
        assert!(read("👩‍🚀", 2).is_err());
    }

    proptest! {
        #[test]
        fn nothing_over_the_limit_and_nothing_empty_gets_through(text in "[/pm@ \\n室a]{0,40}") {
            match read(&text, 12) {
                Ok(Meaning::Here(body) | Meaning::Private { body, .. }) => {
                    prop_assert!(!body.trim().is_empty() && body.chars().count() <= 12);
                }
                Ok(Meaning::Nothing) => prop_assert!(text.trim().is_empty()),
                Err(refusal) => prop_assert!(!refusal.temporary),
            }
        }
    }
}
