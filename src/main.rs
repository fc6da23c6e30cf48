//! The command line: each command reads its arguments and calls one verb.

#[path = "commands/push.rs"]
mod push;
#[path = "commands/token.rs"]
mod token;

use clap::{Args, Parser, Subcommand};
use roomful::server::config::{self, Config, DATABASE_URL};
use roomful::server::domain::Domain;
use roomful::server::groups::memory::Memory;
use roomful::server::shelf;
use roomful::server::store::{Store, sqlite};
use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Rendering a page makes thousands of small allocations; with the system's allocator they are a
/// quarter of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A chat that a team or a community runs for itself.
#[derive(Parser)]
#[command(name = "roomful", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the chat. Brings the database up to date first.
    Serve(Box<Config>),
    /// Bring the database up to date and stop.
    Migrate(Database),
    /// Make users, set their passwords, and keep them out. Works beside a running server.
    #[command(subcommand)]
    User(User),
    /// Make tokens for programs, list and end them. Works beside a running server.
    #[command(subcommand)]
    Token(token::Token),
    /// Push something to a person, a room or everybody, through a running server.
    Push(Box<push::Push>),
    /// Copy everything, while the server runs: the database into one file, and what people sent
    /// into a folder of that name with .files at its end.
    Backup {
        /// The file to write; must not exist yet.
        file: PathBuf,
        #[command(flatten)]
        database: Database,
        /// The folder of the files that people send; beside the database unless it is said.
        #[arg(long, env = "ROOMFUL_FILES")]
        files: Option<PathBuf>,
    },
}

#[derive(Args)]
#[group(skip)]
struct Database {
    /// Where everything is stored.
    #[arg(long, env = "ROOMFUL_DATABASE_URL", default_value = DATABASE_URL)]
    database_url: String,
}

#[derive(Subcommand)]
enum User {
    /// Make a user. Asks for the password.
    Add {
        /// The user's name.
        name: String,
        /// Make them an administrator.
        #[arg(long)]
        admin: bool,
        #[command(flatten)]
        password: Password,
        #[command(flatten)]
        database: Database,
    },
    /// Keep somebody out of the house: end their sessions, close their sockets, refuse their tokens.
    Ban {
        /// The user's name.
        name: String,
        #[command(flatten)]
        database: Database,
    },
    /// Let somebody in again.
    Unban {
        /// The user's name.
        name: String,
        #[command(flatten)]
        database: Database,
    },
    /// Set a user's password, and end their sessions. Asks for it.
    Password {
        /// The user's name.
        name: String,
        #[command(flatten)]
        password: Password,
        #[command(flatten)]
        database: Database,
    },
}

#[derive(Args)]
#[group(skip)]
struct Password {
    /// Read the password from standard input, its first line.
    #[arg(long)]
    password_stdin: bool,
}

type Outcome = Result<(), Box<dyn std::error::Error>>;

impl Password {
    fn read(&self) -> Result<String, Box<dyn std::error::Error>> {
        if self.password_stdin || !std::io::stdin().is_terminal() {
            let mut all = String::new();
            std::io::stdin().read_to_string(&mut all)?;
            return Ok(all.lines().next().unwrap_or_default().to_owned());
        }
        let first = rpassword::prompt_password("Password: ")?;
        if first != rpassword::prompt_password("Once more: ")? {
            return Err("The two passwords differ. Nothing was changed.".into());
        }
        Ok(first)
    }
}

impl Database {
    async fn open(&self) -> Result<Store, sqlite::OpenError> {
        Store::open(&sqlite::file_of(&self.database_url)?, sqlite::BUSY).await
    }

    /// The house without its doors, for commands that work beside the server.
    async fn domain(&self) -> Result<Domain, Box<dyn std::error::Error>> {
        let store = self.open().await?;
        // The settings of a server do not matter here: no connection, no page.
        let Command::Serve(config) = Cli::try_parse_from(["roomful", "serve"])?.command else {
            return Err("the settings cannot be read".into());
        };
        Ok(Domain::new(*config, store, Arc::new(Memory::default()))?.0)
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    match runtime.block_on(run(cli.command)) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads what is printed has had enough of it.
        Err(error) if is_broken_pipe(&*error) => ExitCode::SUCCESS,
        Err(error) => fail(&*error),
    }
}

fn is_broken_pipe(error: &(dyn std::error::Error + 'static)) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

fn fail(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("roomful: {error}");
    ExitCode::FAILURE
}

async fn run(command: Command) -> Outcome {
    match command {
        Command::Serve(config) => serve(*config).await,
        Command::Migrate(database) => {
            database.open().await?.close().await;
            println!("The database is up to date.");
            Ok(())
        }
        Command::User(User::Add { name, admin, password, database }) => {
            database.domain().await?.make_user(&name, password.read()?, admin).await?;
            println!("{name} can log in now.");
            Ok(())
        }
        Command::User(User::Password { name, password, database }) => {
            database.domain().await?.reset_password(&name, password.read()?).await?;
            println!("{name} has a new password. Every session of theirs was ended.");
            Ok(())
        }
        Command::User(User::Ban { name, database }) => {
            database.domain().await?.keep_out(&name, true).await?;
            println!("{name} may not come in any more. Every session of theirs was ended.");
            Ok(())
        }
        Command::User(User::Unban { name, database }) => {
            database.domain().await?.keep_out(&name, false).await?;
            println!("{name} may come in again, and must log in anew.");
            Ok(())
        }
        Command::Token(token) => token.run().await,
        Command::Push(push) => push.run().await,
        Command::Backup { file, database, files } => {
            if file.exists() {
                return Err(format!(
                    "{} exists already; a backup overwrites nothing.",
                    file.display()
                )
                .into());
            }
            let path = sqlite::file_of(&database.database_url)?;
            if !path.exists() {
                return Err(format!("There is no database at {}.", path.display()).into());
            }
            sqlite::backup(&path, &file, sqlite::BUSY).await?;
            let mut beside = file.clone().into_os_string();
            beside.push(".files");
            // After the database: what it names is there, and what came later does no harm.
            let from = config::files_folder(files.as_deref(), &database.database_url);
            shelf::copy(&from, Path::new(&beside))?;
            println!("Everything is in {} and {0}.files.", file.display());
            Ok(())
        }
    }
}

async fn serve(config: Config) -> Outcome {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log)
        .map_err(|_| "ROOMFUL_LOG must look like info, or roomful=debug.")?;
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let public = config.public_url.clone();
    let running = roomful::server::start(config).await?;
    say(&format!("Roomful is at {}", public.unwrap_or_else(|| format!("http://{}", running.addr))));
    if let Some(link) = &running.set_up_link {
        say(&format!("Set up the house: {link}"));
    }
    wait_for_the_end().await?;
    say("Closing: letting everyone finish.");
    running.stop().await;
    Ok(())
}

/// Prints a line even where nobody reads line by line.
fn say(line: &str) {
    let mut out = std::io::stdout();
    // A console that is gone is no reason to stop serving.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

async fn wait_for_the_end() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut term = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = term.recv() => Ok(()),
        done = tokio::signal::ctrl_c() => done,
    }
}
