//! People and rooms: who belongs where, who is told what, and what their pages show.

use super::{At, Target, refusal::Why};
use serde::{Deserialize, Serialize};

/// Who finds a room, reads it and speaks in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Everybody.
    #[default]
    Open,
    /// Its members. For everybody else there is no such room.
    Members,
    /// Administrators. For everybody else there is no such room.
    Admins,
}

/// What somebody is in a room that they have joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// One of its people.
    #[default]
    Member,
    /// They keep order in it. Administrators do so wherever they may look.
    Moderator,
}

/// Of what in a room (or a conversation) somebody wishes to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Everything.
    #[default]
    All,
    /// What calls them.
    Mentions,
    /// Nothing: it is muted.
    Nothing,
}

macro_rules! words {
    ($($type:ident: $($variant:ident $word:literal),+;)+) => {$(
        impl $type {
            /// The word for it, on the wire and in the database.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// What this word says.
            #[must_use]
            pub fn of_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    )+};
}

words! {
    Access: Open "open", Members "members", Admins "admins";
    Role: Member "member", Moderator "moderator";
    Level: All "all", Mentions "mentions", Nothing "nothing";
    NoticeKind: Mention "mention", Reply "reply", Reaction "reaction", Direct "direct", Invite "invite",
        Push "push", Broadcast "broadcast";
}

impl Level {
    /// Whether it is what one starts with.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        *self == Self::All
    }
}

/// How I stand in the room whose page I see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mine {
    /// Who may see it.
    pub access: Access,
    /// What I am in it; none while I have not joined it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Of what I am told.
    #[serde(default, skip_serializing_if = "Level::is_usual")]
    pub level: Level,
    /// Whether I keep order in it: as its moderator or as an administrator.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub moderates: bool,
}

/// Why somebody is told of something (`notify`, in their own log).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// They are named in a message.
    Mention,
    /// Their message was answered.
    Reply,
    /// Their message got a reaction.
    Reaction,
    /// Somebody wrote to them.
    Direct,
    /// Somebody took them into a room that is not for everybody.
    Invite,
    /// A program, or somebody by way of one, told them something.
    Push,
    /// The house told everybody something.
    Broadcast,
}

/// The data of a `notify` event, and of a `push` frame, which tells the same and is stored nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notify {
    /// Why.
    pub kind: NoticeKind,
    /// Names it: the message's id, for an invitation the room's, for a push its own. With `kind`, the
    /// same only for the same thing.
    pub id: String,
    /// Who did it.
    pub from: String,
    /// Where; `~` for what is told to me alone, or to everybody.
    pub to: Target,
    /// The message's id; none for an invitation and for a push.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The seq of what happened: the message's; of a reaction and of an edit that named me, that event's. What
    /// counts is whether I have read that far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<i64>,
    /// How it begins; of a reaction, which; of a push, all of it.
    pub text: String,
    /// What the house itself tells, by its name: for people, in their language. `from` is then what it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Box<Why>>,
    /// Whether it came before their eyes: it is kept among what called them, and is nothing new.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub seen: bool,
    /// Of a push, where it leads: a path of this house, or an https address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// When.
    pub at: At,
}

/// The data of a `rooms` event in my own log: I joined a room, or am in it no longer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// Which.
    pub to: Target,
    /// Whether I am in it.
    pub on: bool,
}

/// The data of a `level` event in my own log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Levelled {
    /// Where.
    pub to: Target,
    /// Of what I am told from now on.
    pub level: Level,
}

/// The data of a `member` event in a room's log that is not open, and of a `block` event in my own log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Somebody {
    /// Who.
    pub user: String,
    /// Whether they are in it, or blocked.
    pub on: bool,
}

/// A person in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonLine {
    /// Their name.
    pub name: String,
    /// Whether they look after the house.
    pub admin: bool,
    /// Whether they are here.
    pub online: bool,
    /// Whether they are here and have not been active lately.
    pub idle: bool,
    /// When they were last here; none while they are, and where nobody knows.
    pub last_seen: Option<At>,
}

/// People of the house.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct People {
    /// This page, by name.
    pub people: Vec<PersonLine>,
    /// What was looked for in names; empty for everybody.
    pub query: String,
    /// How many before this page were left out.
    pub offset: usize,
    /// Whether more follow.
    pub more: bool,
}

/// What is shown of one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonView {
    /// Their name, admin, online, idle, last seen.
    #[serde(flatten)]
    pub line: PersonLine,
    /// Since when they have an account.
    pub since: At,
    /// Whether they are kept out of the house.
    pub banned: bool,
    /// Whether this is me.
    pub me: bool,
    /// Whether I blocked them.
    pub blocked: bool,
    /// Rooms that both of us have joined, the latest spoken in first.
    pub in_common: Vec<Target>,
}

/// Somebody in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberLine {
    /// Their name.
    pub name: String,
    /// What they are in it.
    pub role: Role,
    /// Whether they are online.
    pub online: bool,
}

/// What is shown about a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomView {
    /// Its name.
    pub name: String,
    /// How I stand in it; its access among it.
    pub mine: Mine,
    /// Who made it, where anybody did.
    pub made_by: Option<String>,
    /// When.
    pub since: At,
    /// How many have joined it.
    pub count: usize,
    /// This page of them: moderators first, then by name.
    pub members: Vec<MemberLine>,
    /// How many before this page were left out.
    pub offset: usize,
    /// Whether more follow.
    pub more: bool,
    /// Who is kept out of it; for moderators alone.
    pub banned: Vec<String>,
}

/// An account, for administrators.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Name, admin, online, idle, last seen.
    #[serde(flatten)]
    pub line: PersonLine,
    /// Since when they have it.
    pub since: At,
    /// Whether they are kept out of the house.
    pub banned: bool,
    /// Sessions that are open.
    pub sessions: usize,
}

/// Accounts, for administrators.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accounts {
    /// This page, by name.
    pub accounts: Vec<Account>,
    /// What was looked for in names; empty for everybody.
    pub query: String,
    /// How many before this page were left out.
    pub offset: usize,
    /// Whether more follow.
    pub more: bool,
}

/// A room, for administrators: also one that they may not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomLine {
    /// Its name.
    pub name: String,
    /// Who may see it.
    pub access: Access,
    /// How many have joined it.
    pub members: usize,
    /// Who made it.
    pub made_by: Option<String>,
    /// When something was last said; none if never.
    pub said_at: Option<At>,
}

/// Rooms, for administrators.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rooms {
    /// This page, by name.
    pub rooms: Vec<RoomLine>,
    /// What was looked for in names; empty for all.
    pub query: String,
    /// How many before this page were left out.
    pub offset: usize,
    /// Whether more follow.
    pub more: bool,
}
