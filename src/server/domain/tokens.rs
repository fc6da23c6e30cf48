//! Tokens for programs: making them, ending them, and listing what they were used for.

use super::sessions::Credentials;
use super::{Domain, ONE_MORE, Who, cut, unavailable};
use crate::protocol::names::fold;
use crate::protocol::tokens::{Scope, Scopes, TokenUseView, TokenView, read_time};
use crate::protocol::{At, Code, Refusal, close, limits};
use crate::server::groups::{Broadcast, Group};
use crate::server::security::secrets;
use crate::server::store::{UserId, sessions, token_uses, tokens, users};
use crate::words::Word;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Tokens of one person that are good at once: far more than programs they can look after.
const OF_ONE: i64 = 1_000;
/// How long a token lasts, at least and at most: a minute, ten years.
const LASTS_MS: (i64, i64) = (60 * 1_000, 10 * 366 * 24 * 3_600 * 1_000);
/// How long the page on which a token was made shows its secret, however often it is loaded.
const SHOWN: Duration = Duration::from_secs(60);
/// Secrets that are shown at once, in all.
const SHOWN_MOST: usize = 64;

/// A token that is wished for.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// In whose name it acts.
    pub user: String,
    /// What it is called; may be empty.
    pub name: String,
    /// What it may be used for.
    pub scopes: Scopes,
    /// How long it lasts, in milliseconds; without it, until it is ended.
    pub lasts_ms: Option<i64>,
}

impl NewToken {
    /// What a token was before there were scopes: it reads and writes, and has no end.
    #[must_use]
    pub fn plain(user: &str) -> Self {
        Self {
            user: user.to_owned(),
            name: String::new(),
            scopes: [Scope::Read, Scope::Write].into_iter().collect(),
            lasts_ms: None,
        }
    }
}

/// A token that was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// Its public id.
    pub id: String,
    /// What its program shows. It is stored nowhere.
    pub secret: String,
}

/// A page of uses, the latest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// The uses.
    pub uses: Vec<TokenUseView>,
    /// Earlier ones are asked for by this, where there are any.
    pub before: Option<i64>,
}

/// Secrets of tokens that were made on a page a moment ago, for the page that follows to show.
#[derive(Default)]
pub struct Fresh(Mutex<Vec<(String, String, Instant)>>);

impl Fresh {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(String, String, Instant)>> {
        // A poisoned lock cannot happen: nothing panics while it is held.
        let mut fresh = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        fresh.retain(|(.., at)| at.elapsed() < SHOWN);
        fresh
    }

    fn put(&self, session: &str, secret: &str) {
        let mut fresh = self.lock();
        if fresh.len() >= SHOWN_MOST {
            fresh.remove(0);
        }
        fresh.retain(|(of, ..)| of != session);
        fresh.push((session.to_owned(), secret.to_owned(), Instant::now()));
    }

    fn of(&self, session: &str) -> Option<String> {
        self.lock().iter().find(|(of, ..)| of == session).map(|(_, secret, _)| secret.clone())
    }
}

/// How long a token is to last, as the form says it: such a time, or `never` for no end.
///
/// # Errors
/// `invalid` for anything else.
pub fn lasting(text: &str) -> Result<Option<i64>, Refusal> {
    if text == "never" {
        return Ok(None);
    }
    read_time(text).map(Some).ok_or_else(|| Refusal::invalid("expires", Word::TokenExpiry))
}

fn no_token() -> Refusal {
    Refusal::new(Code::NotFound, Word::TokenNoSuch)
}

impl Domain {
    /// The session of an administrator, by which alone tokens are looked after: a token that could make
    /// tokens could give itself any scope.
    fn in_person<'a>(&self, who: &'a Who) -> Result<(UserId, &'a str), Refusal> {
        let me = self.admin(who)?;
        Ok((me.id, me.in_person(Word::TokenNotByToken)?))
    }

    /// Makes a token; its secret stands on the page of tokens for a minute.
    ///
    /// # Errors
    /// `forbidden` for all but administrators, and for tokens; what is wrong with it.
    pub async fn make_token(&self, who: &Who, new: NewToken) -> Result<Made, Refusal> {
        let (me, session) = self.in_person(who)?;
        let made = self.store_token(new, Some(me)).await?;
        self.fresh.put(session, &made.secret);
        Ok(made)
    }

    /// The secret of the token that was made in this session a moment ago.
    #[must_use]
    pub fn fresh_token(&self, who: &Who) -> Option<String> {
        self.fresh.of(self.in_person(who).ok()?.1)
    }

    /// Makes a token without asking who does: the command line's.
    ///
    /// # Errors
    /// `not_found` for an unknown user; what is wrong with it.
    pub async fn add_token(&self, new: NewToken) -> Result<Made, Refusal> {
        self.store_token(new, None).await
    }

    async fn store_token(&self, new: NewToken, by: Option<UserId>) -> Result<Made, Refusal> {
        if new.scopes.is_empty() {
            return Err(Refusal::invalid("scope", Word::TokenNoScope));
        }
        let name: String = new.name.chars().filter(|c| !c.is_control()).collect();
        if name.trim().chars().count() > limits::TOKEN_NAME {
            let most = limits::TOKEN_NAME;
            return Err(Refusal::too_long("name", Word::TokenNameTooLong.of(&[&most])));
        }
        if new.lasts_ms.is_some_and(|ms| !(LASTS_MS.0..=LASTS_MS.1).contains(&ms)) {
            return Err(Refusal::invalid("expires", Word::TokenExpiry));
        }
        let (id, secret, now) = (secrets::short_id(), secrets::secret(), At::now());
        let mut tx = self.store.write().await.map_err(unavailable)?;
        let user = users::find(&mut tx, &fold(&new.user)).await.map_err(unavailable)?;
        let user = user.ok_or_else(|| Refusal {
            field: Some("user".to_owned()),
            ..Refusal::not_found("person of that name")
        })?;
        if new.scopes.has(Scope::Broadcast) && !user.admin {
            return Err(Refusal::invalid("scope", Word::TokenAdminOnly));
        }
        if tokens::count(&mut tx, user.id, now).await.map_err(unavailable)? >= OF_ONE {
            let why = Word::TokenTooMany.of(&[&user.name, &OF_ONE]);
            return Err(Refusal::new(Code::TooMany, why));
        }
        let hash = secrets::hash(&secret);
        let token = tokens::New {
            id: &id,
            hash: &hash,
            user: user.id,
            name: name.trim(),
            scopes: &new.scopes.to_string(),
            made_by: by,
            now,
            expires: new.lasts_ms.map(|ms| At(now.0 + ms)),
        };
        tokens::add(&mut tx, &token).await.map_err(unavailable)?;
        tx.commit().await.map_err(unavailable)?;
        Ok(Made { id, secret })
    }

    /// Ends a token and closes the sockets that were opened with it.
    ///
    /// # Errors
    /// `forbidden` for all but administrators, and for tokens; `not_found` for one that is not there or
    /// was ended before.
    pub async fn end_token(&self, who: &Who, token: &str) -> Result<(), Refusal> {
        self.in_person(who)?;
        self.revoke_token(token).await
    }

    /// The same without asking who does: the command line's.
    ///
    /// # Errors
    /// `not_found` for one that is not there or was ended before.
    pub async fn revoke_token(&self, token: &str) -> Result<(), Refusal> {
        let mut tx = self.store.write().await.map_err(unavailable)?;
        let user = tokens::revoke(&mut tx, token, At::now()).await.map_err(unavailable)?;
        let user = user.ok_or_else(no_token)?;
        // Whichever process holds its sockets hears of it.
        sessions::note_token(&mut tx, user, token).await.map_err(unavailable)?;
        tx.commit().await.map_err(unavailable)?;
        self.hang_up_token(user, token.to_owned());
        Ok(())
    }

    /// Lets nobody in by a token that has ended, and closes its sockets.
    pub(super) fn hang_up_token(&self, user: UserId, token: String) {
        self.known.forget_session(user, &token);
        self.repeats.ask_again(user);
        let end = Broadcast::End { session: Some(token), code: close::LOGIN_NEEDED };
        self.groups.publish(Group::User(user), &end);
    }

    /// A page of all tokens, the newest first, and whether more follow.
    ///
    /// # Errors
    /// `forbidden` for all but administrators.
    pub async fn tokens(
        &self,
        who: &Who,
        offset: usize,
    ) -> Result<(Vec<TokenView>, bool), Refusal> {
        self.admin(who)?.may(Scope::Read)?;
        self.all_tokens(offset).await
    }

    /// The same without asking who does: the command line's.
    ///
    /// # Errors
    /// `unavailable` when the database cannot be read.
    pub async fn all_tokens(&self, offset: usize) -> Result<(Vec<TokenView>, bool), Refusal> {
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let mut page = tokens::page(&mut db, ONE_MORE, offset).await.map_err(unavailable)?;
        let more = cut(&mut page);
        Ok((page, more))
    }

    /// A page of the uses of a token, or of all, the latest first; `before` is what the page before it says.
    ///
    /// # Errors
    /// `forbidden` for all but administrators.
    pub async fn token_uses(
        &self,
        who: &Who,
        token: Option<&str>,
        before: Option<i64>,
    ) -> Result<Uses, Refusal> {
        self.admin(who)?.may(Scope::Read)?;
        self.all_token_uses(token, before).await
    }

    /// The same without asking who does: the command line's.
    ///
    /// # Errors
    /// `unavailable` when the database cannot be read.
    pub async fn all_token_uses(
        &self,
        token: Option<&str>,
        before: Option<i64>,
    ) -> Result<Uses, Refusal> {
        // What was just done is among it.
        self.audit.write_down(&self.store).await;
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let page = token_uses::page(&mut db, token, before, ONE_MORE).await;
        let mut page = page.map_err(unavailable)?;
        let more = cut(&mut page);
        let before = page.last().map(|(key, _)| *key).filter(|_| more);
        Ok(Uses { uses: page.into_iter().map(|(_, used)| used).collect(), before })
    }

    /// The id of the token that is shown where it opens nothing any more: whoever has one that was ended, and
    /// tries it, is to be seen. None for what never was a token.
    pub async fn ended_token(&self, credentials: &Credentials) -> Option<String> {
        let Credentials::Token(secret) = credentials else { return None };
        let mut db = self.store.glance().await.map_err(unavailable).ok()?;
        tokens::id(&mut db, &secrets::hash(secret)).await.map_err(unavailable).ok()?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        assert_eq!(read_time("30d"), Some(30 * 86_400_000));
        assert_eq!(read_time("90m"), Some(5_400_000));
        for wrong in ["", "d", "30", "-1d", "0d", "1w", "30日", "9999999999999999d"] {
            assert_eq!(read_time(wrong), None, "{wrong}");
        }
        assert_eq!((lasting("never"), lasting("12h")), (Ok(None), Ok(Some(43_200_000))));
        assert!(lasting("").is_err());
    }

    #[test]
    fn a_secret_is_shown_in_its_session_alone_and_the_last_one_counts() {
        let fresh = Fresh::default();
        fresh.put("one", "secret");
        fresh.put("one", "later");
        assert_eq!((fresh.of("one").as_deref(), fresh.of("two")), (Some("later"), None));
        for n in 0..2 * SHOWN_MOST {
            fresh.put(&n.to_string(), "x");
        }
        assert!(fresh.of("one").is_none() && fresh.lock().len() <= SHOWN_MOST);
    }
}
