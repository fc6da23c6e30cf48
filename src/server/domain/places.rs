//! Finding a place is being allowed to see it: every target is looked up here, for whoever asks.

use super::{Domain, Member, Scope, Who, unavailable};
use crate::protocol::names::fold;
use crate::protocol::{Refusal, Target};
use crate::server::groups::{Group, Side};
use crate::server::store::rooms::Room;
use crate::server::store::writer::{Party, Place as Written};
use crate::server::store::{Connection, LogId, directs, rooms, users};
use crate::words::Word;
use std::sync::Arc;

/// A place that was found.
#[derive(Clone, Debug)]
pub enum Place {
    /// A room.
    Room { log: LogId, name: String },
    /// The conversation between me and another; it has a log once something was said.
    Direct { me: Party, other: Party, log: Option<LogId> },
    /// My own log.
    Own { me: Arc<Member> },
}

impl Place {
    /// Its canonical spelling, as I see it.
    #[must_use]
    pub fn target(&self) -> Target {
        match self {
            Self::Room { name, .. } => Target::Room(name.clone()),
            Self::Direct { other, .. } => Target::Person(other.name.to_string()),
            Self::Own { .. } => Target::Own,
        }
    }

    /// Its log, if it has one yet.
    #[must_use]
    pub fn log(&self) -> Option<LogId> {
        match self {
            Self::Room { log, .. } => Some(*log),
            Self::Direct { log, .. } => *log,
            Self::Own { me } => Some(me.own),
        }
    }

    /// Whom it reaches.
    #[must_use]
    pub fn group(&self) -> Group {
        match self {
            Self::Room { log, .. } => Group::Room(*log),
            Self::Direct { me, other, .. } => {
                let (low, high) = directs::pair(me.id, other.id);
                Group::Direct(low, high)
            }
            Self::Own { me } => Group::Own(me.id),
        }
    }

    /// My side of it.
    #[must_use]
    pub fn side(&self) -> Side {
        match self {
            Self::Direct { me, other, .. } if me.id > other.id => Side::High,
            _ => Side::Low,
        }
    }

    /// Where a message goes; none for my own log, which only the house writes.
    #[must_use]
    pub fn written(&self) -> Option<Written> {
        match self {
            Self::Room { log, name } => Some(Written::Room { log: *log, name: name.clone() }),
            Self::Direct { me, other, .. } => {
                let (low, high) = if me.id < other.id { (me, other) } else { (other, me) };
                Some(Written::Direct { low: low.clone(), high: high.clone() })
            }
            Self::Own { .. } => None,
        }
    }
}

impl Domain {
    /// Finds a place for whoever asks, mostly without a look at the database; a conversation
    /// without its log, which only reading needs.
    ///
    /// # Errors
    /// `not_found` for what is not there or not theirs to see; `login_needed` for a visitor where
    /// only members read.
    pub async fn locate(&self, who: &Who, to: &Target) -> Result<Place, Refusal> {
        let folded = fold(to.name());
        match self.recall(who, to, &folded)? {
            Some(place) => Ok(place),
            None => {
                // Boxed: what is mostly known is not to be as large as asking for it.
                Box::pin(async {
                    let mut db = self.store.glance().await.map_err(unavailable)?;
                    self.look_up(&mut db, who, to, folded).await
                })
                .await
            }
        }
    }

    /// The same, with the log of a conversation that has one: to read in it.
    ///
    /// # Errors
    /// Those of [`Domain::locate`]; `forbidden` of a token that does not read.
    pub async fn find(
        &self,
        db: &mut Connection,
        who: &Who,
        to: &Target,
    ) -> Result<Place, Refusal> {
        who.may(Scope::Read)?;
        let folded = fold(to.name());
        let mut place = match self.recall(who, to, &folded)? {
            Some(place) => place,
            None => self.look_up(db, who, to, folded).await?,
        };
        if let Place::Direct { me, other, log } = &mut place {
            let (low, high) = directs::pair(me.id, other.id);
            *log = directs::find(db, low, high).await.map_err(unavailable)?;
        }
        Ok(place)
    }

    /// The room of this name, for whoever asks.
    ///
    /// # Errors
    /// Those of [`Domain::locate`].
    pub async fn room(&self, who: &Who, name: &str) -> Result<Room, Refusal> {
        let folded = fold(name);
        if let Some(room) = self.recall_room(who, &folded)? {
            return Ok(room);
        }
        let mut db = self.store.glance().await.map_err(unavailable)?;
        self.look_up_room(&mut db, who, folded).await
    }

    fn recall_room(&self, who: &Who, folded: &str) -> Result<Option<Room>, Refusal> {
        if !self.config.public_reading {
            who.member()?;
        }
        let Some(room) = self.known.rooms.get(folded) else { return Ok(None) };
        match self.sees_as_known(who, &room) {
            Some(true) => Ok(Some(room)),
            Some(false) => Err(no_room()),
            None => Ok(None),
        }
    }

    async fn look_up_room(
        &self,
        db: &mut Connection,
        who: &Who,
        folded: String,
    ) -> Result<Room, Refusal> {
        let reading = self.known.rooms.reading();
        let room = rooms::find(db, &folded).await.map_err(unavailable)?;
        let room = room.ok_or_else(no_room)?;
        self.known.rooms.put(reading, folded, room.clone());
        if self.sees(db, who, &room).await? { Ok(room) } else { Err(no_room()) }
    }

    /// A place whose name is known by heart. Whether they may see it is decided here, every time.
    fn recall(&self, who: &Who, to: &Target, folded: &str) -> Result<Option<Place>, Refusal> {
        Ok(match to {
            Target::Room(_) => self.recall_room(who, folded)?.map(place),
            Target::Person(_) => {
                let me = who.member()?;
                match self.known.people.get(folded) {
                    Some(other) => Some(between(me, other)?),
                    None => None,
                }
            }
            Target::Own => Some(Place::Own { me: Arc::clone(who.member()?) }),
        })
    }

    /// Learns a name from the database. Called by whoever has asked [`Domain::recall`].
    async fn look_up(
        &self,
        db: &mut Connection,
        who: &Who,
        to: &Target,
        folded: String,
    ) -> Result<Place, Refusal> {
        match to {
            Target::Room(_) => self.look_up_room(db, who, folded).await.map(place),
            Target::Person(_) => {
                let reading = self.known.people.reading();
                let user = users::find(db, &folded).await.map_err(unavailable)?;
                let user = user.ok_or_else(|| Refusal::not_found("person of that name"))?;
                let other = Party { id: user.id, name: user.name.into(), own: user.log_id };
                self.known.people.put(reading, folded, other.clone());
                between(who.member()?, other)
            }
            Target::Own => Ok(Place::Own { me: Arc::clone(who.member()?) }),
        }
    }
}

/// What is not there and what is not theirs to see sound the same.
pub(super) fn no_room() -> Refusal {
    Refusal::not_found("such room")
}

fn place(room: Room) -> Place {
    Place::Room { log: room.log_id, name: room.name }
}

/// The conversation between me and another.
fn between(me: &Member, other: Party) -> Result<Place, Refusal> {
    if other.id == me.id {
        return Err(Refusal::invalid("to", Word::ThatIsYou));
    }
    Ok(Place::Direct { me: me.party(), other, log: None })
}
