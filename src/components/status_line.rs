//! How the connection is: one quiet line above the composer, always of the same height.

use crate::{
    client::{Act, HouseState, Status},
    protocol::urls,
};
use leptos::prelude::*;

/// The line.
pub fn status_line(state: HouseState) -> impl IntoView {
    let words = move || {
        state.status.with(|status| match status {
            Status::Quiet => String::new(),
            Status::Connecting => "Connecting…".to_owned(),
            Status::Offline(_) => {
                "You are offline; what you write goes out when you are back.".to_owned()
            }
            Status::Back => "Back.".to_owned(),
            Status::Stopped(why) => why.clone(),
        })
    };
    // Seen, but not read out every second.
    let countdown = move || {
        state.status.with(|status| match status {
            Status::Offline(0) => " Trying again now.".to_owned(),
            Status::Offline(seconds) => format!(" Trying again in {seconds} s."),
            _ => String::new(),
        })
    };
    let class = move || {
        state.status.with(|status| match status {
            Status::Quiet | Status::Connecting => "status",
            Status::Back => "status back",
            Status::Offline(_) | Status::Stopped(_) => "status trouble",
        })
    };
    let way_on = move || match state.status.get() {
        Status::Offline(_) => view! {
            <button class="link" type="button" on:click=move |_| state.act.run(Act::ConnectNow)>
                "Try now"
            </button>
        }
        .into_any(),
        Status::Stopped(_) => {
            let next = urls::page(&state.place.get());
            view! { <a class="link" href=urls::log_in_and_return(&next)>"Log in"</a> }.into_any()
        }
        _ => ().into_any(),
    };
    view! {
        <div class=class>
            <p role="status">
                <span>{words}</span>
                <span aria-hidden="true">{countdown}</span>
            </p>
            {way_on}
        </div>
    }
}
