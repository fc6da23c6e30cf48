//! The limits that both sides of the wire know, with their reasons; those that the server alone keeps stand at
//! the top of the file that keeps them. The server may be configured to
//! others; what a client needs of them it is told in `hello` and in the page.

use serde::{Deserialize, Serialize};

/// Unicode scalar values in a message: about two screens of text.
pub const BODY: usize = 4_000;
/// Bytes in a client's frame that is acted on.
pub const FRAME: usize = 64 * 1024;
/// Bytes in a frame that is read at all: over it the socket cannot go on.
pub const FRAME_READ: usize = 1024 * 1024;
/// Conversations one connection may follow.
pub const ROOMS: usize = 128;
/// Rooms a user makes in a day: enough for a program that moves a team in, and still an end.
pub const ROOMS_PER_DAY: usize = 200;
/// Connections of one user.
pub const CONNECTIONS_PER_USER: usize = 10;
/// Connections of one address.
pub const CONNECTIONS_PER_ADDRESS: usize = 200;
/// Between two pings of the server.
pub const HEARTBEAT_MS: u64 = 25_000;
/// How long past the heartbeat silence may last, on both sides.
pub const HEARTBEAT_GRACE_MS: u64 = 10_000;
/// Events replayed at once; past it the client reads its page afresh.
pub const REPLAY_EVENTS: usize = 500;
/// Bytes replayed at once.
pub const REPLAY_BYTES: usize = 1024 * 1024;
/// Bytes that wait for one connection before it counts as too slow.
pub const QUEUE_BYTES: usize = 1024 * 1024;
/// Frames that wait for one connection; events that were stored and told together count as one.
pub const QUEUE_FRAMES: usize = 256;
/// A page of history.
pub const PAGE: usize = 50;
/// The largest page anyone may ask for.
pub const PAGE_MOST: usize = 200;
/// Past this many people a room says how many, not who.
pub const PRESENCE_NAMES: usize = 200;
/// How long a leave waits, so that a reload is silent.
pub const LEAVE_GRACE_MS: u64 = 5_000;
/// At most one presence frame a room in this time.
pub const PRESENCE_EVERY_MS: u64 = 1_000;
/// Frames that cannot be read, in a minute, before the socket is closed.
pub const BAD_FRAMES: u32 = 10;
/// Characters of a user name.
pub const USER_NAME: usize = 32;
/// Characters of a room name.
pub const ROOM_NAME: usize = 128;
/// Characters of a password: at least, at most.
pub const PASSWORD: (usize, usize) = (8, 128);
/// Characters of a client's message id.
pub const CID: usize = 64;
/// A list of more people than this has a field that looks for one of them.
pub const SEARCHED: usize = 20;
/// People whom somebody may block: a page tells all of them.
pub const BLOCKED: usize = 1_000;
/// Bytes of a file in a message: a long document, a short film.
pub const FILE: usize = 20 * 1024 * 1024;
/// Files in a message.
pub const FILES: usize = 10;
/// Bytes of a picture that becomes a face.
pub const FACE: usize = 2 * 1024 * 1024;
/// Characters of a file's name.
pub const FILE_NAME: usize = 120;
/// Files that one user may send in a day…
pub const FILES_A_DAY: i64 = 1_000;
/// …and their bytes: as much as a phone's holiday, and no disk full of it.
pub const FILE_BYTES_A_DAY: i64 = 1024 * 1024 * 1024;
/// Characters of a token's name.
pub const TOKEN_NAME: usize = 60;
/// Unread messages are counted up to here; beyond it a client shows "99+".
pub const UNREAD_MOST: i64 = 100;

/// Characters of the address that a push leads to.
pub const LINK: usize = 2_000;

/// Different reactions to one message: more is no answer but a wall.
pub const REACTIONS: usize = 20;
/// Pinned messages of one conversation.
pub const PINS: usize = 50;
/// Characters of a room's topic.
pub const TOPIC: usize = 250;
/// A client says that its user is writing no more often than this.
pub const TYPING_EVERY_MS: u64 = 3_000;
/// How long somebody is shown as writing.
pub const TYPING_SHOWN_MS: u64 = 6_000;

/// What a client must know, as the server is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Unicode scalar values in a message.
    pub body: usize,
    /// Bytes in a frame.
    pub frame: usize,
    /// Conversations a connection.
    pub rooms: usize,
    /// Bytes of a file.
    #[serde(default)]
    pub file: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { body: BODY, frame: FRAME, rooms: ROOMS, file: FILE }
    }
}
