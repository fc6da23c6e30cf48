//! The house at dusk: a small picture for the pages outside the rooms. As many of its windows are
//! lit as the page says.

use super::tree::Out;
#[cfg(feature = "ssr")]
use leptos::prelude::*;

const COLUMNS: usize = 4;
const ROWS: usize = 3;
/// The order in which windows light up: scattered, as in a real house.
const ORDER: [usize; COLUMNS * ROWS] = [5, 2, 8, 11, 0, 7, 9, 3, 4, 10, 1, 6];

/// The house, with `lit` of its windows lit, on pages that are rendered and stay as they are.
#[cfg(feature = "ssr")]
pub fn facade(lit: usize) -> impl IntoView {
    Out::view(|out| put(lit, out))
}

/// The house, with `lit` of its windows lit.
pub fn put(lit: usize, out: &mut Out) {
    let (light, dark) = ORDER.split_at(lit.min(ORDER.len()));
    out.open("svg", &[("class", "facade"), ("viewBox", "0 0 138 150"), ("aria-hidden", "true")]);
    for (class, path) in [
        ("wall", "M10 142V30L69 6l59 24v112z"),
        ("pane", &*panes(dark)),
        ("pane lit", &*panes(light)),
        ("ground", "M0 142h138"),
    ] {
        out.leaf("path", &[("class", class), ("d", path)], "");
    }
    out.close();
}

/// The outlines of the windows in these places.
fn panes(places: &[usize]) -> String {
    let pane = |place: &usize| {
        let (x, y) = (place % COLUMNS * 26 + 22, place / COLUMNS * 30 + 38);
        format!("M{x} {y}h16v20h-16zm8 0v20m-8-9h16")
    };
    places.iter().map(pane).collect()
}
