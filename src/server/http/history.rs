//! `GET /api/v1/messages`.

use super::visit::Calling;
use super::{App, problem};
use crate::protocol::views::{History, Span};
use crate::protocol::{Code, Refusal, Target};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
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
    #[param(value_type = Option<u32>, nullable = false)]
    limit: Option<String>,
}

fn seq(name: &str, text: Option<&String>) -> Result<Option<i64>, Refusal> {
    let seq = text.map(|text| text.parse::<i64>()).transpose();
    seq.map_err(|_| Refusal::invalid(name, format!("{name} is a seq, a whole number.")))
}

impl Asked {
    fn read(&self) -> Result<(Target, Span, Option<usize>), Refusal> {
        let to = self.to.as_deref().and_then(Target::parse);
        let to = to.ok_or_else(|| {
            Refusal::invalid("to", "Say whose history: to=#room or to=@person (encoded).")
        })?;
        let before = seq("before", self.before.as_ref())?;
        let after = seq("after", self.after.as_ref())?;
        let span = Span::of(before, after, self.around.clone())?;
        let limit = self.limit.as_ref().map(|text| text.parse::<usize>()).transpose();
        let limit = limit.map_err(|_| Refusal::invalid("limit", "limit is a whole number."))?;
        Ok((to, span, limit))
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
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let page = async {
        let Query(asked) =
            asked.map_err(|_| Refusal::new(Code::BadFrame, "Give each part of the query once."))?;
        let (to, span, limit) = asked.read()?;
        app.domain.history(&who, &to, span, limit).await
    };
    match page.await {
        Ok(history) => axum::Json(history).into_response(),
        Err(refusal) => problem::json(&refusal),
    }
}
