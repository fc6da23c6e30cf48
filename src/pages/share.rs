//! What another program on the device shares with the house: its text, and the places to say it in. A
//! form that asks and makes nothing; what it chooses opens with the text in its composer.

use super::{
    Shell,
    document::{Outside, outside},
};
use crate::{
    components::{composer::escape, facade::facade, face::mark},
    protocol::{Target, urls},
    words::{Word, Words, words},
};
use leptos::prelude::*;

/// The text, and the places whose names hold what was typed; mine, where nothing was.
#[must_use]
pub fn share(shell: &Shell, text: &str, name: &str, places: Vec<(Target, bool)>) -> String {
    let title = Words::of(shell.lang).say(Word::ShareTitle);
    outside(shell, Outside::new(title, "sheet-page share-page"), || {
        let w = words();
        let none = places.is_empty().then(|| {
            view! { <div class="empty">{facade(0)}<p>{w.say(Word::JumpNothing)}</p></div> }
        });
        let place = |(to, lit): (Target, bool)| {
            view! {
                <li>
                    <button name="to" value=to.to_string()>
                        {mark(&to, None, lit)}
                        <bdi class="name" dir="auto">{to.name().to_owned()}</bdi>
                    </button>
                </li>
            }
        };
        view! {
            <h1>{title}</h1>
            <form class="stack" method="get" action=urls::SHARE>
                <div class="field">
                    <label for="share-text">{w.say(Word::ShareText)}</label>
                    <textarea id="share-text" name="text" rows="4" dir="auto" inner_html=escape(text)></textarea>
                </div>
                <div class="share-find">
                    <input
                        type="search"
                        name="name"
                        dir="auto"
                        autocomplete="off"
                        aria-label=w.say(Word::JumpField)
                        placeholder=w.say(Word::JumpField)
                        value=name.to_owned()
                    />
                    // The first of the form: what Enter presses.
                    <button class="button quiet">{w.say(Word::ShareFind)}</button>
                </div>
                <fieldset class="share-list">
                    <legend>{w.say(Word::ShareWhere)}</legend>
                    <ul>{places.into_iter().map(place).collect_view()}</ul>
                    {none}
                </fieldset>
            </form>
            {shell.way_back()}
        }
    })
}
