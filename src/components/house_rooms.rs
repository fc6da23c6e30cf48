//! The rooms of the house beyond those in the side column, for whoever names one while writing.

use super::picker::fetched;
use crate::protocol::{json, urls};
use leptos::task::spawn_local;
use serde::Deserialize;
use std::cell::{Cell, RefCell};

/// The room index, as programs read it.
const INDEX: &str = "/api/list_rooms?offset=0&filter=";

thread_local! {
    /// What was asked for last, and the rooms that go with it.
    static FOUND: RefCell<(Option<String>, Vec<String>)> = const { RefCell::new((None, Vec::new())) };
    /// Whether a question is on its way: the next waits for it.
    static ASKING: Cell<bool> = const { Cell::new(false) };
}

#[derive(Deserialize)]
struct Index {
    rooms: Vec<Room>,
}

#[derive(Deserialize)]
struct Room {
    name: String,
}

/// The rooms known so far that may go with what was typed; where others are to be asked for, `then` is
/// called once they are there.
pub fn named(typed: &str, then: impl FnOnce() + 'static) -> Vec<String> {
    let is_asked = FOUND.with_borrow(|(asked, _)| asked.as_deref() == Some(typed));
    if !is_asked && !ASKING.replace(true) {
        let typed = typed.to_owned();
        spawn_local(async move {
            let mut address = INDEX.to_owned();
            address.push_str(&urls::encode(&typed));
            let found = fetched(&address).await;
            let found = found.and_then(|text| json::read::<Index>(&text));
            // What cannot be had is not asked for again until something else is typed.
            let rooms = found.map(|index| index.rooms).unwrap_or_default();
            FOUND.set((Some(typed), rooms.into_iter().map(|room| room.name).collect()));
            ASKING.set(false);
            then();
        });
    }
    FOUND.with_borrow(|(_, rooms)| rooms.clone())
}
