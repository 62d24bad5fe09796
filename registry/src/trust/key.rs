//! Keys: a supplier's own, and the file of those that are trusted.
//!
//! Invariant: a trusted key's id is computed from its bytes, no two have the same, and none is a weak point that
//! verifies what was never signed.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use ed25519_dalek::{SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::kind::Kind;
use crate::limits::{KEY_FILE_BYTES_MAX, PUBLISHERS_MAX, SUPPLIER_CHARS_MAX};
use crate::name::{Namespace, Place, Repository};

/// A supplier's signing key. Its `Debug` shows the id only.
pub struct SupplierKey(SigningKey);

/// A public key and what it may sign for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKey {
    /// Whose it is.
    pub supplier: String,
    /// What a bundle's hint calls it: see `key_id`.
    pub key_id: String,
    /// The key.
    pub public_key: VerifyingKey,
    /// The namespaces of `modules/` whose releases it may sign.
    pub namespaces: Vec<Namespace>,
}

/// The keys somebody trusts.
#[derive(Debug, Clone, Default)]
pub struct TrustedKeys(Vec<TrustedKey>);

/// Why a key or a file of keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The system gave no random bytes.
    #[error("no random bytes for a key from the operating system: {reason}")]
    Random {
        /// What it said.
        reason: String,
    },
    /// Not a PKCS #8 file with an ed25519 key.
    #[error("not an ed25519 private key in PEM (PKCS #8): {reason}")]
    Pem {
        /// What is wrong.
        reason: String,
    },
    /// Not the JSON that is expected.
    #[error("the trusted keys cannot be read: {reason}")]
    File {
        /// What is wrong, and where.
        reason: String,
    },
    /// Not 32 bytes of a usable public key.
    #[error("the public key of {supplier} is not 32 bytes of a sound ed25519 key in base64")]
    PublicKey {
        /// Whose entry.
        supplier: String,
    },
    /// The id does not belong to the key.
    #[error("the key of {supplier} is called {given}, but its id is {computed}")]
    KeyId {
        /// Whose entry.
        supplier: String,
        /// The id in the file.
        given: String,
        /// The id of the key in the file.
        computed: String,
    },
    /// The same key twice.
    #[error("the key {key_id} is listed twice")]
    Twice {
        /// Its id.
        key_id: String,
    },
    /// One namespace, two suppliers.
    #[error("the namespace {namespace} is bound to {one} and to {other}")]
    Bound {
        /// The namespace.
        namespace: Namespace,
        /// The supplier listed first.
        one: String,
        /// Another.
        other: String,
    },
}

impl KeyError {
    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Random { .. } => Kind::Fault,
            Self::Bound { .. } | Self::Twice { .. } => Kind::Conflict,
            Self::Pem { .. } | Self::File { .. } | Self::PublicKey { .. } | Self::KeyId { .. } => {
                Kind::Incorrect
            }
        }
    }
}

/// What a key is called: `ed25519:` and the first 32 digits of the SHA-256 of its 32 bytes.
pub fn key_id(public_key: &VerifyingKey) -> String {
    let digest = Digest::sha256(public_key.as_bytes());
    format!("ed25519:{:.32}", digest.hex())
}

impl SupplierKey {
    /// A new key from the operating system's random bytes.
    pub fn generate() -> Result<Self, KeyError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|source| KeyError::Random {
            reason: source.to_string(),
        })?;
        Ok(Self(SigningKey::from_bytes(&seed)))
    }

    /// The key of a seed, for tests and demonstrations that must give the same bytes each time.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// Reads a key file.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        SigningKey::from_pkcs8_pem(pem)
            .map(Self)
            .map_err(|source| KeyError::Pem {
                reason: source.to_string(),
            })
    }

    /// Writes a key file: PKCS #8 in PEM. It is secret.
    pub fn to_pem(&self) -> Result<String, KeyError> {
        self.0
            .to_pkcs8_pem(LineEnding::LF)
            .map(|pem| pem.as_str().to_owned())
            .map_err(|source| KeyError::Pem {
                reason: source.to_string(),
            })
    }

    /// What the key is called.
    pub fn id(&self) -> String {
        key_id(&self.public())
    }

    /// The half that others may know.
    pub fn public(&self) -> VerifyingKey {
        self.0.verifying_key()
    }

    pub(super) fn signing(&self) -> &SigningKey {
        &self.0
    }
}

impl fmt::Debug for SupplierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SupplierKey({})", self.id())
    }
}

impl TrustedKey {
    /// Whether a release in this repository is this key's to sign.
    pub fn holds(&self, repository: &Repository) -> bool {
        match repository.place() {
            Ok((Place::Modules, namespace)) => self.namespaces.contains(&namespace),
            Ok((Place::Scratch, _)) | Err(_) => false,
        }
    }
}

impl TrustedKeys {
    /// Reads `[{"supplier", "key_id", "public_key", "namespaces"}]`, the public key being 32 bytes in base64.
    pub fn from_json(bytes: &[u8]) -> Result<Self, KeyError> {
        if bytes.len() as u64 > KEY_FILE_BYTES_MAX {
            let reason = format!(
                "{} bytes, more than the {KEY_FILE_BYTES_MAX} allowed",
                bytes.len()
            );
            return Err(KeyError::File { reason });
        }
        let entries: Vec<KeyBody> =
            serde_json::from_slice(bytes).map_err(|source| KeyError::File {
                reason: source.to_string(),
            })?;
        let keys = entries
            .into_iter()
            .map(KeyBody::into_key)
            .collect::<Result<_, _>>()?;
        Self::new(keys)
    }

    /// Writes what `from_json` reads.
    pub fn to_json(&self) -> Result<Vec<u8>, KeyError> {
        let entries: Vec<KeyBody> = self.0.iter().map(KeyBody::of).collect();
        serde_json::to_vec_pretty(&entries).map_err(|source| KeyError::File {
            reason: source.to_string(),
        })
    }

    /// Checks that no key is there twice and no namespace has two suppliers. One supplier may have several keys.
    pub fn new(keys: Vec<TrustedKey>) -> Result<Self, KeyError> {
        if keys.len() > PUBLISHERS_MAX {
            let reason = format!(
                "{} keys, more than the {PUBLISHERS_MAX} allowed",
                keys.len()
            );
            return Err(KeyError::File { reason });
        }
        for (at, key) in keys.iter().enumerate() {
            for other in &keys[..at] {
                if key.key_id == other.key_id {
                    return Err(KeyError::Twice {
                        key_id: key.key_id.clone(),
                    });
                }
                let shared = key
                    .namespaces
                    .iter()
                    .find(|it| other.namespaces.contains(it));
                if let Some(namespace) = shared.filter(|_| key.supplier != other.supplier) {
                    return Err(KeyError::Bound {
                        namespace: namespace.clone(),
                        one: other.supplier.clone(),
                        other: key.supplier.clone(),
                    });
                }
            }
        }
        Ok(Self(keys))
    }

    /// The keys, in the file's order.
    pub fn iter(&self) -> impl Iterator<Item = &TrustedKey> {
        self.0.iter()
    }

    pub(super) fn by_id(&self, key_id: &str) -> Option<&TrustedKey> {
        self.0.iter().find(|key| key.key_id == key_id)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyBody {
    supplier: String,
    key_id: String,
    public_key: String,
    namespaces: Vec<Namespace>,
}

impl KeyBody {
    fn of(key: &TrustedKey) -> Self {
        Self {
            supplier: key.supplier.clone(),
            key_id: key.key_id.clone(),
            public_key: BASE64.encode(key.public_key.as_bytes()),
            namespaces: key.namespaces.clone(),
        }
    }

    fn into_key(self) -> Result<TrustedKey, KeyError> {
        let public_key = public_key(&self.supplier, &self.public_key)?;
        let computed = key_id(&public_key);
        if computed != self.key_id {
            return Err(KeyError::KeyId {
                supplier: self.supplier,
                given: self.key_id,
                computed,
            });
        }
        Ok(TrustedKey {
            supplier: self.supplier,
            key_id: self.key_id,
            public_key,
            namespaces: self.namespaces,
        })
    }
}

/// Reads one supplier's public key: 32 bytes in base64, a point on the curve and not one of the weak ones.
pub(crate) fn public_key(supplier: &str, base64: &str) -> Result<VerifyingKey, KeyError> {
    let bad = || KeyError::PublicKey {
        supplier: supplier.to_owned(),
    };
    if supplier.is_empty() || supplier.chars().count() > SUPPLIER_CHARS_MAX {
        let reason = format!("a supplier's name has 1 to {SUPPLIER_CHARS_MAX} characters");
        return Err(KeyError::File { reason });
    }
    let bytes = BASE64.decode(base64).map_err(|_| bad())?;
    let bytes = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| bad())?;
    let key = VerifyingKey::from_bytes(&bytes).map_err(|_| bad())?;
    if key.is_weak() { Err(bad()) } else { Ok(key) }
}
