//! `/api/v1`: what programs call.

use super::problem::{self, Problem};
use axum::http::{HeaderName, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use std::panic::AssertUnwindSafe;

/// What all of its addresses begin with.
pub const BASE: &str = "/api/v1";

/// Headers that belong to the body that an answer had before.
const OF_BODY: [HeaderName; 3] =
    [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_ENCODING];

/// Whether it is one of its addresses.
#[must_use]
pub fn is(uri: &Uri) -> bool {
    uri.path().strip_prefix(BASE).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Below `/api/v1` whatever is refused is a problem document, whoever refused it: a handler, a route
/// that is not there, a body that is too large, time that was over.
pub async fn documented(answer: impl Future<Output = Response>) -> Response {
    // What panicked has been told by the panic; whoever called hears that it failed.
    let Ok(response) = AssertUnwindSafe(answer).catch_unwind().await else {
        return Problem::of_status(StatusCode::INTERNAL_SERVER_ERROR).into_response();
    };
    let status = response.status();
    let is_document = response.headers().get(header::CONTENT_TYPE) == Some(&problem::TYPE);
    if is_document || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    let problem = parts.extensions.remove::<Problem>();
    let mut document = problem.unwrap_or_else(|| Problem::of_status(status)).into_response();
    for (name, value) in &parts.headers {
        if !OF_BODY.contains(name) {
            document.headers_mut().insert(name, value.clone());
        }
    }
    document
}

/// An address below it that there is not.
pub async fn nowhere() -> Response {
    problem::json(&crate::protocol::Refusal::not_found("such call"))
}
