//! Finding a place is being allowed to see it: every target is looked up here, for whoever asks.

use super::{Domain, Member, Who, unavailable};
use crate::protocol::names::fold;
use crate::protocol::{Refusal, Target};
use crate::server::groups::{Group, Side};
use crate::server::store::writer::{Party, Place as Written};
use crate::server::store::{Connection, LogId, directs, rooms, users};
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
    /// Finds a place for whoever asks.
    ///
    /// # Errors
    /// `not_found` for what is not there or not theirs to see; `login_needed` for a visitor where
    /// only members read.
    pub async fn find(
        &self,
        db: &mut Connection,
        who: &Who,
        to: &Target,
    ) -> Result<Place, Refusal> {
        match to {
            Target::Room(name) => {
                if !self.config.public_reading {
                    who.member()?;
                }
                let room = rooms::find(db, &fold(name)).await.map_err(unavailable)?;
                let room = room.ok_or_else(|| Refusal::not_found("such room"))?;
                Ok(Place::Room { log: room.log_id, name: room.name })
            }
            Target::Person(name) => {
                let me = who.member()?;
                let other = users::find(db, &fold(name)).await.map_err(unavailable)?;
                let other = other.ok_or_else(|| Refusal::not_found("person of that name"))?;
                if other.id == me.id {
                    return Err(Refusal::invalid(
                        "to",
                        "That is you. Pick somebody else to talk to.",
                    ));
                }
                let (low, high) = directs::pair(me.id, other.id);
                let log = directs::find(db, low, high).await.map_err(unavailable)?;
                let other = Party { id: other.id, name: other.name.into() };
                Ok(Place::Direct { me: me.party(), other, log })
            }
            Target::Own => Ok(Place::Own { me: Arc::clone(who.member()?) }),
        }
    }
}
