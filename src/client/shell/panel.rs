//! Panels: a click on a link to a rarely used page shows that page in a dialog. The server answers
//! with the page's content alone; its forms are sent from here, and their answers shown in its
//! place. Every page and every form works without this.

use super::{browser, put};
use crate::{
    client::{Act, desk::Input},
    components::panel::{AGAIN, BODY, ID, TROUBLE, plain_click},
    protocol::{
        Target,
        panel::{GO, HEADER},
        urls,
    },
};
use leptos::prelude::{document, window};
use std::cell::{Cell, RefCell};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Element, Event, FocusOptions, FormData, Headers, HtmlDialogElement, HtmlElement,
    HtmlFormElement, HtmlInputElement, MouseEvent, RequestInit, Response, SubmitEvent,
    UrlSearchParams,
};

thread_local! {
    /// The number of the last question: an answer to another comes too late.
    static ASKED: Cell<u32> = const { Cell::new(0) };
    /// A form is on its way: it is not sent twice.
    static SENDING: Cell<bool> = const { Cell::new(false) };
    /// Whether the panel is open, or was and is yet to be told that it is closed: that is told a moment
    /// later, and by then another may be open.
    static OPEN: Cell<bool> = const { Cell::new(false) };
    /// Whether the history has an entry for the open panel, so that "back" closes it.
    static ENTRY: Cell<bool> = const { Cell::new(false) };
    /// Entries that were given back and whose `popstate` is still to come.
    static POPS: Cell<u32> = const { Cell::new(0) };
    /// Whether the pointer went down beside the panel.
    static BESIDE: Cell<bool> = const { Cell::new(false) };
    /// Whether a form was taken: what the house shows beneath may be another by now.
    static CHANGED: Cell<bool> = const { Cell::new(false) };
    /// Where to go once the panel is closed.
    static NEXT: RefCell<Option<Spot>> = const { RefCell::new(None) };
}

/// A place, and a message there by its id.
type Spot = (Target, Option<String>);

/// What came of a question.
enum Answer {
    /// A page's content.
    Content(String),
    /// The way to another page.
    Go(String),
    /// A whole page, which no panel shows.
    Whole(String),
}

fn element<T: JsCast>(id: &str) -> Option<T> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

fn dialog() -> Option<HtmlDialogElement> {
    element(ID)
}

/// Begins to listen, where the page has a panel.
pub fn wake() {
    browser::on_window("popstate", |_| popped());
    let Some(dialog) = dialog() else { return };
    browser::on_document("click", clicked);
    browser::on(dialog.as_ref(), "submit", Box::new(submitted));
    browser::on(dialog.as_ref(), "close", Box::new(|_| closed()));
    browser::on(
        dialog.as_ref(),
        "pointerdown",
        Box::new(|event| BESIDE.set(event.target() == event.current_target())),
    );
}

fn clicked(event: Event) {
    let (Some(click), Some(dialog)) = (event.dyn_ref::<MouseEvent>(), dialog()) else { return };
    let address = |link: Element| link.get_attribute("href");
    if let Some(address) = plain_click(click, "a[data-panel]").and_then(address) {
        event.prevent_default();
        ask(address, None);
        return;
    }
    // A text that is selected beyond the edge ends there too, but it did not begin there.
    if event.target().as_ref() == Some(dialog.as_ref()) && BESIDE.take() {
        dialog.close();
        return;
    }
    let within = plain_click(click, "#panel a[href]:not([target])").and_then(address);
    if let Some(to) = within.as_deref().and_then(place) {
        event.prevent_default();
        leave_for(to);
    }
}

/// The place whose page has this address, if the page can go there without leaving.
fn place(address: &str) -> Option<Spot> {
    if super::is_house() { urls::place(address) } else { None }
}

fn submitted(event: Event) {
    let Some(submit) = event.dyn_ref::<SubmitEvent>() else { return };
    let form = submit.target().and_then(|form| form.dyn_into::<HtmlFormElement>().ok());
    let Some(form) = form else { return };
    let button = submit.submitter();
    // By their attributes: a form's fields shadow its properties.
    let said = |of_button: &str, of_form: &str| {
        let button = button.as_ref().and_then(|button| button.get_attribute(of_button));
        button.or_else(|| form.get_attribute(of_form)).unwrap_or_default()
    };
    let method = said("formmethod", "method");
    if method == "dialog" || form.has_attribute("data-whole") {
        return;
    }
    event.prevent_default();
    if SENDING.get() {
        return;
    }
    let action = said("formaction", "action");
    let Ok(fields) = FormData::new_with_form(&form) else { return };
    if let Some(button) = &button
        && let Some(name) = button.get_attribute("name")
    {
        let value = button.get_attribute("value").unwrap_or_default();
        // A text beside others is always taken.
        let _ = fields.append_with_str(&name, &value);
    }
    let Ok(plain) = UrlSearchParams::new_with_str_sequence_sequence(&fields) else { return };
    if method == "post" {
        let whole = said("formenctype", "enctype") == "multipart/form-data";
        SENDING.set(true);
        ask(action, Some(if whole { fields.into() } else { plain.into() }));
    } else {
        ask(format!("{action}?{}", String::from(plain.to_string())), None);
    }
}

/// Opens the panel and shows what the page itself holds.
pub fn show_held(html: &str) {
    open();
    // What was asked for before comes too late.
    end();
    show(html);
}

/// Opens the panel, asks, and shows what is answered.
pub fn ask(address: String, form: Option<JsValue>) {
    open();
    if address.starts_with(urls::NOTICES) {
        put(Input::Looks);
    }
    let number = ASKED.get().wrapping_add(1);
    ASKED.set(number);
    busy(true);
    spawn_local(async move {
        let posted = form.is_some();
        let answer = fetch(&address, form).await;
        if ASKED.get() != number {
            return;
        }
        SENDING.set(false);
        busy(false);
        if posted && answer.is_ok() {
            CHANGED.set(true);
        }
        match answer {
            Ok(Answer::Content(html)) => show(&html),
            Ok(Answer::Go(address)) => match place(&address) {
                Some(to) => leave_for(to),
                None if address == urls::INDEX => browser::visit(&address),
                None => ask(address, None),
            },
            Ok(Answer::Whole(address)) => browser::visit(&address),
            Err(_) => trouble((!posted).then_some(&*address)),
        }
    });
}

async fn fetch(address: &str, form: Option<JsValue>) -> Result<Answer, JsValue> {
    let headers = Headers::new()?;
    headers.set("accept", "text/html")?;
    headers.set(HEADER, "1")?;
    let how = RequestInit::new();
    how.set_headers(&headers);
    if let Some(form) = form {
        how.set_method("POST");
        how.set_body(&form);
    }
    let answer = JsFuture::from(window().fetch_with_str_and_init(address, &how)).await?;
    let answer: Response = answer.dyn_into()?;
    if let Some(address) = answer.headers().get(GO)? {
        return Ok(Answer::Go(address));
    }
    if answer.headers().has(HEADER)? {
        let text = JsFuture::from(answer.text()?).await?;
        return Ok(Answer::Content(text.as_string().unwrap_or_default()));
    }
    if answer.ok() { Ok(Answer::Whole(answer.url())) } else { Err(JsValue::NULL) }
}

/// Whether a panel is open.
pub fn is_open() -> bool {
    dialog().is_some_and(|dialog| dialog.open())
}

fn open() {
    let Some(dialog) = dialog() else { return };
    if dialog.open() {
        return;
    }
    if let Some(body) = element::<Element>(BODY) {
        body.set_inner_html("");
    }
    if OPEN.replace(true) {
        end();
        // Whoever asks for another panel goes nowhere else.
        NEXT.take();
    }
    // One that was not given back yet serves again.
    if dialog.show_modal().is_ok()
        && !ENTRY.get()
        && let Ok(history) = window().history()
    {
        // The address stays: what is loaded again is the page beneath.
        ENTRY.set(history.push_state(&JsValue::NULL, "").is_ok());
    }
}

/// What was asked in a panel that is closed, or shows something else, is asked no more.
fn end() {
    ASKED.set(ASKED.get().wrapping_add(1));
    SENDING.set(false);
    busy(false);
    if CHANGED.take() {
        put(Input::Changed);
    }
}

fn busy(busy: bool) {
    if let Some(dialog) = dialog() {
        // Where it is refused, nothing shows that one has to wait.
        let _ = dialog.set_attribute("aria-busy", if busy { "true" } else { "false" });
    }
    if let Some(trouble) = element::<HtmlElement>(TROUBLE) {
        trouble.set_hidden(true);
    }
}

/// The page's content. It is the server's own HTML, as the page itself would be.
fn show(html: &str) {
    let (Some(dialog), Some(body)) = (dialog(), element::<HtmlElement>(BODY)) else { return };
    // One goes on where one was: the same field, if there still is one, at the same height.
    let field = document().active_element().map(|field| field.id()).filter(|id| !id.is_empty());
    let (label, height) = (dialog.get_attribute("aria-label"), body.scroll_top());
    body.set_inner_html(html);
    // Before it is drawn, so that nothing moves.
    browser::localise("#panel time");
    let heading = body.query_selector("h1").ok().flatten();
    let title = heading.as_ref().and_then(|heading| heading.text_content());
    let same = title.is_some() && title == label;
    // None of these can fail; if one did, the page would still be shown.
    let _ = dialog.set_attribute("aria-label", &title.unwrap_or_default());
    body.set_scroll_top(if same { height } else { 0 });
    if let Some(heading) = &heading {
        let _ = heading.set_attribute("tabindex", "-1");
    }
    let first = body.query_selector("[autofocus]").ok().flatten();
    let again = || element::<Element>(&field?).filter(|field| same && body.contains(Some(field)));
    let Some(focus) = first.or_else(again).or(heading) else { return };
    let options = FocusOptions::new();
    options.set_prevent_scroll(same);
    if let Some(focus) = focus.dyn_ref::<HtmlElement>() {
        let _ = focus.focus_with_options(&options);
    }
    if let Some(field) = focus.dyn_ref::<HtmlInputElement>() {
        // Not every kind of field has a place to write at.
        let _ = field.set_selection_range(u32::MAX, u32::MAX);
    }
}

/// Nothing came. What was filled in stays as it is; a page that was asked for can be asked for again.
fn trouble(address: Option<&str>) {
    if let Some(again) = element::<HtmlElement>(AGAIN) {
        again.set_hidden(address.is_none());
        // It cannot fail.
        let _ = again.set_attribute("href", address.unwrap_or_default());
    }
    if let Some(trouble) = element::<HtmlElement>(TROUBLE) {
        trouble.set_hidden(false);
    }
}

/// Closes the panel and goes there.
fn leave_for(to: Spot) {
    NEXT.set(Some(to));
    if let Some(dialog) = dialog() {
        dialog.close();
    }
}

/// However the panel was closed. The focus is back where it was: a dialog does that itself.
fn closed() {
    if is_open() || !OPEN.take() {
        return;
    }
    end();
    if ENTRY.take()
        && let Ok(history) = window().history()
        && history.back().is_ok()
    {
        POPS.set(POPS.get() + 1);
    } else {
        go_on();
    }
}

fn go_on() {
    match NEXT.take() {
        Some((to, Some(id))) => put(Input::Act(Act::Jump { to, id })),
        Some((to, None)) => put(Input::Act(Act::Go(to))),
        None => {}
    }
}

/// "Back" closes an open panel. Otherwise it is the house's.
fn popped() {
    if POPS.get() > 0 {
        POPS.set(POPS.get() - 1);
        go_on();
    } else if ENTRY.take() {
        if let Some(dialog) = dialog() {
            dialog.close();
        }
    } else if let Some((to, at)) = urls::place(&browser::address()) {
        put(Input::WentTo { to, at: browser::left_at().or(at) });
    }
}
