//! `/api/v1`: what programs call. One list of routes makes both what answers and the document that
//! describes it.

mod bounds;
pub mod described;
pub mod keys;
mod me;
mod messages;
mod moment;
mod push;
mod rooms;
pub mod schemas;
pub mod sent;

use super::problem::{self, Problem};
use super::{App, files, history, search};
use axum::Router;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use axum::http::{HeaderName, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use futures_util::FutureExt as _;
use serde::de::DeserializeOwned;
use std::panic::AssertUnwindSafe;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What all of its addresses begin with.
pub const BASE: &str = "/api/v1";

/// Headers that belong to the body that an answer had before.
const OF_BODY: [HeaderName; 3] =
    [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_ENCODING];

/// The list.
fn list() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(me::show))
        .routes(routes!(push::to_user))
        .routes(routes!(push::to_room))
        .routes(routes!(push::to_everyone))
        .routes(routes!(push::list))
        .routes(routes!(push::show, push::stop))
        .routes(routes!(history::messages, messages::say))
        .routes(routes!(search::search))
        .routes(routes!(files::take))
        .routes(routes!(rooms::list))
        .routes(routes!(rooms::show))
        .routes(routes!(rooms::online))
}

/// What answers below `/api/v1`.
pub fn routes() -> Router<App> {
    let (router, _) = list().split_for_parts();
    router
        .route("/api/v1/openapi.json", get(described::json))
        .route("/api/v1/docs", get(described::page))
        .route("/api/v1/{*rest}", any(nowhere))
}

/// Whether it is one of its addresses.
#[must_use]
pub fn is(uri: &Uri) -> bool {
    uri.path().strip_prefix(BASE).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Below `/api/v1` whatever is refused is a problem document, whoever refused it: a handler, a route
/// that is not there, a body that is too large, time that was over.
pub async fn documented(answer: impl Future<Output = Response>) -> Response {
    // What panicked has been told by the panic; whoever called hears that it failed.
    let Ok(response) = AssertUnwindSafe(answer).catch_unwind().await else {
        return Problem::of_status(StatusCode::INTERNAL_SERVER_ERROR).into_response();
    };
    let status = response.status();
    let is_document = response.headers().get(header::CONTENT_TYPE) == Some(&problem::TYPE);
    if is_document || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    let problem = parts.extensions.remove::<Problem>();
    let mut document = problem.unwrap_or_else(|| Problem::of_status(status)).into_response();
    for (name, value) in &parts.headers {
        if !OF_BODY.contains(name) {
            document.headers_mut().insert(name, value.clone());
        }
    }
    document
}

/// An address below it that there is not.
async fn nowhere() -> Response {
    problem::json(&crate::protocol::Refusal::not_found("such call"))
}

/// The one name in a path.
pub struct Name(pub String);

impl FromRequestParts<App> for Name {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        match Path::<String>::from_request_parts(parts, app).await {
            Ok(Path(name)) => Ok(Self(name)),
            // What is not UTF-8 names nothing.
            Err(_) => Err(problem::json(&crate::protocol::Refusal::not_found("such call"))),
        }
    }
}

/// What stands behind the question mark, read as text.
pub struct Queried<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<App> for Queried<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Response> {
        let once = "Give each part of the query once.";
        let asked = Query::<T>::try_from_uri(&parts.uri);
        asked
            .map(|Query(asked)| Self(asked))
            .map_err(|_| problem::json(&sent::unreadable(None, once.to_owned())))
    }
}
