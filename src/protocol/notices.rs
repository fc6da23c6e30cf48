//! What concerns me: the notices of my own log, and which of them I have yet to see.

use super::{At, Target, people::NoticeKind, refusal::Why};
use serde::{Deserialize, Serialize};

/// A notice that I have yet to see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unseen {
    /// Its seq in my own log: it is seen once I have marked that as read so far…
    pub notice: i64,
    /// …or once I have read, there,…
    pub to: Target,
    /// …so far. What was said nowhere else is in my own log, and this is its seq there.
    pub seq: i64,
}

/// A line of the list: one notice, or several that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noticed {
    /// Why.
    pub kind: NoticeKind,
    /// Where.
    pub to: Target,
    /// Who did it, the latest first, each once.
    pub from: Vec<String>,
    /// The latest message that it is about, by its id.
    pub message: Option<String>,
    /// How that begins, as it stands; of what is about no message, what was told. Plain: without marks, and what
    /// is hidden in it stays so.
    pub text: String,
    /// The same by its name, of what the house itself told.
    pub why: Option<Box<Why>>,
    /// Whether that message has files.
    pub files: bool,
    /// Reactions, each once.
    pub emoji: Vec<String>,
    /// Where a push leads.
    pub link: Option<String>,
    /// When the latest was.
    pub at: At,
    /// How many they are.
    pub count: usize,
    /// Whether I have yet to see them.
    pub new: bool,
}

/// A page of what concerns me, the latest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notices {
    /// Its lines.
    pub lines: Vec<Noticed>,
    /// Whether I have yet to see any of all that there is, not of this page alone.
    pub new: bool,
    /// My own log's top when it was read: so far it is marked as seen.
    pub top: i64,
    /// Earlier ones are asked for by this, where there are any.
    pub before: Option<i64>,
}

/// What the list shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// All of it.
    All(Notices),
    /// Only what called me.
    Mentions(Notices),
}
