//! The house's key for push services, by which they know that it is us (RFC 8292).

use super::locked;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};
use web_push_native::jwt_simple;
use web_push_native::jwt_simple::algorithms::{
    ECDSAP256KeyPairLike as _, ECDSAP256PublicKeyLike as _, ES256KeyPair,
};
use web_push_native::jwt_simple::claims::Claims;

/// Bytes of a private key on P-256.
const SCALAR: usize = 32;
/// How long a signature counts: RFC 8292 allows a day.
const COUNTS: Duration = Duration::from_secs(12 * 3_600);
/// How long it is used: what is left then is more than any clock is wrong by.
const USED: Duration = Duration::from_secs(6 * 3_600);
/// Push services whose signatures are kept. There are some five in the world.
const SERVICES: usize = 64;
/// Characters of a topic (RFC 8030, 5.4).
const TOPIC: usize = 32;

/// See the module.
pub struct Keys {
    pair: ES256KeyPair,
    /// As browsers take it.
    public: String,
    /// Whom a push service writes to when we trouble it.
    contact: String,
    /// What makes topics say nothing to others.
    salt: [u8; 32],
    signed: Mutex<HashMap<String, (Made, String)>>,
}

/// When something was made, by the clock that does not stand still while the machine sleeps and by the one
/// that nobody sets.
#[derive(Clone, Copy, Debug)]
struct Made(Instant, SystemTime);

impl Made {
    fn now() -> Self {
        Self(Instant::now(), SystemTime::now())
    }

    /// Whether a signature made then is used now.
    fn serves(self, now: Self) -> bool {
        // A clock that was set back says nothing of how old it is.
        let by_clock = now.1.duration_since(self.1);
        now.0.saturating_duration_since(self.0) < USED && by_clock.is_ok_and(|age| age < USED)
    }
}

/// An `Authorization` for a push service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The header's value.
    pub header: String,
    /// Whether it was made just now, and not used before.
    pub fresh: bool,
}

/// The key cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the key for push services is no key")]
pub struct Broken;

/// A new key, as it is stored.
#[must_use]
pub fn generate() -> String {
    URL_SAFE_NO_PAD.encode(ES256KeyPair::generate().to_bytes())
}

impl Keys {
    /// The key that is stored so.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(secret: &str, contact: String) -> Result<Self, Broken> {
        let bytes = URL_SAFE_NO_PAD.decode(secret).map_err(|_| Broken)?;
        // The library takes it for granted.
        if bytes.len() != SCALAR {
            return Err(Broken);
        }
        let pair = ES256KeyPair::from_bytes(&bytes).map_err(|_| Broken)?;
        let public = URL_SAFE_NO_PAD.encode(pair.public_key().public_key().to_bytes_uncompressed());
        let salt = Sha256::digest([b"topics of ".as_slice(), &bytes].concat()).into();
        Ok(Self { pair, public, contact, salt, signed: Mutex::default() })
    }

    /// The public key, for `applicationServerKey`.
    #[must_use]
    pub fn public(&self) -> &str {
        &self.public
    }

    /// The `Authorization` for a push service of this origin. It is made anew some hours before it
    /// ceases to count: signing costs more than all the rest.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn authorization(&self, origin: &str) -> Result<Signed, jwt_simple::Error> {
        let now = Made::now();
        if let Some((made, header)) = locked(&self.signed).get(origin)
            && made.serves(now)
        {
            return Ok(Signed { header: header.clone(), fresh: false });
        }
        // Signed here rather than by web-push-native, which leaves the port out of the origin.
        let mut claims =
            Claims::create(COUNTS.into()).with_audience(origin).with_subject(&self.contact);
        // A push service whose clock is behind ours is not to refuse it.
        claims.issued_at = None;
        claims.invalid_before = None;
        let token = self.pair.sign(claims)?;
        let header = format!("vapid t={token}, k={}", self.public);
        let mut all = locked(&self.signed);
        if all.len() >= SERVICES {
            all.clear();
        }
        all.insert(origin.to_owned(), (now, header.clone()));
        Ok(Signed { header, fresh: true })
    }

    /// A push service refused this signature: the next one is made anew.
    pub fn refused(&self, origin: &str, header: &str) {
        let mut all = locked(&self.signed);
        if all.get(origin).is_some_and(|(_, known)| known == header) {
            all.remove(origin);
        }
    }

    /// What a push service is told of a conversation, so that it keeps the latest of it alone: the same
    /// for one person and one conversation, and nothing to anybody else.
    #[must_use]
    pub fn topic(&self, user: i64, talk: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(self.salt);
        hash.update(user.to_be_bytes());
        hash.update(talk.as_bytes());
        let mut topic = URL_SAFE_NO_PAD.encode(hash.finalize());
        topic.truncate(TOPIC);
        topic
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::read(&generate(), "mailto:house@example.org".to_owned()).unwrap()
    }

    #[test]
    fn a_key_is_read_as_it_was_stored() {
        let secret = generate();
        let one = Keys::read(&secret, String::new()).unwrap();
        let other = Keys::read(&secret, String::new()).unwrap();
        assert_eq!(one.public(), other.public());
        assert_eq!(URL_SAFE_NO_PAD.decode(one.public()).unwrap().len(), 65);
        assert_eq!(one.topic(1, "2"), other.topic(1, "2"));
        for none in ["", "nothing", "!", &"A".repeat(43), &"_".repeat(43)] {
            assert!(Keys::read(none, String::new()).is_err(), "{none}");
        }
    }

    #[test]
    fn one_signature_serves_one_push_service_for_hours() {
        let keys = keys();
        let signed = |origin| keys.authorization(origin).unwrap();
        let one = signed("https://push.example");
        assert!(one.fresh);
        assert_eq!(signed("https://push.example"), Signed { fresh: false, ..one.clone() });
        assert_ne!(signed("https://push.example:8443").header, one.header);
        keys.refused("https://push.example", "another one");
        assert!(!signed("https://push.example").fresh);
        keys.refused("https://push.example", &one.header);
        assert!(signed("https://push.example").fresh);
        for n in 0..=SERVICES {
            keys.authorization(&format!("https://{n}.example")).unwrap();
        }
        assert!(locked(&keys.signed).len() <= SERVICES);
    }

    #[test]
    fn a_signature_ages_while_the_machine_sleeps_and_by_no_clock_that_was_set_back() {
        let made = Made::now();
        let later = |awake, clock| Made(made.0 + awake, made.1 + clock);
        let (short, moment) = (USED - Duration::from_secs(1), Duration::from_secs(1));
        assert!(made.serves(made) && made.serves(later(short, short)));
        assert!(!made.serves(later(USED, USED)));
        assert!(!made.serves(later(moment, USED)), "it slept");
        assert!(!made.serves(later(USED, moment)), "its clock was set back");
        assert!(!made.serves(Made(made.0 + moment, made.1 - moment)));
    }

    #[test]
    fn a_topic_names_one_conversation_of_one_person() {
        let keys = keys();
        let topics = [keys.topic(1, "2"), keys.topic(1, "3"), keys.topic(2, "2")];
        for (n, topic) in topics.iter().enumerate() {
            assert_eq!(topic.len(), TOPIC);
            assert!(!topics[..n].contains(topic));
        }
    }
}
