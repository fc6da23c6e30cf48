//! Everything a room's or a conversation's page shows.

use super::history::page;
use super::{Domain, Who, unavailable};
use crate::protocol::frames::After;
use crate::protocol::views::{House, Line, Side};
use crate::protocol::{At, Refusal, Target, limits};
use crate::server::groups::Group;
use crate::server::security::secrets;
use crate::server::store::rooms::{self, Known, Which};
use crate::server::store::{Connection, directs, logs, reads};

use super::places::Place;

/// Rooms and people in the side column, at most: a connection follows all of them.
pub const SIDE_MOST: usize = 60;
/// Rooms shown to somebody who has not been in any yet.
const SIDE_LEAST: usize = 8;

impl Domain {
    /// A place's page. `before` pages back.
    ///
    /// # Errors
    /// `not_found` for what is not there or not theirs to see.
    pub async fn house(
        &self,
        who: &Who,
        to: &Target,
        before: Option<i64>,
    ) -> Result<House, Refusal> {
        let mut db = self.store.read().await.map_err(unavailable)?;
        let place = self.find(&mut db, who, to).await?;
        if let Place::Own { .. } = place {
            return Err(Refusal::not_found("page"));
        }
        let history = page(&mut db, &place, before, Some(limits::PAGE + 1)).await;
        let mut history = history?;
        let older = history.messages.len() > limits::PAGE;
        history.messages.truncate(limits::PAGE);
        let read = match (who, place.log()) {
            (Who::Member(me), Some(log)) => {
                reads::get(&mut db, me.id, log).await.map_err(unavailable)?
            }
            _ => 0,
        };
        let side = self.side(&mut db, who, &place).await.map_err(unavailable)?;
        Ok(House {
            me: who.me(),
            limits: self.config.limits(),
            history,
            before,
            older,
            read,
            online: self.online(&place).unwrap_or_default(),
            side,
            cid: secrets::short_id(),
            draft: String::new(),
            refusal: None,
        })
    }

    async fn side(
        &self,
        db: &mut Connection,
        who: &Who,
        here: &Place,
    ) -> crate::server::store::Result<Side> {
        let mut known = match who {
            Who::Member(me) => rooms::known_to(db, me.id, SIDE_MOST).await?,
            Who::Visitor => Vec::new(),
        };
        if let Place::Room { log, name } = here
            && !known.iter().any(|room| room.log_id == *log)
        {
            known.insert(0, Known { log_id: *log, name: name.clone(), said_at: 0, unread: 0 });
        }
        if known.len() < SIDE_LEAST {
            let most = SIDE_LEAST + known.len();
            let mut more = rooms::list(db, Which::Except(&[]), "", most, 0).await?;
            more.retain(|room| known.iter().all(|known| known.log_id != room.log_id));
            more.truncate(SIDE_LEAST - known.len());
            known.extend(more.into_iter().map(|room| {
                let said_at = room.last().map_or(0, |last| last.at.0);
                // Who has never been there owes it nothing.
                Known { log_id: room.log_id, name: room.name, said_at, unread: 0 }
            }));
        }
        let people = match who {
            Who::Member(me) => directs::of(db, me.id, SIDE_MOST).await?,
            Who::Visitor => Vec::new(),
        };
        let own = match who {
            Who::Member(me) => {
                let head = logs::head(db, me.own).await?;
                Some(After { epoch: head.epoch, seq: head.top })
            }
            Who::Visitor => None,
        };
        let look = self.presence.look();
        let room = |room: Known| Line {
            online: look.count(Group::Room(room.log_id)),
            to: Target::Room(room.name),
            unread: room.unread,
            at: (room.said_at > 0).then_some(At(room.said_at)),
        };
        let person = |with: directs::Conversation| Line {
            online: usize::from(look.is_here(Group::House, &with.name)),
            to: Target::Person(with.name),
            unread: with.unread,
            at: Some(At(with.said_at)),
        };
        Ok(Side {
            own,
            rooms: known.into_iter().map(room).collect(),
            people: people.into_iter().map(person).collect(),
        })
    }
}
