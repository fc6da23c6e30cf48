//! Accounts and sessions, behind plain forms.

use crate::protocol::Refusal;
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::{
    protocol::{sheets::Sheet, urls},
    server::{
        domain::{Domain, accounts::Visit, sessions::Begun},
        http::{
            forms::{asking, forget_storage, set_cookie, surroundings},
            visit,
        },
    },
};

/// The house and the visit, for what is done before anyone is logged in.
#[cfg(feature = "ssr")]
fn at_the_door() -> Result<(std::sync::Arc<Domain>, Visit), Refusal> {
    let (app, parts) = surroundings()?;
    let visit = visit::visit(&app.domain.config, &parts);
    Ok((app.domain.clone(), visit))
}

/// Every log-in begins a new session; the one that this browser was in, if any, ends.
#[cfg(feature = "ssr")]
async fn welcome(domain: &Domain, begun: Begun, next: &str) -> Result<(), Refusal> {
    let (_, before) = asking().await?;
    domain.log_out(&before).await?;
    set_cookie(&visit::cookie(&domain.config, begun));
    leptos_axum::redirect(next);
    Ok(())
}

/// Begins a session.
///
/// # Errors
/// One answer for an unknown name and a wrong password; `rate_limited` after repeated failures.
#[server(endpoint = "log_in")]
pub async fn log_in(name: String, password: String, next: Option<String>) -> Result<(), Refusal> {
    let (domain, visit) = at_the_door()?;
    let begun = domain.log_in(&visit, &name, password).await?;
    welcome(&domain, begun, &urls::safe_next(next.as_deref())).await
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
    let (domain, visit) = at_the_door()?;
    let begun = domain.sign_up(&visit, &name, password, invite.as_deref()).await?;
    welcome(&domain, begun, &urls::safe_next(next.as_deref())).await
}

/// Makes the first administrator.
///
/// # Errors
/// `forbidden` with a wrong key or once a user exists.
#[server(endpoint = "set_up")]
pub async fn set_up(key: String, name: String, password: String) -> Result<(), Refusal> {
    let (domain, visit) = at_the_door()?;
    let begun = domain.set_up(&visit, &key, &name, password).await?;
    welcome(&domain, begun, urls::INDEX).await
}

/// Ends this session and its sockets.
///
/// # Errors
/// `unavailable` when the database cannot be written.
#[server(endpoint = "log_out")]
pub async fn log_out() -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    domain.log_out(&who).await?;
    set_cookie(&visit::no_cookie(&domain.config));
    // The program does the same where it runs; but who logs out may do so without it.
    forget_storage();
    leptos_axum::redirect(urls::INDEX);
    Ok(())
}

/// Changes my password and ends my other sessions.
///
/// # Errors
/// `invalid` for a wrong current password, or a new one that cannot be.
#[server(endpoint = "change_password")]
pub async fn change_password(current: String, new: String) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    domain.change_password(&who, current, new).await?;
    leptos_axum::redirect(&format!("{}?done=1", urls::ACCOUNT));
    Ok(())
}

/// Ends one of my sessions.
///
/// # Errors
/// `not_found` for a session that is not mine.
#[server(endpoint = "end_session")]
pub async fn end_session(session: String) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    domain.end_session(&who, &session).await?;
    leptos_axum::redirect(urls::ACCOUNT);
    Ok(())
}

/// Makes an invitation link (administrators).
///
/// # Errors
/// `forbidden` for everybody else.
#[server(endpoint = "make_invite")]
pub async fn make_invite() -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    domain.make_invite(&who).await?;
    leptos_axum::redirect(&Sheet::HouseInvites.address());
    Ok(())
}

/// Ends an invitation link (administrators).
///
/// # Errors
/// `forbidden` for everybody else.
#[server(endpoint = "end_invite")]
pub async fn end_invite(invite: String) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    domain.end_invite(&who, &invite).await?;
    leptos_axum::redirect(&Sheet::HouseInvites.address());
    Ok(())
}
