//! The browser's side: connection, outbox, timeline and presence as pure state machines (event in,
//! effects out; tested natively), and one thin shell of browser calls.

pub mod attach;
pub mod changes;
pub mod commands;
pub mod completion;
pub mod connection;
pub mod conversations;
pub mod desk;
pub mod drafts;
pub mod house;
pub mod idle;
pub mod letters;
pub mod moment;
pub mod order;
pub mod outbox;
pub mod presence;
pub mod rows;
#[cfg(feature = "hydrate")]
mod shell;
pub mod shortcuts;
pub mod signal;
#[cfg(test)]
mod testing;
pub mod timeline;
pub mod typing;
pub mod wishes;

pub use house::{Act, HouseState, Row, Said, SaidState, Status};
pub use moment::Moment;
#[cfg(feature = "hydrate")]
pub use shell::wake;

use crate::protocol::views::{House, Message};
use leptos::prelude::*;

/// The page's first state: what the server renders and what the browser hydrates are the same.
/// Nothing is done by it until the browser's program puts a way to act in its place.
#[must_use]
pub fn first_state(house: &House) -> HouseState {
    state_acting(house, Callback::new(|_| ()))
}

/// The same with a way to act.
fn state_acting(house: &House, act: Callback<Act>) -> HouseState {
    let mut house = house.clone();
    house.online = presence::sorted(house.online);
    let rows = first_rows(&house);
    HouseState::new(&house, ends(&house.history.messages), rows, act)
}

/// The seqs of the oldest and the newest message of a page, which are newest first.
#[must_use]
pub fn ends(messages: &[Message]) -> Option<(i64, i64)> {
    Some((messages.last()?.seq, messages.first()?.seq))
}

/// The rows of the page's first state.
#[must_use]
pub fn first_rows(house: &House) -> Vec<(String, Row)> {
    let timeline = timeline::Timeline::new(house.history.clone());
    rows::rows(rows::Picture {
        timeline: &timeline,
        me: house.me.as_ref().map(|me| me.name.as_str()),
        unread: rows::Unread::of(house),
        found: house.at.as_deref(),
        notes: &[],
        faces: &house.faces,
        tail: Vec::new(),
        viewer: None,
        blocked: house.me.as_ref().map_or(&[][..], |me| me.blocked.as_slice()),
        zone: rows::Zone::UTC,
    })
}

/// The page's first state where the rows are rendered already and kept: `ends` are those of the page,
/// none in an empty log. One row stands for all.
#[cfg(feature = "ssr")]
#[must_use]
pub fn state_around<Messages>(house: &House<Messages>, ends: Option<(i64, i64)>) -> HouseState {
    let rows = ends.map(|_| (String::new(), Row::New));
    let state = HouseState::new(house, ends, Vec::from_iter(rows), Callback::new(|_| ()));
    state.online.update_untracked(|online| *online = presence::sorted(std::mem::take(online)));
    state
}
