//! Pushing: to a person, to a room, to everybody; once, or again and again.

use super::super::visit::Calling;
use super::super::{App, problem};
use super::Name;
use super::keys::Key;
use super::moment::Moment;
use super::sent::Sent;
use crate::protocol::{At, Refusal, urls};
use crate::server::domain::Who;
use crate::server::domain::push::{Aim, Pushed, Pushing};
use crate::server::domain::repeats::{Reason, Repeat, Repetition};
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is to be pushed, and how often.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ToPush {
    /// The text: at most as long as a message, and not blank.
    #[schema(min_length = 1, example = "The build is green.")]
    text: String,
    /// Where it leads: a path of this house, or an address that begins with https://.
    #[schema(example = "/chat/lobby/")]
    link: Option<String>,
    /// Whether it waits for those who are away. A push that does not reaches those who are there now,
    /// and the answer says how many that was.
    #[serde(default = "yes")]
    #[schema(default = true)]
    stored: bool,
    /// Push it again and again: milliseconds from one to the next.
    #[schema(example = 2000)]
    every_ms: Option<u64>,
    /// How often at most. Only with `every_ms`.
    #[schema(example = 30)]
    times: Option<u64>,
    /// Until when at most: a moment to come. Only with `every_ms`.
    until: Option<Moment>,
}

fn yes() -> bool {
    true
}

/// Something was pushed.
#[derive(Debug, Serialize, ToSchema)]
pub struct PushedView {
    /// The id of what was pushed; of a stored one in a room, the message's.
    id: String,
    /// Whether it waits for those who are away.
    stored: bool,
    /// How many people heard it now.
    people: usize,
    /// By how many connections.
    connections: usize,
    /// When.
    at: At,
}

impl From<Pushed> for PushedView {
    fn from(pushed: Pushed) -> Self {
        let Pushed { id, stored, people, connections, at } = pushed;
        Self { id, stored, people, connections, at }
    }
}

/// Why a repeating push has ended.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Somebody stopped it.
    Stopped,
    /// It was pushed as often as it was to be.
    Count,
    /// It went on until it was to end.
    Until,
    /// Its maker may not do it any more, or the token it was made with has ended.
    NotAllowed,
    /// Nobody was there to hear it.
    Nobody,
}

impl From<Reason> for Why {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Stopped => Self::Stopped,
            Reason::Count => Self::Count,
            Reason::Until => Self::Until,
            Reason::NotAllowed => Self::NotAllowed,
            Reason::Nobody => Self::Nobody,
        }
    }
}

/// A push that is repeated.
#[derive(Debug, Serialize, ToSchema)]
pub struct RepeatView {
    /// Names it.
    id: String,
    /// At whom: `users/alice`, `rooms/lobby` or `broadcast`, as in the path of the call that made it.
    aim: String,
    /// The text.
    text: String,
    /// Where it leads.
    link: Option<String>,
    /// Whether each of them is stored.
    stored: bool,
    /// Milliseconds from one to the next.
    every_ms: u64,
    /// How often at most.
    times: Option<u64>,
    /// Until when at most.
    until: Option<At>,
    /// How often it was pushed.
    done: u64,
    /// Since when.
    started_at: At,
    /// When it is due next.
    next_at: At,
    /// Who made it.
    by: String,
    /// When it ended; none while it goes on.
    ended_at: Option<At>,
    /// Why it ended.
    ended: Option<Why>,
}

impl From<Repeat> for RepeatView {
    fn from(it: Repeat) -> Self {
        Self {
            id: it.id,
            aim: match it.aim {
                Aim::Person(name) => format!("users/{}", urls::encode(&name)),
                Aim::Room(name) => format!("rooms/{}", urls::encode(&name)),
                Aim::Everyone => "broadcast".to_owned(),
            },
            text: it.text,
            link: it.link,
            stored: it.stored,
            every_ms: it.every_ms,
            times: it.times,
            until: it.until,
            done: it.done,
            started_at: it.started_at,
            next_at: it.next_at,
            by: it.by,
            ended_at: it.ended.map(|(at, _)| at),
            ended: it.ended.map(|(_, why)| why.into()),
        }
    }
}

/// The repeating pushes.
#[derive(Debug, Serialize, ToSchema)]
pub struct Repeats {
    /// The latest first. Those that have ended stay for a day.
    pushes: Vec<RepeatView>,
}

/// The one place of the three calls.
async fn push(app: &App, who: &Who, aim: Aim, key: Key, sent: ToPush) -> Result<Response, Refusal> {
    let ToPush { text, link, stored, every_ms, times, until } = sent;
    let pushing = Pushing { text, link, stored, cid: key.cid(), by_house: None };
    let Some(every_ms) = every_ms else {
        for (field, there) in [("times", times.is_some()), ("until", until.is_some())] {
            if there {
                let why = format!("{field} is of a push that is repeated: say every_ms too.");
                return Err(Refusal::invalid(field, why));
            }
        }
        let pushed = app.domain.push(who, &aim, pushing).await?;
        return Ok(Json(PushedView::from(pushed)).into_response());
    };
    let repetition = Repetition { every_ms, times, until: until.map(|Moment(at)| at) };
    let repeat = app.domain.start_repeating(who, &aim, pushing, repetition).await?;
    let place = format!("{}/pushes/{}", super::BASE, urls::encode(&repeat.id));
    let place = [(header::LOCATION, place)];
    Ok((StatusCode::CREATED, place, Json(RepeatView::from(repeat))).into_response())
}

fn answer(answer: Result<impl IntoResponse, Refusal>) -> Response {
    answer.map_or_else(|refusal| problem::json(&refusal), IntoResponse::into_response)
}

/// Push to a person
///
/// All of their connections hear it. A stored push is kept for them, so that they find it when they come
/// back. Needs the scope `push`.
#[utoipa::path(post, path = "/api/v1/push/users/{name}", operation_id = "push_to_user", tag = "push",
    params(("name" = String, Path, description = "The person's name.", min_length = 1)),
    request_body = ToPush,
    responses(
        (status = 200, description = "It was pushed; this is who heard it.", body = PushedView),
        (status = 201, description = "It is pushed from now on, again and again.", body = RepeatView,
            headers(("Location" = String, description = "The repeating push."))),
    ))]
pub async fn to_user(
    State(app): State<App>,
    Calling(who): Calling,
    Name(name): Name,
    key: Key,
    Sent(sent): Sent<ToPush>,
) -> Response {
    answer(push(&app, &who, Aim::Person(name), key, sent).await)
}

/// Push to a room
///
/// Everybody who follows the room hears it. A stored push is a message of its log. Needs the scope
/// `push`.
#[utoipa::path(post, path = "/api/v1/push/rooms/{name}", operation_id = "push_to_room", tag = "push",
    params(("name" = String, Path, description = "The room's name.", min_length = 1)),
    request_body = ToPush,
    responses(
        (status = 200, description = "It was pushed; this is who heard it.", body = PushedView),
        (status = 201, description = "It is pushed from now on, again and again.", body = RepeatView,
            headers(("Location" = String, description = "The repeating push."))),
    ))]
pub async fn to_room(
    State(app): State<App>,
    Calling(who): Calling,
    Name(name): Name,
    key: Key,
    Sent(sent): Sent<ToPush>,
) -> Response {
    answer(push(&app, &who, Aim::Room(name), key, sent).await)
}

/// Push to everybody
///
/// Every connection of the house hears it. A stored push is kept for everybody who has an account. Needs
/// the scope `broadcast`, and to be an administrator's token.
#[utoipa::path(post, path = "/api/v1/push/broadcast", operation_id = "push_to_everyone", tag = "push",
    request_body = ToPush,
    responses(
        (status = 200, description = "It was pushed; this is who heard it.", body = PushedView),
        (status = 201, description = "It is pushed from now on, again and again.", body = RepeatView,
            headers(("Location" = String, description = "The repeating push."))),
    ))]
pub async fn to_everyone(
    State(app): State<App>,
    Calling(who): Calling,
    key: Key,
    Sent(sent): Sent<ToPush>,
) -> Response {
    answer(push(&app, &who, Aim::Everyone, key, sent).await)
}

/// List repeating pushes
///
/// Those that you made; an administrator's list has all of the house. Needs the scope `push`.
#[utoipa::path(get, path = "/api/v1/pushes", operation_id = "list_pushes", tag = "push",
    responses((status = 200, description = "The latest first.", body = Repeats)))]
pub async fn list(State(app): State<App>, Calling(who): Calling) -> Response {
    let repeats = app.domain.repeating(&who).await;
    let shown =
        |all: Vec<Repeat>| Repeats { pushes: all.into_iter().map(RepeatView::from).collect() };
    answer(repeats.map(|all| Json(shown(all))))
}

/// Show a repeating push
///
/// One of the list, unless somebody has stopped it. Needs the scope `push`.
#[utoipa::path(get, path = "/api/v1/pushes/{id}", operation_id = "show_push", tag = "push",
    params(("id" = String, Path, description = "The id of the repeating push.", min_length = 1)),
    responses((status = 200, description = "The repeating push.", body = RepeatView)))]
pub async fn show(State(app): State<App>, Calling(who): Calling, Name(id): Name) -> Response {
    answer(app.domain.repeat(&who, &id).await.map(|repeat| Json(RepeatView::from(repeat))))
}

/// Stop a repeating push
///
/// Once this is answered nothing of it is heard any more. Needs the scope `push`.
#[utoipa::path(delete, path = "/api/v1/pushes/{id}", operation_id = "stop_push", tag = "push",
    params(("id" = String, Path, description = "The id of the repeating push.", min_length = 1)),
    responses((status = 204, description = "It is over.")))]
pub async fn stop(State(app): State<App>, Calling(who): Calling, Name(id): Name) -> Response {
    answer(app.domain.stop_repeating(&who, &id).await.map(|()| StatusCode::NO_CONTENT))
}
