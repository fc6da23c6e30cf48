//! A room's or a conversation's page.

use crate::client::HouseState;
use leptos::prelude::*;

/// The whole page behind `#house`.
#[component]
pub fn HouseView(state: HouseState) -> impl IntoView {
    let _ = state;
}
