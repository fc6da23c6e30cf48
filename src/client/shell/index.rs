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
const PAUSE_MS: u32 = 120;

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
    awake::tell();
}

fn typed(field: &HtmlInputElement) {
    if let Some(refused) = document().get_element_by_id(REFUSED) {
        // The worst that can happen is that an old refusal stays.
        let _ = refused.set_attribute("hidden", "");
        let _ = field.remove_attribute("aria-invalid");
    }
    let found = |name: &str| format!("{}?name={}", urls::INDEX, urls::encode(name.trim()));
    look_soon(field.clone(), found, &FOLLOWS, || ());
}

/// Once nobody has typed for a moment: takes these parts out of the page that what is in the field
/// leads to.
pub fn look_soon(
    field: HtmlInputElement,
    address: fn(&str) -> String,
    parts: &'static [&'static str],
    then: fn(),
) {
    let look = move || {
        spawn_local(async move {
            let name = field.value();
            if name.chars().count() > ROOM_NAME {
                return;
            }
            // A page that cannot be had leaves the list as it is: the form still works.
            if let Ok(page) = load(&address(&name)).await
                && field.value() == name
            {
                take_over(&page, parts);
                then();
            }
        });
    };
    PAUSE.set(Some(Timeout::new(PAUSE_MS, look)));
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
