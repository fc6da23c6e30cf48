//! My rooms: joining and leaving, of what I am told, and whom I invite. Joining is a step of its own,
//! and also the first word that somebody says in a room.

use super::places::{Place, no_room};
use super::{Domain, Member, Who};
use crate::protocol::people::{
    Access, Joined, Level, Levelled, NoticeKind, Notify, Role, Somebody,
};
use crate::protocol::{Code, Refusal, Target};
use crate::server::store::acts::{Act, Acting, Boxed, Changed, Outcome, Reason, Whom};
use crate::server::store::rooms::{self, Room};
use crate::server::store::writer::{Party, answered};
use crate::server::store::{Result as Stored, UserId, directs, memberships};
use crate::words::Word;
use serde::Serialize;
use std::sync::Arc;

/// The data of a `read` event.
#[derive(Serialize)]
struct Read {
    to: Target,
    seq: i64,
}

/// Makes somebody a member of a room, which their devices hear of; in one that is not open the others
/// do too. False if they were one.
pub(super) async fn enrol(
    acting: &mut Acting<'_>,
    who: &Party,
    room: &Room,
    role: Role,
) -> Stored<bool> {
    let now = acting.now;
    if !memberships::join(acting.db, who.id, room.log_id, role, now).await? {
        return Ok(false);
    }
    is_member(acting, who, room, true).await?;
    if let Some(seq) = memberships::begin_to_read(acting.db, who.id, room.log_id).await? {
        let to = Target::Room(room.name.clone());
        acting.own(who.id, who.own, "read", &Read { to, seq }).await?;
    }
    Ok(true)
}

/// Takes somebody out of a room; false if they were not in it. Where its last moderator goes, whoever
/// has been there longest takes their place: a room that only its members see would have nobody left
/// who may look after it.
pub(super) async fn strike(acting: &mut Acting<'_>, who: &Party, room: &Room) -> Stored<bool> {
    if !memberships::leave(acting.db, who.id, room.log_id).await? {
        return Ok(false);
    }
    if room.access == Access::Members
        && let Some(next) = memberships::succeed(acting.db, room.log_id).await?
    {
        acting.changed(Changed::Standing { user: next, log: room.log_id });
    }
    is_member(acting, who, room, false).await?;
    Ok(true)
}

async fn is_member(acting: &mut Acting<'_>, who: &Party, room: &Room, on: bool) -> Stored<()> {
    let to = Target::Room(room.name.clone());
    acting.own(who.id, who.own, "rooms", &Joined { to, on }).await?;
    if room.access != Access::Open {
        let somebody = Somebody { user: who.name.to_string(), on };
        acting.room(room.log_id, &room.name, "member", &somebody).await?;
    }
    acting.changed(Changed::Standing { user: who.id, log: room.log_id });
    Ok(())
}

/// A room that I found before this turn, as it stands in it; none where I may not see it any more. Who may
/// was perhaps changed just before.
pub(super) async fn as_it_stands(
    acting: &mut Acting<'_>,
    (me, admin): (UserId, bool),
    room: &Room,
) -> Stored<Option<Room>> {
    let log = room.log_id;
    if rooms::seen(acting.db, Some(me), admin, &[log]).await?.is_empty() {
        return Ok(None);
    }
    rooms::by_log(acting.db, log).await
}

/// Those may not see this room any more.
pub(super) fn lose(acting: &mut Acting<'_>, room: &Room, whom: Whom, reason: Reason) {
    let name = room.name.clone();
    acting.changed(Changed::Lost { log: room.log_id, name, whom, reason });
}

/// Joining a room by oneself.
fn enrolment(
    me: &Arc<Member>,
    room: Room,
) -> impl for<'a, 'c> FnOnce(&'a mut Acting<'c>) -> Boxed<'a, Outcome> + Send + 'static {
    let me = Arc::clone(me);
    move |acting| {
        Box::pin(async move {
            let Some(room) = as_it_stands(acting, (me.id, me.admin), &room).await? else {
                return Ok(Err(no_room()));
            };
            enrol(acting, &me.party(), &room, Role::Member).await?;
            Ok(Ok(()))
        })
    }
}

/// The rule of who may invite into a room that they may see: everybody who is in it. Whoever is in may
/// tell others all that is said there anyway; who comes in is seen by all, and moderators may take them
/// out again.
fn may_invite(me: &Member, standing: memberships::Standing) -> bool {
    me.admin || standing.role.is_some()
}

impl Domain {
    /// Has the writer do this, and waits until it is stored and everybody who must know does.
    pub(super) async fn act<F>(&self, work: F) -> Result<(), Refusal>
    where
        F: for<'a, 'c> FnOnce(&'a mut Acting<'c>) -> Boxed<'a, Outcome> + Send + 'static,
    {
        let (done, answer) = answered();
        self.writer.act(Act { work: Box::new(work), done, rights: true });
        answer.await
    }

    /// Joins a room: it stands in my side column from now on.
    ///
    /// # Errors
    /// `not_found` for what is not there or not mine to see.
    pub async fn join(&self, who: &Who, room: &str) -> Result<(), Refusal> {
        let me = who.writer()?;
        let room = self.room(who, room).await?;
        self.deeds.may_speak(me.id)?;
        self.act(enrolment(me, room)).await
    }

    /// The same for whoever says something there, if they have not joined it yet: handed in before what
    /// they say, and so done before it. Nobody waits for it.
    pub(super) async fn join_to_speak(&self, who: &Who, place: &Place) -> Result<(), Refusal> {
        let (Place::Room { log, name }, Who::Member(me)) = (place, who) else { return Ok(()) };
        // A room's own program belongs to no room.
        if me.bot_of.is_some() || self.standing(me.id, *log).await?.role.is_some() {
            return Ok(());
        }
        let room = self.room(who, name).await?;
        let (work, done) = (Box::new(enrolment(me, room)), Box::new(|_| {}));
        self.writer.act(Act { work, done, rights: true });
        Ok(())
    }

    /// Leaves a room. One that only its members see is gone for me with that.
    ///
    /// # Errors
    /// `not_found` for what is not there or not mine to see.
    pub async fn leave(&self, who: &Who, room: &str) -> Result<(), Refusal> {
        let me = Arc::clone(who.writer()?);
        let room = self.room(who, room).await?;
        self.deeds.may_speak(me.id)?;
        self.act(move |acting| {
            Box::pin(async move {
                let Some(room) = as_it_stands(acting, (me.id, me.admin), &room).await? else {
                    return Ok(Err(no_room()));
                };
                if strike(acting, &me.party(), &room).await? && room.access == Access::Members {
                    lose(acting, &room, Whom::These(vec![me.id]), Reason::Removed);
                }
                Ok(Ok(()))
            })
        })
        .await
    }

    /// Sets of what in a room or a conversation I am told. To be told less or more of a room is to join
    /// it.
    ///
    /// # Errors
    /// `not_found` for what is not there or not mine to see.
    pub async fn set_level(&self, who: &Who, to: &Target, level: Level) -> Result<(), Refusal> {
        let me = who.writer()?;
        let place = self.locate(who, to).await?;
        self.deeds.may_speak(me.id)?;
        self.join_to_speak(who, &place).await?;
        let (party, to) = (me.party(), place.target());
        self.act(move |acting| {
            Box::pin(async move {
                let now = acting.now;
                match &place {
                    Place::Room { log, .. } => {
                        if !memberships::set_level(acting.db, party.id, *log, level).await? {
                            return Ok(Err(no_room()));
                        }
                        acting.changed(Changed::Standing { user: party.id, log: *log });
                    }
                    Place::Direct { other, .. } => {
                        let (low, high) = directs::pair(party.id, other.id);
                        let Some(log) = directs::find(acting.db, low, high).await? else {
                            let why = Word::NothingSaidYet;
                            return Ok(Err(Refusal::invalid("to", why)));
                        };
                        memberships::set_level_between(acting.db, party.id, log, level, now)
                            .await?;
                        acting.changed(Changed::Between { one: party.id, other: other.id });
                    }
                    Place::Own { .. } => {
                        let why = Word::SaidOfAPlace;
                        return Ok(Err(Refusal::invalid("to", why)));
                    }
                }
                acting.own(party.id, party.own, "level", &Levelled { to, level }).await?;
                Ok(Ok(()))
            })
        })
        .await
    }

    /// Invites somebody. Into a room that only its members see they come with that; of an open one they
    /// are told, and join it if they like.
    ///
    /// # Errors
    /// `not_found` for a room or a person that is not there, `forbidden` where I may not invite, where
    /// they may not come, or who takes nothing from me.
    pub async fn invite(&self, who: &Who, room: &str, person: &str) -> Result<(), Refusal> {
        let me = Arc::clone(who.writer()?);
        let room = self.room(who, room).await?;
        if !may_invite(&me, self.standing(me.id, room.log_id).await?) {
            let why = Word::JoinToInvite;
            return Err(Refusal::new(Code::Forbidden, why));
        }
        let other = self.somebody(person).await?;
        if other.id == me.id {
            return Err(Refusal::invalid("person", Word::HereAlready));
        }
        let guest = other.party();
        let place = Place::Direct { me: me.party(), other: guest.clone(), log: None };
        self.may_write(&me, &place).await?;
        if other.banned_at.is_some() || room.access == Access::Admins && !other.admin {
            return Err(may_not_come(&guest));
        }
        self.deeds.may_speak(me.id)?;
        self.act(move |acting| {
            Box::pin(async move {
                let Some(room) = as_it_stands(acting, (me.id, me.admin), &room).await? else {
                    return Ok(Err(no_room()));
                };
                let there = memberships::standing(acting.db, guest.id, room.log_id).await?;
                if there.banned {
                    return Ok(Err(may_not_come(&guest)));
                }
                if there.role.is_some() {
                    return Ok(Ok(()));
                }
                if room.access == Access::Members {
                    enrol(acting, &guest, &room, Role::Member).await?;
                }
                let notice = Notify {
                    kind: NoticeKind::Invite,
                    id: format!("{}-{}", room.log_id.0, acting.now.0),
                    from: me.name.to_string(),
                    to: Target::Room(room.name.clone()),
                    message: None,
                    seq: None,
                    text: room.name.clone(),
                    why: None,
                    seen: false,
                    link: None,
                    at: acting.now,
                };
                acting.own(guest.id, guest.own, "notify", &notice).await?;
                Ok(Ok(()))
            })
        })
        .await
    }
}

fn may_not_come(guest: &Party) -> Refusal {
    Refusal::new(Code::Forbidden, Word::NotIntoRoom.of(&[&guest.name]))
}
