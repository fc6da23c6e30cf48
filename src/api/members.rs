//! How people stand in rooms, and what is changed about a room. The forms lead back to the page that
//! they stand on, unless that is not to be seen any more.

use crate::protocol::{
    Refusal, Target,
    people::{Access, Level, Role},
};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::{
    protocol::urls,
    server::{domain::changes::Wish, http::forms::asking},
};

/// Makes a room, and me its moderator.
///
/// # Errors
/// `invalid` for a name that cannot be or is taken, and for a topic that is too long: then the room
/// is there without it.
#[server(endpoint = "make_room")]
pub async fn make_room(name: String, text: String, access: Access) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    let to = domain.make_room_about(&who, &name, &text, access).await?;
    leptos_axum::redirect(&urls::page(&to));
    Ok(())
}

/// Joins a room.
///
/// # Errors
/// `not_found` for a room that I may not see.
#[server(endpoint = "join")]
pub async fn join(room: String) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    domain.join(&who, &room).await
}

/// Leaves a room.
///
/// # Errors
/// `not_found` for a room that I may not see.
#[server(endpoint = "leave")]
pub async fn leave(room: String) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    domain.leave(&who, &room).await?;
    if domain.locate(&who, &Target::Room(room)).await.is_err() {
        leptos_axum::redirect(urls::INDEX);
    }
    Ok(())
}

/// Says of what I wish to be told there.
///
/// # Errors
/// `not_found` for a place that I may not see.
#[server(endpoint = "set_level")]
pub async fn set_level(to: Target, level: Level) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    domain.set_level(&who, &to, level).await
}

/// Takes somebody into a room.
///
/// # Errors
/// `not_found` for nobody, `forbidden` for who is not in it.
#[server(endpoint = "invite")]
pub async fn invite(room: String, person: String) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    domain.invite(&who, &room, &person).await
}

/// Takes somebody out of a room (moderators).
///
/// # Errors
/// `forbidden` for everybody else, and of administrators.
#[server(endpoint = "remove")]
pub async fn remove(room: String, person: String) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    domain.remove(&who, &room, &person).await
}

/// Keeps somebody out of a room, or lets them in again (moderators).
///
/// # Errors
/// `forbidden` for everybody else, and of administrators.
#[server(endpoint = "ban")]
pub async fn ban(room: String, person: String, on: bool) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    domain.ban(&who, &room, &person, on).await
}

/// Makes somebody a moderator of a room, or no longer (moderators).
///
/// # Errors
/// `forbidden` for everybody else.
#[server(endpoint = "set_role")]
pub async fn set_role(room: String, person: String, role: Role) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    domain.set_role(&who, &room, &person, role).await
}

/// Says who may read a room (moderators).
///
/// # Errors
/// `forbidden` for everybody else.
#[server(endpoint = "set_access")]
pub async fn set_access(room: String, access: Access) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    domain.set_access(&who, &room, access).await
}

/// Says what a room is about (moderators).
///
/// # Errors
/// `forbidden` for everybody else, `too_long`.
#[server(endpoint = "set_topic")]
pub async fn set_topic(to: Target, text: String) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    domain.change_and_wait(&who, &to, Wish::Topic { text }).await?;
    Ok(())
}

/// Pins a message, or no longer (in a room its moderators).
///
/// # Errors
/// `forbidden` for everybody else, `not_found` for no such message.
#[server(endpoint = "pin")]
pub async fn pin(to: Target, message: String, on: bool) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    domain.change_and_wait(&who, &to, Wish::Pin { message, on }).await?;
    Ok(())
}

/// Closes a room for good (administrators).
///
/// # Errors
/// `forbidden` for everybody else.
#[server(endpoint = "delete_room")]
pub async fn delete_room(room: String) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    domain.delete_room(&who, &room).await?;
    leptos_axum::redirect(urls::INDEX);
    Ok(())
}
