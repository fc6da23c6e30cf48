//! `GET /api/v1/messages`.

use super::v1::Queried;
use super::v1::sent::{count, unreadable, whole};
use super::visit::Calling;
use super::{App, problem};
use crate::protocol::views::{History, Span};
use crate::protocol::{Refusal, Target};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

/// The call's query. Read as text, so that a wrong value is refused by its name.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Whose history: #room or @person.
    #[param(value_type = String, required = true, nullable = false, pattern = "^[#@].+$", example = "#lobby")]
    to: Option<String>,
    /// The newest before this seq. At most one of `before`, `after` and `around`.
    #[param(value_type = Option<i64>, nullable = false)]
    before: Option<String>,
    /// The oldest after this seq.
    #[param(value_type = Option<i64>, nullable = false)]
    after: Option<String>,
    /// The message with this id, with those before and after it.
    #[param(nullable = false)]
    around: Option<String>,
    /// Messages on the page: 50 unless you say otherwise, and 200 at most, however many you ask for.
    #[param(value_type = Option<u64>, nullable = false)]
    limit: Option<String>,
}

impl Asked {
    fn read(&self) -> Result<(Target, Span, Option<usize>), Refusal> {
        let why = "Say whose history: to=#room or to=@person (encoded).";
        let to = self.to.as_deref();
        let to = to.ok_or_else(|| unreadable(Some("to".to_owned()), why.to_owned()))?;
        let to = Target::parse(to).ok_or_else(|| Refusal::invalid("to", why))?;
        let before = whole("before", self.before.as_ref())?;
        let after = whole("after", self.after.as_ref())?;
        let span = Span::of(before, after, self.around.clone())?;
        Ok((to, span, count("limit", self.limit.as_ref())?))
    }
}

/// Read messages
///
/// A page of a conversation, newest first. Needs the scope `read`.
#[utoipa::path(get, path = "/api/v1/messages", operation_id = "read_messages", tag = "messages",
    params(Asked), security((), ("bearer" = []), ("session" = [])),
    responses((status = 200, description = "A page of them.", body = History)))]
pub async fn messages(
    State(app): State<App>,
    Calling(who): Calling,
    Queried(asked): Queried<Asked>,
) -> Response {
    let page = async {
        let (to, span, limit) = asked.read()?;
        app.domain.history(&who, &to, span, limit).await
    };
    match page.await {
        Ok(history) => axum::Json(history).into_response(),
        Err(refusal) => problem::json(&refusal),
    }
}
