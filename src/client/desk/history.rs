//! Pages of history: asked for, and joined to what is held.

use super::{Desk, Effect, Fetch, Spot, follow::Hold};
use crate::client::{Moment, timeline::Timeline};
use crate::protocol::{
    Refusal,
    limits::PAGE,
    views::{History, Span},
};

/// So many messages are held and shown at most, however far one reads: some ten screens of them, so
/// that the page stays quick, and what lies just out of sight is there already.
pub(super) const MOST: usize = 300;
/// While the end is read, old ones are let go by a page at a time.
pub(super) const KEPT: usize = MOST - PAGE;
/// After a page of history could not be had, the next try waits this long, however much one scrolls.
pub(super) const PAGES_MS: u64 = 3_000;
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

    fn fetch_page(&mut self, what: Fetch, span: Span) {
        let to = self.timeline.to().clone();
        let ticket = self.fetch(what);
        self.effects.push(Effect::History { ticket, to, span });
    }

    /// The newest page of history in place of what is shown.
    pub(super) fn fetch_anew(&mut self, now: &Moment) {
        if now.ms < self.reload_from {
            self.reload_at = Some(self.reload_from);
            return;
        }
        self.reload_at = None;
        self.reload_from = now.ms + RELOAD_MS;
        // Any other page would be of the log before.
        self.fetches.retain(|(_, fetch)| matches!(fetch, Fetch::Go { .. } | Fetch::Side));
        self.fetch_page(Fetch::Anew, Span::Newest);
    }

    fn may_load(&self, now: &Moment) -> bool {
        self.fetches.iter().all(|(_, fetch)| matches!(fetch, Fetch::Side))
            && now.ms >= self.pages_from
    }

    pub(super) fn older(&mut self, now: &Moment) {
        if self.may_load(now) && self.timeline.has_older() {
            let before = self.timeline.before();
            self.fetch_page(Fetch::Older(before), before.map_or(Span::Newest, Span::Before));
        }
    }

    pub(super) fn newer(&mut self, now: &Moment) {
        if self.may_load(now) && self.timeline.has_newer() {
            let after = self.timeline.ends();
            self.fetch_page(Fetch::Newer(after), Span::After(after.unwrap_or(0)));
        }
    }

    /// Another page in place of what is shown. Of two asked for in a row only the last counts.
    pub(super) fn turn(&mut self, span: Span, push: bool) {
        self.fetches.retain(|(_, fetch)| matches!(fetch, Fetch::Anew | Fetch::Side));
        self.fetch_page(Fetch::Turn { span: span.clone(), push }, span);
    }

    /// To the end of the log.
    pub(super) fn go_to_end(&mut self) {
        if self.timeline.has_newer() {
            self.turn(Span::Newest, false);
        } else {
            self.spot = Some(Spot::End);
        }
    }

    pub(super) fn history(&mut self, ticket: u64, result: Result<History, Refusal>, now: &Moment) {
        let Some(fetch) = self.fetched(ticket) else { return };
        match (fetch, result) {
            // One that does not fit any more is asked for again by scrolling on.
            (Fetch::Older(before), Ok(page)) => {
                self.timeline.prepend(before, page);
                self.timeline.keep_oldest(MOST);
            }
            (Fetch::Newer(after), Ok(page)) => {
                self.timeline.append(after, page);
                self.timeline.keep_newest(MOST);
            }
            (Fetch::Older(_) | Fetch::Newer(_), Err(refusal)) => {
                self.pages_from = now.ms + PAGES_MS;
                self.refusal = Some(refusal);
            }
            (Fetch::Turn { span, push }, Ok(page)) => {
                if self.timeline.turn_to(page) {
                    self.turned(span, push);
                } else if self.hold == Hold::Live {
                    self.turn(span, push);
                }
            }
            (Fetch::Anew, Ok(page)) => {
                if page.epoch != self.timeline.after().epoch {
                    self.wishes.forget_done();
                }
                self.timeline = Timeline::new(page);
                self.settle_wishes();
                if !self.at_end {
                    self.spot = Some(Spot::Opening);
                }
                self.hold = Hold::Away;
                self.follow(vec![self.timeline.to().clone()]);
            }
            (Fetch::Anew, Err(refusal)) if refusal.temporary => {
                self.reload_at = Some(now.ms + refusal.retry_ms.unwrap_or(PAGES_MS));
            }
            (Fetch::Turn { .. } | Fetch::Anew, Err(refusal)) => self.refusal = Some(refusal),
            (Fetch::Go { .. } | Fetch::Side, _) => {}
        }
        self.at_end &= !self.timeline.has_newer();
        self.settle_all();
        self.rows_changed = true;
    }

    /// Another page is shown.
    fn turned(&mut self, span: Span, push: bool) {
        match span {
            Span::Around(id) => self.find(id, push),
            _ => {
                self.fresh = 0;
                self.spot = Some(Spot::End);
            }
        }
    }

    /// A message that is here is shown to whoever wanted to see it.
    pub(super) fn find(&mut self, id: String, push: bool) {
        if push {
            let to = self.timeline.to().clone();
            self.effects.push(Effect::Push { to, at: Some(id.clone()) });
        }
        self.found = Some(id.clone());
        self.rows_changed = true;
        self.spot = Some(Spot::Message(id));
    }
}
