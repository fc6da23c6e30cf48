//! Keys that work wherever one is, and the list that one jumps from.

use super::{browser, index, panel};
use crate::{
    client::shortcuts::{Line, Press, Shortcut, step},
    components::ids::{JUMP_FIELD, JUMP_LIST},
    protocol::urls,
};
use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, HtmlInputElement, KeyboardEvent, NodeList};

/// Begins to listen.
pub fn wake() {
    browser::on_document("keydown", pressed);
    browser::on_document("input", |event| {
        if let Some(field) = jump_field(&event) {
            let found = |name: &str| format!("{}?name={}", urls::JUMP, urls::encode(name.trim()));
            index::look_soon(field, found, &[JUMP_LIST], || select(0));
        }
    });
}

fn jump_field(event: &Event) -> Option<HtmlInputElement> {
    let field: HtmlInputElement = event.target()?.dyn_into().ok()?;
    (field.id() == JUMP_FIELD).then_some(field)
}

fn pressed(event: Event) {
    if event.default_prevented() {
        return;
    }
    let in_jump = jump_field(&event).is_some();
    let Ok(key) = event.dyn_into::<KeyboardEvent>() else { return };
    if in_jump && !key.is_composing() && choose(&key.key()) {
        key.prevent_default();
        return;
    }
    let root = document().document_element();
    let letters = root.and_then(|root| root.get_attribute("data-letters"));
    let name = key.key();
    let press = Press {
        key: &name,
        command: key.ctrl_key() || key.meta_key(),
        alt: key.alt_key(),
        shift: key.shift_key(),
        typing: types(&key),
        composing: key.is_composing(),
        letters_off: letters.as_deref() == Some("off"),
    };
    let Some(shortcut) = press.meaning() else { return };
    // Beneath an open panel nothing moves.
    if matches!(shortcut, Shortcut::Step { .. }) && panel::is_open() {
        return;
    }
    key.prevent_default();
    match shortcut {
        Shortcut::Jump => panel::ask(urls::JUMP.to_owned(), None),
        Shortcut::Help => panel::ask(urls::HELP.to_owned(), None),
        Shortcut::Step { down, unread } => go(down, unread),
    }
}

/// Whether the key went into a field.
fn types(key: &KeyboardEvent) -> bool {
    let target = key.target().and_then(|target| target.dyn_into::<Element>().ok());
    target
        .is_some_and(|it| it.matches("input, textarea, select, [contenteditable]").unwrap_or(true))
}

fn all(selector: &str) -> Vec<Element> {
    let found: Option<NodeList> = document().query_selector_all(selector).ok();
    let found = found.iter().flat_map(|list| (0..list.length()).map(|at| list.item(at)));
    found.flatten().filter_map(|node| node.dyn_into().ok()).collect()
}

/// To another line of the side column, as a click on it would.
fn go(down: bool, unread: bool) {
    let links = all("#rooms a[data-go]");
    let line = |link: &Element| Line {
        current: link.has_attribute("aria-current"),
        unread: link.query_selector(".count").ok().flatten().is_some(),
    };
    let lines: Vec<Line> = links.iter().map(line).collect();
    if let Some(at) = step(&lines, down, unread)
        && let Some(link) = links[at].dyn_ref::<HtmlElement>()
    {
        link.click();
    }
}

fn options() -> Vec<Element> {
    all("#jump-list [role=option]")
}

/// Which of the list is chosen; says so to those who hear it.
fn select(at: usize) {
    let options = options();
    for (other, option) in options.iter().enumerate() {
        // None of these can fail.
        let _ = option.set_attribute("aria-selected", if other == at { "true" } else { "false" });
    }
    let Some(field) = document().get_element_by_id(JUMP_FIELD) else { return };
    let _ = match options.get(at) {
        Some(option) => {
            option.scroll_into_view_with_bool(false);
            field.set_attribute("aria-activedescendant", &option.id())
        }
        None => field.remove_attribute("aria-activedescendant"),
    };
}

/// What a key does in the field: up, down, and Enter. Says whether it did anything.
fn choose(key: &str) -> bool {
    let options = options();
    let count = options.len();
    let chosen =
        |option: &Element| option.get_attribute("aria-selected").as_deref() == Some("true");
    let at = options.iter().position(chosen).unwrap_or(0);
    match key {
        "ArrowDown" if count > 0 => select((at + 1) % count),
        "ArrowUp" if count > 0 => select((at + count - 1) % count),
        "Enter" => {
            if let Some(option) = options.get(at).and_then(|it| it.dyn_ref::<HtmlElement>()) {
                option.click();
            }
        }
        _ => return false,
    }
    true
}
