//! What is to go with the next message: the button that picks files, and those that were picked,
//! each with its way and the means to remove it. Pasting and dropping lead to the same.

use super::{
    attachment::size,
    icons::{self, icon},
    live::live,
    tree::{Grown, Out},
};
use crate::{
    client::{
        HouseState,
        attach::{Item, Way},
    },
    words::{Word, words},
};
use leptos::prelude::*;

/// The id of the field that picks them.
pub const INPUT: &str = "attach";

/// On the button that removes a file: the file's key.
pub const DETACH: &str = "data-detach";
/// On the button that sends one again: likewise.
pub const AGAIN: &str = "data-again";

/// For the plain form, where no program runs.
const PLAIN: &str = "<input class=\"plain-file\" type=\"file\" name=\"file\" multiple>";

/// The files above the composer.
pub fn attached(state: HouseState) -> impl IntoView {
    let items = Grown::new(move || {
        let mut out = Out::default();
        state.files.with(|files| files.iter().for_each(|it| item(it, &mut out)));
        out.trees()
    });
    let none = live(move || state.files.with(Vec::is_empty));
    let label = words().say(Word::FilesToGo);
    view! { <ul class="attached" aria-label=label hidden=none inner_html=items></ul> }
}

fn item(item: &Item, out: &mut Out) {
    let w = words();
    let key = &*item.key.to_string();
    out.open("li", &[]);
    out.leaf("bdi", &[("class", "name"), ("dir", "auto")], &item.name);
    out.open("span", &[("class", "how")]);
    match &item.way {
        Way::Here(_) => out.words(&size(item.bytes)),
        Way::Waits => progress(0, &item.name, out),
        Way::Goes(percent) => progress(*percent, &item.name, out),
        Way::Failed(refusal) => {
            out.leaf("span", &[("class", "why"), ("role", "alert")], &w.refusal(refusal));
            let again = [("class", "link"), ("type", "button"), (AGAIN, key)];
            out.leaf("button", &again, w.say(Word::FileAgain));
        }
    }
    out.close();
    let label = &*w.with(Word::FileRemove, &[&item.name]);
    out.open(
        "button",
        &[("class", "icon-button"), ("type", "button"), ("aria-label", label), (DETACH, key)],
    );
    icons::put(icons::CLOSE, out);
    out.close();
    out.close();
}

fn progress(percent: u8, name: &str, out: &mut Out) {
    let value = &*percent.to_string();
    out.leaf("progress", &[("max", "100"), ("value", value), ("aria-label", name)], "");
}

/// The button that picks files; where no program runs, the plain field.
pub fn button() -> impl IntoView {
    let w = words();
    view! {
        <label class="icon-button attach awake-only" title=w.say(Word::AttachFiles)>
            <input id=INPUT class="sr" type="file" multiple=true aria-label=w.say(Word::AttachFiles)/>
            {icon(icons::CLIP)}
        </label>
        <noscript inner_html=PLAIN></noscript>
    }
}
