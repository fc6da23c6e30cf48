//! The room index: which rooms are lit, and the one field that finds a room or names a new one.
//! Without the program the form filters and enters; with it, the list follows the typing
//! (`client::shell`).

use super::{facade::facade, window::window, words};
use crate::protocol::{
    limits, urls,
    views::{Index, RoomCard},
};
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

/// What changes with what is typed: the browser's side takes these elements out of the page that
/// the plain form would lead to.
pub const FOLLOWS: [&str; 2] = ["house-now", "rooms-found"];
/// The field.
pub const FIELD: &str = "room-name";
/// What was refused, until something else is typed.
pub const REFUSED: &str = "room-name-error";

/// The whole of the room index.
#[component]
pub fn RoomPicker(
    /// The page of rooms.
    index: Index<Cards>,
    /// The form, if it was refused.
    #[prop(optional)]
    refused: Refused,
) -> impl IntoView {
    let typed = if refused.name.is_empty() { index.filter.clone() } else { refused.name };
    let fine = refused.message.is_empty();
    let (nothing, paging) = (nothing(&index), paging(&index));
    view! {
        <section class="hero">
            <div class="hero-words" id=FOLLOWS[0]>
                {facade(index.lit)}
                <h1>{words::lit_rooms(index.lit)}</h1>
                <p class="quiet">{words::people_here(index.people)}</p>
            </div>
            <form class="enter" method="get" action=urls::INDEX>
                <label class="sr" for=FIELD>"Find a room, or name a new one"</label>
                <input
                    id=FIELD
                    name="name"
                    type="text"
                    dir="auto"
                    autofocus=true
                    autocomplete="off"
                    placeholder="Find a room, or name a new one"
                    value=typed
                    aria-invalid=(!fine).then_some("true")
                    aria-describedby=(!fine).then_some(REFUSED)
                />
                <button class="button" name="page" value=urls::INDEX formmethod="post" formaction="/api/enter_room">
                    "Enter"
                </button>
                <button class="button quiet">"Filter"</button>
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
    let lit = room.online > 0;
    let when = match &room.last {
        _ if lit => {
            view! { <span class="here">{format!("{} here", room.online)}</span> }.into_any()
        }
        Some(last) => view! {
            <time datetime=last.at.to_string() title=words::moment(last.at)>
                {words::short_day(last.at)}
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
        None => view! { <p>"Nobody has said anything yet."</p> }.into_any(),
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
    let words = match (index.rooms.count == 0, index.filter.is_empty()) {
        (false, _) => return None,
        (true, true) => "No room is open yet. Name one above and press Enter.".to_owned(),
        (true, false) => {
            format!("No room is called “{}” yet. Press Enter to open it.", index.filter)
        }
    };
    Some(view! { <p class="empty" dir="auto">{words}</p> })
}

fn paging(index: &Index<Cards>) -> Option<impl IntoView + use<>> {
    if index.offset == 0 && !index.more {
        return None;
    }
    let page = |offset: usize, words: &'static str| {
        let mut href = format!("{}?offset={offset}", urls::INDEX);
        if !index.filter.is_empty() {
            href.push_str("&name=");
            href.push_str(&urls::encode(&index.filter));
        }
        view! { <a class="button quiet" href=href>{words}</a> }
    };
    let busier =
        (index.offset > 0).then(|| page(index.offset.saturating_sub(limits::PAGE), "Busier rooms"));
    let more = index.more.then(|| page(index.offset + index.rooms.count, "More rooms"));
    Some(view! { <nav class="paging" aria-label="More rooms">{busier} {more}</nav> })
}
