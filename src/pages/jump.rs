//! Jumping to a room or a person: a field and a list that follows it (`client::shell::jump`).

use super::{
    Shell,
    document::{Outside, outside},
};
use crate::{
    components::{
        face::mark,
        ids::{JUMP_FIELD, JUMP_LIST},
    },
    protocol::{Target, urls},
    words::{Word, Words, words},
};
use leptos::prelude::*;

/// Rooms and people whose names hold what was typed.
#[must_use]
pub fn jump(shell: &Shell, name: &str, places: Vec<(Target, bool)>) -> String {
    let title = Words::of(shell.lang).say(Word::JumpTo);
    outside(shell, Outside::new(title, "sheet-page"), || {
        let w = words();
        let nothing = places.is_empty();
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
        let first = (!nothing).then_some("jump-0");
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
            <p class="empty" role="status">{nothing.then(|| w.say(Word::JumpNothing))}</p>
            {shell.way_back()}
        }
    })
}
