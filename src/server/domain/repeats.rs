//! Repeating pushes: rows that outlive a restart, and one task that does what is due.

use super::push::{Aim, Pushing};
use super::{Domain, Who};
use crate::protocol::{At, Refusal};

/// How often something is pushed, and how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repetition {
    /// Milliseconds from one to the next.
    pub every_ms: u64,
    /// How often at most.
    pub times: Option<u64>,
    /// Until when at most.
    pub until: Option<At>,
}

/// Why a repeating push has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Somebody stopped it.
    Stopped,
    /// It was pushed as often as it was to be.
    Count,
    /// It went on until it was to end.
    Until,
    /// Whoever made it may not do it any more: its token is revoked or expired, they are kept out, or
    /// what it was aimed at is not there for them.
    NotAllowed,
    /// Nobody was there to hear it.
    Nobody,
}

/// A repeating push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// Names it.
    pub id: String,
    /// At whom.
    pub aim: Aim,
    /// The text.
    pub text: String,
    /// Where it leads.
    pub link: Option<String>,
    /// Whether each of them is stored.
    pub stored: bool,
    /// Milliseconds from one to the next.
    pub every_ms: u64,
    /// How often at most.
    pub times: Option<u64>,
    /// Until when at most.
    pub until: Option<At>,
    /// How often it was pushed.
    pub done: u64,
    /// Since when.
    pub started_at: At,
    /// When it is due next.
    pub next_at: At,
    /// Who made it.
    pub by: String,
    /// When and why it ended; none while it goes on.
    pub ended: Option<(At, Reason)>,
}

impl Domain {
    /// Starts to push something again and again, the first time at once.
    ///
    /// # Errors
    /// Those of [`Domain::push`]; `invalid` for what is out of bounds; `too_many`.
    pub async fn start_repeating(
        &self,
        who: &Who,
        aim: &Aim,
        pushing: Pushing,
        repetition: Repetition,
    ) -> Result<Repeat, Refusal> {
        let _ = (who, aim, pushing, repetition);
        Err(Refusal::unavailable())
    }

    /// My repeating pushes, the latest first; an administrator's are all of the house. Those that have
    /// ended stay for a day.
    ///
    /// # Errors
    /// `login_needed` for a visitor.
    pub async fn repeating(&self, who: &Who) -> Result<Vec<Repeat>, Refusal> {
        who.member().map(|_| Vec::new())
    }

    /// Ends a repeating push: once this is answered, nothing of it is heard any more. Of one that has
    /// ended that is so already.
    ///
    /// # Errors
    /// `not_found` for all but its maker and administrators.
    pub async fn stop_repeating(&self, who: &Who, id: &str) -> Result<(), Refusal> {
        let _ = (who.member()?, id);
        Err(Refusal::not_found("such repeating push"))
    }
}
