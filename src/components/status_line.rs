//! How the connection is: one quiet line above the composer, always of the same height.

use super::{
    live::{click, live},
    typing::typing,
};
use crate::{
    client::{Act, HouseState, Status},
    protocol::urls,
    words::{Word, words},
};
use leptos::prelude::*;

/// The line.
pub fn status_line(state: HouseState) -> impl IntoView {
    let w = words();
    let status = move || {
        state.status.with(|status| match status {
            Status::Quiet => String::new(),
            Status::Connecting => w.say(Word::Connecting).to_owned(),
            Status::Offline(_) => w.say(Word::Offline).to_owned(),
            Status::Back => w.say(Word::Back).to_owned(),
            Status::Stopped(why) => why.clone(),
        })
    };
    // Seen, but not read out every second.
    let countdown = move || {
        state.status.with(|status| match status {
            Status::Offline(0) => w.say(Word::TryingNow).to_owned(),
            Status::Offline(seconds) => w.count(Word::TryingIn, *seconds),
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
                <span>{live(status)}</span> " "
                <span aria-hidden="true">{live(countdown)}</span>
            </p>
            <button class="link" type="button" hidden=live(online) on:click=try_now>
                {w.say(Word::TryNow)}
            </button>
            <a class="link" href=live(log_in) hidden=live(going_on)>{w.say(Word::LogIn)}</a>
        </div>
    }
}
