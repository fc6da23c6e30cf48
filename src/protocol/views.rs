//! What pages are made of: the answers of the history call and of the server functions, and the
//! data that a page carries for hydration.

use super::{
    At, Refusal, Target,
    frames::{After, Online},
    limits::Limits,
    notices::Unseen,
    people::{Level, Mine, Role},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Whether a count need not be told.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
pub(super) fn is_zero(count: &i64) -> bool {
    *count == 0
}

/// What kind of author a message has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AuthorKind {
    /// A person.
    #[default]
    User,
    /// A program with a token.
    Bot,
    /// The house itself.
    System,
}

/// A reaction and who gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Reaction {
    /// Which.
    pub emoji: String,
    /// Who.
    pub users: Vec<String>,
}

/// A file in a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct FileView {
    /// Its id.
    pub id: String,
    /// Its name, cleaned of what could mislead.
    pub name: String,
    /// Its media type, by its content.
    pub kind: String,
    /// How many bytes it has.
    pub bytes: i64,
    /// Pixels of a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Pixels of a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
}

/// The beginning of a message that another one answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Quote {
    /// Who said it.
    pub author: String,
    /// How it begins; none if it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// What belongs to a conversation and not to one of its messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct About {
    /// What the room is about.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub topic: String,
    /// The ids of the pinned messages, in the order of pinning.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pins: Vec<String>,
}

impl About {
    /// Whether there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// A message is pinned, or no longer; again changes nothing.
    pub fn pin(&mut self, message: &str, on: bool) {
        let place = self.pins.iter().position(|pin| pin == message);
        match (place, on) {
            (None, true) => self.pins.push(message.to_owned()),
            (Some(at), false) => {
                self.pins.remove(at);
            }
            _ => {}
        }
    }
}

/// A message as it stands now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Message {
    /// Its id, opaque to clients.
    pub id: String,
    /// The seq of its own event.
    pub seq: i64,
    /// Who said it.
    pub author: String,
    /// What kind of author.
    pub author_kind: AuthorKind,
    /// What was said; empty when it was deleted.
    pub body: String,
    /// When it was stored.
    pub at: At,
    /// When it was last changed.
    pub edited_at: Option<At>,
    /// Whether it was deleted.
    pub deleted: bool,
    /// The id of the message it answers.
    pub reply_to: Option<String>,
    /// The beginning of that message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<Quote>,
    /// Its files, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileView>,
    /// Reactions in the order of their first.
    pub reactions: Vec<Reaction>,
    /// The sender's own id: lets a client recognise its own message in a page of history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cid: Option<String>,
}

/// Which messages of a log a page holds. A message is named by its id, or by its seq where ids have
/// been read already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Span<Id = String> {
    /// The newest.
    #[default]
    Newest,
    /// The newest before this seq.
    Before(i64),
    /// The oldest after this seq.
    After(i64),
    /// Those around this message, itself included.
    Around(Id),
}

impl Span {
    /// As a query says it, where each may be left out.
    ///
    /// # Errors
    /// `invalid` where more than one is said.
    pub fn of(
        before: Option<i64>,
        after: Option<i64>,
        around: Option<String>,
    ) -> Result<Self, Refusal> {
        match (before, after, around) {
            (None, None, None) => Ok(Self::Newest),
            (Some(seq), None, None) => Ok(Self::Before(seq)),
            (None, Some(seq), None) => Ok(Self::After(seq)),
            (None, None, Some(id)) => Ok(Self::Around(id)),
            _ => Err(Refusal::invalid("before", "Say only one of before, after and around.")),
        }
    }
}

/// A text that a message had before it was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// The text.
    pub body: String,
    /// Since when it stood.
    pub at: At,
    /// Who put another in its place.
    pub replaced_by: String,
}

/// A page of how a message read before it was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edits {
    /// The message as it stands.
    pub message: Message,
    /// The texts before it, the last first.
    pub before: Vec<Revision>,
    /// How many later ones were left out.
    pub offset: usize,
    /// Whether there are earlier ones.
    pub more: bool,
}

/// A page of history; `top` and `messages` are one snapshot. The server may have the messages as
/// the JSON that they become.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct History<Messages = Vec<Message>> {
    /// The canonical spelling.
    pub to: Target,
    /// The log's epoch.
    pub epoch: String,
    /// The log's last seq.
    pub top: i64,
    /// Newest first.
    #[cfg_attr(feature = "ssr", schema(value_type = Vec<Message>))]
    pub messages: Messages,
    /// Whether there are messages before these.
    #[serde(default)]
    pub older: bool,
    /// Whether there are messages after these.
    #[serde(default)]
    pub newer: bool,
    /// Topic and pins.
    #[serde(default, skip_serializing_if = "About::is_empty")]
    pub about: About,
}

/// Who is looking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// My name.
    pub name: String,
    /// Whether I look after the house.
    pub admin: bool,
    /// Of whom I wish to hear nothing; told on the pages of rooms and conversations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocked: Vec<String>,
}

/// The last message of a room, for the index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct LastMessage {
    /// Who said it.
    pub author: String,
    /// Its first characters, on one line.
    pub text: String,
    /// When.
    pub at: At,
}

/// A room on the index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RoomCard {
    /// Its name.
    pub name: String,
    /// How many people are in it.
    pub online: usize,
    /// What was said last.
    pub last: Option<LastMessage>,
}

/// The room index, busiest first. The server may have the rooms as the cards that they become.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index<Rooms = Vec<RoomCard>> {
    /// This page of rooms.
    pub rooms: Rooms,
    /// What was looked for; empty for everything.
    pub filter: String,
    /// Rooms with people in them, over all pages.
    pub lit: usize,
    /// People who are here now, over all rooms.
    pub people: usize,
    /// How many of the rooms before this page were left out (for "newer").
    pub offset: usize,
    /// Whether more rooms follow.
    pub more: bool,
}

/// A line of the side column: a room I know or a person I talk to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Which.
    pub to: Target,
    /// People in the room; for a person, 1 while they are online.
    pub online: usize,
    /// Unread messages of others, counted up to [`super::limits::UNREAD_MOST`].
    pub unread: i64,
    /// Those of them that call me, counted likewise.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mentions: i64,
    /// Of what I wish to be told there.
    #[serde(default, skip_serializing_if = "Level::is_usual")]
    pub level: Level,
    /// When something was last said there.
    pub at: Option<At>,
}

impl Line {
    /// How much of what is unread waits for me: of what I wish to hear nothing, nothing does. What is
    /// said in a conversation is all said to me.
    #[must_use]
    pub fn waiting(&self) -> i64 {
        match (self.level, &self.to) {
            (Level::Nothing, _) => 0,
            (Level::Mentions, Target::Room(_)) => self.mentions,
            _ => self.unread,
        }
    }
}

/// The side column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// Rooms I have joined, or for a visitor the busiest; the latest first.
    pub rooms: Vec<Line>,
    /// My conversations, the latest first.
    pub people: Vec<Line>,
    /// Where my own log stood before this was read: what comes after it may change the column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<After>,
    /// What concerns me and I have yet to see.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Unseen>,
    /// Whether what is on the screen is a room that I could join.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outside: bool,
}

/// Everything a room's or a conversation's page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct House<Messages = Vec<Message>> {
    /// Who is looking; none for a visitor.
    pub me: Option<Me>,
    /// What the server takes.
    pub limits: Limits,
    /// A page of history: the newest, that around the first unread message, or the one that was asked
    /// for.
    pub history: History<Messages>,
    /// The id of the message that the page was asked to show.
    pub at: Option<String>,
    /// My read marker when the page was made.
    pub read: i64,
    /// How I stand in this room; none for a conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mine: Option<Mine>,
    /// Who is here.
    pub online: Online,
    /// Rooms and people.
    pub side: Side,
    /// The versions of the faces of those on the page who have put one there, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub faces: BTreeMap<String, String>,
    /// A fresh id for the message that the page's form would send.
    pub cid: String,
    /// What was typed into the plain form, when it was refused.
    #[serde(default)]
    pub draft: String,
    /// Why it was refused.
    #[serde(default)]
    pub refusal: Option<Refusal>,
}

/// Whether somebody owes a place what came after their marker: they have read there, or joined it. Of
/// what one merely looks at nothing is new.
#[must_use]
pub fn owes(read: i64, role: Option<Role>) -> bool {
    read > 0 || role.is_some()
}

impl<Messages> House<Messages> {
    /// Whether whoever is looking owes this place what came after their marker.
    #[must_use]
    pub fn owes(&self) -> bool {
        self.me.is_some() && owes(self.read, self.mine.as_ref().and_then(|mine| mine.role))
    }
}

#[cfg(feature = "ssr")]
impl<Messages> House<Messages> {
    /// The same with the messages in another form.
    #[must_use]
    pub fn map<Other>(self, other: impl FnOnce(Messages) -> Other) -> House<Other> {
        let Self { me, limits, history, at, read, mine, online, side, faces, cid, draft, refusal } =
            self;
        let History { to, epoch, top, messages, older, newer, about } = history;
        let history = History { to, epoch, top, messages: other(messages), older, newer, about };
        House { me, limits, history, at, read, mine, online, side, faces, cid, draft, refusal }
    }
}

#[cfg(feature = "ssr")]
impl<Rooms> Index<Rooms> {
    /// The same with the rooms in another form.
    #[must_use]
    pub fn map<Other>(self, other: impl FnOnce(Rooms) -> Other) -> Index<Other> {
        let Self { rooms, filter, lit, people, offset, more } = self;
        Index { rooms: other(rooms), filter, lit, people, offset, more }
    }
}
