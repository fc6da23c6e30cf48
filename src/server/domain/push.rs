//! Pushing: a program, or the house itself, tells something to a person, to a room or to everybody.
//! What is stored waits for those who are away; what is fleeting reaches those who are there, and who
//! that was is the answer.

use super::Domain;
use super::Who;
use super::places::Place;
use super::unavailable;
use crate::protocol::commands::check_body;
use crate::protocol::names::fold;
use crate::protocol::people::{NoticeKind, Notify};
use crate::protocol::{At, Refusal, Target, limits};
use crate::server::groups::{Group, Push};
use crate::server::security::secrets;
use crate::server::store::pushes;
use crate::server::store::users;
use crate::server::store::writer::Party;

/// At whom something is aimed, by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Aim {
    /// A person.
    Person(String),
    /// A room.
    Room(String),
    /// Everybody: what administrators tell the whole house.
    Everyone,
}

/// What is to be pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushing {
    /// The text, within the bounds of a message's.
    pub text: String,
    /// Where it leads: a path of this house, or an https address.
    pub link: Option<String>,
    /// Whether it waits for those who are away.
    pub stored: bool,
    /// The caller's own id for it: done again with the same one, it is done once.
    pub cid: Option<String>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// The id of what was pushed; of a stored one in a room, the message's.
    pub id: String,
    /// Whether it waits for those who are away.
    pub stored: bool,
    /// How many people heard it now.
    pub people: usize,
    /// By how many connections; those of visitors are among these alone.
    pub connections: usize,
    /// When.
    pub at: At,
}

/// Somebody or something to push to, found for whoever pushes.
pub(super) enum Found {
    /// A person.
    Person(Party),
    /// A room.
    Room(Place),
    /// Everybody.
    Everyone,
}

impl Found {
    /// Those who are there to hear it.
    pub(super) fn group(&self) -> Group {
        match self {
            Self::Person(person) => Group::User(person.id),
            Self::Room(place) => place.group(),
            Self::Everyone => Group::House,
        }
    }

    /// As those who hear it name it.
    fn target(&self) -> Target {
        match self {
            Self::Person(_) | Self::Everyone => Target::Own,
            Self::Room(place) => place.target(),
        }
    }

    fn kind(&self) -> NoticeKind {
        match self {
            Self::Person(_) | Self::Room(_) => NoticeKind::Push,
            Self::Everyone => NoticeKind::Broadcast,
        }
    }
}

impl Domain {
    /// Pushes something. Whoever blocked the pusher hears nothing of it, but in a room's log, which is
    /// one for all.
    ///
    /// # Errors
    /// `login_needed` for a visitor, `not_found` for who or what is not there or not theirs to see,
    /// `forbidden` where they may not write, and to everybody for all but administrators; what is wrong
    /// with the text or the link; `cid_conflict`; `rate_limited`.
    pub async fn push(&self, who: &Who, aim: &Aim, pushing: Pushing) -> Result<Pushed, Refusal> {
        let me = who.member()?;
        self.check_pushing(&pushing)?;
        let found = self.aimed(who, aim).await?;
        // A token is limited by itself; a session speaks as fast as its person may.
        if me.session.is_some() {
            self.speech.may_speak(me.id)?;
        }
        if pushing.stored || pushing.cid.is_some() {
            return Err(Refusal::unavailable());
        }
        self.push_fleeting(who, &found, pushing).await
    }

    async fn push_fleeting(
        &self,
        who: &Who,
        found: &Found,
        pushing: Pushing,
    ) -> Result<Pushed, Refusal> {
        let me = who.member()?;
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let but = pushes::blockers(&mut db, me.id).await.map_err(unavailable)?;
        drop(db);
        let (id, at) = (secrets::short_id(), At::now());
        let notify = Notify {
            kind: found.kind(),
            id: id.clone(),
            from: me.name.to_string(),
            to: found.target(),
            message: None,
            seq: None,
            text: pushing.text,
            link: pushing.link,
            seen: false,
            at,
        };
        let heard = self.groups.push(found.group(), &Push { notify, stored: false, but });
        let (people, connections) = (heard.people.len(), heard.connections);
        Ok(Pushed { id, stored: false, people, connections, at })
    }

    /// Finds at whom it is aimed, for whoever pushes: finding is being allowed to push there.
    pub(super) async fn aimed(&self, who: &Who, aim: &Aim) -> Result<Found, Refusal> {
        let me = who.member()?;
        match aim {
            Aim::Person(name) => {
                let other = self.party_named(name).await?;
                // To tell oneself something by a program is what many are for.
                if other.id != me.id {
                    let between = Place::Direct { me: me.party(), other: other.clone(), log: None };
                    self.may_write(me, &between).await?;
                }
                Ok(Found::Person(other))
            }
            Aim::Room(name) => self.locate(who, &Target::Room(name.clone())).await.map(Found::Room),
            Aim::Everyone => self.admin(who).map(|_| Found::Everyone),
        }
    }

    /// The person of this name, mostly known by heart.
    async fn party_named(&self, name: &str) -> Result<Party, Refusal> {
        let folded = fold(name);
        if let Some(person) = self.known.people.get(&folded) {
            return Ok(person);
        }
        let reading = self.known.people.reading();
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let user = users::find(&mut db, &folded).await.map_err(unavailable)?;
        let user = user.ok_or_else(|| Refusal::not_found("person of that name"))?;
        let person = Party { id: user.id, name: user.name.into(), own: user.log_id };
        self.known.people.put(reading, folded, person.clone());
        Ok(person)
    }

    /// Whether this can be pushed at all.
    pub(super) fn check_pushing(&self, pushing: &Pushing) -> Result<(), Refusal> {
        check_body(&pushing.text, self.config.body_limit)?;
        if let Some(link) = &pushing.link {
            check_link(link)?;
        }
        let wrong = |cid: &String| cid.is_empty() || cid.chars().count() > limits::CID;
        if pushing.cid.as_ref().is_some_and(wrong) {
            let why = format!("A cid has 1 to {} characters.", limits::CID);
            return Err(Refusal::invalid("cid", why));
        }
        Ok(())
    }
}

/// A push leads to a page of this house, or over https to one of another.
fn check_link(link: &str) -> Result<(), Refusal> {
    let count = link.chars().count();
    if count > limits::LINK {
        let why = format!("A link has at most {} characters; this one has {count}.", limits::LINK);
        return Err(Refusal::too_long("link", why));
    }
    let scheme = "https://";
    let begins = link.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme));
    let fine = if begins {
        let rest = &link[scheme.len()..];
        let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        // What stands before an @ looks like a host and is none.
        host.starts_with(|c: char| c.is_alphanumeric() || c == '[') && !host.contains('@')
    } else {
        // Two slashes begin another house's address.
        link.starts_with('/') && !link.starts_with("//")
    };
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == '\\';
    if !fine || link.contains(odd) {
        let why = "A link is a path of this house, such as /chat/lobby/, or begins with https://.";
        return Err(Refusal::invalid("link", why));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Code;

    #[test]
    fn a_link_leads_to_a_page_of_ours_or_over_https() {
        for fine in [
            "/",
            "/chat/lobby/?at=1-2#x",
            "/聊天/",
            "https://a.example",
            "HTTPS://a.example/b?c#d",
            "https://[::1]/",
            "https://münchen.example/ä",
        ] {
            assert_eq!(check_link(fine), Ok(()), "{fine}");
        }
        for wrong in [
            "",
            "chat",
            "//evil.example",
            "/\\evil.example",
            "/a b",
            "/a\nb",
            "http://a.example",
            "https://",
            "https:///a",
            "https://ours.example@evil.example/",
            "javascript:alert(1)",
            "https://-",
            "https://a.example\\@b",
        ] {
            assert_eq!(check_link(wrong).map_err(|it| it.code), Err(Code::Invalid), "{wrong}");
        }
        let long = format!("/{}", "a".repeat(limits::LINK));
        assert_eq!(check_link(&long).map_err(|it| it.code), Err(Code::TooLong));
    }
}
