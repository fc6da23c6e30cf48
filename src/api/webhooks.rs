//! A room's webhooks: what the forms of their page do. They lead back to it.

use crate::protocol::Refusal;
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::{protocol::sheets::Sheet, server::http::forms::asking};

/// Leads to the page of a room's webhooks, which shows once what was made.
#[cfg(feature = "ssr")]
fn show(room: String, made: Option<&str>) {
    let mut address = Sheet::Webhooks(room).address();
    if let Some(made) = made {
        address.push_str("?made=");
        address.push_str(made);
    }
    leptos_axum::redirect(&address);
}

/// Makes an address at which the room takes messages of a program of this name (moderators).
///
/// # Errors
/// `forbidden` for everybody else, `invalid` for a name that cannot be or is taken.
#[server(endpoint = "make_incoming_hook")]
pub async fn make_incoming_hook(room: String, name: String) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    let made = domain.make_incoming(&who, &room, &name).await?;
    show(room, Some(&made));
    Ok(())
}

/// Ends such an address (moderators).
///
/// # Errors
/// `forbidden` for everybody else, `not_found`.
#[server(endpoint = "end_incoming_hook")]
pub async fn end_incoming_hook(room: String, hook: String) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    domain.remove_incoming(&who, &room, &hook).await?;
    show(room, None);
    Ok(())
}

/// Has an address told of what is said in the room (moderators).
///
/// # Errors
/// `forbidden` for everybody else, `invalid` for an address that is not to be called.
#[server(endpoint = "make_outgoing_hook")]
pub async fn make_outgoing_hook(room: String, url: String, word: String) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    let made = domain.make_outgoing(&who, &room, &url, &word).await?;
    show(room, Some(&made));
    Ok(())
}

/// Tells it of nothing any more (moderators).
///
/// # Errors
/// `forbidden` for everybody else, `not_found`.
#[server(endpoint = "end_outgoing_hook")]
pub async fn end_outgoing_hook(room: String, hook: String) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    domain.remove_outgoing(&who, &room, &hook).await?;
    show(room, None);
    Ok(())
}

/// Switches it on again (moderators).
///
/// # Errors
/// `forbidden` for everybody else, `not_found`.
#[server(endpoint = "turn_on_hook")]
pub async fn turn_on_hook(room: String, hook: String) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    domain.turn_on_outgoing(&who, &room, &hook).await?;
    show(room, None);
    Ok(())
}

/// Sends it a test (moderators).
///
/// # Errors
/// `forbidden` for everybody else, `not_found`, `invalid` for one that is off.
#[server(endpoint = "test_hook")]
pub async fn test_hook(room: String, hook: String) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    domain.test_outgoing(&who, &room, &hook).await?;
    show(room, None);
    Ok(())
}

/// Tells it something once more (moderators).
///
/// # Errors
/// `forbidden` for everybody else, `not_found`.
#[server(endpoint = "send_again")]
pub async fn send_again(room: String, delivery: String) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    domain.send_again(&who, &room, &delivery).await?;
    show(room, None);
    Ok(())
}
