//! The channel layer: who hears what. A group is named by what it is for, never by a name that
//! somebody chose, so that a user called like a room hears nothing of it.
//!
//! [`Groups`] is all that the rest of the server knows; [`memory`] is the implementation for one
//! process. Another one carries a [`Broadcast`] between processes and delivers it the same way.

pub mod memory;
pub mod queue;
pub mod wire;

use crate::protocol::frames::Event;
use crate::protocol::people::Notify;
use crate::protocol::{At, Target};
use crate::server::store::{LogId, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

pub use queue::Queue;

/// A connection, for as long as it lives. Made by the server, never chosen by a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnId(pub u64);

/// What a group is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Group {
    /// A room's log and presence.
    Room(LogId),
    /// The conversation of two, lower id first.
    Direct(UserId, UserId),
    /// A user's own log.
    Own(UserId),
    /// All connections of a user (requirement 2).
    User(UserId),
    /// Everyone who is online: every connection hears it, visitors' too.
    House,
}

/// Which of the two of a conversation a member is; they see it under different names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Side {
    /// The lower id, and everybody where there are no sides.
    #[default]
    Low,
    /// The higher id.
    High,
}

/// What a broadcast is about, as its hearers name it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Addressed {
    /// The same name for everybody.
    All(Target),
    /// A conversation: each side sees the other.
    Sides { low: Target, high: Target },
}

/// What a group is told. Plain data, so that it can travel between processes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Broadcast {
    /// Entries of one log, in their order; never dropped.
    Events { to: Addressed, events: Vec<Event> },
    /// People came or went; dropped first, and replaced by a fresh list. With `all`, `join` is
    /// everybody and replaces what was known. `idle` and `awake`: who of those who are there stopped
    /// being active, or is so again; with `all`, `idle` is everybody who is not.
    Online {
        to: Addressed,
        join: Vec<String>,
        leave: Vec<String>,
        all: bool,
        idle: Vec<String>,
        awake: Vec<String>,
        count: usize,
    },
    /// Somebody is writing; dropped first, and never made good.
    Typing { to: Addressed, user: String },
    /// A private message, for room sockets (main sockets learn of it from its log).
    Whisper { id: String, from: String, body: String, at: At },
    /// Those in `group` may not see `to` any more, but for these: main sockets are told, room sockets
    /// are closed with this code. It reaches a group, or all connections of a user.
    Gone { group: Group, to: Target, reason: String, code: u16, but: BTreeSet<UserId> },
    /// The end of one session's or token's connections, or of all the user's.
    End { session: Option<String>, code: u16 },
}

/// What is pushed to a group: told to those who are there, once each. Plain data, like a [`Broadcast`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Push {
    /// What.
    pub notify: Notify,
    /// It stands in the room's log, or in the own log of each of them: whoever follows that has heard it
    /// already, and is counted.
    pub stored: bool,
    /// Who hears nothing of whoever pushes it.
    pub but: BTreeSet<UserId>,
}

/// Who heard a push: those whose queues took it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Their people, each once; visitors are nobody.
    pub people: BTreeSet<UserId>,
    /// Connections.
    pub connections: usize,
}

/// A connection's place in a group.
#[derive(Clone)]
pub struct Member {
    /// Which connection.
    pub conn: ConnId,
    /// Its queue.
    pub queue: Arc<Queue>,
    /// Its side.
    pub side: Side,
}

/// Who hears what.
pub trait Groups: Send + Sync {
    /// Adds a connection to a group; again changes nothing.
    fn join(&self, group: Group, member: Member);
    /// Removes it.
    fn leave(&self, group: Group, conn: ConnId);
    /// Tells everyone in the group, in the order of the calls.
    fn publish(&self, group: Group, broadcast: &Broadcast);
    /// Pushes to everyone in the group, and counts them.
    fn push(&self, group: Group, push: &Push) -> Heard;
    /// Whether anybody hears the group.
    fn is_heard(&self, group: Group) -> bool;
    /// Memberships in all: zero when nobody is connected.
    fn memberships(&self) -> usize;
}
