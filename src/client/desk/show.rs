//! What the page is told: only what has changed since it was told last.

use super::{
    Desk, Effect, Fetch, Show,
    mine::{as_written, privately},
};
use crate::client::{
    Moment, Row, SaidState, conversations,
    house::Older,
    presence,
    rows::{self, Picture, Tail},
};
use crate::words::Word;

impl Desk {
    pub(super) fn show(&mut self, now: &Moment) {
        if std::mem::take(&mut self.rows_changed) {
            let rows = self.rows();
            self.effects.push(Effect::Show(Show::Rows(rows)));
        }
        let loading = self.fetches.iter().any(|(_, fetch)| matches!(fetch, Fetch::Older(_)));
        let older = match (loading, self.timeline.has_older()) {
            (true, _) => Older::Loading,
            (false, true) => Older::More,
            (false, false) => Older::Beginning,
        };
        let blocked = self.me.as_ref().map_or(&[][..], |me| me.blocked.as_slice());
        let waiting = self.conversations.waiting(blocked);
        let known = self.doubt_at.is_none_or(|at| now.ms < at);
        let online = if known { self.presence.online().clone() } else { presence::unknown() };
        let title = conversations::title(self.timeline.to(), waiting);
        let choices = self.choices();
        let shown = &mut self.shown;
        let effects = &mut self.effects;
        changed(&mut shown.older, older, Show::Older, effects);
        changed(&mut shown.newer, self.timeline.has_newer(), Show::Newer, effects);
        changed(&mut shown.away, !self.at_end, Show::Away, effects);
        changed(&mut shown.fresh, self.fresh, Show::Fresh, effects);
        changed(&mut shown.online, online, Show::Online, effects);
        changed(&mut shown.side, self.conversations.side(known), Show::Side, effects);
        changed(&mut shown.status, self.connection.status(now), Show::Status, effects);
        changed(&mut shown.refusal, self.refusal.clone(), Show::Refusal, effects);
        changed(&mut shown.title, title, Show::Title, effects);
        let files = self.attach.items(self.timeline.to());
        changed(&mut shown.files, files, Show::Files, effects);
        changed(&mut shown.typing, self.typing.shown(), Show::Typing, effects);
        changed(&mut shown.about, self.timeline.about().clone(), Show::About, effects);
        changed(&mut shown.choices, choices, Show::Choices, effects);
        changed(&mut shown.waiting, waiting, Show::Waiting, effects);
        changed(&mut shown.told, self.told.clone(), Show::Told, effects);
        if let Some(spot) = self.spot.take() {
            effects.push(Effect::Show(Show::Spot(spot)));
        }
    }

    pub(super) fn rows(&self) -> Vec<(String, Row)> {
        let place = self.timeline.to();
        let acked = self.acked.iter().map(|(entry, ok)| Tail::Mine {
            cid: entry.cid.clone(),
            id: Some(ok.id.clone()),
            body: entry.body.clone(),
            files: entry.files.clone(),
            at: ok.at,
            state: SaidState::Sent,
        });
        let waiting = self.outbox.entries().iter().filter_map(|entry| {
            let (cid, at) = (entry.cid.clone(), entry.at);
            match (&entry.failed, &entry.from) {
                (None, Some(from)) if from == place => {
                    let text = privately(entry, Word::PrivatelySending);
                    Some(Tail::Quiet { key: cid, text })
                }
                (Some(why), Some(from)) if from == place => {
                    let state = SaidState::Failed(why.clone());
                    let (body, files) = (as_written(entry), entry.files.clone());
                    Some(Tail::Mine { cid, id: None, body, files, at, state })
                }
                (_, from) if entry.to == *place && (from.is_none() || entry.failed.is_none()) => {
                    let state = match &entry.failed {
                        Some(why) => SaidState::Failed(why.clone()),
                        None => SaidState::Pending,
                    };
                    let (body, files) = (entry.body.clone(), entry.files.clone());
                    Some(Tail::Mine { cid, id: None, body, files, at, state })
                }
                _ => None,
            }
        });
        rows::rows(Picture {
            timeline: &self.timeline,
            me: self.name(),
            unread: self.unread,
            found: self.found.as_deref(),
            notes: self.notes.all(),
            faces: &self.faces,
            tail: acked.chain(waiting).collect(),
            viewer: self.viewer(),
            blocked: self.me.as_ref().map_or(&[][..], |me| me.blocked.as_slice()),
            zone: self.zone,
        })
    }
}

fn changed<T: PartialEq + Clone>(
    shown: &mut T,
    is: T,
    show: fn(T) -> Show,
    effects: &mut Vec<Effect>,
) {
    if *shown != is {
        shown.clone_from(&is);
        effects.push(Effect::Show(show(is)));
    }
}
