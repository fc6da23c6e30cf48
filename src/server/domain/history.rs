//! Pages of history.

use super::places::Place;
use super::{Domain, Who, unavailable};
use crate::protocol::views::{About, History, Message};
use crate::protocol::{Refusal, Target, limits};
use crate::server::kept::Keep;
use crate::server::store::history::Part;
use crate::server::store::logs::Head;
use crate::server::store::{Connection, LogId, history, logs};
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
    fn new(mut messages: Vec<Message>, about: About) -> Self {
        let older = messages.len() > limits::PAGE;
        messages.truncate(limits::PAGE);
        // Plain data with text keys: it always has a JSON form. `<` is escaped, so that it may
        // stand in a page's script.
        let json = serde_json::to_string(&messages).unwrap_or_default().replace('<', "\\u003c");
        let json = RawValue::from_string(json).unwrap_or_default();
        Self(Arc::new(Page { messages, older, about, json }))
    }

    /// What it takes in memory, about.
    fn bytes(&self) -> usize {
        // The texts of the messages are not longer than their JSON.
        let about = self.about.topic.len()
            + self.about.pins.iter().map(|id| id.len() + size_of::<String>()).sum::<usize>();
        BESIDE + about + 2 * self.json.get().len() + self.messages.len() * MESSAGE
    }
}

/// The newest page of each log and older ones (those that end before a seq), kept under the head
/// of the log.
pub struct Pages(Keep<(LogId, Option<i64>), Head, Shared>);

impl Default for Pages {
    fn default() -> Self {
        Self(Keep::new(KEPT))
    }
}

impl Domain {
    /// A page of history, newest first, and where the log stood at that moment. `before` is
    /// exclusive.
    ///
    /// # Errors
    /// `not_found` for what is not there or not theirs to see.
    pub async fn history(
        &self,
        who: &Who,
        to: &Target,
        before: Option<i64>,
        limit: Option<usize>,
    ) -> Result<History, Refusal> {
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let place = self.find(&mut db, who, to).await?;
        if let Place::Own { .. } = place {
            return Err(Refusal::invalid("to", "History is of a #room or a @person."));
        }
        let limit = limit.unwrap_or(limits::PAGE).clamp(1, limits::PAGE_MOST);
        let Part { head, messages, about } = match place.log() {
            Some(log) => history::page(&mut db, log, before, limit).await.map_err(unavailable)?,
            None => {
                let head = logs::head_of_none(&mut db).await.map_err(unavailable)?;
                Part { head, messages: Vec::new(), about: About::default() }
            }
        };
        Ok(History { to: place.target(), epoch: head.epoch, top: head.top, messages, about })
    }

    /// The page of this log before `before`, if it has just been found to stand at `head`; or a
    /// later one, and where it stood then.
    pub(super) async fn page(
        &self,
        db: &mut Connection,
        log: Option<LogId>,
        head: Head,
        before: Option<i64>,
    ) -> crate::server::store::Result<(Head, Shared)> {
        let Some(log) = log else { return Ok((head, Shared::new(Vec::new(), About::default()))) };
        if let Some(page) = self.pages.0.get(&(log, before), &head) {
            return Ok((head, page));
        }
        // One more than a page tells whether there are older ones.
        let Part { head, messages, about } =
            history::page(db, log, before, limits::PAGE + 1).await?;
        let page = Shared::new(messages, about);
        self.pages.0.put((log, before), head.clone(), page.clone(), page.bytes());
        Ok((head, page))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Anybody may ask for pages before the first message, as many as there are numbers.
    #[test]
    fn a_page_without_messages_counts_for_what_it_takes() {
        type Entry = ((LogId, Option<i64>), Head, Shared, Page);
        assert!(Shared::new(Vec::new(), About::default()).bytes() >= size_of::<Entry>());
    }
}
