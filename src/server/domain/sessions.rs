//! Sessions and tokens: who a request is by.

use super::{Domain, Member, Who, unavailable};
use crate::protocol::views::AuthorKind;
use crate::protocol::{At, Refusal};
use crate::server::security::secrets;
use crate::server::store::{UserId, sessions, tokens};
use std::sync::Arc;
use std::time::Duration;

/// A session ends after this much time without use.
const LASTS_MS: i64 = 30 * 24 * 3_600 * 1_000;
/// Use is noted this often at most, so that reading a page does not write.
const NOTED_MS: i64 = 10 * 60 * 1_000;
/// How soon a session that a command ended has no sockets any more.
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

impl Domain {
    /// Who shows these; `None` for a session or token that has ended or never was.
    ///
    /// # Errors
    /// `unavailable` when the database cannot be read.
    pub async fn recognise(&self, credentials: Credentials) -> Result<Option<Who>, Refusal> {
        let member = match credentials {
            Credentials::None => return Ok(Some(Who::Visitor)),
            Credentials::Session(secret) => self.of_session(&secret).await?,
            Credentials::Token(token) => {
                let mut db = self.store.glance().await.map_err(unavailable)?;
                let user =
                    tokens::find(&mut db, &secrets::hash(&token)).await.map_err(unavailable)?;
                user.map(|user| Member {
                    id: user.id,
                    name: user.name.into(),
                    admin: user.admin,
                    own: user.log_id,
                    session: None,
                    kind: AuthorKind::Bot,
                })
            }
        };
        Ok(member.map(|member| Who::Member(Arc::new(member))))
    }

    async fn of_session(&self, secret: &str) -> Result<Option<Member>, Refusal> {
        let now = At::now();
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let owner =
            sessions::find(&mut db, &secrets::hash(secret), now).await.map_err(unavailable)?;
        drop(db);
        let Some(owner) = owner else { return Ok(None) };
        if now.0 - owner.seen_at > NOTED_MS {
            // Only a note: whoever cannot be noted may read all the same.
            if let Err(error) = self.note_use(&owner.id, now).await {
                tracing::warn!(%error, "a session's use was not noted");
            }
        }
        Ok(Some(Member {
            id: owner.user_id,
            name: owner.name.into(),
            admin: owner.admin,
            own: owner.log_id,
            session: Some(owner.id),
            kind: AuthorKind::User,
        }))
    }

    async fn note_use(&self, id: &str, now: At) -> crate::server::store::Result<()> {
        let mut tx = self.store.write().await?;
        sessions::seen(&mut tx, id, now, At(now.0 + LASTS_MS)).await?;
        tx.commit().await
    }

    /// Whether whoever opened a connection is still who they were: their session goes on.
    ///
    /// # Errors
    /// `unavailable` when the database cannot be read.
    pub async fn goes_on(&self, who: &Who) -> Result<bool, Refusal> {
        let Who::Member(me) = who else { return Ok(true) };
        let Some(session) = &me.session else { return Ok(true) };
        let mut db = self.store.glance().await.map_err(unavailable)?;
        sessions::goes_on(&mut db, session, At::now()).await.map_err(unavailable)
    }

    /// Begins a session for a user who has proved who they are.
    pub(super) async fn begin_session(&self, user: UserId, agent: &str) -> Result<Begun, Refusal> {
        let secret = secrets::secret();
        let now = At::now();
        let agent: String = agent.chars().filter(|c| !c.is_control()).take(AGENT).collect();
        let mut tx = self.store.write().await.map_err(unavailable)?;
        let (id, hash) = (secrets::short_id(), secrets::hash(&secret));
        sessions::begin(&mut tx, &id, &hash, user, &agent, now, At(now.0 + LASTS_MS))
            .await
            .map_err(unavailable)?;
        tx.commit().await.map_err(unavailable)?;
        Ok(Begun { secret })
    }

    /// Closes the sockets of sessions that another process ended, a command or another server;
    /// runs as long as the server.
    pub async fn keep_hanging_up(&self) {
        let mut last = None;
        loop {
            match self.hang_up_since(last).await {
                Ok(seen) => last = Some(seen),
                Err(error) => tracing::warn!(%error, "whose session was ended is not known"),
            }
            tokio::time::sleep(LOOKED_EVERY).await;
        }
    }

    async fn hang_up_since(&self, last: Option<i64>) -> crate::server::store::Result<i64> {
        let mut db = self.store.glance().await?;
        let Some(mut last) = last else { return sessions::last_ended(&mut db).await };
        for (id, user, session) in sessions::ended_since(&mut db, last).await? {
            self.hang_up(user, session);
            last = id;
        }
        Ok(last)
    }

    /// My sessions, the latest used first.
    ///
    /// # Errors
    /// `login_needed` for a visitor.
    pub async fn sessions(&self, who: &Who) -> Result<Vec<sessions::Session>, Refusal> {
        let me = who.member()?;
        let mut db = self.store.glance().await.map_err(unavailable)?;
        sessions::of(&mut db, me.id, At::now()).await.map_err(unavailable)
    }

    /// Ends one of my sessions and closes its sockets.
    ///
    /// # Errors
    /// `not_found` for one that is not mine.
    pub async fn end_session(&self, who: &Who, session: &str) -> Result<(), Refusal> {
        let me = who.member()?;
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
                    // Somebody ended it just before: as wished.
                    Err(refusal) if refusal.code == crate::protocol::Code::NotFound => Ok(()),
                    done => done,
                },
                None => Ok(()),
            },
            Who::Visitor => Ok(()),
        }
    }
}
