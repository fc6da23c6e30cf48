//! What I do to messages that are there: what may be done, what is wished for, and what came of it.

use super::{Asked, Desk, Effect};
use crate::client::{
    Moment,
    house::{Choices, Mode},
    outbox,
    rows::{Viewer, chip},
    wishes::Wish,
};
use crate::protocol::{
    Code, Refusal, Target, commands,
    frames::{ChangeOk, ClientFrame, Reply, write_client},
    json, urls,
    views::Message,
};
use crate::words::Word;

impl Desk {
    /// What looks different to me than to others; none for a visitor.
    pub(super) fn viewer(&self) -> Option<Viewer<'_>> {
        let moderates = self.moderates;
        self.name().map(|name| Viewer { name, moderates, wishes: &self.wishes })
    }

    /// The message with this id on the screen as I see it; none if it was deleted or is about to be.
    fn alive(&self, id: &str) -> Option<Message> {
        let message = self.timeline.messages().iter().rev().find(|message| message.id == id)?;
        let me = self.name().unwrap_or_default();
        match self.wishes.over(self.timeline.to(), message, me) {
            Some(wished) if wished.going => None,
            Some(wished) => Some(wished.message),
            None => Some(message.clone()).filter(|message| !message.deleted),
        }
    }

    /// What I may do with a message; none if it is not here any more.
    pub(super) fn choices(&self) -> Option<Choices> {
        let message = self.alive(self.chosen.as_deref()?)?;
        let to = self.timeline.to();
        let (member, me) = (self.me.is_some(), self.name().unwrap_or_default());
        let mine = message.author == me;
        let may_pin = member && (self.moderates || matches!(to, Target::Person(_)));
        let pinned = || {
            let stands = self.timeline.about().pins.contains(&message.id);
            self.wishes.pin(to, &message.id).unwrap_or(stands)
        };
        let given = message.reactions.iter().filter(|it| it.users.iter().any(|user| user == me));
        Some(Choices {
            given: given.map(|reaction| reaction.emoji.clone()).collect(),
            reactions: message.reactions.iter().map(|it| chip(it, self.name(), &[])).collect(),
            member,
            change: member && (mine || self.moderates),
            pinned: may_pin.then(pinned),
            edits: (message.edited_at.is_some() && member && (mine || self.moderates))
                .then(|| urls::edits(to, &message.id)),
            link: urls::message(to, &message.id),
            text: message.body,
            id: message.id,
        })
    }

    /// The composer is to change this message, or to answer it.
    pub(super) fn begin(&mut self, id: &str, editing: bool) {
        let Some(message) = self.alive(id) else { return };
        let text = message.body.clone();
        let may = self.me.is_some()
            && (!editing || self.moderates || self.name() == Some(message.author.as_str()));
        if may {
            let mode = Mode::of(message, editing);
            self.effects.push(Effect::Compose { mode, text: editing.then_some(text) });
        }
    }

    /// Another text for a message.
    pub(super) fn edit(&mut self, id: String, text: &str) -> Result<(), Refusal> {
        let body = text.trim_end().trim_start_matches(['\n', '\r']);
        commands::check_body(body, self.limits.body)?;
        let (to, message) = (self.timeline.to().clone(), id.clone());
        let frame = ClientFrame::Edit { to, message, body: body.to_owned() };
        if write_client(Some(u64::MAX), &frame).len() > self.limits.frame {
            return Err(Refusal::too_long("body", Word::TooLongForOne));
        }
        let same = self.alive(&id).is_some_and(|message| message.body == body);
        if !same {
            self.wish(id, Wish::Edit(body.to_owned()))?;
        }
        self.effects.push(Effect::Taken);
        Ok(())
    }

    /// My reaction to a message is given, or taken back if I gave it.
    pub(super) fn react(&mut self, id: String, emoji: String) -> Result<(), Refusal> {
        let Some(message) = self.alive(&id) else { return Ok(()) };
        let me = self.name().unwrap_or_default();
        let mine = |users: &[String]| users.iter().any(|user| user == me);
        let given = message.reactions.iter().any(|it| it.emoji == emoji && mine(&it.users));
        self.wish(id, Wish::React { emoji, on: !given })
    }

    pub(super) fn wish(&mut self, id: String, wish: Wish) -> Result<(), Refusal> {
        if self.me.is_none() {
            return Err(Refusal::new(Code::LoginNeeded, Word::LogInToJoin));
        }
        if let Some(why) = self.connection.stopped() {
            return Err(Refusal::new(Code::Unavailable, why));
        }
        self.wishes.add(self.timeline.to().clone(), id, wish);
        self.rows_changed = true;
        Ok(())
    }

    /// What is wished for goes out.
    pub(super) fn send_wishes(&mut self, now: &Moment) {
        for (number, frame) in self.wishes.take_ready(now) {
            self.ask(&frame, Asked::Change(number));
        }
    }

    /// The answer to a change.
    pub(super) fn changed(&mut self, number: u64, reply: Reply, now: &Moment) {
        self.rows_changed = true;
        let ok = reply.ok.and_then(|ok| json::read::<ChangeOk>(ok.get()));
        let refusal = match (reply.err, ok) {
            (None, Some(ok)) => {
                self.wishes.done(number, ok.seq);
                self.settle_wishes();
                return;
            }
            (refusal, _) => refusal.unwrap_or_else(Refusal::unavailable),
        };
        let Some(refused) = self.wishes.refused(number, &refusal, now) else { return };
        if let Wish::Edit(text) = refused.wish {
            // What was written is not lost: it comes back as a message that was not sent.
            let mut entry = outbox::Entry::new(refused.to, now.uuid(), text, now.at);
            entry.failed = Some(refusal.message.clone());
            let cid = entry.cid.clone();
            if let Ok(entry) = self.outbox.add(entry) {
                let (stored, text) = (entry.stored(), entry.body.clone());
                self.effects.push(Effect::Keep { cid: cid.clone(), stored });
                self.effects.push(Effect::GiveBack { cid, text });
            }
        }
        self.refusal = Some(refusal);
    }

    /// What the log shows by itself is no longer shown by what I wished.
    pub(super) fn settle_wishes(&mut self) {
        self.wishes.settle(self.timeline.to(), self.timeline.last());
    }
}
