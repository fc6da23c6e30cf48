//! Pages of history: asked for, and joined to what is held.

use super::{Desk, Effect, Fetch, follow::Hold};
use crate::client::{Moment, timeline::Timeline};
use crate::protocol::{Refusal, limits::PAGE, views::History};

/// After a page of older history could not be had, the next try waits this long, however much one
/// scrolls.
pub(super) const OLDER_MS: u64 = 3_000;
/// The page of history is loaded anew no more often than this.
const RELOAD_MS: u64 = 2_000;

impl Desk {
    pub(super) fn fetch(&mut self, what: Fetch) -> u64 {
        self.tickets += 1;
        self.fetches.push((self.tickets, what));
        self.tickets
    }

    pub(super) fn fetched(&mut self, ticket: u64) -> Option<Fetch> {
        let at = self.fetches.iter().position(|(number, _)| *number == ticket)?;
        Some(self.fetches.remove(at).1)
    }

    /// The newest page of history in place of what is shown.
    pub(super) fn fetch_anew(&mut self, now: &Moment) {
        if now.ms < self.reload_from {
            self.reload_at = Some(self.reload_from);
            return;
        }
        self.reload_at = None;
        self.reload_from = now.ms + RELOAD_MS;
        // A page of older history would be of the log before.
        self.fetches.retain(|(_, fetch)| !matches!(fetch, Fetch::Older(_) | Fetch::Anew));
        let to = self.timeline.to().clone();
        let ticket = self.fetch(Fetch::Anew);
        self.effects.push(Effect::History { ticket, to, before: None });
    }

    pub(super) fn older(&mut self, now: &Moment) {
        let busy = self
            .fetches
            .iter()
            .any(|(_, fetch)| matches!(fetch, Fetch::Older(_) | Fetch::Anew | Fetch::Go { .. }));
        if busy || !self.timeline.has_more() || now.ms < self.older_from {
            return;
        }
        let (to, before) = (self.timeline.to().clone(), self.timeline.before());
        let ticket = self.fetch(Fetch::Older(before));
        self.effects.push(Effect::History { ticket, to, before });
    }

    pub(super) fn history(&mut self, ticket: u64, result: Result<History, Refusal>, now: &Moment) {
        match (self.fetched(ticket), result) {
            (Some(Fetch::Older(before)), Ok(page)) => {
                // One that does not fit any more is asked for again by scrolling on.
                self.timeline.prepend(before, page);
                self.settle_all();
                self.rows_changed = true;
            }
            (Some(Fetch::Older(_)), Err(refusal)) => {
                self.older_from = now.ms + OLDER_MS;
                self.refusal = Some(refusal);
            }
            (Some(Fetch::Anew), Ok(page)) => {
                let more = page.messages.len() >= PAGE;
                self.timeline = Timeline::new(page, more);
                self.settle_all();
                self.rows_changed = true;
                self.hold = Hold::Away;
                self.follow(vec![self.timeline.to().clone()]);
            }
            (Some(Fetch::Anew), Err(refusal)) => {
                if refusal.temporary {
                    self.reload_at = Some(now.ms + refusal.retry_ms.unwrap_or(OLDER_MS));
                } else {
                    self.refusal = Some(refusal);
                }
            }
            _ => {}
        }
    }
}
