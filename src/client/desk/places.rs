//! Going from one place to another.

use super::{Desk, Effect, Fetch, Show, follow::Hold, history::OLDER_MS, unread_after};
use crate::client::{Moment, presence::Presence, timeline::Timeline};
use crate::protocol::{Refusal, Target, urls, views::House};

impl Desk {
    pub(super) fn go(&mut self, to: Target, push: bool) {
        // Of two places asked for in a row only the last counts.
        self.fetches.retain(|(_, fetch)| !matches!(fetch, Fetch::Go { .. }));
        if to == *self.timeline.to() {
            return;
        }
        let ticket = self.fetch(Fetch::Go { to: to.clone(), push });
        self.effects.push(Effect::Place { ticket, to });
    }

    pub(super) fn opened(
        &mut self,
        ticket: u64,
        result: Result<Box<House>, Refusal>,
        now: &Moment,
    ) {
        match (self.fetched(ticket), result) {
            (Some(Fetch::Go { push, .. }), Ok(house)) => self.enter(*house, push),
            (Some(Fetch::Go { to, push }), Err(refusal)) => {
                if !refusal.temporary {
                    // The server has a page for it: one that makes the room, or asks to log in.
                    self.effects.push(Effect::Visit(urls::page(&to)));
                    return;
                }
                if !push {
                    // The address line has moved already: it says again what is shown.
                    self.effects.push(Effect::Push(self.timeline.to().clone()));
                }
                self.refusal = Some(refusal);
            }
            (Some(Fetch::Side), Ok(house)) => self.conversations.merge(&house.side),
            (Some(Fetch::Side), Err(refusal)) if refusal.temporary => {
                self.ask_again.push(Target::Own);
                self.ask_again_at = now.ms + refusal.retry_ms.unwrap_or(OLDER_MS);
            }
            _ => {}
        }
    }

    pub(super) fn enter(&mut self, house: House, push: bool) {
        let to = house.history.to.clone();
        if house.me != self.me {
            self.effects.push(Effect::Visit(urls::page(&to)));
            return;
        }
        self.mark_read();
        let left = self.timeline.to().clone();
        self.conversations.merge(&house.side);
        if left != to && !self.conversations.has(&left) {
            self.unfollow(left);
        }
        self.unread_after = unread_after(&house);
        self.read = house.read;
        let me = self.name().map(str::to_owned);
        self.presence = Presence::new(me, house.online);
        self.timeline = Timeline::new(house.history, house.older);
        self.hold = Hold::Away;
        self.notes.clear();
        self.fetches.retain(|(_, fetch)| matches!(fetch, Fetch::Side));
        self.reload_at = None;
        self.reload_from = 0;
        self.older_from = 0;
        self.at_end = true;
        self.fresh = 0;
        self.refusal = None;
        self.settle_all();
        self.rows_changed = true;
        if push {
            self.effects.push(Effect::Push(to.clone()));
        }
        self.effects.push(Effect::Show(Show::Place(to.clone())));
        self.follow(vec![to]);
        self.say_here();
    }
}
