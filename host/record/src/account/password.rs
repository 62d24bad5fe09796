//! Passwords as argon2id hashes, and the check that takes as long for an unknown account as for a wrong password.
//!
//! Invariant: hashing happens off the runtime's threads, at most `PASSWORDS_AT_ONCE` at a time.

use std::sync::{Arc, LazyLock};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::account::SignInError;
use crate::limits::{PASSWORDS_AT_ONCE, PASSWORDS_WAITING_MAX};

/// Memory of one hash, in KiB (19 MiB), with two passes in one lane: what OWASP asks for at least, and a bound on how
/// much sign-ins can take together.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashes and checks passwords, so many at once.
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(PASSWORDS_AT_ONCE)),
            waiting: Arc::new(Semaphore::new(PASSWORDS_WAITING_MAX)),
        }
    }
}

impl Passwords {
    /// The hash to keep, as a PHC string with its parameters and salt.
    pub(super) async fn hash(&self, password: String) -> Result<String, SignInError> {
        self.in_turn(move || {
            let hash = hasher()?
                .hash_password(password.as_bytes())
                .map_err(|_| fault())?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether the password belongs to the hash. Without a hash, one that nobody knows is checked, and the answer is no.
    pub(super) async fn belongs(
        &self,
        password: String,
        hash: Option<String>,
    ) -> Result<bool, SignInError> {
        self.in_turn(move || {
            let known = hash.is_some();
            let text = match hash {
                Some(hash) => hash,
                None => NOBODYS.clone().ok_or_else(fault)?,
            };
            let parsed = PasswordHash::new(&text).map_err(|_| fault())?;
            let right = hasher()?
                .verify_password(password.as_bytes(), &parsed)
                .is_ok();
            Ok(known && right)
        })
        .await
    }

    async fn in_turn<T, F>(&self, work: F) -> Result<T, SignInError>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, SignInError> + Send + 'static,
    {
        let _waiting = self.waiting.try_acquire().map_err(|_| SignInError::Busy)?;
        let turn = Arc::clone(&self.turns)
            .acquire_owned()
            .await
            .map_err(|_| SignInError::Busy)?;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.map_err(|_| fault())?
    }
}

/// A hash of random bytes, made once, so that an unknown account costs as much as a wrong password.
static NOBODYS: LazyLock<Option<String>> = LazyLock::new(|| {
    let mut secret = [0_u8; 32];
    getrandom::fill(&mut secret).ok()?;
    Some(hasher().ok()?.hash_password(&secret).ok()?.to_string())
});

fn hasher() -> Result<Argon2<'static>, SignInError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| fault())?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn fault() -> SignInError {
    SignInError::Fault {
        doing: "hashing a password",
    }
}

#[cfg(test)]
mod tests;
