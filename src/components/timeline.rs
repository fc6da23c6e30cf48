//! The log: rows from the oldest to the newest, older ones on the way up, and the way back down.

use super::{
    facade,
    icons::{self, icon},
    keeper::{Scrolled, UNKNOWN, note},
    live::{click, live},
    message,
    tree::{Grown, Out, Tree},
};
use crate::{
    client::{Act, HouseState, Row, house::Older, signal::Signal},
    protocol::{Target, urls},
    words::{Word, words},
};
use leptos::{html, prelude::*};
use std::sync::Arc;

/// The log's id, for whoever skips the side column.
pub const ID: &str = "log";
/// The id of what stands above its oldest row.
const BEGINNING: &str = "beginning";

/// The log and what floats above it.
pub fn timeline(state: HouseState) -> impl IntoView {
    let w = words();
    let (log, rows) = (NodeRef::<html::Div>::new(), NodeRef::<html::Div>::new());
    let scrolled = Scrolled::new(UNKNOWN.into());
    #[cfg(feature = "hydrate")]
    {
        super::keeper::keep(state, log, rows, scrolled.clone());
        super::message_menu::attend(state, log);
    }
    let quiet = quiet(state);
    let to_end = click(move || state.act.run(Act::ToEnd));
    let live_region = live(move || Some(if quiet.get() { "off" } else { "polite" }));
    let at_end = live(move || !state.away.get());
    let new = live(move || match state.fresh.get() {
        0 => w.say(Word::ToNewest).to_owned(),
        fresh => w.count(Word::NewMessages, fresh as i64),
    });
    view! {
        <div class="log-frame">
            <div
                class="log"
                id=ID
                role="log"
                aria-label=w.say(Word::Messages)
                aria-live=live_region
                aria-relevant="additions"
                tabindex="0"
                node_ref=log
            >
                <div class="log-in">
                    {beginning(state)}
                    {rows_of(state, rows, move || note(&scrolled, log))}
                    {newer(state)}
                </div>
            </div>
            <button class="button to-end" type="button" hidden=at_end on:click=to_end>
                {new}
                {icon(icons::DOWN)}
            </button>
        </div>
    }
}

/// Rows that the server rendered before and kept: what [`list`] gives for them, as HTML. Where it is
/// in the context, the log is rendered around it.
#[cfg(feature = "ssr")]
#[derive(Clone)]
pub struct KeptRows(pub std::sync::Arc<str>);

#[cfg(feature = "ssr")]
fn rows_of(state: HouseState, _: NodeRef<html::Div>, _: impl Fn()) -> impl IntoView {
    use leptos::either::Either;
    match use_context::<KeptRows>() {
        Some(KeptRows(html)) => Either::Left(view! { <div class="rows" inner_html=html></div> }),
        None => Either::Right(view! { <div class="rows" inner_html=list(state, || ())></div> }),
    }
}

#[cfg(not(feature = "ssr"))]
fn rows_of(
    state: HouseState,
    rows: NodeRef<html::Div>,
    before: impl Fn() + Send + 'static,
) -> impl IntoView {
    view! { <div class="rows" node_ref=rows inner_html=list(state, before)></div> }
}

/// The rows; `before` runs before they change. What was told of a row that has not changed is not told
/// again.
fn list(state: HouseState, before: impl Fn() + Send + 'static) -> Grown {
    let mut told = Vec::<(Row, Arc<Tree>)>::new();
    Grown::new(move || {
        before();
        state.rows.with(|rows| {
            let old = std::mem::take(&mut told);
            let mut from = 0;
            for (key, row) in rows {
                let mut places = (from..old.len()).chain(0..from);
                let same = |at: &usize| old[*at].1.key == *key && old[*at].0 == *row;
                let tree = match places.find(same) {
                    Some(at) => {
                        from = at + 1;
                        Arc::clone(&old[at].1)
                    }
                    None => message::row(key, row),
                };
                told.push((row.clone(), tree));
            }
            told.iter().map(|(_, tree)| Arc::clone(tree)).collect()
        })
    })
}

/// What stands above the oldest row. It keeps its height, so that loading moves nothing.
fn beginning(state: HouseState) -> impl IntoView {
    // For the page as the server rendered it: the program loads what is older by itself.
    let more = state.older.get_untracked() == Older::More;
    let before = state.fixed.with_value(|fixed| fixed.oldest).unwrap_or_default();
    let older = more.then(|| [&*page(state), "?before=", &before.to_string()].concat());
    let inside = Grown::told(move |out| {
        let w = words();
        if let Some(older) = &older {
            link("link asleep-only", older, Word::OlderMessages, out);
        }
        let (older, empty) = (state.older.get(), state.rows.with(Vec::is_empty));
        if older == Older::Beginning && empty {
            facade::put(state.online.with(|online| online.count), out);
        }
        let said = state.place.with(|place| match (older, place, empty) {
            (Older::More, ..) => String::new(),
            (Older::Loading, ..) => w.say(Word::LoadingOlder).to_owned(),
            (_, Target::Person(name), true) => w.with(Word::BetweenEmpty, &[name]),
            (_, Target::Person(name), false) => w.with(Word::BetweenStart, &[name]),
            (_, place, true) => w.with(Word::RoomEmpty, &[place.name()]),
            (_, place, false) => w.with(Word::RoomStart, &[place.name()]),
        });
        out.leaf("span", &[("dir", "auto")], &said);
    });
    view! { <div class="beginning" id=BEGINNING inner_html=inside></div> }
}

fn link(class: &str, address: &str, word: Word, out: &mut Out) {
    out.leaf("a", &[("class", class), ("href", address)], words().say(word));
}

/// The ways down from a page that is not the newest, where there is no script. The next page is read
/// from its beginning.
fn newer(state: HouseState) -> impl IntoView {
    let (newest, top) = state.fixed.with_value(|fixed| (fixed.newest, fixed.top));
    newest.map(|newest| {
        let newer = format!("{}?after={newest}#{BEGINNING}", page(state));
        let newest = format!("{}?before={}", page(state), top + 1);
        let mut out = Out::default();
        link("link", &newer, Word::NewerMessages, &mut out);
        link("link", &newest, Word::NewestMessages, &mut out);
        let inside = Grown::fixed(out.trees());
        view! { <p class="newer asleep-only" inner_html=inside></p> }
    })
}

/// The page as the server rendered it.
fn page(state: HouseState) -> String {
    state.place.with_untracked(urls::page)
}

/// Whether additions are loaded history, or another room: then they are not read out.
fn quiet(state: HouseState) -> Signal<bool> {
    let quiet = Signal::new(false);
    #[cfg(feature = "hydrate")]
    {
        /// After it, what was loaded is in the page and has passed by the screen reader.
        const PASSED: std::time::Duration = std::time::Duration::from_millis(500);
        let mut before = None::<(Target, bool)>;
        super::live::effect(move || {
            // What is below a page that is not the newest was said before, too.
            let loading = state.older.get() == Older::Loading || state.newer.get();
            let now = (state.place.get(), loading);
            let moved = before.as_ref().is_some_and(|(place, _)| *place != now.0);
            let loaded = before.as_ref().is_some_and(|(_, loading)| *loading) && !now.1;
            if now.1 || moved {
                quiet.set(true);
            }
            if (moved && !now.1) || loaded {
                set_timeout(move || quiet.set(false), PASSED);
            }
            before = Some(now);
        });
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = state;
    quiet
}
