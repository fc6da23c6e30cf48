//! The room index.

use crate::protocol::views::Index;
use leptos::prelude::*;

/// The whole page behind `#index`.
#[component]
pub fn RoomPicker(index: Index) -> impl IntoView {
    let _ = index;
}
