//! Secrets that the server makes, and the hashes under which it keeps them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore as _;
use sha2::{Digest as _, Sha256};

/// Bytes of a secret that opens something: not to be guessed.
const SECRET: usize = 32;
/// Bytes of an id that only has to be unique.
const ID: usize = 12;

fn random<const N: usize>() -> String {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A new secret, 43 characters that are safe in URLs.
#[must_use]
pub fn secret() -> String {
    random::<SECRET>()
}

/// A new id, 16 characters that are safe in URLs.
#[must_use]
pub fn short_id() -> String {
    random::<ID>()
}

/// How a secret is stored. It is random and long, so a plain hash is enough.
#[must_use]
pub fn hash(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(secret.as_bytes()))
}

/// Whether two secrets are the same, without telling by the time it takes how much of them is.
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    hash(a) == hash(b)
}
