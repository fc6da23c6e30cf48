//! The room index.

use super::{
    Returned, Shell,
    document::{Page, document},
};
use crate::{
    components::{RoomPicker, page_header::page_header, room_picker::Refused},
    protocol::views::Index,
};
use leptos::prelude::*;

/// The room index.
#[must_use]
pub fn index(shell: &Shell, index: Index, returned: Option<Returned>) -> String {
    let page = Page { title: "Rooms".to_owned(), class: "outside", wakes: true, data: None };
    let refused = returned.map_or_else(Refused::default, |returned| Refused {
        name: returned.typed("name").to_owned(),
        message: returned.refusal.message,
    });
    document(shell, page, || {
        view! {
            <div class="page wide">
                {page_header(shell, true)}
                <main><div id="index">
                    <RoomPicker index refused/>
                </div></main>
            </div>
        }
    })
}
