//! What the page shows, as signals: the one surface between the state machines and the components.
//! On the server the same signals hold the page's first state and [`HouseState::act`] does nothing.

use super::attach::Item;
use crate::protocol::{
    At, Refusal, Target,
    frames::Online,
    limits::Limits,
    views::{FileView, House, Me, Side},
};
use leptos::prelude::*;
use std::collections::BTreeMap;

/// What a person does; the components say it, the shell acts on it.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Say this here (or obey it, if it is a command such as `/pm bob hi`).
    Say(String),
    /// Go to another room or conversation.
    Go(Target),
    /// Load older messages.
    Older,
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
    /// Remove a file from above the composer, by its key.
    Detach(u64),
    /// Send such a file again.
    AttachAgain(u64),
}

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
    /// In the reader's own time, `16:02`.
    pub clock: String,
    /// The first of a group of one author within five minutes: shows face, name and time.
    pub first: bool,
    /// Whether it was changed.
    pub edited: bool,
    /// Whether it was deleted: then only a tombstone is shown.
    pub deleted: bool,
    /// How it fares.
    pub state: SaidState,
}

/// One row of the log.
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

/// What stays as it was when the page was rendered. The plain form and links need the last three
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
    /// This is an older page, which ends before that seq.
    pub before: Option<i64>,
}

/// Everything the page shows. `Copy`: signals are handles.
#[derive(Clone, Copy)]
pub struct HouseState {
    /// What does not change.
    pub fixed: StoredValue<Fixed>,
    /// What is on the screen.
    pub place: RwSignal<Target>,
    /// The log, oldest first, each row with a key that stays the same while the row changes.
    pub rows: RwSignal<Vec<(String, Row)>>,
    /// Whether there is more above.
    pub older: RwSignal<Older>,
    /// Messages that came while the log was not at its end.
    pub fresh: RwSignal<usize>,
    /// Who is here.
    pub online: RwSignal<Online>,
    /// Rooms and people, with unread counts.
    pub side: RwSignal<Side>,
    /// How the connection is.
    pub status: RwSignal<Status>,
    /// A refusal to show above the composer (a text too long, `/pm` to nobody, …).
    pub refusal: RwSignal<Option<Refusal>>,
    /// What is typed in the composer; kept when it is refused, emptied when it was taken.
    pub draft: RwSignal<String>,
    /// Files that are to go with the next message.
    pub files: RwSignal<Vec<Item>>,
    /// The versions of people's faces, of those here who have one.
    pub faces: RwSignal<BTreeMap<String, String>>,
    /// The way back: what a person does.
    pub act: Callback<Act>,
}

impl HouseState {
    /// The page's first state, the same on both sides. `oldest`: the seq of its oldest message.
    #[must_use]
    pub fn new<Messages>(
        house: &House<Messages>,
        oldest: Option<i64>,
        rows: Vec<(String, Row)>,
        act: Callback<Act>,
    ) -> Self {
        Self {
            fixed: StoredValue::new(Fixed {
                me: house.me.clone(),
                limits: house.limits,
                cid: house.cid.clone(),
                oldest,
                before: house.before,
            }),
            place: RwSignal::new(house.history.to.clone()),
            rows: RwSignal::new(rows),
            older: RwSignal::new(if house.older { Older::More } else { Older::Beginning }),
            fresh: RwSignal::new(0),
            online: RwSignal::new(house.online.clone()),
            side: RwSignal::new(house.side.clone()),
            status: RwSignal::new(Status::Quiet),
            refusal: RwSignal::new(house.refusal.clone()),
            draft: RwSignal::new(house.draft.clone()),
            files: RwSignal::new(Vec::new()),
            faces: RwSignal::new(house.faces.clone()),
            act,
        }
    }
}
