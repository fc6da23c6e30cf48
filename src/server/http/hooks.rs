//! `POST /hooks/<id>/<secret>`: a room's own address, at which other programs say something in it. It
//! takes what is sent to Slack's incoming webhooks and answers as they do; what is refused is a problem
//! document.

use super::problem::{self, Problem};
use super::{App, body};
use crate::protocol::{Code, Refusal};
use crate::words::Word;
use axum::body::to_bytes;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;

/// Bytes of a call: ten messages of the default length.
const MOST: usize = 64 * 1024;
/// Makes the same call harmless.
const KEY: &str = "idempotency-key";

/// Says what a call says.
pub async fn take(
    State(app): State<App>,
    Path((id, secret)): Path<(String, String)>,
    request: Request,
) -> Response {
    let request = match body::take_in(&app, request).await {
        Ok(request) => request,
        Err(answer) => return Problem::of_status(answer.status()).into_response(),
    };
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MOST).await else {
        return Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE).into_response();
    };
    let Some(said) = read(&parts.headers, &body) else {
        return problem::document(&Refusal::new(Code::BadFrame, Word::HookNotRead));
    };
    let key = parts.headers.get(KEY).and_then(|key| key.to_str().ok()).map(str::trim);
    match app.domain.take_in((&id, &secret), &said, key).await {
        Ok(_) => "ok".into_response(),
        Err(refusal) => problem::document(&refusal),
    }
}

/// The JSON of a call, which may be a form's field `payload`. A form without one may say its `text` itself.
fn read(headers: &HeaderMap, body: &[u8]) -> Option<Value> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_form = kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
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
