//! The HTTP side: one list of routes, and what every answer has in common.

pub mod assets;
pub mod forms;
pub mod guard;
pub mod history;
pub mod pages;
pub mod problem;
pub mod visit;

use super::domain::Domain;
use super::socket::upgrade;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::middleware;
use axum::response::Redirect;
use axum::routing::{get, post};
use std::sync::Arc;
use std::time::Duration;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

/// Bytes of a request's body: four times what a message of the default length can be, encoded.
const BODY: usize = 256 * 1024;
/// A request that takes longer is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// What handlers share.
#[derive(Clone)]
pub struct App {
    /// The house.
    pub domain: Arc<Domain>,
    /// Addresses of the browser's files.
    pub assets: Arc<crate::pages::Assets>,
    /// Names this run of the server, for `make dev`.
    pub run: Option<Arc<str>>,
}

/// Says that the server answers, and which run of it.
async fn health(State(app): State<App>) -> String {
    app.run.as_deref().map_or_else(|| "ok\n".to_owned(), |run| format!("ok {run}\n"))
}

/// Every address of the house.
pub fn router(app: App) -> Router {
    let sockets = Router::new()
        .route("/ws", get(upgrade::main))
        .route("/ws/chat/{room}/", get(upgrade::room));
    Router::new()
        .route("/", get(|| async { Redirect::to(crate::protocol::urls::INDEX) }))
        .route("/chat", get(|| async { Redirect::permanent(crate::protocol::urls::INDEX) }))
        .route("/chat/", get(pages::index))
        .route("/chat/{room}", get(pages::with_slash))
        .route("/chat/{room}/", get(pages::place))
        .route("/talk/{person}", get(pages::with_slash))
        .route("/talk/{person}/", get(pages::place))
        .route("/login", get(pages::log_in))
        .route("/signup", get(pages::sign_up))
        .route("/setup", get(pages::set_up))
        .route("/account", get(pages::account))
        .route("/api/v1/messages", get(history::messages))
        .route("/api/{function}", post(forms::post).get(forms::call))
        .route("/healthz", get(health))
        .fallback(pages::other)
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(BODY))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, PATIENCE))
        .merge(sockets)
        .layer(middleware::from_fn_with_state(app.clone(), guard::guard))
        .with_state(app)
}
