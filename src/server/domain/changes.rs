//! What happens to a message after it was said, and to what belongs to a whole conversation.

use super::places::Place;
use super::{Domain, ONE_MORE, Who, cut, unavailable};
use crate::protocol::commands;
use crate::protocol::frames::ChangeOk;
use crate::protocol::views::{Edits, Message};
use crate::protocol::{Code, Refusal, Target, limits};
use crate::server::store::writer::{Change, Deed, Done, answered};
use crate::server::store::{LogId, history, message_place, revisions};
use crate::words::Word;

/// A change before it is made, to a message by its id.
pub type Wish = Deed<String>;

impl Domain {
    /// Checks a change and hands it to the writer; `done` hears once it is committed or refused.
    ///
    /// # Errors
    /// What is wrong with it; then `done` was not called.
    pub async fn change(
        &self,
        who: &Who,
        to: &Target,
        wish: Wish,
        done: Done<ChangeOk>,
    ) -> Result<(), Refusal> {
        let me = who.writer()?;
        let found = self.locate(who, to).await?;
        let place = found.written().ok_or_else(|| Refusal::not_found("such message"))?;
        self.may_write(me, &found).await?;
        let moderates = self.moderates(me, &found).await?;
        let (log, deed) = self.deed(wish, &found, moderates)?;
        self.speech.may_speak(me.id)?;
        let message = log.zip(deed.seq());
        let notices = match (message, &deed) {
            (Some(of), Deed::React { on: true, .. }) => {
                self.notice_of_reaction(me, &found, of).await?.into_iter().collect()
            }
            (Some(of), Deed::Edit { body, .. }) => {
                self.notices_of_edit(me, &found, of, body).await?
            }
            _ => Vec::new(),
        };
        self.writer.change(Change { by: me.party(), moderates, place, log, deed, notices, done });
        Ok(())
    }

    /// The same, and waits until it is stored.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn change_and_wait(
        &self,
        who: &Who,
        to: &Target,
        wish: Wish,
    ) -> Result<ChangeOk, Refusal> {
        let (done, answer) = answered();
        self.change(who, to, wish, done).await?;
        answer.await
    }

    /// The change to the message that its id names. Whether that is this place's is known once the
    /// place's log is.
    fn deed(
        &self,
        wish: Wish,
        found: &Place,
        moderates: bool,
    ) -> Result<(Option<LogId>, Deed), Refusal> {
        let in_room = matches!(found, Place::Room { .. });
        let keeps_order = |why: Word| match in_room && !moderates {
            true => Err(Refusal::new(Code::Forbidden, why)),
            false => Ok(()),
        };
        if let Wish::Edit { body, .. } = &wish {
            commands::check_body(body, self.config.body_limit)?;
        }
        let mut log = None;
        let mut deed = wish.renamed(|id| {
            let (of, seq) = message_place(&id).ok_or_else(|| Refusal::not_found("such message"))?;
            log = Some(of);
            Ok(seq)
        })?;
        match &mut deed {
            Deed::Edit { .. } | Deed::Delete { .. } => {}
            Deed::React { emoji, .. } => {
                let known = emojis::get(emoji)
                    .ok_or_else(|| Refusal::invalid("emoji", Word::NotAnEmoji))?;
                known.as_str().clone_into(emoji);
            }
            Deed::Pin { .. } => keeps_order(Word::PinNotYours)?,
            Deed::Topic { text } => {
                if !in_room {
                    return Err(Refusal::invalid("to", Word::OnlyRoomsHaveTopics));
                }
                keeps_order(Word::TopicNotYours)?;
                *text = topic(text)?;
            }
        }
        Ok((log, deed))
    }

    /// The pinned messages of a place, in the order of pinning.
    ///
    /// # Errors
    /// `not_found` for what is not there or not theirs to see.
    pub async fn list_pins(&self, who: &Who, to: &Target) -> Result<Vec<Message>, Refusal> {
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let place = self.find(&mut db, who, to).await?;
        match place.log() {
            Some(log) => history::pinned(&mut db, log).await.map_err(unavailable),
            None => Ok(Vec::new()),
        }
    }

    /// A page of how a message read before it was changed, the last text first: for its author, and for
    /// those who keep order there.
    ///
    /// # Errors
    /// `not_found` for what is not there, not theirs to see, or was deleted; `forbidden`.
    pub async fn revisions(
        &self,
        who: &Who,
        to: &Target,
        message: &str,
        offset: usize,
    ) -> Result<Edits, Refusal> {
        let none = || Refusal::not_found("such message");
        let me = who.member()?;
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let place = self.find(&mut db, who, to).await?;
        let (log, seq) = message_place(message).ok_or_else(none)?;
        if place.log() != Some(log) {
            return Err(none());
        }
        let stands = history::at(&mut db, log, &[seq]).await.map_err(unavailable)?.pop();
        let stands = stands.filter(|message| !message.deleted).ok_or_else(none)?;
        if stands.author != *me.name && !self.moderates(me, &place).await? {
            return Err(Refusal::new(Code::Forbidden, Word::RevisionsNotYours));
        }
        let before = revisions::of(&mut db, log, seq, ONE_MORE, offset).await;
        let mut before = before.map_err(unavailable)?;
        let more = cut(&mut before);
        Ok(Edits { message: stands, before, offset, more })
    }
}

/// A topic on one line.
///
/// # Errors
/// `invalid`, `too_long`.
pub(super) fn topic(text: &str) -> Result<String, Refusal> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.contains(|c: char| c.is_control()) {
        return Err(Refusal::invalid("text", Word::TopicControls));
    }
    let count = text.chars().count();
    if count > limits::TOPIC {
        let most = limits::TOPIC;
        let why = Word::TopicTooLong.of(&[&most, &count]);
        return Err(Refusal::too_long("text", why));
    }
    Ok(text)
}
