//! Everything a room's or a conversation's page shows.

use super::history::Shared;
use super::places::Place;
use super::{Domain, Who, unavailable};
use crate::protocol::frames::After;
use crate::protocol::views::{History, House, Line, Side};
use crate::protocol::{At, Refusal, Target};
use crate::server::groups::Group;
use crate::server::security::secrets;
use crate::server::store::LogId;
use crate::server::store::standing::{self, Most, Standing, Viewer};

/// Rooms and people in the side column, at most: a connection follows all of them.
pub const SIDE_MOST: usize = 60;
/// Rooms shown to somebody who has not been in any yet.
const SIDE_LEAST: usize = 8;
/// What of the house a page shows. Those who know few rooms are shown others; of twice as many as
/// they are shown, enough are not known to them.
const MOST: Most = Most { known: SIDE_MOST, few: SIDE_LEAST, newest: 2 * SIDE_LEAST };

/// A place's page.
#[derive(Debug)]
pub struct Opened {
    /// The log, if there is one yet.
    pub log: Option<LogId>,
    /// What it shows.
    pub house: House<Shared>,
}

impl Domain {
    /// A place's page. `before` pages back.
    ///
    /// # Errors
    /// `not_found` for what is not there or not theirs to see.
    pub async fn open(
        &self,
        who: &Who,
        to: &Target,
        before: Option<i64>,
    ) -> Result<Opened, Refusal> {
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let place = self.find(&mut db, who, to).await?;
        if let Place::Own { .. } = place {
            return Err(Refusal::not_found("page"));
        }
        let viewer = match who {
            Who::Member(me) => Some(Viewer { id: me.id, own: me.own }),
            Who::Visitor => None,
        };
        let log = place.log();
        let mut stand = standing::of(&mut db, log, viewer, MOST).await.map_err(unavailable)?;
        let (head, page) =
            self.page(&mut db, log, stand.head.clone(), before).await.map_err(unavailable)?;
        stand.head = head;
        drop(db);
        Ok(Opened { log, house: self.shown(who, &place, stand, page, before) })
    }

    /// The same, whole.
    ///
    /// # Errors
    /// `not_found` for what is not there or not theirs to see.
    pub async fn house(&self, who: &Who, to: &Target) -> Result<House, Refusal> {
        let opened = self.open(who, to, None).await?;
        Ok(opened.house.map(|page| page.messages.clone()))
    }

    fn shown(
        &self,
        who: &Who,
        place: &Place,
        stand: Standing,
        page: Shared,
        before: Option<i64>,
    ) -> House<Shared> {
        let side = self.side(place, &stand);
        House {
            me: who.me(),
            limits: self.config.limits(),
            older: page.older,
            history: History {
                to: place.target(),
                epoch: stand.head.epoch,
                top: stand.head.top,
                about: page.about.clone(),
                messages: page,
            },
            before,
            read: stand.read,
            online: self.online(place).unwrap_or_default(),
            side,
            cid: secrets::short_id(),
            draft: String::new(),
            refusal: None,
        }
    }

    fn side(&self, here: &Place, stand: &Standing) -> Side {
        let look = self.presence.look();
        let line = |key: LogId, name: &str, unread: i64, said_at: At| Line {
            online: look.count(Group::Room(key)),
            to: Target::Room(name.to_owned()),
            unread,
            at: (said_at.0 > 0).then_some(said_at),
        };
        let mut rooms = Vec::with_capacity(stand.rooms.len().max(SIDE_LEAST) + 1);
        let known = |log: LogId| stand.rooms.iter().any(|room| room.key == log);
        let mut here_first = None;
        if let Place::Room { log, name } = here
            && !known(*log)
        {
            here_first = Some(*log);
            rooms.push(line(*log, name, 0, At(0)));
        }
        rooms.extend(stand.rooms.iter().map(|it| line(it.key, &it.name, it.unread, it.said_at)));
        for other in &stand.newest {
            if rooms.len() >= SIDE_LEAST {
                break;
            }
            if !known(other.key) && here_first != Some(other.key) {
                // Who has never been there owes it nothing.
                rooms.push(line(other.key, &other.name, 0, other.said_at));
            }
        }
        let person = |with: &standing::Line<_>| Line {
            online: usize::from(look.is_here(Group::House, &with.name)),
            to: Target::Person(with.name.clone()),
            unread: with.unread,
            at: Some(with.said_at),
        };
        Side {
            own: stand.own.as_ref().map(|own| After { epoch: own.epoch.clone(), seq: own.top }),
            rooms,
            people: stand.people.iter().map(person).collect(),
        }
    }
}
