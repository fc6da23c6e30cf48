//! The beginning of the message that another one answers: a link to it.

use crate::{
    client::house::Quoted,
    words::{Word, words},
};
use leptos::prelude::*;

/// The quote above an answer.
pub fn quote(quoted: Quoted) -> impl IntoView {
    let w = words();
    let class = if quoted.text.is_some() { "quote" } else { "quote gone" };
    let text = quoted.text.unwrap_or_else(|| w.say(Word::QuoteGone).to_owned());
    let label = format!("{}: {text}", w.with(Word::InAnswerTo, &[&quoted.author]));
    view! {
        <a class=class href=quoted.address data-go="" aria-label=label>
            <b><bdi dir="auto">{quoted.author}</bdi></b>
            " "
            <span dir="auto">{text}</span>
        </a>
    }
}
