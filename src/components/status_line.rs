//! How the connection is: one quiet line above the composer, always of the same height.

use super::{
    live::{click, live},
    typing::typing,
};
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
    let online = move || !state.status.with(|status| matches!(status, Status::Offline(_)));
    let going_on = move || !state.status.with(|status| matches!(status, Status::Stopped(_)));
    let log_in = move || urls::log_in_and_return(&urls::page(&state.place.get()));
    let try_now = click(move || state.act.run(Act::ConnectNow));
    view! {
        <div class=live(class)>
            {typing(state)}
            <p role="status">
                <span>{live(words)}</span>
                <span aria-hidden="true">{live(countdown)}</span>
            </p>
            <button class="link" type="button" hidden=live(online) on:click=try_now>
                "Try now"
            </button>
            <a class="link" href=live(log_in) hidden=live(going_on)>"Log in"</a>
        </div>
    }
}
