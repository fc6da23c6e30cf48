//! A quiet box with something to know.

use leptos::prelude::*;

/// Shown on every page until the first administrator exists.
pub fn setting_up() -> impl IntoView {
    view! {
        <aside class="notice" aria-label="Notice">
            "This house is being set up. Whoever started it finds the link in its console."
        </aside>
    }
}

/// What was refused, where no single field is to blame.
pub fn refused(message: String) -> impl IntoView {
    view! { <p class="notice alarm" role="alert">{message}</p> }
}
