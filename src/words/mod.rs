//! All that the house says, in every language it speaks; one place for each language:
//!
//! ```text
//! src/words/en/…   src/words/zh/…      the same files and keys in both (build.rs sees to it)
//!   live/*.txt       what the browser's program says too (the server says it first)
//!   refusals/*.txt   why something is refused, and what the house tells by itself; known by name in
//!                    every browser and program
//!   pages/*.txt      what stands only in pages that the server renders: costs the browser nothing
//! ```
//!
//! A text is a line `Key = text`; `{name}` is put in when it is said; English may have two forms,
//! `{n} message | {n} messages`, for one and for more. A new topic is a new file, in both languages.
//!
//! In a component or a page, on the server and in the browser:
//!
//! ```ignore
//! let w = words();                                      // once; it is Copy: closures take it along
//! view! { <button aria-label=w.say(Word::Send)>{w.say(Word::Send)}</button> }
//! live(move || w.with(Word::SayTo, &[state.place.get().name()]))       // "Say something to {name}"
//! w.count(Word::NewMessages, 3)                                        // "3 new messages"
//! ```
//!
//! Refusing, on the server, in the code that both share, and in the browser:
//!
//! ```ignore
//! return Err(Refusal::invalid("name", Word::NameTaken));
//! return Err(Refusal::too_long("name", Word::NameTooLong.of(&[&most])));
//! view! { <p role="alert">{w.refusal(&refusal)}</p> }   // in the reader's language
//! ```
//!
//! The order of what is put in is that of the English text (`n` first where there are two forms).
//! The server finds the language in the context of what it renders (`pages::document`); the browser
//! has one, which it loaded beside the program ([`speak`]).

mod language;

pub use language::Lang;

use crate::protocol::refusal::{Reason, Refusal, Why};
use std::fmt::Display;
#[cfg(not(feature = "ssr"))]
use std::sync::OnceLock;

include!(concat!(env!("OUT_DIR"), "/words.rs"));

/// The texts of one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Words {
    #[cfg(feature = "ssr")]
    lang: Lang,
}

/// A text and what is put into it.
#[derive(Clone, Debug)]
pub struct Phrase {
    word: Word,
    args: Vec<String>,
}

/// The words of whoever looks: on the server from the context, English where there is none.
#[cfg(feature = "ssr")]
#[must_use]
pub fn words() -> Words {
    leptos::prelude::use_context().unwrap_or_default()
}

/// The words of whoever looks.
#[cfg(not(feature = "ssr"))]
#[must_use]
pub fn words() -> Words {
    Words {}
}

/// What the browser loaded: a line for each key, those of refusals with their names.
#[cfg(not(feature = "ssr"))]
static LOADED: OnceLock<Vec<&'static str>> = OnceLock::new();

/// Takes the texts that were loaded beside the program. Before it, everything is empty.
#[cfg(not(feature = "ssr"))]
pub fn speak(texts: String) {
    // They stay as long as the page does. A second call would change nothing.
    let _ = LOADED.set(texts.leak().lines().collect());
}

impl Words {
    /// Those of a language.
    #[cfg(feature = "ssr")]
    #[must_use]
    pub fn of(lang: Lang) -> Self {
        Self { lang }
    }

    /// Their language.
    #[cfg(feature = "ssr")]
    #[must_use]
    pub fn lang(self) -> Lang {
        self.lang
    }

    /// A text into which nothing is put.
    #[must_use]
    pub fn say(self, word: Word) -> &'static str {
        self.text(word as usize)
    }

    /// A text with this put into its places, in the order of the English one.
    #[must_use]
    pub fn with(self, word: Word, args: &[&str]) -> String {
        fill(self.say(word), args)
    }

    /// A text about a number, in the form that goes with it.
    #[must_use]
    pub fn count(self, word: Word, n: impl Into<i64>) -> String {
        self.with(word, &[&n.into().to_string()])
    }

    /// A refusal's reason, in the sentence that the server gave where it has no name for it.
    #[must_use]
    pub fn refusal(self, refusal: &Refusal) -> String {
        self.known(refusal.why.as_ref(), &refusal.message)
    }

    /// A sentence that has a name, or the text that came with it where it has none here.
    #[must_use]
    pub fn known(self, why: Option<&Why>, text: &str) -> String {
        let known = why.and_then(|why| {
            let text = self.named(&why.key)?;
            let args: Vec<&str> = why.args.iter().map(String::as_str).collect();
            Some(fill(text, &args))
        });
        known.unwrap_or_else(|| text.to_owned())
    }

    #[cfg(feature = "ssr")]
    fn text(self, key: usize) -> &'static str {
        TEXTS[self.lang as usize][key]
    }

    #[cfg(not(feature = "ssr"))]
    fn text(self, key: usize) -> &'static str {
        let line = LOADED.get().and_then(|lines| lines.get(key)).copied().unwrap_or_default();
        if key < LIVE { line } else { line.split_once('=').map_or(line, |(_, text)| text) }
    }

    /// The text of the refusal with this name.
    #[cfg(feature = "ssr")]
    fn named(self, name: &str) -> Option<&'static str> {
        (LIVE..TOLD).find(|key| NAMES[*key] == name).map(|key| self.text(key))
    }

    #[cfg(not(feature = "ssr"))]
    fn named(self, name: &str) -> Option<&'static str> {
        let refusals = LOADED.get()?.get(LIVE..TOLD)?;
        refusals.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
    }
}

impl Word {
    /// With something put in, in the order of the English text.
    #[must_use]
    pub fn of(self, args: &[&dyn Display]) -> Phrase {
        Phrase { word: self, args: args.iter().map(|arg| arg.to_string()).collect() }
    }
}

/// The message stays English, for programs.
#[cfg(feature = "ssr")]
impl From<Phrase> for Reason {
    fn from(Phrase { word, args }: Phrase) -> Self {
        let texts: Vec<&str> = args.iter().map(String::as_str).collect();
        let message = Words::of(Lang::En).with(word, &texts);
        let told = (LIVE..TOLD).contains(&(word as usize));
        let why = told.then(|| Why { key: NAMES[word as usize].to_owned(), args });
        Self { message, why }
    }
}

/// Nobody else is told what the browser refuses: the message is in its language.
#[cfg(not(feature = "ssr"))]
impl From<Phrase> for Reason {
    fn from(Phrase { word, args }: Phrase) -> Self {
        let texts: Vec<&str> = args.iter().map(String::as_str).collect();
        Self { message: words().with(word, &texts), why: None }
    }
}

impl From<Word> for Reason {
    fn from(word: Word) -> Self {
        Phrase { word, args: Vec::new() }.into()
    }
}

/// `{0}`, `{1}`… replaced; of two forms the first where the first of `args` is 1.
fn fill(text: &str, args: &[&str]) -> String {
    let text = match text.split_once('|') {
        Some((one, _)) if args.first() == Some(&"1") => one,
        Some((_, more)) => more,
        None => text,
    };
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    // The build saw to it that braces go in pairs around a number.
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (number, after) = after.split_once('}').unwrap_or((after, ""));
        filled.push_str(number.parse().ok().and_then(|n: usize| args.get(n)).unwrap_or(&""));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// The file that a browser loads for this language: what `tools/site.mjs` makes of the same sources.
#[cfg(feature = "ssr")]
#[must_use]
pub fn file(lang: Lang) -> String {
    let line = |key: usize| {
        let text = TEXTS[lang as usize][key];
        if key < LIVE { format!("{text}\n") } else { format!("{}={text}\n", NAMES[key]) }
    };
    (0..TOLD).map(line).collect()
}

#[cfg(all(test, feature = "ssr"))]
mod tests;
