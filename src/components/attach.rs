//! What is to go with the next message: the button that picks files, and those that were picked,
//! each with its way and the means to remove it. Pasting and dropping lead to the same.

use super::{
    attachment::size,
    icons::{self, icon},
    live::{click, live},
};
use crate::{
    client::{
        Act, HouseState,
        attach::{Item, Way},
    },
    words::{Word, words},
};
use leptos::{either::EitherOf3, prelude::*};

/// The id of the field that picks them.
pub const INPUT: &str = "attach";

/// For the plain form, where no program runs.
const PLAIN: &str = "<input class=\"plain-file\" type=\"file\" name=\"file\" multiple>";

/// The files above the composer.
pub fn attached(state: HouseState) -> impl IntoView {
    let w = words();
    let items = move || {
        let item = |it: &Item| item(it, state);
        state.files.with(|files| files.iter().map(item).collect_view())
    };
    let none = live(move || state.files.with(Vec::is_empty));
    view! {
        <ul class="attached" aria-label=w.say(Word::FilesToGo) hidden=none>{items}</ul>
    }
}

fn item(item: &Item, state: HouseState) -> impl IntoView + use<> {
    let w = words();
    let key = item.key;
    let remove = click(move || state.act.run(Act::Detach(key)));
    let how = match &item.way {
        Way::Here(_) => EitherOf3::A(size(item.bytes)),
        Way::Waits => EitherOf3::B(progress(0, &item.name)),
        Way::Goes(percent) => EitherOf3::B(progress(*percent, &item.name)),
        Way::Failed(refusal) => {
            let again = click(move || state.act.run(Act::AttachAgain(key)));
            EitherOf3::C(view! {
                <span class="why" role="alert">{w.refusal(refusal)}</span>
                <button class="link" type="button" on:click=again>{w.say(Word::FileAgain)}</button>
            })
        }
    };
    view! {
        <li>
            <bdi class="name" dir="auto">{item.name.clone()}</bdi>
            <span class="how">{how}</span>
            <button
                class="icon-button"
                type="button"
                aria-label=w.with(Word::FileRemove, &[&item.name])
                on:click=remove
            >
                {icon(icons::CLOSE)}
            </button>
        </li>
    }
}

fn progress(percent: u8, name: &str) -> impl IntoView + use<> {
    view! { <progress max="100" value=percent.to_string() aria-label=name.to_owned()></progress> }
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
