//! Looking after the house, which its administrators do: who comes in, who looks after it, which rooms
//! there are.

use super::membership::{lose, strike};
use super::moderation::put_out;
use super::{Domain, Member, ONE_MORE, Scope, Who, cut, unavailable};
use crate::protocol::names::fold;
use crate::protocol::people::{Access, Account, Accounts, RoomLine, Rooms};
use crate::protocol::{At, Code, Refusal};
use crate::server::store::acts::{Acting, Boxed, Changed, Outcome, Reason, Whom};
use crate::server::store::{UserId, hooks, memberships, people, rooms, sessions};
use crate::words::Word;

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

impl Domain {
    /// Does something for which one looks after the house, if I do still once it is its turn.
    async fn look_after<F>(&self, me: &Member, work: F) -> Result<(), Refusal>
    where
        F: for<'a, 'c> FnOnce(&'a mut Acting<'c>) -> Boxed<'a, Outcome> + Send + 'static,
    {
        me.may(Scope::Write)?;
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
        self.look_after(me, keeping_out(other.id, on)).await?;
        self.repeats.ask_again(other.id);
        Ok(())
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
        let user = other.id;
        self.look_after(me, move |acting| {
            Box::pin(async move {
                if other.admin == on {
                    return Ok(Ok(()));
                }
                // Whoever is kept out of the house looks after nothing.
                let counts = other.banned_at.is_none();
                if !on && counts && people::admins(acting.db).await? <= 1 {
                    let why = Word::LastAdmin;
                    return Ok(Err(Refusal::invalid("person", why)));
                }
                people::set_admin(acting.db, other.id, on).await?;
                if !on {
                    for room in rooms::of_admins(acting.db).await? {
                        put_out(acting, &other, &room, Reason::Removed).await?;
                    }
                }
                acting.changed(Changed::Rights { user: other.id });
                Ok(Ok(()))
            })
        })
        .await?;
        self.repeats.ask_again(user);
        Ok(())
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
        self.admin(who)?.may(Scope::Read)?;
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let page = people::page(&mut db, &fold(query), true, ONE_MORE, offset).await;
        let mut page = page.map_err(unavailable)?;
        let more = cut(&mut page);
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
        self.admin(who)?.may(Scope::Read)?;
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let page = rooms::all(&mut db, &fold(query), ONE_MORE, offset).await;
        let mut page = page.map_err(unavailable)?;
        let more = cut(&mut page);
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
                    strike(acting, &member.party(), &room).await?;
                }
                let now = acting.now;
                hooks::remove_all(acting.db, room.log_id).await?;
                rooms::delete(acting.db, room.log_id, now).await?;
                lose(acting, &room, Whom::AllBut(Default::default()), Reason::Deleted);
                Ok(Ok(()))
            })
        })
        .await?;
        self.hooks.have_changed();
        Ok(())
    }
}
