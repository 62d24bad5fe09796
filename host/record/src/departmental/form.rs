//! A sent form's key, so that it has one effect however often it is sent.
//!
//! Invariant: what a form did is found again by its key alone, and a key with other content is refused.

use sha2::{Digest as _, Sha256};

use crate::caller::Caller;
use crate::commit::{Outcome, Receipt};
use crate::departmental::screen::{AskError, SubmitAsk};
use crate::log::T;
use crate::{Kind, ReadError, Record};

/// Longest key, in bytes.
const KEY_BYTES_MAX: usize = 200;

/// The names under which a form's effect is kept.
pub(super) struct Once {
    /// Of the cursor that its commit sets, from account, departmental and key.
    pub(super) cursor: String,
    /// Of the call, from the cursor and the content.
    pub(super) call: String,
}

impl Once {
    pub(super) fn of(caller: &Caller, ask: &SubmitAsk) -> Result<Self, AskError> {
        if ask.idempotency_key.is_empty() || ask.idempotency_key.len() > KEY_BYTES_MAX {
            return Err(AskError::Incorrect {
                what: format!("a form's key is 1 to {KEY_BYTES_MAX} bytes long"),
            });
        }
        let site = caller.site().as_str();
        let key = digest(&[
            caller.account(),
            site,
            ask.departmental.as_str(),
            &ask.idempotency_key,
        ]);
        let patient = ask.patient.as_ref().map_or("", |patient| patient.as_str());
        let content = digest(&[
            &key,
            ask.digest.as_str(),
            &ask.screen,
            &ask.action,
            patient,
            &ask.form.to_string(),
        ]);
        Ok(Self {
            cursor: format!("form/{key}"),
            call: format!("form-{}", content.get(..40).unwrap_or(&content)),
        })
    }
}

/// SHA-256 in hexadecimal over the parts, each behind its length, so that none runs into the next.
pub(crate) fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex::encode(hash.finalize())
}

impl Record {
    /// What a form did when it was sent before.
    pub(super) async fn sent_before(
        &self,
        caller: &Caller,
        once: &Once,
    ) -> Result<Option<Receipt>, AskError> {
        let Some(t) = self.cursor(&once.cursor).await? else {
            return Ok(None);
        };
        // The cursor is read from the database, where a commit stands a moment before it is known.
        if !self.comes_to_know(t).await {
            return Err(ReadError::Busy.into());
        }
        let before = T(t.0.saturating_sub(1));
        let Some(entry) = self
            .commits_after(before, 1)
            .await?
            .into_iter()
            .find(|entry| entry.t == t)
        else {
            return Err(AskError::KeyUsed);
        };
        if entry.departmental.is_none_or(|by| by.call != once.call) {
            return Err(AskError::KeyUsed);
        }
        let mut outcomes = Vec::with_capacity(entry.changes.len());
        for change in entry.changes {
            let body = match self.vread(caller, &change.key, change.version).await {
                Ok(stored) => stored.body,
                Err(error) if matches!(error.kind(), Kind::NotFound | Kind::Forbidden) => None,
                Err(error) => return Err(error.into()),
            };
            let (version, what, last_updated) = (change.version, change.what, entry.at.clone());
            outcomes.push(Outcome {
                key: change.key,
                version,
                what,
                last_updated,
                body,
            });
        }
        Ok(Some(Receipt { t, outcomes }))
    }
}
