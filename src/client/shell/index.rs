//! The room index: the list follows the typing. What it shows is taken out of the page that the
//! plain form leads to, so that the index is rendered in one place, on the server.

use super::browser;
use crate::{
    components::{
        awake,
        ids::{FIELD, FOLLOWS, REFUSED},
    },
    protocol::{limits::ROOM_NAME, urls},
};
use gloo_timers::callback::Timeout;
use leptos::prelude::{document, window};
use std::cell::RefCell;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Document, DomParser, Element, HtmlInputElement, Response, SupportedType};

/// Long enough that a word is one question, short enough to feel at once.
pub const PAUSE_MS: u32 = 120;

thread_local! {
    /// The pause after the last key, while it lasts.
    static PAUSE: RefCell<Option<Timeout>> = const { RefCell::new(None) };
}

/// Wakes the index, where the page is one.
pub fn wake() {
    let Some(field) = document().get_element_by_id(FIELD) else { return };
    let Ok(field) = field.dyn_into::<HtmlInputElement>() else { return };
    let typing = field.clone();
    browser::on(field.as_ref(), "input", Box::new(move |_| typed(&typing)));
    browser::localise("#index time");
    awake::tell();
}

fn typed(field: &HtmlInputElement) {
    if let Some(refused) = document().get_element_by_id(REFUSED) {
        // The worst that can happen is that an old refusal stays.
        let _ = refused.set_attribute("hidden", "");
        let _ = field.remove_attribute("aria-invalid");
    }
    let found = |name: &str| format!("{}?name={}", urls::INDEX, urls::encode(name.trim()));
    look_soon(PAUSE_MS, field.clone(), found, |_, page| {
        // A page that cannot be had leaves the list as it is: the form still works.
        if let Some(page) = page {
            take_over(&page, &FOLLOWS);
            browser::localise("#index time");
        }
    });
}

/// Once nobody has typed for this long: hands on the page that what is in the field leads to, if it
/// can be had.
pub fn look_soon(
    pause: u32,
    field: HtmlInputElement,
    address: fn(&str) -> String,
    came: fn(&str, Option<Document>),
) {
    let look = move || {
        spawn_local(async move {
            let name = field.value();
            if name.chars().count() > ROOM_NAME {
                return;
            }
            let page = load(&address(&name)).await.ok();
            if field.value() == name {
                came(&name, page);
            }
        });
    };
    PAUSE.set(Some(Timeout::new(pause, look)));
}

/// The page at this address.
async fn load(address: &str) -> Result<Document, JsValue> {
    let answer = JsFuture::from(window().fetch_with_str(address)).await?;
    let text = JsFuture::from(answer.dyn_into::<Response>()?.text()?).await?;
    DomParser::new()?
        .parse_from_string(&text.as_string().unwrap_or_default(), SupportedType::TextHtml)
}

fn take_over(page: &Document, parts: &[&str]) {
    let both = |id| -> Option<(Element, Element)> {
        Some((document().get_element_by_id(id)?, page.get_element_by_id(id)?))
    };
    for (old, new) in parts.iter().copied().filter_map(both) {
        // Where it is refused, the old one stays.
        let _ = old.replace_with_with_node_1(&new);
    }
}
