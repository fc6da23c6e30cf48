//! The room socket: the wire of the original chat, for plain clients of a few lines. It enters at
//! the same verbs as everything else.

use super::connection::Connection;
use super::life::{Heard, Talk, begin, turn_away};
use super::upgrade::Opened;
use crate::protocol::commands::{self, Command};
use crate::protocol::frames::SendOk;
use crate::protocol::{Refusal, Target, close as codes};
use crate::server::domain::Who;
use crate::server::domain::connections::Seat;
use crate::server::domain::post::Draft;
use crate::server::groups::wire::{Comings, RoomFrame};
use crate::server::groups::{Group, Queue, Side};
use crate::server::security::secrets;
use crate::server::store::rooms::Room;
use crate::server::websocket::Frame;
use std::collections::BTreeSet;
use std::sync::Arc;

struct Visit {
    connection: Connection,
    room: Room,
    /// Whom this client was told is here; it hears of nobody twice.
    named: BTreeSet<String>,
}

/// Serves a connection to the room of this name until it ends.
pub async fn serve(opened: Opened, connection: Connection, seat: Seat, name: String) {
    let room = match enter(&connection, &name).await {
        Ok(room) => room,
        Err(refusal) => {
            drop(connection);
            let why = Frame::json(&RoomFrame::Error { message: &refusal.message });
            // What may succeed later is no reason to stay away.
            let code = if refusal.temporary { codes::RESYNC } else { codes::NO_SUCH_ROOM };
            return turn_away(opened.stream, Some(why), code).await;
        }
    };
    let mut visit = Visit { connection, room, named: BTreeSet::new() };
    let arrived = visit.arrive().await;
    if let Err(refusal) = arrived {
        drop(visit);
        let code = if refusal.temporary { codes::RESYNC } else { codes::NO_SUCH_ROOM };
        return turn_away(opened.stream, None, code).await;
    }
    begin(opened.stream, visit, opened.early, seat);
}

/// The room; a logged-in user's socket makes it where it does not exist.
async fn enter(connection: &Connection, name: &str) -> Result<Room, Refusal> {
    let refused = match connection.domain.enter_room(&connection.who, name).await {
        Ok(room) => return Ok(room),
        Err(refusal) => refusal,
    };
    match connection.who {
        Who::Member(_) => Err(refused),
        Who::Visitor => Err(Refusal::not_found("such room")),
    }
}

impl Talk for Visit {
    fn connection(&self) -> &Connection {
        &self.connection
    }

    fn word(&mut self, comings: &Comings, out: &mut Vec<u8>) {
        let me = self.connection.who.name();
        for user in &comings.join {
            if self.named.insert(user.clone()) {
                out.extend_from_slice(Frame::json(&RoomFrame::UserJoin { user }).wire());
            }
        }
        let gone = self.named.iter().filter(|name| comings.all && !comings.join.contains(name));
        let gone: Vec<String> = gone.cloned().collect();
        for user in comings.leave.iter().chain(&gone) {
            let mine = me.is_some_and(|me| **me == **user);
            if !mine && self.named.remove(user) {
                out.extend_from_slice(Frame::json(&RoomFrame::UserLeave { user }).wire());
            }
        }
    }

    fn list_afresh(&mut self, place: Group, out: &mut Vec<u8>) {
        // Past the number that is named, there is nobody to name.
        let online = self.connection.domain.presence.look().online(place);
        if let Some(join) = online.users {
            self.word(&Comings { join, leave: Vec::new(), all: true }, out);
        }
    }

    /// Its room is all it has: it is being closed.
    fn lose(&mut self, _: Group) {}

    fn ping(&self) -> Frame {
        Frame::ping()
    }

    async fn hear(&mut self, heard: Heard) -> Option<u16> {
        let most = self.connection.domain.config.frame_limit;
        let said = match heard {
            Heard::Text(text) if text.len() > most => {
                self.refuse(&format!(
                    "A frame has at most {most} bytes; this one has {}.",
                    text.len()
                ));
                return None;
            }
            Heard::Text(text) => read(&text),
            Heard::Binary => None,
        };
        let Some(said) = said else {
            self.refuse("Say it as JSON: {\"message\": \"text\"}");
            return self.connection.bad_frame().then_some(codes::BAD_PROTOCOL);
        };
        // A visitor hears and does not speak.
        if let Who::Member(_) = self.connection.who
            && let Err(refusal) = self.say(&said).await
        {
            self.refuse(&refusal.message);
        }
        None
    }
}

impl Visit {
    /// Hears the room from now on, and is told who is here.
    async fn arrive(&mut self) -> Result<(), Refusal> {
        let group = Group::Room(self.room.log_id);
        let queue = Arc::clone(&self.connection.queue);
        let domain = Arc::clone(&self.connection.domain);
        queue.hold(group);
        self.connection.join(group, Side::Low);
        // From here on it hears when the room is lost to it. What was so before, it did not hear.
        domain.room(&self.connection.who, &self.room.name).await?;
        let top = domain.top(&self.room).await?;
        let me = self.connection.who.name().cloned();
        let users = self.connection.domain.presence.look().list_for(group, me.as_deref());
        self.named = users.iter().cloned().collect();
        if let Some(me) = &me {
            self.named.insert(me.to_string());
        }
        self.connection.enter(group);
        let list = Frame::json(&RoomFrame::UserList { users });
        let tops = [(group, top)];
        match &me {
            // Both before anything else of the room, which waits for the answer.
            Some(me) => {
                queue.say(&list);
                queue.answer(&Frame::json(&RoomFrame::UserJoin { user: me }), &tops);
            }
            None => queue.answer(&list, &tops),
        }
        Ok(())
    }

    async fn say(&mut self, said: &str) -> Result<(), Refusal> {
        let (to, body, private) = match commands::read(said)? {
            Command::Private { to, body } => {
                (Target::Person(to.to_owned()), body, Some(to.to_owned()))
            }
            // A plain client knows no other commands: what it sends is what it means.
            Command::Say(_) | Command::Topic(_) | Command::Help | Command::Unknown(_) => {
                (Target::Room(self.room.name.clone()), said, None)
            }
        };
        let queue = Arc::clone(&self.connection.queue);
        let delivered = body.to_owned();
        let owed = queue.owe();
        let done = Box::new(move |result: Result<SendOk, Refusal>| {
            match (result, private) {
                (Ok(_), Some(target)) => {
                    queue.say(&Frame::json(&RoomFrame::PrivateMessageDelivered {
                        target: &target,
                        message: &delivered,
                    }));
                }
                (Ok(_), None) => {}
                (Err(refusal), _) => refuse(&queue, &refusal.message),
            }
            drop(owed);
        });
        let draft = Draft {
            to,
            cid: secrets::short_id(),
            body: body.to_owned(),
            reply_to: None,
            files: Vec::new(),
        };
        self.connection.domain.post(&self.connection.who, draft, done).await
    }

    fn refuse(&self, message: &str) {
        refuse(&self.connection.queue, message);
    }
}

fn refuse(queue: &Queue, message: &str) {
    queue.say(&Frame::json(&RoomFrame::Error { message }));
}

/// The text of `{"message": "<text>"}`.
fn read(frame: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Said {
        message: String,
    }
    serde_json::from_str::<Said>(frame).ok().map(|said| said.message)
}
