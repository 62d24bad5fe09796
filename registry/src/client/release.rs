//! What goes to a registry and what comes back.
//!
//! Invariant: a `Pulled` holds only bytes whose digests were computed on this side.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::component::Inspected;
use crate::digest::Digest;
use crate::name::{Repository, Version};
use crate::trust::SupplierKey;

/// A release whose supplier's signature the registry says it has verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// Where it is, such as `modules/lancashire/pathology`.
    pub repository: Repository,
    /// Its version, which is also its tag.
    pub version: Version,
    /// Digest of its manifest: the release's identity.
    pub manifest_digest: Digest,
    /// Digest of its component: what every trust runs.
    pub wasm_digest: Digest,
    /// Whose signature the registry verified. The reader verifies it again.
    pub supplier: String,
    /// When it was published, by the registry's clock.
    pub pushed_at: Timestamp,
}

/// One page of the published list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PublishedPage {
    /// The releases, in the order in which they were published.
    pub(crate) published: Vec<Published>,
    /// Where the next page begins; none after the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) after: Option<u64>,
}

/// A release whose digests were all computed here.
#[derive(Debug, Clone)]
pub struct Pulled {
    /// The manifest's exact bytes.
    pub manifest: Vec<u8>,
    /// The component.
    pub wasm: Vec<u8>,
    /// Digest of the component.
    pub wasm_digest: Digest,
    /// What the component's bytes say: it imports the contract only.
    pub inspected: Inspected,
    /// Bundles that claim to sign it. None of them is verified yet: see `trust::verify`.
    pub signatures: Vec<Vec<u8>>,
}

/// What a supplier publishes.
#[derive(Debug, Clone, Copy)]
pub struct Push<'a> {
    /// The publisher's bearer token.
    pub token: &'a str,
    /// Where to, such as `modules/lancashire/pathology`.
    pub repository: &'a Repository,
    /// As which version.
    pub version: &'a Version,
    /// The component.
    pub wasm: &'a [u8],
    /// When it was built.
    pub created: Timestamp,
    /// Who built it, if that is to be told.
    pub author: Option<&'a str>,
    /// The supplier's key. Without one the release is there to be pulled and is not published.
    pub key: Option<&'a SupplierKey>,
}

/// What came of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// Digest of the manifest: the release's identity.
    pub manifest_digest: Digest,
    /// Digest of the component.
    pub wasm_digest: Digest,
}
