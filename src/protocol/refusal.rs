//! How the server says no: a code for programs, a sentence for people, and nothing internal.

use crate::words::Word;
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
    /// In plain English, for programs and their logs.
    pub message: String,
    /// The same for people, to be said in their language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
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

/// A sentence by its name in `src/words/<language>/refusals`, and what is put into it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// Its name, `name_taken`.
    pub key: String,
    /// What is put into it, in the order of the English sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
}

/// What a refusal is made with: a word of `crate::words`, or a sentence that has no translation.
#[derive(Clone, Debug)]
pub struct Reason {
    /// See [`Refusal::message`].
    pub message: String,
    /// See [`Refusal::why`].
    pub why: Option<Why>,
}

impl From<&str> for Reason {
    fn from(message: &str) -> Self {
        message.to_owned().into()
    }
}

impl From<String> for Reason {
    fn from(message: String) -> Self {
        Self { message, why: None }
    }
}

impl Refusal {
    /// A refusal with a code and a reason.
    pub fn new(code: Code, reason: impl Into<Reason>) -> Self {
        let Reason { message, why } = reason.into();
        Self { code, message, why, field: None, temporary: false, retry_ms: None }
    }

    /// A wrong value of the field `field`.
    pub fn invalid(field: &str, reason: impl Into<Reason>) -> Self {
        Self { field: Some(field.to_owned()), ..Self::new(Code::Invalid, reason) }
    }

    /// A value of the field `field` that is too long.
    pub fn too_long(field: &str, reason: impl Into<Reason>) -> Self {
        Self { field: Some(field.to_owned()), ..Self::new(Code::TooLong, reason) }
    }

    /// Too fast; again after `retry_ms`.
    pub fn rate_limited(reason: impl Into<Reason>, retry_ms: u64) -> Self {
        Self { temporary: true, retry_ms: Some(retry_ms), ..Self::new(Code::RateLimited, reason) }
    }

    /// Something of ours failed; what was sent is not lost.
    pub fn unavailable() -> Self {
        Self { temporary: true, ..Self::new(Code::Unavailable, Word::NotRightNow) }
    }

    /// Only for people who are logged in.
    pub fn login_needed() -> Self {
        Self::new(Code::LoginNeeded, Word::LogInFirst)
    }

    /// Not there, or not for you to see: both sound the same.
    pub fn not_found(what: &str) -> Self {
        let reason = match what {
            "such room" => Word::NoSuchRoom.into(),
            "such message" => Word::NoSuchMessage.into(),
            "person of that name" => Word::NoPersonNamed.into(),
            "page" => Word::NoSuchPage.into(),
            "member of that name" => Word::NoSuchMember.into(),
            "such session" => Word::NoSuchSession.into(),
            "such device" => Word::NoSuchDevice.into(),
            "such call" => Word::NoSuchCall.into(),
            _ => Reason::from(format!("There is no {what} here.")),
        };
        Self::new(Code::NotFound, reason)
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
            E::Request(_) | E::Response(_) => {
                Self { temporary: true, ..Self::new(Code::Unavailable, Word::NotReached) }
            }
            E::Args(_) | E::MissingArg(_) | E::Deserialization(_) => {
                Self::new(Code::BadFrame, Word::FormNotRead)
            }
            _ => Self::unavailable(),
        }
    }
}
