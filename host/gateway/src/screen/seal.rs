//! What a form carries through the browser and back: sealed, so that only a host of this record can have written it.
//!
//! Invariant: an opened seal is exactly what was drawn, for the account and session that it was drawn for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::condition::Standing;
use super::node::{At, Parameters, Seen};
use super::sent::Asked;

const BLOCK: usize = 64;

/// The secret that the hosts of one record share: a form that one of them drew, another can take.
#[derive(Clone)]
pub(crate) struct Seals([u8; 32]);

/// What a form has to bring back unchanged.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Carried {
    /// The release that drew it.
    pub(crate) digest: String,
    pub(crate) departmental: String,
    pub(crate) screen: String,
    pub(crate) patient: Option<String>,
    /// The same key twice has one effect.
    pub(crate) key: String,
    pub(crate) actions: Vec<Button>,
    pub(crate) asked: Vec<Asked>,
    /// By which its parts are there or not.
    pub(crate) conditions: Vec<Standing>,
    pub(crate) carries: Parameters,
    pub(crate) seen: Vec<Seen>,
    pub(crate) parameters: Parameters,
}

/// A button of a form.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Button {
    /// The action that it says.
    pub(crate) word: String,
    /// Its node.
    pub(crate) at: At,
    /// The sentence to be confirmed first.
    pub(crate) confirm: Option<String>,
}

impl std::fmt::Debug for Seals {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str("Seals([secret])")
    }
}

impl Seals {
    /// Seals with this secret.
    pub(crate) fn of(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// Writes it for one session.
    pub(crate) fn close(&self, session: &str, carried: &Carried) -> String {
        let text = serde_json::to_string(carried).unwrap_or_default();
        let body = URL_SAFE_NO_PAD.encode(&text);
        let mark = self.mark(&["form", session, &body]);
        format!("{body}.{mark}")
    }

    /// Reads it back; None where anybody else wrote it, or for another session.
    pub(crate) fn open(&self, session: &str, sealed: &str) -> Option<Carried> {
        let (body, mark) = sealed.rsplit_once('.')?;
        let right: bool = self
            .mark(&["form", session, body])
            .as_bytes()
            .ct_eq(mark.as_bytes())
            .into();
        let text = right.then(|| URL_SAFE_NO_PAD.decode(body).ok()).flatten()?;
        serde_json::from_slice(&text).ok()
    }

    /// The mark of a few words: what only a host of this record can write under them. HMAC-SHA-256 (RFC 2104).
    pub(crate) fn mark(&self, words: &[&str]) -> String {
        let mut key = [0_u8; BLOCK];
        key[..self.0.len()].copy_from_slice(&self.0);
        let mut inner = Sha256::new().chain_update(key.map(|it| it ^ 0x36));
        for word in words {
            inner.update((word.len() as u64).to_be_bytes());
            inner.update(word.as_bytes());
        }
        let outer = Sha256::new()
            .chain_update(key.map(|it| it ^ 0x5c))
            .chain_update(inner.finalize());
        URL_SAFE_NO_PAD.encode(outer.finalize())
    }
}

/// A key that nobody has used.
///
/// # Errors
/// When the machine gives no randomness.
pub(crate) fn new_key() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
