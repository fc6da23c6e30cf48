//! The verbs: who may, what is valid, what happens. Every entrance (server function, HTTP, both
//! sockets, command line) calls these and nothing below them.

pub mod accounts;
mod announce;
pub mod answers;
pub mod audit;
pub mod changes;
pub mod connections;
pub mod devices;
pub mod faces;
pub mod files;
pub mod follow;
pub mod gauges;
mod gone;
pub mod history;
pub mod hooks;
pub mod house;
mod indexer;
pub mod keeping;
mod known;
pub mod membership;
pub mod moderation;
pub mod notices;
pub mod notifications;
pub mod people;
pub mod places;
mod pocket;
pub mod post;
pub mod push;
mod reach;
pub mod read;
mod remembered;
pub mod repeats;
pub mod rights;
pub mod rooms;
pub mod search;
pub mod sessions;
mod tell;
pub mod tokens;
pub mod typing;
pub mod who;

use crate::protocol::{Refusal, limits};
use crate::server::config::Config;
use crate::server::groups::Groups;
use crate::server::outside::Outside;
use crate::server::pocket::Pocket;
use crate::server::presence::{Patience, Presence};
use crate::server::security::rate::{Makers, Searches, Speech, TokenRate};
use crate::server::security::slowdown::Slowdown;
use crate::server::shelf::Shelf;
use crate::server::store::Store;
use crate::server::store::writer::{Writer, Writing};
use std::net::IpAddr;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

pub use who::{Member, Scope, TokenUse, Who};

/// Failed log-ins that pass without a wait: of one account, of one address.
const FREE_FAILURES: (u32, u32) = (5, 20);

/// The house: everything a verb needs.
pub struct Domain {
    /// Settings.
    pub config: Config,
    /// The database.
    pub store: Store,
    /// Where messages are handed in.
    pub writer: Writer,
    /// Who hears what.
    pub groups: Arc<dyn Groups>,
    /// Who is where.
    pub presence: Arc<Presence>,
    /// Who is connected, and how often.
    pub connections: connections::Connections,
    /// What people send that is no text.
    pub files: files::Files,
    /// What reaches out of the house.
    pub outside: Arc<Outside>,
    /// What is told to other programs, and what they say.
    pub hooks: Arc<hooks::Hooks>,
    /// Who has which face.
    pub faces: faces::Faces,
    /// What is told to devices.
    pub pocket: Arc<Pocket>,
    pages: history::Pages,
    speech: Speech,
    /// What is done to rooms and people, as fast as one may speak and beside it.
    deeds: Speech,
    makers: Arc<Makers>,
    searches: Searches,
    /// Whose turn it is to search.
    searching: tokio::sync::Semaphore,
    indexer: Arc<indexer::Indexer>,
    /// What tokens are used for.
    pub audit: audit::Audit,
    /// How fast each token is used.
    pub token_rate: TokenRate,
    fresh: tokens::Fresh,
    guesses_at_account: Slowdown<String>,
    guesses_from_address: Slowdown<IpAddr>,
    /// The key of the set-up link, until the first user exists.
    set_up_key: Mutex<Option<String>>,
    /// Once a user exists this stays true, and is not asked again.
    inhabited: AtomicBool,
    known: Arc<known::Known>,
    /// Where people reach the house, once it is open.
    base: OnceLock<String>,
    repeats: repeats::Repeats,
}

/// Rows that are read for a page of a list: one more than it shows tells that more follow.
const ONE_MORE: usize = limits::PAGE + 1;

/// Takes away what a page does not show; whether there was any.
fn cut<T>(page: &mut Vec<T>) -> bool {
    let more = page.len() > limits::PAGE;
    page.truncate(limits::PAGE);
    more
}

/// What a database error is to those outside; the cause is logged.
pub fn unavailable(error: sqlx::Error) -> Refusal {
    tracing::error!(%error, "the database failed");
    Refusal::unavailable()
}

impl Domain {
    /// A house on an open database, and its writer, which ends when every handle to it is gone.
    ///
    /// # Errors
    /// When there is no thread for the writer.
    pub fn new(
        config: Config,
        store: Store,
        groups: Arc<dyn Groups>,
    ) -> std::io::Result<(Self, Writing)> {
        let patience = Patience { grace: config.leave_grace, every: config.presence_every };
        let presence = Arc::new(Presence::new(patience));
        let known = Arc::<known::Known>::default();
        let aware = gone::Aware {
            groups: Arc::clone(&groups),
            presence: Arc::clone(&presence),
            known: Arc::clone(&known),
        };
        let indexer = Arc::new(indexer::Indexer::default());
        let noting = Arc::clone(&indexer);
        let hooks = Arc::new(hooks::Hooks::default());
        let waking = Arc::clone(&hooks);
        let pocket = Arc::<Pocket>::default();
        let (telling, looking) = (Arc::clone(&pocket), Arc::clone(&presence));
        let (writer, writing) = Writer::start(store.clone(), move |committed| {
            noting.note(&committed);
            waking.note(&committed);
            telling.note(&committed, |user| looking.look().is_looking(user));
            aware.learn(committed);
        })?;
        let domain = Self {
            speech: Speech::new(config.message_rate.0),
            deeds: Speech::new(config.message_rate.0),
            makers: Arc::new(Makers::new(config.rooms_per_day)),
            audit: audit::Audit::default(),
            token_rate: TokenRate::new(config.api_rate.0),
            fresh: tokens::Fresh::default(),
            searches: Searches::default(),
            searching: tokio::sync::Semaphore::new(search::AT_ONCE),
            indexer,
            pocket,
            connections: connections::Connections::new(
                config.connections_per_user,
                config.connections_per_address,
            ),
            presence,
            guesses_at_account: Slowdown::new(FREE_FAILURES.0),
            guesses_from_address: Slowdown::new(FREE_FAILURES.1),
            files: files::Files::new(Shelf::at(config.files_folder())),
            hooks,
            base: OnceLock::new(),
            outside: Arc::new(Outside::new(&config)),
            faces: faces::Faces::default(),
            pages: history::Pages::default(),
            set_up_key: Mutex::new(None),
            inhabited: AtomicBool::new(false),
            known,
            repeats: repeats::Repeats::default(),
            config,
            store,
            writer,
            groups,
        };
        Ok((domain, writing))
    }

    /// Says where people reach the house, where the settings do not: where it listens.
    pub fn is_at(&self, base: String) {
        // It is opened once.
        let _ = self.base.set(base);
    }

    /// Where people reach the house, `https://chat.example.org`.
    #[must_use]
    pub fn base(&self) -> &str {
        let listens = || self.base.get().map_or("", String::as_str);
        self.config.public_url.as_deref().unwrap_or_else(listens)
    }

    /// Forgets what no longer limits anyone; called now and then.
    pub fn sweep(&self) {
        self.speech.sweep();
        self.deeds.sweep();
        self.makers.sweep();
        self.searches.sweep();
        self.token_rate.sweep();
    }

    fn set_up_key(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        // A poisoned lock cannot happen: nothing panics while it is held.
        self.set_up_key.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
