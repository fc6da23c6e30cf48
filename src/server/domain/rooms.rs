//! Rooms: opening one, making one, listing them.

use super::changes::{self, Wish};
use super::rights::viewer;
use super::{Domain, ONE_MORE, Scope, Who, cut, membership, unavailable};
use crate::protocol::names::{self, Kind, fold};
use crate::protocol::people::{Access, Role};
use crate::protocol::views::{Index, RoomCard};
use crate::protocol::{Code, Refusal, Target};
use crate::server::groups::Group;
use crate::server::store::acts::Changed;
use crate::server::store::rooms::{self, Asked, Listed, Room};
use crate::server::store::{Connection, LogId, UserId};
use crate::words::Word;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

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
    /// `invalid` for a name that cannot be, or that is not free; `login_needed` for a visitor and a
    /// new name.
    pub async fn enter_room(&self, who: &Who, name: &str) -> Result<Room, Refusal> {
        match self.room(who, name).await {
            Err(refusal) if refusal.code == Code::NotFound => {}
            found => return found,
        }
        match self.make_room(who, name, Access::Open).await {
            // Somebody made it just now.
            Err(refusal) if refusal.field.as_deref() == Some("name") => {
                self.room(who, name).await.map_err(|_| refusal)
            }
            made => made,
        }
    }

    /// Makes a room, whose moderator I am.
    ///
    /// # Errors
    /// `login_needed` for a visitor, `invalid` for a name that cannot be or is not free (of a room that
    /// I may not see no more is told), `forbidden` for a room of the administrators by anybody else,
    /// `rate_limited` for whoever made many of late and is no administrator.
    pub async fn make_room(&self, who: &Who, name: &str, access: Access) -> Result<Room, Refusal> {
        let me = Arc::clone(who.writer()?);
        let name = names::check(Kind::Room, name)?;
        if access == Access::Admins {
            self.admin(who)?;
        }
        self.deeds.may_speak(me.id)?;
        let made = Arc::new(Mutex::new(None));
        let keep = Arc::clone(&made);
        let makers = Arc::clone(&self.makers);
        self.act(move |acting| {
            Box::pin(async move {
                let (user, admin) = (Some(me.id), me.admin);
                let taken = match rooms::find(acting.db, &name.folded).await? {
                    Some(room) => Some(room),
                    None => rooms::look_alike(acting.db, &name.skeleton).await?,
                };
                if let Some(like) = taken {
                    let seen = rooms::seen(acting.db, user, admin, &[like.log_id]).await?;
                    return Ok(Err(not_free((!seen.is_empty()).then_some(&*like.name))));
                }
                // Only what is made counts.
                if !admin && let Err(refusal) = makers.may_make(me.id) {
                    return Ok(Err(refusal));
                }
                let room = rooms::make(acting.db, &name, access, user).await?;
                membership::enrol(acting, &me.party(), &room, Role::Moderator).await?;
                // A poisoned lock cannot happen: nothing panics while it is held.
                *keep.lock().unwrap_or_else(PoisonError::into_inner) = Some(room.clone());
                acting.changed(Changed::Room { log: room.log_id });
                Ok(Ok(()))
            })
        })
        .await?;
        let room = made.lock().unwrap_or_else(PoisonError::into_inner).take();
        room.ok_or_else(Refusal::unavailable)
    }

    /// The same, and says what it is about.
    ///
    /// # Errors
    /// Those of [`Domain::make_room`], and what is wrong with the topic.
    pub async fn make_room_about(
        &self,
        who: &Who,
        name: &str,
        topic: &str,
        access: Access,
    ) -> Result<Target, Refusal> {
        let text = changes::topic(topic)?;
        let room = self.make_room(who, name, access).await?;
        let to = Target::Room(room.name);
        if !text.is_empty() {
            self.change_and_wait(who, &to, Wish::Topic { text }).await?;
        }
        Ok(to)
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
        who.may(Scope::Read)?;
        if !self.config.public_reading {
            who.member()?;
        }
        if filter.chars().count() > Kind::Room.most() {
            return Err(Refusal {
                field: Some("name".to_owned()),
                ..Refusal::new(Code::TooLong, Word::RoomNameTooLong)
            });
        }
        let (mut lit, people) = self.lit();
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let logs: Vec<LogId> = lit.iter().map(|(log, _)| *log).collect();
        // Neither their names nor their number is for everybody.
        let unseen = self.unseen(&mut db, who, &logs).await?;
        lit.retain(|(log, _)| !unseen.contains(log));
        let mut rooms = list_page(&mut db, &lit, &fold(filter), offset, viewer(who))
            .await
            .map_err(unavailable)?;
        let more = cut(&mut rooms);
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

/// A name that is taken, by a room of that name or one like it that they may see; or by one that they may
/// not, of which no more is told.
fn not_free(by: Option<&str>) -> Refusal {
    match by {
        Some(room) => Refusal::invalid("name", Word::RoomLooksLike.of(&[&room])),
        None => Refusal::invalid("name", Word::NameNotFree),
    }
}

/// One page and one room more, which tells that there are more: first the lit ones, then the rest.
async fn list_page(
    db: &mut Connection,
    lit: &[(LogId, usize)],
    filter: &str,
    offset: usize,
    (user, admin): (Option<UserId>, bool),
) -> crate::server::store::Result<Vec<Stand>> {
    let wanted = ONE_MORE;
    let except: Vec<LogId> = lit.iter().map(|(log, _)| *log).collect();
    let mut lit = lit.to_vec();
    if !filter.is_empty() && !lit.is_empty() {
        // Which of them are so named must be known before the page is cut out.
        let none = Asked { first: &except, limit: 0, except: &[], offset: 0, filter, user, admin };
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
    let asked = Asked { first: &first, limit, except, offset: skip, filter, user, admin };
    let (tops, others) = rooms::list(db, asked).await?;
    let tops: HashMap<LogId, i64> = tops.into_iter().collect();
    let first = lit
        .into_iter()
        .filter_map(|(log, online)| tops.get(&log).map(|top| Stand { log, top: *top, online }));
    let others = others.into_iter().map(|(log, top)| Stand { log, top, online: 0 });
    Ok(first.chain(others).collect())
}
