//! The room index.

use super::{
    Returned, Shell,
    document::{Page, document},
};
use crate::{
    components::{
        RoomPicker,
        page_header::{foot, page_header},
        room_picker::{self, Cards, Refused},
    },
    protocol::views::{Index, RoomCard},
    words::{Word, Words},
};
use leptos::prelude::*;

/// The room index.
#[must_use]
pub fn index(shell: &Shell, index: Index, returned: Option<Returned>) -> String {
    let cards = |rooms: Vec<RoomCard>| Cards {
        count: rooms.len(),
        html: rooms.iter().map(|room| card(Words::of(shell.lang), room)).collect(),
    };
    index_around(shell, index.map(cards), returned)
}

/// A room on the index. It depends on nothing but what it is given.
#[must_use]
pub fn card(words: Words, room: &RoomCard) -> String {
    Owner::new().with(|| {
        provide_context(words);
        room_picker::card(room).to_html()
    })
}

/// The room index around cards that were rendered before ([`card`]).
#[must_use]
pub fn index_around(shell: &Shell, index: Index<Cards>, returned: Option<Returned>) -> String {
    let page = Page {
        title: Words::of(shell.lang).say(Word::IndexTitle).to_owned(),
        class: "outside",
        wakes: true,
        data: None,
    };
    let refused = returned.map_or_else(Refused::default, |returned| Refused {
        name: returned.typed("name").to_owned(),
        message: Words::of(shell.lang).refusal(&returned.refusal),
    });
    document(shell, page, || {
        view! {
            <div class="page wide">
                {page_header(shell, true)}
                <main><div id="index">
                    <RoomPicker index refused/>
                </div></main>
                {foot()}
            </div>
        }
    })
}
