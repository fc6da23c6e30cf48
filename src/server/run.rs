//! The life of a server: open the database, listen, serve, drain, close.

use super::config::Config;
use super::domain::Domain;
use super::groups::Groups;
use super::groups::memory::Memory;
use super::http::{App, assets, router};
use super::socket::connection::{Going, going};
use super::store::Store;
use super::store::sqlite::{self, OpenError, ServeLock};
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tower::ServiceExt as _;

/// How long a shutdown may take, of the 10 s that are promised.
const DRAIN: Duration = Duration::from_secs(6);
/// How long a request's head may take, and how long a connection may be kept without one: whoever
/// sends it byte by byte would hold the connection for ever.
const HEAD: Duration = Duration::from_secs(15);
/// How long to wait when no connection can be accepted, for some to end.
const BREATH: Duration = Duration::from_millis(50);
/// How often what is no longer needed is forgotten.
const SWEEP: Duration = Duration::from_secs(60);

/// Why a server could not start, in a sentence for whoever starts it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// The address.
    #[error(
        "Cannot listen on {addr}: {cause}. If something else uses that port, choose another one with ROOMFUL_ADDR."
    )]
    Listen { addr: SocketAddr, cause: std::io::Error },
    /// The first question to the database failed.
    #[error("The database cannot be read.")]
    Read,
}

/// A server that serves.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    /// The link that makes the first administrator, while nobody has an account.
    pub set_up_link: Option<String>,
    domain: Arc<Domain>,
    going: watch::Sender<Going>,
    serving: JoinHandle<()>,
    helpers: Vec<JoinHandle<()>>,
    writer: JoinHandle<()>,
    _lock: ServeLock,
}

/// Opens the house.
///
/// # Errors
/// A [`StartError`] that says what to do.
pub async fn start(config: Config) -> Result<Running, StartError> {
    start_with(config, Arc::new(Memory::default())).await
}

/// The same with a channel layer of the caller's: a test's can wait at a chosen point.
///
/// # Errors
/// A [`StartError`] that says what to do.
pub async fn start_with(config: Config, groups: Arc<dyn Groups>) -> Result<Running, StartError> {
    // Rendering needs an executor to be named once; a second time changes nothing.
    let _ = any_spawner::Executor::init_tokio();
    let path = sqlite::file_of(&config.database_url)?;
    sqlite::make_folder(&path)?;
    let lock = sqlite::lock(&path)?;
    let store = Store::open(&path, config.busy_timeout).await?;
    let listener = TcpListener::bind(config.addr)
        .await
        .map_err(|cause| StartError::Listen { addr: config.addr, cause })?;
    let addr = listener.local_addr().unwrap_or(config.addr);
    let public = config.public_url.clone().unwrap_or_else(|| format!("http://{addr}"));

    let run = config.dev.then(|| super::security::secrets::short_id().into());
    let (domain, writer) = Domain::new(config, store, groups);
    let domain = Arc::new(domain);
    let key = domain.open_set_up().await.map_err(|_| StartError::Read)?;
    let set_up_link = key.map(|key| format!("{public}{}?key={key}", crate::protocol::urls::SET_UP));

    let (going, watch) = watch::channel(Going::On);
    let app = App { domain: Arc::clone(&domain), assets: Arc::new(assets::manifest()), run };
    let serving = tokio::spawn(listen(listener, router(app), watch.clone()));
    let announcing = Arc::clone(&domain);
    let sweeping = Arc::clone(&domain);
    let hanging_up = Arc::clone(&domain);
    let helpers = vec![
        tokio::spawn(async move { announcing.keep_announcing().await }),
        tokio::spawn(async move { hanging_up.keep_hanging_up().await }),
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(SWEEP).await;
                sweeping.sweep();
            }
        }),
    ];
    Ok(Running { addr, set_up_link, domain, going, serving, helpers, writer, _lock: lock })
}

/// Takes connections until the server goes down, and then waits for those that are left.
async fn listen(listener: TcpListener, routes: axum::Router, mut watch: watch::Receiver<Going>) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = going(&mut watch) => break,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, peer)) => {
                connections.spawn(serve(stream, peer, routes.clone(), watch.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    routes: axum::Router,
    mut watch: watch::Receiver<Going>,
) {
    // Without this a page that is written in parts waits for the client's delayed ACK, 40 ms.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY");
    }
    let service = service_fn(move |request: axum::http::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        routes.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = going(&mut watch) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended");
    }
}

impl Running {
    /// The house that is served.
    #[must_use]
    pub fn domain(&self) -> &Arc<Domain> {
        &self.domain
    }

    /// Drains: takes no more connections, closes sockets with 4010, stores what was accepted.
    pub async fn stop(mut self) {
        let _ = self.going.send(Going::Draining);
        let drained = async {
            self.domain.connections.drain().await;
            while self.domain.connections.open() > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            let _ = (&mut self.serving).await;
        };
        if tokio::time::timeout(DRAIN, drained).await.is_err() {
            tracing::warn!("some connections did not end in time");
            self.serving.abort();
        }
        for helper in self.helpers {
            helper.abort();
            let _ = helper.await;
        }
        let store = self.domain.store.clone();
        drop(self.domain);
        let _ = tokio::time::timeout(Duration::from_secs(1), self.writer).await;
        let _ = tokio::time::timeout(Duration::from_secs(1), store.close()).await;
    }

    /// Ends at once, as far as one process can play a loss of power: for tests.
    pub async fn abort(self) {
        let _ = self.going.send(Going::Gone);
        self.domain.connections.vanish();
        self.serving.abort();
        self.writer.abort();
        for helper in self.helpers {
            helper.abort();
        }
        let _ = self.serving.await;
        let _ = self.writer.await;
        self.domain.store.close().await;
    }

    /// Makes a user: for tests.
    ///
    /// # Errors
    /// Those of making a user.
    pub async fn add_user(
        &self,
        name: &str,
        password: &str,
        admin: bool,
    ) -> Result<(), crate::protocol::Refusal> {
        self.domain.make_user(name, password.to_owned(), admin).await.map(drop)
    }

    /// Makes a token: for tests.
    ///
    /// # Errors
    /// Those of making a token.
    pub async fn add_token(&self, name: &str) -> Result<String, crate::protocol::Refusal> {
        self.domain.add_token(name).await
    }
}
