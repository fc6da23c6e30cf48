//! A room's or a conversation's page: rooms and people, the log, who is here.

use super::{
    attach, awake,
    bell::bell,
    composer::composer,
    face, icons,
    live::{effect, live},
    message,
    panel::plain_click,
    roster::{self, roster},
    side::{self, side},
    status_line,
    timeline::timeline,
    told::{self, told},
    tree::{Grown, Out},
};
use crate::{
    client::{Act, HouseState, presence, signal::Signal},
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
                {told(state)}
                {timeline(state)}
                {composer(state)}
            </main>
            {roster(state)}
        </div>
    }
}

fn header(state: HouseState) -> impl IntoView {
    let inside = Grown::told(move |out| state.place.with(|place| titles(state, place, out)));
    view! { <header class="place" inner_html=inside></header> }
}

fn titles(state: HouseState, place: &Target, out: &mut Out) {
    let w = words();
    let name = place.name();
    let (count, here, known) = state.online.with(|online| {
        let here = online.users.iter().flatten().any(|user| user == name);
        (online.count, here, !presence::is_unknown(online))
    });
    let (lit, how) = match place {
        _ if !known => (false, String::new()),
        Target::Person(_) => {
            let how = if here { Word::HereNow } else { Word::Away };
            (here, w.say(how).to_owned())
        }
        _ => {
            let how = match count {
                0 => w.say(Word::NobodyHere).to_owned(),
                count => w.count(Word::CountHere, count as i64),
            };
            (count > 0, how)
        }
    };
    drawer("rooms-button", Word::Rooms, side::ID, icons::ROOMS, out);
    state.faces.with(|faces| face::put_mark(place, faces.get(name).map(String::as_str), lit, out));
    out.open("div", &[("class", "titles")]);
    out.open("h1", &[]);
    out.leaf("bdi", &[("dir", "auto")], name);
    out.close();
    state.about.with(|about| {
        let topic = &*about.topic;
        out.open("p", &[("class", "topic"), ("dir", "auto"), ("title", topic)]);
        out.hidden(topic.is_empty());
        out.words(topic);
        out.close();
        out.close();
        out.leaf("span", &[("class", "about")], &how);
        out.open(
            "button",
            &[("class", "button join"), ("form", JOIN), ("name", "room"), ("value", name)],
        );
        out.hidden(state.side.with(|side| !side.outside));
        out.words(w.say(Word::JoinRoom));
        out.close();
        pins(place, &about.pins, out);
    });
    let about = Sheet::about(place).address();
    icons::way("icon-button about-button", &about, Word::AboutIt, icons::ABOUT, out);
    if state.fixed.with_value(|fixed| fixed.me.is_some()) {
        bell(state.side.with(|side| side.notices.len()), out);
    }
    drawer("people-button", Word::People, roster::ID, icons::PEOPLE, out);
}

/// The button that opens a drawer.
fn drawer(class: &str, word: Word, id: &str, path: &str, out: &mut Out) {
    out.open(
        "button",
        &[
            ("class", &["icon-button ", class].concat()),
            ("type", "button"),
            ("aria-label", words().say(word)),
            ("popovertarget", id),
        ],
    );
    icons::put(path, out);
    out.close();
}

/// How much is pinned, and the way there: the page about the room, and in a conversation, which has
/// none, what was pinned last.
fn pins(place: &Target, pins: &[String], out: &mut Out) {
    let (page, by) = match place {
        Target::Room(name) => (urls::about(name), "data-panel"),
        place => {
            let last = pins.last().map(String::as_str).unwrap_or_default();
            (urls::message(place, last), "data-go")
        }
    };
    let label = &*words().count(Word::PinnedCount, pins.len() as i64);
    out.open("a", &[("class", "pins"), ("href", &page), (by, "")]);
    out.hidden(pins.is_empty());
    out.attribute("aria-label", label);
    out.attribute("title", label);
    icons::put(icons::PIN, out);
    out.leaf("b", &[], &pins.len().to_string());
    out.close();
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
    } else if let Some(id) = value(told::PUT_AWAY) {
        Act::PutAway(id)
    } else if value(status_line::TRY_NOW).is_some() {
        Act::ConnectNow
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
    if let Some(id) = link.get_attribute(told::PUT_AWAY) {
        state.act.run(Act::PutAway(id));
    }
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
