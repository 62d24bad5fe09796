//! Where this host gets departmentals from: the registry, then its own shelf of what it pulled before.
//!
//! Invariant: nothing is loaded whose digest and supplier's signature were not verified by this process itself.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use record::departmental::manifest::Manifest;
use record::departmental::{Departmental, Digest, Library, LibraryError, Release, Reply, Unfit};
use record::with_causes;
use registry::client::{Client, Published, Pulled};
use registry::component;
use registry::trust::{Expected, TrustedKeys, verify};
use sandbox::Loaded;
use sandbox::sandbox::Sandbox;
use tokio::sync::Mutex;
use tracing::{info, warn};

use crate::rehearse::Rehearsed;
use crate::shelf::{Shelf, ShelfError};

/// The registry's releases, verified.
pub struct Releases {
    registry: Client,
    suppliers: PathBuf,
    sandbox: Sandbox,
    shelf: Shelf,
    known: Mutex<HashMap<Digest, Arc<Release>>>,
    /// What was left out when it was last looked.
    unfit: std::sync::Mutex<Vec<Unfit>>,
    /// What passed its golden cases since this host was started: the same bytes answer the same here.
    rehearsed: Mutex<HashSet<Digest>>,
}

/// A release with the bytes that its digest names.
struct Held {
    release: Release,
    wasm: Vec<u8>,
}

impl Releases {
    /// Asks nothing yet. `suppliers` is the file of trusted keys; it is read at each verification, so that a revoked
    /// key counts from then on.
    pub fn new(registry: Client, suppliers: PathBuf, sandbox: Sandbox, kept: PathBuf) -> Self {
        Self {
            registry,
            suppliers,
            sandbox,
            shelf: Shelf::new(kept),
            known: Mutex::default(),
            unfit: std::sync::Mutex::default(),
            rehearsed: Mutex::default(),
        }
    }

    /// What is published now: known releases as they are, new ones pulled and verified first. One that does not
    /// verify is left out, and said in the log. With the registry out of reach, what is on the shelf.
    async fn refresh(&self) -> Result<Vec<Arc<Release>>, LibraryError> {
        let (registry, shelf) = (self.registry.clone(), self.shelf.clone());
        let published = blocking(move || match registry.published() {
            Ok(published) => Ok(published),
            Err(why) => {
                let why = with_causes(&why);
                warn!("the registry is out of reach, going on with what was pulled before: {why}");
                shelf.all().map_err(|shelf| LibraryError::Unreachable {
                    why: format!("{why}; {shelf}"),
                })
            }
        })
        .await?;
        let mut known = self.known.lock().await;
        let mut all = Vec::with_capacity(published.len());
        let mut unfit = Vec::new();
        for one in published {
            let Ok(digest) = one.wasm_digest.to_string().parse::<Digest>() else {
                warn!(
                    "release {} {} has a digest of a kind that is not run here",
                    one.repository, one.version
                );
                continue;
            };
            if let Some(release) = known.get(&digest) {
                all.push(Arc::clone(release));
                continue;
            }
            let (name, version) = (one.repository.to_string(), one.version.to_string());
            match self.hold(&digest, Some(one)).await {
                Ok(held) => {
                    let release = Arc::new(held.release);
                    known.insert(digest, Arc::clone(&release));
                    all.push(release);
                }
                Err(why) => {
                    warn!(release.digest = %digest, "left out of the releases: {why}");
                    let why = why.to_string();
                    unfit.push(Unfit { name, version, why });
                }
            }
        }
        *self.unfit.lock().unwrap_or_else(PoisonError::into_inner) = unfit;
        Ok(all)
    }

    /// Pulls a release, verifies it and puts it on the shelf.
    async fn fetch(&self, one: Published) -> Result<Held, LibraryError> {
        let (registry, shelf, suppliers) = (
            self.registry.clone(),
            self.shelf.clone(),
            self.suppliers.clone(),
        );
        blocking(move || {
            let pulled = registry
                .pull(&one.repository, &one.manifest_digest)
                .map_err(unreachable)?;
            let held = verified(&suppliers, &one, &pulled)?;
            shelf
                .put(&one, &pulled)
                .map_err(|why| refused(&one, &why))?;
            Ok(held)
        })
        .await
    }

    /// The release behind a digest with its bytes: from the shelf, else from the registry, where `listed` says it is or
    /// where its list says.
    async fn hold(&self, digest: &Digest, listed: Option<Published>) -> Result<Held, LibraryError> {
        let (shelf, suppliers, wanted) =
            (self.shelf.clone(), self.suppliers.clone(), digest.clone());
        let kept = blocking(move || match shelf.get(&wanted) {
            Ok((one, pulled)) => verified(&suppliers, &one, &pulled).map(Some),
            Err(ShelfError::NotThere) => Ok(None),
            Err(why) => {
                warn!(release.digest = %wanted, "the shelf's copy is of no use, asking the registry: {why}");
                Ok(None)
            }
        })
        .await?;
        if let Some(held) = kept {
            return Ok(held);
        }
        let one = match listed {
            Some(one) => one,
            None => {
                let registry = self.registry.clone();
                let published = blocking(move || registry.published().map_err(unreachable)).await?;
                let one = published
                    .into_iter()
                    .find(|one| one.wasm_digest.to_string() == digest.as_str());
                one.ok_or_else(|| LibraryError::NotPublished {
                    digest: digest.to_string(),
                })?
            }
        };
        self.fetch(one).await
    }

    /// Loads what is held, unless it is loaded. Of two callers at once, the second finds what the first had compiled.
    async fn run(&self, held: &Held) -> Result<Loaded, LibraryError> {
        let digest = &held.release.digest;
        if let Some(loaded) = self.sandbox.loaded(digest) {
            return Ok(loaded);
        }
        let loaded = self.sandbox.load(&held.wasm, digest).await;
        let loaded = loaded.map_err(|why| LibraryError::Refused {
            digest: digest.to_string(),
            why: with_causes(&why),
        })?;
        info!(release.digest = %digest, "loaded {} {}", held.release.id, held.release.version);
        Ok(loaded)
    }
}

impl Library for Releases {
    fn published(&self) -> Reply<'_, Result<Vec<Arc<Release>>, LibraryError>> {
        Box::pin(self.refresh())
    }

    fn unfit(&self) -> Vec<Unfit> {
        let unfit = self.unfit.lock();
        unfit.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn load(&self, digest: &Digest) -> Reply<'_, Result<Arc<dyn Departmental>, LibraryError>> {
        let digest = digest.clone();
        Box::pin(async move {
            if let Some(loaded) = self.sandbox.loaded(&digest) {
                return Ok(Arc::new(loaded) as Arc<dyn Departmental>);
            }
            let held = self.hold(&digest, None).await?;
            let loaded = self.run(&held).await?;
            Ok(Arc::new(loaded) as Arc<dyn Departmental>)
        })
    }

    fn rehearse(&self, digest: &Digest) -> Reply<'_, Result<(), LibraryError>> {
        let digest = digest.clone();
        Box::pin(async move {
            // Held meanwhile: one release is rehearsed at a time, and who enables the same one waits for what is found.
            let mut rehearsed = self.rehearsed.lock().await;
            if rehearsed.contains(&digest) {
                return Ok(());
            }
            let refused = |why: String| LibraryError::Refused {
                digest: digest.to_string(),
                why,
            };
            let held = self.hold(&digest, None).await?;
            let inspected =
                component::admit(&held.wasm).map_err(|why| refused(with_causes(&why)))?;
            let loaded = self.run(&held).await?;
            let cases = Rehearsed::carried(Arc::new(held.release), &inspected)
                .map_err(|why| refused(why.to_string()))?;
            if let Some(why) = cases.failure_in_service(loaded).await {
                return Err(refused(why));
            }
            rehearsed.insert(digest);
            Ok(())
        })
    }
}

/// A release is what its supplier signed: digests recomputed by the client or the shelf, one signature that verifies.
fn verified(suppliers: &PathBuf, one: &Published, pulled: &Pulled) -> Result<Held, LibraryError> {
    let keys = std::fs::read(suppliers)
        .map_err(|why| refused(one, &format!("{}: {why}", suppliers.display())))?;
    let keys = TrustedKeys::from_json(&keys).map_err(|why| refused(one, &why))?;
    let expected = Expected {
        repository: &one.repository,
        wasm: &pulled.wasm_digest,
        manifest: &one.manifest_digest,
    };
    let mut last = String::from("it carries no signature");
    for bundle in &pulled.signatures {
        match verify(bundle, &keys, expected) {
            Ok(signed) => return held(one, pulled, signed.supplier, signed.key_id),
            Err(why) => last = with_causes(&why),
        }
    }
    Err(refused(one, &last))
}

fn held(
    one: &Published,
    pulled: &Pulled,
    supplier: String,
    signed_by: String,
) -> Result<Held, LibraryError> {
    let document = pulled
        .inspected
        .manifest
        .as_ref()
        .ok_or_else(|| refused(one, &"it carries no departmental.json"))?;
    let manifest = Manifest::parse(document).map_err(|why| refused(one, &why))?;
    let digest = pulled
        .wasm_digest
        .to_string()
        .parse()
        .map_err(|why| refused(one, &why))?;
    let release = Release {
        id: manifest.id.clone(),
        version: manifest.version.clone(),
        digest,
        manifest_digest: one.manifest_digest.to_string(),
        manifest,
        supplier,
        signed_by,
    };
    Ok(Held {
        release,
        wasm: pulled.wasm.clone(),
    })
}

fn refused(one: &Published, why: &impl std::fmt::Display) -> LibraryError {
    LibraryError::Refused {
        digest: one.wasm_digest.to_string(),
        why: why.to_string(),
    }
}

fn unreachable(why: registry::client::ClientError) -> LibraryError {
    LibraryError::Unreachable {
        why: with_causes(&why),
    }
}

async fn blocking<V: Send + 'static>(
    work: impl FnOnce() -> Result<V, LibraryError> + Send + 'static,
) -> Result<V, LibraryError> {
    let ended = tokio::task::spawn_blocking(work).await;
    ended.unwrap_or_else(|why| {
        Err(LibraryError::Unreachable {
            why: why.to_string(),
        })
    })
}
