//! The index of what was said: following the logs, and finding. Who may read what is told by whoever
//! asks ([`Reach`]); the index keeps that with every message, so that what one may not read costs
//! nothing to leave out.
//!
//! This file knows what is kept and what is asked; how an index keeps and finds it is
//! [`super::sqlite::search`]'s.

use super::heads::Of;
use super::sqlite::search as index;
use super::{Connection, LogId, Result, Store, UserId, message_place};
use crate::protocol::At;
use crate::server::terms;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Seqs that one turn takes up, over all its logs: a few milliseconds of the writers' time.
const ROWS: i64 = 256;
/// Logs that are looked at in one statement when a house opens.
const SURVEY: i64 = 512;

/// Terms that stand beside each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// As [`terms::terms`] makes them; one at least.
    pub terms: Vec<String>,
    /// Whether the last one may be the beginning of a longer one.
    pub begins: bool,
}

/// What a message may hold beside words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Has {
    /// A link.
    Link,
    /// A file or a picture.
    File,
}

/// Rooms that somebody may read, said by whichever list is the shorter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rooms {
    /// All but these.
    AllBut(BTreeSet<LogId>),
    /// None but these.
    Only(BTreeSet<LogId>),
}

/// All that somebody may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Rooms.
    pub rooms: Rooms,
    /// Whose conversations; a visitor has none.
    pub member: Option<UserId>,
    /// People of whom they wish to hear nothing, unless they ask for them by name.
    pub blocked: BTreeSet<UserId>,
}

impl Reach {
    /// Whether a place is within it.
    #[must_use]
    pub fn holds(&self, log: LogId, place: &Place) -> bool {
        match (place, &self.rooms) {
            (Place::Room(_), Rooms::AllBut(closed)) => !closed.contains(&log),
            (Place::Room(_), Rooms::Only(open)) => open.contains(&log),
            (Place::Direct(low, high), _) => {
                self.member.is_some_and(|me| low.0 == me || high.0 == me)
            }
        }
    }
}

/// What is looked for. Several of one list: either of them; of different ones: all of it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Words; every one of them.
    pub phrases: Vec<Phrase>,
    /// Who said it; nobody in particular if empty.
    pub authors: Vec<UserId>,
    /// Where; anywhere if empty.
    pub logs: Vec<LogId>,
    /// What is in it; every one of them.
    pub has: Vec<Has>,
    /// Not before this moment…
    pub since: At,
    /// …and before this one.
    pub until: At,
    /// What the asker may read.
    pub reach: Reach,
}

/// Where something was said.
#[derive(Clone, Debug)]
pub enum Place {
    /// In a room of that name.
    Room(String),
    /// Between two, each with their name.
    Direct((UserId, String), (UserId, String)),
}

/// A message that was found, as it stands now.
#[derive(Clone, Debug)]
pub struct Hit {
    /// Its place among all: the newer, the larger.
    pub docid: i64,
    /// Its log.
    pub log: LogId,
    /// Its seq.
    pub seq: i64,
    /// When it was said.
    pub at: At,
    /// Who said it.
    pub author: String,
    /// Their key.
    pub author_id: UserId,
    /// What was said.
    pub body: String,
    /// Where.
    pub place: Place,
}

/// What a stretch of the index holds.
#[derive(Debug)]
pub struct Window {
    /// Newest first.
    pub hits: Vec<Hit>,
    /// What is before this is still to be looked through; `None` when nothing is.
    pub next: Option<i64>,
    /// Whether the stretch was looked through to its end, rather than to the last hit asked for.
    pub whole: bool,
}

/// Where a log stands in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Followed {
    /// Its place among those asked for.
    pub place: usize,
    /// Which.
    pub log: LogId,
    /// Whether more was said, or changed, than is in the index.
    pub news: bool,
    /// Whether older messages are not in it yet.
    pub past: bool,
}

/// The key of the first message of a moment.
#[must_use]
pub fn first_of(at: At) -> i64 {
    index::slot(at)
}

/// The moment of a message's key.
#[must_use]
pub fn moment_of(docid: i64) -> At {
    index::moment(docid)
}

/// Looks through about `docs` messages before the key `before`, newest first, for up to `most`.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(
    db: &mut Connection,
    asked: &Asked,
    before: i64,
    docs: i64,
    most: usize,
) -> Result<Window> {
    let until = before.min(first_of(asked.until));
    let since = first_of(asked.since);
    let Some((newest, oldest)) = index::stretch(db, until, docs).await? else {
        return Ok(Window { hits: Vec::new(), next: None, whole: true });
    };
    if newest < since {
        return Ok(Window { hits: Vec::new(), next: None, whole: true });
    }
    // Whole days: the index knows which day a message is of, and looks at no other.
    let (first, last) = (moment_of(oldest.max(since)).day(), moment_of(newest).day());
    let from = first_of(At::of_day(first)).max(since);
    let Some(expression) = index::expression(asked, first, last) else {
        return Ok(Window { hits: Vec::new(), next: None, whole: true });
    };
    let (hits, last) = index::find(db, &expression, from, until, most).await?;
    // More of them may stand before the last.
    let whole = last.is_none();
    let next = last.unwrap_or(from);
    let next = (next > since && index::any_before(db, next).await?).then_some(next);
    Ok(Window { hits, next, whole })
}

/// Logs, after the log `after`, of which something is not in the index, each with whether it is
/// what was said last; and whether there may be more of them.
///
/// # Errors
/// When the database cannot be read.
pub async fn survey(db: &mut Connection, after: LogId) -> Result<(Vec<(LogId, bool)>, bool)> {
    let logs: Vec<(LogId, bool)> =
        sqlx::query_as(index::BEHIND).bind(after).bind(SURVEY).fetch_all(db).await?;
    let more = logs.len() as i64 == SURVEY;
    Ok((logs, more))
}

/// A message as it is put into the index.
pub(super) struct Doc {
    pub(super) log: LogId,
    pub(super) seq: i64,
    at: At,
    pub(super) words: String,
    pub(super) marks: String,
}

/// A stretch of a log: after one seq, up to and with another.
pub(super) type Stretch = (LogId, i64, i64);

/// Where a log stands, and where it is in the index.
#[derive(Clone, Copy)]
pub(super) struct Stand {
    pub(super) place: usize,
    pub(super) log: LogId,
    pub(super) top: i64,
    pub(super) low: i64,
    pub(super) high: i64,
    /// Whose conversation it is.
    pub(super) between: Option<(UserId, UserId)>,
}

impl Store {
    /// Brings these logs nearer to their tops in the index, by a bounded number of steps over all
    /// of them: first what is new, then what is old, from the newest on. Answers where those that
    /// are there stand then, each place for itself where a log is asked for more than once.
    ///
    /// It is a turn at writing, between those of the senders, that does not wait for the disk: what
    /// a loss of power takes from the index, it takes with the note of how far it had come.
    ///
    /// # Errors
    /// When nothing was stored.
    pub async fn follow(&self, logs: &[Of]) -> Result<Vec<Followed>> {
        let mut turn = self.write_index().await?;
        let db = turn.db()?;
        let asked = index::look(db, logs).await?;
        // A log may be asked for by its key and as the conversation of two, and as new and as old: it
        // is taken up once.
        let mut once = HashSet::new();
        let mut stands: Vec<Stand> =
            asked.iter().filter(|stand| once.insert(stand.log)).copied().collect();
        let (mut stretches, mut left): (Vec<Stretch>, i64) = (Vec::new(), ROWS);
        // How far what was in the index before this turn reached.
        let known: HashMap<LogId, (i64, i64)> =
            stands.iter().map(|stand| (stand.log, (stand.low, stand.high))).collect();
        for stand in &mut stands {
            let take = left.min(stand.top - stand.high);
            if take > 0 {
                stretches.push((stand.log, stand.high, stand.high + take));
                stand.high += take;
                left -= take;
            }
        }
        // What is old is taken up everywhere alike: nowhere does all of it come before any elsewhere.
        let share = (left / i64::try_from(stands.len()).unwrap_or(left).max(1)).max(1);
        for stand in &mut stands {
            let take = left.min(share).min(stand.low);
            if take > 0 {
                stretches.push((stand.log, stand.low - take, stand.low));
                stand.low -= take;
                left -= take;
            }
        }
        let whose: HashMap<LogId, Option<(UserId, UserId)>> =
            stands.iter().map(|stand| (stand.log, stand.between)).collect();
        let (mut docs, changed) = read(db, &stretches, &whose).await?;
        // What was changed is read as it stands now, if it was in the index and is not among what
        // was just read.
        let changed: BTreeSet<(LogId, i64)> = changed
            .into_iter()
            .filter(|(log, seq)| known.get(log).is_some_and(|(low, high)| seq > low && seq <= high))
            .collect();
        if !changed.is_empty() {
            let again: Vec<Stretch> =
                changed.iter().map(|(log, seq)| (*log, seq - 1, *seq)).collect();
            docs.extend(read(db, &again, &whose).await?.0);
        }
        let docs = numbered(db, docs).await?;
        let reached: Vec<_> = stands.iter().map(|one| (one.log, one.low, one.high)).collect();
        // What is put in takes the place of whatever is there of the same message: a log that was
        // wound back by hand would otherwise stop the index for good.
        let gone: BTreeSet<(LogId, i64)> =
            changed.into_iter().chain(docs.iter().map(|(_, doc)| (doc.log, doc.seq))).collect();
        index::put(db, &gone, &docs, &reached).await?;
        turn.is_over();
        let now: HashMap<LogId, &Stand> = stands.iter().map(|stand| (stand.log, stand)).collect();
        let followed = |asked: &Stand| {
            let stand = now.get(&asked.log)?;
            let (news, past) = (stand.high < stand.top, stand.low > 0);
            Some(Followed { place: asked.place, log: asked.log, news, past })
        };
        Ok(asked.iter().filter_map(followed).collect())
    }
}

/// What these stretches hold: messages that were not deleted, and which messages were changed.
async fn read(
    db: &mut Connection,
    stretches: &[Stretch],
    whose: &HashMap<LogId, Option<(UserId, UserId)>>,
) -> Result<(Vec<Doc>, HashSet<(LogId, i64)>)> {
    if stretches.is_empty() {
        return Ok(Default::default());
    }
    #[derive(Deserialize)]
    struct Changed {
        message: String,
    }
    let (said, events) = index::read(db, stretches).await?;
    let doc = |(log, seq, author, at, body, files): index::Said| {
        let between = whose.get(&log).copied().flatten();
        let mut marks = marks(log, author, At(at), between);
        if has_link(&body) {
            marks.push(index::of_thing(Has::Link).to_owned());
        }
        if files != 0 {
            marks.push(index::of_thing(Has::File).to_owned());
        }
        Doc { log, seq, at: At(at), marks: marks.join(" "), words: terms::joined(&body) }
    };
    let changed = events.iter().filter_map(|(log, data)| {
        let place = message_place(&serde_json::from_str::<Changed>(data).ok()?.message)?;
        (place.0 == *log).then_some(place)
    });
    Ok((said.into_iter().map(doc).collect(), changed.collect()))
}

/// What is asked of a message beside its words, each as a term of its own.
fn marks(log: LogId, author: UserId, at: At, between: Option<(UserId, UserId)>) -> Vec<String> {
    let mut marks = vec![index::of_log(log), index::of_author(author)];
    marks.extend(index::of_day(at.day()));
    match between {
        Some((low, high)) => marks.extend([index::of_member(low), index::of_member(high)]),
        None => marks.push(index::ROOM.to_owned()),
    }
    marks
}

/// Whether a text holds a link: an address of the web and something after it.
fn has_link(body: &str) -> bool {
    let lower = body.to_ascii_lowercase();
    ["http://", "https://"].iter().any(|scheme| {
        lower
            .match_indices(scheme)
            .any(|(at, _)| lower[at + scheme.len()..].starts_with(char::is_alphanumeric))
    })
}

/// Gives each message its key: the next one of its millisecond that is free.
async fn numbered(db: &mut Connection, docs: Vec<Doc>) -> Result<Vec<(i64, Doc)>> {
    let mut numbered = Vec::with_capacity(docs.len());
    let mut open: Vec<(i64, Doc)> =
        docs.into_iter().map(|doc| (index::slot(doc.at), doc)).collect();
    while !open.is_empty() {
        let slots: BTreeSet<i64> = open.iter().map(|(slot, _)| *slot).collect();
        let mut free: BTreeMap<i64, i64> = index::free(db, &slots).await?;
        let mut full = Vec::new();
        for (slot, doc) in open {
            let next = free.entry(slot).or_insert(slot);
            if *next < slot + index::SLOT {
                numbered.push((*next, doc));
                *next += 1;
            } else {
                // A million in one millisecond were not said but brought from elsewhere.
                full.push((slot + index::SLOT, doc));
            }
        }
        open = full;
    }
    Ok(numbered)
}

#[cfg(test)]
mod tests;
