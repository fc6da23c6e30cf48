//! Icons, as the paths of inline pictures: 24 by 24, drawn in the colour of the text around them.

use super::tree::Out;
use crate::{
    protocol::sheets::Sheet,
    words::{Word, words},
};
use leptos::prelude::*;

/// Three lines: the rooms.
pub const ROOMS: &str = "M4 7h16M4 12h16M4 17h10";
/// Two people.
pub const PEOPLE: &str = "M12.2 9A3.2 3.2 0 1 1 5.8 9a3.2 3.2 0 0 1 6.4 0zM3.5 19c.6-3 2.8-4.5 5.5-4.5s4.9 1.5 5.5 4.5M16 6.5a3 3 0 0 1 0 5.5M17.5 14.8c1.7.5 2.7 1.9 3 4.2";
/// An arrow: send.
pub const SEND: &str = "M5 12h13M12.5 6.5 18 12l-5.5 5.5";
/// A paper clip: attach.
pub const CLIP: &str =
    "M19 11.5 12.2 18.3a4.2 4.2 0 0 1-6-6l7-7a2.8 2.8 0 0 1 4 4l-6.8 6.8a1.4 1.4 0 0 1-2-2l6.1-6.1";
/// A cross: close.
pub const CLOSE: &str = "M6.5 6.5l11 11M17.5 6.5l-11 11";
/// A door with an arrow: log out.
pub const LEAVE: &str = "M10 4.5H5.5v15H10M14 8l4 4-4 4M9.5 12H18";
/// A letter in a circle: what this is.
pub const ABOUT: &str = "M20 12a8 8 0 1 1-16 0 8 8 0 0 1 16 0zM12 11v5M12 8h.01";
/// A bell: what called me.
pub const BELL: &str = "M6 16v-5a6 6 0 1 1 12 0v5l1.5 2h-15zM10 20a2 2 0 0 0 4 0";
/// A bell that does not ring.
pub const MUTED: &str =
    "M8 6.5a6 6 0 0 1 10 4.5v5M17 18H4.5L6 16v-5M10 20a2 2 0 0 0 4 0M4.5 4.5l15 15";
/// An arrow down: to the newest.
pub const DOWN: &str = "M12 5v13M6.5 12.5 12 18l5.5-5.5";
/// A smiling face: a reaction.
pub const SMILE: &str =
    "M20 12a8 8 0 1 1-16 0 8 8 0 0 1 16 0zM8.5 14c.8 1.3 2 2 3.5 2s2.7-.7 3.5-2M9 9.5v.5M15 9.5v.5";
/// An arrow back: an answer.
pub const REPLY: &str = "M9.5 7 4.5 12l5 5M4.5 12H14c3.5 0 5.5 2 5.5 5.5";
/// Three dots: more.
pub const MORE: &str = "M5.5 12h.01M12 12h.01M18.5 12h.01";
/// A pin.
pub const PIN: &str = "M9 4.5h6M10 4.5 9.5 11l-3 3h11l-3-3-.5-6.5M12 14v6";

/// A magnifying glass: search.
pub const FIND: &str = "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.3 15.3 20 20";

/// The same as [`icon`], among plain elements.
pub fn put(path: &str, out: &mut Out) {
    out.open("svg", &[("class", "icon"), ("viewBox", "0 0 24 24"), ("aria-hidden", "true")]);
    out.leaf("path", &[("d", path)], "");
    out.close();
}

/// The icon with this path. It has no name: the button around it has.
pub fn icon(path: &'static str) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
            <path d=path></path>
        </svg>
    }
}

/// The way to a page that opens as a panel.
pub fn way(class: &str, address: &str, word: Word, path: &str, out: &mut Out) {
    let label = words().say(word);
    out.open(
        "a",
        &[
            ("class", class),
            ("href", address),
            ("data-panel", ""),
            ("aria-label", label),
            ("title", label),
        ],
    );
    put(path, out);
    out.close();
}

/// The way to the page about what a line names, at its end.
pub fn more(sheet: &Sheet, out: &mut Out) {
    way("more", &sheet.address(), Word::AboutIt, MORE, out);
}

/// The button that closes a drawer. Only drawers show it: on wide screens they are columns.
pub fn close_drawer(id: &str, out: &mut Out) {
    out.open(
        "button",
        &[
            ("class", "icon-button drawer-only"),
            ("type", "button"),
            ("aria-label", words().say(Word::Close)),
            ("popovertarget", id),
            ("popovertargetaction", "hide"),
        ],
    );
    put(CLOSE, out);
    out.close();
}
