//! Pushing: a program, or the house itself, tells something to a person, to a room or to everybody.
//! What is stored waits for those who are away; what is fleeting reaches those who are there, and who
//! that was is the answer.

mod links;
pub(super) mod stored;

use super::places::Place;
use super::who::Scope;
use super::{Domain, Member, Who, unavailable};
use crate::protocol::commands::check_body;
use crate::protocol::names::fold;
use crate::protocol::people::{NoticeKind, Notify};
use crate::protocol::refusal::{Reason, Why};
use crate::protocol::{At, Refusal, Target, limits};
use crate::server::groups::{Group, Heard, Push};
use crate::server::security::secrets;
use crate::server::store::writer::Party;
use crate::server::store::{pushes, users};
use std::sync::Arc;
use stored::Once;

/// At whom something is aimed, by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Aim {
    /// A person.
    Person(String),
    /// A room.
    Room(String),
    /// Everybody: what administrators tell the whole house.
    Everyone,
}

impl Aim {
    /// As it is written down: `@bob`, `#lobby`, or `*`.
    #[must_use]
    pub fn word(&self) -> String {
        match self {
            Self::Person(name) => format!("@{name}"),
            Self::Room(name) => format!("#{name}"),
            Self::Everyone => "*".to_owned(),
        }
    }

    /// What this word says.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        match (word, Target::parse(word)) {
            ("*", _) => Some(Self::Everyone),
            (_, Some(Target::Person(name))) => Some(Self::Person(name)),
            (_, Some(Target::Room(name))) => Some(Self::Room(name)),
            (_, Some(Target::Own) | None) => None,
        }
    }
}

/// What is to be pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushing {
    /// The text, within the bounds of a message's.
    pub text: String,
    /// Where it leads: a path of this house, or an https address.
    pub link: Option<String>,
    /// Whether it waits for those who are away.
    pub stored: bool,
    /// The caller's own id for it: done again with the same one, it is done once.
    pub cid: Option<String>,
    /// Of what the house itself tells; none of what somebody pushes.
    pub by_house: Option<ByHouse>,
}

/// Something that the house tells by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByHouse {
    /// What it is about, in place of who pushes: `#lobby`.
    pub about: String,
    /// The text by its name, so that everybody reads it in their language.
    pub why: Option<Why>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// The id of what was pushed; of a stored one in a room, the message's.
    pub id: String,
    /// Whether it waits for those who are away.
    pub stored: bool,
    /// How many people heard it now.
    pub people: usize,
    /// By how many connections; those of visitors are among these alone.
    pub connections: usize,
    /// When.
    pub at: At,
}

impl Pushed {
    fn by(id: String, at: At, stored: bool, heard: &Heard) -> Self {
        Self { id, stored, people: heard.people.len(), connections: heard.connections, at }
    }
}

/// When a push was done that is answered.
enum Came {
    /// Now.
    Now(Pushed),
    /// Before, under the same cid.
    Before(Pushed),
}

/// Somebody or something to push to, found for whoever pushes.
pub(super) enum Found {
    /// A person.
    Person(Party),
    /// A room.
    Room(Place),
    /// Everybody.
    Everyone,
}

impl Found {
    /// The same by name, in its one spelling.
    pub(super) fn aim(&self) -> Aim {
        match self {
            Self::Person(person) => Aim::Person(person.name.to_string()),
            Self::Room(place) => Aim::Room(place.target().name().to_owned()),
            Self::Everyone => Aim::Everyone,
        }
    }

    /// What is told of a push.
    fn notify(&self, me: &Member, id: String, pushing: Pushing, at: At) -> Notify {
        let (from, why) = match pushing.by_house {
            Some(ByHouse { about, why }) => (about, why.map(Box::new)),
            None => (me.name.to_string(), None),
        };
        Notify {
            kind: self.kind(),
            id,
            from,
            to: self.target(),
            message: None,
            seq: None,
            text: pushing.text,
            why,
            seen: false,
            link: pushing.link,
            at,
        }
    }

    /// Those who are there to hear it.
    pub(super) fn group(&self) -> Group {
        match self {
            Self::Person(person) => Group::User(person.id),
            Self::Room(place) => place.group(),
            Self::Everyone => Group::House,
        }
    }

    /// As those who hear it name it.
    fn target(&self) -> Target {
        match self {
            Self::Person(_) | Self::Everyone => Target::Own,
            Self::Room(place) => place.target(),
        }
    }

    fn kind(&self) -> NoticeKind {
        match self {
            Self::Person(_) | Self::Room(_) => NoticeKind::Push,
            Self::Everyone => NoticeKind::Broadcast,
        }
    }
}

impl Domain {
    /// Pushes something. Whoever blocked the pusher hears nothing of it, but in a room's log, which is
    /// one for all.
    ///
    /// # Errors
    /// `login_needed` for a visitor, `not_found` for who or what is not there or not theirs to see,
    /// `forbidden` of a token that does not push, where they may not write, and to everybody for all but
    /// administrators; what is wrong with the text or the link; `cid_conflict`; `rate_limited`.
    pub async fn push(&self, who: &Who, aim: &Aim, pushing: Pushing) -> Result<Pushed, Refusal> {
        let me = pusher(who, aim)?;
        self.check_pushing(aim, &pushing)?;
        let found = self.aimed(who, aim).await?;
        self.keeps_pace(me)?;
        self.push_to(me, found, pushing).await
    }

    /// The house tells one of its people what it did by itself, and they had wished otherwise: it is stored
    /// for them. `about` is what it concerns, `link` where they may do something about it.
    pub(super) async fn tell_of(
        &self,
        person: &Arc<Member>,
        about: &Target,
        said: Reason,
        link: String,
    ) -> Result<Pushed, Refusal> {
        let by_house = Some(ByHouse { about: about.to_string(), why: said.why });
        let (text, link) = (said.message, Some(link));
        let pushing = Pushing { text, link, stored: true, cid: None, by_house };
        self.push_to(person, Found::Person(person.party()), pushing).await
    }

    /// A token has a pace of its own; a session pushes as fast as its person may speak.
    pub(super) fn keeps_pace(&self, me: &Member) -> Result<(), Refusal> {
        if me.session.is_some() { self.speech.may_speak(me.id) } else { Ok(()) }
    }

    /// The same to what was found just now.
    pub(super) async fn push_to(
        &self,
        me: &Arc<Member>,
        found: Found,
        pushing: Pushing,
    ) -> Result<Pushed, Refusal> {
        let once = once(&found, &pushing);
        let came = match (found, pushing.stored) {
            (Found::Room(place), true) => {
                self.push_to_room(me, place, pushing, once.as_ref()).await?
            }
            (found, true) => self.push_to_logs(me, found, pushing, once.clone()).await?,
            (found, false) => self.push_fleeting(me, &found, pushing, once.as_ref()).await?,
        };
        match came {
            Came::Before(pushed) => Ok(pushed),
            Came::Now(pushed) => {
                if let Some(once) = once {
                    self.note_once(me, &once, &pushed).await;
                }
                Ok(pushed)
            }
        }
    }

    async fn push_fleeting(
        &self,
        me: &Member,
        found: &Found,
        pushing: Pushing,
        once: Option<&Once>,
    ) -> Result<Came, Refusal> {
        let (id, at) = (secrets::short_id(), At::now());
        if let Some(once) = once
            && let Some(before) = self.take_once(me, once, Some((&id, at))).await?
        {
            return before.answer(false).map(Came::Before);
        }
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let but = pushes::blockers(&mut db, me.id).await.map_err(unavailable)?;
        drop(db);
        let notify = found.notify(me, id.clone(), pushing, at);
        let heard = self.groups.push(found.group(), &Push { notify, stored: false, but });
        Ok(Came::Now(Pushed::by(id, at, false, &heard)))
    }

    /// Finds at whom it is aimed, for whoever pushes: finding is being allowed to push there.
    pub(super) async fn aimed(&self, who: &Who, aim: &Aim) -> Result<Found, Refusal> {
        let me = pusher(who, aim)?;
        match aim {
            Aim::Person(name) => {
                let other = self.party_named(name).await?;
                // To tell oneself something by a program is what many are for.
                if other.id != me.id {
                    let between = Place::Direct { me: me.party(), other: other.clone(), log: None };
                    self.may_write(me, &between).await?;
                }
                Ok(Found::Person(other))
            }
            Aim::Room(name) => self.locate(who, &Target::Room(name.clone())).await.map(Found::Room),
            Aim::Everyone => Ok(Found::Everyone),
        }
    }

    /// The person of this name, mostly known by heart.
    async fn party_named(&self, name: &str) -> Result<Party, Refusal> {
        let folded = fold(name);
        if let Some(person) = self.known.people.get(&folded) {
            return Ok(person);
        }
        let reading = self.known.people.reading();
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let user = users::find(&mut db, &folded).await.map_err(unavailable)?;
        let user = user.ok_or_else(|| Refusal::not_found("person of that name"))?;
        let person = Party { id: user.id, name: user.name.into(), own: user.log_id };
        self.known.people.put(reading, folded, person.clone());
        Ok(person)
    }

    /// Whether this can be pushed at all.
    pub(super) fn check_pushing(&self, aim: &Aim, pushing: &Pushing) -> Result<(), Refusal> {
        let most = self.config.body_limit;
        check_body(&pushing.text, most)
            .map_err(|refusal| Refusal { field: Some("text".to_owned()), ..refusal })?;
        if let Some(link) = &pushing.link {
            links::check(link)?;
        }
        if let (Aim::Room(_), true) = (aim, pushing.stored) {
            let count = self.as_said(pushing).chars().count();
            if count > most {
                let why = format!(
                    "In a room the link stands below the text and counts with it: together they have at most \
                     {most} characters, and these have {count}."
                );
                return Err(Refusal::too_long("text", why));
            }
        }
        let wrong = |cid: &String| cid.is_empty() || cid.chars().count() > limits::CID;
        if pushing.cid.as_ref().is_some_and(wrong) {
            let why = format!("A cid has 1 to {} characters.", limits::CID);
            return Err(Refusal::invalid("cid", why));
        }
        Ok(())
    }
}

/// Whoever asks, if they may push there at all.
pub(super) fn pusher<'a>(who: &'a Who, aim: &Aim) -> Result<&'a Arc<Member>, Refusal> {
    let me = who.member()?;
    me.may(if *aim == Aim::Everyone { Scope::Broadcast } else { Scope::Push })?;
    Ok(me)
}

/// What stands for a push that is to be done once.
fn once(found: &Found, pushing: &Pushing) -> Option<Once> {
    let cid = pushing.cid.clone()?;
    Some(Once { cid, digest: digest(found, pushing, &()) })
}

/// Stands for what is pushed, to whom, and how.
pub(super) fn digest(found: &Found, pushing: &Pushing, how: &impl serde::Serialize) -> String {
    let Pushing { text, link, stored, .. } = pushing;
    let all = serde_json::json!([found.aim().word(), text, link, stored, how]);
    secrets::hash(&all.to_string())
}
