//! Every setting, by flag or environment, in one list.

use super::domain::hooks;
use super::pocket::waiting::Pace;
use super::security::addresses::read_net;
use super::security::origin;
use super::security::passwords::Cost;
use super::security::rate::Rate;
use super::store::sqlite::{BUSY, file_of};
use super::{door, http};
use crate::protocol::limits::{self, Limits};
use ipnet::IpNet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use crate::pages::SignUp;

/// A setting's reader, whose error begins with the setting's name.
macro_rules! named {
    ($name:literal, $read:expr) => {
        |text: &str| ($read)(text).map_err(|why| format!("{} {why}", $name))
    };
}

/// The settings of `roomful serve`.
#[derive(Clone, Debug, clap::Args)]
pub struct Config {
    /// Where to listen.
    #[arg(long, env = "ROOMFUL_ADDR", default_value = "127.0.0.1:3000", value_parser = named!("ROOMFUL_ADDR", read_addr))]
    pub addr: SocketAddr,

    /// Where everything is stored.
    #[arg(long, env = "ROOMFUL_DATABASE_URL", default_value = DATABASE_URL)]
    pub database_url: String,

    /// The address people type, such as https://chat.example.org. Sets which origin is ours and,
    /// under https, that cookies are sent over https alone.
    #[arg(long, env = "ROOMFUL_PUBLIC_URL", value_parser = named!("ROOMFUL_PUBLIC_URL", read_url))]
    pub public_url: Option<String>,

    /// Proxies whose X-Forwarded-For counts: addresses or networks, parted by commas.
    #[arg(long, env = "ROOMFUL_TRUSTED_PROXIES", value_delimiter = ',', value_parser = named!("ROOMFUL_TRUSTED_PROXIES", read_net))]
    pub trusted_proxies: Vec<IpNet>,

    /// Networks that may be called though they are not public, by http too: addresses or networks,
    /// parted by commas.
    #[arg(long, env = "ROOMFUL_REACHABLE", value_delimiter = ',', value_parser = named!("ROOMFUL_REACHABLE", read_net))]
    pub reachable: Vec<IpNet>,

    /// Who may make an account: open, invite or closed.
    #[arg(long = "signup", env = "ROOMFUL_SIGNUP", default_value = "open", value_parser = named!("ROOMFUL_SIGNUP", read_sign_up))]
    pub sign_up: SignUp,

    /// Whether visitors may read rooms: on or off.
    #[arg(long, env = "ROOMFUL_PUBLIC_READING", default_value = "on", value_parser = named!("ROOMFUL_PUBLIC_READING", read_switch), action = clap::ArgAction::Set)]
    pub public_reading: bool,

    /// Whom push services write to when this house troubles them: mailto:somebody@example.org or an
    /// https address. The public address where there is one by https.
    #[arg(long, env = "ROOMFUL_CONTACT", value_parser = named!("ROOMFUL_CONTACT", read_contact))]
    pub contact: Option<String>,

    /// What is logged, such as info or roomful=debug.
    #[arg(long, env = "ROOMFUL_LOG", default_value = "info")]
    pub log: String,

    /// Messages a user may send, such as 20/10s, or off.
    #[arg(long, env = "ROOMFUL_MESSAGE_RATE", default_value = "20/10s", value_parser = named!("ROOMFUL_MESSAGE_RATE", read_rate))]
    pub message_rate: MessageRate,

    /// Frames of a connection beside messages and changes to them, such as 10000/10s, or off.
    #[arg(long, env = "ROOMFUL_FRAME_RATE", default_value = "10000/10s", value_parser = named!("ROOMFUL_FRAME_RATE", read_rate))]
    pub frame_rate: MessageRate,

    /// Requests that one token may be used for, such as 600/60s, or off.
    #[arg(long, env = "ROOMFUL_API_RATE", default_value = "600/60s", value_parser = named!("ROOMFUL_API_RATE", read_rate))]
    pub api_rate: MessageRate,

    /// Rooms a user may make in a day, who is no administrator; 0 for no limit.
    #[arg(long, env = "ROOMFUL_ROOMS_PER_DAY", default_value_t = limits::ROOMS_PER_DAY, value_parser = named!("ROOMFUL_ROOMS_PER_DAY", read_count))]
    pub rooms_per_day: usize,

    /// Connections of one user; 0 for no limit.
    #[arg(long, env = "ROOMFUL_CONNECTIONS_PER_USER", default_value_t = limits::CONNECTIONS_PER_USER, value_parser = named!("ROOMFUL_CONNECTIONS_PER_USER", read_count))]
    pub connections_per_user: usize,

    /// Connections of one address; 0 for no limit.
    #[arg(long, env = "ROOMFUL_CONNECTIONS_PER_ADDRESS", default_value_t = limits::CONNECTIONS_PER_ADDRESS, value_parser = named!("ROOMFUL_CONNECTIONS_PER_ADDRESS", read_count))]
    pub connections_per_address: usize,

    /// Characters in a message.
    #[arg(long, env = "ROOMFUL_BODY_LIMIT", default_value_t = limits::BODY, value_parser = named!("ROOMFUL_BODY_LIMIT", read_some))]
    pub body_limit: usize,

    /// Bytes in a file; 0 for no files at all.
    #[arg(long, env = "ROOMFUL_FILE_LIMIT", default_value_t = limits::FILE, value_parser = named!("ROOMFUL_FILE_LIMIT", read_count))]
    pub file_limit: usize,

    /// The folder of the files that people send; beside the database unless it is said.
    #[arg(long, env = "ROOMFUL_FILES")]
    pub files: Option<PathBuf>,

    /// Bytes in a client's frame.
    #[arg(long, env = "ROOMFUL_FRAME_LIMIT", default_value_t = limits::FRAME, value_parser = named!("ROOMFUL_FRAME_LIMIT", read_frame))]
    pub frame_limit: usize,

    /// Conversations one connection may follow.
    #[arg(long, env = "ROOMFUL_ROOMS_PER_CONNECTION", default_value_t = limits::ROOMS, value_parser = named!("ROOMFUL_ROOMS_PER_CONNECTION", read_some))]
    pub rooms_per_connection: usize,

    /// Seconds between two pings of the server.
    #[arg(long, env = "ROOMFUL_HEARTBEAT", default_value = "25", value_parser = named!("ROOMFUL_HEARTBEAT", read_seconds))]
    pub heartbeat: Duration,

    /// Bytes that may wait for one connection.
    #[arg(long, env = "ROOMFUL_QUEUE_BYTES", default_value_t = limits::QUEUE_BYTES, value_parser = named!("ROOMFUL_QUEUE_BYTES", read_some))]
    pub queue_bytes: usize,

    /// Frames that may wait for one connection.
    #[arg(long, env = "ROOMFUL_QUEUE_FRAMES", default_value_t = limits::QUEUE_FRAMES, value_parser = named!("ROOMFUL_QUEUE_FRAMES", read_some))]
    pub queue_frames: usize,

    /// Pages load themselves again after a restart: for `make dev`.
    #[arg(long, env = "ROOMFUL_DEV", hide = true, default_value = "off", value_parser = named!("ROOMFUL_DEV", read_switch), action = clap::ArgAction::Set)]
    pub dev: bool,

    /// How long past the heartbeat a connection may be silent.
    #[arg(skip = Duration::from_millis(limits::HEARTBEAT_GRACE_MS))]
    pub heartbeat_grace: Duration,
    /// How long a leave waits.
    #[arg(skip = Duration::from_millis(limits::LEAVE_GRACE_MS))]
    pub leave_grace: Duration,
    /// How long after a start those who were there may be on their way back.
    #[arg(skip = SETTLING)]
    pub settling: Duration,
    /// At most one presence frame a room in this time.
    #[arg(skip = Duration::from_millis(limits::PRESENCE_EVERY_MS))]
    pub presence_every: Duration,
    /// How long to wait for another program's lock on the database.
    #[arg(skip = BUSY)]
    pub busy_timeout: Duration,
    /// Connections that are no sockets, at once.
    #[arg(skip = door::AT_DOOR)]
    pub at_door: usize,
    /// How long a request's head may take.
    #[arg(skip = door::HEAD)]
    pub head_patience: Duration,
    /// How long a request's body may take.
    #[arg(skip = http::BODY_PATIENCE)]
    pub body_patience: Duration,
    /// How long a request may take, its answer too.
    #[arg(skip = http::PATIENCE)]
    pub answer_patience: Duration,
    /// How long a call of a webhook may take.
    #[arg(skip = hooks::PATIENCE)]
    pub hook_patience: Duration,
    /// How long after a call that failed the next one comes; each later one comes later.
    #[arg(skip = hooks::RETRY)]
    pub hook_retry: Duration,
    /// How patient what is sent to devices is.
    #[arg(skip = Pace::DEFAULT)]
    pub push_pace: Pace,
    /// How much work a password's hash is.
    #[arg(skip = Cost::DEFAULT)]
    pub password_cost: Cost,
}

/// Clients come back within 20 s, and some wait a little longer.
const SETTLING: Duration = Duration::from_secs(30);

/// The database of a house that says nothing else.
pub const DATABASE_URL: &str = "sqlite:data/roomful.db";

/// A rate, or none; a type of its own so that "off" is a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageRate(pub Option<Rate>);

impl Config {
    /// The defaults, on a free port, with a database at `database` and cheap passwords.
    #[must_use]
    pub fn for_tests(database: &Path) -> Self {
        Self {
            addr: SocketAddr::from(([127, 0, 0, 1], 0)),
            database_url: format!("sqlite:{}", database.display()),
            public_url: None,
            trusted_proxies: Vec::new(),
            reachable: Vec::new(),
            sign_up: SignUp::Open,
            public_reading: true,
            contact: None,
            log: "warn".to_owned(),
            message_rate: MessageRate(None),
            frame_rate: MessageRate(None),
            api_rate: MessageRate(None),
            rooms_per_day: 0,
            connections_per_user: limits::CONNECTIONS_PER_USER,
            connections_per_address: limits::CONNECTIONS_PER_ADDRESS,
            body_limit: limits::BODY,
            file_limit: limits::FILE,
            files: None,
            frame_limit: limits::FRAME,
            rooms_per_connection: limits::ROOMS,
            heartbeat: Duration::from_millis(limits::HEARTBEAT_MS),
            queue_bytes: limits::QUEUE_BYTES,
            queue_frames: limits::QUEUE_FRAMES,
            dev: false,
            heartbeat_grace: Duration::from_millis(limits::HEARTBEAT_GRACE_MS),
            leave_grace: Duration::from_millis(limits::LEAVE_GRACE_MS),
            settling: SETTLING,
            presence_every: Duration::from_millis(limits::PRESENCE_EVERY_MS),
            busy_timeout: BUSY,
            at_door: door::AT_DOOR,
            head_patience: door::HEAD,
            body_patience: http::BODY_PATIENCE,
            answer_patience: http::PATIENCE,
            hook_patience: hooks::PATIENCE,
            hook_retry: hooks::RETRY,
            push_pace: Pace::QUICK,
            password_cost: Cost::TESTS,
        }
    }

    /// What clients are told.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits {
            body: self.body_limit,
            frame: self.frame_limit,
            rooms: self.rooms_per_connection,
            file: self.file_limit,
        }
    }

    /// The folder of the files that people send.
    #[must_use]
    pub fn files_folder(&self) -> PathBuf {
        files_folder(self.files.as_deref(), &self.database_url)
    }

    /// The origin that is ours, where it is set.
    #[must_use]
    pub fn public_origin(&self) -> Option<String> {
        self.public_url.as_deref().and_then(origin::of)
    }

    /// Whether people come by https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }
}

/// The folder that was named, or the one beside the database.
#[must_use]
pub fn files_folder(named: Option<&Path>, database_url: &str) -> PathBuf {
    let beside = || {
        // What is no address of a database is refused where that is opened.
        let database = file_of(database_url).unwrap_or_default();
        database.parent().map(|folder| folder.join("files")).unwrap_or_default()
    };
    named.map_or_else(beside, Path::to_path_buf)
}

fn read_addr(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "must be an address and a port, such as 127.0.0.1:3000")
}

fn read_url(text: &str) -> Result<String, &'static str> {
    let wrong = "must be the address people type, such as https://chat.example.org, without a path";
    let url = text.trim_end_matches('/');
    match origin::of(url) {
        Some(origin) if origin == url.to_ascii_lowercase() => Ok(origin),
        _ => Err(wrong),
    }
}

fn read_contact(text: &str) -> Result<String, &'static str> {
    let wrong = "must be mailto:somebody@example.org or an https address";
    let mail = text.strip_prefix("mailto:").is_some_and(|it| it.len() > 2 && it.contains('@'));
    let page = text.strip_prefix("https://").is_some_and(|it| !it.is_empty());
    let plain = text.bytes().all(|it| it.is_ascii_graphic());
    if plain && (mail || page) { Ok(text.to_owned()) } else { Err(wrong) }
}

fn read_sign_up(text: &str) -> Result<SignUp, &'static str> {
    match text {
        "open" => Ok(SignUp::Open),
        "invite" => Ok(SignUp::Invite),
        "closed" => Ok(SignUp::Closed),
        _ => Err("must be open, invite or closed"),
    }
}

fn read_switch(text: &str) -> Result<bool, &'static str> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("must be on or off"),
    }
}

fn read_rate(text: &str) -> Result<MessageRate, String> {
    if text == "off" {
        Ok(MessageRate(None))
    } else {
        text.parse().map(|rate| MessageRate(Some(rate)))
    }
}

fn read_count(text: &str) -> Result<usize, &'static str> {
    text.parse().map_err(|_| "must be a whole number; 0 for no limit")
}

fn read_some(text: &str) -> Result<usize, &'static str> {
    text.parse().ok().filter(|n| *n > 0).ok_or("must be a whole number above 0")
}

fn read_frame(text: &str) -> Result<usize, &'static str> {
    read_some(text)
        .ok()
        .filter(|n| *n <= limits::FRAME_READ)
        .ok_or("must be a whole number from 1 to 1048576")
}

fn read_seconds(text: &str) -> Result<Duration, &'static str> {
    text.parse()
        .ok()
        .filter(|s| *s > 0)
        .map(Duration::from_secs)
        .ok_or("must be a whole number of seconds above 0")
}
