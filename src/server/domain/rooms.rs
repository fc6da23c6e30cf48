//! Rooms: opening one, making one, listing them.

use super::{Domain, Who, unavailable};
use crate::protocol::names::{self, Kind, fold};
use crate::protocol::views::{Index, RoomCard};
use crate::protocol::{Code, Refusal, limits};
use crate::server::groups::Group;
use crate::server::store::rooms::{self, Asked, Listed, Room};
use crate::server::store::{Connection, LogId};
use crate::words::Word;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

/// A room on the index: where it stands decides how its card looks.
#[derive(Clone, Copy, Debug)]
pub struct Stand {
    /// Key.
    pub log: LogId,
    /// The last seq of its log.
    pub top: i64,
    /// People in it.
    pub online: usize,
}

impl Domain {
    /// Opens the room of this name, and makes it first where it does not exist.
    ///
    /// # Errors
    /// `invalid` for a name that cannot be, or that looks like another room's; `login_needed` for
    /// a visitor and a new name.
    pub async fn enter_room(&self, who: &Who, name: &str) -> Result<Room, Refusal> {
        let mut db = self.store.glance().await.map_err(unavailable)?;
        if let Some(room) = rooms::find(&mut db, &fold(name)).await.map_err(unavailable)? {
            if !self.config.public_reading {
                who.member()?;
            }
            return Ok(room);
        }
        drop(db);
        let me = who.member()?;
        let name = names::check(Kind::Room, name)?;
        let mut tx = self.store.write().await.map_err(unavailable)?;
        if let Some(room) = rooms::find(&mut tx, &name.folded).await.map_err(unavailable)? {
            return Ok(room);
        }
        if let Some(like) = rooms::look_alike(&mut tx, &name.skeleton).await.map_err(unavailable)? {
            return Err(Refusal::invalid("name", Word::RoomLooksLike.of(&[&like.name])));
        }
        let room = rooms::make(&mut tx, &name, Some(me.id)).await.map_err(unavailable)?;
        tx.commit().await.map_err(unavailable)?;
        Ok(room)
    }

    /// A page of the index, its rooms by their keys: rooms with people first, then those of the
    /// latest message.
    ///
    /// # Errors
    /// `login_needed` for a visitor where only members read.
    pub async fn index(
        &self,
        who: &Who,
        filter: &str,
        offset: usize,
    ) -> Result<Index<Vec<Stand>>, Refusal> {
        if !self.config.public_reading {
            who.member()?;
        }
        if filter.chars().count() > Kind::Room.most() {
            return Err(Refusal {
                field: Some("name".to_owned()),
                ..Refusal::new(Code::TooLong, Word::RoomNameTooLong)
            });
        }
        let (lit, people) = self.lit();
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let mut rooms =
            list_page(&mut db, &lit, &fold(filter), offset).await.map_err(unavailable)?;
        let more = rooms.len() > limits::PAGE;
        rooms.truncate(limits::PAGE);
        Ok(Index { rooms, filter: filter.to_owned(), lit: lit.len(), people, offset, more })
    }

    /// The cards of these rooms, in any order; of those that are not there, none.
    ///
    /// # Errors
    /// `unavailable` when the database cannot be read.
    pub async fn cards(&self, rooms: &[Stand]) -> Result<Vec<(Stand, RoomCard)>, Refusal> {
        if rooms.is_empty() {
            return Ok(Vec::new());
        }
        let logs: Vec<LogId> = rooms.iter().map(|room| room.log).collect();
        let online: HashMap<LogId, usize> =
            rooms.iter().map(|room| (room.log, room.online)).collect();
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let listed = rooms::with_last(&mut db, &logs).await.map_err(unavailable)?;
        let card = |room: Listed| {
            let online = online.get(&room.log_id).copied().unwrap_or(0);
            let stand = Stand { log: room.log_id, top: room.top, online };
            (stand, RoomCard { name: room.name, online, last: room.last })
        };
        Ok(listed.into_iter().map(card).collect())
    }

    /// A page of the index.
    ///
    /// # Errors
    /// `login_needed` for a visitor where only members read.
    pub async fn list_rooms(
        &self,
        who: &Who,
        filter: &str,
        offset: usize,
    ) -> Result<Index, Refusal> {
        let index = self.index(who, filter, offset).await?;
        let cards = self.cards(&index.rooms).await?;
        let mut cards: HashMap<LogId, RoomCard> =
            cards.into_iter().map(|(stand, card)| (stand.log, card)).collect();
        Ok(index.map(|rooms| rooms.iter().filter_map(|room| cards.remove(&room.log)).collect()))
    }

    /// The lit rooms, the fullest first, and how many people are online.
    pub(super) fn lit(&self) -> (Vec<(LogId, usize)>, usize) {
        let look = self.presence.look();
        let mut lit: Vec<_> = look
            .lit()
            .filter_map(|(group, count)| match group {
                Group::Room(log) => Some((log, count)),
                _ => None,
            })
            .collect();
        lit.sort_by_key(|(log, count)| (Reverse(*count), *log));
        (lit, look.count(Group::House))
    }
}

/// One page and one room more, which tells that there are more: first the lit ones, then the rest.
async fn list_page(
    db: &mut Connection,
    lit: &[(LogId, usize)],
    filter: &str,
    offset: usize,
) -> crate::server::store::Result<Vec<Stand>> {
    let wanted = limits::PAGE + 1;
    let except: Vec<LogId> = lit.iter().map(|(log, _)| *log).collect();
    let mut lit = lit.to_vec();
    if !filter.is_empty() && !lit.is_empty() {
        // Which of them are so named must be known before the page is cut out.
        let none = Asked { first: &except, limit: 0, except: &[], offset: 0, filter };
        let named: HashSet<LogId> =
            rooms::list(db, none).await?.0.into_iter().map(|(log, _)| log).collect();
        lit.retain(|(log, _)| named.contains(log));
    }
    let (skip, passed) = (offset.saturating_sub(lit.len()), offset.min(lit.len()));
    lit.drain(..passed);
    lit.truncate(wanted);
    let first: Vec<LogId> = lit.iter().map(|(log, _)| *log).collect();
    let limit = wanted - first.len();
    // Where the lit ones fill the page, none of the others is looked for.
    let except = if limit == 0 { &[] } else { &except[..] };
    let asked = Asked { first: &first, limit, except, offset: skip, filter };
    let (tops, others) = rooms::list(db, asked).await?;
    let tops: HashMap<LogId, i64> = tops.into_iter().collect();
    let first = lit
        .into_iter()
        .filter_map(|(log, online)| tops.get(&log).map(|top| Stand { log, top: *top, online }));
    let others = others.into_iter().map(|(log, top)| Stand { log, top, online: 0 });
    Ok(first.chain(others).collect())
}
