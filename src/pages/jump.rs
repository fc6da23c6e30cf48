//! Jumping to a room or a person: a field and a list that follows it (`client::shell::jump`).

use super::{
    Shell,
    document::{Outside, outside},
};
use crate::{
    components::{
        face::mark,
        ids::{JUMP_FIELD, JUMP_FRAME, JUMP_LIST, JUMP_SAYS},
    },
    protocol::{Target, urls},
    words::{Word, Words, words},
};
use leptos::prelude::*;

/// What the page is called, and its content's class.
const PAGE: (Word, &str) = (Word::JumpTo, "sheet-page");

/// Rooms and people whose names hold what was typed.
#[must_use]
pub fn jump(shell: &Shell, name: &str, places: Vec<(Target, bool)>) -> String {
    let (title, class) = PAGE;
    outside(shell, Outside::new(Words::of(shell.lang).say(title), class), || {
        let nothing = places.is_empty().then(|| words().say(Word::JumpNothing));
        view! {
            {content(name, places, nothing)}
            {shell.way_back()}
        }
    })
}

/// The same without any places, held ready in each page that has the program: so it opens at once.
pub fn frame() -> impl IntoView {
    view! {
        <template id=JUMP_FRAME>
            <div class=PAGE.1>{content("", Vec::new(), None)}</div>
        </template>
    }
}

fn content(
    name: &str,
    places: Vec<(Target, bool)>,
    said: Option<&'static str>,
) -> impl IntoView + use<> {
    let w = words();
    let title = w.say(PAGE.0);
    let first = (!places.is_empty()).then_some("jump-0");
    let option = |(at, (to, lit)): (usize, (Target, bool))| {
        view! {
            <li role="presentation">
                <a id=format!("jump-{at}") role="option" href=urls::page(&to) tabindex="-1" aria-selected=(at == 0).to_string()>
                    {mark(&to, None, lit)}
                    <bdi class="name" dir="auto">{to.name().to_owned()}</bdi>
                </a>
            </li>
        }
    };
    view! {
        <h1>{title}</h1>
        <form class="jump" method="get" action=urls::JUMP>
            <input
                id=JUMP_FIELD
                name="name"
                type="text"
                dir="auto"
                role="combobox"
                autofocus=true
                autocomplete="off"
                spellcheck="false"
                aria-label=w.say(Word::JumpField)
                placeholder=w.say(Word::JumpField)
                aria-controls=JUMP_LIST
                aria-expanded="true"
                aria-autocomplete="list"
                aria-activedescendant=first
                value=name.to_owned()
            />
        </form>
        <ul class="jump-list" id=JUMP_LIST role="listbox" aria-label=title>
            {places.into_iter().enumerate().map(option).collect_view()}
        </ul>
        <p
            class="empty"
            id=JUMP_SAYS
            role="status"
            data-nothing=w.say(Word::JumpNothing)
            data-alone=w.say(Word::JumpAlone)
        >
            {said}
        </p>
    }
}
