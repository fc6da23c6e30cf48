//! My devices: which browsers are told of what concerns me.

use crate::protocol::Refusal;
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::{
    protocol::urls,
    server::{
        domain::devices::Subscription,
        http::{
            forms::{asking, surroundings},
            visit, wishes,
        },
    },
};

/// This browser is told of what concerns me from now on, in the language of its pages. `before`: the
/// endpoint that this one takes the place of.
///
/// # Errors
/// `invalid` for an endpoint or keys that cannot be, `forbidden` for a token.
#[server(endpoint = "subscribe_device")]
pub async fn subscribe_device(
    endpoint: String,
    p256dh: String,
    auth: String,
    before: Option<String>,
) -> Result<(), Refusal> {
    let (app, parts) = surroundings()?;
    let (domain, who) = asking().await?;
    let it = Subscription {
        endpoint,
        p256dh,
        auth,
        before,
        lang: wishes::lang(&parts.headers),
        agent: visit::visit(&app.domain.config, &parts).agent,
    };
    domain.subscribe_device(&who, it).await?;
    leptos_axum::redirect(urls::DEVICES);
    Ok(())
}

/// One of my devices is told nothing any more.
///
/// # Errors
/// `not_found` for one that is not mine.
#[server(endpoint = "remove_device")]
pub async fn remove_device(device: String) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    domain.remove_device(&who, &device).await?;
    leptos_axum::redirect(urls::DEVICES);
    Ok(())
}

/// Sends a test to one of my devices.
///
/// # Errors
/// `not_found` for one that is not mine or that cannot be reached any more, `unavailable` where its push
/// service did not take it.
#[server(endpoint = "test_device")]
pub async fn test_device(device: String) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    domain.test_device(&who, &device).await?;
    leptos_axum::redirect(&format!("{}?done=tested", urls::DEVICES));
    Ok(())
}
