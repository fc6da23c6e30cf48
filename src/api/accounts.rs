//! Accounts and sessions, behind plain forms.

use crate::protocol::Refusal;
use leptos::prelude::*;

/// Begins a session.
///
/// # Errors
/// One answer for an unknown name and a wrong password; `rate_limited` after repeated failures.
#[server(endpoint = "log_in")]
pub async fn log_in(name: String, password: String, next: Option<String>) -> Result<(), Refusal> {
    let _ = (name, password, next);
    Err(Refusal::unavailable())
}

/// Makes an account and begins a session.
///
/// # Errors
/// `invalid` for a name or password that cannot be, `forbidden` where signing up is not open.
#[server(endpoint = "sign_up")]
pub async fn sign_up(
    name: String,
    password: String,
    invite: Option<String>,
    next: Option<String>,
) -> Result<(), Refusal> {
    let _ = (name, password, invite, next);
    Err(Refusal::unavailable())
}

/// Makes the first administrator.
///
/// # Errors
/// `forbidden` with a wrong key or once a user exists.
#[server(endpoint = "set_up")]
pub async fn set_up(key: String, name: String, password: String) -> Result<(), Refusal> {
    let _ = (key, name, password);
    Err(Refusal::unavailable())
}

/// Ends this session and its sockets.
///
/// # Errors
/// `unavailable` when the database cannot be written.
#[server(endpoint = "log_out")]
pub async fn log_out() -> Result<(), Refusal> {
    Err(Refusal::unavailable())
}

/// Changes my password and ends my other sessions.
///
/// # Errors
/// `forbidden` with a wrong current password, `invalid` for a new one that cannot be.
#[server(endpoint = "change_password")]
pub async fn change_password(current: String, new: String) -> Result<(), Refusal> {
    let _ = (current, new);
    Err(Refusal::unavailable())
}

/// Ends one of my sessions.
///
/// # Errors
/// `not_found` for a session that is not mine.
#[server(endpoint = "end_session")]
pub async fn end_session(session: String) -> Result<(), Refusal> {
    let _ = session;
    Err(Refusal::unavailable())
}

/// Makes an invitation link (administrators).
///
/// # Errors
/// `forbidden` for everybody else.
#[server(endpoint = "make_invite")]
pub async fn make_invite() -> Result<(), Refusal> {
    Err(Refusal::unavailable())
}

/// Ends an invitation link (administrators).
///
/// # Errors
/// `forbidden` for everybody else.
#[server(endpoint = "end_invite")]
pub async fn end_invite(invite: String) -> Result<(), Refusal> {
    let _ = invite;
    Err(Refusal::unavailable())
}
