//! Promise 9 with the program as a person runs it: told to stop while everybody talks, it answers
//! what it has accepted, says 4010 to everybody, and is gone in time; with the next process nothing
//! is missing and nothing is there twice.

use crate::support::{
    Person, Served, cid,
    house::LOBBY,
    main_socket::saying,
    wire::{Got, Wire},
};
use futures_util::future::join_all;
use roomful::protocol::{SUBPROTOCOL, close};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use tempfile::TempDir;

/// Those who talk…
const TALKERS: usize = 4;
/// …each with so many sends on their way…
const IN_FLIGHT: usize = 8;
/// …until so many were answered, and then on until they are told to go.
const ENOUGH: usize = 200;
/// Those who only listen.
const LISTENERS: usize = 60;
/// The number of a `sub`; sends have those after it.
const SUB: u64 = 1;

/// A client as the protocol's page describes one, as far as it matters here.
struct Client {
    person: Person,
    epoch: String,
    /// The room's log as this client has it: the cids in their order.
    log: Vec<String>,
    /// What it was told is stored, and where.
    answered: BTreeMap<String, i64>,
    /// What it does not know of, in the order in which it was sent.
    open: Vec<Value>,
    said: u64,
}

impl Client {
    fn new(person: Person, epoch: &str) -> Self {
        let person = person.with("Sec-WebSocket-Protocol", SUBPROTOCOL);
        let (log, answered, open) = Default::default();
        Self { person, epoch: epoch.to_owned(), log, answered, open, said: 0 }
    }

    fn hear_event(&mut self, event: &Value) {
        let seq = event["seq"].as_i64().expect("a seq");
        if seq <= self.log.len() as i64 {
            return;
        }
        assert_eq!(seq, self.log.len() as i64 + 1, "a hole: {event}");
        self.log.push(event["cid"].as_str().expect("a cid").to_owned());
    }

    fn hear(&mut self, frame: &Value) {
        if let Some(ok) = frame.get("ok") {
            let answered = self.open.iter().position(|sent| sent["id"] == frame["re"]);
            if let Some(at) = answered {
                let cid = self.open.remove(at)["cid"].as_str().expect("a cid").to_owned();
                self.answered.insert(cid, ok["seq"].as_i64().expect("a seq"));
            } else {
                assert_eq!(frame["re"], SUB, "answered twice");
                let room = &ok["rooms"][0];
                assert_eq!((&room["recovered"], &room["to"]), (&json!(true), &json!(LOBBY)));
                for event in room["events"].as_array().expect("events") {
                    self.hear_event(event);
                }
            }
        } else if frame["t"] == "event" {
            self.hear_event(frame);
        } else {
            assert!(frame.get("err").is_none(), "refused: {frame}");
        }
    }

    async fn connect(&self) -> Wire {
        let mut wire = self.person.wire("/ws").await.expect("the socket opens");
        let after = json!({"epoch": self.epoch, "seq": self.log.len()});
        let sub = json!({"t": "sub", "rooms": [{"to": LOBBY, "after": after}], "id": SUB});
        wire.text(sub.to_string()).await;
        wire
    }

    /// Says something new.
    async fn say(&mut self, wire: &mut Wire) {
        self.said += 1;
        let mut frame = saying(LOBBY, &format!("{} said {}", self.person.name, self.said), &cid());
        frame["id"] = json!(SUB + self.said);
        wire.text_if_open(frame.to_string()).await;
        self.open.push(frame);
    }

    /// Talks, or listens, until the server closes; gives the code.
    async fn live(&mut self, talks: bool, answers: &AtomicUsize) -> u16 {
        let mut wire = self.connect().await;
        loop {
            while talks && self.open.len() < IN_FLIGHT {
                self.say(&mut wire).await;
            }
            match wire.got("what is said, or the end").await {
                Got::Json(frame) => {
                    let before = self.answered.len();
                    self.hear(&frame);
                    answers.fetch_add(self.answered.len() - before, Ordering::Relaxed);
                }
                Got::Ping => {}
                Got::Closed(code) => return code,
            }
        }
    }

    /// Comes back, says again what was not answered, and listens until it has so many messages.
    async fn come_back(&mut self) {
        let mut wire = self.connect().await;
        for frame in self.open.clone() {
            wire.text(frame.to_string()).await;
        }
        self.say(&mut wire).await;
        while !self.open.is_empty() {
            match wire.got("the answers").await {
                Got::Json(frame) => self.hear(&frame),
                Got::Ping => {}
                Got::Closed(code) => panic!("closed with {code}"),
            }
        }
    }

    async fn catch_up(&mut self, top: usize) {
        let mut wire = self.connect().await;
        while self.log.len() < top {
            match wire.got("the rest").await {
                Got::Json(frame) => self.hear(&frame),
                Got::Ping => {}
                Got::Closed(code) => panic!("closed with {code}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_under_load_answers_what_was_accepted_and_loses_and_doubles_nothing() {
    let dir = TempDir::new().expect("a temporary folder");
    let mut settings = vec![
        ("ROOMFUL_MESSAGE_RATE", "off"),
        ("ROOMFUL_FRAME_RATE", "off"),
        ("ROOMFUL_CONNECTIONS_PER_USER", "0"),
        ("ROOMFUL_CONNECTIONS_PER_ADDRESS", "0"),
    ];
    let mut served = Served::start(dir.path(), &settings).await;
    let addr = served.addr.to_string();
    let listener = served.person("listener").await;
    let page = listener.history(LOBBY).await;
    let epoch = page["epoch"].as_str().expect("an epoch");
    let mut clients = Vec::new();
    for n in 0..TALKERS {
        let person = served.person(&format!("talker{n}")).await;
        clients.push(Client::new(person, epoch));
    }
    for _ in 0..LISTENERS {
        clients.push(Client::new(listener.clone(), epoch));
    }

    let answers = AtomicUsize::new(0);
    let lives =
        clients.iter_mut().enumerate().map(|(n, client)| client.live(n < TALKERS, &answers));
    let stop = async {
        crate::support::eventually("the talk to be under way", async || {
            (answers.load(Ordering::Relaxed) >= ENOUGH).then_some(())
        })
        .await;
        let start = Instant::now();
        assert!(served.terminate().await, "it ends well");
        start.elapsed()
    };
    let (codes, took) = tokio::join!(join_all(lives), stop);
    assert!(took.as_secs() < 10, "{took:?}");
    assert!(codes.iter().all(|code| *code == close::DRAINING), "{codes:?}");

    settings.push(("ROOMFUL_ADDR", &addr));
    let served = Served::start(dir.path(), &settings).await;
    assert_eq!(served.addr.to_string(), addr, "where the clients know it to be");
    let stored = log(&listener).await;
    for client in &clients {
        for (cid, seq) in &client.answered {
            assert_eq!(stored.get(*seq as usize - 1), Some(cid), "answered and not stored");
        }
        for frame in &client.open {
            let cid = frame["cid"].as_str().expect("a cid").to_owned();
            assert!(!stored.contains(&cid), "stored and not answered: {frame}");
        }
        assert!(stored.starts_with(&client.log), "{} heard something else", client.person.name);
    }

    let open: usize = clients.iter().map(|client| client.open.len()).sum();
    join_all(clients.iter_mut().take(TALKERS).map(Client::come_back)).await;
    let all = log(&listener).await;
    assert_eq!(all.len(), stored.len() + open + TALKERS, "each once");
    join_all(clients.iter_mut().map(|client| client.catch_up(all.len()))).await;
    for client in &clients {
        assert_eq!(client.log, all, "{} has another log", client.person.name);
    }
    println!("{} messages, {open} sent again, drained in {took:?}", all.len());
}

/// The cids of all that is stored in the lobby, in their order.
async fn log(reader: &Person) -> Vec<String> {
    let mut log = Vec::new();
    let mut before = String::new();
    loop {
        let more = format!("&limit=200{before}");
        let page = reader.try_history(LOBBY, &more).await.is(200).json();
        let messages = page["messages"].as_array().expect("messages");
        let Some(last) = messages.last() else { break };
        before = format!("&before={}", last["seq"]);
        log.extend(messages.iter().map(|m| m["cid"].as_str().expect("a cid").to_owned()));
    }
    log.reverse();
    log
}
