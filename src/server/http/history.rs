//! `GET /api/v1/messages`.

use super::visit::Calling;
use super::{App, problem};
use crate::protocol::views::Span;
use crate::protocol::{Code, Refusal, Target};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

/// The call's query. Read as text, so that a wrong value is refused by its name.
#[derive(Debug, Deserialize)]
pub struct Asked {
    to: Option<String>,
    before: Option<String>,
    after: Option<String>,
    around: Option<String>,
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

/// A page of history as JSON.
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
