//! `GET /api/v1/messages`.

use super::visit::Calling;
use super::{App, problem};
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
    limit: Option<String>,
}

impl Asked {
    fn read(&self) -> Result<(Target, Option<i64>, Option<usize>), Refusal> {
        let to = self.to.as_deref().and_then(Target::parse);
        let to = to.ok_or_else(|| {
            Refusal::invalid("to", "Say whose history: to=#room or to=@person (encoded).")
        })?;
        let before = self.before.as_ref().map(|text| text.parse::<i64>()).transpose();
        let before =
            before.map_err(|_| Refusal::invalid("before", "before is a seq, a whole number."))?;
        let limit = self.limit.as_ref().map(|text| text.parse::<usize>()).transpose();
        let limit = limit.map_err(|_| Refusal::invalid("limit", "limit is a whole number."))?;
        Ok((to, before, limit))
    }
}

/// A page of history as JSON.
pub async fn messages(
    State(app): State<App>,
    Calling(who): Calling,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let page = async {
        let Query(asked) = asked
            .map_err(|_| Refusal::new(Code::BadFrame, "Give each of to, before and limit once."))?;
        let (to, before, limit) = asked.read()?;
        app.domain.history(&who, &to, before, limit).await
    };
    match page.await {
        Ok(history) => axum::Json(history).into_response(),
        Err(refusal) => problem::json(&refusal),
    }
}
