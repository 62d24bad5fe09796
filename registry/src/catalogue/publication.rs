//! When a release counts as published.
//!
//! Invariant: a publication has a checked release, the tag of the signed version on it, and a verified signature over
//! its component; it does not matter which of the three came last.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::content::{NewManifest, tagged};
use super::{CatalogueError, Doing as _};
use crate::digest::Digest;
use crate::trust::Signed;

/// Called for every manifest that is kept: notes a signature, and publishes what has become complete.
pub(super) fn note(db: &Connection, id: i64, new: &NewManifest) -> Result<(), CatalogueError> {
    match (&new.signed, &new.subject) {
        (Some(signed), Some(subject)) => {
            agrees(db, id, subject, signed)?;
            keep(db, id, subject, signed)?;
            publish(db, id, new, subject)
        }
        (Some(_) | None, _) if new.wasm.is_some() => publish(db, id, new, &new.digest),
        (Some(_) | None, _) => Ok(()),
    }
}

/// Refuses a signature that contradicts the release it is attached to, as far as that is there.
fn agrees(
    db: &Connection,
    id: i64,
    manifest: &Digest,
    signed: &Signed,
) -> Result<(), CatalogueError> {
    let differs = |what, signed: String, found: String| CatalogueError::SignedOther {
        manifest: manifest.clone(),
        what,
        signed,
        found,
    };
    let kept: Option<Option<String>> = db
        .prepare_cached("SELECT wasm FROM manifest WHERE repository = ?1 AND digest = ?2")
        .and_then(|mut it| {
            it.query_row(params![id, manifest.to_string()], |row| row.get(0))
                .optional()
        })
        .doing("looking up a release")?;
    let wasm = signed.release.wasm.to_string();
    match kept {
        None => {}
        Some(Some(kept)) if kept == wasm => {}
        Some(kept) => {
            return Err(differs(
                "component",
                wasm,
                kept.unwrap_or_else(|| "not a release".to_owned()),
            ));
        }
    }
    let version = signed.release.version.to_string();
    match tagged(db, id, &version)? {
        Some(other) if other != manifest.to_string() => Err(differs(
            "version",
            version,
            format!("another manifest's, {other}"),
        )),
        Some(_) | None => Ok(()),
    }
}

fn keep(
    db: &Connection,
    id: i64,
    manifest: &Digest,
    signed: &Signed,
) -> Result<(), CatalogueError> {
    db.prepare_cached(
        "INSERT OR IGNORE INTO signature (repository, manifest, version, wasm, supplier, key_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )
    .and_then(|mut it| {
        it.execute(params![
            id,
            manifest.to_string(),
            signed.release.version.to_string(),
            signed.release.wasm.to_string(),
            signed.supplier,
            signed.key_id,
        ])
    })
    .map(|_| ())
    .doing("keeping a signature")
}

/// Publishes the manifest under each version that is tagged on it and signed for its component.
fn publish(
    db: &Connection,
    id: i64,
    new: &NewManifest,
    manifest: &Digest,
) -> Result<(), CatalogueError> {
    db.prepare_cached(
        "INSERT OR IGNORE INTO publication (repository, version, manifest, wasm, supplier, key_id, pushed_at)
         SELECT s.repository, s.version, s.manifest, s.wasm, s.supplier, s.key_id, ?3
         FROM signature s
         JOIN manifest m ON m.repository = s.repository AND m.digest = s.manifest AND m.wasm = s.wasm
         JOIN tag t ON t.repository = s.repository AND t.name = s.version AND t.digest = s.manifest
         WHERE s.repository = ?1 AND s.manifest = ?2
         ORDER BY s.version, s.key_id",
    )
    .and_then(|mut it| it.execute(params![id, manifest.to_string(), new.now]))
    .map(|_| ())
    .doing("publishing a release")
}
