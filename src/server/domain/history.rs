//! Pages of history.

use super::places::Place;
use super::{Domain, Who, unavailable};
use crate::protocol::views::{About, History, Message, Span};
use crate::protocol::{Code, Refusal, Target, limits};
use crate::server::kept::Keep;
use crate::server::store::history::Part;
use crate::server::store::logs::Head;
use crate::server::store::{Connection, LogId, history, logs, message_place};
use crate::words::Word;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use std::sync::Arc;

/// Bytes of pages that are kept: of full pages of ordinary messages, about five hundred.
const KEPT: usize = 16 * 1024 * 1024;
/// What a message takes in memory, beside its texts: what is kept is bounded by it.
const MESSAGE: usize = size_of::<Message>();
/// What a page takes beside its messages: itself, its key twice, its stamp. Anybody may ask for the
/// pages before any number, and most of those are empty.
const BESIDE: usize = 512;

/// A page of messages as everybody sees them, newest first, and the JSON of them.
#[derive(Debug)]
pub struct Page {
    /// The messages.
    pub messages: Vec<Message>,
    /// Whether there are older ones.
    pub older: bool,
    /// Whether there are newer ones.
    pub newer: bool,
    /// Topic and pins.
    pub about: About,
    json: Box<RawValue>,
}

/// A page, shared with whoever else shows it. Its form in JSON is that of its messages.
#[derive(Clone, Debug)]
pub struct Shared(Arc<Page>);

impl std::ops::Deref for Shared {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.0
    }
}

impl Serialize for Shared {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

impl Shared {
    fn new(part: Part) -> Self {
        let Part { messages, older, newer, about, .. } = part;
        // Plain data with text keys: it always has a JSON form. `<` is escaped, so that it may
        // stand in a page's script.
        let json = serde_json::to_string(&messages).unwrap_or_default().replace('<', "\\u003c");
        let json = RawValue::from_string(json).unwrap_or_default();
        Self(Arc::new(Page { messages, older, newer, about, json }))
    }

    /// What it takes in memory, about.
    fn bytes(&self) -> usize {
        // The texts of the messages are not longer than their JSON.
        let about = self.about.topic.len()
            + self.about.pins.iter().map(|id| id.len() + size_of::<String>()).sum::<usize>();
        BESIDE + about + 2 * self.json.get().len() + self.messages.len() * MESSAGE
    }
}

/// Pages of each log, kept under its head.
pub struct Pages(Keep<(LogId, Span<i64>), Head, Shared>);

impl Default for Pages {
    fn default() -> Self {
        Self(Keep::new(KEPT))
    }
}

impl Domain {
    /// A page of history, newest first, and where the log stood at that moment.
    ///
    /// # Errors
    /// `not_found` for what is not there or not theirs to see, a message included.
    pub async fn history(
        &self,
        who: &Who,
        to: &Target,
        span: Span,
        limit: Option<usize>,
    ) -> Result<History, Refusal> {
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let place = self.find(&mut db, who, to).await?;
        if let Place::Own { .. } = place {
            return Err(Refusal::invalid("to", "History is of a #room or a @person."));
        }
        let limit = limit.unwrap_or(limits::PAGE).clamp(1, limits::PAGE_MOST);
        let span = by_seqs(place.log(), &span)?;
        let part = match place.log() {
            Some(log) => history::page(&mut db, log, span, limit).await.map_err(unavailable)?,
            None => nothing(logs::head_of_none(&mut db).await.map_err(unavailable)?),
        };
        if let Span::Around(seq) = span {
            is_there(&part.messages, seq)?;
        }
        let Part { head, messages, older, newer, about } = part;
        let (to, Head { epoch, top }) = (place.target(), head);
        Ok(History { to, epoch, top, messages, older, newer, about })
    }

    /// This page of the log, if it has just been found to stand at `head`; or a later one, and where
    /// it stood then.
    pub(super) async fn page(
        &self,
        db: &mut Connection,
        log: Option<LogId>,
        head: Head,
        span: Span<i64>,
    ) -> crate::server::store::Result<(Head, Shared)> {
        let Some(log) = log else {
            return Ok((head.clone(), Shared::new(nothing(head))));
        };
        if let Some(page) = self.pages.0.get(&(log, span), &head) {
            return Ok((head, page));
        }
        let part = history::page(db, log, span, limits::PAGE).await?;
        let head = part.head.clone();
        let page = Shared::new(part);
        self.pages.0.put((log, span), head.clone(), page.clone(), page.bytes());
        Ok((head, page))
    }
}

/// A log in which nothing was said yet.
fn nothing(head: Head) -> Part {
    Part { head, messages: Vec::new(), older: false, newer: false, about: About::default() }
}

/// The same span of this log by seqs. What is a message of another log is none of this one.
pub(super) fn by_seqs(log: Option<LogId>, span: &Span) -> Result<Span<i64>, Refusal> {
    Ok(match span {
        Span::Newest => Span::Newest,
        Span::Before(seq) => Span::Before(*seq),
        Span::After(seq) => Span::After(*seq),
        Span::Around(id) => match message_place(id) {
            Some((of, seq)) if Some(of) == log => Span::Around(seq),
            _ => return Err(gone()),
        },
    })
}

/// Whether the message is among these and was not deleted.
///
/// # Errors
/// `not_found`.
pub(super) fn is_there(messages: &[Message], seq: i64) -> Result<(), Refusal> {
    let there = messages.iter().any(|message| message.seq == seq && !message.deleted);
    if there { Ok(()) } else { Err(gone()) }
}

/// A message was asked for that is not there, was deleted, or is in a place they may not see.
fn gone() -> Refusal {
    Refusal::new(Code::NotFound, Word::MessageIsGone)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Anybody may ask for pages before the first message, as many as there are numbers.
    #[test]
    fn a_page_without_messages_counts_for_what_it_takes() {
        type Entry = ((LogId, Span<i64>), Head, Shared, Page);
        let head = Head { epoch: String::new(), top: 0 };
        assert!(Shared::new(nothing(head)).bytes() >= size_of::<Entry>());
    }
}
