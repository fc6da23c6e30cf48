//! What the page about a room's webhooks shows.

use super::At;

/// An address at which a room takes messages.
#[derive(Clone, Debug)]
pub struct InHook {
    /// Names it in forms; it opens nothing.
    pub id: String,
    /// As whom it speaks.
    pub name: String,
    /// Who made it.
    pub made_by: String,
    /// When.
    pub made_at: At,
    /// When it was last used, to within some minutes.
    pub used_at: Option<At>,
}

/// An address that is told of a room's messages.
#[derive(Clone, Debug)]
pub struct OutHook {
    /// Names it in forms.
    pub id: String,
    /// Where it leads.
    pub url: String,
    /// What a message must say to be told; empty for all.
    pub word: String,
    /// Who made it.
    pub made_by: String,
    /// When.
    pub made_at: At,
    /// Why it is switched off (`gone` or `failing`), if it is.
    pub off: Option<String>,
    /// What was told to it last, the latest first.
    pub last: Vec<Delivery>,
}

/// Something that was told, or is to be.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// What it is told under.
    pub id: String,
    /// The message's; none for a test.
    pub seq: Option<i64>,
    /// When it was taken up.
    pub at: At,
    /// Tries so far.
    pub tries: i64,
    /// When it is tried next; none once it arrived or was given up.
    pub next_at: Option<At>,
    /// The status of the last answer.
    pub status: Option<i64>,
    /// Why there was none, in a word.
    pub error: Option<String>,
    /// How it began.
    pub answer: Option<String>,
}

/// What was just made, shown this once.
#[derive(Clone, Debug)]
pub enum Made {
    /// An address for a program of this name.
    Incoming { name: String, address: String },
    /// What deliveries to this address are signed with.
    Outgoing { url: String, secret: String },
}

/// A room's webhooks.
#[derive(Clone, Debug)]
pub struct Webhooks {
    /// The room.
    pub room: String,
    /// Where it takes messages.
    pub incoming: Vec<InHook>,
    /// Who is told of them.
    pub outgoing: Vec<OutHook>,
    /// What was just made.
    pub made: Option<Made>,
}
