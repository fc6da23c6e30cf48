//! Keeping order: in a room by its moderators, in the house by its administrators.

use super::membership::{enrol, lose, strike};
use super::{Domain, Member, Who, unavailable};
use crate::protocol::names::fold;
use crate::protocol::people::{
    Access, Account, Accounts, MemberLine, Mine, Role, RoomLine, RoomView, Rooms,
};
use crate::protocol::{At, Code, Refusal, limits};
use crate::server::groups::Group;
use crate::server::store::acts::{Acting, Boxed, Changed, Outcome, Reason, Whom};
use crate::server::store::rooms::{self, Room};
use crate::server::store::writer::Party;
use crate::server::store::{LogId, UserId, memberships, people, sessions};
use crate::words::Word;
use std::sync::Arc;

/// Names of those who are kept out of a room, on its page.
const BANNED_SHOWN: usize = 200;

/// The rule of whom somebody who keeps order may act on: not themselves, and not an administrator, who
/// would only come back.
fn may_act_on(me: &Member, other: &people::Person) -> Result<(), Refusal> {
    if other.id == me.id {
        return Err(Refusal::invalid("person", Word::YouLeave));
    }
    if other.admin {
        let why = Word::AdminStays.of(&[&other.name]);
        return Err(Refusal::new(Code::Forbidden, why));
    }
    Ok(())
}

fn party(person: &people::Person) -> Party {
    Party { id: person.id, name: person.name.clone().into(), own: person.log_id }
}

/// Keeping somebody out of the house, or no longer.
fn keeping_out(
    user: UserId,
    on: bool,
) -> impl for<'a, 'c> FnOnce(&'a mut Acting<'c>) -> Boxed<'a, Outcome> + Send + 'static {
    move |acting| {
        Box::pin(async move {
            people::set_banned(acting.db, user, on.then_some(acting.now)).await?;
            if on {
                sessions::end_others(acting.db, user, None).await?;
                // Whichever process holds their sockets hears of it.
                sessions::note_banned(acting.db, user).await?;
                acting.changed(Changed::Banned { user });
            }
            Ok(Ok(()))
        })
    }
}

/// Whether I keep order in this room once it is my turn to act: I may have lost it since it was asked.
async fn keeps_order_still(acting: &mut Acting<'_>, me: &Member, log: LogId) -> Outcome {
    let admin = people::is_admin(acting.db, me.id).await?;
    if rooms::seen(acting.db, Some(me.id), admin, &[log]).await?.is_empty() {
        return Ok(Err(super::places::no_room()));
    }
    let role = memberships::standing(acting.db, me.id, log).await?.role;
    Ok(if admin || role == Some(Role::Moderator) {
        Ok(())
    } else {
        Err(Refusal::new(Code::Forbidden, Word::ModeratorsOnly))
    })
}

impl Domain {
    /// Does something in a room in which I keep order, if I do still once it is its turn.
    async fn keep_order<F>(&self, me: &Arc<Member>, room: &Room, work: F) -> Result<(), Refusal>
    where
        F: for<'a, 'c> FnOnce(&'a mut Acting<'c>) -> Boxed<'a, Outcome> + Send + 'static,
    {
        let (me, log) = (Arc::clone(me), room.log_id);
        self.act(move |acting| {
            Box::pin(async move {
                match keeps_order_still(acting, &me, log).await? {
                    Ok(()) => work(acting).await,
                    Err(refusal) => Ok(Err(refusal)),
                }
            })
        })
        .await
    }

    /// Does something for which one looks after the house, if I do still once it is its turn.
    async fn look_after<F>(&self, me: &Member, work: F) -> Result<(), Refusal>
    where
        F: for<'a, 'c> FnOnce(&'a mut Acting<'c>) -> Boxed<'a, Outcome> + Send + 'static,
    {
        let me = me.id;
        self.act(move |acting| {
            Box::pin(async move {
                if people::is_admin(acting.db, me).await? {
                    work(acting).await
                } else {
                    Ok(Err(Refusal::new(Code::Forbidden, Word::AdminsOnly)))
                }
            })
        })
        .await
    }

    /// A room in which I keep order.
    async fn my_order(&self, who: &Who, room: &str) -> Result<(Arc<Member>, Room), Refusal> {
        let me = Arc::clone(who.member()?);
        let room = self.room(who, room).await?;
        let moderates =
            me.admin || self.standing(me.id, room.log_id).await?.role == Some(Role::Moderator);
        if moderates {
            Ok((me, room))
        } else {
            Err(Refusal::new(Code::Forbidden, Word::ModeratorsOnly))
        }
    }

    /// Takes somebody out of a room. They may come back where it is open.
    ///
    /// # Errors
    /// `forbidden` for all but moderators, and of administrators; `not_found` for a room or a person
    /// that is not there.
    pub async fn remove(&self, who: &Who, room: &str, person: &str) -> Result<(), Refusal> {
        let (me, room) = self.my_order(who, room).await?;
        self.deeds.may_speak(me.id)?;
        let other = self.somebody(person).await?;
        may_act_on(&me, &other)?;
        let (keeper, at) = (Arc::clone(&me), room.clone());
        self.keep_order(&keeper, &at, move |acting| {
            Box::pin(async move {
                strike(acting, &party(&other), &room).await?;
                lose(acting, &room, Whom::These(vec![other.id]), Reason::Removed);
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
        let (me, room) = self.my_order(who, room).await?;
        self.deeds.may_speak(me.id)?;
        let other = self.somebody(person).await?;
        may_act_on(&me, &other)?;
        let (keeper, at) = (Arc::clone(&me), room.clone());
        self.keep_order(&keeper, &at, move |acting| {
            Box::pin(async move {
                let (now, log) = (acting.now, room.log_id);
                memberships::ban(acting.db, other.id, log, me.id, on, now).await?;
                acting.changed(Changed::Standing { user: other.id, log });
                // Whether anybody is kept out is known of the room.
                acting.changed(Changed::Room { log });
                if on {
                    strike(acting, &party(&other), &room).await?;
                    lose(acting, &room, Whom::These(vec![other.id]), Reason::Banned);
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
        let (me, room) = self.my_order(who, room).await?;
        self.deeds.may_speak(me.id)?;
        let other = self.somebody(person).await?;
        let (keeper, at) = (Arc::clone(&me), room.clone());
        self.keep_order(&keeper, &at, move |acting| {
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
        let (me, room) = self.my_order(who, room).await?;
        self.deeds.may_speak(me.id)?;
        if access == Access::Admins {
            self.admin(who)?;
        }
        let (keeper, at) = (Arc::clone(&me), room.clone());
        self.keep_order(&keeper, &at, move |acting| {
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
                                strike(acting, &party(&member), &room).await?;
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

    /// Lets a room go, also one that I may not read. Its name stays taken.
    ///
    /// # Errors
    /// `forbidden` for all but administrators, `not_found` for a room that is not there.
    pub async fn delete_room(&self, who: &Who, room: &str) -> Result<(), Refusal> {
        let me = self.admin(who)?;
        let folded = fold(room);
        self.look_after(me, move |acting| {
            Box::pin(async move {
                let found = rooms::find(acting.db, &folded).await?.filter(|room| !room.deleted);
                let Some(room) = found else { return Ok(Err(super::places::no_room())) };
                for member in memberships::all(acting.db, room.log_id).await? {
                    strike(acting, &party(&member), &room).await?;
                }
                let now = acting.now;
                rooms::delete(acting.db, room.log_id, now).await?;
                lose(acting, &room, Whom::AllBut(Default::default()), Reason::Deleted);
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
        let room = self.room(who, room).await?;
        let log = room.log_id;
        let mine = match who {
            Who::Member(me) => {
                let standing = self.standing(me.id, log).await?;
                Mine {
                    access: room.access,
                    role: standing.role,
                    level: standing.level,
                    moderates: me.admin || standing.role == Some(Role::Moderator),
                }
            }
            Who::Visitor => Mine { access: room.access, ..Mine::default() },
        };
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let (made_by, since) = rooms::made(&mut db, log).await.map_err(unavailable)?;
        let count = memberships::count(&mut db, log).await.map_err(unavailable)?;
        let page = memberships::page(&mut db, log, limits::PAGE + 1, offset).await;
        let mut page = page.map_err(unavailable)?;
        let banned = if mine.moderates {
            memberships::banned(&mut db, log, BANNED_SHOWN).await.map_err(unavailable)?
        } else {
            Vec::new()
        };
        drop(db);
        let more = page.len() > limits::PAGE;
        page.truncate(limits::PAGE);
        let look = self.presence.look();
        let line = |(name, role): (String, Role)| MemberLine {
            online: look.is_here(Group::House, &name),
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
            let (me, room) = self.my_order(who, room).await?;
            let other = self.somebody(person).await?;
            may_act_on(&me, &other)?;
            Ok((room.name, self.standing(other.id, room.log_id).await?))
        };
        match stands.await {
            Ok(stands) => Ok(Some(stands)),
            Err(Refusal { code: Code::Unavailable, .. }) => Err(Refusal::unavailable()),
            Err(_) => Ok(None),
        }
    }

    /// Keeps somebody out of the house, or no longer: their sessions end, their sockets close, and
    /// their tokens open nothing.
    ///
    /// # Errors
    /// `forbidden` for all but administrators, `not_found` for a person who is not there, `invalid` of
    /// myself.
    pub async fn ban_user(&self, who: &Who, person: &str, on: bool) -> Result<(), Refusal> {
        let me = self.admin(who)?;
        let other = self.somebody(person).await?;
        if other.id == me.id {
            return Err(Refusal::invalid("person", Word::IsYou));
        }
        self.look_after(me, keeping_out(other.id, on)).await
    }

    /// The same without asking who does it: the command line's.
    ///
    /// # Errors
    /// `not_found` for a person who is not there.
    pub async fn keep_out(&self, person: &str, on: bool) -> Result<(), Refusal> {
        let other = self.somebody(person).await?;
        self.act(keeping_out(other.id, on)).await
    }

    /// Has somebody look after the house, or no longer. Their sockets are closed, to be opened anew with
    /// what they may do now.
    ///
    /// # Errors
    /// `forbidden` for all but administrators, `not_found` for a person who is not there, `invalid` of
    /// the last administrator.
    pub async fn set_admin(&self, who: &Who, person: &str, on: bool) -> Result<(), Refusal> {
        let me = self.admin(who)?;
        let other = self.somebody(person).await?;
        self.look_after(me, move |acting| {
            Box::pin(async move {
                if other.admin == on {
                    return Ok(Ok(()));
                }
                if !on && people::admins(acting.db).await? <= 1 {
                    let why = Word::LastAdmin;
                    return Ok(Err(Refusal::invalid("person", why)));
                }
                people::set_admin(acting.db, other.id, on).await?;
                if !on {
                    for room in rooms::of_admins(acting.db).await? {
                        strike(acting, &party(&other), &room).await?;
                        lose(acting, &room, Whom::These(vec![other.id]), Reason::Removed);
                    }
                }
                acting.changed(Changed::Rights { user: other.id });
                Ok(Ok(()))
            })
        })
        .await
    }

    /// Ends all sessions of somebody.
    ///
    /// # Errors
    /// `forbidden` for all but administrators, `not_found` for a person who is not there.
    pub async fn end_sessions_of(&self, who: &Who, person: &str) -> Result<(), Refusal> {
        let me = self.admin(who)?;
        let other = self.somebody(person).await?;
        self.look_after(me, move |acting| {
            Box::pin(async move {
                let ended = sessions::end_others(acting.db, other.id, None).await?;
                sessions::note_ended(acting.db, other.id, &ended).await?;
                acting.changed(Changed::Ended { user: other.id, sessions: ended });
                Ok(Ok(()))
            })
        })
        .await
    }

    /// Accounts by name, of those whose name holds `query`.
    ///
    /// # Errors
    /// `forbidden` for all but administrators.
    pub async fn accounts(
        &self,
        who: &Who,
        query: &str,
        offset: usize,
    ) -> Result<Accounts, Refusal> {
        self.admin(who)?;
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let page = people::page(&mut db, &fold(query), true, limits::PAGE + 1, offset).await;
        let mut page = page.map_err(unavailable)?;
        let more = page.len() > limits::PAGE;
        page.truncate(limits::PAGE);
        let mut accounts = Vec::with_capacity(page.len());
        for person in page {
            let sessions = people::sessions(&mut db, person.id, At::now()).await;
            accounts.push(Account {
                line: self.person_line(&person),
                since: At(person.created_at),
                banned: person.banned_at.is_some(),
                sessions: usize::try_from(sessions.map_err(unavailable)?).unwrap_or(0),
            });
        }
        Ok(Accounts { accounts, query: query.to_owned(), offset, more })
    }

    /// Rooms by name, of those whose name holds `query`: also those that I may not read.
    ///
    /// # Errors
    /// `forbidden` for all but administrators.
    pub async fn rooms_of_house(
        &self,
        who: &Who,
        query: &str,
        offset: usize,
    ) -> Result<Rooms, Refusal> {
        self.admin(who)?;
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let page = rooms::all(&mut db, &fold(query), limits::PAGE + 1, offset).await;
        let mut page = page.map_err(unavailable)?;
        let more = page.len() > limits::PAGE;
        page.truncate(limits::PAGE);
        let line = |(name, access, members, made_by, said_at): rooms::Row| RoomLine {
            name,
            access: Access::of_word(&access).unwrap_or(Access::Admins),
            members: usize::try_from(members).unwrap_or(0),
            made_by,
            said_at: (said_at > 0).then_some(At(said_at)),
        };
        let rooms = page.into_iter().map(line).collect();
        Ok(Rooms { rooms, query: query.to_owned(), offset, more })
    }
}
