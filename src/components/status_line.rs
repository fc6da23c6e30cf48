//! How the connection is: one quiet line above the composer, always of the same height.

use super::{
    live::live,
    tree::{Grown, Out},
    typing,
};
use crate::{
    client::{HouseState, Status},
    protocol::urls,
    words::{Word, words},
};
use leptos::prelude::*;

/// On the button that connects now instead of waiting.
pub const TRY_NOW: &str = "data-try";

/// The line.
pub fn status_line(state: HouseState) -> impl IntoView {
    typing::tell(state);
    let class = move || {
        state.status.with(|status| match status {
            Status::Quiet | Status::Connecting => "status",
            Status::Back => "status back",
            Status::Offline(_) | Status::Stopped(_) => "status trouble",
        })
    };
    let inside = Grown::told(move |out| state.status.with(|status| line(state, status, out)));
    view! { <div class=live(class) inner_html=inside></div> }
}

fn line(state: HouseState, status: &Status, out: &mut Out) {
    let w = words();
    state.typing.with(|names| typing::typing(names, out));
    out.open("p", &[("role", "status")]);
    let how = match status {
        Status::Quiet => "",
        Status::Connecting => w.say(Word::Connecting),
        Status::Offline(_) => w.say(Word::Offline),
        Status::Back => w.say(Word::Back),
        Status::Stopped(why) => why,
    };
    out.leaf("span", &[], how);
    out.words(" ");
    // Seen, but not read out every second.
    let countdown = match status {
        Status::Offline(0) => w.say(Word::TryingNow).to_owned(),
        Status::Offline(seconds) => w.count(Word::TryingIn, *seconds),
        _ => String::new(),
    };
    out.leaf("span", &[("aria-hidden", "true")], &countdown);
    out.close();
    out.open("button", &[("class", "link"), ("type", "button"), (TRY_NOW, "")]);
    out.hidden(!matches!(status, Status::Offline(_)));
    out.words(w.say(Word::TryNow));
    out.close();
    let log_in = state.place.with(|place| urls::log_in_and_return(&urls::page(place)));
    out.open("a", &[("class", "link"), ("href", &log_in)]);
    out.hidden(!matches!(status, Status::Stopped(_)));
    out.words(w.say(Word::LogIn));
    out.close();
}
