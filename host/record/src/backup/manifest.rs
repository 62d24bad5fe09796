//! What a backup's folder says of itself.
//!
//! Invariant: it is written last, after the files it names are on disk with the digests it names.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{BackupError, PARTIAL, file, moment};
use crate::store::{Place, backup as stored};

const NAME: &str = "manifest.json";
/// What is read at once to be digested, in bytes.
const PIECE_BYTES: usize = 1 << 20;
/// A manifest is a few hundred bytes.
const MANIFEST_BYTES_MAX: u64 = 1 << 20;

/// What a backup is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The form of this file.
    pub format: u32,
    /// `sqlite` or `postgres`.
    pub database: String,
    /// The last commit it holds.
    pub t: i64,
    /// When that commit was made, in milliseconds since 1970; 0 without commits.
    pub at_ms: i64,
    /// When the backup was begun, in milliseconds since 1970: every commit before is in it.
    pub taken_at_ms: i64,
    /// The same for people.
    pub taken_at: String,
    /// The version of the program that made it.
    pub program: String,
    /// SHA-256 of each migration that the database had run, in order, in hexadecimal.
    pub schema: Vec<String>,
    /// The file with everything in it.
    pub file: FileEntry,
}

/// A file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Its name in the folder.
    pub name: String,
    /// How long it is.
    pub bytes: u64,
    /// SHA-256 of it, in hexadecimal.
    pub sha256: String,
}

impl Manifest {
    pub(super) fn of(
        place: &Place,
        folder: &Path,
        name: &str,
        (t, at_ms): (i64, i64),
        taken_at_ms: i64,
    ) -> Result<Self, BackupError> {
        let path = folder.join(name);
        let opened = File::open(&path).map_err(file("reading", &path))?;
        opened.sync_all().map_err(file("syncing", &path))?;
        let (bytes, sha256) = digest(&path)?;
        Ok(Self {
            format: 1,
            database: database(place).to_owned(),
            t,
            at_ms,
            taken_at_ms,
            taken_at: crate::clock::rfc3339(taken_at_ms),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            schema: stored::schema(place),
            file: FileEntry {
                name: name.to_owned(),
                bytes,
                sha256,
            },
        })
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), BackupError> {
        let path = folder.join(NAME);
        let text = serde_json::to_vec_pretty(self).map_err(|why| BackupError::Other {
            why: format!("its manifest cannot be written: {why}"),
        })?;
        let mut to = File::create(&path).map_err(file("creating", &path))?;
        to.write_all(&text).map_err(file("writing", &path))?;
        to.sync_all().map_err(file("syncing", &path))?;
        synced(folder)
    }

    /// Refuses a backup whose file is not the one that was written.
    pub(super) fn check(&self, folder: &Path) -> Result<PathBuf, BackupError> {
        let is_name = !self.file.name.contains(['/', '\\']) && !self.file.name.starts_with('.');
        let path = folder.join(if is_name { &self.file.name } else { NAME });
        let (bytes, sha256) = digest(&path)?;
        if !is_name || (bytes, &sha256) != (self.file.bytes, &self.file.sha256) {
            let why = format!(
                "has {bytes} bytes and the digest {sha256}, and its manifest says {} and {}",
                self.file.bytes, self.file.sha256
            );
            return Err(BackupError::Damaged { file: path, why });
        }
        Ok(path)
    }

    /// Refuses a backup of another kind of database, or of a program that knew more.
    pub(super) fn fits(&self, place: &Place) -> Result<(), BackupError> {
        if self.database != database(place) {
            let why = format!(
                "it is of a {} database: name one in PALATINE_STORE",
                self.database
            );
            return Err(BackupError::Other { why });
        }
        if self.format != 1 || !stored::schema(place).starts_with(&self.schema) {
            let why = format!(
                "it was made by Palatine {}, whose tables this program does not know: use that program",
                self.program
            );
            return Err(BackupError::Other { why });
        }
        Ok(())
    }

    /// What it is called in messages.
    pub(super) fn name(&self) -> String {
        format!("{}-t{}", moment(self.taken_at_ms), self.t)
    }
}

fn database(place: &Place) -> &'static str {
    match place {
        Place::Sqlite(_) => "sqlite",
        Place::Postgres(_) => "postgres",
    }
}

/// The backups in a folder: it is one itself, or holds several.
pub(super) fn all_in(folder: &Path) -> Result<Vec<(PathBuf, Manifest)>, BackupError> {
    if folder.join(NAME).is_file() {
        return Ok(vec![(folder.to_owned(), read(folder)?)]);
    }
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(file("reading", folder))? {
        let path = entry.map_err(file("reading", folder))?.path();
        let is_partial = path.to_string_lossy().ends_with(PARTIAL);
        if !is_partial && path.join(NAME).is_file() {
            let manifest = read(&path)?;
            all.push((path, manifest));
        }
    }
    Ok(all)
}

fn read(folder: &Path) -> Result<Manifest, BackupError> {
    let path = folder.join(NAME);
    let mut text = Vec::new();
    File::open(&path)
        .and_then(|from| from.take(MANIFEST_BYTES_MAX).read_to_end(&mut text))
        .map_err(file("reading", &path))?;
    serde_json::from_slice(&text).map_err(|why| BackupError::Damaged {
        file: path,
        why: format!("cannot be read: {why}"),
    })
}

/// Length and SHA-256 of a file.
fn digest(path: &Path) -> Result<(u64, String), BackupError> {
    let mut from = File::open(path).map_err(file("reading", path))?;
    let mut piece = vec![0; PIECE_BYTES];
    let (mut bytes, mut sum) = (0, Sha256::new());
    loop {
        let read = from.read(&mut piece).map_err(file("reading", path))?;
        if read == 0 {
            return Ok((bytes, hex::encode(sum.finalize())));
        }
        bytes += read as u64;
        sum.update(&piece[..read]);
    }
}

/// Brings a folder's list of files to disk.
pub(super) fn synced(folder: &Path) -> Result<(), BackupError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(file("syncing", folder))
}
