//! `POST /hooks/<id>/<secret>`: a room's own address, at which other programs say something in it. It
//! takes what is sent to Slack's incoming webhooks and answers as they do; what is refused is a problem
//! document.

use super::problem::{self, Problem};
use super::v1::keys;
use super::{App, body};
use crate::protocol::{Code, Refusal};
use crate::words::Word;
use axum::body::to_bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;

/// Bytes of a call: ten messages of the default length.
const MOST: usize = 64 * 1024;
/// Where rooms' addresses begin.
const BASE: &str = "/hooks/";
/// What some programs write before a text to say that it is UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Whether this is, or looks like, a room's address. Whatever is refused there is a problem document.
#[must_use]
pub fn is(uri: &Uri) -> bool {
    uri.path().starts_with(BASE)
}

/// A path as it may be noted: without the secret, if it is a room's address.
#[must_use]
pub fn without_secret(path: &str) -> &str {
    let Some(rest) = path.strip_prefix(BASE) else { return path };
    let id = rest.split('/').next().unwrap_or_default();
    &path[..BASE.len() + id.len()]
}

/// Says what a call says.
pub async fn take(
    State(app): State<App>,
    address: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Response {
    let Ok(Path((id, secret))) = address else {
        // What is not UTF-8 names nothing.
        return problem::document(&Refusal::not_found("such address"));
    };
    let request = match body::take_in(&app, request).await {
        Ok(request) => request,
        Err(answer) => return answer,
    };
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MOST).await else {
        return Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE).into_response();
    };
    let Some(said) = read(&parts.headers, &body) else {
        return problem::document(&Refusal::new(Code::BadFrame, Word::HookNotRead));
    };
    let key = match keys::of(&parts.headers) {
        Ok(key) => key,
        Err(refusal) => return problem::document(&refusal),
    };
    match app.domain.take_in((&id, &secret), &said, key).await {
        Ok(_) => "ok".into_response(),
        Err(refusal) if refusal.code == Code::CidConflict => {
            Problem::of_code("key_reused").into_response()
        }
        Err(refusal) => problem::document(&refusal),
    }
}

/// The JSON of a call, which may be a form's field `payload`. A form without one may say its `text` itself.
fn read(headers: &HeaderMap, body: &[u8]) -> Option<Value> {
    let body = body.strip_prefix(MARK).unwrap_or(body);
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let is_form = kind.eq_ignore_ascii_case("application/x-www-form-urlencoded");
    // curl says that it is a form unless it is told otherwise.
    let looks_like_json = body.trim_ascii_start().starts_with(b"{");
    if !is_form || looks_like_json {
        return serde_json::from_slice(body).ok().filter(Value::is_object);
    }
    let fields: Vec<(String, String)> = serde_urlencoded::from_bytes(body).ok()?;
    let field = |name: &str| fields.iter().find(|(it, _)| it == name).map(|(_, value)| value);
    match field("payload") {
        Some(payload) => serde_json::from_str(payload).ok().filter(Value::is_object),
        None => Some(serde_json::json!({ "text": field("text")? })),
    }
}
