//! Sessions: what a token opens, for how long, and what is remembered of it.
//!
//! Invariant: a token is kept as its SHA-256 digest only, and opens nothing once its time or its password has passed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::sync::PoisonError;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::Record;
use crate::account::{SignInError, SignedIn, item, read, written};
use crate::caller::Caller;
use crate::clock::rfc3339;
use crate::limits::{SESSION_CACHE_MS, SESSION_MS, SESSIONS_CACHED_MAX};
use crate::store::shelf::Shelf;

/// Bytes of a session token.
const TOKEN_BYTES: usize = 32;

#[derive(Clone)]
pub(super) struct Session {
    caller: Caller,
    ends_at_ms: i64,
    believed_until_ms: i64,
}

/// A session as it lies on its shelf. `mark` ties it to the password it was opened with.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptSession {
    account: String,
    mark: String,
}

impl Record {
    /// Opens a session for somebody who has proved who they are.
    pub(super) async fn open_session(
        &self,
        caller: Caller,
        hash: &str,
        now_ms: i64,
    ) -> Result<SignedIn, SignInError> {
        let mut bytes = [0_u8; TOKEN_BYTES];
        getrandom::fill(&mut bytes).map_err(|_| SignInError::Fault {
            doing: "drawing a session's token",
        })?;
        let token = URL_SAFE_NO_PAD.encode(bytes);
        let ends_at_ms = now_ms.saturating_add(SESSION_MS);
        let session = KeptSession {
            account: caller.account().to_owned(),
            mark: mark(hash),
        };
        let key = digest(&token);
        self.shelve(vec![item(
            Shelf::Session,
            hex::encode(key),
            written(&session)?,
            Some(ends_at_ms),
        )])
        .await?;
        self.remember(
            key,
            Session {
                caller: caller.clone(),
                ends_at_ms,
                believed_until_ms: now_ms + SESSION_CACHE_MS,
            },
        );
        Ok(SignedIn {
            token,
            caller,
            expires_at: rfc3339(ends_at_ms),
        })
    }

    /// The caller behind a session token; cached, so that it costs no query on a hot path.
    ///
    /// # Errors
    /// `NoSession`, `Store`.
    pub async fn caller(&self, token: &str) -> Result<Caller, SignInError> {
        let now_ms = self.now_ms();
        let key = digest(token);
        let cached = self
            .inner
            .accounts
            .sessions
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
            .cloned();
        if let Some(session) = cached
            && now_ms < session.ends_at_ms.min(session.believed_until_ms)
        {
            return Ok(session.caller);
        }
        let kept = self
            .shelved(Shelf::Session, &hex::encode(key))
            .await?
            .ok_or(SignInError::NoSession)?;
        let ends_at_ms = kept.ends_at_ms.unwrap_or(i64::MIN);
        if now_ms >= ends_at_ms {
            self.sign_out(token).await?;
            return Err(SignInError::NoSession);
        }
        let session: KeptSession = read(&kept)?;
        let (account, caller) = self
            .account(&session.account)
            .await?
            .ok_or(SignInError::NoSession)?;
        if mark(&account.hash) != session.mark {
            return Err(SignInError::NoSession);
        }
        self.remember(
            key,
            Session {
                caller: caller.clone(),
                ends_at_ms,
                believed_until_ms: now_ms + SESSION_CACHE_MS,
            },
        );
        Ok(caller)
    }

    /// Ends a session; one that is not there has ended already.
    ///
    /// # Errors
    /// `Store`.
    pub async fn sign_out(&self, token: &str) -> Result<(), SignInError> {
        let key = digest(token);
        self.unshelve(Shelf::Session, &hex::encode(key)).await?;
        self.inner
            .accounts
            .sessions
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&key);
        Ok(())
    }

    fn remember(&self, key: [u8; 32], session: Session) {
        let mut sessions = self
            .inner
            .accounts
            .sessions
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if sessions.len() >= SESSIONS_CACHED_MAX {
            sessions.clear();
        }
        sessions.insert(key, session);
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn mark(hash: &str) -> String {
    hex::encode(digest(hash))
}
