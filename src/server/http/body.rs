//! The body of a request: taken in whole before anything is done with it, within bounds.

use super::App;
use axum::body::{Body, HttpBody as _, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::future::Abortable;
use std::time::Duration;
use tokio::time::timeout;

/// Bytes of a body: four times what a message of the default length can be, encoded.
pub const MOST: usize = 256 * 1024;
/// How long a body may take: as long as the head before it.
pub const PATIENCE: Duration = Duration::from_secs(15);
/// Bodies on their way at once, 64 MiB if all are as large as they may be. Most come with their
/// head; one more than this sends the slowest away.
const AT_ONCE: usize = 256;

/// The same request with its body in memory.
///
/// # Errors
/// The answer to one that is too large (413), too slow (408) or breaks off (400).
pub async fn take_in(app: &App, request: Request) -> Result<Request, Response> {
    let (parts, body) = request.into_parts();
    if body.size_hint().lower() > MOST as u64 {
        return Err(StatusCode::PAYLOAD_TOO_LARGE.into_response());
    }
    if body.is_end_stream() {
        return Ok(Request::from_parts(parts, Body::empty()));
    }
    let patience = app.domain.config.body_patience;
    match timeout(patience, in_line(app, to_bytes(body, MOST))).await {
        Ok(Ok(Ok(bytes))) => Ok(Request::from_parts(parts, Body::from(bytes))),
        Ok(Ok(Err(error))) if is_too_long(&error) => {
            Err(StatusCode::PAYLOAD_TOO_LARGE.into_response())
        }
        Ok(Ok(Err(_))) => Err(StatusCode::BAD_REQUEST.into_response()),
        Ok(Err(slow)) => Err(slow),
        Err(_) => Err(too_slow()),
    }
}

/// Takes a body in among all that are on their way.
///
/// # Errors
/// The answer to one that had to make room for others (408).
pub async fn in_line<T>(app: &App, taken: impl Future<Output = T>) -> Result<T, Response> {
    app.bodies.send_away((app.bodies.count() + 1).saturating_sub(AT_ONCE));
    let (_place, registration) = app.bodies.enter();
    Abortable::new(taken, registration).await.map_err(|_| too_slow())
}

fn too_slow() -> Response {
    let close = [(header::CONNECTION, HeaderValue::from_static("close"))];
    (StatusCode::REQUEST_TIMEOUT, close, "The request took too long to arrive.\n").into_response()
}

/// Whether it is the length that is wrong. The error has no type that is ours to name.
fn is_too_long(error: &axum::Error) -> bool {
    error.to_string().contains("length limit")
}
