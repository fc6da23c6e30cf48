//! A room's or a conversation's page.

use super::{
    Returned, Shell,
    document::{Page, document, json},
};
use crate::{
    client::first_state,
    components::{HouseView, timeline},
    protocol::views::House,
};
use leptos::prelude::*;

/// A room's or a conversation's page. Inside `<div id="house">` stands what the browser's side
/// renders again when it wakes, and nothing else.
#[must_use]
pub fn house(shell: &Shell, mut house: House, returned: Option<Returned>) -> String {
    // A refused message comes back with the id it had, so that sending it again is the same try.
    if let Some(returned) = returned {
        if !returned.typed("cid").is_empty() {
            house.cid = returned.typed("cid").to_owned();
        }
        house.draft = returned.typed("body").to_owned();
        house.refusal = Some(returned.refusal);
    }
    let page = Page {
        title: house.history.to.name().to_owned(),
        class: "inside",
        wakes: Some(("house-data", json(&house))),
    };
    document(shell, page, || {
        let state = first_state(&house);
        view! {
            <a class="skip" href=format!("#{}", timeline::ID)>"Skip to the messages"</a>
            <div id="house">
                <HouseView state/>
            </div>
        }
    })
}
