//! `GET /api/v1/search`.

use super::visit::{self, Calling};
use super::{App, problem};
use crate::protocol::search::{Asked, Found};
use crate::protocol::{Code, Refusal};
use axum::extract::rejection::QueryRejection;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use std::net::SocketAddr;

/// Search
///
/// What was said, newest first, over all that you may read. Needs the scope `read`.
#[utoipa::path(get, path = "/api/v1/search", operation_id = "search", tag = "messages",
    params(Asked), security((), ("bearer" = []), ("session" = [])),
    responses((status = 200, description = "A page of what was found.", body = Found)))]
pub async fn search(
    State(app): State<App>,
    Calling(who): Calling,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let page = async {
        let Query(asked) = asked.map_err(|_| {
            let why = "Give each of q, from, in, since, until and older once.";
            Refusal::new(Code::BadFrame, why)
        })?;
        let address = visit::address(&app.domain.config, peer, &headers);
        app.domain.search(&who, address, &asked).await
    };
    match page.await {
        Ok(found) => axum::Json(found).into_response(),
        Err(refusal) => problem::json(&refusal),
    }
}
