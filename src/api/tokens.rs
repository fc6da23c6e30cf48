//! Tokens for programs, which administrators make and end.

use crate::protocol::Refusal;
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::{
    protocol::{
        sheets::Sheet,
        tokens::{Scope, Scopes},
    },
    server::{
        domain::tokens::{NewToken, lasting},
        http::forms::asking,
    },
};

/// Makes a token (administrators). Each scope is a box that is ticked or not.
///
/// # Errors
/// `forbidden` for everybody else; what is wrong with it.
#[server(endpoint = "make_token")]
pub async fn make_token(
    user: String,
    name: Option<String>,
    read: Option<String>,
    write: Option<String>,
    push: Option<String>,
    broadcast: Option<String>,
    expires: Option<String>,
) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    let boxes = [read, write, push, broadcast];
    let ticked = Scope::ALL.into_iter().zip(&boxes).filter(|(_, it)| it.is_some());
    let scopes: Scopes = ticked.map(|(scope, _)| scope).collect();
    let lasts_ms = lasting(expires.as_deref().unwrap_or("never"))?;
    let name = name.unwrap_or_default();
    domain.make_token(&who, NewToken { user, name, scopes, lasts_ms }).await?;
    leptos_axum::redirect(&Sheet::HouseTokens.address());
    Ok(())
}

/// Ends a token (administrators).
///
/// # Errors
/// `forbidden` for everybody else, `not_found` for one that is over.
#[server(endpoint = "end_token")]
pub async fn end_token(token: String) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    domain.end_token(&who, &token).await?;
    leptos_axum::redirect(&Sheet::HouseTokens.address());
    Ok(())
}
