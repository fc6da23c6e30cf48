//! All emoji, to be looked for by name. The list is a file of its own, loaded when it is first wanted.

use crate::{
    client::house::Choices,
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

/// A field, and the emoji that it finds. What a click on one does is for whoever shows it.
pub fn picker(choices: RwSignal<Option<Choices>>) -> impl IntoView {
    let w = words();
    let (query, list) = (RwSignal::new(String::new()), RwSignal::new(LOADED.get()));
    let failed = RwSignal::new(false);
    if LOADED.get().is_none() {
        spawn_local(async move {
            match load(FILE).await {
                Some(text) => {
                    // It stays as long as the page does.
                    LOADED.set(Some(text.leak()));
                    // The menu may have been closed meanwhile.
                    list.try_set(LOADED.get());
                }
                None => {
                    failed.try_set(true);
                }
            }
        });
    }
    let found = move || {
        let query = query.get().trim().to_lowercase();
        let given = choices.get().map(|it| it.given).unwrap_or_default();
        let lines = list.get().unwrap_or_default().lines();
        let lines = lines.filter_map(|line| line.split_once(' '));
        lines
            .filter(|(_, names)| names.contains(&*query))
            .take(MOST)
            .map(|(emoji, names)| {
                let pressed = given.iter().any(|given| given == emoji).then_some("true");
                view! {
                    <button type="button" data-react=emoji aria-label=names title=names aria-pressed=pressed>
                        {emoji}
                    </button>
                }
            })
            .collect::<Vec<_>>()
    };
    let nothing = move || {
        let named = |query: &str| list.get().is_none_or(|list| list.contains(query));
        match failed.get() {
            true => w.say(Word::EmojiNotHad),
            false if !named(query.get().trim().to_lowercase().as_str()) => w.say(Word::NoEmoji),
            false => "",
        }
    };
    let label = w.say(Word::FindEmoji);
    view! {
        <input
            type="search"
            autocomplete="off"
            aria-label=label
            placeholder=label
            on:input=move |ev| query.set(event_target_value(&ev))
        />
        <div class="emoji">{found}</div>
        <p class="hint" role="status">{nothing}</p>
    }
}

/// The list, for whoever else offers emoji; where it is not here yet, it is loaded and `then` is
/// called.
pub fn list(then: impl FnOnce() + 'static) -> Option<&'static str> {
    if LOADED.get().is_none() && !LOADING.replace(true) {
        spawn_local(async move {
            if let Some(text) = load(FILE).await {
                // It stays as long as the page does.
                LOADED.set(Some(text.leak()));
                then();
            }
            LOADING.set(false);
        });
    }
    LOADED.get()
}

/// The text at an address of this house.
pub async fn load(address: &str) -> Option<String> {
    let answer = JsFuture::from(window().fetch_with_str(address)).await.ok()?;
    let answer: Response = answer.dyn_into().ok()?;
    if !answer.ok() {
        return None;
    }
    JsFuture::from(answer.text().ok()?).await.ok()?.as_string()
}
