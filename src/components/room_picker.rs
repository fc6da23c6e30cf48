//! The room index: which rooms are lit, and the one field that finds a room or names a new one.
//! Without the program the form filters and enters; with it, the list follows the typing
//! (`client::shell`).

use super::{
    facade::facade,
    ids::{FIELD, FOLLOWS, REFUSED},
    window::window,
    words as dates,
};
use crate::protocol::{
    limits, urls,
    views::{Index, RoomCard},
};
use crate::words::{Word, words};
use leptos::prelude::*;

/// The cards of a page of rooms, as HTML.
#[derive(Clone, Debug, Default)]
pub struct Cards {
    /// How many.
    pub count: usize,
    /// One after the other.
    pub html: String,
}

/// What the plain form said last, where it was refused.
#[derive(Clone, Debug, Default)]
pub struct Refused {
    /// What was typed.
    pub name: String,
    /// Why it was refused.
    pub message: String,
}

/// The whole of the room index.
#[component]
pub fn RoomPicker(
    /// The page of rooms.
    index: Index<Cards>,
    /// The form, if it was refused.
    #[prop(optional)]
    refused: Refused,
) -> impl IntoView {
    let w = words();
    let typed = if refused.name.is_empty() { index.filter.clone() } else { refused.name };
    let fine = refused.message.is_empty();
    let (nothing, paging) = (nothing(&index), paging(&index));
    view! {
        <section class="hero">
            <div class="hero-words" id=FOLLOWS[0]>
                {facade(index.lit)}
                <h1>{dates::lit_rooms(index.lit)}</h1>
                <p class="quiet">{dates::people_here(index.people)}</p>
            </div>
            <form class="enter" method="get" action=urls::INDEX>
                <label class="sr" for=FIELD>{w.say(Word::FindOrNameRoom)}</label>
                <input
                    id=FIELD
                    name="name"
                    type="text"
                    dir="auto"
                    autofocus=true
                    autocomplete="off"
                    placeholder=w.say(Word::FindOrNameRoom)
                    value=typed
                    aria-invalid=(!fine).then_some("true")
                    aria-describedby=(!fine).then_some(REFUSED)
                />
                <button class="button" name="page" value=urls::INDEX formmethod="post" formaction="/api/enter_room">
                    {w.say(Word::Enter)}
                </button>
                <button class="button quiet">{w.say(Word::Filter)}</button>
                <p class="error" id=REFUSED role="alert" hidden=fine>
                    {refused.message}
                </p>
            </form>
        </section>
        <div id=FOLLOWS[1]>
            <ul class="rooms" inner_html=index.rooms.html></ul>
            {nothing}
            {paging}
        </div>
    }
}

/// A room's card.
pub fn card(room: &RoomCard) -> impl IntoView + use<> {
    let w = words();
    let lit = room.online > 0;
    let when = match &room.last {
        _ if lit => {
            view! { <span class="here">{w.count(Word::CountHere, room.online as i64)}</span> }
                .into_any()
        }
        Some(last) => view! {
            <time datetime=last.at.to_string() title=dates::moment(last.at)>
                {dates::short_day(last.at)}
            </time>
        }
        .into_any(),
        None => ().into_any(),
    };
    let said = match &room.last {
        Some(last) => view! {
            <p><bdi>{last.author.clone()}</bdi>": "<bdi dir="auto">{last.text.clone()}</bdi></p>
        }
        .into_any(),
        None => view! { <p>{w.say(Word::CardEmpty)}</p> }.into_any(),
    };
    view! {
        <li>
            <a href=urls::page(&crate::protocol::Target::Room(room.name.clone()))>
                {window(lit, false)}
                <b><bdi dir="auto">{room.name.clone()}</bdi></b>
                {when}
                {said}
            </a>
        </li>
    }
}

/// What to do where no room is shown.
fn nothing(index: &Index<Cards>) -> Option<impl IntoView + use<>> {
    let w = words();
    let said = match (index.rooms.count == 0, index.filter.is_empty()) {
        (false, _) => return None,
        (true, true) => w.say(Word::NoRooms).to_owned(),
        (true, false) => w.with(Word::NoRoomCalled, &[&index.filter]),
    };
    Some(view! { <p class="empty" dir="auto">{said}</p> })
}

fn paging(index: &Index<Cards>) -> Option<impl IntoView + use<>> {
    if index.offset == 0 && !index.more {
        return None;
    }
    let w = words();
    let page = |offset: usize, word: Word| {
        let mut href = format!("{}?offset={offset}", urls::INDEX);
        if !index.filter.is_empty() {
            href.push_str("&name=");
            href.push_str(&urls::encode(&index.filter));
        }
        view! { <a class="button quiet" href=href>{w.say(word)}</a> }
    };
    let busier = (index.offset > 0)
        .then(|| page(index.offset.saturating_sub(limits::PAGE), Word::BusierRooms));
    let more = index.more.then(|| page(index.offset + index.rooms.count, Word::MoreRooms));
    Some(view! { <nav class="paging" aria-label=w.say(Word::MoreRooms)>{busier} {more}</nav> })
}
