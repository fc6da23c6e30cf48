//! What is told to somebody who is not looking, sent to their devices. What is to be sent is decided when
//! it is sent, at every try: the text is read then, and whoever has read it, may not see it any more or
//! wishes to hear nothing of it is not told.

mod reaching;

use super::places::Place;
use super::{Domain, Member, Who, unavailable};
use crate::protocol::glimpse::{glimpse, plain};
use crate::protocol::markdown;
use crate::protocol::names::fold;
use crate::protocol::people::{Level, NoticeKind, Notify};
use crate::protocol::urls;
use crate::protocol::views::{AuthorKind, Message, Reaction};
use crate::protocol::{At, Code, Refusal, Target};
use crate::server::outside::{Answer, Failed};
use crate::server::pocket::sealed::Seal;
use crate::server::pocket::service::{Came, Parcel, Urgency, origin};
use crate::server::pocket::shown::Shown;
use crate::server::pocket::waiting::{Due, Talk};
use crate::server::store::devices::{self, Reached};
use crate::server::store::{history, mentions, message_place};
use crate::words::{Lang, Word, Words};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// That a device still takes something is noted this often at most.
const NOTED_MS: i64 = 10 * 60 * 1_000;
/// The place that tests take on a device.
const TEST: &str = "test";

/// What waits for a device.
enum What {
    /// Somebody was told of this, by the event of that seq in their own log.
    Notice(Notify, i64),
    /// A test, and who waits for what comes of its first try.
    Test(Mutex<Option<oneshot::Sender<Came>>>),
}

impl What {
    /// What the first try came to, for whoever waits for it.
    fn tell(&self, came: Came) {
        if let Self::Test(done) = self
            && let Some(done) = done.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            // They may have gone.
            let _ = done.send(came);
        }
    }

    /// Where that is in their own log.
    fn seq(&self) -> Option<i64> {
        match self {
            Self::Notice(_, seq) => Some(*seq),
            Self::Test(_) => None,
        }
    }

    fn urgency(&self) -> Urgency {
        match self {
            Self::Notice(told, _) => match told.kind {
                NoticeKind::Direct | NoticeKind::Mention | NoticeKind::Reply => Urgency::High,
                NoticeKind::Reaction
                | NoticeKind::Invite
                | NoticeKind::Push
                | NoticeKind::Broadcast => Urgency::Normal,
            },
            Self::Test(_) => Urgency::High,
        }
    }
}

/// The conversation that something is of: a later notification takes the place of an earlier one.
fn talk(told: &Notify) -> Talk {
    let log = told.message.as_deref().and_then(message_place);
    match log {
        Some((log, _)) => log.0.to_string(),
        None => format!("{} {} {}", told.kind.word(), told.to, told.from),
    }
}

impl Domain {
    /// One try, and what is noted of it.
    async fn try_device(&self, due: &Due<Arc<What>>) -> Came {
        let tried = async {
            let mut db = self.store.glance().await.map_err(unavailable)?;
            let to = devices::reach(&mut db, &due.device, due.user, At::now()).await;
            let Some(to) = to.map_err(unavailable)? else { return Ok(Came::Nothing) };
            drop(db);
            let came = self.send_to(&to, due).await?;
            let noted = self.note_try(&to, due, came).await;
            if let Err(error) = noted {
                tracing::warn!(%error, "what came of a try was not noted");
            }
            Ok::<_, Refusal>(came)
        };
        // What failed was logged; it may be read again later.
        tried.await.unwrap_or(Came::Later(None))
    }

    async fn send_to(&self, to: &Reached, due: &Due<Arc<What>>) -> Result<Came, Refusal> {
        let lang = Lang::from_code(&to.lang).unwrap_or_default();
        let me = Arc::new(Member {
            id: due.user,
            name: to.name.as_str().into(),
            admin: to.admin,
            own: to.log_id,
            session: Some(to.session.clone()),
            token: None,
            kind: AuthorKind::User,
            bot_of: None,
        });
        let who = Who::Member(Arc::clone(&me));
        let shown = match &*due.what {
            What::Test(_) => Some(a_test(Words::of(lang))),
            // They did not when it was handed out: they have come since, and have it.
            What::Notice(..) if self.presence.look().is_looking(due.user) => None,
            What::Notice(told, notice) => {
                self.as_it_stands(&who, told, *notice, Words::of(lang)).await?
            }
        };
        let Some(mut shown) = shown else { return Ok(Came::Nothing) };
        shown.badge = self.unread_notices(me.id).await?;
        shown.tag.clone_from(&due.talk);
        if due.bare {
            shown.body.clear();
        }
        let Some(seal) = Seal::read(&to.p256dh, &to.auth) else { return Ok(Came::Refused(None)) };
        let Some(keys) = self.pocket.keys() else { return Ok(Came::Refused(None)) };
        let parcel = Parcel {
            endpoint: &to.endpoint,
            seal: &seal,
            shown: shown.into_bytes(),
            topic: keys.topic(due.user.0, &due.talk),
            urgency: due.what.urgency(),
            patience: self.config.push_pace.patience,
        };
        let Some(answer) = self.send_signed(&parcel).await else {
            tracing::error!("a notification could not be sealed or signed");
            return Ok(Came::Refused(None));
        };
        let came = Came::of(&answer);
        match (came, &answer) {
            (Came::Taken | Came::Gone, _) => {}
            (_, Ok(answer)) => {
                let said = String::from_utf8_lossy(&answer.body).into_owned();
                tracing::info!(
                    status = answer.status.as_u16(),
                    said,
                    "a push service did not take something"
                );
            }
            (_, Err(error)) => tracing::info!(%error, "a push service was not reached"),
        }
        Ok(came)
    }

    /// Sends it; once more where a signature was refused that was used before: it may have grown too old. None
    /// where it could not be sealed or signed.
    async fn send_signed(&self, parcel: &Parcel<'_>) -> Option<Result<Answer, Failed>> {
        let (keys, origin) = (self.pocket.keys()?, origin(parcel.endpoint)?);
        let mut again = false;
        loop {
            let signed = keys.authorization(&origin).ok()?;
            let answer = self.outside.send(parcel.clone().letter(&signed.header)?).await;
            let refused = |answer: &Answer| matches!(answer.status.as_u16(), 401 | 403);
            if !answer.as_ref().is_ok_and(refused) {
                return Some(answer);
            }
            keys.refused(&origin, &signed.header);
            if signed.fresh || again {
                return Some(answer);
            }
            again = true;
        }
    }

    async fn note_try(
        &self,
        to: &Reached,
        due: &Due<Arc<What>>,
        came: Came,
    ) -> crate::server::store::Result<()> {
        let now = At::now();
        let lately = to.sent_at.is_some_and(|at| now.0 - at < NOTED_MS);
        if came == Came::Nothing || (came == Came::Taken && to.failures == 0 && lately) {
            return Ok(());
        }
        let mut tx = self.store.write().await?;
        match came {
            Came::Nothing => {}
            Came::Taken => devices::took(&mut tx, &due.device, now).await?,
            Came::Gone => {
                // Unless its browser has got another one meanwhile, in the same place.
                devices::over(&mut tx, &due.device, &to.endpoint, &to.auth).await?;
            }
            Came::TooLarge | Came::Later(_) | Came::Silence | Came::Refused(_) => {
                devices::missed(&mut tx, &due.device).await?;
            }
        }
        tx.commit().await
    }

    /// What a device shows of this now; nothing where it is not to be told any more.
    async fn as_it_stands(
        &self,
        who: &Who,
        told: &Notify,
        notice: i64,
        w: Words,
    ) -> Result<Option<Shown>, Refusal> {
        let me = who.member()?;
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let seen = devices::read_to(&mut db, me.id, me.own).await.map_err(unavailable)?;
        if seen >= notice {
            return Ok(None);
        }
        let place = match self.find(&mut db, who, &told.to).await {
            Ok(place) => place,
            // It is gone, or not theirs to see any more.
            Err(refusal) if refusal.code == Code::NotFound => return Ok(None),
            Err(refusal) => return Err(refusal),
        };
        let room = match &place {
            Place::Room { name, .. } => Some(name.as_str()),
            Place::Direct { .. } | Place::Own { .. } => None,
        };
        let title = match room {
            Some(room) => w.with(Word::PushInRoom, &[&told.from, room]),
            None => told.from.clone(),
        };
        let shown = Shown { title, at: told.at, url: urls::page(&told.to), ..Shown::default() };
        drop(db);
        if !self.wishes_to_hear(who, &place, told).await? {
            return Ok(None);
        }
        let Some((log, seq)) = told.message.as_deref().and_then(message_place) else {
            let body = match told.kind {
                NoticeKind::Invite => w.say(Word::PushInvited).to_owned(),
                _ => plain(&w.known(told.why.as_deref(), &told.text)),
            };
            let url = self.way_of_push(told).unwrap_or(shown.url);
            return Ok(Some(Shown { body, url, ..shown }));
        };
        if place.log() != Some(log) {
            return Ok(None);
        }
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let message = history::at(&mut db, log, &[seq]).await.map_err(unavailable)?.pop();
        let Some(message) = message.filter(|message| !message.deleted) else { return Ok(None) };
        let read = devices::read_to(&mut db, me.id, log).await.map_err(unavailable)?;
        if read >= told.seq.unwrap_or(seq) {
            return Ok(None);
        }
        let named = || mentions::named(&message.body).contains(&fold(&me.name));
        if told.kind == NoticeKind::Mention && !named() {
            return Ok(None);
        }
        let Some(body) = body_of(&message, told, w) else { return Ok(None) };
        let url = urls::message(&told.to, &message.id);
        Ok(Some(Shown { body, url, ..shown }))
    }

    /// Where what was pushed leads from a device: into the house. A link to elsewhere stands in the list.
    fn way_of_push(&self, told: &Notify) -> Option<String> {
        if !matches!(told.kind, NoticeKind::Push | NoticeKind::Broadcast) {
            return None;
        }
        let link = told.link.as_deref().unwrap_or_default();
        let house = self.config.public_url.as_deref().unwrap_or_default();
        let path = link
            .strip_prefix(house)
            .filter(|path| path.starts_with('/') && !path.starts_with("//"));
        Some(path.unwrap_or(urls::NOTICES).to_owned())
    }

    /// Whether they did not mute this meanwhile, nor block whoever did it.
    async fn wishes_to_hear(
        &self,
        who: &Who,
        place: &Place,
        told: &Notify,
    ) -> Result<bool, Refusal> {
        let me = who.member()?;
        if let Place::Room { log, .. } = place {
            match self.standing(me.id, *log).await?.level {
                Level::Nothing => return Ok(false),
                Level::Mentions if told.kind == NoticeKind::Reaction => return Ok(false),
                Level::Mentions | Level::All => {}
            }
        }
        let from = Target::Person(told.from.clone());
        let other = match self.locate(who, &from).await {
            Ok(Place::Direct { other, .. }) => other,
            Err(refusal) if refusal.temporary => return Err(refusal),
            // Who did it is nobody whom one could block: oneself, by a program.
            _ => return Ok(true),
        };
        let between = self.between(other.id, me.id).await?;
        let muted = matches!(place, Place::Direct { .. }) && between.muted;
        Ok(!between.theirs && !muted)
    }
}

fn a_test(w: Words) -> Shown {
    Shown {
        title: w.say(Word::PushTestTitle).to_owned(),
        body: w.say(Word::PushTestBody).to_owned(),
        url: urls::ACCOUNT.to_owned(),
        at: At::now(),
        ..Shown::default()
    }
}

/// What a notification says about a message; none where that is so no longer.
fn body_of(message: &Message, told: &Notify, w: Words) -> Option<String> {
    let mut said = plain(markdown::action(&message.body).unwrap_or(&message.body));
    if said.is_empty() {
        let names: Vec<_> = message.files.iter().map(|file| file.name.as_str()).collect();
        said = names.join("\n");
    }
    if told.kind != NoticeKind::Reaction {
        return Some(said);
    }
    let given =
        |reaction: &Reaction| reaction.emoji == told.text && reaction.users.contains(&told.from);
    let stands = message.reactions.iter().any(given);
    stands.then(|| w.with(Word::PushReacted, &[&told.text, &glimpse(&said)]))
}
