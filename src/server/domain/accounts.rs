//! Accounts: making one, proving that it is mine, changing its password.

use super::sessions::Begun;
use super::{Domain, Member, Scope, Who, unavailable};
use crate::protocol::names::{self, Kind, Name, fold};
use crate::protocol::{At, Code, Refusal, close};
use crate::server::config::SignUp;
use crate::server::groups::{Broadcast, Group};
use crate::server::security::{addresses::network, passwords, secrets};
use crate::server::store::{UserId, invites, sessions, users};
use crate::words::Word;
use std::net::IpAddr;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// How long an invitation link opens the door.
const INVITE_MS: i64 = 7 * 24 * 3_600 * 1_000;

/// Where a request comes from, as far as accounts care.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Address.
    pub address: IpAddr,
    /// The browser's name for itself.
    pub agent: String,
}

fn taken() -> Refusal {
    Refusal::invalid("name", Word::NameTaken)
}

fn wrong_log_in() -> Refusal {
    Refusal::invalid("password", Word::WrongLogIn)
}

impl Domain {
    /// Begins a session. Unknown names and wrong passwords get the same answer after the same
    /// work.
    ///
    /// # Errors
    /// `invalid` for a wrong pair, `rate_limited` after repeated failures.
    pub async fn log_in(
        &self,
        visit: &Visit,
        name: &str,
        password: String,
    ) -> Result<Begun, Refusal> {
        let now = Instant::now();
        let account = fold(name);
        // Hashed: a key of bounded length, whatever was typed.
        let guessed = secrets::hash(&account);
        self.guesses_from_address.begin_try(network(visit.address), now)?;
        self.guesses_at_account.begin_try(guessed.clone(), now)?;
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let user = users::find(&mut db, &account).await.map_err(unavailable)?;
        drop(db);
        let hashed = user.as_ref().map(|user| user.password.clone());
        let right = passwords::verify(password, hashed, self.config.password_cost).await?;
        let Some(user) = user.filter(|_| right) else {
            return Err(wrong_log_in());
        };
        self.guesses_at_account.succeeded(&guessed);
        self.guesses_from_address.take_back(&network(visit.address));
        self.begin_session(user.id, &visit.agent).await
    }

    /// Makes an account where signing up is open, or with an invitation, and begins a session.
    ///
    /// # Errors
    /// `forbidden` where it is not open, `invalid` for a name or password that cannot be.
    pub async fn sign_up(
        &self,
        visit: &Visit,
        name: &str,
        password: String,
        invite: Option<&str>,
    ) -> Result<Begun, Refusal> {
        if !self.is_inhabited().await? {
            return Err(Refusal::new(Code::Forbidden, Word::StillSettingUp));
        }
        match self.config.sign_up {
            SignUp::Open => {}
            SignUp::Closed => {
                return Err(Refusal::new(Code::Forbidden, Word::AccountsByAdmin));
            }
            SignUp::Invite => {
                let mut db = self.store.glance().await.map_err(unavailable)?;
                let opens = invites::opens(&mut db, invite.unwrap_or_default(), At::now()).await;
                if !opens.map_err(unavailable)? {
                    return Err(Refusal::new(Code::Forbidden, Word::InviteNeeded));
                }
            }
        }
        let user = self.make_user(name, password, false).await?;
        self.begin_session(user, &visit.agent).await
    }

    /// Makes a user; the caller knows that this is allowed.
    ///
    /// # Errors
    /// `invalid` for a name that is taken or cannot be, or such a password.
    pub async fn make_user(
        &self,
        name: &str,
        password: String,
        admin: bool,
    ) -> Result<UserId, Refusal> {
        let (name, hashed) = self.check_account(name, password).await?;
        let mut tx = self.store.write().await.map_err(unavailable)?;
        let user = users::make(&mut tx, &name, &hashed, admin).await.map_err(unavailable)?;
        let user = user.ok_or_else(taken)?;
        tx.commit().await.map_err(unavailable)?;
        Ok(user)
    }

    async fn check_account(&self, name: &str, password: String) -> Result<(Name, String), Refusal> {
        let name = names::check(Kind::User, name)?;
        passwords::check(&password)?;
        let hashed = passwords::hash(password, self.config.password_cost).await?;
        Ok((name, hashed))
    }

    /// Whether anyone has an account. Once true, never asked again.
    ///
    /// # Errors
    /// `unavailable` when the database cannot be read.
    pub async fn is_inhabited(&self) -> Result<bool, Refusal> {
        if self.inhabited.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let any = users::any(&mut db).await.map_err(unavailable)?;
        self.inhabited.store(any, Ordering::Relaxed);
        Ok(any)
    }

    /// The key of the set-up link while nobody has an account.
    ///
    /// # Errors
    /// `unavailable` when the database cannot be read.
    pub async fn open_set_up(&self) -> Result<Option<String>, Refusal> {
        if self.is_inhabited().await? {
            return Ok(None);
        }
        Ok(Some(self.set_up_key().get_or_insert_with(secrets::secret).clone()))
    }

    /// Whether this key still opens the set-up page.
    ///
    /// # Errors
    /// `unavailable` when the database cannot be read.
    pub async fn is_set_up_key(&self, key: &str) -> Result<bool, Refusal> {
        if self.is_inhabited().await? {
            return Ok(false);
        }
        Ok(self.set_up_key().as_deref().is_some_and(|right| secrets::same(right, key)))
    }

    /// Makes the first administrator. Of two at once, one succeeds.
    ///
    /// # Errors
    /// `forbidden` with a wrong key, or once anyone has an account.
    pub async fn set_up(
        &self,
        visit: &Visit,
        key: &str,
        name: &str,
        password: String,
    ) -> Result<Begun, Refusal> {
        let late = || Refusal::new(Code::Forbidden, Word::SetUpIsOver);
        if !self.is_set_up_key(key).await? {
            return Err(late());
        }
        let (name, hashed) = self.check_account(name, password).await?;
        let mut tx = self.store.write().await.map_err(unavailable)?;
        // Asked again under the write lock: of two at once, the second sees the first.
        if users::any(&mut tx).await.map_err(unavailable)? {
            return Err(late());
        }
        let user = users::make(&mut tx, &name, &hashed, true).await.map_err(unavailable)?;
        let user = user.ok_or_else(taken)?;
        tx.commit().await.map_err(unavailable)?;
        *self.set_up_key() = None;
        self.begin_session(user, &visit.agent).await
    }

    /// Changes my password and ends my other sessions.
    ///
    /// # Errors
    /// `invalid` for a wrong current password or a new one that cannot be.
    pub async fn change_password(
        &self,
        who: &Who,
        current: String,
        new: String,
    ) -> Result<(), Refusal> {
        let me = who.writer()?;
        let now = Instant::now();
        passwords::check(&new)
            .map_err(|refusal| Refusal { field: Some("new".to_owned()), ..refusal })?;
        let guessed = secrets::hash(&fold(&me.name));
        self.guesses_at_account.begin_try(guessed.clone(), now)?;
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let hashed = users::password(&mut db, me.id).await.map_err(unavailable)?;
        drop(db);
        if !passwords::verify(current, Some(hashed), self.config.password_cost).await? {
            return Err(Refusal::invalid("current", Word::WrongPassword));
        }
        self.guesses_at_account.succeeded(&guessed);
        let hashed = passwords::hash(new, self.config.password_cost).await?;
        self.replace_password(me.id, &hashed, me.session.as_deref()).await
    }

    /// Sets a user's password without asking for the old one, and ends all their sessions: the
    /// command line's.
    ///
    /// # Errors
    /// `not_found` for an unknown user, `invalid` for a password that cannot be.
    pub async fn reset_password(&self, name: &str, new: String) -> Result<(), Refusal> {
        passwords::check(&new)?;
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let user = users::find(&mut db, &fold(name)).await.map_err(unavailable)?;
        drop(db);
        let user = user.ok_or_else(|| Refusal::not_found("person of that name"))?;
        let hashed = passwords::hash(new, self.config.password_cost).await?;
        self.replace_password(user.id, &hashed, None).await
    }

    async fn replace_password(
        &self,
        user: UserId,
        hashed: &str,
        but: Option<&str>,
    ) -> Result<(), Refusal> {
        let mut tx = self.store.write().await.map_err(unavailable)?;
        users::set_password(&mut tx, user, hashed).await.map_err(unavailable)?;
        let ended = sessions::end_others(&mut tx, user, but).await.map_err(unavailable)?;
        sessions::note_ended(&mut tx, user, &ended).await.map_err(unavailable)?;
        tx.commit().await.map_err(unavailable)?;
        for session in ended {
            self.hang_up(user, session);
        }
        Ok(())
    }

    /// Lets nobody in by a session that has ended, and closes its sockets.
    pub(super) fn hang_up(&self, user: UserId, session: String) {
        self.known.forget_session(user, &session);
        let end = Broadcast::End { session: Some(session), code: close::LOGGED_OUT };
        self.groups.publish(Group::User(user), &end);
    }

    pub(super) fn admin<'a>(&self, who: &'a Who) -> Result<&'a Member, Refusal> {
        let me = who.member()?;
        if me.admin { Ok(me) } else { Err(Refusal::new(Code::Forbidden, Word::AdminsOnly)) }
    }

    /// Makes an invitation link's secret.
    ///
    /// # Errors
    /// `forbidden` for all but administrators.
    pub async fn make_invite(&self, who: &Who) -> Result<String, Refusal> {
        let me = self.admin(who)?;
        me.may(Scope::Write)?;
        let invite = secrets::secret();
        let now = At::now();
        let mut tx = self.store.write().await.map_err(unavailable)?;
        invites::add(&mut tx, &invite, me.id, now, At(now.0 + INVITE_MS))
            .await
            .map_err(unavailable)?;
        tx.commit().await.map_err(unavailable)?;
        Ok(invite)
    }

    /// Ends an invitation.
    ///
    /// # Errors
    /// `forbidden` for all but administrators.
    pub async fn end_invite(&self, who: &Who, invite: &str) -> Result<(), Refusal> {
        self.admin(who)?.may(Scope::Write)?;
        let mut tx = self.store.write().await.map_err(unavailable)?;
        invites::end(&mut tx, invite).await.map_err(unavailable)?;
        tx.commit().await.map_err(unavailable)
    }

    /// The open invitations.
    ///
    /// # Errors
    /// `forbidden` for all but administrators.
    pub async fn invites(&self, who: &Who) -> Result<Vec<invites::Invite>, Refusal> {
        self.admin(who)?.may(Scope::Read)?;
        let mut db = self.store.glance().await.map_err(unavailable)?;
        invites::open(&mut db, At::now()).await.map_err(unavailable)
    }
}
