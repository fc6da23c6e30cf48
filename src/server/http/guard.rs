//! What every request passes and every answer carries: other sites may not act in our users'
//! names, and a page may load nothing but our own.

use super::{App, hooks, problem};
use crate::protocol::{Code, Refusal};
use crate::server::config::Config;
use crate::server::security::{origin, secrets};
use crate::words::Word;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;

/// The nonce of this answer's scripts.
#[derive(Clone, Debug)]
pub struct Nonce(pub String);

const STATIC: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

/// What a page may do, around its nonce.
const PAGE: [&str; 2] = [
    "default-src 'none'; object-src 'none'; script-src 'nonce-",
    "' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
     img-src 'self' data:; media-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
];
/// What anything else may do, should a browser show it, or run it as a worker.
const OTHER: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

fn policy(headers: &HeaderMap, nonce: &str) -> HeaderValue {
    let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    if kind.is_some_and(|kind| kind.starts_with(b"text/html")) {
        // A nonce is of the letters that URLs take, so this is always a header's value.
        HeaderValue::try_from([PAGE[0], nonce, PAGE[1]].concat()).unwrap_or(OTHER)
    } else {
        OTHER
    }
}

/// Answers what may be answered, and says in every answer what browsers must not do with it.
pub async fn guarded(
    app: &App,
    mut request: Request,
    answer: impl AsyncFnOnce(Request) -> Response,
) -> Response {
    let config = &app.domain.config;
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let nonce = secrets::short_id();
    // A room's address opens by what stands in it, and by nothing that a browser would add.
    let is_ours = safe || hooks::is(request.uri()) || !is_foreign(config, request.headers());
    let mut response = if !is_ours {
        problem::json(&Refusal::new(Code::Forbidden, Word::OtherSite))
    } else {
        request.extensions_mut().insert(Nonce(nonce.clone()));
        answer(request).await
    };
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        // Nothing that a browser could show.
        return response;
    }
    let policy = policy(response.headers(), &nonce);
    let headers = response.headers_mut();
    headers.reserve(STATIC.len() + 3);
    for (name, value) in STATIC {
        headers.insert(name, value);
    }
    // What people sent comes with a stricter one.
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    if config.is_https() {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn is_foreign(config: &Config, headers: &HeaderMap) -> bool {
    origin::is_cross_site(headers) || !origin::is_ours(headers, config.public_origin().as_deref())
}
