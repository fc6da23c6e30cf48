//! All that somebody may read, for what looks over many places at once.

use super::{Domain, Who, unavailable};
use crate::protocol::Refusal;
use crate::server::store::LogId;
use crate::server::store::search::{Reach, Rooms};

impl Domain {
    /// What somebody may read: every room that they may see, and a member's own conversations.
    ///
    /// # Errors
    /// `login_needed` for a visitor where only members read, `unavailable` when it cannot be read.
    pub(super) async fn reach(&self, who: &Who) -> Result<Reach, Refusal> {
        if !self.config.public_reading {
            who.member()?;
        }
        let member = who.member().ok().map(|me| me.id);
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let guarded = self.guarded(&mut db).await?;
        let guarded: Vec<LogId> = guarded.iter().copied().collect();
        let closed = self.unseen(&mut db, who, &guarded).await?;
        Ok(Reach { rooms: Rooms::AllBut(closed.into_iter().collect()), member })
    }
}
