//! The lit window: the mark of a room, and of the house itself. Only ever an ornament: what it says
//! is said in words beside it.

use super::tree::Out;
#[cfg(feature = "ssr")]
use leptos::prelude::*;

/// A window, lit or dark, on pages that are rendered and stay as they are.
#[cfg(feature = "ssr")]
pub fn window(lit: bool, small: bool) -> impl IntoView {
    Out::view(|out| put(lit, small, out))
}

/// A window, lit or dark.
pub fn put(lit: bool, small: bool, out: &mut Out) {
    let class = match (lit, small) {
        (true, true) => "window lit small",
        (true, false) => "window lit",
        (false, true) => "window small",
        (false, false) => "window",
    };
    out.leaf("span", &[("class", class), ("aria-hidden", "true")], "");
}
