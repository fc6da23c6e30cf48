//! What one does to a message: a small toolbar on the row under the pointer or the focus, and a menu.
//! There is one of each for the whole log, made when it is first wanted, and moved to the row that
//! wants it; rows have no listeners of their own.
//!
//! By keyboard: with the log focused, ↑ and ↓ go from message to message, Enter or `m` opens the menu,
//! Esc goes back to the composer. By finger: a long press, or the button on the row that was tapped.

mod keys;

use super::{
    icons,
    live::effect,
    picker, reactions,
    tree::{Grown, Out, Trees},
};
use crate::{
    client::{Act, HouseState, house::Choices, signal::Signal},
    words::{Word, words},
};
use leptos::{
    html,
    leptos_dom::helpers::TimeoutHandle,
    mount::mount_to,
    prelude::*,
    wasm_bindgen::{JsCast, closure::Closure},
    web_sys::{
        Element, Event, EventTarget, FocusEvent, HtmlDialogElement, HtmlElement, HtmlInputElement,
        HtmlTextAreaElement, PointerEvent,
    },
};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

/// The reactions that are one click away.
const QUICK: [&str; 4] = ["👍", "❤️", "😂", "🎉"];
/// A finger that rests so long wants the menu: what phones take for it.
const LONG_PRESS: Duration = Duration::from_millis(500);
/// "Copied" is shown for so long before the menu closes.
const COPIED: Duration = Duration::from_millis(700);
/// Between the menu and the window's edge, in pixels.
const EDGE: f64 = 8.0;
/// What the log's frame hears of.
const HEARD: [&str; 13] = [
    "pointerover",
    "pointerleave",
    "pointerdown",
    "pointerup",
    "pointercancel",
    "contextmenu",
    "focusin",
    "focusout",
    "keydown",
    "mousedown",
    "click",
    "close",
    "input",
];
const PLAIN: (&str, &str) = ("type", "button");
const BUTTON: (&str, &str) = ("class", "icon-button");

/// What the dialog shows.
#[derive(Clone, Copy, PartialEq)]
enum Shown {
    Menu,
    /// Whether to delete it.
    Sure,
    /// All emoji.
    Picker,
    /// That something was copied.
    Copied,
}

/// Begins once the log is in the page.
pub fn attend(state: HouseState, log: NodeRef<html::Div>) {
    effect(move || {
        let Some(log) = log.get() else { return };
        let Some(frame) = log.parent_element().and_then(|it| it.dyn_into::<HtmlElement>().ok())
        else {
            return;
        };
        let menu = Rc::new(Menu {
            state,
            log: log.into(),
            frame,
            made: RefCell::default(),
            on: RefCell::default(),
            pressed: Cell::default(),
            held: Cell::default(),
            shown: Signal::new(Shown::Menu),
            query: Signal::new(String::new()),
            had: Signal::new(true),
        });
        menu.clone().listen();
        effect(move || {
            // A row that moved without being scrolled, or is not there any more.
            state.rows.track();
            let gone = state.choices.with(Option::is_none);
            let menu = menu.clone();
            request_animation_frame(move || if gone { menu.put_away() } else { menu.place() });
        });
    });
}

/// The toolbar and the dialog, once they are in the page.
#[derive(Clone)]
struct Made {
    bar: HtmlElement,
    dialog: HtmlDialogElement,
}

struct Menu {
    state: HouseState,
    log: HtmlElement,
    frame: HtmlElement,
    made: RefCell<Option<Made>>,
    /// The row that has the toolbar.
    on: RefCell<Option<Element>>,
    /// A finger rests.
    pressed: Cell<Option<TimeoutHandle>>,
    /// It rested long enough, and has opened the menu.
    held: Cell<bool>,
    shown: Signal<Shown>,
    /// What is typed to find an emoji.
    query: Signal<String>,
    /// Whether the list of emoji could be had, as far as one knows.
    had: Signal<bool>,
}

impl Menu {
    fn listen(self: Rc<Self>) {
        let frame: EventTarget = self.frame.clone().into();
        let log: EventTarget = self.log.clone().into();
        let heard = Closure::<dyn Fn(Event)>::new(move |event: Event| self.heard(&event));
        let heard = heard.into_js_value();
        // Where one of these fails, what is done to messages is done without it.
        for name in HEARD {
            let capture = name == "close";
            let _ = frame.add_event_listener_with_callback_and_bool(
                name,
                heard.unchecked_ref(),
                // It does not bubble.
                capture,
            );
        }
        let _ = log.add_event_listener_with_callback("scroll", heard.unchecked_ref());
    }

    fn heard(self: &Rc<Self>, event: &Event) {
        let target = event.target().and_then(|it| it.dyn_into::<Element>().ok());
        let Some(target) = target else { return };
        let by = |kind: &str| {
            event.dyn_ref::<PointerEvent>().is_some_and(|event| event.pointer_type() == kind)
        };
        let row = || self.row_of(&target);
        match &*event.type_() {
            "pointerover" if by("mouse") && !self.is_open() => {
                if let Some(row) = row() {
                    self.point(&row);
                }
            }
            "pointerleave" if by("mouse") => self.leave(),
            "focusin" => {
                if let Some(row) = row() {
                    self.point(&row);
                }
            }
            "focusout" => {
                let next = event.dyn_ref::<FocusEvent>().and_then(FocusEvent::related_target);
                let next = next.and_then(|next| next.dyn_into::<Element>().ok());
                if !next.is_some_and(|next| self.frame.contains(Some(&next))) {
                    self.leave();
                }
            }
            "pointerdown" => {
                self.held.set(false);
                if by("touch")
                    && let Some(row) = row()
                {
                    self.press(row);
                }
            }
            "pointerup" | "pointercancel" => self.release(),
            "contextmenu" if by("touch") => {
                if let Some(row) = row() {
                    event.prevent_default();
                    self.release();
                    self.open(&row, Shown::Menu);
                }
            }
            "scroll" => self.place(),
            "keydown" => {
                if let Some(key) = event.dyn_ref() {
                    self.key(key, &target);
                }
            }
            // The focus stays where it was, as a rule in the composer.
            "mousedown" if target.closest(".acts, .chip").is_ok_and(|it| it.is_some()) => {
                event.prevent_default();
            }
            // The finger that opened the menu goes, and what came up beneath it is not meant.
            "click" if self.held.take() => {
                event.prevent_default();
                event.stop_propagation();
            }
            "click" => self.click(&target),
            "close" => self.closed(),
            "input" => {
                if let Some(field) = target.dyn_ref::<HtmlInputElement>() {
                    self.query.set(field.value());
                }
            }
            _ => {}
        }
    }

    /// The message that this is in.
    fn row_of(&self, target: &Element) -> Option<Element> {
        target.closest("article[id]").ok().flatten().filter(|row| self.log.contains(Some(row)))
    }

    fn made(&self) -> Option<Made> {
        self.made.borrow().clone()
    }

    fn is_open(&self) -> bool {
        self.made.borrow().as_ref().is_some_and(|made| made.dialog.open())
    }

    /// This row has the toolbar from now on, if there is anything to do with its message.
    fn point(&self, row: &Element) {
        let same = self.on.borrow().as_ref() == Some(row);
        if same && self.state.choices.with_untracked(Option::is_some) {
            return;
        }
        let id = row.id().strip_prefix("m-").map(str::to_owned);
        self.on.replace(Some(row.clone()));
        self.state.act.run(Act::Choose(id));
        if self.state.choices.with_untracked(Option::is_some) {
            self.make();
        }
        self.place();
    }

    /// Nothing is pointed at any more, unless the menu is open or the focus is in a row.
    fn leave(&self) {
        let focus = document().active_element();
        if !self.is_open() && focus.is_none_or(|focus| self.row_of(&focus).is_none()) {
            self.put_away();
        }
    }

    fn put_away(&self) {
        self.on.replace(None);
        if let Some(made) = self.made() {
            made.dialog.close();
            made.bar.set_hidden(true);
        }
        if self.state.choices.with_untracked(Option::is_some) {
            self.state.act.run(Act::Choose(None));
        }
    }

    /// Puts the toolbar where its row is.
    fn place(&self) {
        let Some(made) = self.made() else { return };
        let row = self.on.borrow().clone().filter(|row| row.is_connected());
        let seen = row.and_then(|row| {
            let (row, frame) =
                (row.get_bounding_client_rect(), self.frame.get_bounding_client_rect());
            let inside = row.bottom() > frame.top() && row.top() < frame.bottom();
            inside.then(|| (row.top() - frame.top()).max(0.0))
        });
        made.bar.set_hidden(seen.is_none());
        if let Some(top) = seen {
            set(&made.bar, "--y", top);
        }
    }

    fn press(self: &Rc<Self>, row: Element) {
        let menu = self.clone();
        let open = move || {
            menu.held.set(true);
            menu.open(&row, Shown::Menu);
        };
        let wait = set_timeout_with_handle(open, LONG_PRESS);
        if let Some(before) = self.pressed.replace(wait.ok()) {
            before.clear();
        }
    }

    fn release(&self) {
        if let Some(pressed) = self.pressed.take() {
            pressed.clear();
        }
    }

    fn open(self: &Rc<Self>, row: &Element, what: Shown) {
        self.point(row);
        let Some(Made { bar, dialog }) = self.made() else { return };
        if self.state.choices.with_untracked(Option::is_none) {
            return;
        }
        self.show(what);
        if dialog.open() || dialog.show_modal().is_err() {
            return;
        }
        let row = row.clone();
        // What it shows is in it by then; nothing was drawn yet.
        request_animation_frame(move || {
            let at = if bar.hidden() {
                row.get_bounding_client_rect()
            } else {
                bar.get_bounding_client_rect()
            };
            let size = dialog.get_bounding_client_rect();
            let most = |size: f64, length: Option<f64>| length.unwrap_or(size) - size - EDGE;
            let length =
                |it: Result<leptos::wasm_bindgen::JsValue, _>| it.ok().and_then(|it| it.as_f64());
            let across = most(size.width(), length(window().inner_width()));
            let down = most(size.height(), length(window().inner_height()));
            let below = at.bottom() + EDGE / 2.0;
            let top = if below <= down { below } else { at.top() - size.height() - EDGE / 2.0 };
            set(&dialog, "--x", (at.right() - size.width()).min(across).max(EDGE));
            set(&dialog, "--y", top.min(down).max(EDGE));
        });
    }

    /// The dialog shows this, and the focus goes to its first button or field.
    fn show(&self, what: Shown) {
        if what == Shown::Picker {
            let had = self.had;
            self.query.set(String::new());
            had.set(true);
            picker::load(move |done| had.set(done));
        }
        self.shown.set(what);
        let Some(Made { dialog, .. }) = self.made() else { return };
        request_animation_frame(move || {
            if let Ok(Some(first)) = dialog.query_selector("[autofocus], input, button") {
                focus(&first);
            }
        });
    }

    fn closed(&self) {
        let focused = document().active_element();
        if !focused.is_some_and(|focused| self.frame.contains(Some(&focused))) {
            self.put_away();
        }
    }

    fn click(self: &Rc<Self>, target: &Element) {
        if let Some(Made { dialog, .. }) = self.made()
            && dialog.is_same_node(Some(target))
        {
            // Beside it.
            dialog.close();
            return;
        }
        let Ok(Some(button)) = target.closest("[data-react], [data-do]") else { return };
        if let Some(row) = self.row_of(&button) {
            self.point(&row);
        }
        let Some(Choices { id, text, link, pinned, .. }) = self.state.choices.get_untracked()
        else {
            return;
        };
        if let Some(emoji) = button.get_attribute("data-react") {
            self.done();
            self.state.act.run(Act::React { id, emoji });
            return;
        }
        let row = || self.on.borrow().clone();
        let act = match &*button.get_attribute("data-do").unwrap_or_default() {
            "menu" | "more" if !self.is_open() => {
                let more = button.get_attribute("data-do").as_deref() == Some("more");
                if let Some(row) = row() {
                    self.open(&row, if more { Shown::Picker } else { Shown::Menu });
                }
                return;
            }
            "menu" => return self.done(),
            "more" => return self.show(Shown::Picker),
            "sure" => return self.show(Shown::Sure),
            "text" => return self.copy(&text),
            "link" => {
                let origin = window().location().origin().unwrap_or_default();
                return self.copy(&(origin + &link));
            }
            "reply" => Act::StartReply { id },
            "edit" => Act::StartEdit { id },
            "delete" => Act::Delete { id },
            "pin" => Act::Pin { id, on: pinned == Some(false) },
            _ => return,
        };
        self.done();
        self.state.act.run(act);
    }

    /// Something was chosen. The dialog gives the focus back to where it was.
    fn done(&self) {
        if let Some(Made { dialog, .. }) = self.made() {
            dialog.close();
        }
    }

    /// By selecting it, and not by the newer interface: that one is not there where the house is
    /// reached by plain HTTP, as in a network at home.
    fn copy(self: &Rc<Self>, text: &str) {
        let Some(Made { dialog, .. }) = self.made() else { return };
        let Some(area) = document()
            .create_element("textarea")
            .ok()
            .and_then(|area| area.dyn_into::<HtmlTextAreaElement>().ok())
        else {
            return;
        };
        area.set_value(text);
        area.set_class_name("sr");
        // Nothing outside an open dialog can be selected.
        let copied = dialog.append_child(&area).is_ok() && {
            area.select();
            let page = document().dyn_into::<leptos::web_sys::HtmlDocument>();
            page.is_ok_and(|page| page.exec_command("copy").unwrap_or(false))
        };
        area.remove();
        if copied {
            self.show(Shown::Copied);
            let menu = self.clone();
            set_timeout(move || menu.done(), COPIED);
        }
    }

    /// Makes toolbar and dialog, once.
    fn make(&self) {
        if self.made.borrow().is_some() {
            return;
        }
        let (bar, dialog) = (NodeRef::<html::Div>::new(), NodeRef::<html::Dialog>::new());
        let (state, shown, query, had) = (self.state, self.shown, self.query, self.had);
        mount_to(self.frame.clone(), move || {
            let label = words().say(Word::MessageActions);
            let inside = Grown::new(move || {
                let mut out = Out::default();
                match shown.get() {
                    Shown::Menu => menu(state, &mut out),
                    Shown::Sure => sure(&mut out),
                    Shown::Picker => {
                        let given = state.choices.get().map(|it| it.given).unwrap_or_default();
                        picker::picker(&query.get(), had.get(), &given, &mut out);
                    }
                    Shown::Copied => {
                        let copied = words().say(Word::Copied);
                        out.leaf("p", &[("class", "copied"), ("role", "status")], copied);
                    }
                }
                out.trees()
            });
            let bar_inside = Grown::new(move || toolbar(state));
            view! {
                <div class="acts" node_ref=bar role="group" aria-label=label inner_html=bar_inside></div>
                <dialog class="menu" node_ref=dialog aria-label=label inner_html=inside></dialog>
            }
        })
        .forget();
        if let (Some(bar), Some(dialog)) = (bar.get_untracked(), dialog.get_untracked()) {
            self.made.replace(Some(Made { bar: bar.into(), dialog }));
        }
    }
}

fn set(on: &HtmlElement, name: &str, pixels: f64) {
    // A name and a length: it cannot fail.
    let _ = on.style().set_property(name, &[&*(pixels.round() as i64).to_string(), "px"].concat());
}

fn focus(on: &Element) {
    if let Some(on) = on.dyn_ref::<HtmlElement>() {
        // The worst that can happen is that the focus stays where it is.
        let _ = on.focus();
    }
}

/// The four reactions and the way to all others.
fn quick(state: HouseState, out: &mut Out) {
    let w = words();
    let given = state.choices.get().map(|it| it.given).unwrap_or_default();
    for emoji in QUICK {
        let label = &*w.with(Word::ReactWith, &[emoji]);
        out.open("button", &[BUTTON, PLAIN, ("data-react", emoji), ("aria-label", label)]);
        out.maybe("aria-pressed", given.iter().any(|it| it == emoji).then_some("true"));
        out.words(emoji);
        out.close();
    }
    button("more", w.say(Word::AddReaction), icons::SMILE, out);
}

/// An icon that does this.
fn button(what: &str, label: &str, icon: &str, out: &mut Out) {
    out.open(
        "button",
        &[BUTTON, PLAIN, ("data-do", what), ("aria-label", label), ("title", label)],
    );
    out.maybe("aria-haspopup", (what == "menu").then_some("menu"));
    icons::put(icon, out);
    out.close();
}

fn visitor(state: HouseState) -> bool {
    state.fixed.with_value(|fixed| fixed.me.is_none())
}

fn toolbar(state: HouseState) -> Trees {
    let w = words();
    let mut out = Out::default();
    if !visitor(state) {
        out.open("span", &[("class", "for-mice")]);
        quick(state, &mut out);
        button("reply", w.say(Word::Reply), icons::REPLY, &mut out);
        out.close();
    }
    button("menu", w.say(Word::MoreActions), icons::MORE, &mut out);
    out.trees()
}

fn item(what: &str, word: Word, out: &mut Out) {
    out.leaf("button", &[PLAIN, ("role", "menuitem"), ("data-do", what)], words().say(word));
}

fn menu(state: HouseState, out: &mut Out) {
    let w = words();
    let it = state.choices.get();
    let it = it.as_ref();
    let member = it.is_some_and(|it| it.member);
    let change = it.is_some_and(|it| it.change);
    if member {
        out.open("div", &[("class", "quick")]);
        quick(state, out);
        out.close();
    }
    if let Some(it) = it {
        reactions::told(&it.reactions, out);
    }
    out.open("div", &[("role", "menu"), ("aria-label", w.say(Word::MessageActions))]);
    if member {
        item("reply", Word::Reply, out);
    }
    if change {
        item("edit", Word::EditIt, out);
    }
    if let Some(pinned) = it.and_then(|it| it.pinned) {
        item("pin", if pinned { Word::UnpinIt } else { Word::PinIt }, out);
    }
    item("text", Word::CopyText, out);
    item("link", Word::CopyLink, out);
    if let Some(page) = it.and_then(|it| it.edits.as_deref()) {
        out.leaf(
            "a",
            &[("role", "menuitem"), ("href", page), ("data-panel", ""), ("data-do", "menu")],
            w.say(Word::EditsOf),
        );
    }
    if change {
        item("sure", Word::DeleteIt, out);
    }
    out.close();
}

fn sure(out: &mut Out) {
    let w = words();
    out.leaf("p", &[], w.say(Word::DeleteSure));
    out.open("p", &[("class", "sure")]);
    let keep = [("class", "button quiet"), PLAIN, ("data-do", "menu"), ("autofocus", "")];
    out.leaf("button", &keep, w.say(Word::KeepIt));
    let delete = [("class", "button alarm"), PLAIN, ("data-do", "delete")];
    out.leaf("button", &delete, w.say(Word::DeleteIt));
    out.close();
}
