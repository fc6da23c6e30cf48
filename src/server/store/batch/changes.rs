//! What a batch does to messages that are there already, and to what belongs to a whole log: kept in
//! memory as it will stand, so that several changes to one message in a batch meet each other.

use super::notices::Of;
use super::{Batch, Rows, json};
use crate::protocol::frames::{Change as Told, ChangeOk, Event, Kind, What};
use crate::protocol::{At, Code, Refusal, glimpse, limits};
use crate::server::store::mentions::named;
use crate::server::store::writer::{Change, Committed, Deed};
use crate::server::store::{Db, LogId, Result, UserId, message_id, message_place};
use crate::words::Word;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use std::collections::{BTreeMap, HashMap};

/// A message that something happens to, as it stands.
struct Standing {
    author: UserId,
    /// None if it was deleted.
    body: Option<String>,
    /// Since when its text stands.
    at: At,
    /// (Emoji, who gave it, since which seq somebody gives it.)
    reactions: Vec<(String, UserId, i64)>,
    pinned: bool,
}

type Message = (LogId, i64);
/// One user's reaction to a message.
type Reacted = (LogId, i64, String, UserId);

/// See the module. What is to be stored is what stands at the end.
#[derive(Default)]
pub struct Changes {
    standing: HashMap<Message, Standing>,
    /// How many messages of a log are pinned.
    pins_of: HashMap<LogId, usize>,
    edits: BTreeMap<Message, (String, At)>,
    revisions: Vec<(LogId, i64, i64, UserId, String, At)>,
    deletes: BTreeMap<Message, At>,
    /// Given at that seq, and since that one by anybody; or taken back.
    reactions: BTreeMap<Reacted, Option<(i64, i64)>>,
    pins: BTreeMap<Message, Option<i64>>,
    topics: BTreeMap<LogId, String>,
}

/// What came of a deed.
enum Came {
    /// It happened.
    Happened(Kind),
    /// It was so already.
    Was,
    /// It may not be.
    Refused(Refusal),
}

impl Changes {
    /// From what the batch's look at the database answered.
    pub fn read(seen: &str) -> Result<Self> {
        type Row = (LogId, i64, UserId, Option<String>, i64, Vec<(String, UserId, i64)>, u8, usize);
        let mut it = Self::default();
        for (log, seq, author, body, at, reactions, pinned, pins) in json::read::<Vec<Row>>(seen)? {
            let standing = Standing { author, body, at: At(at), reactions, pinned: pinned != 0 };
            it.standing.insert((log, seq), standing);
            it.pins_of.insert(log, pins);
        }
        Ok(it)
    }

    /// Who said a message that something happens to.
    fn author(&self, message: Message) -> Option<UserId> {
        Some(self.standing.get(&message)?.author)
    }

    /// Whether nothing is to be stored.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
            && self.deletes.is_empty()
            && self.reactions.is_empty()
            && self.pins.is_empty()
            && self.topics.is_empty()
    }

    /// Binds what [`super::sqlite::PUT_CHANGES`] stores.
    pub fn bind<'q>(
        &self,
        query: Query<'q, Db, SqliteArguments>,
    ) -> Result<Query<'q, Db, SqliteArguments>> {
        let (mut edits, mut revisions, mut deletes) = <(Rows, Rows, Rows)>::default();
        for ((log, seq), (body, at)) in &self.edits {
            edits.push(&(log, seq, body, at.0))?;
        }
        for (log, seq, edit, by, body, at) in &self.revisions {
            revisions.push(&(log, seq, edit, by, body, at.0))?;
        }
        for ((log, seq), at) in &self.deletes {
            deletes.push(&(log, seq, at.0))?;
        }
        let (mut given, mut taken) = <(Rows, Rows)>::default();
        for ((log, seq, emoji, user), stands) in &self.reactions {
            match stands {
                Some((at, since)) => given.push(&(log, seq, emoji, user, at, since))?,
                None => taken.push(&(log, seq, emoji, user))?,
            }
        }
        let (mut pinned, mut unpinned) = <(Rows, Rows)>::default();
        for ((log, seq), stands) in &self.pins {
            match stands {
                Some(at) => pinned.push(&(log, seq, at))?,
                None => unpinned.push(&(log, seq))?,
            }
        }
        let mut topics = Rows::default();
        for (log, text) in &self.topics {
            topics.push(&(log, text))?;
        }
        let mut named = Rows::default();
        for ((log, seq), (body, _)) in &self.edits {
            let versions = self.revisions.iter().filter(|it| (it.0, it.1) == (*log, *seq));
            for (name, kind) in whom_it_names(versions.map(|(.., before, _)| &**before), body) {
                named.push(&(log, seq, name, kind))?;
            }
        }
        let all = [edits, revisions, deletes, given, taken, pinned, unpinned, topics, named];
        Ok(all.into_iter().fold(query, |query, rows| query.bind(rows.json())))
    }

    /// Does it, as the event `seq` of the log. `moderates`: whether they keep order there still.
    fn do_it(
        &mut self,
        change: &Change,
        moderates: bool,
        (log, seq): (LogId, i64),
        now: At,
    ) -> Came {
        let for_keepers = matches!(change.deed, Deed::Pin { .. } | Deed::Topic { .. });
        if for_keepers && change.moderates && !moderates {
            return Came::Refused(Refusal::new(Code::Forbidden, Word::ModeratorsOnly));
        }
        if let Deed::Topic { text } = &change.deed {
            self.topics.insert(log, text.clone());
            return Came::Happened(Kind::Topic { text: text.clone() });
        }
        let Some(of) = change.deed.seq() else { return Came::Was };
        let key = (log, of);
        let Some(message) = self.standing.get_mut(&key) else {
            return Came::Refused(Refusal::not_found("such message"));
        };
        let (by, mine) = (change.by.id, message.author == change.by.id);
        let id = message_id(log, of);
        let told = |what| Came::Happened(Kind::Change(Told { id: id.clone(), what }));
        match &change.deed {
            Deed::Edit { .. } | Deed::Delete { .. } if !mine && !moderates => {
                let why = Word::ChangeNotYours;
                Came::Refused(Refusal::new(Code::Forbidden, why))
            }
            Deed::Delete { .. } => {
                if message.body.take().is_none() {
                    return Came::Was;
                }
                message.reactions.clear();
                self.edits.remove(&key);
                self.revisions.retain(|(log, seq, ..)| (*log, *seq) != key);
                self.reactions.retain(|(log, seq, ..), _| (*log, *seq) != key);
                self.deletes.insert(key, now);
                if std::mem::take(&mut message.pinned) {
                    self.pins.insert(key, None);
                    let count = self.pins_of.entry(log).or_default();
                    *count = count.saturating_sub(1);
                }
                told(What::Deleted { at: now })
            }
            _ if message.body.is_none() => {
                Came::Refused(Refusal::new(Code::NotFound, Word::MessageDeleted))
            }
            Deed::Pin { on, .. } => {
                if message.pinned == *on {
                    return Came::Was;
                }
                let count = self.pins_of.entry(log).or_default();
                if *on && *count >= limits::PINS {
                    let why = Word::TooManyPins.of(&[&limits::PINS]);
                    return Came::Refused(Refusal::new(Code::TooMany, why));
                }
                *count = if *on { *count + 1 } else { count.saturating_sub(1) };
                message.pinned = *on;
                self.pins.insert(key, on.then_some(seq));
                Came::Happened(Kind::Pin { message: id, on: *on })
            }
            Deed::Edit { body, .. } => {
                if message.body.as_ref() == Some(body) {
                    return Came::Was;
                }
                let before = message.body.replace(body.clone()).unwrap_or_default();
                let since = std::mem::replace(&mut message.at, now);
                self.revisions.push((log, of, seq, by, before, since));
                self.edits.insert(key, (body.clone(), now));
                told(What::Edited { body: Some(body.clone()), at: now })
            }
            Deed::React { emoji, on, .. } => {
                let user = change.by.name.to_string();
                match react(message, emoji, by, *on, seq) {
                    Ok(None) => return Came::Was,
                    Ok(Some(stands)) => {
                        self.reactions.insert((log, of, emoji.clone(), by), stands);
                    }
                    Err(refusal) => return Came::Refused(refusal),
                }
                told(What::Reacted { emoji: emoji.clone(), user, on: *on })
            }
            Deed::Topic { .. } => Came::Was,
        }
    }
}

/// Whom a message names now (`mention`), and whom one of its earlier texts named and it does not
/// (`former`), by their folded names.
fn whom_it_names<'a>(
    before: impl Iterator<Item = &'a str>,
    now: &'a str,
) -> BTreeMap<String, &'static str> {
    let names = |text: &str| if text.contains('@') { named(text) } else { Vec::new() };
    let mut all: BTreeMap<_, _> = before.flat_map(names).map(|name| (name, "former")).collect();
    all.extend(names(now).into_iter().map(|name| (name, "mention")));
    all
}

/// A reaction is given or taken back: how it stands then, or nothing if it stood so.
#[allow(clippy::option_option, reason = "nothing happened; or it stands, or it does not")]
fn react(
    message: &mut Standing,
    emoji: &str,
    by: UserId,
    on: bool,
    seq: i64,
) -> std::result::Result<Option<Option<(i64, i64)>>, Refusal> {
    let there = message.reactions.iter().position(|(one, who, _)| one == emoji && *who == by);
    match (there, on) {
        (Some(_), true) | (None, false) => Ok(None),
        (Some(at), false) => {
            message.reactions.swap_remove(at);
            Ok(Some(None))
        }
        (None, true) => {
            let known = message.reactions.iter().find(|(one, ..)| one == emoji);
            let since = known.map(|(.., since)| *since);
            if since.is_none() {
                let mut kinds: Vec<_> = message.reactions.iter().map(|(one, ..)| one).collect();
                kinds.sort_unstable();
                kinds.dedup();
                if kinds.len() >= limits::REACTIONS {
                    let most = limits::REACTIONS;
                    let why = Word::TooManyReactions.of(&[&most]);
                    return Err(Refusal::new(Code::TooMany, why));
                }
            }
            let since = since.unwrap_or(seq);
            message.reactions.push((emoji.to_owned(), by, since));
            Ok(Some(Some((seq, since))))
        }
    }
}

impl Batch<'_> {
    /// Makes a change, and answers the seq by which it is so. `moderates`: whether whoever makes it keeps
    /// order there still.
    pub(super) fn change(
        &mut self,
        change: &Change,
        moderates: bool,
    ) -> Result<std::result::Result<ChangeOk, Refusal>> {
        let place = self.log(&change.place).filter(|log| self.tops.contains_key(log));
        let Some(log) = place else { return Ok(Err(Refusal::not_found("such message"))) };
        // A message's id names its log: one of another place is not here.
        if change.deed.seq().is_some() && change.log != Some(log) {
            return Ok(Err(Refusal::not_found("such message")));
        }
        let (top, now) = (self.top(log).seq, self.now);
        let kind = match self.changes.do_it(change, moderates, (log, top + 1), now) {
            Came::Refused(refusal) => return Ok(Err(refusal)),
            Came::Was => return Ok(Ok(ChangeOk { seq: top })),
            Came::Happened(kind) => kind,
        };
        self.quoted_anew(log, &kind);
        let top = self.top(log);
        (top.seq, top.grew) = (top.seq + 1, true);
        let seq = top.seq;
        let event = Event::new(seq, None, &kind);
        // An edit's text is stored once, in its message.
        let data = stored(&event, &kind);
        self.events.push(&(log, seq, &event.kind, data, now.0))?;
        self.committed.push(Committed::Said { place: change.place.clone(), event });
        self.tell_of_change(change, (log, seq))?;
        Ok(Ok(ChangeOk { seq }))
    }

    /// Tells those whom a change concerns, which is the event `at` of its log.
    fn tell_of_change(&mut self, change: &Change, (log, at): (LogId, i64)) -> Result<()> {
        let from = &*change.by.name;
        for notice in &change.notices {
            match &change.deed {
                Deed::React { message: seq, emoji, on: true }
                    if self.changes.author((log, *seq)) == Some(notice.user) =>
                {
                    let id = format!("{}/{emoji}/{from}", message_id(log, *seq));
                    let message = (log, *seq);
                    self.tell(notice, Of { from, message, seq: at, id: &id, text: emoji })?;
                }
                // A message calls somebody once, however often it is edited.
                Deed::Edit { message: seq, body }
                    if self.called.insert((notice.user, log, *seq)) =>
                {
                    let id = message_id(log, *seq);
                    let message = (log, *seq);
                    // It says so only now: whoever read the message as it was has not seen this.
                    self.tell(notice, Of { from, message, seq: at, id: &id, text: body })?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Who answers that message in this batch quotes it as it stands now.
    fn quoted_anew(&mut self, log: LogId, kind: &Kind) {
        let Kind::Change(Told { id, what }) = kind else { return };
        let Some((_, seq)) = message_place(id) else { return };
        let text = match what {
            What::Edited { body, .. } => body.as_deref().map(glimpse::glimpse),
            What::Deleted { .. } => None,
            What::Reacted { .. } => return,
        };
        if let Some(quote) = self.said.get_mut(&(log, seq)) {
            quote.text = text;
        }
    }
}

/// The data of an event as it is stored.
fn stored(event: &Event, kind: &Kind) -> String {
    match kind {
        Kind::Change(Told { id, what: What::Edited { at, .. } }) => {
            let what = What::Edited { body: None, at: *at };
            let bare = Kind::Change(Told { id: id.clone(), what });
            Event::new(event.seq, None, &bare).data.get().to_owned()
        }
        _ => event.data.get().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_a_message_names_is_what_its_last_text_says() {
        let names = |before: &[&str], now: &str| {
            let all = whom_it_names(before.iter().copied(), now);
            all.into_iter().map(|(name, kind)| format!("{name} {kind}")).collect::<Vec<_>>()
        };
        assert_eq!(names(&["@Bob and @carol"], "@bob"), ["bob mention", "carol former"]);
        // Several edits in one batch: taken away and given back, and given and taken away.
        assert_eq!(names(&["@bob", "nobody"], "@bob"), ["bob mention"]);
        assert_eq!(names(&["nobody", "@bob"], "nobody"), ["bob former"]);
        assert!(names(&["nobody"], "no one").is_empty());
    }
}
