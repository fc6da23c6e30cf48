//! What a message said before it was changed.

use super::{
    Shell,
    document::{Outside, outside},
    parts::moment,
};
use crate::{
    protocol::{
        Target, urls,
        views::{Message, Revision},
    },
    words::{Word, Words},
};
use leptos::prelude::*;

/// The texts of a message, the newest first.
#[must_use]
pub fn edits(shell: &Shell, to: &Target, message: Message, before: Vec<Revision>) -> String {
    let w = Words::of(shell.lang);
    outside(shell, Outside::new(w.say(Word::EarlierTexts), "sheet-page"), || {
        let unchanged =
            before.is_empty().then(|| view! { <p class="none">{w.say(Word::NeverChanged)}</p> });
        let lines = before
            .into_iter()
            .rev()
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
        view! {
            <h1>{w.say(Word::EarlierTexts)}</h1>
            <p class="quiet" dir="auto">{w.with(Word::WrittenBy, &[&message.author])}</p>
            <ol class="texts">
                <li>
                    <p class="quiet">{w.say(Word::AsItIsNow)} " · " {moment(since)}</p>
                    <p class="old-text" dir="auto">{message.body}</p>
                </li>
                {lines}
            </ol>
            {unchanged}
            <p class="aside"><a class="link" href=urls::message(to, &message.id)>{w.say(Word::ToTheMessage)}</a></p>
        }
    })
}
