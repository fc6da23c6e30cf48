//! People of the house: whom I hear, and what administrators do. The forms lead back to the page
//! that they stand on.

use crate::protocol::Refusal;
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::server::http::forms::asking;

/// Hears nothing more of somebody, or again.
///
/// # Errors
/// `invalid` for myself, `not_found` for nobody.
#[server(endpoint = "block")]
pub async fn block(person: String, on: bool) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    domain.block(&who, &person, on).await
}

/// Keeps somebody out of the house, or lets them in again (administrators).
///
/// # Errors
/// `forbidden` for everybody else.
#[server(endpoint = "ban_user")]
pub async fn ban_user(person: String, on: bool) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    domain.ban_user(&who, &person, on).await
}

/// Makes somebody an administrator, or no longer (administrators).
///
/// # Errors
/// `forbidden` for everybody else; the last one stays.
#[server(endpoint = "set_admin")]
pub async fn set_admin(person: String, on: bool) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    domain.set_admin(&who, &person, on).await
}

/// Logs somebody out everywhere (administrators).
///
/// # Errors
/// `forbidden` for everybody else.
#[server(endpoint = "end_sessions_of")]
pub async fn end_sessions_of(person: String) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    domain.end_sessions_of(&who, &person).await
}
