//! `GET /api/v1/search`.

use super::v1::Queried;
use super::visit::{self, Calling};
use super::{App, problem};
use crate::protocol::search::{Asked, Found};
use axum::extract::{ConnectInfo, State};
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
    Queried(asked): Queried<Asked>,
) -> Response {
    let address = visit::address(&app.domain.config, peer, &headers);
    match app.domain.search(&who, address, &asked).await {
        Ok(found) => axum::Json(found).into_response(),
        Err(refusal) => problem::json(&refusal),
    }
}
