//! Icons, as the paths of inline pictures: 24 by 24, drawn in the colour of the text around them.

use crate::words::{Word, words};
use leptos::prelude::*;

/// Three lines: the rooms.
pub const ROOMS: &str = "M4 7h16M4 12h16M4 17h10";
/// Two people.
pub const PEOPLE: &str = "M12.2 9A3.2 3.2 0 1 1 5.8 9a3.2 3.2 0 0 1 6.4 0zM3.5 19c.6-3 2.8-4.5 5.5-4.5s4.9 1.5 5.5 4.5M16 6.5a3 3 0 0 1 0 5.5M17.5 14.8c1.7.5 2.7 1.9 3 4.2";
/// An arrow: send.
pub const SEND: &str = "M5 12h13M12.5 6.5 18 12l-5.5 5.5";
/// A cross: close.
pub const CLOSE: &str = "M6.5 6.5l11 11M17.5 6.5l-11 11";
/// A door with an arrow: log out.
pub const LEAVE: &str = "M10 4.5H5.5v15H10M14 8l4 4-4 4M9.5 12H18";
/// An arrow down: to the newest.
pub const DOWN: &str = "M12 5v13M6.5 12.5 12 18l5.5-5.5";

/// A magnifying glass: search.
pub const FIND: &str = "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.3 15.3 20 20";

/// The icon with this path. It has no name: the button around it has.
pub fn icon(path: &'static str) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
            <path d=path></path>
        </svg>
    }
}

/// The button that closes a drawer. Only drawers show it: on wide screens they are columns.
pub fn close_drawer(id: &'static str) -> impl IntoView {
    view! {
        <button
            class="icon-button drawer-only"
            type="button"
            aria-label=words().say(Word::Close)
            popovertarget=id
            popovertargetaction="hide"
        >
            {icon(CLOSE)}
        </button>
    }
}
