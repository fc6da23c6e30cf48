//! Read markers.

use super::{Domain, Who};
use crate::protocol::{Refusal, Target};
use crate::server::store::writer::{Mark, answered};

impl Domain {
    /// Moves my read marker forward, and answers once it is stored; my other devices hear of it through my own log.
    /// Of that log itself it says which notices I have seen.
    ///
    /// # Errors
    /// `not_found` for what is not there or not mine to see.
    pub async fn mark_read(&self, who: &Who, to: &Target, seq: i64) -> Result<(), Refusal> {
        let me = who.writer()?;
        let found = self.locate(who, to).await?;
        let (place, to) = (found.written(), found.target());
        let (done, answer) = answered();
        self.writer.mark(Mark { user: me.id, own: me.own, place, to, seq, done });
        answer.await
    }
}
