//! The room socket as a plain client of a few lines sees it.

use super::{
    Person, encoded,
    wire::{Got, Wire},
};
use serde_json::{Value, json};

/// A room socket.
pub struct RoomSocket {
    wire: Wire,
    /// The user it was opened by; empty for a visitor.
    user: String,
}

impl RoomSocket {
    /// Opens a room's socket; nothing is read yet.
    pub async fn open(person: &Person, room: &str) -> Self {
        let wire = person
            .wire(&format!("/ws/chat/{}/", encoded(room)))
            .await
            .expect("the room's socket opens");
        Self { wire, user: person.name.clone() }
    }

    /// The next frame.
    pub async fn next(&mut self, what: &str) -> Value {
        loop {
            match self.wire.got(what).await {
                Got::Json(frame) => return frame,
                Got::Ping => {}
                Got::Closed(code) => panic!("closed with {code} while waiting for {what}"),
            }
        }
    }

    /// Waits for a WebSocket ping; a JSON frame instead of it fails.
    pub async fn ping(&mut self) {
        match self.wire.got("a ping").await {
            Got::Ping => {}
            other => panic!("{other:?} instead of a ping"),
        }
    }

    /// Asserts that exactly this comes next. More keys may be there.
    pub async fn hears(&mut self, expected: Value) -> Value {
        let frame = self.next(&format!("{expected}")).await;
        for (key, value) in expected.as_object().expect("a frame is an object") {
            assert_eq!(&frame[key], value, "{} hears {frame}, not {expected}", self.user);
        }
        frame
    }

    /// Asserts that a refusal comes next, with a sentence.
    pub async fn hears_error(&mut self) -> Value {
        let frame = self.hears(json!({"type": "error"})).await;
        assert!(frame["message"].as_str().is_some_and(|m| !m.is_empty()), "{frame}");
        frame
    }

    /// Reads the list and, for somebody who is logged in, the own join. Gives the list.
    pub async fn entered(&mut self) -> Vec<String> {
        let list = self.hears(json!({"type": "user_list"})).await;
        if !self.user.is_empty() {
            let user = self.user.clone();
            self.hears(json!({"type": "user_join", "user": user})).await;
        }
        let users = list["users"].as_array().cloned().unwrap_or_default();
        users.iter().map(|u| u.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Says something.
    pub async fn say(&mut self, message: &str) {
        self.wire.text(json!({"message": message}).to_string()).await;
    }

    /// Says something and asserts that it is the next thing heard: whatever was said or done before
    /// on the same socket would have come first.
    pub async fn says_and_hears_only_that(&mut self, message: &str) {
        self.say(message).await;
        let user = self.user.clone();
        self.hears(chat(&user, message)).await;
    }

    /// Sends text as it is.
    pub async fn text(&mut self, text: &str) {
        self.wire.text(text).await;
    }

    /// Sends bytes as they are.
    pub async fn bytes(&mut self, bytes: Vec<u8>) {
        self.wire.bytes(bytes).await;
    }

    /// Reads to the end and gives its code.
    pub async fn closed(self) -> u16 {
        self.wire.closed().await
    }

    /// Closes in good manners, and waits until the server knows.
    pub async fn close(self) {
        self.wire.close().await;
    }
}

/// A message as it comes.
pub fn chat(user: &str, message: &str) -> Value {
    json!({"type": "chat_message", "user": user, "message": message})
}

/// Somebody came.
pub fn join(user: &str) -> Value {
    json!({"type": "user_join", "user": user})
}

/// Somebody went.
pub fn leave(user: &str) -> Value {
    json!({"type": "user_leave", "user": user})
}
