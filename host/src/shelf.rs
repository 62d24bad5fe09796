//! Releases that this host pulled before, so that it starts with the registry out of reach.
//!
//! Invariant: what is taken from the shelf is digested and verified again; a half-written folder is never seen.

use std::path::{Path, PathBuf};

use record::departmental::Digest;
use registry::client::{Published, Pulled};

/// A folder with one folder for each component's digest.
#[derive(Clone, Debug)]
pub(crate) struct Shelf {
    folder: PathBuf,
}

/// Why a release could not be put on the shelf or taken from it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ShelfError {
    /// It was never put there.
    #[error("it is not on the shelf")]
    NotThere,
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    /// A file's bytes are not those that were put there.
    #[error("{path} was changed: {what}")]
    Changed { path: PathBuf, what: String },
}

const SIGNATURES_MAX: usize = 16;

impl Shelf {
    pub(crate) fn new(kept: PathBuf) -> Self {
        Self {
            folder: kept.join("releases"),
        }
    }

    /// Writes a pulled release into a folder of its own, whole or not at all, in place of what is there.
    pub(crate) fn put(&self, one: &Published, pulled: &Pulled) -> Result<(), ShelfError> {
        let place = self.folder.join(hex(&pulled.wasm_digest.to_string()));
        // Left over when a host ended in the middle: written over.
        let half = place.with_extension("half");
        file(&half, std::fs::create_dir_all(&half))?;
        let published = serde_json::to_vec_pretty(one).map_err(|why| changed(&half, &why))?;
        write(&half.join("published.json"), &published)?;
        write(&half.join("manifest.json"), &pulled.manifest)?;
        write(&half.join("component.wasm"), &pulled.wasm)?;
        for (at, signature) in pulled.signatures.iter().take(SIGNATURES_MAX).enumerate() {
            write(&half.join(format!("signature-{at}.json")), signature)?;
        }
        if place.exists() {
            file(&place, std::fs::remove_dir_all(&place))?;
        }
        file(&place, std::fs::rename(&half, &place))
    }

    /// Every release on the shelf, as the registry listed it when it was pulled.
    pub(crate) fn all(&self) -> Result<Vec<Published>, ShelfError> {
        if !self.folder.exists() {
            return Ok(Vec::new());
        }
        let mut all = Vec::new();
        for place in file(&self.folder, std::fs::read_dir(&self.folder))? {
            let place = file(&self.folder, place)?.path();
            if place.extension().is_none() {
                all.push(published(&place)?);
            }
        }
        all.sort_by_key(|one: &Published| one.pushed_at);
        Ok(all)
    }

    /// A release as it was pulled, all digests computed again.
    pub(crate) fn get(&self, digest: &Digest) -> Result<(Published, Pulled), ShelfError> {
        let place = self.folder.join(hex(digest.as_str()));
        if !place.exists() {
            return Err(ShelfError::NotThere);
        }
        let one = published(&place)?;
        let (manifest, wasm) = (
            read(&place.join("manifest.json"))?,
            read(&place.join("component.wasm"))?,
        );
        if !one.manifest_digest.names(&manifest) {
            return Err(changed(
                &place.join("manifest.json"),
                &"its digest is another one",
            ));
        }
        if one.wasm_digest.to_string() != digest.as_str() || !one.wasm_digest.names(&wasm) {
            return Err(changed(
                &place.join("component.wasm"),
                &"its digest is another one",
            ));
        }
        let inspected = registry::component::admit(&wasm).map_err(|why| changed(&place, &why))?;
        let mut signatures = Vec::new();
        for at in 0..SIGNATURES_MAX {
            let path = place.join(format!("signature-{at}.json"));
            if !path.exists() {
                break;
            }
            signatures.push(read(&path)?);
        }
        let wasm_digest = one.wasm_digest.clone();
        Ok((
            one,
            Pulled {
                manifest,
                wasm,
                wasm_digest,
                inspected,
                signatures,
            },
        ))
    }
}

fn published(place: &Path) -> Result<Published, ShelfError> {
    let path = place.join("published.json");
    serde_json::from_slice(&read(&path)?).map_err(|why| changed(&path, &why))
}

fn changed(path: &Path, what: &impl std::fmt::Display) -> ShelfError {
    ShelfError::Changed {
        path: path.to_owned(),
        what: what.to_string(),
    }
}

fn hex(digest: &str) -> &str {
    digest.strip_prefix("sha256:").unwrap_or(digest)
}

fn read(path: &Path) -> Result<Vec<u8>, ShelfError> {
    file(path, std::fs::read(path))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), ShelfError> {
    file(path, std::fs::write(path, bytes))
}

fn file<V>(path: &Path, done: std::io::Result<V>) -> Result<V, ShelfError> {
    done.map_err(|source| ShelfError::File {
        path: path.to_owned(),
        source,
    })
}
