//! A refusal as an HTTP answer: one status per code, one JSON form.

use crate::protocol::{Code, Refusal};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The status that goes with a refusal.
#[must_use]
pub fn status(refusal: &Refusal) -> StatusCode {
    match refusal.code {
        Code::BadFrame => StatusCode::BAD_REQUEST,
        Code::Invalid | Code::TooLong => StatusCode::UNPROCESSABLE_ENTITY,
        Code::LoginNeeded => StatusCode::UNAUTHORIZED,
        Code::Forbidden => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::CidConflict => StatusCode::CONFLICT,
        Code::RateLimited | Code::TooMany => StatusCode::TOO_MANY_REQUESTS,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// `{"code", "message", …}`, the form that server functions answer with as well.
#[must_use]
pub fn json(refusal: &Refusal) -> Response {
    let mut response = (status(refusal), axum::Json(refusal)).into_response();
    if let Some(ms) = refusal.retry_ms {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(ms.div_ceil(1_000)));
    }
    response
}
