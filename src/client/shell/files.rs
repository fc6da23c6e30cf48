//! Files from the browser's hands: picked, pasted or dropped, and sent one by one. Sent by
//! `XMLHttpRequest`, which alone tells how much of it is there.

use super::{ask::not_reached, browser, put};
use crate::{
    client::{attach::Picked, desk::Input},
    components::attach::INPUT,
    protocol::{Refusal, json, urls, views::FileView},
};
use std::cell::RefCell;
use wasm_bindgen::JsCast;
use web_sys::{
    ClipboardEvent, DragEvent, Event, File, FileList, HtmlInputElement, ProgressEvent,
    XmlHttpRequest,
};

const CREATED: u16 = 201;

thread_local! {
    static HELD: RefCell<Held> = const { RefCell::new(Held { last: 0, files: Vec::new() }) };
}

/// The files themselves, by their keys, and the requests that send them.
struct Held {
    last: u64,
    files: Vec<(u64, File, Option<XmlHttpRequest>)>,
}

/// Begins to listen for files.
pub fn listen() {
    browser::on_document("change", chosen);
    browser::on_document("paste", pasted);
    // A file that is dropped beside the composer would replace the page.
    browser::on_window("dragover", |event| {
        if let Some(list) = dragged(&event)
            && list
        {
            event.prevent_default();
        }
    });
    browser::on_window("drop", dropped);
}

fn chosen(event: Event) {
    let input = event.target().and_then(|it| it.dyn_into::<HtmlInputElement>().ok());
    let Some(input) = input.filter(|input| input.id() == INPUT) else { return };
    pick(input.files());
    // The same file may be picked again.
    input.set_value("");
}

fn pasted(event: Event) {
    let pasted = event.dyn_ref::<ClipboardEvent>().and_then(ClipboardEvent::clipboard_data);
    let Some(data) = pasted else { return };
    // Where there are words too (a table, say), they are what is meant.
    let words = data.get_data("text/plain").is_ok_and(|text| !text.is_empty());
    if !words && data.files().is_some_and(|files| files.length() > 0) {
        event.prevent_default();
        pick(data.files());
    }
}

/// Whether files are being dragged.
fn dragged(event: &Event) -> Option<bool> {
    let types = event.dyn_ref::<DragEvent>()?.data_transfer()?.types();
    Some(types.iter().any(|kind| kind == "Files"))
}

fn dropped(event: Event) {
    let data = event.dyn_ref::<DragEvent>().and_then(DragEvent::data_transfer);
    let Some(files) = data.and_then(|data| data.files()).filter(|files| files.length() > 0) else {
        return;
    };
    event.prevent_default();
    pick(Some(files));
}

fn pick(files: Option<FileList>) {
    let Some(files) = files else { return };
    let picked = HELD.with_borrow_mut(|held| {
        let mut picked = Vec::new();
        for file in (0..files.length()).filter_map(|at| files.get(at)) {
            held.last += 1;
            let (key, bytes) = (held.last, file.size() as u64);
            picked.push(Picked { key, name: file.name(), bytes });
            held.files.push((key, file, None));
        }
        picked
    });
    put(Input::Picked(picked));
}

/// Sends a file.
pub fn upload(key: u64) {
    let file = HELD.with_borrow(|held| {
        held.files.iter().find(|(other, ..)| *other == key).map(|(_, file, _)| file.clone())
    });
    let sent = file.and_then(|file| send(key, &file));
    match sent {
        Some(request) => HELD.with_borrow_mut(|held| {
            if let Some(one) = held.files.iter_mut().find(|(other, ..)| *other == key) {
                one.2 = Some(request);
            }
        }),
        None => put(Input::Came { key, result: Err(not_reached()) }),
    }
}

fn send(key: u64, file: &File) -> Option<XmlHttpRequest> {
    let request = XmlHttpRequest::new().ok()?;
    let address = [urls::UPLOAD, "?name=", &urls::encode(&file.name())].concat();
    request.open("POST", &address).ok()?;
    request.set_request_header("Content-Type", "application/octet-stream").ok()?;
    let went = move |event: Event| {
        if let Some(event) = event.dyn_ref::<ProgressEvent>() {
            let percent = (event.loaded() / event.total().max(1.0) * 100.0) as u8;
            put(Input::Went { key, percent });
        }
    };
    browser::on(request.upload().ok()?.as_ref(), "progress", Box::new(went));
    browser::on(request.as_ref(), "loadend", Box::new(move |_| ended(key)));
    request.send_with_opt_blob(Some(file)).ok()?;
    Some(request)
}

/// A request came to its end, however it did. One that was given up is not held any more.
fn ended(key: u64) {
    let request = HELD.with_borrow_mut(|held| {
        let one = held.files.iter_mut().find(|(other, ..)| *other == key)?;
        one.2.take()
    });
    let Some(request) = request else { return };
    let text = request.response_text().ok().flatten().unwrap_or_default();
    let result: Result<FileView, Refusal> = if request.status() == Ok(CREATED) {
        json::read(&text).ok_or_else(not_reached)
    } else {
        Err(json::read(&text).unwrap_or_else(not_reached))
    };
    if result.is_ok() {
        forget(key);
    }
    put(Input::Came { key, result });
}

/// A file is not wanted any more.
pub fn abort(key: u64) {
    let request = forget(key);
    if let Some(request) = request {
        // Where it has come to its end, there is nothing to give up.
        let _ = request.abort();
    }
}

fn forget(key: u64) -> Option<XmlHttpRequest> {
    HELD.with_borrow_mut(|held| {
        let at = held.files.iter().position(|(other, ..)| *other == key)?;
        held.files.swap_remove(at).2
    })
}
