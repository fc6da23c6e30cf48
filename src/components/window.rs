//! The lit window: the mark of a room, and of the house itself. Only ever an ornament: what it says
//! is said in words beside it.

use leptos::prelude::*;

/// A window, lit or dark.
pub fn window(lit: bool, small: bool) -> impl IntoView {
    view! { <span class=class(lit, small) aria-hidden="true"></span> }
}

/// Its class.
#[must_use]
pub fn class(lit: bool, small: bool) -> &'static str {
    match (lit, small) {
        (true, true) => "window lit small",
        (true, false) => "window lit",
        (false, true) => "window small",
        (false, false) => "window",
    }
}
