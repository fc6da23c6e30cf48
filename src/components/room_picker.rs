//! The room index: which rooms are lit, and the one field that finds a room or names a new one.
//! Without the program the form filters and enters; with it, the list follows the typing.

use super::{awake, facade::facade, window::window, words};
use crate::protocol::{
    limits, urls,
    views::{Index, RoomCard},
};
use leptos::{html, prelude::*};

/// What the plain form said last, where it was refused.
#[derive(Clone, Debug, Default)]
pub struct Refused {
    /// What was typed.
    pub name: String,
    /// Why it was refused.
    pub message: String,
}

/// The whole of `<div id="index">`, on the server and in the browser. A refusal is in the page
/// only: the browser's side leaves what stands there until something is typed.
#[component]
pub fn RoomPicker(
    /// The page of rooms.
    index: Index,
    /// The form, if it was refused.
    #[prop(optional)]
    refused: Refused,
) -> impl IntoView {
    let typed = if refused.name.is_empty() { index.filter.clone() } else { refused.name };
    let fine = refused.message.is_empty();
    let index = RwSignal::new(index);
    let input = NodeRef::<html::Input>::new();
    let search = live_filter(index);
    let refused_at = NodeRef::<html::P>::new();
    awake::tell();
    let on_input = move |ev| {
        if let Some(refused) = refused_at.get_untracked() {
            refused.set_hidden(true);
        }
        search(event_target_value(&ev));
    };
    view! {
        <section class="hero">
            <div class="hero-words">
                {move || index.with(|index| facade(index.lit))}
                <h1>{move || index.with(|index| words::lit_rooms(index.lit))}</h1>
                <p class="quiet">{move || index.with(|index| words::people_here(index.people))}</p>
            </div>
            <form class="enter" method="get" action=urls::INDEX>
                <label class="sr" for="room-name">"Find a room, or name a new one"</label>
                <input
                    id="room-name"
                    name="name"
                    type="text"
                    dir="auto"
                    autofocus=true
                    autocomplete="off"
                    placeholder="Find a room, or name a new one"
                    value=typed
                    aria-invalid=(!fine).then_some("true")
                    aria-describedby=(!fine).then_some("room-name-error")
                    node_ref=input
                    on:input=on_input
                />
                <button class="button" name="page" value=urls::INDEX formmethod="post" formaction="/api/enter_room">
                    "Enter"
                </button>
                <button class="button quiet">"Filter"</button>
                <p class="error" id="room-name-error" role="alert" hidden=fine node_ref=refused_at>
                    {refused.message}
                </p>
            </form>
        </section>
        <ul class="rooms">
            {move || index.with(|index| index.rooms.iter().map(card).collect_view())}
        </ul>
        {move || index.with(nothing)}
        {move || index.with(paging)}
    }
}

fn card(room: &RoomCard) -> impl IntoView + use<> {
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
fn nothing(index: &Index) -> Option<impl IntoView + use<>> {
    let words = match (index.rooms.is_empty(), index.filter.is_empty()) {
        (false, _) => return None,
        (true, true) => "No room is open yet. Name one above and press Enter.".to_owned(),
        (true, false) => {
            format!("No room is called “{}” yet. Press Enter to open it.", index.filter)
        }
    };
    Some(view! { <p class="empty" dir="auto">{words}</p> })
}

fn paging(index: &Index) -> Option<impl IntoView + use<>> {
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
    let more = index.more.then(|| page(index.offset + index.rooms.len(), "More rooms"));
    Some(view! { <nav class="paging" aria-label="More rooms">{busier} {more}</nav> })
}

/// Looks for what is typed, once the typing pauses. Only the latest answer counts.
fn live_filter(index: RwSignal<Index>) -> impl Fn(String) + Copy + Send + Sync + 'static {
    let latest = StoredValue::new(0_u32);
    move |typed: String| {
        latest.update_value(|latest| *latest = latest.wrapping_add(1));
        #[cfg(feature = "hydrate")]
        {
            /// Long enough that a word is one question, short enough to feel at once.
            const PAUSE: std::time::Duration = std::time::Duration::from_millis(120);
            let turn = latest.get_value();
            let ask = async move {
                let found = crate::api::rooms::list_rooms(typed.trim().to_owned(), 0).await;
                // A refusal leaves the list as it is: the form still works.
                if let Ok(found) = found
                    && latest.get_value() == turn
                {
                    index.set(found);
                }
            };
            set_timeout(
                move || {
                    if latest.get_value() == turn {
                        leptos::task::spawn_local(ask);
                    }
                },
                PAUSE,
            );
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = (typed, index);
    }
}
