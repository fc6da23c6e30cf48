//! Roomful: a chat that a team or a community runs for itself.
//!
//! `docs/architecture.md` is the map.

pub mod api;
pub mod client;
pub mod components;
pub mod pages;
pub mod protocol;
#[cfg(feature = "ssr")]
pub mod server;
pub mod words;

/// The browser's entry: wakes the page that the server rendered, with the texts of its language.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate(texts: String) {
    // A release's program says nothing of a panic: see tools/lean.mjs.
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();
    words::speak(texts);
    client::wake();
}
