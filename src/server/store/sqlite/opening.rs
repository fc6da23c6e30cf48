//! The database's file: opened, locked for one server, brought up to date, copied.

use super::super::{Connection, Result as Stored, Store, rooms};
use super::BEGIN_WRITE;
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// How long to wait for another program's lock on the database.
pub const BUSY: Duration = Duration::from_secs(5);
/// The same for the index, behind which senders wait.
const INDEX_BUSY: Duration = Duration::from_millis(100);
/// Pages are read by this many at a time; SQLite's readers do not wait for its writer.
const READERS: u32 = 4;
/// Idle readers cost little; opening one costs a millisecond.
const IDLE: Duration = Duration::from_secs(600);

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite");

/// Why a database could not be opened, in a sentence for whoever starts the program.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The setting's form is wrong.
    #[error("ROOMFUL_DATABASE_URL must look like sqlite:data/roomful.db; {0:?} does not.")]
    Url(String),
    /// The folder cannot be made or written.
    #[error("The folder of the database {path} cannot be used: {cause}.")]
    Folder { path: PathBuf, cause: std::io::Error },
    /// Another program serves from it.
    #[error(
        "Another roomful already serves from {0}. Stop it first, or give this one a database of its own (ROOMFUL_DATABASE_URL)."
    )]
    Taken(PathBuf),
    /// It was made by a later version.
    #[error(
        "The database {path} is newer than this program (it has migration {version}). Start the newer roomful, or restore a backup made by this one."
    )]
    Newer { path: PathBuf, version: i64 },
    /// Anything else.
    #[error("The database {path} cannot be opened: {cause}")]
    Database { path: PathBuf, cause: sqlx::Error },
    /// A migration failed.
    #[error("The database {path} cannot be brought up to date: {cause}")]
    Migration { path: PathBuf, cause: sqlx::migrate::MigrateError },
}

/// The file that a URL names.
///
/// # Errors
/// [`OpenError::Url`] for anything but a SQLite file.
pub fn file_of(url: &str) -> Result<PathBuf, OpenError> {
    let wrong = || OpenError::Url(url.to_owned());
    let path = url.strip_prefix("sqlite:").ok_or_else(wrong)?;
    let path = path.strip_prefix("//").unwrap_or(path);
    let path = path.split('?').next().unwrap_or_default();
    if path.is_empty() || path.contains(":memory:") {
        return Err(wrong());
    }
    Ok(PathBuf::from(path))
}

/// Held by a server for as long as it serves: two on one file would not hear each other.
#[derive(Debug)]
pub struct ServeLock(#[allow(dead_code, reason = "held, not read")] File);

/// Claims the database for one server.
///
/// # Errors
/// [`OpenError::Taken`] while another server holds it.
pub fn lock(path: &Path) -> Result<ServeLock, OpenError> {
    // The file itself, by whatever name it was given.
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut beside = path.clone().into_os_string();
    beside.push(".lock");
    let cause = |cause| OpenError::Folder { path: path.to_owned(), cause };
    let file = File::options().create(true).append(true).open(beside).map_err(cause)?;
    match file.try_lock() {
        Ok(()) => Ok(ServeLock(file)),
        Err(std::fs::TryLockError::WouldBlock) => Err(OpenError::Taken(path.to_owned())),
        Err(std::fs::TryLockError::Error(e)) => Err(cause(e)),
    }
}

/// Makes the folder that the database lies in.
///
/// # Errors
/// [`OpenError::Folder`] when it cannot be made.
pub fn make_folder(path: &Path) -> Result<(), OpenError> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else {
        return Ok(());
    };
    std::fs::create_dir_all(folder)
        .map_err(|cause| OpenError::Folder { path: path.to_owned(), cause })
}

fn options(path: &Path, busy: Duration) -> Result<SqliteConnectOptions, OpenError> {
    let options = SqliteConnectOptions::from_str("sqlite:")
        .map_err(|cause| OpenError::Database { path: path.to_owned(), cause })?;
    Ok(options
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // An answered send survives the loss of power, not only of the process.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(busy))
}

/// How the connection of the index differs from the others.
pub(in super::super) fn for_index(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(INDEX_BUSY)
        // What is taken out is overwritten: it was deleted by whoever said it.
        .pragma("secure_delete", "on")
}

impl Store {
    /// Opens the database at `path`, making and migrating it as needed. `busy`: how long to wait
    /// for another program's lock.
    ///
    /// # Errors
    /// An [`OpenError`] that says what to do.
    pub async fn open(path: &Path, busy: Duration) -> Result<Self, OpenError> {
        make_folder(path)?;
        let cause = |cause| OpenError::Database { path: path.to_owned(), cause };
        let options = options(path, busy)?;
        // A statement that may fail halfway keeps what it overwrites: in memory, or it makes a file
        // for every batch.
        let writes = options.clone().pragma("temp_store", "memory");
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .before_acquire(|one, _| Box::pin(is_sound(one)))
            .connect_with(writes.clone())
            .await
            .map_err(cause)?;
        let mut one = writer.acquire().await.map_err(cause)?;
        for_the_owner_alone(path);
        migrate(&mut one, path).await?;
        prepare(&mut one).await.map_err(cause)?;
        drop(one);
        let readers = SqlitePoolOptions::new()
            .min_connections(1)
            .max_connections(READERS)
            .idle_timeout(IDLE)
            .test_before_acquire(false)
            .before_acquire(|one, _| Box::pin(is_sound(one)))
            .connect_with(options)
            .await
            .map_err(cause)?;
        let (batches, index, turn) = (Arc::default(), Arc::default(), Arc::new(Semaphore::new(1)));
        Ok(Self { readers, writer, batches, options: writes, index, turn })
    }
}

/// Whether a connection may be used again. After a failed write (a full disk) SQLite has ended the
/// transaction by itself, the driver's own rollback fails, and it would count itself inside a
/// transaction for ever: such a connection is closed and another one opened.
async fn is_sound(one: &mut Connection) -> Stored<bool> {
    if one.is_in_transaction() {
        // A rollback may still be on its way to the connection's thread; this goes after it.
        one.ping().await?;
    }
    Ok(!one.is_in_transaction())
}

async fn migrate(one: &mut Connection, path: &Path) -> Result<(), OpenError> {
    MIGRATIONS.run(one).await.map_err(|cause| match cause {
        sqlx::migrate::MigrateError::VersionMissing(version) => {
            OpenError::Newer { path: path.to_owned(), version }
        }
        cause => OpenError::Migration { path: path.to_owned(), cause },
    })
}

/// What every house has from the start: its epoch, and a lobby. A house that comes from a backup
/// gets new epochs, since clients may have seen more than it holds.
async fn prepare(one: &mut Connection) -> Stored<()> {
    let mut tx = one.begin_with(BEGIN_WRITE).await?;
    let restored: Option<i64> = sqlx::query_scalar("SELECT restored FROM house WHERE id = 1")
        .fetch_optional(&mut *tx)
        .await?;
    let epoch = crate::server::security::secrets::short_id();
    match restored {
        None => {
            sqlx::query("INSERT INTO house (id, epoch) VALUES (1, $1)")
                .bind(&epoch)
                .execute(&mut *tx)
                .await?;
            // The name is a constant that passes the check.
            if let Ok(name) =
                crate::protocol::names::check(crate::protocol::names::Kind::Room, rooms::LOBBY)
            {
                rooms::make(&mut tx, &name, crate::protocol::people::Access::Open, None).await?;
            }
        }
        Some(0) => {}
        Some(_) => {
            sqlx::query("UPDATE house SET epoch = $1, restored = 0 WHERE id = 1")
                .bind(&epoch)
                .execute(&mut *tx)
                .await?;
            sqlx::query("UPDATE logs SET epoch = $1").bind(&epoch).execute(&mut *tx).await?;
        }
    }
    tx.commit().await
}

/// Copies the database into a new file, consistent while others write, and marks the copy so that
/// starting from it gives every log a new epoch.
///
/// # Errors
/// When `to` exists or cannot be written.
pub async fn backup(path: &Path, to: &Path, busy: Duration) -> Result<(), OpenError> {
    let cause = |cause| OpenError::Database { path: path.to_owned(), cause };
    let mut one = Connection::connect_with(&options(path, busy)?.create_if_missing(false))
        .await
        .map_err(cause)?;
    // Under another name until it is marked: what bears its name is whole.
    let mut part = to.as_os_str().to_owned();
    part.push(".part");
    let part = &PathBuf::from(part);
    sqlx::query("VACUUM INTO $1")
        .bind(part.to_string_lossy().into_owned())
        .execute(&mut one)
        .await
        .map_err(cause)?;
    one.close().await.map_err(cause)?;
    let copied = |cause| OpenError::Database { path: to.to_owned(), cause };
    let plain = SqliteConnectOptions::new().filename(part).journal_mode(SqliteJournalMode::Delete);
    let mut copy = Connection::connect_with(&plain).await.map_err(copied)?;
    sqlx::query("UPDATE house SET restored = 1").execute(&mut copy).await.map_err(copied)?;
    copy.close().await.map_err(copied)?;
    for_the_owner_alone(part);
    std::fs::rename(part, to).map_err(|cause| OpenError::Folder { path: to.to_owned(), cause })
}

/// Password hashes and private words are not for everybody on the machine.
fn for_the_owner_alone(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    if let Err(error) = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)) {
        tracing::warn!(%error, path = %path.display(), "others on this machine may read this file");
    }
}
