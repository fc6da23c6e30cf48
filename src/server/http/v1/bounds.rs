//! Bounds and forms of what is sent, put into the document from where they are kept: attributes take
//! literals alone.

use super::rooms;
use crate::protocol::{limits, search};
use crate::server::domain::repeats;
use std::ops::RangeInclusive;
use utoipa::Number;
use utoipa::openapi::schema::{Array, Object};
use utoipa::openapi::{OpenApi, RefOr, Schema};

/// A text that is not blank, and has no NUL.
const NOT_BLANK: &str = r"^[^\x00]*[^\s\x00][^\x00]*$";
/// What no link holds.
const ODD: &str = r"\s\\\x00-\x1F\x7F-\x9F";

/// A link, as pushing takes it: a path of this house, or an https address.
fn link() -> String {
    let (path, host) = (format!("/([^/{ODD}][^{ODD}]*)?"), r"([^\W_]|\[)");
    let address = format!("[hH][tT][tT][pP][sS]://{host}[^/?#@{ODD}]*([/?#][^{ODD}]*)?");
    format!("^({path}|{address})$")
}

/// Puts them in. `body` is how many characters a message has in this house.
pub fn put(api: &mut OpenApi, body: usize) {
    for (of, name, most) in [
        ("ToPush", "text", body),
        ("ToPush", "link", limits::LINK),
        ("ToSay", "body", body),
        ("ToSay", "cid", limits::CID),
    ] {
        if let Some(Schema::Object(it)) = field(api, of, name) {
            it.max_length = Some(most);
        }
    }
    for (name, pattern) in [("text", NOT_BLANK.to_owned()), ("link", link())] {
        if let Some(Schema::Object(it)) = field(api, "ToPush", name) {
            it.pattern = Some(pattern);
        }
    }
    for (name, range) in [("every_ms", repeats::EVERY_MS), ("times", repeats::TIMES)] {
        if let Some(Schema::Object(it)) = field(api, "ToPush", name) {
            within(it, &range);
        }
    }
    if let Some(Schema::Array(Array { max_items, .. })) = field(api, "ToSay", "files") {
        *max_items = Some(limits::FILES);
    }
    for (path, name, most) in [
        ("/api/v1/rooms", "find", limits::ROOM_NAME),
        ("/api/v1/search", "q", search::QUESTION),
        ("/api/v1/search", "from", search::QUESTION),
        ("/api/v1/search", "in", search::QUESTION),
    ] {
        if let Some(Schema::Object(it)) = asked(api, path, name) {
            it.max_length = Some(most);
        }
    }
    if let Some(Schema::Object(it)) = asked(api, "/api/v1/rooms", "offset") {
        within(it, &(0..=rooms::OFFSET as u64));
    }
}

fn within(number: &mut Object, range: &RangeInclusive<u64>) {
    let bound = |it: &u64| usize::try_from(*it).ok().map(Number::UInt);
    (number.minimum, number.maximum) = (bound(range.start()), bound(range.end()));
}

/// A field of what is sent as JSON.
fn field<'a>(api: &'a mut OpenApi, of: &str, name: &str) -> Option<&'a mut Schema> {
    match api.components.as_mut()?.schemas.get_mut(of)? {
        RefOr::T(Schema::Object(object)) => schema(object.properties.get_mut(name)?),
        _ => None,
    }
}

/// A part of what stands behind the question mark.
fn asked<'a>(api: &'a mut OpenApi, path: &str, name: &str) -> Option<&'a mut Schema> {
    let operation = api.paths.paths.get_mut(path)?.get.as_mut()?;
    let parameters = operation.parameters.as_mut()?.iter_mut();
    let mut found = parameters.filter_map(|it| match it {
        RefOr::T(it) if it.name == name => it.schema.as_mut(),
        _ => None,
    });
    schema(found.next()?)
}

fn schema(it: &mut RefOr<Schema>) -> Option<&mut Schema> {
    match it {
        RefOr::T(schema) => Some(schema),
        RefOr::Ref(_) => None,
    }
}
