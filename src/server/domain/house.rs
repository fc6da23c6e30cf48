//! Everything a room's or a conversation's page shows.

use super::history::page;
use super::{Domain, Who, unavailable};
use crate::protocol::frames::After;
use crate::protocol::views::{House, Line, Side};
use crate::protocol::{At, Refusal, Target, limits};
use crate::server::groups::Group;
use crate::server::security::secrets;
use crate::server::store::rooms::{self, Which};
use crate::server::store::{Connection, LogId, directs, logs, reads};

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
        let mut known: Vec<(LogId, String, i64)> = match who {
            Who::Member(me) => rooms::known_to(db, me.id, SIDE_MOST).await?,
            Who::Visitor => Vec::new(),
        };
        if let Place::Room { log, name } = here {
            if !known.iter().any(|(id, ..)| id == log) {
                known.insert(0, (*log, name.clone(), 0));
            }
        }
        if known.len() < SIDE_LEAST {
            let ids: Vec<_> = known.iter().map(|(id, ..)| *id).collect();
            let more =
                rooms::list(db, Which::Except(&ids), "", SIDE_LEAST - known.len(), 0).await?;
            known.extend(more.into_iter().map(|room| {
                let at = room.last().map_or(0, |last| last.at.0);
                (room.log_id, room.name, at)
            }));
        }
        let mut side = Side::default();
        if let Who::Member(me) = who {
            let head = logs::head(db, me.own).await?;
            side.own = Some(After { epoch: head.epoch, seq: head.top });
        }
        for (log, name, said_at) in known {
            let online = self.presence.look().count(Group::Room(log));
            let unread = unread(db, who, log, false).await?;
            side.rooms.push(Line {
                to: Target::Room(name),
                online,
                unread,
                at: (said_at > 0).then_some(At(said_at)),
            });
        }
        let Who::Member(me) = who else { return Ok(side) };
        for with in directs::of(db, me.id, SIDE_MOST).await? {
            let online = usize::from(self.presence.look().is_here(Group::House, &with.name));
            let unread = unread(db, who, with.log_id, true).await?;
            side.people.push(Line {
                online,
                unread,
                to: Target::Person(with.name),
                at: Some(At(with.said_at)),
            });
        }
        Ok(side)
    }
}

/// Unread messages; a room that somebody has never read in owes them nothing.
async fn unread(
    db: &mut Connection,
    who: &Who,
    log: LogId,
    always: bool,
) -> crate::server::store::Result<i64> {
    let Who::Member(me) = who else { return Ok(0) };
    let read = reads::get(db, me.id, log).await?;
    if read == 0 && !always { Ok(0) } else { reads::unread(db, me.id, log, read).await }
}
