//! Rooms: opening one, making one, listing them.

use super::{Domain, Who, unavailable};
use crate::protocol::names::{self, Kind, fold};
use crate::protocol::views::{Index, RoomCard};
use crate::protocol::{Code, Refusal, limits};
use crate::server::groups::Group;
use crate::server::store::rooms::{self, Listed, Room, Which};
use crate::server::store::{Connection, LogId};
use std::cmp::Reverse;
use std::collections::HashMap;

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
            return Err(Refusal::invalid(
                "name",
                format!(
                    "That name looks like the room “{}”. Enter that one, or pick another name.",
                    like.name
                ),
            ));
        }
        let room = rooms::make(&mut tx, &name, Some(me.id)).await.map_err(unavailable)?;
        tx.commit().await.map_err(unavailable)?;
        Ok(room)
    }

    /// A page of the index: rooms with people first, then those of the latest message.
    ///
    /// # Errors
    /// `login_needed` for a visitor where only members read.
    pub async fn list_rooms(
        &self,
        who: &Who,
        filter: &str,
        offset: usize,
    ) -> Result<Index, Refusal> {
        if !self.config.public_reading {
            who.member()?;
        }
        if filter.chars().count() > Kind::Room.most() {
            return Err(Refusal {
                field: Some("name".to_owned()),
                ..Refusal::new(Code::TooLong, "That is longer than a room's name can be.")
            });
        }
        let (lit, people) = self.lit();
        let folded = fold(filter);
        let mut db = self.store.read().await.map_err(unavailable)?;
        let listed = list_page(&mut db, &lit, &folded, offset).await.map_err(unavailable)?;
        let more = listed.len() > limits::PAGE;
        let counts: HashMap<LogId, usize> = lit.iter().copied().collect();
        let rooms = listed
            .into_iter()
            .take(limits::PAGE)
            .map(|room| RoomCard {
                online: counts.get(&room.log_id).copied().unwrap_or(0),
                last: room.last(),
                name: room.name,
            })
            .collect();
        Ok(Index { rooms, filter: filter.to_owned(), lit: lit.len(), people, offset, more })
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
) -> crate::server::store::Result<Vec<Listed>> {
    let wanted = limits::PAGE + 1;
    let ids: Vec<LogId> = lit.iter().map(|(log, _)| *log).collect();
    let places: HashMap<LogId, usize> =
        ids.iter().enumerate().map(|(place, log)| (*log, place)).collect();
    let mut first = Vec::new();
    if !ids.is_empty() {
        first = rooms::list(db, Which::Only(&ids), filter, ids.len(), 0).await?;
        first.sort_by_key(|room| places.get(&room.log_id).copied());
    }
    let lit_matches = first.len();
    let mut page: Vec<Listed> = first.into_iter().skip(offset).take(wanted).collect();
    if page.len() < wanted {
        let skip = offset.saturating_sub(lit_matches);
        page.extend(rooms::list(db, Which::Except(&ids), filter, wanted - page.len(), skip).await?);
    }
    Ok(page)
}
