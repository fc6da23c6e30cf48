//! The frames of the main socket (`docs/protocol.md`), for both sides. Unknown fields, frame types
//! and event kinds are read and passed over, so that either side may be newer.

mod event;

use super::{At, Refusal, Target, json, limits::Limits, notices::Unseen, people::Notify, views};
pub use event::{Change, Event, Kind, MessageData, What};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// A client's number for a frame; comes back as `re`.
pub type FrameId = serde_json::Number;

/// Where in a log a client stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct After {
    /// The log's epoch.
    pub epoch: String,
    /// The last seq the client has.
    pub seq: i64,
}

/// One conversation to follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Follow {
    /// Which.
    pub to: Target,
    /// From where; absent for "from now on".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<After>,
}

/// What a client says.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ssr", derive(Deserialize))]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum ClientFrame {
    /// Follow conversations.
    Sub { rooms: Vec<Follow> },
    /// Follow them no more.
    Unsub { rooms: Vec<Target> },
    /// What is on my screen; `active`: visible and used lately.
    Here {
        to: Option<Target>,
        #[cfg_attr(feature = "ssr", serde(default))]
        active: bool,
    },
    /// Say something.
    Send {
        to: Target,
        cid: String,
        body: String,
        #[cfg_attr(feature = "ssr", serde(default))]
        reply_to: Option<String>,
        /// Ids of uploads of mine that no message has yet.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        #[cfg_attr(feature = "ssr", serde(default))]
        files: Vec<String>,
    },
    /// Another text for a message of mine.
    Edit { to: Target, message: String, body: String },
    /// A message is to go; its place stays.
    Delete { to: Target, message: String },
    /// A reaction, given or taken back.
    React { to: Target, message: String, emoji: String, on: bool },
    /// A message is pinned for everybody, or no longer.
    Pin { to: Target, message: String, on: bool },
    /// What the room is about.
    Topic { to: Target, text: String },
    /// I am writing.
    Typing { to: Target },
    /// My read marker.
    Read { to: Target, seq: i64 },
    /// I am alive.
    Pong,
}

/// A client's frame with its number.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Numbered<'a, Id = FrameId> {
    /// Answered as `re`, if given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    /// What is said.
    #[serde(flatten)]
    pub frame: &'a ClientFrame,
}

/// What a text from a client turned out to be.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, PartialEq)]
pub enum Incoming {
    /// A frame to act on.
    Frame(Option<FrameId>, ClientFrame),
    /// A frame of a type this version does not know: passed over, answered only if numbered.
    Unknown(Option<FrameId>),
    /// Not a frame, or one of the wrong form.
    Bad(Option<FrameId>, Refusal),
}

#[cfg(feature = "ssr")]
const KNOWN: [&str; 12] = [
    "sub", "unsub", "here", "send", "edit", "delete", "react", "pin", "topic", "typing", "read",
    "pong",
];

#[cfg(feature = "ssr")]
/// Reads a client's text. Never fails: what cannot be read is [`Incoming::Bad`].
#[must_use]
pub fn read_client(text: &str) -> Incoming {
    #[derive(Deserialize)]
    struct Head<'a> {
        #[serde(borrow)]
        t: std::borrow::Cow<'a, str>,
    }
    #[derive(Deserialize)]
    struct HeadId<'a> {
        #[serde(borrow)]
        id: Option<&'a RawValue>,
    }
    let bad = |id, why: &str| Incoming::Bad(id, Refusal::new(super::Code::BadFrame, why));
    let id = match serde_json::from_str::<HeadId>(text) {
        Ok(HeadId { id: None }) => Some(None),
        Ok(HeadId { id: Some(id) }) => number(id).map(Some),
        Err(_) => None,
    };
    let Some(id) = id else {
        return bad(None, "A frame is a JSON object; its \"id\", if it has one, is a number.");
    };
    let Ok(head) = serde_json::from_str::<Head>(text) else {
        return bad(id, "A frame is a JSON object with a text field \"t\".");
    };
    if !KNOWN.contains(&&*head.t) {
        return Incoming::Unknown(id);
    }
    match serde_json::from_str(text) {
        Ok(frame) => Incoming::Frame(id, frame),
        Err(_) => bad(id, "The frame's fields are missing or of the wrong kind."),
    }
}

/// A client's number as it comes back to it. What is no whole number of 64 bits is read by the
/// standard library, which rounds rightly; by itself `serde_json` may be off in the last place, and
/// the client would not know its own number again.
#[cfg(feature = "ssr")]
fn number(text: &RawValue) -> Option<FrameId> {
    let number: FrameId = serde_json::from_str(text.get()).ok()?;
    if number.is_f64() { FrameId::from_f64(text.get().parse().ok()?) } else { Some(number) }
}

/// Who is in a room now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Online {
    /// How many people.
    pub count: usize,
    /// Who, sorted; absent where there are too many to name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<Vec<String>>,
    /// Those of them who have not been active lately, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub idle: Vec<String>,
}

/// The answer to one [`Follow`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Followed {
    /// The canonical spelling.
    pub to: Target,
    /// Refused; then nothing else is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub err: Option<Refusal>,
    /// The log's epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
    /// The log's last seq.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top: Option<i64>,
    /// Whether `events` brings the client up to `top`; absent where it asked for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovered: Option<bool>,
    /// What was missed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<Event>>,
    /// Who is here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub online: Option<Online>,
    /// My read marker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<i64>,
    /// Messages of others past it, counted up to [`super::limits::UNREAD_MOST`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<i64>,
    /// Those of them that call me, counted likewise.
    #[serde(default, skip_serializing_if = "views::is_zero")]
    pub mentions: i64,
    /// Of my own log: the notices that I have yet to see, counted likewise; `unread` says how many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Unseen>,
}

/// The answer to a `sub`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubOk {
    /// One for each asked, in order.
    pub rooms: Vec<Followed>,
}

/// The answer to a `send`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SendOk {
    /// The message's id.
    pub id: String,
    /// Its event's seq.
    pub seq: i64,
    /// When it was stored.
    pub at: At,
}

/// The answer to a change: the seq by which it is so. Where it was so already, nothing happened, and
/// this is the log's last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeOk {
    /// See the type.
    pub seq: i64,
}

/// The first frame of every connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The protocol's version.
    pub v: u32,
    /// The connection's id, made by the server.
    pub conn: String,
    /// Who I am; none for a visitor.
    pub user: Option<String>,
    /// Between two pings.
    pub heartbeat_ms: u64,
    /// What the server takes.
    pub limits: Limits,
}

/// What the server says by itself.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "ssr", derive(Serialize), serde(tag = "t", rename_all = "snake_case"))]
pub enum ServerFrame {
    /// First of all.
    Hello(Hello),
    /// Something happened in a log.
    Event {
        to: Target,
        #[cfg_attr(feature = "ssr", serde(flatten))]
        event: Event,
    },
    /// People came or went, or (with `all`) the whole list anew.
    Online {
        to: Target,
        join: Vec<String>,
        leave: Vec<String>,
        #[cfg_attr(feature = "ssr", serde(skip_serializing_if = "Option::is_none"))]
        all: Option<Vec<String>>,
        /// Here, and not active any more.
        #[cfg_attr(feature = "ssr", serde(skip_serializing_if = "Vec::is_empty"))]
        idle: Vec<String>,
        /// Active again.
        #[cfg_attr(feature = "ssr", serde(skip_serializing_if = "Vec::is_empty"))]
        awake: Vec<String>,
        count: usize,
    },
    /// Somebody is writing; shown for [`super::limits::TYPING_SHOWN_MS`].
    Typing { to: Target, user: String },
    /// I may not see it any more: `removed`, `banned` or `deleted`.
    Gone { to: Target, reason: String },
    /// Something was pushed to me, to a room that I follow, or to everybody, that is in no log of mine.
    Push(Notify),
    /// Are you there? With the tops of what changed since the last.
    Ping { tops: BTreeMap<Target, i64> },
    /// A refusal of a frame that had no number.
    Error { err: Refusal },
}

/// [`ServerFrame::Event`] as it is written: without a copy of what it carries, which the server
/// makes once for each message said.
#[cfg(feature = "ssr")]
#[derive(Clone, Copy, Debug, Serialize)]
pub struct EventFrame<'a> {
    t: &'static str,
    to: &'a Target,
    seq: i64,
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cid: Option<&'a str>,
    data: &'a RawValue,
}

#[cfg(feature = "ssr")]
impl<'a> EventFrame<'a> {
    /// The frame of this event, as those who name its log so are told.
    #[must_use]
    pub fn of(to: &'a Target, event: &'a Event) -> Self {
        let Event { seq, kind, cid, data } = event;
        Self { t: "event", to, seq: *seq, kind, cid: cid.as_deref(), data }
    }
}

/// An answer to a numbered frame.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reply<T = Box<RawValue>> {
    /// The frame's number.
    pub re: FrameId,
    /// What came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ok: Option<T>,
    /// Why nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub err: Option<Refusal>,
}

/// What a text from the server turned out to be.
#[derive(Clone, Debug)]
pub enum Outgoing {
    /// An answer.
    Reply(Reply),
    /// A frame.
    Frame(Box<ServerFrame>),
    /// Nothing this version can read.
    Unknown,
}

/// Reads a server's text. By hand and not derived: a tagged enum is read by way of a copy of
/// everything, and that costs the browser's program more than all frames together.
#[must_use]
pub fn read_server(text: &str) -> Outgoing {
    #[derive(Deserialize)]
    struct Head {
        t: Option<String>,
        re: Option<FrameId>,
    }
    match json::read::<Head>(text) {
        Some(Head { re: Some(_), .. }) => {
            json::read(text).map_or(Outgoing::Unknown, Outgoing::Reply)
        }
        Some(Head { t: Some(t), .. }) => {
            read_frame(&t, text).map_or(Outgoing::Unknown, |frame| Outgoing::Frame(Box::new(frame)))
        }
        _ => Outgoing::Unknown,
    }
}

fn read_frame(t: &str, text: &str) -> Option<ServerFrame> {
    #[derive(Deserialize)]
    struct Fields {
        to: Option<Target>,
        #[serde(default)]
        join: Vec<String>,
        #[serde(default)]
        leave: Vec<String>,
        all: Option<Vec<String>>,
        #[serde(default)]
        idle: Vec<String>,
        #[serde(default)]
        awake: Vec<String>,
        #[serde(default)]
        count: usize,
        #[serde(default)]
        reason: String,
        #[serde(default)]
        user: String,
        #[serde(default)]
        tops: BTreeMap<Target, i64>,
        err: Option<Refusal>,
    }
    match t {
        "hello" => return json::read(text).map(ServerFrame::Hello),
        "push" => return json::read(text).map(ServerFrame::Push),
        _ => {}
    }
    if !matches!(t, "event" | "online" | "typing" | "gone" | "ping" | "error") {
        return None;
    }
    let it: Fields = json::read(text)?;
    Some(match t {
        "event" => ServerFrame::Event { to: it.to?, event: json::read(text)? },
        "online" => ServerFrame::Online {
            to: it.to?,
            join: it.join,
            leave: it.leave,
            all: it.all,
            idle: it.idle,
            awake: it.awake,
            count: it.count,
        },
        "typing" => ServerFrame::Typing { to: it.to?, user: it.user },
        "gone" => ServerFrame::Gone { to: it.to?, reason: it.reason },
        "ping" => ServerFrame::Ping { tops: it.tops },
        _ => ServerFrame::Error { err: it.err? },
    })
}

/// A client's frame as text.
#[must_use]
pub fn write_client(id: Option<u64>, frame: &ClientFrame) -> String {
    // Plain data with text keys: it always has a JSON form.
    serde_json::to_string(&Numbered { id, frame }).unwrap_or_default()
}

#[cfg(test)]
mod tests;
