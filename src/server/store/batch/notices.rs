//! Telling somebody of what concerns them, in the transaction that stores it: an event in their own log,
//! and for what calls them in a room a row of their list.

use super::super::{Connection, LogId, Result, UserId, sqlite};
use super::{Batch, Rows};
use crate::protocol::Target;
use crate::protocol::frames::Event;
use crate::protocol::glimpse::glimpse;
use crate::protocol::people::{NoticeKind, Notify};
use crate::server::store::writer::Committed;

/// Somebody to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Whom.
    pub user: UserId,
    /// Their own log: its top is among those that a batch looks at.
    pub own: LogId,
    /// Why.
    pub kind: NoticeKind,
    /// Where, as they name it.
    pub to: Target,
    /// Whether it comes before their eyes: it is nothing new to them then.
    pub seen: bool,
}

/// What somebody is told of.
#[derive(Clone, Copy, Debug)]
pub struct Of<'a> {
    /// Who did it.
    pub from: &'a str,
    /// The message's place.
    pub message: (LogId, i64),
    /// The seq there of what happened: of a message, its own; of a reaction and an edit, that event's.
    pub seq: i64,
    /// Names it among the notices of that kind.
    pub id: &'a str,
    /// What was said, or which reaction was given.
    pub text: &'a str,
}

impl Batch<'_> {
    /// Tells somebody.
    pub(super) fn tell(&mut self, notice: &Notice, of: Of<'_>) -> Result<()> {
        let (log, message) = of.message;
        let mut data = Notify {
            kind: notice.kind,
            id: of.id.to_owned(),
            from: of.from.to_owned(),
            to: notice.to.clone(),
            message: Some(super::message_id(log, message)),
            seq: Some(of.seq),
            text: glimpse(of.text),
            why: None,
            seen: notice.seen,
            link: None,
            at: self.now,
        };
        let raw = |data: &Notify| {
            serde_json::value::to_raw_value(data).map_err(|error| sqlx::Error::Encode(error.into()))
        };
        let told = raw(&data)?;
        if notice.kind != NoticeKind::Reaction {
            // What was said is kept in its message alone, and goes with it.
            data.text.clear();
        }
        let stored = raw(&data)?;
        let at = self.now;
        let top = self.top(notice.own);
        top.seq += 1;
        top.grew = true;
        let event = Event { seq: top.seq, kind: "notify".to_owned(), cid: None, data: told };
        self.events.push(&(notice.own, event.seq, &event.kind, stored.get(), at.0))?;
        if matches!(notice.kind, NoticeKind::Mention | NoticeKind::Reply) {
            self.calls.push(&(notice.user, log, message, event.seq, notice.kind.word()))?;
        }
        self.committed.push(Committed::Own { user: notice.user, event });
        Ok(())
    }
}

/// Stores which messages call whom, if any do: one statement more than other batches take.
pub(super) async fn note(db: &mut Connection, calls: Rows) -> Result<()> {
    if calls.0.is_empty() {
        return Ok(());
    }
    sqlx::query(sqlite::NOTE_MENTIONS).bind(calls.json()).execute(db).await.map(drop)
}
