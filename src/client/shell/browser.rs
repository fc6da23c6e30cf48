//! The browser calls, each made safe where a browser may refuse it (no storage in private windows,
//! no element, no permission).

use crate::client::{Moment, rows::Zone};
use crate::components::{ids::LEAVES, timeline, told, words};
use crate::protocol::{At, json, urls};
use leptos::prelude::{document, window};
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{
    Document, Element, Event, EventTarget, HtmlElement, Storage, StorageEvent, VisibilityState,
};

/// The element to wake and the data that it was rendered from, where the page has them.
pub fn page_data<T: DeserializeOwned>(element: &str, data: &str) -> Option<(HtmlElement, T)> {
    let page = document();
    let element = page.get_element_by_id(element)?.dyn_into().ok()?;
    let text = page.get_element_by_id(data)?.text_content()?;
    Some((element, json::read(&text)?))
}

/// Now, with fresh dice.
pub fn moment() -> Moment {
    let window = window();
    let at = js_sys::Date::now();
    let ms = window.performance().map_or(at, |clock| clock.now());
    let mut dice = [0; 16];
    let rolled = window.crypto().and_then(|it| it.get_random_values_with_u8_array(&mut dice));
    if rolled.is_err() {
        for die in &mut dice {
            *die = (js_sys::Math::random() * 256.0) as u8;
        }
    }
    Moment { ms: ms as u64, at: At(at as i64), dice }
}

/// The reader's own time zone.
pub fn zone() -> Zone {
    Zone(|at| {
        let date = js_sys::Date::new(&JsValue::from_f64(at.0 as f64));
        -date.get_timezone_offset() as i32
    })
}

/// All elements of a document that match.
pub fn all(of: &Document, selector: &str) -> Vec<Element> {
    let found = of.query_selector_all(selector).ok();
    let found = found.iter().flat_map(|list| (0..list.length()).map(|at| list.item(at)));
    found.flatten().filter_map(|node| node.dyn_into().ok()).collect()
}

/// Times that the server wrote, on the reader's own clock.
pub fn localise(selector: &str) {
    for time in all(&document(), selector) {
        let at = time.get_attribute("datetime").and_then(|at| At::parse(&at));
        let Some(at) = at else { continue };
        let local = zone().local(at);
        let here = |said: Option<String>| match said? {
            said if said == words::moment(at) => Some(words::moment_of(at, local)),
            said if said == words::date(at) => Some(words::date(local)),
            _ => None,
        };
        if let Some(text) = here(time.text_content()) {
            time.set_text_content(Some(&text));
        }
        if let Some(title) = here(time.get_attribute("title")) {
            // An attribute that every element may have.
            let _ = time.set_attribute("title", &title);
        }
    }
}

/// Whether the page is in view.
pub fn is_visible() -> bool {
    document().visibility_state() == VisibilityState::Visible
}

/// What the address line says, without the host.
pub fn address() -> String {
    let location = window().location();
    location.pathname().unwrap_or_default() + &location.search().unwrap_or_default()
}

/// Where the socket is.
pub fn socket_url() -> String {
    let location = window().location();
    let scheme = location.protocol().unwrap_or_default();
    urls::socket(&scheme, &location.host().unwrap_or_default())
}

/// Puts an address into the address line; the one that is left remembers which message was read.
pub fn push(address: &str, read: Option<&str>) {
    if let Ok(history) = window().history() {
        let _ = history.replace_state(&read.map_or(JsValue::NULL, JsValue::from_str), "");
        let _ = history.push_state_with_url(&JsValue::NULL, "", Some(address));
    }
}

/// The message that was read where the address line leads back to.
pub fn left_at() -> Option<String> {
    window().history().ok()?.state().ok()?.as_string()
}

/// The message in the middle of the log.
pub fn being_read() -> Option<String> {
    let page = document();
    let log = page.get_element_by_id(timeline::ID)?.get_bounding_client_rect();
    let (x, y) = (log.x() + log.width() / 2.0, log.y() + log.height() / 2.0);
    // The very middle may be the line of a day, or a quiet one.
    let row = [0.0, 40.0, -40.0, 80.0, -80.0].into_iter().find_map(|off| {
        let seen = page.element_from_point(x as f32, (y + off) as f32)?;
        seen.closest("article[id]").ok()?
    })?;
    row.id().strip_prefix(&urls::anchor("")).map(str::to_owned)
}

/// Says outside of the page that messages wait: by a light in the tab's picture.
pub fn light(lit: bool) {
    if let Ok(Some(icon)) = document().query_selector("link[rel=icon]") {
        let _ = icon.set_attribute("href", if lit { urls::ICON_LIT } else { urls::ICON });
    }
}

/// Whether the service worker shows a page that it had kept (`public/sw.js`).
pub fn is_kept() -> bool {
    document().document_element().is_some_and(|root| root.has_attribute("data-kept"))
}

/// Of what was pushed, only those that are named so stay. One of the others that has the focus, seen to have it,
/// hands it on to the next, and the last to the composer.
pub fn hand_focus_on(stays: impl Fn(&str) -> bool) {
    let page = document();
    let named = |one: &Element| one.get_attribute(told::PUT_AWAY);
    let Some((focused, goes)) = page.active_element().and_then(|it| named(&it).map(|id| (it, id)))
    else {
        return;
    };
    if stays(&goes) || !focused.matches(":focus-visible").unwrap_or(false) {
        return;
    }
    let (mut next, mut passed) = (page.get_element_by_id("message"), false);
    for one in all(&page, ".told button") {
        match named(&one) {
            Some(id) if id == goes => passed = true,
            Some(id) if stays(&id) => {
                next = Some(one);
                if passed {
                    break;
                }
            }
            _ => {}
        }
    }
    if let Some(next) = next.and_then(|next| next.dyn_into::<HtmlElement>().ok()) {
        let _ = next.focus();
    }
}

/// Leaves for an address.
pub fn visit(address: &str) {
    let _ = window().location().assign(address);
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// The keys with this beginning.
fn keys(prefix: &str) -> Vec<String> {
    let Some(storage) = storage() else { return Vec::new() };
    (0..storage.length().unwrap_or(0))
        .filter_map(|at| storage.key(at).ok().flatten())
        .filter(|key| key.starts_with(prefix))
        .collect()
}

/// Everything that is stored under keys with this beginning.
pub fn stored(prefix: &str) -> Vec<String> {
    keys(prefix).iter().filter_map(|key| load(key)).collect()
}

/// Removes it.
pub fn forget_all(prefix: &str) {
    keys(prefix).iter().for_each(|key| forget(key));
}

/// Who logs out by sending this form, if that is what it does.
pub fn leaves(event: &Event) -> Option<String> {
    event.target()?.dyn_into::<Element>().ok()?.get_attribute(LEAVES)
}

/// The text that is stored under a key.
pub fn load(key: &str) -> Option<String> {
    storage()?.get_item(key).ok()?
}

/// Stores a text, where there is room.
pub fn store(key: &str, text: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(key, text);
    }
}

/// Removes a text.
pub fn forget(key: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(key);
    }
}

/// The key that another tab removed, if that is what happened.
pub fn removed_key(event: &Event) -> Option<String> {
    let event: &StorageEvent = event.dyn_ref()?;
    if event.new_value().is_some() {
        return None;
    }
    event.key()
}

/// Hears the window's events, for as long as the page lives.
pub fn on_window(name: &str, heard: impl FnMut(Event) + 'static) {
    on(window().as_ref(), name, Box::new(heard));
}

/// Hears the document's.
pub fn on_document(name: &str, heard: impl FnMut(Event) + 'static) {
    on(document().as_ref(), name, Box::new(heard));
}

/// Hears an element's.
pub fn on(target: &EventTarget, name: &str, heard: Box<dyn FnMut(Event)>) {
    let heard = Closure::wrap(heard).into_js_value();
    let _ = target.add_event_listener_with_callback(name, heard.unchecked_ref());
}
