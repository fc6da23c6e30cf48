//! Who is here. On narrow screens a drawer, as the side column is.

use super::{face::face, icons};
use crate::{
    client::HouseState,
    protocol::{Target, urls},
};
use leptos::prelude::*;

/// The drawer's id.
pub const ID: &str = "people";

/// The column.
pub fn roster(state: HouseState) -> impl IntoView {
    let me = state.me.get_value().map(|me| me.name);
    let visitor = me.is_none();
    let people = move || {
        state.online.with(|online| {
            online.users.iter().flatten().map(|name| person(name, me.as_deref())).collect_view()
        })
    };
    let hint = move || {
        let private = matches!(state.place.get(), Target::Person(_));
        state.online.with(|online| match (&online.users, online.count, visitor) {
            (None, 1.., _) => "So many are here that only their number is shown.",
            (_, 0, _) => "Nobody is here. Your light would be the first.",
            _ if private => "Only the two of you read this.",
            (_, 1, false) => "Only you, so far.",
            (_, _, false) => "Choose someone to talk in private.",
            (_, _, true) => "Log in to talk to someone in private.",
        })
    };
    view! {
        <aside class="side people" id=ID popover="auto" aria-label="People here">
            <div class="side-top">
                <h2>"Here now · " {move || state.online.with(|online| online.count)}</h2>
                {icons::close_drawer(ID)}
            </div>
            <div class="side-lists">
                <section>
                    <ul>{people}</ul>
                    <p class="hint">{hint}</p>
                </section>
            </div>
        </aside>
    }
}

fn person(name: &str, me: Option<&str>) -> AnyView {
    let shown = view! {
        {face(name, true, true)}
        <bdi class="name" dir="auto">{name.to_owned()}</bdi>
    };
    let row = match me {
        Some(me) if me != name => view! {
            <a href=urls::page(&Target::Person(name.to_owned())) data-go="">{shown}</a>
        }
        .into_any(),
        Some(_) => {
            view! { <span class="line">{shown}<span class="you">"you"</span></span> }.into_any()
        }
        None => view! { <span class="line">{shown}</span> }.into_any(),
    };
    view! { <li>{row}</li> }.into_any()
}
