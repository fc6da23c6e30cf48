//! A quiet box with something to know.

use crate::{
    protocol::Refusal,
    words::{Word, words},
};
use leptos::prelude::*;

/// Shown on every page until the first administrator exists.
pub fn setting_up() -> impl IntoView {
    view! {
        <aside class="notice" aria-label=words().say(Word::Notice)>
            {words().say(Word::BeingSetUp)}
        </aside>
    }
}

/// What was refused, where no single field is to blame.
pub fn refused(refusal: &Refusal) -> impl IntoView + use<> {
    view! { <p class="notice alarm" role="alert">{words().refusal(refusal)}</p> }
}
