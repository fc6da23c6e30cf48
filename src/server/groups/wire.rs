//! A broadcast in the two languages that sockets speak, each encoded once however many hear it.

use super::{Addressed, Broadcast, Group, Push, Side};
use crate::protocol::At;
use crate::protocol::Target;
use crate::protocol::frames::{Event, EventFrame, Kind, ServerFrame};
use crate::protocol::people::{NoticeKind, Notify};
use crate::server::store::UserId;
use crate::server::websocket::Frame;
use bytes::Bytes;
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

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
    /// Something was pushed to the room.
    #[serde(rename = "chat_message")]
    PushedToRoom(PushedFrame<'a>),
    /// Something was pushed to me, or to everybody.
    #[serde(rename = "private_message")]
    PushedToMe(PushedFrame<'a>),
    /// What I told somebody in private is stored.
    PrivateMessageDelivered { target: &'a str, message: &'a str },
    /// A refusal; the socket stays open.
    Error { message: &'a str },
}

/// A push as a room socket hears it: like what is said in the room, or in private, so that a plain
/// client need not know of it. It has no seq, since it is in no log of the room, and a kind, by which
/// others know it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PushedFrame<'a> {
    /// Who pushed it.
    pub user: &'a str,
    /// The text.
    pub message: &'a str,
    /// Its id.
    pub id: &'a str,
    /// `push` or `broadcast`.
    pub kind: NoticeKind,
    /// Where it leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<&'a str>,
    /// When.
    pub at: At,
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

impl Comings {
    /// Bytes of the names.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.join.iter().chain(&self.leave).map(String::len).sum()
    }
}

/// Frames of consecutive events of one log, end to end: a reader that has none of them is given
/// all in one piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    bytes: Bytes,
    /// The seq of each frame, and where it ends.
    ends: Arc<[(i64, usize)]>,
}

/// Part of a [`Run`]: what is newer than a reader has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Whole frames.
    pub bytes: Bytes,
    /// How many.
    pub frames: usize,
}

impl Run {
    fn of(frames: impl Iterator<Item = (i64, Frame)>) -> Self {
        let mut frames = frames.peekable();
        let first = frames.next();
        if let (Some((seq, frame)), None) = (&first, frames.peek()) {
            let ends = Arc::from([(*seq, frame.len())]);
            return Self { bytes: frame.wire().clone(), ends };
        }
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for (seq, frame) in first.into_iter().chain(frames) {
            bytes.extend_from_slice(frame.wire());
            ends.push((seq, bytes.len()));
        }
        Self { bytes: bytes.into(), ends: ends.into() }
    }

    /// Bytes of all its frames.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The seq of its last event.
    #[must_use]
    pub fn last(&self) -> Option<i64> {
        self.ends.last().map(|(seq, _)| *seq)
    }

    /// The frames of the events after `seq`, if there are any.
    #[must_use]
    pub fn after(&self, seq: i64) -> Option<Piece> {
        let known = self.ends.partition_point(|(one, _)| *one <= seq);
        let frames = self.ends.len() - known;
        let start = known.checked_sub(1).and_then(|last| self.ends.get(last));
        let bytes = || self.bytes.slice(start.map_or(0, |(_, end)| *end)..);
        (frames > 0).then(|| Piece { bytes: bytes(), frames })
    }
}

/// What a main socket and what a room socket hears of a push.
pub struct Pushed<'a> {
    /// The group that it is pushed to.
    pub group: Group,
    /// See [`Push::stored`].
    pub stored: bool,
    /// See [`Push::but`].
    pub but: &'a BTreeSet<UserId>,
    /// For main sockets.
    pub main: Frame,
    /// For room sockets.
    pub room: Frame,
}

impl<'a> Pushed<'a> {
    /// Encodes a push to a group.
    #[must_use]
    pub fn of(group: Group, push: &'a Push) -> Self {
        let Notify { kind, id, from, text, link, at, .. } = &push.notify;
        let (kind, at, link) = (*kind, *at, link.as_deref());
        let frame = PushedFrame { user: from, message: text, id, kind, link, at };
        let room = match group {
            Group::Room(_) => RoomFrame::PushedToRoom(frame),
            _ => RoomFrame::PushedToMe(frame),
        };
        Self {
            group,
            stored: push.stored,
            but: &push.but,
            main: Frame::json(&ServerFrame::Push(push.notify.clone())),
            room: Frame::json(&room),
        }
    }
}

/// What a main socket and what a room socket is told.
pub enum Encoded<'a> {
    /// Entries of a log.
    Events { group: Group, main: [Run; 2], room: RoomRun<'a> },
    /// People came or went.
    Online { group: Group, main: [Frame; 2], room: Arc<Comings> },
    /// Somebody is writing: for main sockets only.
    Typing { group: Group, main: [Frame; 2] },
    /// For room sockets only.
    Whisper(Frame),
    /// It may not see the group any more, unless it is of one of these.
    Gone { group: Group, main: Frame, room: Frame, code: u16, but: &'a BTreeSet<UserId> },
    /// Close, if it is this session's.
    End { session: Option<&'a str>, code: u16 },
}

/// The room sockets' wording of a run of events: made when the first of them hears it, since most
/// rooms have none.
pub struct RoomRun<'a> {
    group: Group,
    events: &'a [Event],
    made: OnceLock<Option<Run>>,
}

impl RoomRun<'_> {
    /// The run, if any of the events means something to a room socket.
    pub fn run(&self) -> Option<&Run> {
        self.made.get_or_init(|| self.make()).as_ref()
    }

    fn make(&self) -> Option<Run> {
        let Group::Room(_) = self.group else { return None };
        let mut told = self
            .events
            .iter()
            .filter_map(|event| {
                let Some(Kind::Message(said)) = event.reading() else { return None };
                let frame = Frame::json(&RoomFrame::ChatMessage {
                    user: &said.author,
                    message: said.body.as_deref().unwrap_or_default(),
                    id: &said.id,
                    seq: event.seq,
                    at: said.at,
                });
                Some((event.seq, frame))
            })
            .peekable();
        told.peek()?;
        Some(Run::of(told))
    }
}

fn sides<T: Clone>(to: &Addressed, encode: impl Fn(&Target) -> T) -> [T; 2] {
    match to {
        Addressed::All(target) => {
            let once = encode(target);
            [once.clone(), once]
        }
        Addressed::Sides { low, high } => [encode(low), encode(high)],
    }
}

/// What a room socket is told before it is closed.
fn gone(reason: &str) -> &'static str {
    match reason {
        "banned" => "You may not come into this room any more.",
        "deleted" => "This room is gone.",
        _ => "You are in this room no longer.",
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

impl<'a> Encoded<'a> {
    /// Encodes a broadcast to a group.
    #[must_use]
    pub fn of(group: Group, broadcast: &'a Broadcast) -> Self {
        match broadcast {
            Broadcast::Events { to, events } => Self::Events {
                group,
                main: sides(to, |to| {
                    Run::of(
                        events
                            .iter()
                            .map(|event| (event.seq, Frame::json(&EventFrame::of(to, event)))),
                    )
                }),
                room: RoomRun { group, events, made: OnceLock::new() },
            },
            Broadcast::Online { to, join, leave, all, idle, awake, count } => Self::Online {
                group,
                main: sides(to, |to| {
                    Frame::json(&ServerFrame::Online {
                        to: to.clone(),
                        join: if *all { Vec::new() } else { join.clone() },
                        leave: leave.clone(),
                        all: all.then(|| join.clone()),
                        idle: idle.clone(),
                        awake: awake.clone(),
                        count: *count,
                    })
                }),
                room: Arc::new(Comings { join: join.clone(), leave: leave.clone(), all: *all }),
            },
            Broadcast::Typing { to, user } => Self::Typing {
                group,
                main: sides(to, |to| {
                    Frame::json(&ServerFrame::Typing { to: to.clone(), user: user.clone() })
                }),
            },
            Broadcast::Whisper { id, from, body, at } => {
                Self::Whisper(Frame::json(&RoomFrame::PrivateMessage {
                    user: from,
                    message: body,
                    id,
                    at: *at,
                }))
            }
            Broadcast::Gone { group, to, reason, code, but } => Self::Gone {
                group: *group,
                main: Frame::json(&ServerFrame::Gone { to: to.clone(), reason: reason.clone() }),
                room: Frame::json(&RoomFrame::Error { message: gone(reason) }),
                code: *code,
                but,
            },
            Broadcast::End { session, code } => {
                Self::End { session: session.as_deref(), code: *code }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_piece_is_what_is_newer_and_nothing_else(
            sizes in prop::collection::vec(0usize..300, 1..20),
            first in 1i64..50,
            after in 0i64..80,
        ) {
            let frames: Vec<_> = sizes
                .iter()
                .enumerate()
                .map(|(n, size)| (first + n as i64, Frame::text(&"x".repeat(*size))))
                .collect();
            let run = Run::of(frames.iter().cloned());
            let newer: Vec<_> = frames.iter().filter(|(seq, _)| *seq > after).collect();
            let bytes: Vec<u8> = newer.iter().flat_map(|(_, f)| f.wire().to_vec()).collect();
            let piece = run.after(after);
            prop_assert_eq!(piece.as_ref().map_or(0, |piece| piece.frames), newer.len());
            prop_assert_eq!(piece.map_or(Vec::new(), |piece| piece.bytes.to_vec()), bytes);
        }
    }
}
