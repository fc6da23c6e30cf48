//! All that somebody may read, for what looks over many places at once.

use super::{Domain, Who, unavailable};
use crate::protocol::Refusal;
use crate::server::store::search::{Reach, Rooms};
use crate::server::store::{Connection, people};
use std::collections::BTreeSet;

impl Domain {
    /// What somebody may read: the rooms that they see, and a member's own conversations; and whom
    /// they wish to hear nothing of.
    ///
    /// # Errors
    /// `unavailable` when it cannot be read.
    pub(super) async fn reach(&self, db: &mut Connection, who: &Who) -> Result<Reach, Refusal> {
        let closed = self.closed(db, who).await?;
        let member = who.member().ok().map(|me| me.id);
        let blocked = match member {
            Some(me) => people::blocked_by(db, me).await.map_err(unavailable)?,
            None => BTreeSet::new(),
        };
        Ok(Reach { rooms: Rooms::AllBut(closed.into_iter().collect()), member, blocked })
    }
}
