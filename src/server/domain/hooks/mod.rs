//! A room's webhooks: addresses at which it takes messages, and addresses that are told of what is said
//! in it. Those make and end them who keep order in the room. An address belongs to the room, not
//! to whoever made it: it stays when they keep order there no longer.

mod calling;
mod incoming;
mod signed;
mod slack;
mod turns;

use super::{Domain, Member, Scope, Who, unavailable};
use crate::protocol::names::{self, Kind, fold};
use crate::protocol::webhooks::{Delivery, InHook, Made, OutHook, Webhooks};
use crate::protocol::{At, Code, Refusal};
use crate::server::security::secrets;
use crate::server::store::acts::{Acting, Boxed, Outcome};
use crate::server::store::rooms::Room;
use crate::server::store::writer::{Committed, Place};
use crate::server::store::{LogId, UserId, deliveries, hooks, users};
use crate::words::Word;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

pub use calling::{PATIENCE, RETRY};

/// Addresses of one room, of each kind.
const MOST: i64 = 20;
/// Names that programs of one room have or had: a name is never given back, as what was said under it
/// stays. Far more than a room needs, and far fewer than somebody could take who only makes addresses and
/// ends them.
const NAMES: i64 = 100;
/// Characters of the word that a message must say.
const WORD: usize = 64;
/// Deliveries that a page shows of each address.
const SHOWN: usize = 10;
/// What is shown once is kept for this long, until the page that it is for asks for it…
const KEPT: Duration = Duration::from_secs(300);
/// …and of so many.
const MOST_KEPT: usize = 64;

/// What is known of outgoing addresses without asking, and who wakes whoever calls them.
#[derive(Default)]
pub struct Hooks {
    /// Whether there are any: a house without them is asked nothing else.
    any: AtomicBool,
    /// The rooms that have some.
    rooms: Mutex<HashSet<LogId>>,
    /// Those in which something was said since it was last taken up.
    grown: Mutex<HashSet<LogId>>,
    woken: Notify,
    /// Whether others may have some by now.
    changed: AtomicBool,
    /// Calls under way.
    calls: Arc<AtomicUsize>,
    /// What is shown once, under a key that only the page knows which it is for.
    made: Mutex<HashMap<String, (UserId, Instant, Made)>>,
}

/// A call under way.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn open<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    // A poisoned lock cannot happen: nothing panics while it is held.
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hooks {
    /// Something was committed to these places. Called by the writer.
    pub(super) fn note(&self, committed: &[Committed]) {
        if !self.any.load(Ordering::Relaxed) {
            return;
        }
        let rooms = open(&self.rooms);
        let log = |one: &Committed| match one {
            Committed::Said { place: Place::Room { log, .. }, .. } => Some(*log),
            _ => None,
        };
        let mut grown: Vec<LogId> = committed.iter().filter_map(log).collect();
        grown.retain(|log| rooms.contains(log));
        drop(rooms);
        if !grown.is_empty() {
            open(&self.grown).extend(grown);
            self.woken.notify_one();
        }
    }

    /// Calls under way.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    fn counted(&self) -> Counted {
        self.calls.fetch_add(1, Ordering::Relaxed);
        Counted(Arc::clone(&self.calls))
    }

    /// Outgoing addresses were made, ended or switched. What is said until that is learned is in the logs, and
    /// looked at then.
    pub(super) fn have_changed(&self) {
        self.changed.store(true, Ordering::Release);
        self.woken.notify_one();
    }

    fn begin_to_learn(&self) -> bool {
        self.changed.swap(false, Ordering::AcqRel)
    }

    /// These rooms have outgoing addresses, and no others.
    fn learn(&self, rooms: Vec<LogId>) {
        *open(&self.rooms) = rooms.iter().copied().collect();
        // What was said while it was not known that somebody is told of it is in the log.
        open(&self.grown).extend(&rooms);
        self.any.store(!rooms.is_empty(), Ordering::Relaxed);
    }

    fn take_grown(&self) -> HashSet<LogId> {
        std::mem::take(&mut *open(&self.grown))
    }

    fn have_grown(&self, logs: impl IntoIterator<Item = LogId>) {
        open(&self.grown).extend(logs);
    }

    /// Keeps what is to be shown once; answers the key for it.
    fn keep(&self, who: UserId, what: Made) -> String {
        let now = Instant::now();
        let mut made = open(&self.made);
        made.retain(|_, (_, at, _)| now.duration_since(*at) < KEPT);
        if made.len() >= MOST_KEPT
            && let Some(oldest) =
                made.iter().min_by_key(|(_, (_, at, _))| *at).map(|(key, _)| key.clone())
        {
            made.remove(&oldest);
        }
        let key = secrets::short_id();
        made.insert(key.clone(), (who, now, what));
        key
    }

    /// Gives it to whoever it is for, once.
    fn show(&self, who: UserId, key: &str) -> Option<Made> {
        let mut made = open(&self.made);
        let mine = made.get(key).is_some_and(|(by, at, _)| *by == who && at.elapsed() < KEPT);
        if mine { made.remove(key).map(|(.., what)| what) } else { None }
    }
}

fn no_hook() -> Refusal {
    Refusal::new(Code::NotFound, Word::NoSuchHook)
}

fn too_many() -> Refusal {
    Refusal::new(Code::TooMany, Word::TooManyHooks.of(&[&MOST]))
}

impl Domain {
    /// A room in which I keep order, where I am about to do something with its webhooks: in person, since a
    /// token that could make addresses could make itself one that reads what it may not read, and is left
    /// when it ends.
    async fn my_hooks(&self, who: &Who, room: &str) -> Result<(Arc<Member>, Room), Refusal> {
        who.member()?.in_person(Word::HookNotByToken)?;
        self.my_turn(who, room).await
    }

    /// Does something with an outgoing address of a room in which I keep order; `work` is told which it
    /// is, and whether it is on.
    async fn with_outgoing<F>(
        &self,
        who: &Who,
        room: &str,
        hook: &str,
        work: F,
    ) -> Result<(), Refusal>
    where
        F: for<'a, 'c> FnOnce(&'a mut Acting<'c>, String, bool) -> Boxed<'a, Outcome>
            + Send
            + 'static,
    {
        let (me, room) = self.my_hooks(who, room).await?;
        let hook = hook.to_owned();
        self.keep_order(me, room, move |acting, _, room| {
            Box::pin(async move {
                match hooks::is_on(acting.db, room.log_id, &hook).await? {
                    Some(is_on) => work(acting, hook, is_on).await,
                    None => Ok(Err(no_hook())),
                }
            })
        })
        .await
    }

    /// A room's addresses, with the last that was told to each, and what was just made, if `made` is its key.
    /// What servers answered that only the settings make reachable is for administrators.
    ///
    /// # Errors
    /// `forbidden` for all but those who keep order in it, `not_found` for what is not theirs to see.
    pub async fn webhooks(&self, who: &Who, room: &str, made: &str) -> Result<Webhooks, Refusal> {
        who.may(Scope::Read)?;
        let (me, room) = self.my_order(who, room).await?;
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let incoming = hooks::incoming(&mut db, room.log_id).await.map_err(unavailable)?;
        let outgoing = hooks::outgoing(&mut db, room.log_id).await.map_err(unavailable)?;
        let mut out = Vec::with_capacity(outgoing.len());
        for hook in outgoing {
            let last = deliveries::last(&mut db, &hook.id, SHOWN).await.map_err(unavailable)?;
            let shows = me.admin || !hook.inside;
            let line = |line: deliveries::Line| Delivery {
                id: line.id,
                seq: line.seq,
                at: At(line.at),
                tries: line.tries,
                next_at: line.next_at.map(At),
                status: line.status,
                error: line.error,
                answer: line.answer.filter(|_| shows),
            };
            out.push(OutHook {
                id: hook.id,
                url: hook.url,
                word: hook.word,
                made_by: hook.made_by,
                made_at: At(hook.made_at),
                off: hook.off,
                last: last.into_iter().map(line).collect(),
            });
        }
        let in_line = |hook: hooks::Incoming| InHook {
            id: hook.id,
            name: hook.name,
            made_by: hook.made_by,
            made_at: At(hook.made_at),
            used_at: hook.used_at.map(At),
        };
        Ok(Webhooks {
            room: room.name,
            incoming: incoming.into_iter().map(in_line).collect(),
            outgoing: out,
            made: me.session.as_ref().and_then(|_| self.hooks.show(me.id, made)),
        })
    }

    /// Makes an address at which a room takes messages, for a program of this name. Answers the key of what
    /// is shown once.
    ///
    /// # Errors
    /// `forbidden` for all but those who keep order in the room, and for tokens; `invalid` of the field `name`
    /// for one that cannot be or belongs to somebody else; `too_many`.
    pub async fn make_incoming(
        &self,
        who: &Who,
        room: &str,
        name: &str,
    ) -> Result<String, Refusal> {
        let (me, room) = self.my_hooks(who, room).await?;
        let name = names::check(Kind::User, name)?;
        let (id, secret) = (secrets::short_id(), secrets::secret());
        let made = Made::Incoming {
            name: name.shown.clone(),
            address: format!("{}/hooks/{id}/{secret}", self.base()),
        };
        let by = me.id;
        let hash = secrets::hash(&secret);
        self.keep_order(me, room, move |acting, me, room| {
            Box::pin(async move {
                let (now, log) = (acting.now, room.log_id);
                if hooks::count(acting.db, log).await?.0 >= MOST {
                    return Ok(Err(too_many()));
                }
                // A program of this room that lost its address, or has another one, comes by this one too.
                let bot = match users::bot(acting.db, &fold(&name.shown)).await? {
                    Some((bot, _, of)) if of == log => bot,
                    _ if users::count_bots(acting.db, log).await? >= NAMES => {
                        let why = Word::HookNamesTooMany.of(&[&NAMES]);
                        return Ok(Err(Refusal::new(Code::TooMany, why)));
                    }
                    _ => match users::make(acting.db, &name, "", false).await? {
                        Some(bot) => bot,
                        None => return Ok(Err(Refusal::invalid("name", Word::NameTaken))),
                    },
                };
                users::is_bot_of(acting.db, bot, log).await?;
                let (id, hash) = (&*id, &*hash);
                let new = hooks::NewIncoming { id, hash, log, bot, by: me.id };
                hooks::add_incoming(acting.db, &new, now).await?;
                Ok(Ok(()))
            })
        })
        .await?;
        Ok(self.hooks.keep(by, made))
    }

    /// Ends an address at which a room takes messages. What was said by it stays.
    ///
    /// # Errors
    /// `forbidden` for all but those who keep order in the room, `not_found`.
    pub async fn remove_incoming(&self, who: &Who, room: &str, hook: &str) -> Result<(), Refusal> {
        let (me, room) = self.my_hooks(who, room).await?;
        let hook = hook.to_owned();
        self.keep_order(me, room, move |acting, _, room| {
            Box::pin(async move {
                let gone = hooks::remove_incoming(acting.db, room.log_id, &hook).await?;
                Ok(if gone { Ok(()) } else { Err(no_hook()) })
            })
        })
        .await
    }

    /// Has an address told of what is said in a room from now on; if `word` is not empty, only of what says
    /// that word. Only administrators name one that no public server is. Answers the key of what is shown
    /// once.
    ///
    /// # Errors
    /// `forbidden` for all but those who keep order in the room, and for tokens; `invalid` of the field `url`;
    /// `too_long`; `too_many`.
    pub async fn make_outgoing(
        &self,
        who: &Who,
        room: &str,
        url: &str,
        word: &str,
    ) -> Result<String, Refusal> {
        let (me, room) = self.my_hooks(who, room).await?;
        let (url, word) = (url.trim().to_owned(), word.trim().to_owned());
        if me.admin {
            self.outside.check_url(&url)?;
        } else {
            self.outside.check_public_url(&url)?;
        }
        if word.chars().count() > WORD {
            return Err(Refusal::too_long("word", Word::HookWordTooLong.of(&[&WORD])));
        }
        let (id, secret) = (secrets::short_id(), signed::secret());
        let made = Made::Outgoing { url: url.clone(), secret: secret.clone() };
        let by = me.id;
        self.keep_order(me, room, move |acting, me, room| {
            Box::pin(async move {
                let (now, log) = (acting.now, room.log_id);
                if hooks::count(acting.db, log).await?.1 >= MOST {
                    return Ok(Err(too_many()));
                }
                let (id, url, word, secret) = (&*id, &*url, &*word, &*secret);
                let new = hooks::NewOutgoing { id, log, url, word, secret, by: me.id };
                hooks::add_outgoing(acting.db, &new, now).await?;
                Ok(Ok(()))
            })
        })
        .await?;
        self.hooks.have_changed();
        Ok(self.hooks.keep(by, made))
    }

    /// Has an address told of nothing any more.
    ///
    /// # Errors
    /// `forbidden` for all but those who keep order in the room, and for tokens; `not_found`.
    pub async fn remove_outgoing(&self, who: &Who, room: &str, hook: &str) -> Result<(), Refusal> {
        self.with_outgoing(who, room, hook, |acting, hook, _| {
            Box::pin(async move {
                hooks::remove_outgoing(acting.db, &hook).await?;
                Ok(Ok(()))
            })
        })
        .await?;
        self.hooks.have_changed();
        Ok(())
    }

    /// Switches an address on again that was switched off, from what is said now on.
    ///
    /// # Errors
    /// Those of [`Domain::remove_outgoing`].
    pub async fn turn_on_outgoing(&self, who: &Who, room: &str, hook: &str) -> Result<(), Refusal> {
        self.with_outgoing(who, room, hook, |acting, hook, _| {
            Box::pin(async move {
                hooks::turn_on(acting.db, &hook).await?;
                Ok(Ok(()))
            })
        })
        .await?;
        self.hooks.have_changed();
        Ok(())
    }

    /// Tells an address that this is a test, once, also where it rests.
    ///
    /// # Errors
    /// Those of [`Domain::remove_outgoing`]; `invalid` for one that is switched off.
    pub async fn test_outgoing(&self, who: &Who, room: &str, hook: &str) -> Result<(), Refusal> {
        self.with_outgoing(who, room, hook, |acting, hook, is_on| {
            Box::pin(async move {
                if !is_on {
                    return Ok(Err(Refusal::invalid("hook", Word::HookIsOff)));
                }
                let (id, now) = (calling::test_id(&hook, acting.now), acting.now);
                deliveries::add(acting.db, &id, &hook, None, now).await?;
                hooks::end_rest(acting.db, &hook).await?;
                Ok(Ok(()))
            })
        })
        .await?;
        self.hooks.woken.notify_one();
        Ok(())
    }

    /// Tells an address once more what arrived or was given up, under the same id, also where it rests.
    ///
    /// # Errors
    /// `forbidden` for all but those who keep order in the room, and for tokens; `not_found` where there is
    /// nothing of the kind, or it is switched off.
    pub async fn send_again(&self, who: &Who, room: &str, delivery: &str) -> Result<(), Refusal> {
        let (me, room) = self.my_hooks(who, room).await?;
        let delivery = delivery.to_owned();
        self.keep_order(me, room, move |acting, _, room| {
            Box::pin(async move {
                let (now, log) = (acting.now, room.log_id);
                let Some(hook) = deliveries::again(acting.db, &delivery, log, now).await? else {
                    return Ok(Err(no_hook()));
                };
                hooks::end_rest(acting.db, &hook).await?;
                Ok(Ok(()))
            })
        })
        .await?;
        self.hooks.woken.notify_one();
        Ok(())
    }

    /// The room whose program has this name, as far as whoever asks may see that room.
    ///
    /// # Errors
    /// `not_found` where there is none.
    pub async fn program(&self, who: &Who, name: &str) -> Result<(String, String), Refusal> {
        who.member()?.may(Scope::Read)?;
        let nobody = || Refusal::not_found("person of that name");
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let bot = users::bot(&mut db, &fold(name)).await.map_err(unavailable)?;
        let (_, name, log) = bot.ok_or_else(nobody)?;
        let room = crate::server::store::rooms::by_log(&mut db, log).await.map_err(unavailable)?;
        let room = room.ok_or_else(nobody)?;
        if self.sees(&mut db, who, &room).await? { Ok((name, room.name)) } else { Err(nobody()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_once_is_shown_to_whoever_made_it_and_once() {
        let hooks = Hooks::default();
        let made = || Made::Incoming { name: "b".to_owned(), address: "a".to_owned() };
        let key = hooks.keep(UserId(1), made());
        assert!(hooks.show(UserId(2), &key).is_none());
        assert!(hooks.show(UserId(1), "other").is_none());
        assert!(hooks.show(UserId(1), &key).is_some());
        assert!(hooks.show(UserId(1), &key).is_none());
        for _ in 0..MOST_KEPT * 2 {
            hooks.keep(UserId(1), made());
        }
        assert_eq!(open(&hooks.made).len(), MOST_KEPT);
    }

    #[test]
    fn only_rooms_that_somebody_is_told_of_wake_anybody() {
        use crate::protocol::frames::Event;
        let said = |log: i64| {
            let data = serde_json::value::RawValue::NULL.to_owned();
            let event = Event { seq: 1, kind: "message".into(), cid: None, data };
            Committed::Said { place: Place::Room { log: LogId(log), name: "r".into() }, event }
        };
        let hooks = Hooks::default();
        hooks.note(&[said(1)]);
        assert!(hooks.take_grown().is_empty());
        hooks.learn(vec![LogId(1)]);
        assert_eq!(hooks.take_grown(), HashSet::from([LogId(1)]));
        hooks.note(&[said(1), said(2), said(1)]);
        assert_eq!(hooks.take_grown(), HashSet::from([LogId(1)]));
    }
}
