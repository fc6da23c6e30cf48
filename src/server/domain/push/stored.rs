//! Pushes that wait for those who are away: in the own logs of people, or as a message of a room.

use super::{Came, Found, Pushed, Pushing};
use crate::protocol::people::Notify;
use crate::protocol::views::AuthorKind;
use crate::protocol::{At, Code, Refusal};
use crate::server::domain::places::Place;
use crate::server::domain::post::Draft;
use crate::server::domain::rights::takes_words;
use crate::server::domain::{Domain, Member, Who, unavailable};
use crate::server::groups::{Groups, Push};
use crate::server::security::secrets;
use crate::server::store::acts::{Act, Acting, Boxed, Outcome};
use crate::server::store::pushes::{self, Before, Taken};
use crate::server::store::writer::{Done, Party, answered};
use crate::server::store::{Result as Stored, people};
use crate::words::Word;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// A push by its maker's own id for it.
#[derive(Clone, Debug)]
pub(in crate::server::domain) struct Once {
    /// The id.
    pub cid: String,
    /// Stands for what is pushed, and where: the same id means this alone.
    pub digest: String,
}

/// What came of storing it.
enum Told {
    /// It is stored now; who hears nothing of it.
    Now(Notify, BTreeSet<crate::server::store::UserId>),
    /// It was done before.
    Before(Before),
}

/// What an act leaves for whoever waits for it.
#[derive(Clone, Default)]
struct Left(Arc<Mutex<Option<Told>>>);

impl Left {
    fn lock(&self) -> MutexGuard<'_, Option<Told>> {
        // A poisoned lock cannot happen: nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The refusal of an id that stands for something else already.
pub(in crate::server::domain) fn conflict() -> Refusal {
    Refusal::new(Code::CidConflict, "This cid was already used for another push.")
}

impl Before {
    fn pushed(self, stored: bool) -> Option<Pushed> {
        let count = |n| usize::try_from(n).unwrap_or(0);
        let (people, connections, at) = (count(self.people), count(self.connections), At(self.at));
        self.id.map(|id| Pushed { id, stored, people, connections, at })
    }

    /// The answer that it was given.
    pub(super) fn answer(self, stored: bool) -> Result<Pushed, Refusal> {
        self.pushed(stored).ok_or_else(Refusal::unavailable)
    }
}

/// Stores it in the own log of whomever it is for. Whether it may be is asked here once more: it may have
/// changed since.
fn storing(
    me: Arc<Member>,
    found: Found,
    pushing: Pushing,
    once: Option<Once>,
    left: Left,
) -> impl for<'a, 'c> FnOnce(&'a mut Acting<'c>) -> Boxed<'a, Outcome> + Send + 'static {
    move |acting| {
        Box::pin(async move {
            if let Err(refusal) = may_still(acting, &me.party(), &found).await? {
                return Ok(Err(refusal));
            }
            let (id, now) = (secrets::short_id(), acting.now);
            if let Some(Once { cid, digest }) = &once {
                match pushes::take(acting.db, me.id, cid, digest, Some(&id), now).await? {
                    Taken::First => {}
                    Taken::Again(before) => {
                        *left.lock() = Some(Told::Before(before));
                        return Ok(Ok(()));
                    }
                    Taken::ForAnother => return Ok(Err(conflict())),
                }
            }
            let notify = found.notify(&me, id, pushing, now);
            let but = match &found {
                Found::Everyone => {
                    let but = pushes::blockers(acting.db, me.id).await?;
                    pushes::tell_everyone(acting, me.id, &notify).await?;
                    but
                }
                Found::Person(person) => {
                    acting.own(person.id, person.own, "notify", &notify).await?;
                    BTreeSet::new()
                }
                // What is for a room is said in it.
                Found::Room(_) => BTreeSet::new(),
            };
            *left.lock() = Some(Told::Now(notify, but));
            Ok(Ok(()))
        })
    }
}

async fn may_still(
    acting: &mut Acting<'_>,
    me: &Party,
    found: &Found,
) -> Stored<Result<(), Refusal>> {
    Ok(match found {
        Found::Everyone if !people::is_admin(acting.db, me.id).await? => {
            Err(Refusal::new(Code::Forbidden, Word::AdminsOnly))
        }
        _ if people::is_banned(acting.db, me.id).await? => {
            Err(Refusal::new(Code::Forbidden, Word::NotIntoHouse))
        }
        Found::Person(person) if person.id != me.id => {
            takes_words(people::between(acting.db, me.id, person.id).await?, &person.name)
        }
        _ => Ok(()),
    })
}

/// Tells those who are there and do not follow their own log, counts all who heard, and answers. Called
/// right after the commit was told, on the writer's thread: so all are told, though nobody waits any
/// more, and in the order of the commits.
fn telling(
    groups: Arc<dyn Groups>,
    found: &Found,
    left: Left,
) -> (Done<()>, oneshot::Receiver<Result<Came, Refusal>>) {
    let (answer, answered) = oneshot::channel();
    let group = found.group();
    let done = Box::new(move |result: Result<(), Refusal>| {
        let told = left.lock().take();
        let came = match (result, told) {
            (Ok(()), Some(Told::Now(notify, but))) => {
                let (id, at) = (notify.id.clone(), notify.at);
                let heard = groups.push(group, &Push { notify, stored: true, but });
                Ok(Came::Now(Pushed::by(id, at, true, &heard)))
            }
            (Ok(()), Some(Told::Before(before))) => before.answer(true).map(Came::Before),
            (Ok(()), None) => Err(Refusal::unavailable()),
            (Err(refusal), _) => Err(refusal),
        };
        // Whoever asked may have gone; it is done all the same.
        let _ = answer.send(came);
    });
    (done, answered)
}

impl Domain {
    /// Into the own log of a person, or of everybody.
    pub(super) async fn push_to_logs(
        &self,
        me: &Arc<Member>,
        found: Found,
        pushing: Pushing,
        once: Option<Once>,
    ) -> Result<Came, Refusal> {
        let left = Left::default();
        let (done, answer) = telling(Arc::clone(&self.groups), &found, left.clone());
        let work = Box::new(storing(Arc::clone(me), found, pushing, once, left));
        self.writer.act(Act { work, done, rights: false });
        answer.await.unwrap_or_else(|_| Err(Refusal::unavailable()))
    }

    /// Into a room: said there by the program.
    pub(super) async fn push_to_room(
        &self,
        me: &Arc<Member>,
        place: Place,
        pushing: Pushing,
        once: Option<&Once>,
    ) -> Result<Came, Refusal> {
        if let Some(once) = once
            && let Some(before) = self.take_once(me, once, None).await?
            && let Some(pushed) = before.pushed(true)
        {
            return Ok(Came::Before(pushed));
        }
        let body = self.as_said(&pushing);
        let cid = pushing.cid.clone().unwrap_or_else(secrets::short_id);
        let (reply_to, files) = (None, Vec::new());
        let draft = Draft { to: place.target(), cid, body, reply_to, files };
        // That it may push was asked, and is all that it takes.
        let program = Member { kind: AuthorKind::Bot, token: None, ..Member::clone(me) };
        let (done, answer) = answered();
        let said = match self.say_unhurried(&Who::Member(program.into()), draft, done).await {
            Ok(()) => answer.await,
            Err(refusal) => Err(refusal),
        };
        let said = match said {
            Ok(said) => said,
            Err(refusal) => {
                // What was refused was not done: the id is free.
                if let Some(once) = once {
                    self.give_up(me, once).await;
                }
                return Err(refusal);
            }
        };
        let (group, found) = (place.group(), Found::Room(place));
        let notify = found.notify(me, said.id.clone(), pushing, said.at);
        // They have heard it by their log, and are counted.
        let heard = self.groups.push(group, &Push { notify, stored: true, but: BTreeSet::new() });
        Ok(Came::Now(Pushed::by(said.id, said.at, true, &heard)))
    }

    /// What a room is told: the text, and where it leads on a line of its own.
    pub(super) fn as_said(&self, pushing: &Pushing) -> String {
        match &pushing.link {
            Some(link) if link.starts_with('/') => {
                let house = self.config.public_url.as_deref().unwrap_or_default();
                format!("{}\n{house}{link}", pushing.text)
            }
            Some(link) => format!("{}\n{link}", pushing.text),
            None => pushing.text.clone(),
        }
    }

    /// Takes an id for a push that is not stored in the same transaction; what was done under it before.
    pub(super) async fn take_once(
        &self,
        me: &Member,
        once: &Once,
        id: Option<(&str, At)>,
    ) -> Result<Option<Before>, Refusal> {
        let at = id.map_or_else(At::now, |(_, at)| at);
        let (Once { cid, digest }, id) = (once, id.map(|(id, _)| id));
        let mut tx = self.store.write().await.map_err(unavailable)?;
        let taken = pushes::take(&mut tx, me.id, cid, digest, id, at).await.map_err(unavailable)?;
        tx.commit().await.map_err(unavailable)?;
        match taken {
            Taken::First => Ok(None),
            Taken::Again(before) => Ok(Some(before)),
            Taken::ForAnother => Err(conflict()),
        }
    }

    async fn give_up(&self, me: &Member, once: &Once) {
        let done = async {
            let mut tx = self.store.write().await?;
            pushes::give_up(&mut tx, me.id, &once.cid).await?;
            tx.commit().await
        };
        if let Err(error) = done.await {
            tracing::warn!(%error, "the id of a push that was refused stays taken");
        }
    }

    /// Notes who heard it, for whoever asks again. Only a note: it is pushed.
    pub(super) async fn note_once(&self, me: &Member, once: &Once, pushed: &Pushed) {
        let done = async {
            let mut tx = self.store.write().await?;
            let heard = (pushed.people as i64, pushed.connections as i64);
            pushes::note(&mut tx, me.id, &once.cid, &pushed.id, pushed.at, heard).await?;
            tx.commit().await
        };
        if let Err(error) = done.await {
            tracing::warn!(%error, "who heard a push was not noted");
        }
    }
}
