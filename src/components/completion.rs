//! The list of what could be meant, above the text that is being written. The focus stays in the
//! text; the list is told to screen readers by `aria-activedescendant`.

use super::{
    live::live,
    tree::{Grown, Out},
};
use crate::{
    client::{
        Act, HouseState, Row,
        completion::{self, COMMANDS, Completion, HELP, Key, Kind, Offer, Wanted},
        house::Mode,
        signal::Signal,
    },
    protocol::Target,
    words::{Word, words},
};
use leptos::{ev, html, prelude::*, wasm_bindgen::JsCast, web_sys::HtmlElement};

/// The list's id.
pub const ID: &str = "completion";

/// The list's handle. `Copy`: signals are handles.
#[derive(Clone, Copy)]
pub struct Completing {
    state: HouseState,
    list: Signal<Completion>,
    area: NodeRef<html::Textarea>,
}

impl Completing {
    /// A closed list for a box.
    pub fn new(state: HouseState, area: NodeRef<html::Textarea>) -> Self {
        Self { state, list: Signal::new(Completion::default()), area }
    }

    /// The id of what is pointed at, while the list is open.
    pub fn active(self) -> Option<String> {
        self.list.with(|list| list.open().map(|open| id(open.at)))
    }

    /// The text or the cursor has changed.
    pub fn look(self) {
        let Some(area) = self.area.get_untracked() else { return };
        let text = area.value();
        let wanted = area
            .selection_start()
            .ok()
            .flatten()
            .filter(|start| area.selection_end().ok().flatten() == Some(*start))
            .and_then(|cursor| completion::wanted(&text, byte_at(&text, cursor)));
        let offers = wanted.as_ref().map(|wanted| self.offers(wanted)).unwrap_or_default();
        let open = self.list.with_untracked(|list| list.open().is_some());
        if wanted.is_some() || open {
            self.list.update(|list| list.written(wanted, offers));
        }
    }

    /// A key of the list; whether it was one.
    pub fn key(self, key: &str) -> bool {
        let key = match key {
            "ArrowUp" => Key::Up,
            "ArrowDown" => Key::Down,
            "Enter" | "Tab" => Key::Take,
            "Escape" => Key::Close,
            _ => return false,
        };
        if self.list.with_untracked(|list| list.open().is_none()) {
            return false;
        }
        let taken = self.list.try_update(|list| list.key(key)).flatten();
        if let Some(Some((wanted, offer))) = &taken {
            self.put_in(wanted, offer);
        }
        taken.is_some()
    }

    /// Nobody is writing any more.
    pub fn close(self) {
        if self.list.with_untracked(|list| list.open().is_some()) {
            self.list.update(|list| list.written(None, Vec::new()));
        }
    }

    fn offers(self, wanted: &Wanted) -> Vec<Offer> {
        let state = self.state;
        match wanted.kind {
            Kind::Command => completion::offers(wanted, COMMANDS.into_iter()),
            #[cfg(feature = "hydrate")]
            Kind::Emoji => {
                let list = super::picker::list(move || self.look());
                completion::offers(wanted, list.unwrap_or_default().lines())
            }
            #[cfg(not(feature = "hydrate"))]
            Kind::Emoji => Vec::new(),
            Kind::Room => {
                #[cfg(feature = "hydrate")]
                let others = super::house_rooms::named(&wanted.typed, move || self.look());
                #[cfg(not(feature = "hydrate"))]
                let others: Vec<String> = Vec::new();
                state.side.with_untracked(|side| {
                    let mine = side.rooms.iter().map(|line| line.to.name());
                    completion::offers(wanted, mine.chain(others.iter().map(String::as_str)))
                })
            }
            Kind::Person => state.online.with_untracked(|online| {
                state.side.with_untracked(|side| {
                    state.rows.with_untracked(|rows| {
                        let authors = rows.iter().rev().filter_map(|(_, row)| match row {
                            Row::Said(said) => Some(said.author.as_str()),
                            _ => None,
                        });
                        let here = online.users.iter().flatten().map(String::as_str);
                        let talks = side.people.iter().map(|line| line.to.name());
                        let other = state.place.with_untracked(|place| match place {
                            Target::Person(name) => Some(name.clone()),
                            _ => None,
                        });
                        let all = authors.chain(here).chain(talks).chain(other.as_deref());
                        completion::offers(wanted, all)
                    })
                })
            }),
        }
    }

    /// Puts what was taken in the place of the word, as one step that can be taken back.
    fn put_in(self, wanted: &Wanted, offer: &Offer) {
        let Some(area) = self.area.get_untracked() else { return };
        let text = area.value();
        let cursor = area.selection_start().ok().flatten().unwrap_or_default();
        // What needs no more words is not put in but done, unless other words stand there or a
        // message is being changed.
        if offer.name == HELP
            && wanted.kind == Kind::Command
            && text.len() == 1 + wanted.typed.len()
            && self.state.mode.with_untracked(|mode| !matches!(mode, Mode::Editing { .. }))
        {
            return self.state.act.run(Act::Say(offer.text.clone()));
        }
        let from = text[..wanted.from].encode_utf16().count() as u32;
        let _ = area.set_selection_range(from, cursor);
        #[cfg(feature = "hydrate")]
        {
            let done = document().dyn_into::<web_sys::HtmlDocument>().ok().and_then(|page| {
                page.exec_command_with_show_ui_and_value("insertText", false, &offer.text).ok()
            });
            if done == Some(true) {
                return;
            }
        }
        // Where the browser does not know that, it is put in all the same.
        let mut whole = text[..wanted.from].to_owned();
        whole.push_str(&offer.text);
        whole.push_str(&text[byte_at(&text, cursor)..]);
        self.state.draft.set(whole);
    }
}

/// Where a cursor stands, in bytes: browsers count units of UTF-16.
fn byte_at(text: &str, units: u32) -> usize {
    let mut left = units as usize;
    let past = |(_, c): &(usize, char)| {
        let stop = left == 0;
        left = left.saturating_sub(c.len_utf16());
        stop
    };
    text.char_indices().find(past).map_or(text.len(), |(at, _)| at)
}

fn id(at: usize) -> String {
    format!("{ID}-{at}")
}

/// The list.
pub fn completion(it: Completing) -> impl IntoView {
    let w = words();
    let closed = live(move || it.list.with(|list| list.open().is_none()));
    let hint = move |kind, name: &str| match kind {
        Kind::Command => w.say(completion::hint(name)),
        _ => "",
    };
    let options = Grown::new(move || {
        let mut out = Out::default();
        it.list.with(|list| {
            let Some(open) = list.open() else { return };
            let kind = open.wanted.kind;
            let sign = match kind {
                Kind::Person => "@",
                Kind::Room => "#",
                Kind::Command => "/",
                Kind::Emoji => "",
            };
            for (at, offer) in open.offers.iter().enumerate() {
                let selected = if at == open.at { "true" } else { "false" };
                out.open(
                    "li",
                    &[
                        ("role", "option"),
                        ("id", &id(at)),
                        ("aria-selected", selected),
                        ("data-at", &at.to_string()),
                    ],
                );
                out.words(sign);
                out.leaf("bdi", &[], &offer.name);
                out.words(" ");
                out.leaf("span", &[("class", "hint")], hint(kind, &offer.name));
                out.close();
            }
        });
        out.trees()
    });
    let count = move || {
        let count = it.list.with(|list| list.open().map_or(0, |open| open.offers.len()));
        if count == 0 { String::new() } else { w.count(Word::Suggestions, count as i64) }
    };
    // The focus stays in the text.
    let press = move |ev: ev::MouseEvent| {
        ev.prevent_default();
        let pressed = ev
            .target()
            .and_then(|target| target.dyn_into::<HtmlElement>().ok())
            .and_then(|element| element.closest("[data-at]").ok().flatten())
            .and_then(|option| option.get_attribute("data-at")?.parse().ok());
        if let Some(at) = pressed
            && let Some(Some((wanted, offer))) = it.list.try_update(|list| list.take(at))
        {
            it.put_in(&wanted, &offer);
        }
    };
    view! {
        <ul
            class="completion"
            id=ID
            role="listbox"
            aria-label=w.say(Word::SuggestionsHere)
            hidden=closed
            on:mousedown=press
            inner_html=options
        ></ul>
        <span class="sr" role="status">{live(count)}</span>
    }
}

#[cfg(test)]
mod tests {
    use super::byte_at;

    #[test]
    fn cursors_are_counted_in_units_of_utf_16() {
        let text = "a😀é小b";
        let at = |units| &text[byte_at(text, units)..];
        assert_eq!(
            [at(0), at(1), at(3), at(4), at(5), at(6), at(60)],
            ["a😀é小b", "😀é小b", "é小b", "小b", "b", "", ""]
        );
    }
}
