//! A room's or a conversation's page.

use super::{
    Returned, Shell,
    document::{Page, document, json},
};
use crate::{
    components::{HouseView, timeline},
    protocol::views::House,
};
use leptos::prelude::*;

/// A room's or a conversation's page. Inside `<div id="house">` stands what the browser's side
/// renders again when it wakes, and nothing else.
#[must_use]
pub fn house(shell: &Shell, mut house: House, returned: Option<Returned>) -> String {
    // A refused message comes back with the id it had, so that sending it again is the same try.
    if let Some(cid) = returned.as_ref().map(|r| r.typed("cid")).filter(|cid| !cid.is_empty()) {
        house.cid = cid.to_owned();
    }
    let page = Page {
        title: house.history.to.name().to_owned(),
        class: "inside",
        wakes: Some(("house-data", json(&house))),
    };
    document(shell, page, || {
        let state = stand_in::first_state(&house);
        if let Some(returned) = returned {
            state.draft.set(returned.typed("body").to_owned());
            state.refusal.set(Some(returned.refusal));
        }
        view! {
            <a class="skip" href=format!("#{}", timeline::ID)>"Skip to the messages"</a>
            <div id="house">
                <HouseView state/>
            </div>
        }
    })
}

// replaced by client::first_state on merge
mod stand_in {
    use crate::{
        client::{HouseState, Row, Said, SaidState},
        protocol::views::House,
    };
    use leptos::prelude::*;

    pub fn first_state(house: &House) -> HouseState {
        const GROUP_MS: i64 = 5 * 60 * 1000;
        let me = house.me.as_ref().map(|me| me.name.as_str());
        let mut rows = Vec::new();
        let mut last: Option<(&str, crate::protocol::At)> = None;
        let mut new_line = me.is_none() || house.before.is_some();
        for message in house.history.messages.iter().rev() {
            if last.is_none_or(|(_, at)| at.day() != message.at.day()) {
                rows.push((format!("day {}", message.at.date()), Row::Day(message.at.date())));
                last = None;
            }
            if !new_line && message.seq > house.read && me != Some(&*message.author) {
                new_line = true;
                rows.push(("new".to_owned(), Row::New));
                last = None;
            }
            let first = last.is_none_or(|(author, at)| {
                author != message.author || message.at.0 - at.0 > GROUP_MS
            });
            last = Some((&message.author, message.at));
            let said = Said {
                id: Some(message.id.clone()),
                author: message.author.clone(),
                body: message.body.clone(),
                at: message.at,
                clock: message.at.clock(),
                first,
                edited: message.edited_at.is_some(),
                deleted: message.deleted,
                state: SaidState::Sent,
            };
            rows.push((message.id.clone(), Row::Said(said)));
        }
        HouseState::new(house, rows, Callback::new(|_| ()))
    }
}
