//! Keeping order in a room, which its moderators do.

use super::membership::{as_it_stands, enrol, lose, strike};
use super::places::no_room;
use super::rights::keeps_order;
use super::{Domain, Member, ONE_MORE, Scope, Who, cut, unavailable};
use crate::protocol::people::{Access, MemberLine, Mine, Role, RoomView};
use crate::protocol::{At, Code, Refusal};
use crate::server::groups::Group;
use crate::server::store::acts::{Acting, Boxed, Changed, Outcome, Reason, Whom};
use crate::server::store::people::{self, Person};
use crate::server::store::rooms::{self, Room};
use crate::server::store::{Result as Stored, UserId, memberships};
use crate::words::Word;
use std::sync::Arc;

/// Names of those who are kept out of a room, on its page.
const BANNED_SHOWN: usize = 200;

/// The rule of whom somebody who keeps order may act on: not themselves, and not an administrator, who
/// would only come back.
fn may_act_on(me: &Member, other: &Person) -> Result<(), Refusal> {
    if other.id == me.id {
        return Err(Refusal::invalid("person", Word::YouLeave));
    }
    if other.admin {
        let why = Word::AdminStays.of(&[&other.name]);
        return Err(Refusal::new(Code::Forbidden, why));
    }
    Ok(())
}

/// Takes somebody out of a room, which they may not see any more.
pub(super) async fn put_out(
    acting: &mut Acting<'_>,
    other: &Person,
    room: &Room,
    reason: Reason,
) -> Stored<()> {
    strike(acting, &other.party(), room).await?;
    lose(acting, room, Whom::These(vec![other.id]), reason);
    Ok(())
}

/// A room as it stands once it is my turn to act, if I keep order in it still.
async fn order_as_it_stands(
    acting: &mut Acting<'_>,
    me: UserId,
    room: &Room,
) -> Stored<Result<Room, Refusal>> {
    let admin = people::is_admin(acting.db, me).await?;
    let Some(room) = as_it_stands(acting, (me, admin), room).await? else {
        return Ok(Err(no_room()));
    };
    let role = memberships::standing(acting.db, me, room.log_id).await?.role;
    Ok(if keeps_order(admin, role) { Ok(room) } else { Err(moderators_only()) })
}

fn moderators_only() -> Refusal {
    Refusal::new(Code::Forbidden, Word::ModeratorsOnly)
}

impl Domain {
    /// Does something in a room in which I keep order, if I do still once it is its turn, with the room
    /// as it stands then.
    pub(super) async fn keep_order<F>(
        &self,
        me: Arc<Member>,
        room: Room,
        work: F,
    ) -> Result<(), Refusal>
    where
        F: for<'a, 'c> FnOnce(&'a mut Acting<'c>, Arc<Member>, Room) -> Boxed<'a, Outcome>
            + Send
            + 'static,
    {
        self.act(move |acting| {
            Box::pin(async move {
                match order_as_it_stands(acting, me.id, &room).await? {
                    Ok(room) => work(acting, me, room).await,
                    Err(refusal) => Ok(Err(refusal)),
                }
            })
        })
        .await
    }

    /// A room in which I keep order.
    pub(super) async fn my_order(
        &self,
        who: &Who,
        room: &str,
    ) -> Result<(Arc<Member>, Room), Refusal> {
        let me = Arc::clone(who.member()?);
        let room = self.room(who, room).await?;
        if keeps_order(me.admin, self.standing(me.id, room.log_id).await?.role) {
            Ok((me, room))
        } else {
            Err(moderators_only())
        }
    }

    /// The same for whoever is about to do something there.
    pub(super) async fn my_turn(
        &self,
        who: &Who,
        room: &str,
    ) -> Result<(Arc<Member>, Room), Refusal> {
        who.may(Scope::Write)?;
        let (me, room) = self.my_order(who, room).await?;
        self.deeds.may_speak(me.id)?;
        Ok((me, room))
    }

    /// Somebody whom I may act on.
    async fn under(&self, me: &Member, person: &str) -> Result<Person, Refusal> {
        let other = self.somebody(person).await?;
        may_act_on(me, &other)?;
        Ok(other)
    }

    /// Takes somebody out of a room. They may come back where it is open.
    ///
    /// # Errors
    /// `forbidden` for all but moderators, and of administrators; `not_found` for a room or a person
    /// that is not there.
    pub async fn remove(&self, who: &Who, room: &str, person: &str) -> Result<(), Refusal> {
        let (me, room) = self.my_turn(who, room).await?;
        let other = self.under(&me, person).await?;
        self.keep_order(me, room, move |acting, _, room| {
            Box::pin(async move {
                put_out(acting, &other, &room, Reason::Removed).await?;
                Ok(Ok(()))
            })
        })
        .await
    }

    /// Keeps somebody out of a room, or no longer. For them there is no such room.
    ///
    /// # Errors
    /// Those of [`Domain::remove`].
    pub async fn ban(&self, who: &Who, room: &str, person: &str, on: bool) -> Result<(), Refusal> {
        let (me, room) = self.my_turn(who, room).await?;
        let other = self.under(&me, person).await?;
        self.keep_order(me, room, move |acting, me, room| {
            Box::pin(async move {
                let (now, log) = (acting.now, room.log_id);
                memberships::ban(acting.db, other.id, log, me.id, on, now).await?;
                acting.changed(Changed::Standing { user: other.id, log });
                // Whether anybody is kept out is known of the room.
                acting.changed(Changed::Room { log });
                if on {
                    put_out(acting, &other, &room, Reason::Banned).await?;
                }
                Ok(Ok(()))
            })
        })
        .await
    }

    /// Makes a member of a room its moderator, or a member again.
    ///
    /// # Errors
    /// `forbidden` for all but moderators, `not_found` for whoever is not in it.
    pub async fn set_role(
        &self,
        who: &Who,
        room: &str,
        person: &str,
        role: Role,
    ) -> Result<(), Refusal> {
        let (me, room) = self.my_turn(who, room).await?;
        let other = self.somebody(person).await?;
        self.keep_order(me, room, move |acting, _, room| {
            Box::pin(async move {
                if !memberships::set_role(acting.db, other.id, room.log_id, role).await? {
                    return Ok(Err(Refusal::not_found("member of that name")));
                }
                if let Some(next) = memberships::succeed(acting.db, room.log_id).await? {
                    acting.changed(Changed::Standing { user: next, log: room.log_id });
                }
                acting.changed(Changed::Standing { user: other.id, log: room.log_id });
                Ok(Ok(()))
            })
        })
        .await
    }

    /// Sets who may see a room. Whoever may not any more loses it at once.
    ///
    /// # Errors
    /// `forbidden` for all but moderators; for administrators alone only they may make it.
    pub async fn set_access(&self, who: &Who, room: &str, access: Access) -> Result<(), Refusal> {
        let (me, room) = self.my_turn(who, room).await?;
        if access == Access::Admins {
            self.admin(who)?;
        }
        self.keep_order(me, room, move |acting, me, room| {
            Box::pin(async move {
                let log = room.log_id;
                rooms::set_access(acting.db, log, access).await?;
                let room = Room { access, ..room };
                acting.changed(Changed::Room { log });
                match access {
                    Access::Open => {}
                    Access::Members => {
                        // Whoever does it is not to lock themselves out.
                        enrol(acting, &me.party(), &room, Role::Moderator).await?;
                        let members = memberships::all(acting.db, log).await?;
                        let but = members.into_iter().map(|member| member.id).collect();
                        lose(acting, &room, Whom::AllBut(but), Reason::Removed);
                    }
                    Access::Admins => {
                        for member in memberships::all(acting.db, log).await? {
                            if !member.admin {
                                strike(acting, &member.party(), &room).await?;
                            }
                        }
                        let but = people::admin_ids(acting.db).await?.into_iter().collect();
                        lose(acting, &room, Whom::AllBut(but), Reason::Removed);
                    }
                }
                Ok(Ok(()))
            })
        })
        .await
    }

    /// What is shown about a room.
    ///
    /// # Errors
    /// `not_found` for what is not there or not theirs to see.
    pub async fn about_room(
        &self,
        who: &Who,
        room: &str,
        offset: usize,
    ) -> Result<RoomView, Refusal> {
        who.may(Scope::Read)?;
        let room = self.room(who, room).await?;
        let log = room.log_id;
        let mine = match who {
            Who::Member(me) => {
                let standing = self.standing(me.id, log).await?;
                Mine {
                    access: room.access,
                    role: standing.role,
                    level: standing.level,
                    moderates: keeps_order(me.admin, standing.role),
                }
            }
            Who::Visitor => Mine { access: room.access, ..Mine::default() },
        };
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let (made_by, since) = rooms::made(&mut db, log).await.map_err(unavailable)?;
        let count = memberships::count(&mut db, log).await.map_err(unavailable)?;
        let page = memberships::page(&mut db, log, ONE_MORE, offset).await;
        let mut page = page.map_err(unavailable)?;
        let banned = if mine.moderates {
            memberships::banned(&mut db, log, BANNED_SHOWN).await.map_err(unavailable)?
        } else {
            Vec::new()
        };
        drop(db);
        let more = cut(&mut page);
        let look = self.presence.look();
        // Who is in the house, wherever that may be, is for those who belong to it.
        let about = if who.member().is_ok() { Group::House } else { Group::Room(log) };
        let line = |(name, role): (String, Role)| MemberLine {
            online: look.is_here(about, &name),
            name,
            role,
        };
        Ok(RoomView {
            name: room.name,
            mine,
            made_by,
            since: At(since),
            count: usize::try_from(count).unwrap_or(0),
            members: page.into_iter().map(line).collect(),
            offset,
            more,
            banned,
        })
    }

    /// How somebody stands in a room, and its name: for those who keep order in it, and may act on
    /// them. For everybody else there is nothing to know.
    ///
    /// # Errors
    /// `unavailable` when it cannot be read.
    pub async fn standing_in(
        &self,
        who: &Who,
        room: &str,
        person: &str,
    ) -> Result<Option<(String, memberships::Standing)>, Refusal> {
        let stands = async {
            who.may(Scope::Read)?;
            let (me, room) = self.my_order(who, room).await?;
            let other = self.under(&me, person).await?;
            Ok((room.name, self.standing(other.id, room.log_id).await?))
        };
        match stands.await {
            Ok(stands) => Ok(Some(stands)),
            Err(Refusal { code: Code::Unavailable, .. }) => Err(Refusal::unavailable()),
            Err(_) => Ok(None),
        }
    }
}
