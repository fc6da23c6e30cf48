//! Saying something.

use super::super::visit::Calling;
use super::super::{App, problem};
use super::keys::Key;
use super::sent::Sent;
use crate::protocol::frames::SendOk;
use crate::protocol::{Refusal, Target, urls};
use crate::server::domain::post::Draft;
use crate::server::security::secrets;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use utoipa::ToSchema;

/// A message that is to be said.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ToSay {
    /// Where: #room or @person.
    #[schema(pattern = "^[#@].+$", example = "#lobby")]
    to: String,
    /// What. It may be empty where there are files.
    #[schema(example = "Good morning.")]
    body: String,
    /// Your own id for it, used for this message and no other: said again with the same one, it is said
    /// once. Without it, one is made of the Idempotency-Key.
    #[schema(min_length = 1)]
    cid: Option<String>,
    /// The id of the message that it answers.
    reply_to: Option<String>,
    /// The ids of its files, in their order.
    #[serde(default)]
    files: Vec<String>,
}

/// Say something
///
/// In a room or to a person. When it is answered it is stored for good. Needs the scope `write`.
#[utoipa::path(post, path = "/api/v1/messages", operation_id = "say", tag = "messages",
    request_body = ToSay,
    responses((status = 201, description = "It was said.", body = SendOk,
        headers(("Location" = String, description = "The history around it.")))))]
pub async fn say(
    State(app): State<App>,
    Calling(who): Calling,
    key: Key,
    Sent(sent): Sent<ToSay>,
) -> Response {
    let ToSay { to, body, cid, reply_to, files } = sent;
    let said = async {
        who.writer()?;
        let to = Target::parse(&to).filter(|to| *to != Target::Own);
        let to = to.ok_or_else(|| Refusal::invalid("to", "Say where: #room or @person."))?;
        let cid = cid.or_else(|| key.cid()).unwrap_or_else(secrets::short_id);
        let draft = Draft { to: to.clone(), cid, body, reply_to, files };
        let said = app.domain.post_and_wait(&who, draft).await?;
        Ok::<_, Refusal>((to, said))
    };
    match said.await {
        Ok((to, said)) => {
            let (to, id) = (urls::encode(&to.to_string()), urls::encode(&said.id));
            let place = format!("{}/messages?to={to}&around={id}", super::BASE);
            (StatusCode::CREATED, [(header::LOCATION, place)], Json(said)).into_response()
        }
        Err(refusal) => problem::json(&refusal),
    }
}
