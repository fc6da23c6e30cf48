//! Sessions and tokens: who a request is by.

use super::known::{Caller, Shown};
use super::remembered::Reading;
use super::who::TokenUse;
use super::{Domain, Member, Scope, Who, unavailable};
use crate::protocol::views::AuthorKind;
use crate::protocol::{At, Code, Refusal, close};
use crate::server::groups::{Broadcast, Group};
use crate::server::security::secrets;
use crate::server::store::acts::Changed;
use crate::server::store::{UserId, people, sessions, tokens, users};
use crate::words::Word;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A session ends after this much time without use.
const LASTS_MS: i64 = 30 * 24 * 3_600 * 1_000;
/// Use is noted this often at most, so that reading a page does not write.
const NOTED_MS: i64 = 10 * 60 * 1_000;
/// How soon a session that a command ended lets nobody in and has no sockets any more.
const LOOKED_EVERY: Duration = Duration::from_secs(1);
/// Characters of a browser's name for itself that are kept.
const AGENT: usize = 300;

/// A session that has begun; its secret goes into the cookie and nowhere else.
#[derive(Clone, Debug)]
pub struct Begun {
    /// For the cookie.
    pub secret: String,
}

/// What a request shows to say who it is by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// Nothing.
    None,
    /// A session's secret.
    Session(String),
    /// A token.
    Token(String),
}

/// The cookie's life in seconds.
#[must_use]
pub fn cookie_seconds() -> i64 {
    LASTS_MS / 1_000
}

/// What the sockets of whoever is kept out of the house hear.
fn shut_out() -> Broadcast {
    Broadcast::End { session: None, code: close::LOGGED_OUT }
}

/// The program that has this token.
pub(super) fn by_token(owner: tokens::Owner) -> Member {
    let token = TokenUse {
        id: owner.id,
        name: owner.label,
        // What cannot be read opens nothing.
        scopes: owner.scopes.parse().unwrap_or_default(),
        expires_at: owner.expires_at.map(At),
    };
    Member {
        id: owner.user_id,
        name: owner.name.into(),
        admin: owner.admin,
        own: owner.log_id,
        session: None,
        token: Some(Arc::new(token)),
        kind: AuthorKind::Bot,
        bot_of: None,
    }
}

/// Somebody with an account for whom something is done while they are not here.
pub(super) fn away(user: users::User) -> Member {
    Member {
        id: user.id,
        name: user.name.into(),
        admin: user.admin,
        own: user.log_id,
        session: None,
        token: None,
        kind: AuthorKind::Bot,
        bot_of: None,
    }
}

/// A browser's name for itself, as it is kept.
pub(super) fn agent(said: &str) -> String {
    said.chars().filter(|c| !c.is_control()).take(AGENT).collect()
}

impl Domain {
    /// Who shows these; `None` for a session or token that has ended or never was. What was shown
    /// lately is known without asking the database.
    ///
    /// # Errors
    /// `unavailable` when the database cannot be read.
    pub async fn recognise(&self, credentials: Credentials) -> Result<Option<Who>, Refusal> {
        let shown = match credentials {
            Credentials::None => return Ok(Some(Who::Visitor)),
            Credentials::Session(secret) => Shown::Session(secrets::hash(&secret)),
            Credentials::Token(token) => Shown::Token(secrets::hash(&token)),
        };
        let callers = &self.known.callers;
        let before = callers.get(&shown);
        if let Some(caller) = &before
            && caller.counts(Instant::now(), At::now())
        {
            return Ok(Some(Who::Member(Arc::clone(&caller.member))));
        }
        let (reading, read) = (callers.reading(), Instant::now());
        let found = match &shown {
            Shown::Session(hash) => self.of_session(hash).await?,
            Shown::Token(hash) => self.of_token(hash).await?,
        };
        let Some((member, expires)) = found else { return Ok(None) };
        let member = match before {
            Some(before) if *before.member == member => before.member,
            _ => Arc::new(member),
        };
        callers.put(reading, shown, Caller { member: Arc::clone(&member), read, expires });
        Ok(Some(Who::Member(member)))
    }

    async fn of_token(&self, hash: &str) -> Result<Option<(Member, Option<At>)>, Refusal> {
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let owner = tokens::find(&mut db, hash, At::now()).await.map_err(unavailable)?;
        Ok(owner.map(|owner| {
            let expires_at = owner.expires_at.map(At);
            (by_token(owner), expires_at)
        }))
    }

    async fn of_session(&self, hash: &str) -> Result<Option<(Member, Option<At>)>, Refusal> {
        let now = At::now();
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let owner = sessions::find(&mut db, hash, now).await.map_err(unavailable)?;
        drop(db);
        let Some(owner) = owner else { return Ok(None) };
        if now.0 - owner.seen_at > NOTED_MS {
            // Only a note: whoever cannot be noted may read all the same.
            if let Err(error) = self.note_use(&owner.id, now).await {
                tracing::warn!(%error, "a session's use was not noted");
            }
        }
        let member = Member {
            id: owner.user_id,
            name: owner.name.into(),
            admin: owner.admin,
            own: owner.log_id,
            session: Some(owner.id),
            token: None,
            kind: AuthorKind::User,
            bot_of: None,
        };
        Ok(Some((member, Some(At(owner.expires_at)))))
    }

    async fn note_use(&self, id: &str, now: At) -> crate::server::store::Result<()> {
        let mut tx = self.store.write().await?;
        sessions::seen(&mut tx, id, now, At(now.0 + LASTS_MS)).await?;
        tx.commit().await
    }

    /// Whether whoever opened a connection is still who they were: their session or token goes on.
    ///
    /// # Errors
    /// `unavailable` when the database cannot be read.
    pub async fn goes_on(&self, who: &Who) -> Result<bool, Refusal> {
        let Who::Member(me) = who else { return Ok(true) };
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let Some(shown) = me.here_by() else { return Ok(true) };
        let goes_on = match me.token {
            Some(_) => tokens::goes_on(&mut db, shown, At::now()).await,
            None => sessions::goes_on(&mut db, shown, At::now()).await,
        };
        let goes_on = goes_on.map_err(unavailable)?;
        drop(db);
        if !goes_on {
            self.known.forget_session(me.id, shown);
        }
        Ok(goes_on)
    }

    /// Stands for the sessions that are known to have ended: another one when one more has.
    #[must_use]
    pub fn ended_so_far(&self) -> Reading {
        self.known.callers.reading()
    }

    /// Begins a session for a user who has proved who they are.
    pub(super) async fn begin_session(&self, user: UserId, agent: &str) -> Result<Begun, Refusal> {
        let secret = secrets::secret();
        let now = At::now();
        let agent = self::agent(agent);
        let mut tx = self.store.write().await.map_err(unavailable)?;
        // Asked where the ban is written: after it nobody comes in.
        if people::is_banned(&mut tx, user).await.map_err(unavailable)? {
            return Err(Refusal::new(Code::Forbidden, Word::NotIntoHouse));
        }
        let (id, hash) = (secrets::short_id(), secrets::hash(&secret));
        sessions::begin(&mut tx, &id, &hash, user, &agent, now, At(now.0 + LASTS_MS))
            .await
            .map_err(unavailable)?;
        tx.commit().await.map_err(unavailable)?;
        Ok(Begun { secret })
    }

    /// Hangs up on sessions and tokens that another process ended, a command or another server, and on
    /// tokens whose time is over; runs as long as the server. It begins with all notes there are: one
    /// that was made while the server started must not be missed.
    pub async fn keep_hanging_up(&self) {
        let (mut last, mut looked) = (0, At::now());
        loop {
            if let Err(error) = self.hang_up_since(&mut last, &mut looked).await {
                tracing::warn!(%error, "whose session was ended is not known");
            }
            tokio::time::sleep(LOOKED_EVERY).await;
        }
    }

    async fn hang_up_since(
        &self,
        last: &mut i64,
        looked: &mut At,
    ) -> crate::server::store::Result<()> {
        let mut db = self.store.glance().await?;
        let now = At::now();
        for (token, user) in tokens::expired(&mut db, *looked, now).await? {
            self.hang_up_token(user, token);
        }
        *looked = now;
        for (id, user, session) in sessions::ended_since(&mut db, *last).await? {
            if let Some(token) = session.strip_prefix(sessions::TOKEN) {
                self.hang_up_token(user, token.to_owned());
            } else if session != sessions::EVERYTHING {
                self.hang_up(user, session);
            } else if people::is_banned(&mut db, user).await? {
                // Unless they were let in again since.
                self.known.forget(&Changed::Banned { user });
                self.repeats.ask_again(user);
                self.groups.publish(Group::User(user), &shut_out());
            }
            *last = id;
        }
        Ok(())
    }

    /// My sessions, the latest used first.
    ///
    /// # Errors
    /// `login_needed` for a visitor.
    pub async fn sessions(&self, who: &Who) -> Result<Vec<sessions::Session>, Refusal> {
        let me = who.member()?;
        me.may(Scope::Read)?;
        let mut db = self.store.glance().await.map_err(unavailable)?;
        sessions::of(&mut db, me.id, At::now()).await.map_err(unavailable)
    }

    /// Ends one of my sessions and closes its sockets.
    ///
    /// # Errors
    /// `not_found` for one that is not mine.
    pub async fn end_session(&self, who: &Who, session: &str) -> Result<(), Refusal> {
        let me = who.writer()?;
        let mut tx = self.store.write().await.map_err(unavailable)?;
        if !sessions::end(&mut tx, me.id, session).await.map_err(unavailable)? {
            return Err(Refusal::not_found("such session"));
        }
        tx.commit().await.map_err(unavailable)?;
        self.hang_up(me.id, session.to_owned());
        Ok(())
    }

    /// Ends the session I am here by.
    ///
    /// # Errors
    /// `unavailable` when the database cannot be written.
    pub async fn log_out(&self, who: &Who) -> Result<(), Refusal> {
        match who {
            Who::Member(me) => match &me.session {
                Some(session) => match self.end_session(who, session).await {
                    // Somebody ended it just before, maybe by a command: as wished.
                    Err(refusal) if refusal.code == crate::protocol::Code::NotFound => {
                        self.hang_up(me.id, session.clone());
                        Ok(())
                    }
                    done => done,
                },
                None => Ok(()),
            },
            Who::Visitor => Ok(()),
        }
    }
}
