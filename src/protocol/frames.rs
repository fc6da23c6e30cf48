//! The frames of the main socket (`docs/protocol.md`), for both sides. Unknown fields, frame types
//! and event kinds are read and passed over, so that either side may be newer.

use super::{
    At, Refusal, Target, json,
    limits::Limits,
    people::{Level, NoticeKind},
    views,
};
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

/// One entry of a log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Event {
    /// Its place in the log, without gaps.
    pub seq: i64,
    /// What it is; see [`Kind`].
    pub kind: String,
    /// The sender's own id, on messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cid: Option<String>,
    /// What it carries, as JSON: read only where the kind is known.
    #[serde(default = "nothing")]
    pub data: Box<RawValue>,
}

fn nothing() -> Box<RawValue> {
    RawValue::NULL.to_owned()
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        let fields = |event: &Self| (event.seq, event.kind.clone(), event.cid.clone());
        fields(self) == fields(other) && self.data.get() == other.data.get()
    }
}

/// The event kinds this version acts on.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Somebody said something.
    Message(MessageData),
    /// Something happened to a message that is there already.
    Change(Change),
    /// A message is pinned, or no longer.
    Pin { message: String, on: bool },
    /// The room is about something else.
    Topic { text: String },
    /// (Own log.) I have read up to `seq` in `to`.
    Read { to: Target, seq: i64 },
    /// (Own log.) A direct conversation appeared.
    Conversation { to: Target },
    /// (Own log.) I joined a room, or am in it no longer.
    Joined { to: Target, on: bool },
    /// (Own log.) Of what I am told in `to`.
    Level { to: Target, level: Level },
    /// (Own log.) Whether I hear somebody.
    Block { user: String, on: bool },
    /// (Own log.) Something concerns me.
    Notify(Notice),
}

/// What a `notify` event says to this program; see [`super::people::Notify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Why.
    pub kind: NoticeKind,
    /// Where.
    pub to: Target,
    /// Who did it.
    pub from: String,
    /// The message's seq; none for an invitation.
    pub seq: Option<i64>,
}

/// What happened to a message of the same log (`docs/reliability.md`, "Kinds and the fold"). It says
/// how the message stands afterwards, so that applying it twice is applying it once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The message's id.
    pub id: String,
    /// What happened to it.
    pub what: What,
}

/// See [`Change`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// (`edit`) It has another text; none in a replay where it was deleted since.
    Edited { body: Option<String>, at: At },
    /// (`delete`) It has no text any more.
    Deleted { at: At },
    /// (`reaction`) Somebody gave a reaction, or took it back.
    Reacted { emoji: String, user: String, on: bool },
}

/// The data of all changes; which fields there are depends on the kind.
#[derive(Default, Serialize, Deserialize)]
struct ChangeData {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<At>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    emoji: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on: Option<bool>,
}

/// The data of the own log's events; which fields there are depends on the kind.
#[derive(Default, Serialize, Deserialize)]
struct OwnData {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<Target>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seq: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    level: Option<Level>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<NoticeKind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
}

/// The data of a `message` event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageData {
    /// The message's id.
    pub id: String,
    /// Who said it.
    pub author: String,
    /// What kind of author.
    pub author_kind: views::AuthorKind,
    /// What was said; absent on a message that was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// When it was stored.
    pub at: At,
    /// The id of the message it answers.
    pub reply_to: Option<String>,
    /// The beginning of that message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<views::Quote>,
    /// Its files, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<views::FileView>,
}

impl Event {
    /// What the event says, or `None` for a kind (or form) this version does not know. Its seq
    /// counts all the same.
    #[must_use]
    pub fn reading(&self) -> Option<Kind> {
        let data = self.data.get();
        match self.kind.as_str() {
            "message" => json::read(data).map(Kind::Message),
            "edit" | "delete" | "reaction" | "pin" | "topic" => {
                let data: ChangeData = json::read(data)?;
                let what = match self.kind.as_str() {
                    "pin" => return Some(Kind::Pin { message: data.message, on: data.on? }),
                    "topic" => return Some(Kind::Topic { text: data.text? }),
                    "edit" => What::Edited { body: data.body, at: data.at? },
                    "delete" => What::Deleted { at: data.at? },
                    _ => What::Reacted { emoji: data.emoji?, user: data.user?, on: data.on? },
                };
                Some(Kind::Change(Change { id: data.message, what }))
            }
            "read" | "conversation" | "rooms" | "level" | "block" | "notify" => {
                let OwnData { to, seq, on, level, user, kind, from } = json::read(data)?;
                Some(match self.kind.as_str() {
                    "read" => Kind::Read { to: to?, seq: seq? },
                    "conversation" => Kind::Conversation { to: to? },
                    "rooms" => Kind::Joined { to: to?, on: on? },
                    "level" => Kind::Level { to: to?, level: level? },
                    "block" => Kind::Block { user: user?, on: on? },
                    _ => Kind::Notify(Notice { kind: kind?, to: to?, from: from?, seq }),
                })
            }
            _ => None,
        }
    }

    /// An event of a known kind.
    #[cfg(feature = "ssr")]
    #[must_use]
    pub fn new(seq: i64, cid: Option<String>, kind: &Kind) -> Self {
        use serde_json::value::to_raw_value;
        let of = |to: &Target| OwnData { to: Some(to.clone()), ..OwnData::default() };
        let (word, data) = match kind {
            Kind::Message(data) => ("message", to_raw_value(data)),
            Kind::Change(Change { id, what }) => {
                let of = ChangeData { message: id.clone(), ..ChangeData::default() };
                let (word, data) = match what.clone() {
                    What::Edited { body, at } => ("edit", ChangeData { body, at: Some(at), ..of }),
                    What::Deleted { at } => ("delete", ChangeData { at: Some(at), ..of }),
                    What::Reacted { emoji, user, on } => {
                        let (emoji, user, on) = (Some(emoji), Some(user), Some(on));
                        ("reaction", ChangeData { emoji, user, on, ..of })
                    }
                };
                (word, to_raw_value(&data))
            }
            Kind::Pin { message, on } => {
                let (message, on) = (message.clone(), Some(*on));
                ("pin", to_raw_value(&ChangeData { message, on, ..ChangeData::default() }))
            }
            Kind::Topic { text } => {
                let text = Some(text.clone());
                ("topic", to_raw_value(&ChangeData { text, ..ChangeData::default() }))
            }
            Kind::Read { to, seq } => {
                ("read", to_raw_value(&OwnData { seq: Some(*seq), ..of(to) }))
            }
            Kind::Conversation { to } => ("conversation", to_raw_value(&of(to))),
            Kind::Joined { to, on } => {
                ("rooms", to_raw_value(&OwnData { on: Some(*on), ..of(to) }))
            }
            Kind::Level { to, level } => {
                ("level", to_raw_value(&OwnData { level: Some(*level), ..of(to) }))
            }
            Kind::Block { user, on } => {
                let (user, on) = (Some(user.clone()), Some(*on));
                ("block", to_raw_value(&OwnData { user, on, ..OwnData::default() }))
            }
            Kind::Notify(Notice { kind, to, from, seq }) => {
                let (kind, from) = (Some(*kind), Some(from.clone()));
                ("notify", to_raw_value(&OwnData { kind, from, seq: *seq, ..of(to) }))
            }
        };
        // A kind is plain data with text keys: it always has a JSON form.
        Self { seq, kind: word.to_owned(), cid, data: data.unwrap_or_else(|_| nothing()) }
    }
}

/// Who is in a room now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
}

/// The answer to a `sub`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubOk {
    /// One for each asked, in order.
    pub rooms: Vec<Followed>,
}

/// The answer to a `send`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    if t == "hello" {
        return json::read(text).map(ServerFrame::Hello);
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
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn reads_the_frames_of_the_contract() {
        let text = r##"{"id":1,"t":"sub","rooms":[{"to":"#lobby","after":{"epoch":"e1","seq":41}},{"to":"~"}],"new":1}"##;
        let Incoming::Frame(Some(id), ClientFrame::Sub { rooms }) = read_client(text) else {
            panic!("not read")
        };
        assert_eq!(id, FrameId::from(1));
        assert_eq!(rooms[0].after, Some(After { epoch: "e1".into(), seq: 41 }));
        assert_eq!(rooms[1].to, Target::Own);
        assert_eq!(read_client(r#"{"t":"wave"}"#), Incoming::Unknown(None));
        assert_eq!(read_client(r#"{"t":"wave","id":7}"#), Incoming::Unknown(Some(7.into())));
    }

    #[test]
    fn what_is_no_frame_is_bad_and_keeps_its_number() {
        for text in ["", "{", "[]", "null", "3", r#""t""#, "{}", r#"{"t":1}"#, r#"{"t":"send"}"#] {
            assert!(matches!(read_client(text), Incoming::Bad(None, _)), "{text}");
        }
        assert!(matches!(
            read_client(r##"{"t":"send","id":3,"to":"#a","cid":"c","body":7}"##),
            Incoming::Bad(Some(_), _)
        ));
        assert!(matches!(read_client(r#"{"id":3,"to":"lobby"}"#), Incoming::Bad(Some(_), _)));
    }

    #[test]
    fn a_number_comes_back_as_it_was() {
        for id in ["184467440737095516165262655766300000000", "1.5", "-0.1", "6.02e23", "2.5e-308"]
        {
            let Incoming::Unknown(Some(read)) = read_client(&format!(r#"{{"t":"x","id":{id}}}"#))
            else {
                panic!("{id} was not read")
            };
            assert_eq!(read.to_string().parse::<f64>(), id.parse(), "{id}");
        }
        for id in ["\"1\"", "[1]", "{}", "true", "1e999"] {
            let text = format!(r#"{{"t":"pong","id":{id}}}"#);
            assert!(matches!(read_client(&text), Incoming::Bad(None, _)), "{id}");
        }
    }

    #[test]
    fn an_event_of_an_unknown_kind_keeps_its_seq() {
        let frame = r##"{"t":"event","to":"#lobby","seq":45,"kind":"firework","data":{"x":1},"extra":true}"##;
        let Outgoing::Frame(frame) = read_server(frame) else { panic!("not read") };
        let ServerFrame::Event { event, .. } = *frame else { panic!("not an event") };
        assert_eq!((event.seq, event.reading()), (45, None));
    }

    #[test]
    fn a_message_event_has_the_form_of_the_contract() {
        let data = MessageData {
            id: "1-45".into(),
            author: "alice".into(),
            author_kind: views::AuthorKind::User,
            body: Some("hi".into()),
            at: At(0),
            reply_to: None,
            quote: None,
            files: Vec::new(),
        };
        let event = Event::new(45, Some("c1".into()), &Kind::Message(data.clone()));
        let frame = ServerFrame::Event { to: Target::Room("lobby".into()), event: event.clone() };
        assert_eq!(
            serde_json::to_value(&frame).ok(),
            Some(json!({"t":"event","to":"#lobby","seq":45,"kind":"message","cid":"c1","data":{
                "id":"1-45","author":"alice","author_kind":"user","body":"hi",
                "at":"1970-01-01T00:00:00.000Z","reply_to":null}}))
        );
        assert_eq!(event.reading(), Some(Kind::Message(data)));
    }

    #[test]
    fn changes_have_their_form_and_come_back() {
        let edited = What::Edited { body: Some("ho".into()), at: At(0) };
        let reacted = What::Reacted { emoji: "👍".into(), user: "bob".into(), on: true };
        let forms = [
            (edited, "edit", json!({"message":"1-4","body":"ho","at":"1970-01-01T00:00:00.000Z"})),
            (
                What::Deleted { at: At(0) },
                "delete",
                json!({"message":"1-4","at":"1970-01-01T00:00:00.000Z"}),
            ),
            (reacted, "reaction", json!({"message":"1-4","emoji":"👍","user":"bob","on":true})),
        ];
        for (what, word, data) in forms {
            let kind = Kind::Change(Change { id: "1-4".into(), what });
            let event = Event::new(5, None, &kind);
            assert_eq!(event.kind, word);
            assert_eq!(serde_json::from_str(event.data.get()).ok(), Some(data));
            assert_eq!(event.reading(), Some(kind));
        }
    }

    proptest! {
        #[test]
        fn no_text_of_a_client_panics(text in "\\PC{0,200}") {
            let _ = read_client(&text);
            let _ = read_server(&text);
        }
    }
}
