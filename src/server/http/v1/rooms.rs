//! Rooms, and who is in them.

use super::super::visit::Calling;
use super::super::{App, problem};
use super::sent::count;
use super::{Name, Queried};
use crate::protocol::frames::Online;
use crate::protocol::people::{Access, Role};
use crate::protocol::views::{LastMessage, Span};
use crate::protocol::{At, Refusal, Target};
use crate::server::domain::Scope;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Rooms that may be passed over: nobody pages further, and the count stays within any integer.
pub(super) const OFFSET: usize = 1_000_000;

/// Which page of the rooms.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WhichRooms {
    /// Only rooms whose name holds this.
    #[serde(default)]
    find: String,
    /// How many are left out before the first: the `next` of the page before.
    #[param(value_type = Option<u64>)]
    offset: Option<String>,
}

/// A room in the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoomInList {
    /// Its name.
    name: String,
    /// How targets name it.
    to: Target,
    /// How many people are in it.
    online: usize,
    /// What was said last.
    last: Option<LastMessage>,
}

/// A page of the rooms.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoomPage {
    /// Those with people in them first, then those in which something was said last.
    rooms: Vec<RoomInList>,
    /// The `offset` of the next page, where there is one.
    next: Option<usize>,
}

/// A room.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoomAlone {
    /// Its name.
    name: String,
    /// How targets name it.
    to: Target,
    /// Who may see it.
    access: Access,
    /// What it is about; may be empty.
    topic: String,
    /// How many have joined it.
    members: usize,
    /// How many people are in it now.
    online: usize,
    /// Who made it, where anybody did.
    made_by: Option<String>,
    /// When.
    since: At,
    /// What you are in it; none while you have not joined it.
    role: Option<Role>,
}

/// List rooms
///
/// All that you may see, 50 on a page. Needs the scope `read`.
#[utoipa::path(get, path = "/api/v1/rooms", operation_id = "list_rooms", tag = "rooms", params(WhichRooms),
    security((), ("bearer" = []), ("session" = [])),
    responses((status = 200, description = "A page of them.", body = RoomPage)))]
pub async fn list(
    State(app): State<App>,
    Calling(who): Calling,
    Queried(asked): Queried<WhichRooms>,
) -> Response {
    let offset = match count("offset", asked.offset.as_ref()) {
        Ok(offset) => offset.unwrap_or(0),
        Err(refusal) => return problem::json(&refusal),
    };
    if offset > OFFSET {
        let why = format!("offset is at most {OFFSET}.");
        return problem::json(&Refusal::invalid("offset", why));
    }
    match app.domain.list_rooms(&who, &asked.find, offset).await {
        Ok(index) => {
            let next = index.more.then_some(offset + crate::protocol::limits::PAGE);
            let room = |card: crate::protocol::views::RoomCard| RoomInList {
                to: Target::Room(card.name.clone()),
                name: card.name,
                online: card.online,
                last: card.last,
            };
            Json(RoomPage { rooms: index.rooms.into_iter().map(room).collect(), next })
                .into_response()
        }
        Err(refusal) => problem::json(&Refusal {
            // What the page calls a name is called so here.
            field: refusal.field.clone().map(|_| "find".to_owned()),
            ..refusal
        }),
    }
}

/// Show a room
///
/// Needs the scope `read`.
#[utoipa::path(get, path = "/api/v1/rooms/{name}", operation_id = "show_room", tag = "rooms",
    params(("name" = String, Path, description = "The room's name.", min_length = 1)),
    security((), ("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The room.", body = RoomAlone)))]
pub async fn show(State(app): State<App>, Calling(who): Calling, Name(name): Name) -> Response {
    let room = async {
        let room = app.domain.about_room(&who, &name, 0).await?;
        let to = Target::Room(room.name.clone());
        let history = app.domain.history(&who, &to, Span::Newest, Some(1)).await?;
        let place = app.domain.locate(&who, &to).await?;
        Ok::<_, Refusal>(RoomAlone {
            name: room.name,
            to,
            access: room.mine.access,
            topic: history.about.topic,
            members: room.count,
            online: app.domain.online(&place).map_or(0, |online| online.count),
            made_by: room.made_by,
            since: room.since,
            role: room.mine.role,
        })
    };
    match room.await {
        Ok(room) => Json(room).into_response(),
        Err(refusal) => problem::json(&refusal),
    }
}

/// Who is in a room
///
/// Now, by any connection. Past 200 people only their number is told. Needs the scope `read`.
#[utoipa::path(get, path = "/api/v1/rooms/{name}/online", operation_id = "who_is_online", tag = "rooms",
    params(("name" = String, Path, description = "The room's name.", min_length = 1)),
    security((), ("bearer" = []), ("session" = [])),
    responses((status = 200, description = "Who is there.", body = Online)))]
pub async fn online(State(app): State<App>, Calling(who): Calling, Name(name): Name) -> Response {
    let online = async {
        who.may(Scope::Read)?;
        let place = app.domain.locate(&who, &Target::Room(name)).await?;
        Ok::<_, Refusal>(app.domain.online(&place).unwrap_or_default())
    };
    match online.await {
        Ok(online) => Json(online).into_response(),
        Err(refusal) => problem::json(&refusal),
    }
}
