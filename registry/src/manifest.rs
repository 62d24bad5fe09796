//! Manifests: what the distribution specification lets be pushed, and what a release of a departmental looks like.
//!
//! Invariant: a `Manifest` was read in the only way its bytes can be read, and holds no more descriptors than the
//! bound; the bytes themselves, not this reading of them, are what is kept and signed.

pub use crate::manifest::config::{ConfigComponent, WasmConfig};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::digest::Digest;
use crate::kind::Kind;
use crate::limits::{
    ANNOTATION_BYTES_MAX, BUNDLE_BYTES_MAX, COMPONENT_BYTES_MAX, CONFIG_BYTES_MAX, DESCRIPTORS_MAX,
};
use crate::strict_json;
use crate::trust::BUNDLE_TYPE;

mod config;

/// Media type of a manifest with config and layers.
pub const IMAGE_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Media type of a list of manifests.
pub const IMAGE_INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// Media type of a release's config.
pub const WASM_CONFIG: &str = "application/vnd.wasm.config.v0+json";
/// Media type of a release's one layer.
pub const WASM_LAYER: &str = "application/wasm";
/// Media type of the config that says nothing, whose bytes are `{}`.
pub const EMPTY_CONFIG: &str = "application/vnd.oci.empty.v1+json";
/// The bytes of the config that says nothing.
pub const EMPTY_JSON: &[u8] = b"{}";

const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

/// A pointer to content: its type, digest and size in bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What it is.
    pub media_type: String,
    /// Its name.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// The artifact type of the manifest pointed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// What the pusher noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Map<String, Value>>,
}

/// A manifest or an index, as read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    schema_version: u64,
    /// The media type that it gives itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// What kind of artifact it is, when its config does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// Its config; a manifest has one, an index none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<Descriptor>,
    /// Its layers; a manifest has them, an index none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layers: Option<Vec<Descriptor>>,
    /// Its manifests; an index has them, a manifest none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifests: Option<Vec<Descriptor>>,
    /// The manifest that this one is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Descriptor>,
    /// What the pusher noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Map<String, Value>>,
}

/// What a manifest under `modules/` is for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Role<'a> {
    /// A component that sites can run.
    Release {
        /// Its config.
        config: &'a Descriptor,
        /// Its component.
        wasm: &'a Descriptor,
    },
    /// A supplier's signature on a release.
    Signature {
        /// The release's manifest.
        subject: &'a Descriptor,
        /// The bundle.
        bundle: &'a Descriptor,
    },
    /// Something else about another manifest.
    About {
        /// That manifest.
        subject: &'a Descriptor,
    },
}

/// Why a manifest or config is not accepted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ManifestError {
    /// Not JSON of the expected shape.
    #[error("the {what} cannot be read: {reason}")]
    Unreadable {
        /// Manifest or config.
        what: &'static str,
        /// What is wrong, and where.
        reason: String,
    },
    /// Readable and contradictory or out of bounds.
    #[error("the manifest is not acceptable: {reason}")]
    Unacceptable {
        /// What is wrong.
        reason: String,
    },
    /// Not the layout of a release, signature or note on one.
    #[error("the manifest is not one that modules/ keeps: {reason}")]
    Layout {
        /// What is wrong.
        reason: String,
    },
    /// The config says other than the bytes.
    #[error("the config gives {what} as {config}, but the component's bytes give {bytes}")]
    Mismatch {
        /// Which fact.
        what: &'static str,
        /// The config's.
        config: String,
        /// The bytes'.
        bytes: String,
    },
}

impl ManifestError {
    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Unreadable { .. }
            | Self::Unacceptable { .. }
            | Self::Layout { .. }
            | Self::Mismatch { .. } => Kind::Incorrect,
        }
    }
}

impl Descriptor {
    /// Points to these bytes by their SHA-256.
    pub fn of(media_type: &str, bytes: &[u8]) -> Self {
        Self {
            media_type: media_type.to_owned(),
            digest: Digest::sha256(bytes),
            size: bytes.len() as u64,
            artifact_type: None,
            annotations: None,
        }
    }
}

impl Manifest {
    /// A release: a config and one component.
    pub fn release(config: Descriptor, wasm: Descriptor) -> Self {
        Self::artifact(None, config, wasm, None)
    }

    /// A signature on `subject`: the empty config and one bundle.
    pub fn signature(subject: Descriptor, bundle: Descriptor) -> Self {
        let config = Descriptor::of(EMPTY_CONFIG, EMPTY_JSON);
        Self::artifact(Some(BUNDLE_TYPE.to_owned()), config, bundle, Some(subject))
    }

    fn artifact(
        artifact_type: Option<String>,
        config: Descriptor,
        layer: Descriptor,
        subject: Option<Descriptor>,
    ) -> Self {
        Self {
            schema_version: 2,
            media_type: Some(IMAGE_MANIFEST.to_owned()),
            artifact_type,
            config: Some(config),
            layers: Some(vec![layer]),
            manifests: None,
            subject,
            annotations: None,
        }
    }

    /// The bytes to push.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ManifestError> {
        bytes_of("manifest", self)
    }

    /// Reads a manifest that was pushed or pulled with `content_type`, which must be what it calls itself.
    pub fn parse(content_type: &str, bytes: &[u8]) -> Result<Self, ManifestError> {
        let manifest: Self = read("manifest", bytes)?;
        let bad = |reason: String| Err(ManifestError::Unacceptable { reason });
        if manifest.schema_version != 2 {
            return bad(format!(
                "schemaVersion is {}, not 2",
                manifest.schema_version
            ));
        }
        let index = match content_type {
            IMAGE_MANIFEST | DOCKER_MANIFEST => false,
            IMAGE_INDEX | DOCKER_LIST => true,
            other => {
                return bad(format!(
                    "the content type {other:?} is none of an image manifest or index"
                ));
            }
        };
        if let Some(own) = manifest
            .media_type
            .as_deref()
            .filter(|own| *own != content_type)
        {
            return bad(format!(
                "it was sent as {content_type:?} and calls itself {own:?}"
            ));
        }
        let parts = (
            manifest.config.is_some(),
            manifest.layers.is_some(),
            manifest.manifests.is_some(),
        );
        if parts != (!index, !index, index) {
            return bad(
                "a manifest has config and layers, an index has manifests, and neither has both"
                    .to_owned(),
            );
        }
        let descriptors = manifest.descriptors().count();
        if descriptors > DESCRIPTORS_MAX {
            return bad(format!(
                "it has {descriptors} descriptors, more than the {DESCRIPTORS_MAX} allowed"
            ));
        }
        let annotations = bytes_of("manifest", &manifest.annotations)?.len();
        if manifest.subject.is_some() && annotations > ANNOTATION_BYTES_MAX {
            return bad(format!(
                "its annotations have {annotations} bytes, more than {ANNOTATION_BYTES_MAX}"
            ));
        }
        Ok(manifest)
    }

    /// The blobs that must be there before the manifest is: config and layers.
    pub fn blobs(&self) -> impl Iterator<Item = &Descriptor> {
        self.config.iter().chain(self.layers.iter().flatten())
    }

    /// The manifests that must be there before the index is.
    pub fn children(&self) -> impl Iterator<Item = &Descriptor> {
        self.manifests.iter().flatten()
    }

    fn descriptors(&self) -> impl Iterator<Item = &Descriptor> {
        self.blobs().chain(self.children())
    }

    /// What a referrers answer calls it: its artifact type, or else its config's media type.
    pub fn kind_of_artifact(&self) -> Option<&str> {
        let config = self
            .config
            .as_ref()
            .map(|config| config.media_type.as_str());
        self.artifact_type
            .as_deref()
            .filter(|it| !it.is_empty())
            .or(config)
    }

    /// What it is for, if it is one that `modules/` keeps.
    pub fn role(&self) -> Result<Role<'_>, ManifestError> {
        let bad = |reason: String| Err(ManifestError::Layout { reason });
        let (Some(config), Some(layers)) = (&self.config, &self.layers) else {
            return match &self.subject {
                Some(subject) => Ok(Role::About { subject }),
                None => bad("a list of manifests is not a release".to_owned()),
            };
        };
        if let Some(subject) = &self.subject {
            if self.kind_of_artifact() != Some(BUNDLE_TYPE) {
                return Ok(Role::About { subject });
            }
            return match layers.as_slice() {
                [bundle] if bundle.media_type == BUNDLE_TYPE && bundle.size <= BUNDLE_BYTES_MAX => {
                    Ok(Role::Signature { subject, bundle })
                }
                _ => bad(format!(
                    "a signature has one layer, {BUNDLE_TYPE}, of at most {BUNDLE_BYTES_MAX} bytes"
                )),
            };
        }
        if config.media_type != WASM_CONFIG || config.size > CONFIG_BYTES_MAX {
            return bad(format!(
                "a release has a config {WASM_CONFIG} of at most {CONFIG_BYTES_MAX} bytes"
            ));
        }
        match layers.as_slice() {
            [wasm] if wasm.media_type == WASM_LAYER && wasm.size <= COMPONENT_BYTES_MAX => {
                Ok(Role::Release { config, wasm })
            }
            _ => bad(format!(
                "a release has exactly one layer, {WASM_LAYER}, of at most {COMPONENT_BYTES_MAX} bytes"
            )),
        }
    }
}

fn read<T: for<'de> Deserialize<'de>>(
    what: &'static str,
    bytes: &[u8],
) -> Result<T, ManifestError> {
    let unreadable = |source: serde_json::Error| ManifestError::Unreadable {
        what,
        reason: source.to_string(),
    };
    serde_json::from_value(strict_json::parse(bytes).map_err(unreadable)?).map_err(unreadable)
}

fn bytes_of(what: &'static str, it: &impl Serialize) -> Result<Vec<u8>, ManifestError> {
    serde_json::to_vec(it).map_err(|source| ManifestError::Unreadable {
        what,
        reason: source.to_string(),
    })
}

#[cfg(test)]
mod tests;
