//! Light or dark, and keys of one letter: what is chosen holds at once. The form itself is sent as
//! ever, by the panel or by the browser.

use super::browser;
use crate::pages::Theme;
use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, SubmitEvent};

/// Begins to listen.
pub fn wake() {
    browser::on_document("submit", |event| {
        chosen(&event);
    });
}

fn chosen(event: &Event) -> Option<()> {
    let submit: &SubmitEvent = event.dyn_ref()?;
    let form: Element = submit.target()?.dyn_into().ok()?;
    let button = submit.submitter()?;
    if !form.has_attribute("data-look") {
        return None;
    }
    let root = document().document_element()?;
    let value = button.get_attribute("value")?;
    match button.get_attribute("name")?.as_str() {
        "theme" => {
            let theme = Theme::from_code(&value)?;
            set(&root, "data-theme", theme.code());
            let metas = document().query_selector_all("meta[name=theme-color]").ok()?;
            for (at, colour) in theme.bars().into_iter().enumerate() {
                if let Some(meta) = metas.item(at as u32).and_then(|it| it.dyn_into().ok()) {
                    set(&meta, "content", colour);
                }
            }
        }
        "letters" => set(&root, "data-letters", &value),
        "enter" => set(&root, "data-enter", &value),
        _ => {}
    }
    Some(())
}

/// An attribute that every element may have: it cannot fail.
fn set(element: &Element, name: &str, value: &str) {
    let _ = element.set_attribute(name, value);
}
