//! Repositories and what they hold: blobs, manifests and tags.
//!
//! Invariant: under `modules/` nothing that is there is ever replaced or removed, whatever order requests come in.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::repository::{bounded, find, find_or_make, full, namespace_of};
use super::{CatalogueError, Doing as _, publication};
use crate::digest::Digest;
use crate::limits::{MANIFESTS_MAX, NAMESPACE_BYTES_MAX, REFERRERS_MAX, TAGS_MAX};
use crate::name::{Place, Reference, Repository, Tag};
use crate::trust::Signed;

/// A manifest to keep, with what was read from it.
pub(crate) struct NewManifest {
    pub(crate) repository: Repository,
    pub(crate) place: Place,
    pub(crate) digest: Digest,
    pub(crate) tag: Option<Tag>,
    pub(crate) media_type: String,
    pub(crate) body: Vec<u8>,
    /// Blobs that must be there, with their sizes.
    pub(crate) blobs: Vec<(Digest, u64)>,
    /// Manifests that must be there.
    pub(crate) children: Vec<Digest>,
    pub(crate) subject: Option<Digest>,
    pub(crate) artifact_type: Option<String>,
    /// JSON.
    pub(crate) annotations: Option<String>,
    /// The component, when this is a release that was checked.
    pub(crate) wasm: Option<Digest>,
    /// What was verified, when this is a signature.
    pub(crate) signed: Option<Signed>,
    /// RFC 3339.
    pub(crate) now: String,
}

/// A manifest as it was pushed.
pub(crate) struct KeptManifest {
    pub(crate) digest: String,
    pub(crate) media_type: String,
    pub(crate) body: Vec<u8>,
}

/// Notes that a repository holds a blob whose bytes are in the folder.
pub(crate) fn add_blob(
    db: &Connection,
    repository: &Repository,
    place: Place,
    digest: &Digest,
    bytes: u64,
) -> Result<(), CatalogueError> {
    let id = find_or_make(db, repository, place)?;
    let added = db
        .prepare_cached(
            "INSERT OR IGNORE INTO blob (repository, digest, bytes) VALUES (?1, ?2, ?3)",
        )
        .and_then(|mut it| it.execute(params![id, digest.to_string(), bytes]))
        .doing("adding a blob")?;
    if added == 0 {
        return Ok(());
    }
    let total: u64 = db
        .prepare_cached("SELECT coalesce(sum(bytes), 0) FROM repository WHERE namespace = ?1")
        .and_then(|mut it| it.query_row([namespace_of(repository)], |row| row.get(0)))
        .doing("counting bytes")?;
    if total.saturating_add(bytes) > NAMESPACE_BYTES_MAX {
        return Err(full(
            repository,
            "bytes in its namespace",
            NAMESPACE_BYTES_MAX,
        ));
    }
    db.prepare_cached("UPDATE repository SET bytes = bytes + ?2 WHERE id = ?1")
        .and_then(|mut it| it.execute(params![id, bytes]))
        .map(|_| ())
        .doing("counting bytes")
}

/// The size of a blob that a repository holds.
pub(crate) fn blob_bytes(
    db: &Connection,
    repository: &Repository,
    digest: &Digest,
) -> Result<Option<u64>, CatalogueError> {
    db.prepare_cached(
        "SELECT blob.bytes FROM blob JOIN repository ON repository.id = blob.repository
         WHERE repository.name = ?1 AND digest = ?2",
    )
    .and_then(|mut it| {
        it.query_row(params![repository.as_str(), digest.to_string()], |row| {
            row.get(0)
        })
        .optional()
    })
    .doing("looking up a blob")
}

/// Takes a blob from a repository. True when it was there.
pub(crate) fn remove_blob(
    db: &Connection,
    repository: &Repository,
    digest: &Digest,
) -> Result<bool, CatalogueError> {
    let (Some(id), Some(bytes)) = (find(db, repository)?, blob_bytes(db, repository, digest)?)
    else {
        return Ok(false);
    };
    db.prepare_cached("DELETE FROM blob WHERE repository = ?1 AND digest = ?2")
        .and_then(|mut it| it.execute(params![id, digest.to_string()]))
        .doing("removing a blob")?;
    db.prepare_cached("UPDATE repository SET bytes = bytes - ?2 WHERE id = ?1")
        .and_then(|mut it| it.execute(params![id, bytes]))
        .map(|_| true)
        .doing("counting bytes")
}

/// Whether any repository holds the blob.
pub(crate) fn blob_is_held(db: &Connection, digest: &str) -> Result<bool, CatalogueError> {
    db.prepare_cached("SELECT EXISTS (SELECT 1 FROM blob WHERE digest = ?1)")
        .and_then(|mut it| it.query_row([digest], |row| row.get(0)))
        .doing("looking up a blob")
}

/// Keeps a manifest, its tag, and what it publishes.
pub(crate) fn add_manifest(db: &Connection, new: &NewManifest) -> Result<(), CatalogueError> {
    let id = find_or_make(db, &new.repository, new.place)?;
    for (digest, bytes) in &new.blobs {
        if blob_bytes(db, &new.repository, digest)? != Some(*bytes) {
            let (repository, digest) = (new.repository.clone(), digest.clone());
            return Err(CatalogueError::UnknownBlob {
                repository,
                digest,
                bytes: *bytes,
            });
        }
    }
    for digest in &new.children {
        if manifest_type(db, id, digest)?.is_none() {
            let (repository, digest) = (new.repository.clone(), digest.clone());
            return Err(CatalogueError::UnknownManifest { repository, digest });
        }
    }
    match manifest_type(db, id, &new.digest)? {
        None => insert(db, id, new)?,
        Some(media_type) if media_type == new.media_type => {}
        // The same bytes under another type would be read in another way.
        Some(_) => {
            return Err(CatalogueError::WriteOnce {
                repository: new.repository.clone(),
                what: format!("manifest {}", new.digest),
            });
        }
    }
    if let Some(tag) = &new.tag {
        set_tag(db, id, new, tag)?;
    }
    publication::note(db, id, new)
}

fn insert(db: &Connection, id: i64, new: &NewManifest) -> Result<(), CatalogueError> {
    let repository = &new.repository;
    bounded(
        db,
        "SELECT count(*) FROM manifest WHERE repository = ?1",
        params![id],
        u64::from(MANIFESTS_MAX),
    )?
    .or_full(repository, "manifests")?;
    if let Some(subject) = &new.subject {
        let count = "SELECT count(*) FROM manifest WHERE repository = ?1 AND subject = ?2";
        bounded(
            db,
            count,
            params![id, subject.to_string()],
            u64::from(REFERRERS_MAX),
        )?
        .or_full(repository, "referrers of one manifest")?;
    }
    let text = |digest: &Option<Digest>| digest.as_ref().map(Digest::to_string);
    db.prepare_cached(
        "INSERT INTO manifest (repository, digest, media_type, artifact_type, subject, annotations, wasm, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )
    .and_then(|mut it| {
        it.execute(params![
            id,
            new.digest.to_string(),
            new.media_type,
            new.artifact_type,
            text(&new.subject),
            new.annotations,
            text(&new.wasm),
            new.body,
        ])
    })
    .map(|_| ())
    .doing("keeping a manifest")
}

fn set_tag(db: &Connection, id: i64, new: &NewManifest, tag: &Tag) -> Result<(), CatalogueError> {
    let digest = new.digest.to_string();
    let current = tagged(db, id, tag.as_str())?;
    if current.as_deref() == Some(&digest) {
        return Ok(());
    }
    if current.is_some() && new.place == Place::Modules {
        let what = format!("tag {tag}");
        return Err(CatalogueError::WriteOnce {
            repository: new.repository.clone(),
            what,
        });
    }
    if current.is_none() {
        bounded(
            db,
            "SELECT count(*) FROM tag WHERE repository = ?1",
            params![id],
            u64::from(TAGS_MAX),
        )?
        .or_full(&new.repository, "tags")?;
    }
    db.prepare_cached("INSERT OR REPLACE INTO tag (repository, name, digest) VALUES (?1, ?2, ?3)")
        .and_then(|mut it| it.execute(params![id, tag.as_str(), digest]))
        .map(|_| ())
        .doing("setting a tag")
}

/// The digest that a tag names.
pub(super) fn tagged(
    db: &Connection,
    id: i64,
    tag: &str,
) -> Result<Option<String>, CatalogueError> {
    db.prepare_cached("SELECT digest FROM tag WHERE repository = ?1 AND name = ?2")
        .and_then(|mut it| it.query_row(params![id, tag], |row| row.get(0)).optional())
        .doing("looking up a tag")
}

fn manifest_type(
    db: &Connection,
    id: i64,
    digest: &Digest,
) -> Result<Option<String>, CatalogueError> {
    db.prepare_cached("SELECT media_type FROM manifest WHERE repository = ?1 AND digest = ?2")
        .and_then(|mut it| {
            it.query_row(params![id, digest.to_string()], |row| row.get(0))
                .optional()
        })
        .doing("looking up a manifest")
}

/// The manifest that a tag or digest names.
pub(crate) fn manifest(
    db: &Connection,
    repository: &Repository,
    reference: &Reference,
) -> Result<Option<KeptManifest>, CatalogueError> {
    let Some(id) = find(db, repository)? else {
        return Ok(None);
    };
    let digest = match reference {
        Reference::Digest(digest) => Some(digest.to_string()),
        Reference::Tag(tag) => tagged(db, id, tag.as_str())?,
    };
    let Some(digest) = digest else {
        return Ok(None);
    };
    db.prepare_cached("SELECT media_type, body FROM manifest WHERE repository = ?1 AND digest = ?2")
        .and_then(|mut it| {
            it.query_row(params![id, &digest], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()
        })
        .map(|found| {
            found.map(|(media_type, body)| KeptManifest {
                digest,
                media_type,
                body,
            })
        })
        .doing("reading a manifest")
}

/// Takes a tag, or a manifest with its tags, from a repository. True when it was there.
pub(crate) fn remove_manifest(
    db: &Connection,
    repository: &Repository,
    reference: &Reference,
) -> Result<bool, CatalogueError> {
    let Some(id) = find(db, repository)? else {
        return Ok(false);
    };
    let run = |sql: &str, name: &str| {
        db.prepare_cached(sql)
            .and_then(|mut it| it.execute(params![id, name]))
            .doing("removing a manifest")
    };
    match reference {
        Reference::Tag(tag) => run(
            "DELETE FROM tag WHERE repository = ?1 AND name = ?2",
            tag.as_str(),
        )
        .map(|gone| gone > 0),
        Reference::Digest(digest) => {
            run(
                "DELETE FROM tag WHERE repository = ?1 AND digest = ?2",
                &digest.to_string(),
            )?;
            let gone = run(
                "DELETE FROM manifest WHERE repository = ?1 AND digest = ?2",
                &digest.to_string(),
            )?;
            Ok(gone > 0)
        }
    }
}
