//! Who is here. On narrow screens a drawer, as the side column is.

use super::{face::pictured, icons, live::live};
use crate::{
    client::HouseState,
    protocol::{Target, urls},
    words::{Word, words},
};
use leptos::prelude::*;

/// The drawer's id.
pub const ID: &str = "people";

/// The column.
pub fn roster(state: HouseState) -> impl IntoView {
    let w = words();
    let me = state.fixed.with_value(|fixed| fixed.me.as_ref().map(|me| me.name.clone()));
    let visitor = me.is_none();
    let people = move || {
        let faces = state.faces.get();
        let version = |name: &str| faces.get(name).map(String::as_str);
        let person = |name: &String| person(name, me.as_deref(), version(name));
        state.online.with(|online| online.users.iter().flatten().map(person).collect_view())
    };
    let hint = move || {
        let private = matches!(state.place.get(), Target::Person(_));
        let hint = state.online.with(|online| match (&online.users, online.count, visitor) {
            (None, 1.., _) => Word::ManyHere,
            (_, 0, _) => Word::YourLight,
            _ if private => Word::TwoOfYou,
            (_, 1, false) => Word::OnlyYou,
            (_, _, false) => Word::ChooseSomeone,
            (_, _, true) => Word::LogInToPrivate,
        });
        w.say(hint)
    };
    let count =
        move || w.count(Word::HereNowCount, state.online.with(|online| online.count as i64));
    view! {
        <aside class="side people" id=ID popover="auto" aria-label=w.say(Word::HerePeople)>
            <div class="side-top">
                <h2>{live(count)}</h2>
                {icons::close_drawer(ID)}
            </div>
            <div class="side-lists">
                <section>
                    <ul>{people}</ul>
                    <p class="hint">{live(hint)}</p>
                </section>
            </div>
        </aside>
    }
}

/// One who is here. A link without an address is none: I cannot talk to myself, nor a visitor to
/// anyone.
fn person(name: &str, me: Option<&str>, version: Option<&str>) -> impl IntoView + use<> {
    let other = me.is_some_and(|me| me != name);
    let page = other.then(|| urls::page(&Target::Person(name.to_owned())));
    view! {
        <li>
            <a href=page data-go=other.then_some("")>
                {pictured(name, version, true, true)}
                <bdi class="name" dir="auto">{name.to_owned()}</bdi>
                {(me == Some(name)).then(|| view! { <span class="you">{words().say(Word::You)}</span> })}
            </a>
        </li>
    }
}
