//! The side column: rooms and people I talk to, what is unread there, and my account. On narrow
//! screens it is a drawer (a popover: it opens and closes without a script, and Esc closes it).

use super::{
    face,
    icons::{self, more},
    ids,
    tree::{Grown, Out},
    window, words as dates,
};
use crate::{
    client::HouseState,
    protocol::{
        Target,
        people::Level,
        sheets::Sheet,
        urls,
        views::{Line, Me},
    },
    words::{Word, words},
};
use leptos::prelude::*;

/// The drawer's id, for the buttons that open it.
pub const ID: &str = "rooms";

/// The column.
pub fn side(state: HouseState) -> impl IntoView {
    let inside = Grown::told(move |out| column(state, out));
    let label = words().say(Word::RoomsAndPeople);
    view! { <nav class="side" id=ID popover="auto" aria-label=label inner_html=inside></nav> }
}

fn column(state: HouseState, out: &mut Out) {
    let w = words();
    let me = state.fixed.with_value(|fixed| fixed.me.clone());
    out.open("div", &[("class", "side-top")]);
    out.open("a", &[("class", "logo"), ("href", urls::INDEX)]);
    window::put(true, true, out);
    out.leaf("b", &[], "Roomful");
    out.close();
    find(out);
    icons::close_drawer(ID, out);
    out.close();
    out.open("div", &[("class", "side-lists")]);
    state.side.with(|side| {
        out.open("section", &[]);
        out.leaf("h2", &[], w.say(Word::Rooms));
        lines(state, &side.rooms, me.is_some(), out);
        out.leaf("p", &[("class", "hint")], w.say(Word::NoRoomsYet));
        out.leaf("a", &[("class", "all"), ("href", urls::INDEX)], w.say(Word::AllRooms));
        if me.is_some() {
            way("all", &Sheet::NewRoom.address(), Word::OpenARoom, out);
        }
        out.close();
        if me.is_some() {
            out.open("section", &[]);
            out.leaf("h2", &[], w.say(Word::People));
            lines(state, &side.people, true, out);
            out.leaf("p", &[("class", "hint")], w.say(Word::NoPeopleYet));
            way("all", &Sheet::People.address(), Word::Everybody, out);
            out.close();
        }
    });
    out.close();
    out.open("p", &[("class", "side-links")]);
    way("link", urls::SETTINGS, Word::Settings, out);
    way("link", urls::HELP, Word::Shortcuts, out);
    out.close();
    if let Some(me) = me {
        mine(&me, state, out);
    }
}

/// The way to a page that opens as a panel.
fn way(class: &str, address: &str, word: Word, out: &mut Out) {
    let link = [("class", class), ("href", address), ("data-panel", "")];
    out.leaf("a", &link, words().say(word));
}

/// The way to the search.
pub fn find(out: &mut Out) {
    icons::way("icon-button find", urls::SEARCH, Word::Search, icons::FIND, out);
}

fn lines(state: HouseState, lines: &[Line], member: bool, out: &mut Out) {
    out.open("ul", &[]);
    state.place.with(|place| {
        state.faces.with(|faces| {
            for known in lines {
                let version = faces.get(known.to.name()).map(String::as_str);
                line(known, version, known.to == *place, member, out);
            }
        });
    });
    out.close();
}

fn line(known: &Line, version: Option<&str>, current: bool, member: bool, out: &mut Out) {
    let w = words();
    let name = known.to.name();
    let lit = known.online > 0;
    let muted = known.level == Level::Nothing;
    let class = match (muted, known.waiting()) {
        (true, _) => "muted",
        (_, 1..) => "unread",
        _ => "",
    };
    out.open("li", &[("class", class)]);
    out.key(&known.to.to_string());
    out.open("a", &[("href", &urls::page(&known.to)), ("data-go", "")]);
    out.maybe("aria-current", current.then_some("page"));
    face::put_mark(&known.to, version, lit, out);
    out.leaf("bdi", &[("class", "name"), ("dir", "auto")], name);
    if lit && matches!(known.to, Target::Person(_)) {
        unseen(w.say(Word::HereNow), out);
    }
    if muted {
        out.open("span", &[("class", "sign")]);
        icons::put(icons::MUTED, out);
        unseen(w.say(Word::Muted), out);
        out.close();
    }
    // Of a room that tells of mentions alone only they are counted.
    let told = matches!((known.level, &known.to), (Level::All, _) | (_, Target::Person(_)));
    let mentions = if muted { 0 } else { known.mentions };
    count(mentions, "count mentions", "@", Word::OfYou, out);
    count(if told { known.waiting() } else { 0 }, "count", "", Word::Unread, out);
    out.close();
    if member {
        more(&Sheet::about(&known.to), out);
    }
    out.close();
}

/// What only screen readers say.
fn unseen(words: &str, out: &mut Out) {
    out.leaf("span", &[("class", "sr")], words);
}

fn count(count: i64, class: &str, before: &str, word: Word, out: &mut Out) {
    if count > 0 {
        out.open("span", &[("class", class)]);
        out.words(before);
        out.words(&dates::unread(count));
        unseen(&[" ", words().say(word)].concat(), out);
        out.close();
    }
}

/// My account, at the foot of the column.
fn mine(me: &Me, state: HouseState, out: &mut Out) {
    out.open("div", &[("class", "side-foot")]);
    out.open("a", &[("class", "who"), ("href", urls::ACCOUNT), ("data-panel", "")]);
    state.faces.with(|faces| {
        face::put(&me.name, faces.get(&me.name).map(String::as_str), true, false, out);
    });
    out.leaf("bdi", &[("class", "name"), ("dir", "auto")], &me.name);
    out.close();
    log_out(&me.name, &state.place.with(urls::page), out);
    out.close();
}

/// The way out of the house, back to this page as a visitor.
pub fn log_out(user: &str, page: &str, out: &mut Out) {
    let label = words().say(Word::LogOut);
    out.open("form", &[("method", "post"), ("action", "/api/log_out"), (ids::LEAVES, user)]);
    out.leaf("input", &[("type", "hidden"), ("name", "page"), ("value", page)], "");
    out.open("button", &[("class", "icon-button"), ("aria-label", label), ("title", label)]);
    icons::put(icons::LEAVE, out);
    out.close();
    out.close();
}
