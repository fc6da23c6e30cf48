//! What a message said before it was changed.

use super::{
    Shell,
    document::{Outside, outside},
    parts::{Part, moment, paging},
};
use crate::{
    protocol::{Target, sheets::Sheet, urls, views::Edits},
    words::{Word, Words},
};
use leptos::prelude::*;

/// The texts of a message, the newest first.
#[must_use]
pub fn edits(shell: &Shell, to: &Target, edits: Edits) -> String {
    let Edits { message, before, offset, more } = edits;
    let w = Words::of(shell.lang);
    outside(shell, Outside::new(w.say(Word::EarlierTexts), "sheet-page"), || {
        let unchanged = message
            .edited_at
            .is_none()
            .then(|| view! { <p class="none">{w.say(Word::NeverChanged)}</p> });
        let part = Part {
            address: Sheet::Edits(to.clone(), message.id.clone()).address(),
            find: "",
            offset,
            shown: before.len(),
            more,
        };
        let lines = before
            .into_iter()
            .map(|revision| {
                view! {
                    <li>
                        <p class="quiet">{moment(revision.at)}</p>
                        <p class="old-text" dir="auto">{revision.body}</p>
                        <p class="quiet" dir="auto">{w.with(Word::ReplacedBy, &[&revision.replaced_by])}</p>
                    </li>
                }
            })
            .collect_view();
        let since = message.edited_at.unwrap_or(message.at);
        let stands = (offset == 0).then(|| {
            view! {
                <li>
                    <p class="quiet">{w.say(Word::AsItIsNow)} " · " {moment(since)}</p>
                    <p class="old-text" dir="auto">{message.body}</p>
                </li>
            }
        });
        view! {
            <h1>{w.say(Word::EarlierTexts)}</h1>
            <p class="quiet" dir="auto">{w.with(Word::WrittenBy, &[&message.author])}</p>
            <ol class="texts">
                {stands}
                {lines}
            </ol>
            {unchanged}
            {paging(&part)}
            <p class="aside"><a class="link" href=urls::message(to, &message.id)>{w.say(Word::ToTheMessage)}</a></p>
        }
    })
}
