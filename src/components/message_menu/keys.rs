//! Going through the messages and their menu by keyboard.

use super::{Made, Menu, Shown, focus};
use crate::components::picker;
use leptos::{
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, HtmlElement, KeyboardEvent},
};
use std::rc::Rc;

impl Menu {
    pub(super) fn key(self: &Rc<Self>, key: &KeyboardEvent, target: &Element) {
        if key.ctrl_key() || key.alt_key() || key.meta_key() || key.is_composing() {
            return;
        }
        if self.is_open() {
            self.key_in_dialog(key, target);
            return;
        }
        let row = self.row_of(target);
        let on_row = row.as_ref() == Some(target);
        let to = match &*key.key() {
            "ArrowUp" => row.map_or_else(|| self.last_in_view(), |row| beside(&row, false)),
            "ArrowDown" => row.map_or_else(|| self.last_in_view(), |row| beside(&row, true)),
            "Enter" | "m" if on_row => {
                key.prevent_default();
                self.open(target, Shown::Menu);
                return;
            }
            "Escape" if self.log.contains(Some(target)) => document().get_element_by_id("message"),
            _ => return,
        };
        if let Some(to) = to {
            key.prevent_default();
            focus(&to);
        }
    }

    fn key_in_dialog(&self, key: &KeyboardEvent, target: &Element) {
        let field = target.tag_name() == "INPUT";
        if field && key.key() == "Enter" {
            key.prevent_default();
            let first =
                self.made().and_then(|it| it.dialog.query_selector(".emoji button").ok()?);
            if let Some(first) = first.and_then(|first| first.dyn_into::<HtmlElement>().ok()) {
                first.click();
            }
            return;
        }
        let (step, across) = match &*key.key() {
            "ArrowDown" => (1, false),
            "ArrowUp" => (-1, false),
            "ArrowRight" => (1, true),
            "ArrowLeft" => (-1, true),
            _ => return,
        };
        if field && across {
            return;
        }
        let grid = target.closest(".emoji").ok().flatten().is_some();
        let step = if grid && !across { step * picker::ACROSS } else { step };
        let Some(Made { dialog, .. }) = self.made() else { return };
        let Ok(all) = dialog.query_selector_all("input, button, a") else { return };
        let at = (0..all.length()).find(|at| all.item(*at).as_ref() == Some(target.as_ref()));
        let count = all.length() as i32;
        let Some(at) = at.map(|at| at as i32).filter(|_| count > 0) else { return };
        // A menu is a ring, a list of emoji ends.
        let next =
            if grid { (at + step).clamp(0, count - 1) } else { (at + step).rem_euclid(count) };
        key.prevent_default();
        if let Some(next) = all.item(next as u32).and_then(|it| it.dyn_into::<Element>().ok()) {
            focus(&next);
        }
    }

    /// The newest message of which something can be seen.
    fn last_in_view(&self) -> Option<Element> {
        let end = self.frame.get_bounding_client_rect().bottom();
        let rows = self.log.query_selector_all("article[id]").ok()?;
        (0..rows.length()).rev().find_map(|at| {
            let row = rows.item(at)?.dyn_into::<Element>().ok()?;
            (row.get_bounding_client_rect().top() < end).then_some(row)
        })
    }
}

/// The message above or below.
fn beside(row: &Element, below: bool) -> Option<Element> {
    let next = |row: &Element| {
        if below { row.next_element_sibling() } else { row.previous_element_sibling() }
    };
    let mut other = next(row);
    while let Some(row) = other.take_if(|row| row.tag_name() != "ARTICLE" || row.id().is_empty()) {
        other = next(&row);
    }
    other
}
