//! A room's or a conversation's page: rooms and people, the log, who is here.

use super::{
    attach, awake,
    composer::composer,
    face::mark,
    icons::{self, icon},
    live::{effect, live},
    message,
    panel::plain_click,
    roster::{self, roster},
    side::{self, side},
    timeline::timeline,
};
use crate::{
    client::{Act, HouseState, signal::Signal},
    protocol::{Target, sheets::Sheet, urls},
    words::{Word, words},
};
use leptos::{
    ev,
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, HtmlElement},
};

/// The plain form that joins the room whose page it is. It stands beside what the program takes over: all
/// that changes about it is the button's.
pub const JOIN: &str = "join";

/// The whole of `<div id="house">`, on the server and in the browser.
#[component]
pub fn HouseView(
    /// What it shows.
    state: HouseState,
) -> impl IntoView {
    // What only works with the program running is shown once it does.
    let awake = Signal::new(false);
    effect(move || {
        awake.set(true);
        awake::tell();
    });
    view! {
        <div class="house" class:awake=live(move || awake.get()) on:click=move |ev| follow(&ev, state)>
            {side(state)}
            <main class="room">
                {header(state)}
                {timeline(state)}
                {composer(state)}
            </main>
            {roster(state)}
        </div>
    }
}

fn header(state: HouseState) -> impl IntoView {
    let w = words();
    let mark = move || {
        state.place.with(|place| {
            let lit = match place {
                Target::Person(name) => here(state, name),
                _ => state.online.with(|online| online.count > 0),
            };
            state.faces.with(|faces| mark(place, faces.get(place.name()).map(String::as_str), lit))
        })
    };
    let about = move || match state.place.get() {
        Target::Person(name) if here(state, &name) => w.say(Word::HereNow).to_owned(),
        Target::Person(_) => w.say(Word::Away).to_owned(),
        _ => match state.online.with(|online| online.count) {
            0 => w.say(Word::NobodyHere).to_owned(),
            count => w.count(Word::CountHere, count as i64),
        },
    };
    let topic = move || state.about.with(|about| about.topic.clone());
    let no_topic = move || state.about.with(|about| about.topic.is_empty());
    let sheet = move || match state.place.get() {
        Target::Person(name) => Sheet::Person(name).address(),
        to => Sheet::About(to.name().to_owned()).address(),
    };
    let about_it = words().say(Word::AboutIt);
    let name = move || state.place.get().name().to_owned();
    let inside = move || state.side.with(|side| !side.outside);
    view! {
        <header class="place">
            <button class="icon-button rooms-button" type="button" aria-label=w.say(Word::Rooms) popovertarget=side::ID>
                {icon(icons::ROOMS)}
            </button>
            {mark}
            <div class="titles">
                <h1><bdi dir="auto">{live(name)}</bdi></h1>
                <p class="topic" dir="auto" title=live(topic) hidden=live(no_topic)>{live(topic)}</p>
            </div>
            <span class="about">{live(about)}</span>
            <button class="button join" form=JOIN name="room" value=live(name) hidden=live(inside)>
                {w.say(Word::JoinRoom)}
            </button>
            {pins(state)}
            <a class="icon-button about-button" href=live(sheet) data-panel="" aria-label=about_it title=about_it>
                {icon(icons::ABOUT)}
            </a>
            <button class="icon-button people-button" type="button" aria-label=w.say(Word::People) popovertarget=roster::ID>
                {icon(icons::PEOPLE)}
            </button>
        </header>
    }
}

/// How much is pinned, and the way there: the page about the room, and in a conversation, which has
/// none, what was pinned last.
fn pins(state: HouseState) -> impl IntoView {
    let w = words();
    let count = move || state.about.with(|about| about.pins.len());
    let page = move || match state.place.get() {
        Target::Room(name) => urls::about(&name),
        place => {
            let last = state.about.with(|about| about.pins.last().cloned());
            urls::message(&place, &last.unwrap_or_default())
        }
    };
    let in_room = move || state.place.with(|place| matches!(place, Target::Room(_)));
    let label = move || w.count(Word::PinnedCount, count() as i64);
    view! {
        <a
            class="pins"
            href=live(page)
            data-panel=live(move || in_room().then_some(""))
            data-go=live(move || (!in_room()).then_some(""))
            hidden=live(move || count() == 0)
            aria-label=live(label)
            title=live(label)
        >
            {icon(icons::PIN)}
            <b>{live(move || count().to_string())}</b>
        </a>
    }
}

fn here(state: HouseState, name: &str) -> bool {
    state.online.with(|online| online.users.iter().flatten().any(|user| user == name))
}

/// What a button does that stands among plain elements: those have no listeners of their own.
fn pressed(button: &Element, state: HouseState) {
    let value = |name| button.get_attribute(name);
    let file = |name| value(name).and_then(|key| key.parse().ok());
    let act = if let Some(key) = value(message::RETRY) {
        Act::Retry(key)
    } else if let Some(key) = value(message::DISCARD) {
        Act::Discard(key)
    } else if let Some(key) = file(attach::DETACH) {
        Act::Detach(key)
    } else if let Some(key) = file(attach::AGAIN) {
        Act::AttachAgain(key)
    } else {
        return;
    };
    state.act.run(act);
}

/// Goes to another place or to a message without leaving the page, on a plain click on a link to one,
/// wherever it stands. Every other click is the browser's.
fn follow(ev: &ev::MouseEvent, state: HouseState) {
    #[cfg(feature = "hydrate")]
    if let Some(button) = plain_click(ev, super::text::COPIES) {
        super::text::copy(&button);
    }
    if let Some(button) = plain_click(ev, "button") {
        return pressed(&button, state);
    }
    let Some(link) = plain_click(ev, "a[href]") else { return };
    let Some(href) = link.get_attribute("href") else { return };
    // As people paste it, with this very house before it.
    let origin = window().location().origin().unwrap_or_default();
    let address = href.strip_prefix(&origin).unwrap_or(&href);
    let Some((to, id)) = urls::place(address) else { return };
    ev.prevent_default();
    if let Ok(Some(drawer)) = link.closest("[popover]")
        && let Ok(drawer) = drawer.dyn_into::<HtmlElement>()
    {
        // Refused where it is a column and not a drawer: then there is nothing to close.
        let _ = drawer.hide_popover();
    }
    state.act.run(match id {
        Some(id) => Act::Jump { to, id },
        None => Act::Go(to),
    });
}
