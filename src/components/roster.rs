//! Who is here. On narrow screens a drawer, as the side column is.

use super::{
    face,
    icons::{self, more},
    tree::{Grown, Out},
};
use crate::{
    client::{HouseState, letters::small, presence, signal::Signal},
    protocol::{Target, frames::Online, sheets::Sheet, urls},
    words::{Word, words},
};
use leptos::prelude::*;

/// The drawer's id.
pub const ID: &str = "people";
/// Where more than this are here, one may look for somebody.
const FIND_ABOVE: usize = 20;

/// The column.
pub fn roster(state: HouseState) -> impl IntoView {
    let find = Signal::new(String::new());
    let inside = Grown::told(move |out| {
        state.online.with(|online| find.with(|find| column(state, online, find, out)));
    });
    view! {
        <aside
            class="side people"
            id=ID
            popover="auto"
            aria-label=words().say(Word::HerePeople)
            on:input=move |ev| find.set(event_target_value(&ev))
            inner_html=inside
        ></aside>
    }
}

fn column(state: HouseState, online: &Online, find: &str, out: &mut Out) {
    let w = words();
    let me = state.fixed.with_value(|fixed| fixed.me.as_ref().map(|me| me.name.clone()));
    let users = online.users.as_deref().unwrap_or_default();
    let many = users.len() > FIND_ABOVE;
    out.open("div", &[("class", "side-top")]);
    let unknown = presence::is_unknown(online);
    let heading = match unknown {
        true => w.say(Word::HerePeople).to_owned(),
        false => w.count(Word::HereNowCount, online.count as i64),
    };
    out.leaf("h2", &[], &heading);
    icons::close_drawer(ID, out);
    out.close();
    out.open("div", &[("class", "side-lists")]);
    let find_here = w.say(Word::FindHere);
    out.open(
        "input",
        &[
            ("class", "find-here awake-only"),
            ("type", "search"),
            ("autocomplete", "off"),
            ("aria-label", find_here),
            ("placeholder", find_here),
        ],
    );
    out.hidden(!many);
    out.close();
    out.open("section", &[]);
    out.open("ul", &[]);
    let wanted = if many { small(find.trim()) } else { String::new() };
    state.faces.with(|faces| {
        for name in users.iter().filter(|name| wanted.is_empty() || small(name).contains(&wanted)) {
            let version = faces.get(name).map(String::as_str);
            person(name, me.as_deref(), version, online.idle.contains(name), out);
        }
    });
    out.close();
    let private = state.place.with(|place| matches!(place, Target::Person(_)));
    let hint = match (&online.users, online.count, me.is_none()) {
        _ if unknown => Word::HereUnknown,
        (None, 1.., _) => Word::ManyHere,
        (_, 0, _) => Word::YourLight,
        _ if private => Word::TwoOfYou,
        (_, 1, false) => Word::OnlyYou,
        (_, _, false) => Word::ChooseSomeone,
        (_, _, true) => Word::LogInToPrivate,
    };
    out.leaf("p", &[("class", "hint")], w.say(hint));
    out.close();
    out.close();
}

/// One who is here. A link without an address is none: I cannot talk to myself, nor a visitor to
/// anyone.
fn person(name: &str, me: Option<&str>, version: Option<&str>, idle: bool, out: &mut Out) {
    let w = words();
    out.open("li", &[("class", if idle { "idle" } else { "" })]);
    out.key(name);
    out.open("a", &[]);
    if me.is_some_and(|me| me != name) {
        out.attribute("href", &urls::page(&Target::Person(name.to_owned())));
        out.attribute("data-go", "");
    }
    face::put(name, version, true, true, out);
    out.leaf("bdi", &[("class", "name"), ("dir", "auto")], name);
    if me == Some(name) {
        out.leaf("span", &[("class", "you")], w.say(Word::You));
    }
    if idle {
        out.leaf("span", &[("class", "sr")], w.say(Word::Idle));
    }
    out.close();
    if me.is_some() {
        more(&Sheet::Person(name.to_owned()), out);
    }
    out.close();
}
