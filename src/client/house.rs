//! What the page shows, as signals: the one surface between the state machines and the components.
//! On the server the same signals hold the page's first state and [`HouseState::act`] does nothing.

use super::{attach::Item, signal::Signal};
use crate::protocol::{
    At, Refusal, Target,
    frames::Online,
    glimpse::glimpse,
    limits::Limits,
    people::Notify,
    views::{About, FileView, House, Me, Message, Side},
};
use leptos::prelude::*;
use std::collections::BTreeMap;

/// What a person does; the components say it, the shell acts on it.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Say this here (or obey it, if it is a command such as `/pm bob hi`).
    Say(String),
    /// Say this here in answer to a message, by its id.
    Answer {
        /// Which.
        id: String,
        /// What.
        body: String,
    },
    /// The composer is for messages of its own again.
    Write,
    /// Go to another room or conversation.
    Go(Target),
    /// Go to a message, by its id.
    Jump {
        /// Where it was said.
        to: Target,
        /// Which.
        id: String,
    },
    /// Load older messages.
    Older,
    /// Load newer messages.
    Newer,
    /// To the end of the log.
    ToEnd,
    /// Send a failed message again, by its key.
    Retry(String),
    /// Give a failed message up, by its key.
    Discard(String),
    /// The log is (or is no longer) at its end.
    AtEnd(bool),
    /// Connect now instead of waiting.
    ConnectNow,
    /// Put away the refusal that is shown above the composer.
    Dismiss,
    /// Put away what was pushed, by its id.
    PutAway(String),
    /// Remove a file from above the composer, by its key.
    Detach(u64),
    /// Send such a file again.
    AttachAgain(u64),
    /// I changed what is written in the composer for a message of its own; it reads so now.
    Wrote(String),
    /// Show what may be done with this message ([`HouseState::choices`]), or with none.
    Choose(Option<String>),
    /// The composer is to change this message…
    StartEdit { id: String },
    /// …or to answer it.
    StartReply { id: String },
    /// It is to read like this.
    Edit { id: String, body: String },
    /// It is to go.
    Delete { id: String },
    /// My reaction to it is given, or taken back if I gave it.
    React { id: String, emoji: String },
    /// It is pinned, or no longer.
    Pin { id: String, on: bool },
}

/// What the composer is for.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Mode {
    /// A message of its own.
    #[default]
    Writing,
    /// Another text for this message.
    Editing {
        /// Its id.
        id: String,
    },
    /// An answer to this message.
    Replying {
        /// Its id.
        id: String,
        /// Who said it.
        author: String,
        /// How it begins.
        text: String,
    },
}

impl Mode {
    /// For changing this message, or for answering it.
    #[must_use]
    pub fn of(message: Message, editing: bool) -> Self {
        let Message { id, author, body, .. } = message;
        match editing {
            true => Self::Editing { id },
            false => Self::Replying { id, author, text: glimpse(&body) },
        }
    }
}

/// What I may do with a message, and what is done already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choices {
    /// Its id.
    pub id: String,
    /// What it says.
    pub text: String,
    /// The path of the page that shows it.
    pub link: String,
    /// Whether I am logged in: then I may answer and react.
    pub member: bool,
    /// The reactions that I gave.
    pub given: Vec<String>,
    /// All of them, with who gave them: a finger sees no title.
    pub reactions: Vec<Chip>,
    /// Whether I may change and delete it.
    pub change: bool,
    /// Whether it is pinned, where pinning is mine to do.
    pub pinned: Option<bool>,
    /// The path of the page that shows how it read before, where there is one for me.
    pub edits: Option<String>,
}

/// The field that a refusal names where the place on the screen is not mine to see any more.
pub const GONE: &str = "place";

/// How a message of mine fares; everybody else's are [`SaidState::Sent`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SaidState {
    /// Stored.
    Sent,
    /// On its way.
    Pending,
    /// Refused, with the reason in plain words.
    Failed(String),
}

/// The message that another one answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Quoted {
    /// The address of the page that shows it.
    pub address: String,
    /// Who said it.
    pub author: String,
    /// How it begins; none if it was deleted.
    pub text: Option<String>,
}

/// That a message was changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Edited {
    /// When.
    pub at: At,
    /// The same moment on the reader's own clock.
    pub local: At,
    /// The address of the page that shows how it read before, for those who may look.
    pub before: Option<String>,
}

/// One reaction to a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Chip {
    /// Which.
    pub emoji: String,
    /// How many gave it.
    pub count: usize,
    /// Who, the first of them; without me where I am known.
    pub names: Vec<String>,
    /// Whether I did. Nobody is known in the page's first state, which is the same for all.
    pub mine: bool,
    /// Whether mine is not stored yet.
    pub waits: bool,
}

/// What I asked for and is not stored yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Waits {
    /// Its new text.
    Edit,
    /// That it goes.
    Deletion,
}

/// A message as a row shows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Said {
    /// The message's id, once it is stored.
    pub id: Option<String>,
    /// Who said it.
    pub author: String,
    /// The version of their face, on the first of a group, if they have put one there.
    pub face: Option<String>,
    /// What.
    pub body: String,
    /// Its files.
    pub files: Vec<FileView>,
    /// When.
    pub at: At,
    /// The same moment on the reader's own clock.
    pub local: At,
    /// The first of a group of one author within five minutes: shows face, name and time.
    pub first: bool,
    /// What it answers.
    pub quote: Option<Quoted>,
    /// Whether it was changed.
    pub edited: Option<Edited>,
    /// Whether it was deleted: then only a tombstone is shown.
    pub deleted: bool,
    /// What it made others feel, in the order of the first of each.
    pub reactions: Vec<Chip>,
    /// What of it is not stored yet.
    pub waits: Option<Waits>,
    /// Whether the reader blocked whoever said it: then it is folded away.
    pub hushed: bool,
    /// Whether it names the reader. Nobody is known in the page's first state.
    pub calls: bool,
    /// Whether somebody wanted to see it: it stands out.
    pub found: bool,
    /// How it fares.
    pub state: SaidState,
}

/// One row of the log.
#[allow(clippy::large_enum_variant, reason = "nearly all of them are messages")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Row {
    /// A new day, `2026-11-20` in the reader's own time.
    Day(String),
    /// The line above the first unread message.
    New,
    /// A message.
    Said(Said),
    /// "sam and noor came in", quietly.
    Came(String),
}

/// How the connection is.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Status {
    /// Nothing to say: connected, or not yet awake.
    #[default]
    Quiet,
    /// The first connection, or a new try.
    Connecting,
    /// Not connected; the next try is in so many seconds.
    Offline(u32),
    /// Just back; shown for a moment.
    Back,
    /// For good, and why: "You were logged out."
    Stopped(String),
}

/// Older history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Older {
    /// This is the beginning.
    Beginning,
    /// There is more.
    More,
    /// On its way.
    Loading,
}

/// Where the log is to be scrolled to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spot {
    /// Where a place opens: at the message that was asked for, at what is new, or at its end.
    Opening,
    /// Its end.
    End,
    /// The message of this id.
    Message(String),
}

/// What stays as it was when the page was rendered. The plain form and links need the last four
/// while no program runs.
#[derive(Clone, Debug)]
pub struct Fixed {
    /// Who is looking.
    pub me: Option<Me>,
    /// What the server takes.
    pub limits: Limits,
    /// The id of the message that the plain form would send.
    pub cid: String,
    /// The seq of the oldest message: the page of older ones ends before it.
    pub oldest: Option<i64>,
    /// The seq of the newest message, where there are newer ones: their page begins after it…
    pub newest: Option<i64>,
    /// …and the log's own top: the newest page ends there.
    pub top: i64,
}

/// Everything the page shows. `Copy`: signals are handles.
#[derive(Clone, Copy)]
pub struct HouseState {
    /// What does not change.
    pub fixed: StoredValue<Fixed>,
    /// What is on the screen.
    pub place: Signal<Target>,
    /// The log, oldest first, each row with a key that stays the same while the row changes.
    pub rows: Signal<Vec<(String, Row)>>,
    /// Whether there is more above.
    pub older: Signal<Older>,
    /// Whether there is more below.
    pub newer: Signal<bool>,
    /// Whether something else is read than the end.
    pub away: Signal<bool>,
    /// Where to scroll to, each time it is said.
    pub spot: Signal<Option<Spot>>,
    /// Messages that came while the log was not at its end.
    pub fresh: Signal<usize>,
    /// Who is here.
    pub online: Signal<Online>,
    /// Rooms and people, with unread counts.
    pub side: Signal<Side>,
    /// How the connection is.
    pub status: Signal<Status>,
    /// A refusal to show above the composer (a text too long, `/pm` to nobody, …).
    pub refusal: Signal<Option<Refusal>>,
    /// What is typed in the composer; kept when it is refused, emptied when it was taken.
    pub draft: Signal<String>,
    /// Files that are to go with the next message.
    pub files: Signal<Vec<Item>>,
    /// The versions of people's faces, of those here who have one.
    pub faces: Signal<BTreeMap<String, String>>,
    /// What the composer is for.
    pub mode: Signal<Mode>,
    /// Who is writing, those who began first; a third stands for more.
    pub typing: Signal<Vec<String>>,
    /// The room's topic, and what is pinned.
    pub about: Signal<About>,
    /// What may be done with the message that is pointed at.
    pub choices: Signal<Option<Choices>>,
    /// What was pushed to me.
    pub told: Signal<Vec<Notify>>,
    /// The way back: what a person does.
    pub act: Callback<Act>,
}

impl HouseState {
    /// The page's first state, the same on both sides. `ends`: the seqs of its oldest and its newest
    /// message.
    #[must_use]
    pub fn new<Messages>(
        house: &House<Messages>,
        ends: Option<(i64, i64)>,
        rows: Vec<(String, Row)>,
        act: Callback<Act>,
    ) -> Self {
        Self {
            fixed: StoredValue::new(Fixed {
                me: house.me.clone(),
                limits: house.limits,
                cid: house.cid.clone(),
                oldest: ends.map(|(oldest, _)| oldest),
                newest: ends.map(|(_, newest)| newest).filter(|_| house.history.newer),
                top: house.history.top,
            }),
            place: Signal::new(house.history.to.clone()),
            rows: Signal::new(rows),
            older: Signal::new(if house.history.older { Older::More } else { Older::Beginning }),
            newer: Signal::new(house.history.newer),
            away: Signal::new(false),
            spot: Signal::new(None),
            fresh: Signal::new(0),
            online: Signal::new(house.online.clone()),
            side: Signal::new(house.side.clone()),
            status: Signal::new(Status::Quiet),
            refusal: Signal::new(house.refusal.clone()),
            draft: Signal::new(house.draft.clone()),
            files: Signal::new(Vec::new()),
            faces: Signal::new(house.faces.clone()),
            mode: Signal::new(Mode::Writing),
            typing: Signal::new(Vec::new()),
            about: Signal::new(house.history.about.clone()),
            choices: Signal::new(None),
            told: Signal::new(Vec::new()),
            act,
        }
    }
}
