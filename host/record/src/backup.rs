//! Backups: a copy of the record as of one commit, made while it is served, and put back as of any commit it holds.
//!
//! Invariant: a backup is complete or it is not there, and what is put back passes `verify` before it is used.

mod manifest;
mod restore;

use std::path::{Path, PathBuf};

pub use self::manifest::Manifest;
pub use self::restore::{Restored, Wanted, restore};
use crate::clock::{Clock, rfc3339};
use crate::log::T;
use crate::store::backup::{self as stored, Copied};
use crate::store::{Place, StoreError};
use crate::verify::{Finding, Told};
use crate::{Kind, ReadError};

/// What a folder's name ends with while its backup is being made.
const PARTIAL: &str = ".partial";

/// A backup that was made.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Its folder.
    pub folder: PathBuf,
    /// What is in it.
    pub manifest: Manifest,
    /// Older backups that were removed.
    pub removed: Vec<PathBuf>,
}

/// Why a backup was not made or not put back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file or folder could not be used.
    #[error("{doing} {}", path.display())]
    File {
        /// What was being done.
        doing: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// There is no backup that goes so far.
    #[error("{}: {why}", folder.display())]
    NoBackup {
        /// Where it was looked for.
        folder: PathBuf,
        /// What is missing and what to do.
        why: String,
    },
    /// A file of the backup is not what was written.
    #[error("the backup is damaged: {} {why}; take another one", file.display())]
    Damaged {
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The backup is not for this database or this program.
    #[error("this backup cannot be put back here: {why}")]
    Other {
        /// Why not and what to do.
        why: String,
    },
    /// There is a record already.
    #[error("there is a record at {place} already: restore to an empty place, or say --replace")]
    NotEmpty {
        /// Where, without passwords.
        place: String,
    },
    /// What was put back is not whole.
    #[error("what was put back is not whole, and is not used: {}, at {}", .first.what, .first.at)]
    NotWhole {
        /// The first finding.
        first: Box<Finding>,
        /// How many there are.
        findings: usize,
    },
    /// One of the database's own programs did not do its part.
    #[error("{program} failed: {words}")]
    Program {
        /// Which.
        program: &'static str,
        /// Its own words.
        words: String,
    },
    /// The moment is not in the record.
    #[error("the moment to restore to is not in the backup")]
    Moment {
        /// Why not.
        #[from]
        source: ReadError,
    },
    /// The database did not do it.
    #[error("the database did not do its part")]
    Store {
        /// Why.
        #[from]
        source: StoreError,
    },
}

impl BackupError {
    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::NoBackup { .. } => Kind::NotFound,
            Self::Other { .. } | Self::NotEmpty { .. } => Kind::Refused,
            Self::File { .. } | Self::Damaged { .. } | Self::NotWhole { .. } => Kind::Fault,
            Self::Program { .. } => Kind::Fault,
            Self::Moment { source } => source.kind(),
            Self::Store { source } => source.kind(),
        }
    }
}

/// Adds a backup to a folder of backups, while a host may serve the record; keeps the newest `keep` when that is said.
///
/// # Errors
/// Every variant of [`BackupError`] says what to do about it; an unfinished backup is never left under its final name.
pub async fn backup(
    place: &Place,
    folder: &Path,
    keep: Option<usize>,
    clock: &dyn Clock,
    told: Told<'_>,
) -> Result<Taken, BackupError> {
    let taken_at_ms = clock.now_ms();
    std::fs::create_dir_all(folder).map_err(file("creating", folder))?;
    let partial = folder.join(format!("{}{PARTIAL}", moment(taken_at_ms)));
    std::fs::create_dir(&partial).map_err(file("creating", &partial))?;
    let made = made(place, &partial, taken_at_ms, told).await;
    let manifest = match made {
        Ok(manifest) => manifest,
        Err(error) => {
            // What is left is a folder that no restore looks at.
            drop(std::fs::remove_dir_all(&partial));
            return Err(error);
        }
    };
    let name = format!("{}-t{}", moment(taken_at_ms), manifest.t);
    let whole = folder.join(name);
    std::fs::rename(&partial, &whole).map_err(file("naming", &whole))?;
    manifest::synced(folder)?;
    let removed = match keep {
        Some(keep) => thinned(folder, keep.max(1))?,
        None => Vec::new(),
    };
    Ok(Taken {
        folder: whole,
        manifest,
        removed,
    })
}

async fn made(
    place: &Place,
    folder: &Path,
    taken_at_ms: i64,
    told: Told<'_>,
) -> Result<Manifest, BackupError> {
    let Copied { file, t, at_ms } = stored::copy(place, folder, told).await?;
    let manifest = Manifest::of(place, folder, &file, (t, at_ms), taken_at_ms)?;
    manifest.write(folder)?;
    Ok(manifest)
}

/// Removes all but the newest backups.
fn thinned(folder: &Path, keep: usize) -> Result<Vec<PathBuf>, BackupError> {
    let mut all = manifest::all_in(folder)?;
    all.sort_by_key(|(_, manifest)| std::cmp::Reverse(manifest.taken_at_ms));
    let old: Vec<PathBuf> = all.into_iter().skip(keep).map(|(path, _)| path).collect();
    for path in &old {
        std::fs::remove_dir_all(path).map_err(file("removing", path))?;
    }
    Ok(old)
}

/// A moment as part of a file's name, in order when sorted.
fn moment(at_ms: i64) -> String {
    rfc3339(at_ms).replace(':', "-")
}

fn file(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| BackupError::File {
        doing,
        path,
        source,
    }
}

fn number(t: i64) -> T {
    T(u64::try_from(t).unwrap_or(0))
}
