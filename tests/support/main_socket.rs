//! The main socket as a client sees it.

use super::{
    Person, cid,
    wire::{Got, Wire},
};
use roomful::protocol::SUBPROTOCOL;
use serde_json::{Value, json};
use std::collections::VecDeque;

/// A main socket. Frames that a test does not ask for are held in order, and pings are answered
/// whenever it reads.
pub struct MainSocket {
    wire: Wire,
    held: VecDeque<Value>,
    next_id: u64,
    /// The first frame.
    pub hello: Value,
    /// Hands pings to the test too.
    pub keeps_pings: bool,
    /// Answers pings.
    pub answers_pings: bool,
}

impl MainSocket {
    /// Opens a socket and reads its hello.
    pub async fn open(person: &Person) -> Self {
        let person = person.clone().with("Sec-WebSocket-Protocol", SUBPROTOCOL);
        let wire = person.wire("/ws").await.expect("the socket opens");
        Self::over(wire).await
    }

    /// The same over a socket that is open already.
    pub async fn over(wire: Wire) -> Self {
        let mut socket = Self {
            wire,
            held: VecDeque::new(),
            next_id: 1,
            hello: Value::Null,
            keeps_pings: false,
            answers_pings: true,
        };
        socket.hello = socket.read("hello").await;
        assert_eq!(socket.hello["t"], "hello", "the first frame is hello");
        socket
    }

    async fn read(&mut self, what: &str) -> Value {
        loop {
            match self.wire.got(what).await {
                Got::Json(frame) => {
                    if frame["t"] == "ping" {
                        if self.answers_pings {
                            self.wire.text_if_open(r#"{"t":"pong"}"#).await;
                        }
                        if !self.keeps_pings {
                            continue;
                        }
                    }
                    return frame;
                }
                Got::Ping => {}
                Got::Closed(code) => panic!("closed with {code} while waiting for {what}"),
            }
        }
    }

    /// The next frame, whatever it is.
    pub async fn next(&mut self, what: &str) -> Value {
        match self.held.pop_front() {
            Some(frame) => frame,
            None => self.read(what).await,
        }
    }

    /// The first frame that is `wanted`; the others stay held.
    pub async fn frame(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.held.iter().position(&wanted) {
            return self.held.remove(at).unwrap_or_default();
        }
        loop {
            let frame = self.read(what).await;
            if wanted(&frame) {
                return frame;
            }
            self.held.push_back(frame);
        }
    }

    /// Sends text as it is.
    pub async fn text(&mut self, text: impl Into<String>) {
        self.wire.text(text).await;
    }

    /// Sends bytes as they are.
    pub async fn bytes(&mut self, bytes: Vec<u8>) {
        self.wire.bytes(bytes).await;
    }

    /// Sends a frame without a number.
    pub async fn tell(&mut self, frame: Value) {
        self.wire.text(frame.to_string()).await;
    }

    /// Sends a frame under the next number and gives the number.
    pub async fn number(&mut self, mut frame: Value) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        frame["id"] = json!(id);
        self.wire.text(frame.to_string()).await;
        id
    }

    /// The reply to a number.
    pub async fn reply(&mut self, id: u64) -> Value {
        self.frame(&format!("the reply to {id}"), |f| f["re"] == json!(id)).await
    }

    /// Sends a frame and gives its reply.
    pub async fn ask(&mut self, frame: Value) -> Value {
        let id = self.number(frame).await;
        self.reply(id).await
    }

    /// Sends a frame that is taken.
    pub async fn ask_ok(&mut self, frame: Value) -> Value {
        let reply = self.ask(frame.clone()).await;
        assert!(reply.get("ok").is_some(), "{frame} was refused: {reply}");
        reply["ok"].clone()
    }

    /// Sends a frame that is refused, and gives the refusal.
    pub async fn ask_err(&mut self, frame: Value) -> Value {
        let reply = self.ask(frame.clone()).await;
        assert!(reply.get("err").is_some(), "{frame} was taken: {reply}");
        assert!(reply["err"]["message"].as_str().is_some_and(|m| !m.is_empty()), "{reply}");
        reply["err"].clone()
    }

    /// Follows conversations from now on; one answer for each.
    pub async fn sub(&mut self, targets: &[&str]) -> Vec<Value> {
        let rooms: Vec<Value> = targets.iter().map(|to| json!({"to": to})).collect();
        let ok = self.ask_ok(json!({"t": "sub", "rooms": rooms})).await;
        let rooms = ok["rooms"].as_array().cloned().unwrap_or_default();
        assert_eq!(rooms.len(), targets.len(), "one answer for each: {ok}");
        rooms
    }

    /// Follows one conversation from where one was.
    pub async fn sub_after(&mut self, to: &str, epoch: &str, seq: i64) -> Value {
        let follow = json!({"to": to, "after": {"epoch": epoch, "seq": seq}});
        let ok = self.ask_ok(json!({"t": "sub", "rooms": [follow]})).await;
        ok["rooms"][0].clone()
    }

    /// The refusal of a conversation that one may not follow.
    pub async fn sub_refused(&mut self, to: &str) -> Value {
        let reply = self.ask(json!({"t": "sub", "rooms": [{"to": to}]})).await;
        let err = match reply.get("err") {
            Some(err) => err.clone(),
            None => reply["ok"]["rooms"][0]["err"].clone(),
        };
        assert!(err.is_object(), "{to} was opened: {reply}");
        err
    }

    /// Says something; the answer.
    pub async fn send(&mut self, to: &str, body: &str) -> Value {
        self.ask_ok(saying(to, body, &cid())).await
    }

    /// The next event of a conversation.
    pub async fn event(&mut self, to: &str) -> Value {
        self.frame(&format!("an event of {to}"), |f| f["t"] == "event" && f["to"] == to).await
    }

    /// The next event of a conversation of that kind; earlier ones stay held.
    pub async fn event_of(&mut self, to: &str, kind: &str) -> Value {
        self.frame(&format!("a {kind} of {to}"), |f| {
            f["t"] == "event" && f["to"] == to && f["kind"] == kind
        })
        .await
    }

    /// What is on the screen; told for good once the answer to the frame after it is here.
    pub async fn here(&mut self, to: Value) {
        self.tell(json!({"t": "here", "to": to, "active": true})).await;
        self.fence().await;
    }

    /// Waits until the server has acted on everything sent so far. What it said before is held.
    pub async fn fence(&mut self) {
        self.ask_ok(json!({"t": "unsub", "rooms": []})).await;
    }

    /// Asserts that nothing `unwanted` has come. Only worth something after an event that would
    /// have come later ([`Self::event`]), or a [`Self::fence`].
    #[track_caller]
    pub fn assert_none(&self, unwanted: impl Fn(&Value) -> bool) {
        if let Some(frame) = self.held.iter().find(|f| unwanted(f)) {
            panic!("nobody should have heard {frame}");
        }
    }

    /// Takes all that is `wanted` of what has come so far.
    pub fn taken(&mut self, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
        let held = std::mem::take(&mut self.held);
        let (taken, rest): (VecDeque<_>, _) = held.into_iter().partition(wanted);
        self.held = rest;
        taken.into()
    }

    /// Waits until somebody is known to have come.
    pub async fn sees_join(&mut self, to: &str, user: &str) {
        self.frame(&format!("{user} to come into {to}"), |f| names(f, to, "join", user)).await;
    }

    /// Waits until somebody is known to have gone.
    pub async fn sees_leave(&mut self, to: &str, user: &str) {
        self.frame(&format!("{user} to leave {to}"), |f| names(f, to, "leave", user)).await;
    }

    /// Reads to the end and gives its code.
    pub async fn closed(self) -> u16 {
        self.wire.closed().await
    }

    /// Closes in good manners, and waits until the server knows.
    pub async fn close(self) {
        self.wire.close().await;
    }

    /// The socket below.
    pub fn into_wire(self) -> Wire {
        self.wire
    }
}

/// A `send`.
pub fn saying(to: &str, body: &str, cid: &str) -> Value {
    json!({"t": "send", "to": to, "cid": cid, "body": body})
}

/// Whether an `online` frame of that room names somebody under `key`.
pub fn names(frame: &Value, to: &str, key: &str, user: &str) -> bool {
    let listed = frame[key].as_array().is_some_and(|users| users.iter().any(|u| u == user));
    frame["t"] == "online" && frame["to"] == to && listed
}
