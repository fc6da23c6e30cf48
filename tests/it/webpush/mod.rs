//! To the phone in the pocket: what a push service is sent, by what it answers, and when nothing is sent.
//! It is opened and checked by an implementation of its own (`open.mjs`), with what the browser has.

mod answers;
mod devices;
mod service;
mod silence;

use crate::support::{House, MainSocket, Person};
use roomful::server::config::Config;
use roomful::server::domain::push::{Aim, Pushing};
use roomful::server::domain::sessions::Credentials;
use serde_json::json;
use service::{Browser, Opened, Service, key};
use std::time::Duration;

/// The push service is on this machine.
fn reachable(config: &mut Config) {
    config.reachable = vec!["127.0.0.0/8".parse().expect("a network")];
}

/// The same, and a client has a second to take what was told.
fn unhurried(config: &mut Config) {
    reachable(config);
    config.push_pace.wait = Duration::from_secs(1);
}

/// Bob, who has one browser that is turned on, and the house's key.
struct Pocket {
    house: House,
    service: Service,
    bob: Person,
    browser: Browser,
    key: String,
}

impl Pocket {
    async fn open() -> Self {
        Self::open_with(reachable).await
    }

    async fn open_with(change: impl Fn(&mut Config) + Send + Sync + 'static) -> Self {
        let house = House::open_with(change).await;
        let mut service = Service::open().await;
        let bob = house.in_browser("bob").await;
        let key = key(&bob).await;
        let browser = service.browser().await;
        browser.turn_on(&bob).await;
        Self { house, service, bob, browser, key }
    }

    /// Somebody who can speak, by a token.
    async fn speaker(&self, name: &str) -> MainSocket {
        self.house.person(name).await.socket().await
    }

    /// What came next, opened.
    async fn next(&mut self) -> Opened {
        let got = self.service.next().await;
        self.browser.open(&got, &self.key).await
    }

    /// Nothing has come that was not looked at until now: what somebody new says to Bob comes next.
    async fn nothing_but(&mut self, name: &str) {
        let mut somebody = self.speaker(name).await;
        somebody.send("@bob", "and now?").await;
        assert_eq!(self.next().await.shown["title"], name);
        assert!(self.service.rest().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_concerns_somebody_reaches_their_browser_sealed_and_signed() {
    let mut it = Pocket::open().await;
    let mut alice = it.speaker("alice").await;
    let sent = alice.send("@bob", "are you **there**? ||a secret||").await;
    let got = it.service.next().await;
    for (name, value) in [
        ("content-encoding", "aes128gcm"),
        ("content-type", "application/octet-stream"),
        ("ttl", "86400"),
        ("urgency", "high"),
    ] {
        assert_eq!(got.headers[name], value, "{name}");
    }
    let topic = &got.headers["topic"];
    assert!(
        topic.len() <= 32 && topic.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    );
    let opened = it.browser.open(&got, &it.key).await;
    let id = sent["id"].as_str().unwrap();
    assert_eq!(opened.shown["title"], "alice");
    assert_eq!(opened.shown["body"], "are you there? ▒▒▒");
    assert_eq!(opened.shown["url"], format!("/talk/alice/?at={id}#m-{id}"));
    assert_eq!(opened.shown["at"], sent["at"]);
    assert_eq!(opened.claims["sub"], "mailto:nobody@example.org");
    let text = String::from_utf8_lossy(&got.body);
    assert!(!text.contains("there"), "nothing of it is to be read on the way");

    let mention = alice.send("#lobby", "@bob, look").await;
    let got = it.service.next().await;
    let opened = it.browser.open(&got, &it.key).await;
    assert_eq!(opened.shown["title"], "alice in #lobby");
    assert_eq!(opened.shown["body"], "@bob, look");
    let id = mention["id"].as_str().unwrap();
    assert_eq!(opened.shown["url"], format!("/chat/lobby/?at={id}#m-{id}"));
    assert_ne!(&got.headers["topic"], topic, "it is another conversation");

    let bobs = it.house.by_token("bob").await.socket().await.send("#lobby", "my own").await;
    let react =
        json!({"t": "react", "to": "#lobby", "message": bobs["id"], "emoji": "👍", "on": true});
    alice.ask_ok(react).await;
    let got = it.service.next().await;
    assert_eq!(got.headers["urgency"], "normal");
    let opened = it.browser.open(&got, &it.key).await;
    assert_eq!(opened.shown["body"], "👍 to “my own”");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_stays_and_its_owner_can_be_named() {
    let mut it = Pocket::open_with(|config| {
        reachable(config);
        config.contact = Some("mailto:house@example.com".to_owned());
    })
    .await;
    it.house.restart().await;
    let carol = it.house.in_browser("carol").await;
    assert_eq!(key(&carol).await, it.key, "a browser is turned on for one key");
    it.speaker("alice").await.send("@bob", "still there?").await;
    let opened = it.next().await;
    assert_eq!(opened.shown["body"], "still there?");
    assert_eq!(opened.claims["sub"], "mailto:house@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_text_is_cut_between_two_characters() {
    let mut it = Pocket::open().await;
    let mut alice = it.speaker("alice").await;
    for piece in ["界", "\"", "𝒳", "né "] {
        let text = piece.repeat(4_000 / piece.chars().count());
        alice.send("@bob", &text).await;
        let got = it.service.next().await;
        assert!(got.body.len() <= 4_096, "{}", got.body.len());
        let opened = it.browser.open(&got, &it.key).await;
        let body = opened.shown["body"].as_str().unwrap();
        let begins = body.strip_suffix('…').expect("it says that there is more");
        assert!(text.starts_with(begins));
        assert!(opened.bytes > 2_950 && opened.bytes <= 3_000, "{}", opened.bytes);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_speaks_the_language_of_its_pages() {
    let mut it = Pocket::open().await;
    let zh = it.bob.clone().with("Accept-Language", "zh-CN");
    it.browser.turn_on(&zh).await;
    let mut alice = it.speaker("alice").await;
    alice.send("#lobby", "@bob").await;
    assert_eq!(it.next().await.shown["title"], "alice（#lobby）");
    it.bob.post("/api/choose", &[("lang", "en"), ("page", "/settings")]).await.is(303);
    alice.send("#lobby", "@bob").await;
    assert_eq!(it.next().await.shown["title"], "alice in #lobby");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_program_pushes_and_what_the_house_tells_everybody_reaches_a_device_too() {
    let mut it = Pocket::open().await;
    it.house.account("boss", true).await;
    let session = it.house.log_in("boss").await.session();
    let shown = Credentials::Session(session);
    let boss = it.house.verbs().recognise(shown).await.unwrap().unwrap();
    let pushing = |text: &str, stored| Pushing {
        text: text.to_owned(),
        link: Some("/chat/lobby/".to_owned()),
        stored,
        cid: None,
        by_house: None,
    };
    let verbs = it.house.verbs();
    let to_bob = Aim::Person("bob".to_owned());
    verbs.push(&boss, &to_bob, pushing("fleeting", false)).await.unwrap();
    verbs.push(&boss, &to_bob, pushing("the **build** is broken", true)).await.unwrap();
    let shown = it.next().await.shown;
    assert_eq!((&shown["title"], &shown["url"]), (&json!("boss"), &json!("/chat/lobby/")));
    assert_eq!((&shown["body"], &shown["badge"]), (&json!("the build is broken"), &json!(1)));
    let verbs = it.house.verbs();
    verbs.push(&boss, &Aim::Everyone, pushing("down at noon", true)).await.unwrap();
    let shown = it.next().await.shown;
    assert_eq!((&shown["body"], &shown["badge"]), (&json!("down at noon"), &json!(2)));
    // What leads elsewhere, and what leads nowhere, is in the list.
    for link in [Some("https://example.org/status"), Some("https://house.example.evil/"), None] {
        let pushing = Pushing { link: link.map(str::to_owned), ..pushing("look", true) };
        it.house.verbs().push(&boss, &to_bob, pushing).await.unwrap();
        assert_eq!(it.next().await.shown["url"], "/notifications/", "{link:?}");
    }
    it.nothing_but("alice").await;
}
