//! People: who there is, what is shown of one, and whom I wish to hear nothing of.

use super::{Domain, ONE_MORE, Scope, Who, cut, unavailable};
use crate::protocol::names::{Kind, fold};
use crate::protocol::people::{People, PersonLine, PersonView, Somebody};
use crate::protocol::{At, Code, Refusal, Target, limits};
use crate::server::groups::Group;
use crate::server::store::acts::Changed;
use crate::server::store::memberships;
use crate::server::store::people::{self, Person};
use crate::words::Word;

/// Rooms that both have joined, on somebody's card.
const IN_COMMON: usize = 20;

impl Domain {
    /// The person of this name.
    pub(super) async fn somebody(&self, name: &str) -> Result<Person, Refusal> {
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let found = people::find(&mut db, &fold(name)).await.map_err(unavailable)?;
        found.ok_or_else(|| Refusal::not_found("person of that name"))
    }

    /// A person in a list.
    pub(super) fn person_line(&self, person: &Person) -> PersonLine {
        let look = self.presence.look();
        let online = look.is_here(Group::House, &person.name);
        PersonLine {
            name: person.name.clone(),
            admin: person.admin,
            online,
            idle: online && look.is_idle(person.id),
            last_seen: person.last_seen().filter(|_| !online),
        }
    }

    /// What is shown of one person.
    ///
    /// # Errors
    /// `login_needed` for a visitor, `not_found` for a person who is not there.
    pub async fn person(&self, who: &Who, name: &str) -> Result<PersonView, Refusal> {
        let me = who.member()?;
        me.may(Scope::Read)?;
        let person = self.somebody(name).await?;
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let blocked = people::blocks(&mut db, me.id, person.id).await.map_err(unavailable)?;
        let rooms = memberships::in_common(&mut db, me.id, person.id, IN_COMMON).await;
        let rooms = if me.id == person.id { Vec::new() } else { rooms.map_err(unavailable)? };
        Ok(PersonView {
            line: self.person_line(&person),
            since: At(person.created_at),
            banned: person.banned_at.is_some(),
            me: me.id == person.id,
            blocked,
            in_common: rooms.into_iter().map(Target::Room).collect(),
        })
    }

    /// People by name, of those whose name holds `query`.
    ///
    /// # Errors
    /// `login_needed` for a visitor, `too_long` for what no name holds.
    pub async fn people(&self, who: &Who, query: &str, offset: usize) -> Result<People, Refusal> {
        who.member()?.may(Scope::Read)?;
        if query.chars().count() > Kind::User.most() {
            return Err(Refusal::too_long("query", Word::QueryTooLong));
        }
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let page = people::page(&mut db, &fold(query), false, ONE_MORE, offset).await;
        let mut page = page.map_err(unavailable)?;
        drop(db);
        let more = cut(&mut page);
        let people = page.iter().map(|person| self.person_line(person)).collect();
        Ok(People { people, query: query.to_owned(), offset, more })
    }

    /// I wish to hear nothing of somebody, or do again: they cannot call me and not write to me, and my
    /// devices hide what they say elsewhere.
    ///
    /// # Errors
    /// `not_found` for a person who is not there, `invalid` of myself, `too_many` past a bound.
    pub async fn block(&self, who: &Who, person: &str, on: bool) -> Result<(), Refusal> {
        let me = who.writer()?.party();
        let other = self.somebody(person).await?;
        if other.id == me.id {
            return Err(Refusal::invalid("person", Word::IsYou));
        }
        self.deeds.may_speak(me.id)?;
        self.act(move |acting| {
            Box::pin(async move {
                let now = acting.now;
                if on && people::blocked(acting.db, me.id).await? >= limits::BLOCKED as i64 {
                    let why = Word::TooManyBlocked.of(&[&limits::BLOCKED]);
                    return Ok(Err(Refusal::new(Code::TooMany, why)));
                }
                if people::block(acting.db, me.id, other.id, on, now).await? {
                    let somebody = Somebody { user: other.name.clone(), on };
                    acting.own(me.id, me.own, "block", &somebody).await?;
                    acting.changed(Changed::Between { one: me.id, other: other.id });
                }
                Ok(Ok(()))
            })
        })
        .await
    }
}
