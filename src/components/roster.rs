//! Who is here. On narrow screens a drawer, as the side column is.

use super::{
    face, icons,
    live::live,
    tree::{Grown, Out, Tree},
};
use crate::{
    client::HouseState,
    protocol::{Target, frames::Online, sheets::Sheet, urls},
    words::{Word, words},
};
use leptos::prelude::*;
use std::sync::Arc;

/// The drawer's id.
pub const ID: &str = "people";
/// Where more than this are here, one may look for somebody.
const FIND_ABOVE: usize = 20;

fn so_many(online: &Online) -> bool {
    online.users.as_ref().is_some_and(|users| users.len() > FIND_ABOVE)
}

/// The column.
pub fn roster(state: HouseState) -> impl IntoView {
    let w = words();
    let me = state.fixed.with_value(|fixed| fixed.me.as_ref().map(|me| me.name.clone()));
    let visitor = me.is_none();
    let find = RwSignal::new(String::new());
    let people = Grown::new(move || {
        let faces = state.faces.get();
        let version = |name: &str| faces.get(name).map(String::as_str);
        let wanted = find.with(|find| find.trim().to_lowercase());
        state.online.with(|online| {
            let all = !so_many(online) || wanted.is_empty();
            let users = online.users.iter().flatten();
            users
                .filter(|name| all || name.to_lowercase().contains(&wanted))
                .map(|name| person(name, me.as_deref(), version(name), online.idle.contains(name)))
                .collect()
        })
    });
    let few = live(move || !state.online.with(so_many));
    let find_here = w.say(Word::FindHere);
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
                <input
                    class="find-here awake-only"
                    type="search"
                    autocomplete="off"
                    aria-label=find_here
                    placeholder=find_here
                    hidden=few
                    on:input=move |ev| find.set(event_target_value(&ev))
                />
                <section>
                    <ul inner_html=people></ul>
                    <p class="hint">{live(hint)}</p>
                </section>
            </div>
        </aside>
    }
}

/// One who is here. A link without an address is none: I cannot talk to myself, nor a visitor to
/// anyone.
fn person(name: &str, me: Option<&str>, version: Option<&str>, idle: bool) -> Arc<Tree> {
    let w = words();
    let mut out = Out::default();
    out.open("li", &[("class", if idle { "idle" } else { "" })]);
    out.open("a", &[]);
    if me.is_some_and(|me| me != name) {
        out.attribute("href", &urls::page(&Target::Person(name.to_owned())));
        out.attribute("data-go", "");
    }
    face::put(name, version, true, true, &mut out);
    out.leaf("bdi", &[("class", "name"), ("dir", "auto")], name);
    if me == Some(name) {
        out.leaf("span", &[("class", "you")], w.say(Word::You));
    }
    if idle {
        out.leaf("span", &[("class", "sr")], w.say(Word::Idle));
    }
    out.close();
    if me.is_some() {
        icons::more(&Sheet::Person(name.to_owned()), &mut out);
    }
    out.close();
    out.keyed(name)
}
