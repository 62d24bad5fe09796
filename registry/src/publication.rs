//! What is looked at before a manifest is kept under `modules/`: the component's bytes, its config, and signatures.
//!
//! Invariant: nothing that the pusher says about a component is kept unless its bytes say the same, and no signature
//! is kept that the namespace's supplier did not make.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::blobs::{BlobError, Blobs};
use crate::catalogue::{Catalogue, CatalogueError, content};
use crate::component::{self, ComponentError, Inspected};
use crate::digest::Digest;
use crate::kind::Kind;
use crate::limits::{BUNDLE_BYTES_MAX, COMPONENT_BYTES_MAX, CONFIG_BYTES_MAX, INSPECTIONS_MAX};
use crate::manifest::{Descriptor, Manifest, ManifestError, Role, WasmConfig};
use crate::name::{NameError, Repository, Tag, Version};
use crate::publishers::Publishers;
use crate::trust::{self, Signed, TrustError};

/// What the gate looks with.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) blobs: Arc<Blobs>,
    pub(crate) catalogue: Catalogue,
    pub(crate) publishers: Arc<Publishers>,
    inspections: Arc<Semaphore>,
}

/// What was found.
#[derive(Default)]
pub(crate) struct Checked {
    /// The component of a release.
    pub(crate) wasm: Option<Digest>,
    /// What a signature signs.
    pub(crate) signed: Option<Signed>,
}

/// Why a manifest is not kept under `modules/`.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GateError {
    /// The manifest or its config.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The component.
    #[error(transparent)]
    Component(#[from] ComponentError),
    /// The signature.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The tag is no version.
    #[error("the tag of a release is its version: {0}")]
    Tag(NameError),
    /// A tag on something that is not a release.
    #[error("only a release has a tag: push this by its digest")]
    Tagged,
    /// The tag is not the version that the component gives itself.
    #[error("the tag is {tag}, but the component's departmental.json says version {embedded}")]
    OtherVersion {
        /// As pushed.
        tag: Tag,
        /// As embedded.
        embedded: String,
    },
    /// A signature for another repository or manifest than it is pushed to.
    #[error("the signature is for {signed}, but is pushed as one on {pushed}")]
    SignedOther {
        /// What was signed.
        signed: String,
        /// Where it is pushed.
        pushed: String,
    },
    /// The bytes are not there or cannot be read.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// The catalogue refused or failed.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// The inspection ended without an answer.
    #[error("the component's inspection ended without an answer")]
    Inspection,
}

impl GateError {
    /// The only thing an edge may branch on.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Manifest(source) => source.kind(),
            Self::Component(source) => source.kind(),
            Self::Trust(source) => source.kind(),
            Self::Tag(_) | Self::Tagged => Kind::Incorrect,
            Self::OtherVersion { .. } | Self::SignedOther { .. } => Kind::Refused,
            Self::Blob(source) => source.kind(),
            Self::Catalogue(source) => source.kind(),
            Self::Inspection => Kind::Fault,
        }
    }
}

impl Gate {
    pub(crate) fn new(
        blobs: Arc<Blobs>,
        catalogue: Catalogue,
        publishers: Arc<Publishers>,
    ) -> Self {
        Self {
            blobs,
            catalogue,
            publishers,
            inspections: Arc::new(Semaphore::new(INSPECTIONS_MAX)),
        }
    }

    /// Looks at a manifest that is about to be kept under `modules/`.
    pub(crate) async fn check(
        &self,
        repository: &Repository,
        tag: Option<&Tag>,
        manifest: &Manifest,
    ) -> Result<Checked, GateError> {
        match manifest.role()? {
            Role::Release { config, wasm } => {
                if let Some(tag) = tag {
                    tag.as_str().parse::<Version>().map_err(GateError::Tag)?;
                }
                let inspected = self.release(repository, config, wasm).await?;
                versions_agree(tag, &inspected)?;
                Ok(Checked {
                    wasm: Some(wasm.digest.clone()),
                    signed: None,
                })
            }
            Role::Signature { .. } | Role::About { .. } if tag.is_some() => Err(GateError::Tagged),
            Role::Signature { subject, bundle } => {
                let signed = self.signature(repository, subject, bundle).await?;
                Ok(Checked {
                    wasm: None,
                    signed: Some(signed),
                })
            }
            Role::About { .. } => Ok(Checked::default()),
        }
    }

    async fn release(
        &self,
        repository: &Repository,
        config: &Descriptor,
        wasm: &Descriptor,
    ) -> Result<Inspected, GateError> {
        self.held(repository, config).await?;
        self.held(repository, wasm).await?;
        let _turn = self
            .inspections
            .acquire()
            .await
            .map_err(|_| GateError::Inspection)?;
        let (blobs, config, wasm) = (
            Arc::clone(&self.blobs),
            config.digest.clone(),
            wasm.digest.clone(),
        );
        let work = move || {
            let config = WasmConfig::parse(&blobs.read(&config, CONFIG_BYTES_MAX)?)?;
            let inspected = component::admit(&blobs.read(&wasm, COMPONENT_BYTES_MAX)?)?;
            config.check(&wasm, &inspected)?;
            Ok(inspected)
        };
        tokio::task::spawn_blocking(work)
            .await
            .unwrap_or(Err(GateError::Inspection))
    }

    async fn signature(
        &self,
        repository: &Repository,
        subject: &Descriptor,
        bundle: &Descriptor,
    ) -> Result<Signed, GateError> {
        self.held(repository, bundle).await?;
        let (blobs, digest) = (Arc::clone(&self.blobs), bundle.digest.clone());
        let work = move || Ok::<_, GateError>(blobs.read(&digest, BUNDLE_BYTES_MAX)?);
        let bundle = tokio::task::spawn_blocking(work)
            .await
            .unwrap_or(Err(GateError::Inspection))?;
        let signed = trust::open(&bundle, self.publishers.keys())?;
        // Whether the component is the signed one is asked when both are there, in the catalogue.
        let manifest = signed.release.manifest.as_ref().unwrap_or(&subject.digest);
        if signed.release.repository == *repository && *manifest == subject.digest {
            return Ok(signed);
        }
        Err(GateError::SignedOther {
            signed: format!("{}@{manifest}", signed.release.repository),
            pushed: format!("{repository}@{}", subject.digest),
        })
    }

    /// Refuses a descriptor of something that the repository does not hold.
    async fn held(
        &self,
        repository: &Repository,
        descriptor: &Descriptor,
    ) -> Result<(), GateError> {
        let (name, digest) = (repository.clone(), descriptor.digest.clone());
        let found = self
            .catalogue
            .read(move |db| content::blob_bytes(db, &name, &digest))
            .await?;
        if found == Some(descriptor.size) {
            return Ok(());
        }
        let (repository, digest) = (repository.clone(), descriptor.digest.clone());
        Err(CatalogueError::UnknownBlob {
            repository,
            digest,
            bytes: descriptor.size,
        }
        .into())
    }
}

/// Refuses a tag that contradicts the version which the component gives itself.
fn versions_agree(tag: Option<&Tag>, inspected: &Inspected) -> Result<(), GateError> {
    let embedded = inspected
        .manifest
        .as_ref()
        .and_then(|it| it.get("version"))
        .and_then(|it| it.as_str());
    match (tag, embedded) {
        (Some(tag), Some(embedded)) if tag.as_str() != embedded => {
            let embedded = embedded.chars().take(80).collect();
            Err(GateError::OtherVersion {
                tag: tag.clone(),
                embedded,
            })
        }
        (Some(_) | None, Some(_) | None) => Ok(()),
    }
}
