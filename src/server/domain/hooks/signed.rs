//! Deliveries are signed as the Standard Webhooks say (<https://www.standardwebhooks.com>, "Signature
//! scheme"), so that whoever is told can know that it was us, and when.

use crate::protocol::At;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use rand::RngCore as _;
use sha2::Sha256;

/// How a secret begins.
const SECRET: &str = "whsec_";
/// Its bytes: 24 to 64, says the specification.
const BYTES: usize = 32;

/// A new secret.
#[must_use]
pub fn secret() -> String {
    let mut bytes = [0; BYTES];
    rand::rng().fill_bytes(&mut bytes);
    format!("{SECRET}{}", STANDARD.encode(bytes))
}

/// The signature of what is sent at a moment (in seconds) under an id.
#[must_use]
pub fn signature(secret: &str, id: &str, seconds: i64, body: &str) -> String {
    let key = STANDARD.decode(secret.strip_prefix(SECRET).unwrap_or(secret)).unwrap_or_default();
    // A key of any length makes one.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else { return String::new() };
    mac.update(format!("{id}.{seconds}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// The headers that a delivery goes with.
#[must_use]
pub fn headers(secret: &str, id: &str, now: At, body: &str) -> HeaderMap {
    let seconds = now.0 / 1_000;
    let said = [
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", seconds.to_string()),
        ("webhook-signature", signature(secret, id, seconds, body)),
    ];
    let said = said.into_iter().filter_map(|(name, value)| {
        Some((HeaderName::from_static(name), HeaderValue::from_str(&value).ok()?))
    });
    let json = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    said.chain([json]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's own libraries.
    #[test]
    fn signs_as_others_do() {
        let signed = signature(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_is_its_own() {
        let (one, other) = (secret(), secret());
        assert!(one.starts_with(SECRET) && one != other);
        assert_ne!(signature(&one, "a", 1, "{}"), signature(&other, "a", 1, "{}"));
    }
}
