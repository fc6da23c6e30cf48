//! What every request passes and every answer carries: other sites may not act in our users'
//! names, and a page may load nothing but our own.

use super::{App, problem};
use crate::protocol::{Code, Refusal};
use crate::server::security::{origin, secrets};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
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

fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; object-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// See the module.
pub async fn guard(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let config = &app.domain.config;
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let foreign = origin::is_cross_site(request.headers())
        || !origin::is_ours(request.headers(), config.public_origin().as_deref());
    let nonce = secrets::short_id();
    request.extensions_mut().insert(Nonce(nonce.clone()));
    let mut response = if !safe && foreign {
        problem::json(&Refusal::new(
            Code::Forbidden,
            "This came from another site, so nothing was done.",
        ))
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    for (name, value) in STATIC {
        headers.insert(name, value);
    }
    if let Ok(policy) = HeaderValue::from_str(&policy(&nonce)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if config.is_https() {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
