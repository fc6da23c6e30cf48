//! All emoji, to be looked for by name. The list is a file of its own, loaded when it is first wanted.

use super::tree::Out;
use crate::{
    client::letters::small,
    words::{Word, words},
};
use leptos::{prelude::*, task::spawn_local, wasm_bindgen::JsCast, web_sys::Response};
use std::cell::Cell;
use wasm_bindgen_futures::JsFuture;

/// The list: a line for each, the emoji, then its names, with spaces between.
const FILE: &str = "/emoji.txt";
/// Emoji beside each other, as in `style/61-message-acts.css`.
pub const ACROSS: i32 = 8;
/// So many are shown: one who does not find theirs among them types its name.
const MOST: usize = 240;

thread_local! {
    /// What was loaded, once it was.
    static LOADED: Cell<Option<&'static str>> = const { Cell::new(None) };
    /// Whether it is on its way.
    static LOADING: Cell<bool> = const { Cell::new(false) };
}

/// A field, and the emoji that it finds; `had`: whether there is a list, as far as one knows. What a
/// click on one does is for whoever shows it.
pub fn picker(query: &str, had: bool, given: &[String], out: &mut Out) {
    let w = words();
    let label = w.say(Word::FindEmoji);
    let field = [
        ("type", "search"),
        ("autocomplete", "off"),
        ("aria-label", label),
        ("placeholder", label),
    ];
    out.leaf("input", &field, "");
    let query = &*small(query.trim());
    let list = LOADED.get().unwrap_or_default();
    let lines = list.lines().filter_map(|line| line.split_once(' '));
    out.open("div", &[("class", "emoji")]);
    for (emoji, names) in lines.filter(|(_, names)| names.contains(query)).take(MOST) {
        out.open(
            "button",
            &[("type", "button"), ("data-react", emoji), ("aria-label", names), ("title", names)],
        );
        out.maybe("aria-pressed", given.iter().any(|it| it == emoji).then_some("true"));
        out.words(emoji);
        out.close();
    }
    out.close();
    let nothing = match had {
        false => w.say(Word::EmojiNotHad),
        true if !list.is_empty() && !list.contains(query) => w.say(Word::NoEmoji),
        true => "",
    };
    out.leaf("p", &[("class", "hint"), ("role", "status")], nothing);
}

/// The list, for whoever else offers emoji; where it is not here yet, it is loaded and `then` is
/// called.
pub fn list(then: impl FnOnce() + 'static) -> Option<&'static str> {
    if LOADED.get().is_none() && !LOADING.replace(true) {
        load(move |done| {
            LOADING.set(false);
            if done {
                then();
            }
        });
    }
    LOADED.get()
}

/// Loads the list, if it is not here yet; `then` hears whether it could be had.
pub fn load(then: impl FnOnce(bool) + 'static) {
    fn boxed(then: Box<dyn FnOnce(bool)>) {
        spawn_local(async move {
            if LOADED.get().is_none() {
                // It stays as long as the page does.
                LOADED.set(fetched(FILE).await.map(|text| &*text.leak()));
            }
            then(LOADED.get().is_some());
        });
    }
    boxed(Box::new(then));
}

/// The text at an address of this house.
pub async fn fetched(address: &str) -> Option<String> {
    let answer = JsFuture::from(window().fetch_with_str(address)).await.ok()?;
    let answer: Response = answer.dyn_into().ok()?;
    if !answer.ok() {
        return None;
    }
    JsFuture::from(answer.text().ok()?).await.ok()?.as_string()
}
