//! Searching what was said, everywhere one may read.
//!
//! Newest first and not by rank: in a chat people look for what they remember, and remember it by
//! when it was. Then a page is full as soon as enough was found, however many messages match.

mod query;
mod snippet;

use super::places::Place;
use super::{Domain, Scope, Who, unavailable};
use crate::protocol::names::fold;
use crate::protocol::search::{Asked, Found, HITS, Hit, QUESTION};
use crate::protocol::{At, Code, Refusal, Target};
use crate::server::security::addresses::network;
use crate::server::security::rate::Asker;
use crate::server::store::heads::Of;
use crate::server::store::search::{self as index, Place as Where};
use crate::server::store::{Connection, LogId, UserId, directs, message_id, users};
use crate::words::Word;
use query::Query;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Searches at a time: half of those who read the database, so that pages never wait for them.
pub(super) const AT_ONCE: usize = 2;
/// Messages looked through in a first stretch: mostly enough for a page…
const FIRST: i64 = 4_096;
/// …and in each that follows, so many times as many, but not more than…
const GROWTH: i64 = 8;
/// …this: some tens of milliseconds, whatever is asked.
const MOST: i64 = 262_144;
/// After this time what was found is answered, and how far back was looked.
const PATIENCE: Duration = Duration::from_millis(400);

impl Domain {
    /// What was said, newest first. `address` is where a visitor asks from.
    ///
    /// # Errors
    /// `too_long`, `invalid` or `not_found` with the field that cannot be asked so; `login_needed`
    /// for a visitor where only members read; `rate_limited`.
    pub async fn search(
        &self,
        who: &Who,
        address: IpAddr,
        asked: &Asked,
    ) -> Result<Found, Refusal> {
        who.may(Scope::Read)?;
        if !self.config.public_reading {
            who.member()?;
        }
        let (query, before) = read(asked)?;
        if asked.is_empty() {
            return Ok(Found { whole: true, ..Found::default() });
        }
        self.searches.may_ask(match who {
            Who::Member(me) => Asker::Member(me.id),
            Who::Visitor => Asker::Visitor(network(address)),
        })?;
        // One who hung up waits no longer; whoever closes them all is the end of the house.
        let _turn = self.searching.acquire().await.map_err(|_| Refusal::unavailable())?;
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let authors = self.authors(&mut db, &query.from).await?;
        let places = self.places(&mut db, who, &query.places).await?;
        let reach = self.reach(&mut db, who).await?;
        // Nothing is held while others write.
        drop(db);
        if places.as_ref().is_some_and(Vec::is_empty) {
            // Nothing was ever said there.
            return Ok(Found { whole: true, ..Found::default() });
        }
        let needed: Option<Vec<Of>> =
            places.as_ref().map(|places| places.iter().flat_map(|(_, of)| *of).collect());
        if let Err(error) = self.indexer.bring_up(&self.store, needed.as_deref()).await {
            // What is in the index can be found all the same.
            tracing::warn!(%error, "the index could not be brought up to date for a search");
        }
        let asked = index::Asked {
            phrases: query.phrases,
            authors,
            logs: places.unwrap_or_default().into_iter().map(|(log, _)| log).collect(),
            has: query.has,
            since: At::of_day(query.since.unwrap_or(0)),
            until: At::of_day(query.until.unwrap_or(i64::MAX)),
            reach,
        };
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let (mut hits, next) = look(&mut db, &asked, before).await.map_err(unavailable)?;
        let (more, last) = (hits.len() > HITS, hits.get(HITS - 1).map(|hit| hit.docid));
        hits.truncate(HITS);
        // Who was shown out meanwhile is told nothing more.
        let logs: Vec<LogId> = hits.iter().map(|hit| hit.log).collect();
        let unseen = self.unseen(&mut db, who, &logs).await?;
        hits.retain(|hit| !unseen.contains(&hit.log));
        let older = if more { last } else { next };
        let back_to = if more { None } else { next.map(index::moment_of) };
        Ok(Found {
            hits: hits.into_iter().map(|hit| shown(who, hit, &asked)).collect(),
            older: older.map(|docid| docid.to_string()),
            back_to,
            whole: self.indexer.is_whole(),
        })
    }

    /// The people of these names.
    async fn authors(&self, db: &mut Connection, names: &[String]) -> Result<Vec<UserId>, Refusal> {
        let mut authors = Vec::new();
        for name in names {
            let author = users::author(db, &fold(name)).await.map_err(unavailable)?;
            authors.push(author.ok_or_else(|| not_there("from", Word::NoSuchPerson))?);
        }
        Ok(authors)
    }

    /// The logs of these places, each with all that it may be noted under; none for anywhere.
    async fn places(
        &self,
        db: &mut Connection,
        who: &Who,
        typed: &[String],
    ) -> Result<Option<Vec<(LogId, [Of; 2])>>, Refusal> {
        let mut found = Vec::new();
        for name in typed {
            let to = Target::parse(name).unwrap_or_else(|| Target::Room(name.clone()));
            let place = self.find(db, who, &to).await.map_err(no_place)?;
            match &place {
                Place::Room { log, .. } => found.push((*log, [Of::Log(*log); 2])),
                Place::Direct { me, other, log: Some(log) } => {
                    let (low, high) = directs::pair(me.id, other.id);
                    found.push((*log, [Of::Log(*log), Of::Direct(low, high)]));
                }
                Place::Direct { log: None, .. } => {}
                Place::Own { .. } => {
                    return Err(Refusal::invalid("in", Word::SearchWhere));
                }
            }
        }
        Ok((!typed.is_empty()).then_some(found))
    }
}

/// A name that names nothing, or nothing for whoever asks.
fn not_there(field: &str, why: Word) -> Refusal {
    Refusal { field: Some(field.to_owned()), ..Refusal::new(Code::NotFound, why) }
}

/// The refusal of a place, said of the field it stands in; one for lack of a login stays as it is.
fn no_place(refusal: Refusal) -> Refusal {
    match refusal.code {
        Code::NotFound => not_there("in", Word::NoSuchPlace),
        Code::Invalid => Refusal { field: Some("in".to_owned()), ..refusal },
        _ => refusal,
    }
}

/// Reads the fields; and before which key the page begins.
fn read(asked: &Asked) -> Result<(Query, i64), Refusal> {
    for (field, text) in [("q", &asked.q), ("from", &asked.from), ("in", &asked.r#in)] {
        if text.chars().nth(QUESTION).is_some() {
            return Err(Refusal::too_long(field, Word::QuestionTooLong.of(&[&QUESTION])));
        }
    }
    let mut query = query::read(&asked.q);
    if query.is_empty() && !asked.q.trim().is_empty() {
        return Err(Refusal::invalid("q", Word::NoWordInThat));
    }
    let from = asked.from.trim();
    if !from.is_empty() {
        query.from = vec![from.strip_prefix('@').unwrap_or(from).to_owned()];
    }
    let place = asked.r#in.trim();
    if !place.is_empty() {
        query.places = vec![place.to_owned()];
    }
    let day = |field: &str, text: &str| match text.trim() {
        "" => Ok(None),
        text => query::day(text).map(Some).ok_or_else(|| Refusal::invalid(field, Word::NotADay)),
    };
    if let Some(since) = day("since", &asked.since)? {
        query.since(since);
    }
    if let Some(until) = day("until", &asked.until)? {
        query.until(until + 1);
    }
    let before = match asked.older.as_str() {
        "" => i64::MAX,
        older => older.parse().map_err(|_| Refusal::invalid("older", Word::NotAPage))?,
    };
    Ok((query, before))
}

/// Looks back, in stretches that grow, until there is more than a page or nothing is left or it has
/// taken long enough; answers too where to go on then.
async fn look(
    db: &mut Connection,
    asked: &index::Asked,
    mut before: i64,
) -> crate::server::store::Result<(Vec<index::Hit>, Option<i64>)> {
    let (began, mut docs) = (Instant::now(), FIRST);
    let mut hits = Vec::new();
    loop {
        let window = index::find(db, asked, before, docs, HITS + 1).await?;
        // The index was told whose question it is; that it listened is looked at all the same.
        hits.extend(window.hits.into_iter().filter(|hit| {
            asked.reach.holds(hit.log, &hit.place)
                && (!asked.authors.is_empty() || !asked.reach.blocked.contains(&hit.author_id))
                && (asked.logs.is_empty() || asked.logs.contains(&hit.log))
        }));
        let Some(next) = window.next else { return Ok((hits, None)) };
        if hits.len() > HITS || began.elapsed() > PATIENCE {
            return Ok((hits, Some(next)));
        }
        if window.whole {
            docs = (docs * GROWTH).min(MOST);
        }
        before = next;
    }
}

fn shown(who: &Who, hit: index::Hit, asked: &index::Asked) -> Hit {
    let to = match hit.place {
        Where::Room(name) => Target::Room(name),
        Where::Direct(low, high) => {
            let is_low = who.member().is_ok_and(|me| me.id == low.0);
            Target::Person(if is_low { high.1 } else { low.1 })
        }
    };
    Hit {
        to,
        id: message_id(hit.log, hit.seq),
        seq: hit.seq,
        pieces: snippet::snippet(&hit.body, &asked.phrases),
        author: hit.author,
        at: hit.at,
    }
}
