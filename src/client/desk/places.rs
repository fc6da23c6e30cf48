//! Going from one place to another.

use super::{Desk, Effect, Fetch, Show, Spot, Unread, follow::Hold, history::PAGES_MS};
use crate::client::{Moment, presence::Presence, timeline::Timeline};
use crate::protocol::{
    Refusal, Target, urls,
    views::{House, Me, Span},
};

impl Desk {
    /// To a place, or to the message of that id there; `push`: the address line does not say so yet.
    pub(super) fn go(&mut self, to: Target, at: Option<String>, push: bool) {
        // Of two places asked for in a row only the last counts.
        self.fetches.retain(|(_, fetch)| !matches!(fetch, Fetch::Go { .. }));
        if to != *self.timeline.to() {
            let ticket = self.fetch(Fetch::Go { to: to.clone(), at: at.clone(), push });
            self.effects.push(Effect::Place { ticket, to, at });
            return;
        }
        match at.map(|id| (self.timeline.get(&id).map(|message| message.deleted), id)) {
            Some((Some(false), id)) => self.find(id, push),
            // Deleted messages are told of by the server, in the same words as any that is not there.
            Some((_, id)) => self.turn(Span::Around(id), push),
            None => {
                if push && self.found.is_some() {
                    self.effects.push(Effect::Push { to, at: None });
                }
                self.found = None;
                self.rows_changed = true;
                self.go_to_end();
            }
        }
    }

    pub(super) fn opened(
        &mut self,
        ticket: u64,
        result: Result<Box<House>, Refusal>,
        now: &Moment,
    ) {
        match (self.fetched(ticket), result) {
            (Some(Fetch::Go { push, .. }), Ok(house)) => self.enter(*house, push),
            (Some(Fetch::Go { to, at, push }), Err(refusal)) => {
                if !refusal.temporary {
                    // The server has a page for it: one that makes the room, or asks to log in.
                    let address = at.map_or_else(|| urls::page(&to), |id| urls::message(&to, &id));
                    self.effects.push(Effect::Visit(address));
                    return;
                }
                if !push {
                    // The address line has moved already: it says again what is shown.
                    let to = self.timeline.to().clone();
                    self.effects.push(Effect::Push { to, at: None });
                }
                self.refusal = Some(refusal);
            }
            (Some(Fetch::Side), Ok(house)) => self.refresh(*house),
            (Some(Fetch::Side), Err(refusal)) if refusal.temporary => {
                self.ask_again.push(Target::Own);
                self.ask_again_at = now.ms + refusal.retry_ms.unwrap_or(PAGES_MS);
            }
            _ => {}
        }
    }

    /// What the house says of me and of this place by now, beside what is said in it.
    fn refresh(&mut self, house: House) {
        self.take_side(&house.side);
        let name = house.me.as_ref().map(|me| me.name.as_str());
        if house.history.to == *self.timeline.to() && name == self.name() {
            self.moderates = super::moderates(&house);
            self.me = house.me;
            self.rows_changed = true;
        }
    }

    pub(super) fn enter(&mut self, house: House, push: bool) {
        let to = house.history.to.clone();
        let who = |me: &Option<Me>| me.as_ref().map(|me| (me.name.clone(), me.admin));
        if who(&house.me) != who(&self.me) {
            self.effects.push(Effect::Visit(urls::page(&to)));
            return;
        }
        self.me.clone_from(&house.me);
        self.mark_read();
        let left = self.timeline.to().clone();
        self.take_side(&house.side);
        if left != to && !self.conversations.has(&left) {
            self.unfollow(left);
        }
        self.unread = Unread::of(&house);
        self.found = house.at.clone();
        self.read = house.read;
        self.moderates = super::moderates(&house);
        let me = self.name().map(str::to_owned);
        self.presence = Presence::new(me, house.online);
        self.timeline = Timeline::new(house.history);
        self.hold = Hold::Away;
        self.notes.clear();
        self.faces = house.faces;
        self.effects.push(Effect::Show(Show::Faces(self.faces.clone())));
        self.typing.clear();
        self.chosen = None;
        self.settle_wishes();
        self.fetches.retain(|(_, fetch)| matches!(fetch, Fetch::Side));
        self.reload_at = None;
        self.reload_from = 0;
        self.pages_from = 0;
        self.at_end = !self.timeline.has_newer() && house.at.is_none();
        self.spot = Some(Spot::Opening);
        self.fresh = 0;
        self.refusal = house.refusal;
        self.settle_all();
        self.rows_changed = true;
        if push {
            self.effects.push(Effect::Push { to: to.clone(), at: house.at });
        }
        self.effects.push(Effect::Show(Show::Place(to.clone())));
        self.follow(vec![to]);
        self.say_here();
    }
}
