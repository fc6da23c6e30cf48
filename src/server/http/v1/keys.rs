//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a request that is sent again with the
//! same key is not done again, and gets the answer that it got before.
//!
//! Only what was done is kept: a refusal changes nothing, so the same may be tried again with the same
//! key. Between doing something and keeping its answer the house may die; so verbs that have a cid get
//! one that is made of the key, and do it once however often they are called.

use super::super::{App, body, multipart, problem, problem::Problem, visit};
use crate::protocol::{Refusal, urls};
use crate::server::domain::Who;
use crate::server::domain::answers::{self, Kept};
use axum::body::{Body, HttpBody as _, to_bytes};
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::StreamExt as _;
use sha2::{Digest as _, Sha256};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

/// The header.
pub const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// Says of an answer that it was given before, and that nothing was done this time.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Characters of a key.
const MOST: usize = 255;
/// Bytes of an answer that is kept: one may say again all that the largest body said, and says little more.
const ANSWER: usize = body::MOST + 64 * 1024;
/// Milliseconds until a request that is on its way is asked for again.
const AGAIN_MS: u64 = 1_000;

/// The cid that a request's key stands for, where it has one.
#[derive(Clone, Debug, Default)]
pub struct Key(Option<String>);

impl Key {
    /// For verbs that have one. Keys of different programs never meet.
    #[must_use]
    pub fn cid(&self) -> Option<String> {
        self.0.clone()
    }
}

impl FromRequestParts<App> for Key {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

/// The key as it is sent: a text in quotes, as the draft has it, or bare.
fn read(value: &HeaderValue) -> Option<&str> {
    let text = value.to_str().ok()?.trim();
    let text = match text.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"')?,
        None => text,
    };
    let plain = text.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'"');
    (plain && !text.is_empty() && text.len() <= MOST).then_some(text)
}

/// The key that a request is sent with, if it has one.
///
/// # Errors
/// `bad_frame` for one that cannot be.
pub fn of(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let Some(said) = headers.get(HEADER) else { return Ok(None) };
    read(said).map(Some).ok_or_else(|| {
        let why = format!("An Idempotency-Key has 1 to {MOST} characters of ASCII.");
        super::sent::unreadable(Some("Idempotency-Key".to_owned()), why)
    })
}

/// Takes up all that is asked, for the hash that tells one request from another.
type Hash = Arc<Mutex<Sha256>>;

fn taken_up(hash: &Hash, bytes: &[u8]) {
    // A poisoned lock cannot happen: nothing panics while it is held.
    hash.lock().unwrap_or_else(PoisonError::into_inner).update(bytes);
}

fn whole(hash: &Hash) -> String {
    let hash = hash.lock().unwrap_or_else(PoisonError::into_inner).clone();
    URL_SAFE_NO_PAD.encode(hash.finalize())
}

/// What of a request is not its body.
fn begun(method: &Method, path: &str, headers: &HeaderMap) -> Hash {
    let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    // The boundary of a form is chosen anew each time it is sent.
    let kind = kind.split(|byte| *byte == b';').next().unwrap_or_default();
    let hash = Hash::default();
    for part in [method.as_str().as_bytes(), path.as_bytes(), kind] {
        taken_up(&hash, part);
        taken_up(&hash, b"\n");
    }
    hash
}

/// Answers a request once, however often it is sent.
pub async fn once(
    app: &App,
    request: Request,
    answer: impl AsyncFnOnce(Request) -> Response,
) -> Response {
    if *request.method() != Method::POST || !super::is(request.uri()) {
        return answer(request).await;
    }
    let name = match of(request.headers()) {
        Ok(Some(name)) => name.to_owned(),
        Ok(None) => return answer(request).await,
        Err(refusal) => return problem::json(&refusal),
    };
    // Whoever may not call is told so by what they call.
    let who = app.domain.recognise(visit::credentials(request.headers())).await;
    let Ok(Some(Who::Member(me))) = who else { return answer(request).await };
    let key = (answers::owner(&me), name);
    let Some(_turn) = app.underway.begin(key.clone()) else {
        let busy = Problem {
            temporary: true,
            retry_ms: Some(AGAIN_MS),
            ..Problem::of_code("in_progress")
        };
        return busy.into_response();
    };
    let before = match app.domain.kept_answer(&key).await {
        Ok(before) => before,
        Err(refusal) => return problem::json(&refusal),
    };
    let (request, hash) = match hashed(app, request).await {
        Ok(hashed) => hashed,
        Err(refused) => return refused,
    };
    if let Some(kept) = before {
        return match read_to_end(app, request).await {
            Ok(()) if whole(&hash) == kept.request => replay(kept),
            Ok(()) => Problem::of_code("key_reused").into_response(),
            Err(refusal) => super::super::files::refused(&refusal),
        };
    }
    let mut request = request;
    let cid = Sha256::digest(format!("{}\n{}", key.0, key.1));
    request.extensions_mut().insert(Key(Some(format!("key-{}", URL_SAFE_NO_PAD.encode(cid)))));
    let response = answer(request).await;
    if !response.status().is_success() {
        return response;
    }
    keep(app, &key, &hash, response).await
}

/// The same request, whose body is taken up as it is read; a file's as it comes, all else at once.
async fn hashed(app: &App, request: Request) -> Result<(Request, Hash), Response> {
    let path = request.uri().path_and_query().map_or("", |path| path.as_str()).to_owned();
    let hash = begun(request.method(), &path, request.headers());
    let is_file = request.uri().path() == urls::UPLOAD || multipart::is(request.headers());
    if is_file {
        let noting = Arc::clone(&hash);
        let request = request.map(|body| {
            let pieces = body.into_data_stream().inspect(move |piece| {
                if let Ok(piece) = piece {
                    taken_up(&noting, piece);
                }
            });
            Body::from_stream(pieces)
        });
        return Ok((request, hash));
    }
    let (parts, body) = body::take_in(app, request).await?.into_parts();
    let bytes = to_bytes(body, body::MOST).await;
    let bytes = bytes.map_err(|_| Problem::of_code("too_large").into_response())?;
    taken_up(&hash, &bytes);
    Ok((Request::from_parts(parts, Body::from(bytes)), hash))
}

/// Reads a body for its hash alone.
async fn read_to_end(app: &App, request: Request) -> Result<(), Refusal> {
    let most = app.domain.config.file_limit.max(body::MOST) as u64;
    let mut read = 0;
    let mut body = request.into_body().into_data_stream();
    while let Some(piece) =
        super::super::files::piece(app, &mut body).await.map_err(super::super::files::broken)?
    {
        read += piece.len() as u64;
        if read > most {
            return Err(crate::server::domain::files::too_large(most));
        }
    }
    Ok(())
}

async fn keep(app: &App, key: &answers::Key, hash: &Hash, response: Response) -> Response {
    if response.body().size_hint().upper().is_none_or(|bytes| bytes > ANSWER as u64) {
        // It was done, so it is answered. Sent again, its cid has it done once.
        tracing::warn!("an answer was too large to be kept");
        return response;
    }
    let (parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, ANSWER).await else {
        return Problem::of_status(StatusCode::INTERNAL_SERVER_ERROR).into_response();
    };
    let location = parts.headers.get(header::LOCATION).and_then(|place| place.to_str().ok());
    let kept = Kept {
        request: whole(hash),
        status: i64::from(parts.status.as_u16()),
        location: location.map(str::to_owned),
        body: String::from_utf8_lossy(&bytes).into_owned(),
    };
    // It was done: whoever called hears so. Sent again, its cid has it done once.
    if app.domain.keep_answer(key, &kept).await.is_err() {
        tracing::warn!("an answer was not kept");
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn replay(kept: Kept) -> Response {
    let status = u16::try_from(kept.status).ok().and_then(|it| StatusCode::from_u16(it).ok());
    let mut response = (status.unwrap_or(StatusCode::OK), kept.body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    if let Some(place) = kept.location.and_then(|place| HeaderValue::from_str(&place).ok()) {
        headers.insert(header::LOCATION, place);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_in_quotes_and_bare() {
        let read = |text: &'static str| read(&HeaderValue::from_static(text)).map(str::to_owned);
        assert_eq!(read(r#""8e03978e-40d5""#).as_deref(), Some("8e03978e-40d5"));
        assert_eq!(read("8e03978e-40d5").as_deref(), Some("8e03978e-40d5"));
        for wrong in ["", "\"\"", "\"a", "a\"b", "\t"] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
        let long = HeaderValue::from_str(&"k".repeat(MOST + 1)).unwrap();
        assert_eq!(super::read(&long), None);
    }
}
