//! A refusal as an HTTP answer: one status per code, and two forms. The browser's program reads what it
//! reads on its socket too ([`json`]); programs that call the API get a problem document ([`document`],
//! RFC 9457), which says the same and more.

use crate::protocol::refusal::Why;
use crate::protocol::{Code, Refusal};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// The type of a problem document.
pub const TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");
/// Where each kind of problem is explained: a code follows.
pub const EXPLAINED: &str = "/api/v1/docs#";

/// A kind of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// For programs.
    pub code: &'static str,
    /// The status that goes with it.
    pub status: StatusCode,
    /// The same for all of its kind.
    pub title: &'static str,
    /// What to do about it.
    pub then: &'static str,
}

const fn kind(
    code: &'static str,
    status: StatusCode,
    title: &'static str,
    then: &'static str,
) -> Kind {
    Kind { code, status, title, then }
}

/// All kinds: first those of [`Code`], in its order, then those that HTTP alone knows.
pub const KINDS: [Kind; 19] = [
    kind(
        "bad_frame",
        StatusCode::BAD_REQUEST,
        "The request cannot be read",
        "A part of it is missing, or of the wrong kind: `field` says which. Mend the program.",
    ),
    kind(
        "login_needed",
        StatusCode::UNAUTHORIZED,
        "Log in first",
        "Send a token that is good: it was not there, is unknown, has expired, or was ended.",
    ),
    kind(
        "forbidden",
        StatusCode::FORBIDDEN,
        "Not allowed",
        "The token lacks a scope, or its person may not do this.",
    ),
    kind(
        "not_found",
        StatusCode::NOT_FOUND,
        "Not found",
        "It is not there, or not for you to see.",
    ),
    kind(
        "invalid",
        StatusCode::UNPROCESSABLE_ENTITY,
        "A value cannot be",
        "Correct the value that `field` names.",
    ),
    kind("too_long", StatusCode::UNPROCESSABLE_ENTITY, "Too long", "Shorten it."),
    kind(
        "cid_conflict",
        StatusCode::CONFLICT,
        "The cid was used",
        "It stands for another message already. Take a new one, if this is a new message.",
    ),
    kind(
        "rate_limited",
        StatusCode::TOO_MANY_REQUESTS,
        "Too fast",
        "Wait for as long as `Retry-After` says, then send the same again.",
    ),
    kind(
        "too_many",
        StatusCode::CONFLICT,
        "Too many",
        "There are as many of them as there may be: end one first, or wait for as long as `Retry-After` says, \
         where it is there.",
    ),
    kind(
        "unavailable",
        StatusCode::SERVICE_UNAVAILABLE,
        "Not right now",
        "Nothing was done. Send the same again in a moment, with the same Idempotency-Key.",
    ),
    kind(
        "unanswered",
        StatusCode::SERVICE_UNAVAILABLE,
        "No answer in time",
        "It may be done all the same, now or in a while. Send the same again with the same Idempotency-Key: \
         what was done is not done twice.",
    ),
    kind(
        "wrong_method",
        StatusCode::METHOD_NOT_ALLOWED,
        "Not by this method",
        "`Allow` names those that there are.",
    ),
    kind(
        "too_slow",
        StatusCode::REQUEST_TIMEOUT,
        "Too slow",
        "The request took too long to arrive. Send it again.",
    ),
    kind(
        "in_progress",
        StatusCode::CONFLICT,
        "Still on its way",
        "A request with this Idempotency-Key is being answered. Ask again in a moment.",
    ),
    kind(
        "too_large",
        StatusCode::PAYLOAD_TOO_LARGE,
        "Too large",
        "The body has more bytes than are taken.",
    ),
    kind(
        "wrong_type",
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "Not of this type",
        "Send JSON, and say so: Content-Type: application/json.",
    ),
    kind(
        "key_reused",
        StatusCode::UNPROCESSABLE_ENTITY,
        "The Idempotency-Key was used",
        "It stands for another request already. Take a new one.",
    ),
    kind("refused", StatusCode::BAD_REQUEST, "Refused", "The request was not understood."),
    kind(
        "failed",
        StatusCode::INTERNAL_SERVER_ERROR,
        "Something failed here",
        "It was noted. Tell whoever runs the house.",
    ),
];

/// The kind of that code.
#[must_use]
pub fn of_code(code: &str) -> &'static Kind {
    KINDS.iter().find(|kind| kind.code == code).unwrap_or(&KINDS[KINDS.len() - 1])
}

/// The kind of a refusal.
#[must_use]
pub const fn of(code: Code) -> &'static Kind {
    &KINDS[code as usize]
}

/// The status that goes with a refusal.
#[must_use]
pub fn status(refusal: &Refusal) -> StatusCode {
    of(refusal.code).status
}

/// `{"code", "message", …}`, the form that server functions answer with as well. Below `/api/v1` it
/// goes out as a problem document ([`super::v1`]).
#[must_use]
pub fn json(refusal: &Refusal) -> Response {
    let mut response = (status(refusal), axum::Json(refusal)).into_response();
    when(&mut response, refusal.retry_ms);
    response.extensions_mut().insert(Problem::from(refusal));
    response
}

/// The same under a kind that HTTP alone knows, which says more about it than its code does.
#[must_use]
pub fn of_kind(refusal: &Refusal, kind: &str) -> Response {
    let Problem { kind, title, status, .. } = Problem::of_code(kind);
    Problem { kind, title, status, ..Problem::from(refusal) }.into_response()
}

/// The same as a problem document.
#[must_use]
pub fn document(refusal: &Refusal) -> Response {
    Problem::from(refusal).into_response()
}

fn when(response: &mut Response, retry_ms: Option<u64>) {
    if let Some(ms) = retry_ms {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(ms.div_ceil(1_000)));
    }
}

/// A problem document: why a call was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Where this kind of problem is explained.
    #[serde(rename = "type")]
    #[schema(format = "uri-reference", example = "/api/v1/docs#not_found")]
    pub kind: String,
    /// The same for all of its kind.
    pub title: &'static str,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What is wrong, in plain English.
    pub detail: String,
    /// For programs.
    pub code: &'static str,
    /// The same as `detail`, where the other doors have it.
    pub message: String,
    /// The sentence by its name, and what is put into it: for programs that speak other languages.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object, nullable = false)]
    pub why: Option<Why>,
    /// Which value is missing or wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub field: Option<String>,
    /// Whether the same may succeed later.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub temporary: bool,
    /// When to try again, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub retry_ms: Option<u64>,
}

impl Problem {
    /// One of this kind.
    #[must_use]
    pub fn new(kind: &Kind, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self {
            kind: format!("{EXPLAINED}{}", kind.code),
            title: kind.title,
            status: kind.status.as_u16(),
            message: detail.clone(),
            detail,
            code: kind.code,
            why: None,
            field: None,
            temporary: kind.status == StatusCode::SERVICE_UNAVAILABLE,
            retry_ms: None,
        }
    }

    /// One that HTTP alone knows: what it says is what its kind says.
    #[must_use]
    pub fn of_code(code: &str) -> Self {
        let kind = of_code(code);
        Self::new(kind, format!("{}. {}", kind.title, kind.then))
    }

    /// What an answer says that has this status and no more words of its own.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Self {
        let known = KINDS.iter().rev().find(|kind| kind.status == status);
        match known {
            Some(kind) => Self::of_code(kind.code),
            None if status.is_server_error() => {
                Self { status: status.as_u16(), ..Self::of_code("failed") }
            }
            None => Self { status: status.as_u16(), ..Self::of_code("refused") },
        }
    }
}

impl From<&Refusal> for Problem {
    fn from(refusal: &Refusal) -> Self {
        Self {
            why: refusal.why.clone(),
            field: refusal.field.clone(),
            temporary: refusal.temporary,
            retry_ms: refusal.retry_ms,
            ..Self::new(of(refusal.code), refusal.message.clone())
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(&self)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, TYPE);
        when(&mut response, self.retry_ms);
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"Roomful\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_kind() {
        use Code::{
            BadFrame, CidConflict, Forbidden, Invalid, LoginNeeded, NotFound, RateLimited, TooLong,
            TooMany, Unavailable,
        };
        for code in [
            BadFrame,
            LoginNeeded,
            Forbidden,
            NotFound,
            Invalid,
            TooLong,
            CidConflict,
            RateLimited,
            TooMany,
            Unavailable,
        ] {
            assert_eq!(serde_json::to_value(code).unwrap(), of(code).code);
        }
    }

    #[test]
    fn a_status_says_what_it_means() {
        for (status, code) in [
            (404, "not_found"),
            (405, "wrong_method"),
            (413, "too_large"),
            (503, "unanswered"),
            (418, "refused"),
            (500, "failed"),
            (502, "failed"),
        ] {
            let problem = Problem::of_status(StatusCode::from_u16(status).unwrap());
            assert_eq!((problem.status, problem.code), (status, code));
        }
    }
}
