//! How the server says no: a code for programs, a sentence for people, and nothing internal.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The frame or form could not be read.
    BadFrame,
    /// Only for people who are logged in.
    LoginNeeded,
    /// Seen, but not allowed.
    Forbidden,
    /// Not there, or not for you to see.
    NotFound,
    /// A value is wrong; `field` says which.
    Invalid,
    /// Longer than allowed.
    TooLong,
    /// The cid was used before with another body or target.
    CidConflict,
    /// Too fast; `retry_ms` says when again.
    RateLimited,
    /// More of them than allowed.
    TooMany,
    /// Not now (temporary).
    Unavailable,
}

/// One refusal. Nothing was stored, and nothing that was sent is lost: it may be corrected and
/// sent again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// For programs.
    pub code: Code,
    /// For people, in plain words.
    pub message: String,
    /// Which value was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Whether the same may succeed later.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub temporary: bool,
    /// When to try again, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_ms: Option<u64>,
}

impl Refusal {
    /// A refusal with a code and a sentence.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), field: None, temporary: false, retry_ms: None }
    }

    /// A wrong value of the field `field`.
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self { field: Some(field.to_owned()), ..Self::new(Code::Invalid, message) }
    }

    /// A value of the field `field` that is too long.
    pub fn too_long(field: &str, message: impl Into<String>) -> Self {
        Self { field: Some(field.to_owned()), ..Self::new(Code::TooLong, message) }
    }

    /// Too fast; again after `retry_ms`.
    pub fn rate_limited(message: impl Into<String>, retry_ms: u64) -> Self {
        Self { temporary: true, retry_ms: Some(retry_ms), ..Self::new(Code::RateLimited, message) }
    }

    /// Something of ours failed; what was sent is not lost.
    pub fn unavailable() -> Self {
        Self {
            temporary: true,
            ..Self::new(
                Code::Unavailable,
                "This cannot be stored right now. Nothing is lost: try again in a moment.",
            )
        }
    }

    /// Only for people who are logged in.
    pub fn login_needed() -> Self {
        Self::new(Code::LoginNeeded, "Log in first.")
    }

    /// Not there, or not for you to see: both sound the same.
    pub fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("There is no {what} here."))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}

impl server_fn::error::FromServerFnError for Refusal {
    type Encoder = super::json::Text;

    fn from_server_fn_error(value: server_fn::error::ServerFnErrorErr) -> Self {
        use server_fn::error::ServerFnErrorErr as E;
        match value {
            E::Request(_) | E::Response(_) => Self {
                temporary: true,
                ..Self::new(Code::Unavailable, "The server could not be reached.")
            },
            E::Args(_) | E::MissingArg(_) | E::Deserialization(_) => {
                Self::new(Code::BadFrame, "The form was incomplete or could not be read.")
            }
            _ => Self::unavailable(),
        }
    }
}
