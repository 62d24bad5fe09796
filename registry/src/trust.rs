//! Who made a release: keys, and a signature as a DSSE envelope over an in-toto statement in a Sigstore bundle.
//!
//! Invariant: a `Signed` exists only when a trusted key's signature over exactly these digests was verified, and the
//! key's supplier holds the namespace that the release lies in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, Signer as _, VerifyingKey};
use serde::{Deserialize, Serialize};

pub use crate::trust::key::{KeyError, SupplierKey, TrustedKey, TrustedKeys, key_id};

use crate::digest::Digest;
use crate::kind::Kind;
use crate::limits::BUNDLE_BYTES_MAX;
use crate::name::{Repository, Version};
use crate::trust::statement::Statement;

pub(crate) mod key;
mod statement;

/// Media type of a bundle, and artifact type of the referrer that carries it.
pub const BUNDLE_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
/// The type that is signed along with the statement.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// What a supplier signs: these bytes, under this name and version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Where it is published.
    pub repository: Repository,
    /// As what.
    pub version: Version,
    /// Digest of the component.
    pub wasm: Digest,
    /// Digest of the release's manifest, when it is known.
    pub manifest: Option<Digest>,
}

/// What the verifier holds in its hands and wants a signature for.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Where it was found.
    pub repository: &'a Repository,
    /// Digest of the component, computed by the verifier.
    pub wasm: &'a Digest,
    /// Digest of the release's manifest, computed by the verifier.
    pub manifest: &'a Digest,
}

/// A signature that was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Whose key it is.
    pub supplier: String,
    /// Which key of theirs.
    pub key_id: String,
    /// What they signed.
    pub release: Release,
}

/// Why a signature does not count.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// Larger than any bundle we made.
    #[error("the bundle has {bytes} bytes, more than the {BUNDLE_BYTES_MAX} allowed")]
    TooLarge {
        /// How many it has.
        bytes: usize,
    },
    /// Not a bundle, or one of another kind.
    #[error("the bundle cannot be read: {reason}")]
    Bundle {
        /// What is wrong, and where.
        reason: String,
    },
    /// No trusted key has the hint's id.
    #[error("the bundle is signed by key {key_id}, which is not trusted here")]
    UnknownKey {
        /// The hint as given.
        key_id: String,
    },
    /// The signature is not this key's over this statement.
    #[error(
        "the signature does not match its statement under key {key_id} of {supplier}: one of them was changed"
    )]
    Forged {
        /// Whose key it claims.
        supplier: String,
        /// Which key it claims.
        key_id: String,
    },
    /// The supplier signed, and not for this namespace.
    #[error(
        "{supplier} signed for {repository}, which is not in a namespace bound to key {key_id}"
    )]
    Namespace {
        /// Whose key it is.
        supplier: String,
        /// Which key.
        key_id: String,
        /// What they signed for.
        repository: Repository,
    },
    /// Signed, for something else than what is here.
    #[error("the signed {what} is {signed}, but the one here is {found}")]
    Differs {
        /// Which of the facts.
        what: &'static str,
        /// What the supplier signed.
        signed: String,
        /// What the verifier has.
        found: String,
    },
}

impl TrustError {
    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::TooLarge { .. } | Self::Bundle { .. } => Kind::Incorrect,
            Self::UnknownKey { .. } | Self::Forged { .. } | Self::Namespace { .. } => {
                Kind::Forbidden
            }
            Self::Differs { .. } => Kind::Refused,
        }
    }
}

/// Signs a release. Answers the bytes of a bundle; the same input gives the same bytes.
pub fn sign(key: &SupplierKey, release: &Release) -> Result<Vec<u8>, TrustError> {
    let payload = json(&Statement::of(release))?;
    let signature = key
        .signing()
        .sign(&pre_authentication(PAYLOAD_TYPE, &payload));
    json(&Bundle {
        media_type: BUNDLE_TYPE.to_owned(),
        verification_material: Material {
            public_key: Hint { hint: key.id() },
            tlog_entries: Some(Vec::new()),
        },
        dsse_envelope: Envelope {
            payload: BASE64.encode(&payload),
            payload_type: PAYLOAD_TYPE.to_owned(),
            signatures: vec![EnvelopeSignature {
                sig: BASE64.encode(signature.to_bytes()),
                keyid: Some(key.id()),
            }],
        },
    })
}

/// Verifies that a trusted supplier signed exactly what is expected, for a namespace that is theirs.
pub fn verify(
    bundle: &[u8],
    keys: &TrustedKeys,
    expected: Expected<'_>,
) -> Result<Signed, TrustError> {
    let signed = open(bundle, keys)?;
    differs(
        "repository",
        &signed.release.repository,
        expected.repository,
    )?;
    differs("wasm digest", &signed.release.wasm, expected.wasm)?;
    if let Some(manifest) = &signed.release.manifest {
        differs("manifest digest", manifest, expected.manifest)?;
    }
    Ok(signed)
}

/// Verifies the signature and the namespace, and says what was signed; whether that is what lies here is not asked.
pub(crate) fn open(bundle: &[u8], keys: &TrustedKeys) -> Result<Signed, TrustError> {
    if bundle.len() as u64 > BUNDLE_BYTES_MAX {
        return Err(TrustError::TooLarge {
            bytes: bundle.len(),
        });
    }
    let bundle: Bundle =
        serde_json::from_slice(bundle).map_err(|source| unreadable(source.to_string()))?;
    require("mediaType", &bundle.media_type, BUNDLE_TYPE)?;
    let key_id = bundle.verification_material.public_key.hint;
    let envelope = bundle.dsse_envelope;
    require(
        "dsseEnvelope.payloadType",
        &envelope.payload_type,
        PAYLOAD_TYPE,
    )?;
    let payload = base64("dsseEnvelope.payload", &envelope.payload)?;
    let [signature] = envelope.signatures.as_slice() else {
        return Err(unreadable(
            "dsseEnvelope.signatures must hold exactly one signature".to_owned(),
        ));
    };
    let signature = base64("dsseEnvelope.signatures[0].sig", &signature.sig)?;
    let signature = Signature::from_slice(&signature)
        .map_err(|_| unreadable("dsseEnvelope.signatures[0].sig is not 64 bytes".to_owned()))?;
    let key = keys
        .by_id(&key_id)
        .ok_or(TrustError::UnknownKey { key_id })?;
    verify_bytes(&key.public_key, &payload, &signature).map_err(|_| TrustError::Forged {
        supplier: key.supplier.clone(),
        key_id: key.key_id.clone(),
    })?;
    // Only now is the statement looked at: nothing unsigned reaches its parser.
    let statement: Statement = serde_json::from_slice(&payload)
        .map_err(|source| unreadable(format!("its statement: {source}")))?;
    let release = statement.into_release()?;
    if !key.holds(&release.repository) {
        return Err(TrustError::Namespace {
            supplier: key.supplier.clone(),
            key_id: key.key_id.clone(),
            repository: release.repository,
        });
    }
    Ok(Signed {
        supplier: key.supplier.clone(),
        key_id: key.key_id.clone(),
        release,
    })
}

fn verify_bytes(
    key: &VerifyingKey,
    payload: &[u8],
    signature: &Signature,
) -> Result<(), ed25519_dalek::SignatureError> {
    key.verify_strict(&pre_authentication(PAYLOAD_TYPE, payload), signature)
}

/// What is signed: the type and the body, each after its length, so that neither can pass for part of the other.
fn pre_authentication(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "DSSEv1 {} {payload_type} {} ",
        payload_type.len(),
        payload.len()
    )
    .into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

fn differs<T: PartialEq + ToString>(
    what: &'static str,
    signed: &T,
    found: &T,
) -> Result<(), TrustError> {
    if signed == found {
        Ok(())
    } else {
        Err(TrustError::Differs {
            what,
            signed: signed.to_string(),
            found: found.to_string(),
        })
    }
}

fn require(what: &str, found: &str, wanted: &str) -> Result<(), TrustError> {
    if found == wanted {
        Ok(())
    } else {
        let found: String = found.chars().take(80).collect();
        Err(unreadable(format!(
            "{what} is {found:?}, where {wanted:?} is expected"
        )))
    }
}

fn unreadable(reason: String) -> TrustError {
    TrustError::Bundle { reason }
}

fn base64(what: &str, text: &str) -> Result<Vec<u8>, TrustError> {
    BASE64
        .decode(text)
        .map_err(|source| unreadable(format!("{what} is not base64: {source}")))
}

fn json(document: &impl Serialize) -> Result<Vec<u8>, TrustError> {
    serde_json::to_vec(document).map_err(|source| unreadable(source.to_string()))
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bundle {
    media_type: String,
    verification_material: Material,
    dsse_envelope: Envelope,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Material {
    public_key: Hint,
    /// Carried for other readers; our own log comes from the registry.
    #[serde(default)]
    tlog_entries: Option<Vec<serde_json::Value>>,
}

#[derive(Serialize, Deserialize)]
struct Hint {
    hint: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    payload: String,
    payload_type: String,
    signatures: Vec<EnvelopeSignature>,
}

#[derive(Serialize, Deserialize)]
struct EnvelopeSignature {
    sig: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keyid: Option<String>,
}

#[cfg(test)]
mod tests;
