//! Where nothing is: a room that does not exist yet, an address that leads nowhere, a failure.

use super::{
    Returned, Shell,
    document::{Outside, outside},
};
use crate::{
    components::{facade::facade, notice},
    protocol::{Refusal, Target, urls},
    words::{Word, Words, words},
};
use leptos::prelude::*;

/// A dark house, what is the matter, and a way on.
fn dark<V: IntoView + 'static>(
    shell: &Shell,
    title: String,
    heading: impl IntoView + 'static,
    inside: impl FnOnce() -> V,
) -> String {
    outside(shell, Outside::new(title, "empty"), || {
        view! { {facade(0)} <h1>{heading}</h1> {inside()} {shell.way_back()} }
    })
}

/// A sentence around a name that somebody made: which may be written in the other direction.
fn around(word: Word, name: String) -> impl IntoView {
    let (before, after) = words().say(word).split_once("{0}").unwrap_or_default();
    view! { {before} <bdi dir="auto">{name}</bdi> {after} }
}

/// A room that does not exist: with a button that makes it, or an offer to log in.
#[must_use]
pub fn no_room(shell: &Shell, name: &str, returned: Option<Returned>) -> String {
    let title = Words::of(shell.lang).with(Word::NoRoomYet, &[name]);
    let shown = name.to_owned();
    let heading = move || around(Word::NoRoomYet, shown.clone());
    dark(shell, title, heading, || {
        let refused = returned.map(|returned| notice::refused(&returned.refusal));
        let way_on = if shell.me.is_some() {
            view! {
                <form method="post" action="/api/enter_room">
                    <input type="hidden" name="page" value=shell.path.clone()/>
                    <input type="hidden" name="name" value=name.to_owned()/>
                    <button class="button">{words().say(Word::OpenThisRoom)}</button>
                </form>
            }
            .into_any()
        } else {
            let next = urls::page(&Target::Room(name.to_owned()));
            view! {
                <p><a class="button" href=urls::log_in_and_return(&next)>{words().say(Word::LogInToOpen)}</a></p>
            }
            .into_any()
        };
        view! { {refused} {way_on} }
    })
}

/// Nothing is at this address, or nothing for you.
#[must_use]
pub fn no_page(shell: &Shell) -> String {
    let title = Words::of(shell.lang).say(Word::NothingHere);
    dark(shell, title.to_owned(), title, || {
        view! { <p>{words().say(Word::LeadsNowhere)}</p> }
    })
}

/// Something was refused or failed, in plain words, with a way on.
#[must_use]
pub fn trouble(shell: &Shell, refusal: &Refusal) -> String {
    let title = if refusal.temporary { Word::NotNow } else { Word::DidNotWork };
    let title = Words::of(shell.lang).say(title);
    dark(shell, title.to_owned(), title, || notice::refused(refusal))
}
