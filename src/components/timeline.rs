//! The log: rows from the oldest to the newest, older ones on the way up, and the way back down.

use super::{facade::facade, icons, icons::icon, message, words};
use crate::{
    client::{HouseState, Row, house::Older},
    protocol::{Target, urls},
};
use leptos::{html, prelude::*};
use std::collections::HashMap;

/// The log's id, for whoever skips the side column.
pub const ID: &str = "log";

/// The log and what floats above it.
pub fn timeline(state: HouseState) -> impl IntoView {
    let (log, rows) = (NodeRef::<html::Div>::new(), NodeRef::<html::Div>::new());
    #[cfg(feature = "hydrate")]
    super::keeper::keep(state, log, rows);
    let quiet = quiet(state);
    let to_end = move |_| {
        if let Some(log) = log.get_untracked() {
            log.set_scroll_top(log.scroll_height());
        }
    };
    view! {
        <div class="log-frame">
            <div
                class="log"
                id=ID
                role="log"
                aria-label="Messages"
                aria-live=move || if quiet.get() { "off" } else { "polite" }
                aria-relevant="additions"
                tabindex="0"
                node_ref=log
            >
                <div class="log-in">
                    {beginning(state)}
                    <div class="rows" node_ref=rows>{list(state)}</div>
                    {newest(state)}
                </div>
            </div>
            {move || {
                let fresh = state.fresh.get();
                (fresh > 0).then(|| view! {
                    <button class="button to-end" type="button" on:click=to_end>
                        {words::new_messages(fresh)}
                        {icon(icons::DOWN)}
                    </button>
                })
            }}
        </div>
    }
}

/// The rows, each with a cell of its own: a row that changes is changed in place, so that no
/// selection, focus or hover in it is lost and nothing is read out twice.
fn list(state: HouseState) -> impl IntoView {
    let cells = StoredValue::new(HashMap::<String, RwSignal<Option<Row>>>::new());
    Effect::new(move |_| {
        state.rows.with(|rows| {
            cells.with_value(|cells| {
                for (key, row) in rows {
                    if let Some(cell) = cells.get(key)
                        && cell.with_untracked(|old| old.as_ref() != Some(row))
                    {
                        cell.set(Some(row.clone()));
                    }
                }
            });
        });
    });
    let keys =
        move || state.rows.with(|rows| rows.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>());
    let child = move |key: String| {
        let row = state.rows.with_untracked(|rows| {
            rows.iter().find(|(other, _)| *other == key).map(|(_, row)| row.clone())
        });
        let cell = RwSignal::new(row);
        cells.update_value(|cells| {
            cells.insert(key.clone(), cell);
        });
        let gone = key.clone();
        on_cleanup(move || {
            cells.try_update_value(|cells| {
                // A row that left and came back has a new cell by now.
                if cells.get(&gone) == Some(&cell) {
                    cells.remove(&gone);
                }
            });
        });
        move || cell.get().map(|row| message::row(&key, row, state.act))
    };
    view! { <For each=keys key=String::clone children=child/> }
}

/// What stands above the oldest row. It keeps its height, so that loading moves nothing.
fn beginning(state: HouseState) -> impl IntoView {
    let shown = move || match state.older.get() {
        Older::More => {
            let before = state.plain.with_value(|plain| plain.oldest).unwrap_or_default();
            let href = format!("{}?before={before}", urls::page(&state.place.get()));
            view! { <a class="link asleep-only" href=href>"Older messages"</a> }.into_any()
        }
        Older::Loading => view! { <span>"Loading older messages…"</span> }.into_any(),
        Older::Beginning => {
            let empty = state.rows.with(Vec::is_empty);
            let house = empty.then(|| facade(state.online.with(|online| online.count)));
            let words = match (state.place.get(), empty) {
                (Target::Person(name), true) => {
                    format!("Between you and {name}. Nobody has said anything yet.")
                }
                (Target::Person(name), false) => format!("Between you and {name}, from the start."),
                (place, true) => {
                    format!("Nobody has said anything in {} yet. Begin.", place.name())
                }
                (place, false) => format!("This is the beginning of {}.", place.name()),
            };
            view! { {house} <span dir="auto">{words}</span> }.into_any()
        }
    };
    view! { <div class="beginning">{shown}</div> }
}

/// The way back from an older page, where there is no script.
fn newest(state: HouseState) -> impl IntoView {
    move || {
        state.before.get().map(|_| {
            let href = urls::page(&state.place.get());
            view! { <p class="newest"><a class="link" href=href>"Newest messages"</a></p> }
        })
    }
}

/// Whether additions are loaded history, or another room: then they are not read out.
fn quiet(state: HouseState) -> RwSignal<bool> {
    let quiet = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    {
        /// After it, what was loaded is in the page and has passed by the screen reader.
        const PASSED: std::time::Duration = std::time::Duration::from_millis(500);
        Effect::new(move |before: Option<(Target, bool)>| {
            let now = (state.place.get(), state.older.get() == Older::Loading);
            let moved = before.as_ref().is_some_and(|(place, _)| *place != now.0);
            let loaded = before.is_some_and(|(_, loading)| loading) && !now.1;
            if now.1 || moved {
                quiet.set(true);
            }
            if (moved && !now.1) || loaded {
                set_timeout(move || quiet.set(false), PASSED);
            }
            now
        });
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = state;
    quiet
}
