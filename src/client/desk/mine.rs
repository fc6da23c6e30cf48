//! What I say: from the composer by way of the outbox until the log has it.

use super::{Asked, Desk, Effect};
use crate::client::{
    Moment,
    attach::Picked,
    commands::{self, Meaning},
    outbox::{Entry, Refused},
};
use crate::protocol::{
    Code, Refusal, Target,
    frames::{ClientFrame, SendOk, write_client},
    views::FileView,
};
use crate::words::{Word, words};

/// A private message is confirmed by its beginning.
const CONFIRMED: usize = 200;

impl Desk {
    /// Says a text here, in answer to a message if there is one, or obeys it.
    pub(super) fn say(
        &mut self,
        text: &str,
        answered: Option<String>,
        now: &Moment,
    ) -> Result<(), Refusal> {
        let place = self.timeline.to().clone();
        let (to, body) = match commands::read(text, self.limits.body)? {
            Meaning::Nothing if self.attach.items(&place).is_empty() => return Ok(()),
            Meaning::Nothing => (place.clone(), String::new()),
            Meaning::Here(body) => (place.clone(), body),
            Meaning::Private { to, body } => (Target::Person(to), body),
            Meaning::Topic(text) => return self.set_topic(text),
            Meaning::Help => {
                self.effects.extend([Effect::Taken, Effect::Help]);
                return Ok(());
            }
        };
        if self.me.is_none() {
            return Err(Refusal::new(Code::LoginNeeded, Word::LogInToJoin));
        }
        if let Some(why) = self.connection.stopped() {
            return Err(Refusal::new(Code::Unavailable, why));
        }
        let mut entry = Entry::new(to, now.uuid(), body, now.at);
        if write_client(Some(u64::MAX), &send(&entry)).len() > self.limits.frame {
            return Err(Refusal::too_long("body", Word::TooLongForOne));
        }
        self.outbox.has_room()?;
        entry.files = self.attach.take(&place)?;
        if entry.to != place {
            entry.from = Some(place);
        } else {
            entry.reply_to = answered;
        }
        let entry = self.outbox.add(entry)?;
        let kept = Effect::Keep { cid: entry.cid.clone(), stored: entry.stored() };
        self.effects.push(kept);
        self.effects.push(Effect::Taken);
        self.rows_changed = true;
        // What one says one sees, wherever one was reading.
        self.go_to_end();
        Ok(())
    }

    /// Files were picked.
    pub(super) fn pick(&mut self, picked: Vec<Picked>) {
        if self.me.is_none() {
            return;
        }
        let most = self.limits.file as u64;
        self.refusal = self.attach.pick(self.timeline.to(), picked, most).err();
    }

    /// A file is there, or was refused.
    pub(super) fn came(&mut self, key: u64, result: Result<FileView, Refusal>) {
        if !self.attach.came(key, result.clone()) {
            return;
        }
        if let Some(entry) = self.outbox.file_came(key, result) {
            let kept = Effect::Keep { cid: entry.cid.clone(), stored: entry.stored() };
            self.effects.push(kept);
            self.rows_changed = true;
        }
    }

    /// A file above the composer is not wanted any more.
    pub(super) fn detach(&mut self, key: u64) {
        self.attach.drop(key);
        self.effects.push(Effect::Abort(key));
    }

    /// Asks for another topic. It waits for nothing: without a connection it stays in the composer.
    fn set_topic(&mut self, text: String) -> Result<(), Refusal> {
        if !self.connection.is_up() {
            return Err(Refusal::unavailable());
        }
        let to = self.timeline.to().clone();
        self.ask(&ClientFrame::Topic { to, text }, Asked::Topic);
        self.effects.push(Effect::Taken);
        Ok(())
    }

    pub(super) fn retry(&mut self, cid: String, now: &Moment) {
        let again: Vec<u64> = self.outbox.files_of(&cid).collect();
        let held: Vec<u64> = again.into_iter().filter(|key| self.attach.again(*key)).collect();
        if !self.outbox.give_up_files(&cid, |key| held.contains(&key)) {
            return self.discard(cid);
        }
        if let Some(entry) = self.outbox.retry(&cid, now.uuid(), now.at) {
            let kept = Effect::Keep { cid: entry.cid.clone(), stored: entry.stored() };
            if entry.cid != cid {
                self.effects.push(Effect::Forget(cid));
            }
            self.effects.push(kept);
            self.rows_changed = true;
        }
    }

    pub(super) fn discard(&mut self, cid: String) {
        let files: Vec<u64> = self.outbox.files_of(&cid).collect();
        if self.outbox.discard(&cid) {
            self.effects.push(Effect::Forget(cid));
            self.rows_changed = true;
            files.into_iter().for_each(|key| self.detach(key));
        }
    }

    pub(super) fn send_ready(&mut self, now: &Moment) {
        if !self.connection.is_up() || self.me.is_none() {
            return;
        }
        for entry in self.outbox.take_ready(now) {
            self.ask(&send(&entry), Asked::Send(entry.cid.clone()));
        }
        self.send_wishes(now);
    }

    pub(super) fn acknowledged(&mut self, cid: &str, ok: SendOk) {
        if let Some(entry) = self.settle(cid)
            && entry.to == *self.timeline.to()
            && ok.seq > self.timeline.last()
        {
            // Its event is still to come; until then it stays where it is.
            self.acked.push((entry, ok));
        }
    }

    /// A message of mine is stored: by its answer, its event or a page of history.
    pub(super) fn settle(&mut self, cid: &str) -> Option<Entry> {
        let entry = self.outbox.settle(cid)?;
        self.effects.push(Effect::Forget(entry.cid.clone()));
        self.rows_changed = true;
        if entry.from.as_ref() == Some(self.timeline.to()) {
            self.notes.say(privately(&entry, Word::Privately), self.timeline.last());
        }
        Some(entry)
    }

    /// Settles whatever the log shows to be stored.
    pub(super) fn settle_all(&mut self) {
        let mine: Vec<String> = {
            let me = self.name();
            self.timeline
                .messages()
                .iter()
                .filter(|message| me == Some(message.author.as_str()))
                .filter_map(|message| message.cid.clone())
                .collect()
        };
        for cid in mine {
            self.settle(&cid);
        }
        self.drop_acked();
    }

    /// What has come back by its event is no longer shown by its answer.
    pub(super) fn drop_acked(&mut self) {
        let (place, last) = (self.timeline.to(), self.timeline.last());
        self.acked.retain(|(entry, ok)| entry.to == *place && ok.seq > last);
    }

    pub(super) fn refused(&mut self, cid: &str, refusal: &Refusal, now: &Moment) {
        if let Refused::Failed(entry) = self.outbox.refused(cid, refusal, now) {
            self.failed(entry, refusal.code);
        }
    }

    pub(super) fn failed(&mut self, entry: Entry, code: Code) {
        self.rows_changed = true;
        self.effects.push(Effect::Keep { cid: entry.cid.clone(), stored: entry.stored() });
        if entry.from.is_some() {
            let why = entry.failed.clone().unwrap_or_default();
            self.refusal = Some(Refusal::new(code, why));
            let text = as_written(&entry);
            self.effects.push(Effect::GiveBack { cid: entry.cid, text });
        }
    }
}

fn send(entry: &Entry) -> ClientFrame {
    ClientFrame::Send {
        to: entry.to.clone(),
        cid: entry.cid.clone(),
        body: entry.body.clone(),
        reply_to: entry.reply_to.clone(),
        files: entry.files.iter().map(|file| file.id.clone()).collect(),
    }
}

/// "To bob, privately: hi"
pub(super) fn privately(entry: &Entry, how: Word) -> String {
    let mut body: String = entry.body.chars().take(CONFIRMED).collect();
    if body.len() < entry.body.len() {
        body.push('…');
    }
    words().with(how, &[entry.to.name(), &body])
}

/// The command as it was written.
pub(super) fn as_written(entry: &Entry) -> String {
    format!("/pm {} {}", entry.to.name(), entry.body)
}
