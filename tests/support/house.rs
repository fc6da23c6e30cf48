//! A running server with a database of its own, and the people in it.

use super::{
    MainSocket, RoomSocket, eventually,
    http::{self, Answer, Headers},
    wire::Wire,
};
use roomful::server::{
    self, Running,
    config::{Config, MessageRate},
    domain::{Domain, Who, sessions::Credentials},
    groups::{Groups, memory::Memory},
};
use serde_json::Value;
use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tempfile::TempDir;

/// Everybody's password.
pub const PASSWORD: &str = "a lamp in the window";
/// The session's cookie.
pub const COOKIE: &str = "roomful_session";
/// The room that exists from the start.
pub const LOBBY: &str = "#lobby";

/// Where the house is now: it may move when it is started again.
#[derive(Clone, Debug)]
pub struct Place(Arc<Mutex<SocketAddr>>);

impl Place {
    /// A place that stays.
    pub fn at(addr: SocketAddr) -> Self {
        Self(Arc::new(Mutex::new(addr)))
    }

    /// The address.
    pub fn addr(&self) -> SocketAddr {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It is elsewhere from now on.
    pub fn moved(&self, addr: SocketAddr) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = addr;
    }
}

/// A server of the test's own.
pub struct House {
    dir: TempDir,
    change: Box<dyn Fn(&mut Config) + Send + Sync>,
    groups: Box<dyn Fn() -> Arc<dyn Groups> + Send + Sync>,
    running: Option<Running>,
    place: Place,
}

impl House {
    /// As the contract has it, but without the limits that would slow a test of something else.
    pub async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    /// With settings of the test's own.
    pub async fn open_with(change: impl Fn(&mut Config) + Send + Sync + 'static) -> Self {
        Self::open_on(|| Arc::new(Memory::default()), change).await
    }

    /// The same on a channel layer of the test's own.
    pub async fn open_on(
        groups: impl Fn() -> Arc<dyn Groups> + Send + Sync + 'static,
        change: impl Fn(&mut Config) + Send + Sync + 'static,
    ) -> Self {
        let dir = TempDir::new().expect("a temporary folder");
        let place = Place::at(SocketAddr::from(([127, 0, 0, 1], 0)));
        let mut house =
            Self { dir, change: Box::new(change), groups: Box::new(groups), running: None, place };
        house.start().await;
        house
    }

    async fn start(&mut self) {
        // After a kill the lock on the database goes when its last task does.
        let running = eventually("the house to open", async || {
            match server::start_with(self.config(), (self.groups)()).await {
                Ok(running) => Some(running),
                Err(why) => {
                    eprintln!("not open yet: {why}");
                    None
                }
            }
        })
        .await;
        self.place.moved(running.addr);
        self.running = Some(running);
    }

    fn config(&self) -> Config {
        let mut config = Config::for_tests(&self.database());
        config.message_rate = MessageRate(None);
        config.frame_rate = MessageRate(None);
        config.connections_per_user = 0;
        config.connections_per_address = 0;
        config.presence_every = Duration::from_millis(20);
        config.leave_grace = Duration::from_millis(50);
        (self.change)(&mut config);
        config
    }

    /// The running server.
    pub fn running(&self) -> &Running {
        self.running.as_ref().expect("the house is open")
    }

    /// Where the house is.
    pub fn addr(&self) -> SocketAddr {
        self.place.addr()
    }

    /// The database's file.
    pub fn database(&self) -> PathBuf {
        self.dir.path().join("roomful.db")
    }

    /// Stops in good order.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }

    /// Stops in good order and starts again on the same database.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.start().await;
    }

    /// Dies at once, as by `kill -9`, and starts again on the same database.
    pub async fn crash_and_restart(&mut self) {
        if let Some(running) = self.running.take() {
            running.abort().await;
        }
        self.start().await;
    }

    /// Starts again with other settings.
    pub async fn set(&mut self, change: impl Fn(&mut Config) + Send + Sync + 'static) {
        self.stop().await;
        self.change = Box::new(change);
        self.start().await;
    }

    /// A person with an account and a token.
    pub async fn person(&self, name: &str) -> Person {
        self.account(name, false).await;
        self.by_token(name).await
    }

    /// An account and no more.
    pub async fn account(&self, name: &str, admin: bool) {
        self.running().add_user(name, PASSWORD, admin).await.expect("an account");
    }

    /// An administrator with an account and a token.
    pub async fn admin(&self, name: &str) -> Person {
        self.account(name, true).await;
        self.by_token(name).await
    }

    /// The house's verbs, which its pages' forms call.
    pub fn verbs(&self) -> &Domain {
        self.running().domain()
    }

    /// That person, as the verbs know them.
    pub async fn who(&self, person: &Person) -> Who {
        let token = person.headers.iter().find(|(name, _)| name == "Authorization");
        let token = token.and_then(|(_, value)| value.strip_prefix("Bearer "));
        let shown = match token {
            Some(token) => Credentials::Token(token.to_owned()),
            None if person.headers.iter().any(|(name, _)| name == "Cookie") => {
                Credentials::Session(person.session())
            }
            None => Credentials::None,
        };
        self.verbs().recognise(shown).await.expect("an answer").expect("credentials that count")
    }

    /// Somebody with a fresh token for an account that exists.
    pub async fn by_token(&self, name: &str) -> Person {
        let token = self.running().add_token(name).await.expect("a token");
        self.visitor().named(name).with("Authorization", &format!("Bearer {token}"))
    }

    /// The same, and makes the account if there is none.
    pub async fn by_token_or_new(&self, name: &str) -> Person {
        // That it exists already is what is wished.
        let _ = self.running().add_user(name, PASSWORD, false).await;
        self.by_token(name).await
    }

    /// A person in a browser: with an account and a session's cookie.
    pub async fn in_browser(&self, name: &str) -> Person {
        self.account(name, false).await;
        self.log_in(name).await
    }

    /// A fresh session for an account that exists.
    pub async fn log_in(&self, name: &str) -> Person {
        self.visitor().in_browser().log_in(name).await
    }

    /// Nobody in particular.
    pub fn visitor(&self) -> Person {
        Person { place: self.place.clone(), name: String::new(), headers: Headers::new() }
    }

    /// The log of a conversation as that person reads it now, oldest first.
    pub async fn bodies(&self, reader: &Person, to: &str) -> Vec<String> {
        let mut page = reader.history(to).await["messages"].take();
        let mut bodies: Vec<String> = page
            .as_array_mut()
            .expect("a page of messages")
            .iter()
            .map(|m| m["body"].as_str().unwrap_or_default().to_owned())
            .collect();
        bodies.reverse();
        bodies
    }
}

/// Somebody, and what they show at the door.
#[derive(Clone, Debug)]
pub struct Person {
    place: Place,
    /// Their name; empty for a visitor.
    pub name: String,
    headers: Headers,
}

impl Person {
    /// Somebody at a server that was started by hand.
    pub fn at(addr: SocketAddr) -> Self {
        Self { place: Place::at(addr), name: String::new(), headers: Headers::new() }
    }

    fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// The same with one more header on everything.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with a token.
    pub fn with_token(self, name: &str, token: &str) -> Self {
        self.named(name).with("Authorization", &format!("Bearer {token}"))
    }

    /// The same in a browser, which says that its requests are the house's own.
    pub fn in_browser(self) -> Self {
        self.with("Sec-Fetch-Site", "same-origin")
    }

    /// Logs in by the form and keeps the cookie. Many at once from one address are asked to wait.
    pub async fn log_in(self, name: &str) -> Self {
        let mut answer = self.try_log_in(name, PASSWORD).await;
        while answer.status == 429 {
            tokio::task::yield_now().await;
            answer = self.try_log_in(name, PASSWORD).await;
        }
        let answer = answer.is(303);
        let (value, _) = answer.cookie(COOKIE).expect("a session's cookie");
        self.named(name).with_session(&value)
    }

    /// The answer to logging in.
    pub async fn try_log_in(&self, name: &str, password: &str) -> Answer {
        self.post("/api/log_in", &[("name", name), ("password", password), ("page", "/login")])
            .await
    }

    /// The same with this session instead of what they had.
    pub fn with_session(mut self, value: &str) -> Self {
        self.headers.retain(|(name, _)| name != "Cookie");
        self.with("Cookie", &format!("{COOKIE}={value}"))
    }

    /// The value of their session's cookie.
    pub fn session(&self) -> String {
        let line = self.headers.iter().find(|(name, _)| name == "Cookie").expect("a session");
        line.1.split('=').nth(1).unwrap_or_default().to_owned()
    }

    /// Where the house is.
    pub fn addr(&self) -> SocketAddr {
        self.place.addr()
    }

    /// The same at a house that moves.
    pub fn moving(mut self, place: &Place) -> Self {
        self.place = place.clone();
        self
    }

    /// Where the house is, wherever it goes.
    pub fn place(&self) -> Place {
        self.place.clone()
    }

    /// What they show at the door.
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// Asks for a page, or for data.
    pub async fn get(&self, path: &str) -> Answer {
        let accept = if path.starts_with("/api/") { "application/json" } else { "text/html" };
        self.clone().with("Accept", accept).request("GET", path, b"").await
    }

    /// Any request.
    pub async fn request(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        http::exchange(self.addr(), method, path, self.headers(), body).await
    }

    /// Sends a plain form, as a page without a script does: answered by a page or a way to one.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send_form("text/html", path, fields).await
    }

    /// Sends the same from a script: answered by data.
    pub async fn call(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send_form("application/json", path, fields).await
    }

    async fn send_form(&self, accept: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let person = self.clone().with("Accept", accept);
        let person = person.with("Content-Type", "application/x-www-form-urlencoded");
        person.request("POST", path, http::form(fields).as_bytes()).await
    }

    /// Says something by the form under the log.
    pub async fn say(&self, to: &str, body: &str, cid: &str) -> Answer {
        let target = roomful::protocol::Target::parse(to).expect("a target");
        let page = roomful::protocol::urls::page(&target);
        self.post("/api/say", &[("to", to), ("body", body), ("cid", cid), ("page", &page)]).await
    }

    /// The newest page of history.
    pub async fn history(&self, to: &str) -> Value {
        self.try_history(to, "").await.is(200).json()
    }

    /// The answer to the history call, `more` being further parameters (`&limit=2`).
    pub async fn try_history(&self, to: &str, more: &str) -> Answer {
        self.get(&format!("/api/v1/messages?to={}{more}", super::encoded(to))).await
    }

    /// Opens the main socket.
    pub async fn socket(&self) -> MainSocket {
        MainSocket::open(self).await
    }

    /// Opens any socket, or says with which status it was refused.
    pub async fn wire(&self, path: &str) -> Result<Wire, u16> {
        Wire::open(self.addr(), path, &self.headers).await
    }

    /// Enters a room through the room socket.
    pub async fn enter(&self, room: &str) -> RoomSocket {
        RoomSocket::open(self, room).await
    }

    /// Makes a room, by entering it.
    pub async fn make_room(&self, room: &str) {
        let mut socket = self.enter(room).await;
        socket.entered().await;
        socket.close().await;
    }
}

/// Pings often, and gives up soon: but not so soon that a busy machine looks like a dead client.
pub fn quick_heartbeat(config: &mut Config) {
    config.heartbeat = Duration::from_millis(250);
    config.heartbeat_grace = Duration::from_millis(1_750);
}

/// A limit on messages, as the setting has it: `3/60s`.
pub fn rate(text: &str) -> MessageRate {
    MessageRate(Some(text.parse().expect("a rate")))
}
