//! Passwords: argon2id, a few at a time, the same work for a user that does not exist.

use crate::protocol::{Refusal, limits};
use crate::words::Word;
use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use tokio::sync::Semaphore;

/// How much work a hash is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes.
    pub passes: u32,
}

impl Cost {
    /// OWASP's first recommendation for argon2id: 19 MiB, two passes.
    pub const DEFAULT: Self = Self { memory: 19 * 1024, passes: 2 };
    /// For tests that make many accounts.
    pub const TESTS: Self = Self { memory: 8, passes: 1 };
}

/// Hashes made at a time, so that a crowd at the door cannot take all memory.
const AT_ONCE: usize = 2;

/// Hashes that may wait for their turn: past it a request would be given up before it came.
const IN_LINE: usize = 256;

static WAITING: AtomicUsize = AtomicUsize::new(0);
static TURNS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(AT_ONCE)));

/// Whether a password may be taken.
///
/// # Errors
/// `invalid` with the field `password` and what is allowed.
pub fn check(password: &str) -> Result<(), Refusal> {
    let (least, most) = limits::PASSWORD;
    let count = password.chars().count();
    if count < least {
        return Err(Refusal::invalid("password", Word::PasswordTooShort.of(&[&least])));
    }
    if count > most {
        return Err(Refusal::invalid("password", Word::PasswordTooLong.of(&[&most])));
    }
    Ok(())
}

fn hasher(cost: Cost) -> Argon2<'static> {
    // The costs are constants within argon2's bounds; its own defaults are the fallback.
    let params = Params::new(cost.memory, cost.passes, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash_now(password: &str, cost: Cost) -> Option<String> {
    let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>()).ok()?;
    Some(hasher(cost).hash_password(password.as_bytes(), &salt).ok()?.to_string())
}

/// A place in the line, given back however the wait ends.
struct InLine;

impl Drop for InLine {
    fn drop(&mut self) {
        WAITING.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn in_turn<T: Send + 'static>(
    work: impl FnOnce() -> Option<T> + Send + 'static,
) -> Result<T, Refusal> {
    if WAITING.fetch_add(1, Ordering::Relaxed) >= IN_LINE {
        WAITING.fetch_sub(1, Ordering::Relaxed);
        return Err(Refusal::rate_limited(Word::ManyAtDoor, 2_000));
    }
    let turn = {
        let _in_line = InLine;
        Arc::clone(&TURNS).acquire_owned().await.map_err(|_| Refusal::unavailable())?
    };
    let done = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        work()
    });
    done.await.ok().flatten().ok_or_else(Refusal::unavailable)
}

/// A password's hash, in PHC form.
///
/// # Errors
/// `unavailable` when the machine has no memory for it.
pub async fn hash(password: String, cost: Cost) -> Result<String, Refusal> {
    in_turn(move || hash_now(&password, cost)).await
}

/// Whether the password is the one that was hashed. `None` for an unknown user: false, after the
/// same work.
///
/// # Errors
/// `unavailable` when the machine has no memory for it.
pub async fn verify(password: String, hashed: Option<String>, cost: Cost) -> Result<bool, Refusal> {
    in_turn(move || {
        let Some(hashed) = hashed else {
            hash_now(&password, cost)?;
            return Some(false);
        };
        let parsed = PasswordHash::new(&hashed).ok()?;
        Some(hasher(cost).verify_password(password.as_bytes(), &parsed).is_ok())
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_opens() -> Result<(), Refusal> {
        let hashed = hash("open sesame".into(), Cost::TESTS).await?;
        assert!(hashed.starts_with("$argon2id$"));
        assert!(verify("open sesame".into(), Some(hashed.clone()), Cost::TESTS).await?);
        assert!(!verify("open barley".into(), Some(hashed), Cost::TESTS).await?);
        assert!(!verify("open sesame".into(), None, Cost::TESTS).await?);
        Ok(())
    }

    #[test]
    fn lengths_are_characters() {
        assert!(check("1234567").is_err());
        assert!(check("密码密码密码密码").is_ok());
        assert!(check(&"x".repeat(129)).is_err());
    }
}
