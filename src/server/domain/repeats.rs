//! Repeating pushes: rows that outlive a restart, and one task that does what is due (`runner`). Each is
//! pushed as anything else is, with its maker's rights of that moment.

mod runner;
mod step;

use super::push::{Aim, Pushing, digest, pusher, stored::conflict};
use super::who::Scope;
use super::{Domain, Member, Who, unavailable};
use crate::protocol::{At, Code, Refusal};
use crate::server::security::secrets;
use crate::server::store::repeats::{self, Row};
use crate::server::store::{Connection, Result as Stored, UserId};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Milliseconds from one push to the next: not so often that nobody reads it, once a day at least.
pub const EVERY_MS: RangeInclusive<u64> = 500..=86_400_000;
/// How often one may be pushed.
pub const TIMES: RangeInclusive<u64> = 1..=1_000_000;
/// That go on at once, of one user…
const OF_USER: i64 = 20;
/// …and in all: each is a commit a beat at most, and they share one.
const IN_ALL: i64 = 200;
/// How long one sees why a push has ended…
const SEEN_MS: i64 = 24 * 3_600 * 1_000;
/// …and of how many.
const SEEN: usize = 200;

/// How often something is pushed, and how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repetition {
    /// Milliseconds from one to the next.
    pub every_ms: u64,
    /// How often at most.
    pub times: Option<u64>,
    /// Until when at most.
    pub until: Option<At>,
}

/// Why a repeating push has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Somebody stopped it.
    Stopped,
    /// It was pushed as often as it was to be.
    Count,
    /// It went on until it was to end.
    Until,
    /// Whoever made it may not do it any more: its token is revoked or expired, they are kept out, or
    /// what it was aimed at is not there for them.
    NotAllowed,
    /// Nobody was there to hear it.
    Nobody,
}

impl Reason {
    /// The word for it, in answers and in the database.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Count => "count",
            Self::Until => "until",
            Self::NotAllowed => "not_allowed",
            Self::Nobody => "nobody",
        }
    }

    /// What this word says.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Stopped, Self::Count, Self::Until, Self::NotAllowed, Self::Nobody]
            .into_iter()
            .find(|reason| reason.word() == word)
    }
}

/// A repeating push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// Names it.
    pub id: String,
    /// At whom.
    pub aim: Aim,
    /// The text.
    pub text: String,
    /// Where it leads.
    pub link: Option<String>,
    /// Whether each of them is stored.
    pub stored: bool,
    /// Milliseconds from one to the next.
    pub every_ms: u64,
    /// How often at most.
    pub times: Option<u64>,
    /// Until when at most.
    pub until: Option<At>,
    /// How often it was pushed.
    pub done: u64,
    /// Since when.
    pub started_at: At,
    /// When it is due next, if it goes on.
    pub next_at: At,
    /// Who made it.
    pub by: String,
    /// When and why it ended; none while it goes on.
    pub ended: Option<(At, Reason)>,
}

/// What this process holds for repeating pushes.
pub(super) struct Repeats {
    /// One was begun or ended: there is something to look at.
    news: tokio::sync::Notify,
    /// Whose rights have changed: theirs are looked at though they are not due.
    again: Mutex<BTreeSet<UserId>>,
    /// Held while what is due is being pushed.
    turn: tokio::sync::Mutex<()>,
    /// How many go on, as of the last look.
    live: AtomicUsize,
    /// How many are being pushed.
    ticking: AtomicUsize,
    /// When the server started.
    began: Instant,
}

impl Default for Repeats {
    fn default() -> Self {
        Self {
            news: tokio::sync::Notify::new(),
            again: Mutex::default(),
            turn: tokio::sync::Mutex::new(()),
            live: AtomicUsize::new(0),
            ticking: AtomicUsize::new(0),
            began: Instant::now(),
        }
    }
}

impl Repeats {
    /// How many go on, and how many are being pushed.
    pub(super) fn gauge(&self) -> (usize, usize) {
        (self.live.load(Ordering::Relaxed), self.ticking.load(Ordering::Relaxed))
    }

    /// Somebody may do less than they could: what they repeat ends now, and not when it is due.
    pub(super) fn ask_again(&self, user: UserId) {
        self.again().insert(user);
        self.news.notify_one();
    }

    fn again(&self) -> MutexGuard<'_, BTreeSet<UserId>> {
        // A poisoned lock cannot happen: nothing panics while it is held.
        self.again.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets those that nobody needs to know of any more.
    async fn tidy(db: &mut Connection, now: At) -> Stored<()> {
        repeats::tidy(db, At(now.0 - SEEN_MS), SEEN).await
    }
}

fn check(repetition: &Repetition, now: At) -> Result<(), Refusal> {
    let within = |field, it: &RangeInclusive<u64>, value| {
        if it.contains(&value) {
            return Ok(());
        }
        let why = format!("It is a whole number from {} to {}.", it.start(), it.end());
        Err(Refusal::invalid(field, why))
    };
    within("every_ms", &EVERY_MS, repetition.every_ms)?;
    if let Some(times) = repetition.times {
        within("times", &TIMES, times)?;
    }
    if repetition.until.is_some_and(|until| until <= now) {
        return Err(Refusal::invalid("until", "This moment is over."));
    }
    Ok(())
}

/// As it is shown; none where a later version wrote what this one does not know.
fn shown(row: Row) -> Option<Repeat> {
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    // While nobody is there it is looked at in between.
    let beats =
        (row.next_at - row.started_at).max(0).unsigned_abs().div_ceil(count(row.every_ms).max(1));
    let next = i64::try_from(beats).unwrap_or(0).saturating_mul(row.every_ms);
    Some(Repeat {
        id: row.id,
        aim: Aim::of_word(&row.aim)?,
        text: row.text,
        link: row.link,
        stored: row.stored,
        every_ms: count(row.every_ms),
        times: row.times.map(count),
        until: row.until.map(At),
        done: count(row.done),
        started_at: At(row.started_at),
        next_at: At(row.started_at.saturating_add(next)),
        by: row.by_name,
        ended: match row.ended_at {
            Some(at) => Some((At(at), Reason::of_word(row.reason.as_deref()?)?)),
            None => None,
        },
    })
}

/// Whoever asks, if they push anything: to people and rooms, or to everybody.
fn pushes_at_all(who: &Who) -> Result<&Arc<Member>, Refusal> {
    let me = who.member()?;
    me.may(Scope::Push).or_else(|refusal| me.may(Scope::Broadcast).map_err(|_| refusal))?;
    Ok(me)
}

/// Whether it is theirs to see and to stop: their own, and an administrator's whoever made it.
fn theirs(me: &Member, row: &Row) -> bool {
    me.admin || row.user_id == me.id
}

fn not_here() -> Refusal {
    Refusal::not_found("such repeating push")
}

impl Domain {
    /// Starts to push something again and again, the first time at once. It ends by itself when its count
    /// is used up, when it has gone on until it was to end, when its maker may not do it any more, and
    /// when nobody is there to hear it; but the first of what is stored waits for those who are away.
    ///
    /// # Errors
    /// Those of [`Domain::push`]; `invalid` for what is out of bounds; `too_many`.
    pub async fn start_repeating(
        &self,
        who: &Who,
        aim: &Aim,
        pushing: Pushing,
        repetition: Repetition,
    ) -> Result<Repeat, Refusal> {
        let me = pusher(who, aim)?;
        let now = At::now();
        self.check_pushing(aim, &pushing)?;
        check(&repetition, now)?;
        let found = self.aimed(who, aim).await?;
        self.keeps_pace(me)?;
        let Repetition { every_ms, times, until } = repetition;
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let row = Row {
            id: secrets::short_id(),
            user_id: me.id,
            by_name: me.name.to_string(),
            token: me.token.as_ref().map(|token| token.id.clone()),
            digest: digest(&found, &pushing, &(every_ms, times, until)),
            aim: found.aim().word(),
            text: pushing.text,
            link: pushing.link,
            stored: pushing.stored,
            every_ms: number(every_ms),
            times: times.map(number),
            until: until.map(|until| until.0),
            done: 0,
            started_at: now.0,
            next_at: now.0,
            absent_at: None,
            ended_at: None,
            reason: None,
        };
        let row = self.add_repeat(me, row, pushing.cid.as_deref()).await?;
        self.repeats.news.notify_one();
        shown(row).ok_or_else(Refusal::unavailable)
    }

    async fn add_repeat(&self, me: &Member, row: Row, cid: Option<&str>) -> Result<Row, Refusal> {
        let mut tx = self.store.write().await.map_err(unavailable)?;
        if let Some(cid) = cid
            && let Some(before) = repeats::by_cid(&mut tx, me.id, cid).await.map_err(unavailable)?
        {
            return if before.digest == row.digest { Ok(before) } else { Err(conflict()) };
        }
        let (mine, all) = repeats::count(&mut tx, me.id).await.map_err(unavailable)?;
        if mine >= OF_USER || all >= IN_ALL {
            let why = if mine >= OF_USER {
                format!("At most {OF_USER} of your pushes repeat at once. Stop one first.")
            } else {
                format!("At most {IN_ALL} pushes repeat at once in this house.")
            };
            return Err(Refusal::new(Code::TooMany, why));
        }
        repeats::add(&mut tx, &row, cid).await.map_err(unavailable)?;
        tx.commit().await.map_err(unavailable)?;
        self.repeats.live.store(usize::try_from(all + 1).unwrap_or(0), Ordering::Relaxed);
        Ok(row)
    }

    /// My repeating pushes, the latest first; an administrator's are all of the house. Those that have
    /// ended stay for a day.
    ///
    /// # Errors
    /// `login_needed` for a visitor, `forbidden` of a token that does not push.
    pub async fn repeating(&self, who: &Who) -> Result<Vec<Repeat>, Refusal> {
        let me = pushes_at_all(who)?;
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let rows = repeats::list(&mut db, (!me.admin).then_some(me.id)).await;
        Ok(rows.map_err(unavailable)?.into_iter().filter_map(shown).collect())
    }

    /// One of them, until somebody stops it: then the list alone tells of it, for a day.
    ///
    /// # Errors
    /// `not_found` for all but its maker and administrators.
    pub async fn repeat(&self, who: &Who, id: &str) -> Result<Repeat, Refusal> {
        let me = pushes_at_all(who)?;
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let row = repeats::find(&mut db, id).await.map_err(unavailable)?;
        let repeat = row.filter(|row| theirs(me, row)).and_then(shown);
        let gone = |it: &Repeat| matches!(it.ended, Some((_, Reason::Stopped)));
        repeat.filter(|it| !gone(it)).ok_or_else(not_here)
    }

    /// Ends a repeating push: once this is answered, nothing of it is heard any more. Of one that has
    /// ended that is so already.
    ///
    /// # Errors
    /// `not_found` for all but its maker and administrators.
    pub async fn stop_repeating(&self, who: &Who, id: &str) -> Result<(), Refusal> {
        let me = pushes_at_all(who)?;
        // What is being pushed is heard first.
        let _turn = self.repeats.turn.lock().await;
        let now = At::now();
        let mut tx = self.store.write().await.map_err(unavailable)?;
        let row = repeats::find(&mut tx, id).await.map_err(unavailable)?;
        row.filter(|row| theirs(me, row)).ok_or_else(not_here)?;
        repeats::end(&mut tx, id, now, Reason::Stopped.word()).await.map_err(unavailable)?;
        Repeats::tidy(&mut tx, now).await.map_err(unavailable)?;
        tx.commit().await.map_err(unavailable)?;
        self.repeats.news.notify_one();
        Ok(())
    }
}
