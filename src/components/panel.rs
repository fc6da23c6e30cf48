//! The dialog that shows a page beside what is on the screen. It stands empty in every page that
//! has the program; `client::shell` fills it. All its words come from the server.

#[cfg(feature = "ssr")]
use super::icons::{self, icon};
#[cfg(feature = "ssr")]
use crate::words::{Word, words};
#[cfg(feature = "ssr")]
use leptos::prelude::*;
use leptos::{ev, wasm_bindgen::JsCast, web_sys::Element};

/// The dialog's id.
pub const ID: &str = "panel";
/// Where the page's content goes.
pub const BODY: &str = "panel-body";
/// What is shown when an answer could not be had…
pub const TROUBLE: &str = "panel-trouble";
/// …and the link in it that asks once more, where nothing was filled in.
pub const AGAIN: &str = "panel-again";

/// The empty dialog.
#[cfg(feature = "ssr")]
pub fn dialog() -> impl IntoView {
    let w = words();
    view! {
        <dialog class="sheet" id=ID>
            <form class="sheet-top" method="dialog">
                <button class="icon-button" aria-label=w.say(Word::Close) title=w.say(Word::Close)>
                    {icon(icons::CLOSE)}
                </button>
            </form>
            <div class="notice alarm" id=TROUBLE role="alert" hidden=true>
                {w.say(Word::PanelUnreached)} " "
                <a class="link" id=AGAIN data-panel="">{w.say(Word::TryAgain)}</a>
            </div>
            <div class="sheet-body" id=BODY></div>
        </dialog>
    }
}

/// The element of this kind that was clicked plainly: any other click on it is the browser's.
pub fn plain_click(ev: &ev::MouseEvent, selector: &str) -> Option<Element> {
    let modified = ev.ctrl_key() || ev.meta_key() || ev.shift_key() || ev.alt_key();
    if ev.default_prevented() || ev.button() != 0 || modified {
        return None;
    }
    ev.target()?.dyn_into::<Element>().ok()?.closest(selector).ok()?
}
