//! Pages of history.

use super::{Domain, Who, unavailable};
use crate::protocol::views::History;
use crate::protocol::{Refusal, Target, limits};
use crate::server::store::{Connection, history, logs};

use super::places::Place;

impl Domain {
    /// A page of history, newest first, and where the log stood at that moment. `before` is
    /// exclusive.
    ///
    /// # Errors
    /// `not_found` for what is not there or not theirs to see.
    pub async fn history(
        &self,
        who: &Who,
        to: &Target,
        before: Option<i64>,
        limit: Option<usize>,
    ) -> Result<History, Refusal> {
        let mut db = self.store.read().await.map_err(unavailable)?;
        let place = self.find(&mut db, who, to).await?;
        if let Place::Own { .. } = place {
            return Err(Refusal::invalid("to", "History is of a #room or a @person."));
        }
        page(&mut db, &place, before, limit).await
    }
}

/// A page of a place that was found, from one snapshot.
pub(super) async fn page(
    db: &mut Connection,
    place: &Place,
    before: Option<i64>,
    limit: Option<usize>,
) -> Result<History, Refusal> {
    let limit = limit.unwrap_or(limits::PAGE).clamp(1, limits::PAGE_MOST);
    let (head, messages) = match place.log() {
        Some(log) => (
            logs::head(db, log).await.map_err(unavailable)?,
            history::page(db, log, before, limit).await.map_err(unavailable)?,
        ),
        None => (logs::head_of_none(db).await.map_err(unavailable)?, Vec::new()),
    };
    Ok(History { to: place.target(), epoch: head.epoch, top: head.top, messages })
}
