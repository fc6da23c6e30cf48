//! The entries of a log: what each kind says, and its JSON.

use super::super::{
    At, Target, json,
    people::{Level, Notify},
    views,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

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
    Notify(Notify),
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
            "notify" => json::read(data).map(Kind::Notify),
            "read" | "conversation" | "rooms" | "level" | "block" => {
                let OwnData { to, seq, on, level, user } = json::read(data)?;
                Some(match self.kind.as_str() {
                    "read" => Kind::Read { to: to?, seq: seq? },
                    "conversation" => Kind::Conversation { to: to? },
                    "rooms" => Kind::Joined { to: to?, on: on? },
                    "level" => Kind::Level { to: to?, level: level? },
                    _ => Kind::Block { user: user?, on: on? },
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
            Kind::Notify(notify) => ("notify", to_raw_value(notify)),
        };
        // A kind is plain data with text keys: it always has a JSON form.
        Self { seq, kind: word.to_owned(), cid, data: data.unwrap_or_else(|_| nothing()) }
    }
}
