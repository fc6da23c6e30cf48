//! My devices: browsers that are told of what concerns me while I do not look. One is turned on in the
//! browser itself, by a click, belongs to the session there and goes with it.

use super::{Domain, Scope, Who, unavailable};
use crate::protocol::{At, Code, Refusal};
use crate::server::pocket::Asked;
use crate::server::pocket::keys::{self, Keys};
use crate::server::pocket::sealed::Seal;
use crate::server::pocket::service::{Came, origin};
use crate::server::security::secrets;
use crate::server::store::devices::{self, Device, New};
use crate::words::{Lang, Word};
use std::time::Duration;
use tokio::sync::oneshot;

/// Devices of one person; with one more the oldest goes.
pub const DEVICES: usize = 20;
/// How long somebody waits for what comes of a test: a try, and what may be before it.
const TEST: Duration = Duration::from_secs(15);
/// Whom push services write to where the settings name nobody: an address that nobody has.
const NOBODY: &str = "mailto:nobody@example.org";

/// What a browser says of itself when it is turned on.
#[derive(Clone, Debug, Default)]
pub struct Subscription {
    /// Where its push service takes messages for it.
    pub endpoint: String,
    /// Its public key, base64url.
    pub p256dh: String,
    /// Its secret, base64url.
    pub auth: String,
    /// The endpoint that this one takes the place of.
    pub before: Option<String>,
    /// What it is to be told in.
    pub lang: Lang,
    /// Its name for itself.
    pub agent: String,
}

impl Domain {
    /// Makes the house's key if it has none, and learns by heart who has devices.
    ///
    /// # Errors
    /// `unavailable` when the database fails, or holds a key that is none.
    pub async fn open_pocket(&self) -> Result<(), Refusal> {
        let mut tx = self.store.write().await.map_err(unavailable)?;
        let secret = devices::key(&mut tx, &keys::generate(), At::now()).await;
        let secret = secret.map_err(unavailable)?;
        let owners = devices::owners(&mut tx).await.map_err(unavailable)?;
        tx.commit().await.map_err(unavailable)?;
        let config = &self.config;
        let ours = || config.public_url.clone().filter(|_| config.is_https());
        let contact = config.contact.clone().or_else(ours).unwrap_or_else(|| NOBODY.to_owned());
        let keys = Keys::read(&secret, contact).map_err(|error| {
            tracing::error!(%error, "nothing can be sent to devices");
            Refusal::unavailable()
        })?;
        self.pocket.open(keys, owners);
        Ok(())
    }

    /// The house's public key, which a browser is turned on with.
    #[must_use]
    pub fn push_key(&self) -> &str {
        self.pocket.keys().map_or("", Keys::public)
    }

    /// From now on this browser is told of what concerns me, as long as my session in it lasts. The same
    /// browser again, or with somebody else in it, takes its own place.
    ///
    /// # Errors
    /// `invalid` for an endpoint that may not be reached and for keys that are none, `forbidden` for a
    /// token, `rate_limited`.
    pub async fn subscribe_device(&self, who: &Who, it: Subscription) -> Result<(), Refusal> {
        let me = who.writer()?;
        // A token has no screen.
        let session = me.in_person(Word::DeviceNeedsSession)?;
        self.deeds.may_speak(me.id)?;
        self.outside
            .check_url(&it.endpoint)
            .map_err(|refusal| Refusal { field: Some("endpoint".to_owned()), ..refusal })?;
        if Seal::read(&it.p256dh, &it.auth).is_none() {
            return Err(Refusal::invalid("p256dh", Word::DeviceKeysWrong));
        }
        let mut tx = self.store.write().await.map_err(unavailable)?;
        let stored = async {
            if let Some(before) = it.before.as_deref().filter(|before| *before != it.endpoint) {
                devices::replaced(&mut tx, me.id, before).await?;
            }
            let new = New {
                id: &secrets::short_id(),
                user: me.id,
                session,
                endpoint: it.endpoint.trim(),
                p256dh: it.p256dh.trim_end_matches('='),
                auth: it.auth.trim_end_matches('='),
                lang: it.lang.code(),
                agent: &super::sessions::agent(&it.agent),
            };
            devices::put(&mut tx, new, At::now()).await?;
            devices::trim(&mut tx, me.id, DEVICES).await?;
            tx.commit().await
        };
        stored.await.map_err(|error| match error {
            // The session ended in this moment, and so would the device have.
            sqlx::Error::Database(error) if error.is_foreign_key_violation() => {
                Refusal::login_needed()
            }
            error => unavailable(error),
        })?;
        self.pocket.gain(me.id);
        Ok(())
    }

    /// My devices, the latest first.
    ///
    /// # Errors
    /// `login_needed` for a visitor.
    pub async fn devices(&self, who: &Who) -> Result<Vec<Device>, Refusal> {
        let me = who.member()?;
        me.may(Scope::Read)?;
        let mut db = self.store.glance().await.map_err(unavailable)?;
        devices::of(&mut db, me.id).await.map_err(unavailable)
    }

    /// One of my devices is told nothing any more.
    ///
    /// # Errors
    /// `not_found` for one that is not mine.
    pub async fn remove_device(&self, who: &Who, device: &str) -> Result<(), Refusal> {
        let me = who.writer()?;
        let mut tx = self.store.write().await.map_err(unavailable)?;
        if !devices::remove(&mut tx, me.id, device).await.map_err(unavailable)? {
            return Err(no_device());
        }
        tx.commit().await.map_err(unavailable)
    }

    /// Sends a test to one of my devices; done when its push service has taken it.
    ///
    /// # Errors
    /// `not_found` for one that is not mine, also where its push service does not know it any more and
    /// it was removed; `unavailable` where it was not taken, `rate_limited`.
    pub async fn test_device(&self, who: &Who, device: &str) -> Result<(), Refusal> {
        let me = who.writer()?;
        self.deeds.may_speak(me.id)?;
        let mine = self.devices(who).await?;
        let mine = mine.into_iter().find(|mine| mine.id == device).ok_or_else(no_device)?;
        let (done, came) = oneshot::channel();
        let service = origin(&mine.endpoint).unwrap_or_default();
        self.pocket.ask(Asked::Test { user: me.id, device: mine.id, service, done });
        let failed =
            |word| Err(Refusal { temporary: true, ..Refusal::new(Code::Unavailable, word) });
        match tokio::time::timeout(TEST, came).await {
            Ok(Ok(Came::Taken)) => Ok(()),
            Ok(Ok(Came::Gone | Came::Nothing)) => {
                Err(Refusal::new(Code::NotFound, Word::DeviceIsGone))
            }
            Ok(Ok(Came::Refused(_) | Came::TooLarge)) => failed(Word::DeviceRefused),
            Ok(Ok(Came::Later(_) | Came::Silence) | Err(_)) | Err(_) => failed(Word::DeviceLater),
        }
    }

    /// The device of my session is told in this language from now on.
    ///
    /// # Errors
    /// `unavailable` when it cannot be stored.
    pub async fn device_speaks(&self, who: &Who, lang: Lang) -> Result<(), Refusal> {
        let Who::Member(me) = who else { return Ok(()) };
        let Some(session) = me.session.as_deref().filter(|_| self.pocket.owns(me.id)) else {
            return Ok(());
        };
        let mut tx = self.store.write().await.map_err(unavailable)?;
        devices::speak(&mut tx, session, lang.code()).await.map_err(unavailable)?;
        tx.commit().await.map_err(unavailable)
    }
}

fn no_device() -> Refusal {
    Refusal::not_found("such device")
}
