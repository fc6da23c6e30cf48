//! Keys that work wherever one is, and the list that one jumps from.

use super::{
    browser::{self, all},
    index, panel,
};
use crate::{
    client::{
        letters::small,
        shortcuts::{Line, Press, Shortcut, step},
    },
    components::ids::{JUMP_FIELD, JUMP_FRAME, JUMP_LIST, JUMP_SAYS},
    protocol::urls,
};
use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, HtmlInputElement, KeyboardEvent};

/// Begins to listen.
pub fn wake() {
    browser::on_document("keydown", pressed);
    browser::on_document("input", |event| {
        if let Some(field) = jump_field(&event) {
            look(field, index::PAUSE_MS);
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
        Shortcut::Jump => jump(),
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

/// The list that one jumps from: what the page itself knows is in it at once, without the house.
fn jump() {
    if let Some(frame) = by_id(JUMP_FRAME) {
        panel::show_held(&frame.inner_html());
    }
    if let Some(field) = by_id(JUMP_FIELD).and_then(|field| field.dyn_into().ok()) {
        look(field, 0);
    }
}

/// Fills the list with what goes with the field, and after a pause asks the house for the rest.
fn look(field: HtmlInputElement, pause: u32) {
    fill(&field.value(), &[]);
    say("");
    select(0);
    let found = |name: &str| format!("{}?name={}", urls::JUMP, urls::encode(name.trim()));
    index::look_soon(pause, field, found, |name, page| {
        let Some(page) = page else { return say("data-alone") };
        let at = options().iter().position(chosen).unwrap_or(0);
        fill(name, &all(&page, "#jump-list a"));
        select(at);
        say(if options().is_empty() { "data-nothing" } else { "" });
    });
}

/// The lines of the columns and those of the list that hold what was typed, in this order, and then
/// `more`; no place twice. What was there stays where it was.
fn fill(typed: &str, more: &[Element]) {
    let typed = small(typed.trim());
    let mut known =
        all(&document(), "#rooms a[data-go],#people a[data-go],ul.rooms a,#jump-list a");
    known.retain(|line| {
        let name = line.query_selector("bdi").ok().flatten().and_then(|name| name.text_content());
        name.is_some_and(|name| small(&name).contains(&typed))
    });
    let (mut html, mut at) = (String::new(), 0);
    for line in known.iter().chain(more) {
        let href = ["href=\"", &line.get_attribute("href").unwrap_or_default(), "\""].concat();
        if html.contains(&href) {
            continue;
        }
        // An address is percent-encoded, and the rest is of this page or of the house.
        for part in [
            "<li role=presentation><a role=option tabindex=-1 id=jump-",
            &at.to_string(),
            " ",
            &href,
            ">",
            &line.inner_html(),
            "</a></li>",
        ] {
            html.push_str(part);
        }
        at += 1;
    }
    if let Some(list) = by_id(JUMP_LIST) {
        list.set_inner_html(&html);
    }
}

/// Says below the list what stands in this attribute.
fn say(attribute: &str) {
    if let Some(says) = by_id(JUMP_SAYS) {
        says.set_text_content(says.get_attribute(attribute).as_deref());
    }
}

fn by_id(id: &str) -> Option<Element> {
    document().get_element_by_id(id)
}

/// To another line of the side column, as a click on it would.
fn go(down: bool, unread: bool) {
    let links = all(&document(), "#rooms a[data-go]");
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
    all(&document(), "#jump-list a")
}

fn chosen(option: &Element) -> bool {
    option.get_attribute("aria-selected").as_deref() == Some("true")
}

/// Which of the list is chosen; says so to those who hear it.
fn select(at: usize) {
    let options = options();
    for (other, option) in options.iter().enumerate() {
        // None of these can fail.
        let _ = option.set_attribute("aria-selected", if other == at { "true" } else { "false" });
    }
    let Some(field) = by_id(JUMP_FIELD) else { return };
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
