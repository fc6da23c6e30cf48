//! Rooms: the listing and the form that opens or makes one.

use crate::protocol::json::Answer;
use crate::protocol::{
    Refusal, Target,
    views::{House, Index},
};
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

#[cfg(feature = "ssr")]
use crate::{protocol::urls, server::http::forms::asking};

/// Opens the room of this name, and makes it first where it does not exist and I am logged in.
///
/// # Errors
/// `invalid` for a name that cannot be, `login_needed` for a visitor and a new name.
#[server(endpoint = "enter_room")]
pub async fn enter_room(name: String) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    let room = domain.enter_room(&who, &name).await?;
    leptos_axum::redirect(&urls::page(&Target::Room(room.name)));
    Ok(())
}

/// A page of the room index, busiest first.
///
/// # Errors
/// `login_needed` where public reading is off.
#[server(endpoint = "list_rooms", input = GetUrl, output = Answer)]
pub async fn list_rooms(filter: String, offset: usize) -> Result<Index, Refusal> {
    let (domain, who) = asking().await?;
    domain.list_rooms(&who, &filter, offset).await
}

/// Everything a room's or a conversation's page shows; `at`: around the message of that id.
///
/// # Errors
/// `not_found` for what is not there or not for me.
#[server(endpoint = "open_place", input = GetUrl, output = Answer)]
pub async fn open_place(to: Target, at: Option<String>) -> Result<House, Refusal> {
    let (domain, who) = asking().await?;
    domain.house(&who, &to, at).await
}
