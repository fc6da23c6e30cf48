//! The HTTP side: one list of routes, and what every answer has in common.

pub mod assets;
pub mod body;
mod compressed;
pub mod faces;
pub mod files;
pub mod forms;
pub mod guard;
pub mod history;
pub mod hooks;
pub mod installed;
pub mod multipart;
pub mod pages;
pub mod panels;
pub mod problem;
pub mod rendered;
pub mod search;
pub mod tokens;
pub mod v1;
pub mod visit;
pub mod wishes;

use super::domain::Domain;
use super::domain::answers::Underway;
use super::security::line::Line;
use super::socket::upgrade;
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use hyper::body::Incoming;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use tower::Service as _;

pub use body::{MOST as BODY, PATIENCE as BODY_PATIENCE};

/// A request that takes longer is given up. What it had handed to the writer may be done all the same.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What handlers share; each request has it several times, so it is one pointer.
#[derive(Clone)]
pub struct App(Arc<Shared>);

/// See [`App`].
pub struct Shared {
    /// The house.
    pub domain: Arc<Domain>,
    /// Addresses of the browser's files.
    pub assets: Arc<crate::pages::Assets>,
    /// What is rendered once and shown often.
    pub rendered: Arc<rendered::Rendered>,
    /// Names this run of the server, for `make dev`.
    pub run: Option<Arc<str>>,
    /// Bodies on their way.
    pub bodies: Arc<Line>,
    /// Requests with an Idempotency-Key that are being answered.
    pub underway: Underway,
}

impl From<Shared> for App {
    fn from(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// Says that the server answers, and which run of it.
async fn health(State(app): State<App>) -> String {
    app.run.as_deref().map_or_else(|| "ok\n".to_owned(), |run| format!("ok {run}\n"))
}

/// Every address of the house. What all of them have in common is done around them, in
/// [`Routes::answer`]: a layer would cost each of them an allocation or two a request.
fn router(app: App) -> Router {
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
        .route("/chat/{room}/about", get(panels::sheet))
        .route("/chat/{room}/people", get(panels::sheet))
        .route("/chat/{room}/webhooks", get(panels::sheet))
        .route("/chat/{room}/edits/{message}", get(panels::sheet))
        .route("/talk/{person}/edits/{message}", get(panels::sheet))
        .route("/people", get(panels::sheet))
        .route("/people/{person}", get(panels::sheet))
        .route("/notifications", get(pages::with_slash))
        .route(crate::protocol::urls::NOTICES, get(panels::sheet))
        .route("/mentions", get(panels::mentions))
        .route(crate::protocol::urls::DEVICES, get(panels::sheet))
        .route("/rooms/new", get(panels::sheet))
        .route("/house", get(panels::sheet))
        .route("/house/rooms", get(panels::sheet))
        .route("/house/invitations", get(panels::sheet))
        .route("/house/tokens", get(panels::sheet))
        .route("/search", get(pages::search))
        .route("/settings", get(pages::settings))
        .route("/help", get(pages::help))
        .route("/jump", get(pages::jump))
        .route(crate::protocol::urls::MANIFEST, get(installed::manifest))
        .route(crate::protocol::urls::OFFLINE, get(installed::offline))
        .route(crate::protocol::urls::SHARE, get(installed::share))
        .route(crate::protocol::urls::FACE, post(faces::put))
        .route("/face/{name}", get(faces::show))
        .route("/files/{id}/{name}", get(files::show))
        .route("/hooks/{id}/{secret}", post(hooks::take))
        .route("/api/{function}", post(forms::post).get(forms::call))
        .route("/ws", get(upgrade::main))
        .route("/ws/chat/{room}/", get(upgrade::room))
        .route("/healthz", get(health))
        .merge(v1::routes())
        .fallback(pages::other)
        .with_state(app)
}

/// What answers requests.
pub struct Routes {
    app: App,
    router: Router,
}

impl Routes {
    /// The house's.
    #[must_use]
    pub fn new(app: App) -> Self {
        Self { router: router(app.clone()), app }
    }

    /// Sockets that are open now.
    #[must_use]
    pub fn sockets(&self) -> usize {
        self.app.domain.connections.open()
    }

    /// The answer to a request.
    pub async fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> Response {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        if v1::is(request.uri()) || hooks::is(request.uri()) {
            v1::documented(self.guarded(request, peer)).await
        } else {
            self.guarded(request, peer).await
        }
    }

    async fn guarded(&self, request: Request<Body>, peer: SocketAddr) -> Response {
        guard::guarded(&self.app, request, async |request| {
            let usual = self.app.domain.config.answer_patience;
            let patience = files::patience(&request).unwrap_or(usual);
            tokens::noted(&self.app, request, peer, async |request| {
                let answer = v1::keys::once(&self.app, request, async |request| {
                    match self.router.clone().call(request).await {
                        Ok(response) => response,
                    }
                });
                match timeout(patience, answer).await {
                    Ok(response) => response,
                    // Below /api/v1 it says that it may be done all the same (`unanswered`).
                    Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
                }
            })
            .await
        })
        .await
    }
}
