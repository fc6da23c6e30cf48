//! A broadcast in the two languages that sockets speak, each encoded once however many hear it.

use super::{Addressed, Broadcast, Group, Side};
use crate::protocol::frames::{Kind, ServerFrame};
use crate::protocol::{At, Target};
use axum::extract::ws::Utf8Bytes;
use serde::Serialize;
use std::sync::Arc;

/// The room socket's frames (requirements, "The room socket").
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RoomFrame<'a> {
    /// Who is here, before I came.
    UserList { users: Vec<String> },
    /// Somebody came.
    UserJoin { user: &'a str },
    /// Somebody left.
    UserLeave { user: &'a str },
    /// Somebody said something.
    ChatMessage { user: &'a str, message: &'a str, id: &'a str, seq: i64, at: At },
    /// Somebody told me something in private.
    PrivateMessage { user: &'a str, message: &'a str, id: &'a str, at: At },
    /// What I told somebody in private is stored.
    PrivateMessageDelivered { target: &'a str, message: &'a str },
    /// A refusal; the socket stays open.
    Error { message: &'a str },
}

/// A value as the text of a frame.
pub fn text(value: &impl Serialize) -> Utf8Bytes {
    // Frames are plain data with text keys: they always have a JSON form.
    serde_json::to_string(value).unwrap_or_default().into()
}

/// People who came and went, for room sockets, which each know whom they have named already.
#[derive(Debug)]
pub struct Comings {
    /// Came.
    pub join: Vec<String>,
    /// Went.
    pub leave: Vec<String>,
    /// `join` is everybody: whoever is not in it has gone.
    pub all: bool,
}

/// What a main socket and what a room socket is told.
pub enum Encoded {
    /// An entry of a log.
    Event { group: Group, seq: i64, main: [Utf8Bytes; 2], room: Option<Utf8Bytes> },
    /// People came or went.
    Online { group: Group, main: [Utf8Bytes; 2], room: Arc<Comings> },
    /// For room sockets only.
    Whisper(Utf8Bytes),
    /// Close, if it is this session's.
    End { session: Option<String>, code: u16 },
}

fn sides(to: &Addressed, frame: impl Fn(Target) -> ServerFrame) -> [Utf8Bytes; 2] {
    match to {
        Addressed::All(target) => {
            let once = text(&frame(target.clone()));
            [once.clone(), once]
        }
        Addressed::Sides { low, high } => [text(&frame(low.clone())), text(&frame(high.clone()))],
    }
}

/// Index of a side's encoding.
#[must_use]
pub fn index(side: Side) -> usize {
    match side {
        Side::Low => 0,
        Side::High => 1,
    }
}

impl Encoded {
    /// Encodes a broadcast to a group.
    #[must_use]
    pub fn of(group: Group, broadcast: &Broadcast) -> Self {
        match broadcast {
            Broadcast::Event { to, event } => Self::Event {
                group,
                seq: event.seq,
                main: sides(to, |to| ServerFrame::Event { to, event: event.clone() }),
                room: match (group, event.reading()) {
                    (Group::Room(_), Some(Kind::Message(said))) => {
                        Some(text(&RoomFrame::ChatMessage {
                            user: &said.author,
                            message: said.body.as_deref().unwrap_or_default(),
                            id: &said.id,
                            seq: event.seq,
                            at: said.at,
                        }))
                    }
                    _ => None,
                },
            },
            Broadcast::Online { to, join, leave, all, count } => Self::Online {
                group,
                main: sides(to, |to| ServerFrame::Online {
                    to,
                    join: if *all { Vec::new() } else { join.clone() },
                    leave: leave.clone(),
                    all: all.then(|| join.clone()),
                    count: *count,
                }),
                room: Arc::new(Comings { join: join.clone(), leave: leave.clone(), all: *all }),
            },
            Broadcast::Whisper { id, from, body, at } => {
                Self::Whisper(text(&RoomFrame::PrivateMessage {
                    user: from,
                    message: body,
                    id,
                    at: *at,
                }))
            }
            Broadcast::End { session, code } => Self::End { session: session.clone(), code: *code },
        }
    }
}
