//! The life of a server: open the database, open the door, serve, drain, close.

use super::config::Config;
use super::domain::Domain;
use super::domain::tokens::NewToken;
use super::door::{self, Phase};
use super::groups::Groups;
use super::groups::memory::Memory;
use super::http::{App, Routes, Shared, assets};
use super::store::Store;
use super::store::sqlite::{self, OpenError, ServeLock};
use super::store::writer::Writing;
use super::vital::Vital;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long a shutdown may take, of the 10 s that are promised.
const DRAIN: Duration = Duration::from_secs(6);
/// How often what is no longer needed is forgotten.
const SWEEP: Duration = Duration::from_secs(60);
/// How often files that nobody shows any more are let go: they cost nothing but room.
const SWEEP_FILES: Duration = Duration::from_secs(3_600);

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
    /// The system.
    #[error("The system gives no thread to write with: {0}")]
    Thread(std::io::Error),
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
    phase: watch::Sender<Phase>,
    serving: JoinHandle<()>,
    repeating: JoinHandle<()>,
    helpers: Vec<JoinHandle<()>>,
    writing: Writing,
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
    let listener =
        door::bind(config.addr).map_err(|cause| StartError::Listen { addr: config.addr, cause })?;
    let addr = listener.local_addr().unwrap_or(config.addr);
    let public = config.public_url.clone().unwrap_or_else(|| format!("http://{addr}"));

    let rules = door::Rules {
        at_door: config.at_door,
        head: config.head_patience,
        files: door::raise_limit(),
    };
    let run = config.dev.then(|| super::security::secrets::short_id().into());
    let (domain, writing) = Domain::new(config, store, groups).map_err(StartError::Thread)?;
    let domain = Arc::new(domain);
    domain.is_at(public.clone());
    domain.learn_faces().await.map_err(|_| StartError::Read)?;
    domain.open_pocket().await.map_err(|_| StartError::Read)?;
    if let Err(error) = domain.files.shelf.tidy() {
        tracing::warn!(%error, "unfinished files could not be removed");
    }
    let key = domain.open_set_up().await.map_err(|_| StartError::Read)?;
    let set_up_link = key.map(|key| format!("{public}{}?key={key}", crate::protocol::urls::SET_UP));

    let (phase, watch) = watch::channel(Phase::Open);
    let app = App::from(Shared {
        domain: Arc::clone(&domain),
        assets: Arc::new(assets::manifest()),
        rendered: Arc::default(),
        run,
        bodies: Arc::default(),
        underway: Default::default(),
    });
    let serving = tokio::spawn(door::keep(listener, Routes::new(app), rules, watch));
    let announcing = Arc::clone(&domain);
    let sweeping = Arc::clone(&domain);
    let hanging_up = Arc::clone(&domain);
    let indexing = Arc::clone(&domain);
    let letting_go = Arc::clone(&domain);
    let calling = Arc::clone(&domain);
    let repeats = Arc::clone(&domain);
    let repeating = tokio::spawn(async move {
        let _vital = Vital("who pushes again and again");
        repeats.keep_repeating().await;
    });
    let reaching = Arc::clone(&domain);
    let noting = Arc::clone(&domain);
    let helpers = vec![
        tokio::spawn(async move {
            let _vital = Vital("who tells of comings and goings");
            announcing.keep_announcing().await;
        }),
        tokio::spawn(async move {
            let _vital = Vital("who ends connections");
            hanging_up.keep_hanging_up().await;
        }),
        tokio::spawn(async move { indexing.keep_indexing().await }),
        tokio::spawn(calling.keep_calling()),
        tokio::spawn(reaching.keep_reaching()),
        tokio::spawn(async move {
            let _vital = Vital("who notes what tokens are used for");
            noting.keep_noting().await;
        }),
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(SWEEP).await;
                sweeping.sweep();
            }
        }),
        tokio::spawn(async move {
            loop {
                // What failed was logged, and is tried again in an hour.
                let _ = letting_go.sweep_files().await;
                letting_go.sweep_notes().await;
                letting_go.sweep_deliveries().await;
                tokio::time::sleep(SWEEP_FILES).await;
            }
        }),
    ];
    Ok(Running {
        addr,
        set_up_link,
        domain,
        phase,
        serving,
        repeating,
        helpers,
        writing,
        _lock: lock,
    })
}

impl Running {
    /// The house that is served.
    #[must_use]
    pub fn domain(&self) -> &Arc<Domain> {
        &self.domain
    }

    /// Drains: takes no more connections, closes sockets with 4010, stores what was accepted.
    pub async fn stop(mut self) {
        let _ = self.phase.send(Phase::Draining);
        // Whoever is sent away comes back: to a repeating push they have not left.
        self.repeating.abort();
        let _ = (&mut self.repeating).await;
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
        let noted = self.domain.audit.write_down(&store);
        if tokio::time::timeout(Duration::from_secs(1), noted).await.is_err() {
            tracing::warn!("some uses of tokens were not noted");
        }
        drop(self.domain);
        let _ = tokio::time::timeout(Duration::from_secs(1), self.writing.ended()).await;
        let _ = tokio::time::timeout(Duration::from_secs(1), store.close()).await;
    }

    /// Ends at once, as far as one process can play a loss of power: for tests.
    pub async fn abort(self) {
        let _ = self.phase.send(Phase::Gone);
        self.repeating.abort();
        self.domain.connections.vanish();
        self.serving.abort();
        for helper in self.helpers {
            helper.abort();
        }
        let _ = self.serving.await;
        self.writing.abandon().await;
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

    /// Makes a token that reads and writes: for tests.
    ///
    /// # Errors
    /// Those of making a token.
    pub async fn add_token(&self, name: &str) -> Result<String, crate::protocol::Refusal> {
        Ok(self.domain.add_token(NewToken::plain(name)).await?.secret)
    }
}
