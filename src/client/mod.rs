//! The browser's side: connection, outbox, timeline and presence as pure state machines (event in,
//! effects out; tested natively), and one thin shell of browser calls.

pub mod changes;
pub mod commands;
pub mod connection;
pub mod conversations;
pub mod desk;
pub mod house;
pub mod moment;
pub mod outbox;
pub mod presence;
pub mod rows;
#[cfg(feature = "hydrate")]
mod shell;
#[cfg(test)]
mod testing;
pub mod timeline;

pub use house::{Act, HouseState, Row, Said, SaidState, Status};
pub use moment::Moment;
#[cfg(feature = "hydrate")]
pub use shell::wake;

use crate::protocol::views::House;
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
    let timeline = timeline::Timeline::new(house.history.clone(), house.older);
    let rows = rows::rows(rows::Picture {
        timeline: &timeline,
        me: house.me.as_ref().map(|me| me.name.as_str()),
        unread_after: desk::unread_after(&house),
        notes: &[],
        tail: Vec::new(),
        zone: rows::Zone::UTC,
    });
    HouseState::new(&house, rows, act)
}
