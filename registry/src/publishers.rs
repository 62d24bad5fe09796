//! Who may push: the file of publishers, their tokens and the namespaces bound to them.
//!
//! Invariant: a token is kept only as its SHA-256; a `Publisher` in hand means that its token was presented.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::kind::Kind;
use crate::limits::{KEY_FILE_BYTES_MAX, PUBLISHERS_MAX, TOKEN_CHARS_MAX};
use crate::name::{Namespace, Repository, near_miss};
use crate::trust::key::{KeyError, TrustedKey, TrustedKeys, key_id, public_key};

/// One line of the publishers file: `{"supplier", "token_sha256", "namespaces", "public_key"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublisherEntry {
    /// The supplier's name, as people know it.
    pub supplier: String,
    /// Lower-case hexadecimal SHA-256 of the bearer token.
    pub token_sha256: String,
    /// Where it may push: `modules/NAMESPACE/…` and `scratch/NAMESPACE/…`.
    pub namespaces: Vec<Namespace>,
    /// The key it signs releases with: 32 bytes in base64.
    pub public_key: String,
}

/// A supplier who has shown a token.
#[derive(Debug, PartialEq, Eq)]
pub struct Publisher {
    /// The supplier's name.
    pub supplier: String,
    /// Where it may push.
    pub namespaces: Vec<Namespace>,
}

/// Everybody who may push, and the keys that their releases are verified with.
#[derive(Debug, Clone, Default)]
pub struct Publishers {
    by_token: HashMap<String, Arc<Publisher>>,
    keys: TrustedKeys,
}

/// Why a publishers file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PublishersError {
    /// Not the JSON that is expected.
    #[error("the publishers file cannot be read: {reason}")]
    Unreadable {
        /// What is wrong, and where.
        reason: String,
    },
    /// A token hash that is none, or one for two publishers.
    #[error("publisher {supplier}: {reason}")]
    Token {
        /// Whose entry.
        supplier: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// Two suppliers with namespaces that people would mistake for one another.
    #[error("the namespaces {one} and {other} of different suppliers are too alike")]
    NearMiss {
        /// The first.
        one: Namespace,
        /// The one too like it.
        other: Namespace,
    },
    /// A key that cannot be used.
    #[error("the publishers file has a key that cannot be used")]
    Key(#[from] KeyError),
}

impl PublishersError {
    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Unreadable { .. } | Self::Token { .. } => Kind::Incorrect,
            Self::NearMiss { .. } => Kind::Conflict,
            Self::Key(source) => source.kind(),
        }
    }
}

impl Publisher {
    /// Whether it may push to this repository.
    pub fn holds(&self, repository: &Repository) -> bool {
        repository
            .place()
            .is_ok_and(|(_, namespace)| self.namespaces.contains(&namespace))
    }
}

impl Publishers {
    /// Reads a publishers file: a JSON array of entries.
    pub fn from_json(bytes: &[u8]) -> Result<Self, PublishersError> {
        Self::new(&entries(bytes)?)
    }

    /// Checks the entries. A supplier may have several, for several tokens or keys.
    pub fn new(entries: &[PublisherEntry]) -> Result<Self, PublishersError> {
        if entries.len() > PUBLISHERS_MAX {
            let reason = format!(
                "{} publishers, more than the {PUBLISHERS_MAX} allowed",
                entries.len()
            );
            return Err(PublishersError::Unreadable { reason });
        }
        let mut by_token = HashMap::new();
        let mut keys: Vec<TrustedKey> = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            distinct(entry, &entries[..at])?;
            let bad = |reason| PublishersError::Token {
                supplier: entry.supplier.clone(),
                reason,
            };
            let hash = format!("sha256:{}", entry.token_sha256);
            if hash.parse::<Digest>().is_err() {
                return Err(bad("token_sha256 is not 64 lower-case hexadecimal digits"));
            }
            let publisher = Publisher {
                supplier: entry.supplier.clone(),
                namespaces: entry.namespaces.clone(),
            };
            if by_token.insert(hash, Arc::new(publisher)).is_some() {
                return Err(bad("another publisher has the same token"));
            }
            add_key(&mut keys, entry)?;
        }
        Ok(Self {
            by_token,
            keys: TrustedKeys::new(keys)?,
        })
    }

    /// The keys that releases are verified with.
    pub fn keys(&self) -> &TrustedKeys {
        &self.keys
    }

    /// Who presents this `Authorization` header: `Bearer TOKEN`, or `Basic` with the token as password, since that is
    /// what ordinary clients can be given.
    pub fn authenticate(&self, authorization: &str) -> Option<Arc<Publisher>> {
        if authorization.len() > 2 * TOKEN_CHARS_MAX {
            return None;
        }
        let (scheme, given) = authorization.split_once(' ')?;
        let token = if scheme.eq_ignore_ascii_case("bearer") {
            given.trim().to_owned()
        } else if scheme.eq_ignore_ascii_case("basic") {
            let decoded = String::from_utf8(BASE64.decode(given.trim()).ok()?).ok()?;
            decoded.split_once(':')?.1.to_owned()
        } else {
            return None;
        };
        // Looked up by its hash, so the time taken tells nothing of the token.
        self.by_token
            .get(&Digest::sha256(token.as_bytes()).to_string())
            .cloned()
    }
}

/// The entries of a publishers file, for the tool that adds one.
pub fn entries(bytes: &[u8]) -> Result<Vec<PublisherEntry>, PublishersError> {
    if bytes.len() as u64 > KEY_FILE_BYTES_MAX {
        let reason = format!(
            "{} bytes, more than the {KEY_FILE_BYTES_MAX} allowed",
            bytes.len()
        );
        return Err(PublishersError::Unreadable { reason });
    }
    serde_json::from_slice(bytes).map_err(|source| PublishersError::Unreadable {
        reason: source.to_string(),
    })
}

fn distinct(entry: &PublisherEntry, others: &[PublisherEntry]) -> Result<(), PublishersError> {
    for other in others
        .iter()
        .filter(|other| other.supplier != entry.supplier)
    {
        for one in &entry.namespaces {
            if let Some(alike) = other
                .namespaces
                .iter()
                .find(|it| near_miss(one.as_str(), it.as_str()))
            {
                return Err(PublishersError::NearMiss {
                    one: alike.clone(),
                    other: one.clone(),
                });
            }
        }
    }
    Ok(())
}

fn add_key(keys: &mut Vec<TrustedKey>, entry: &PublisherEntry) -> Result<(), PublishersError> {
    let public_key = public_key(&entry.supplier, &entry.public_key)?;
    let known = keys
        .iter_mut()
        .find(|key| key.public_key == public_key && key.supplier == entry.supplier);
    match known {
        Some(key) => key.namespaces.extend(entry.namespaces.iter().cloned()),
        None => keys.push(TrustedKey {
            supplier: entry.supplier.clone(),
            key_id: key_id(&public_key),
            public_key,
            namespaces: entry.namespaces.clone(),
        }),
    }
    Ok(())
}

#[cfg(test)]
mod tests;
