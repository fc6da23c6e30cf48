//! All that somebody may read, for what looks over many places at once.

use super::{Domain, Who};
use crate::protocol::Refusal;
use crate::server::store::search::{Reach, Rooms};
use std::collections::BTreeSet;

impl Domain {
    /// What somebody may read: every room, and a member's own conversations.
    ///
    /// # Errors
    /// `login_needed` for a visitor where only members read.
    pub(super) fn reach(&self, who: &Who) -> Result<Reach, Refusal> {
        if !self.config.public_reading {
            who.member()?;
        }
        let member = who.member().ok().map(|me| me.id);
        Ok(Reach { rooms: Rooms::AllBut(BTreeSet::new()), member })
    }
}
