//! A database copied while it is served, and a place made ready to be filled from a copy.
//!
//! Invariant: a copy is of one moment; a place that is being filled is not used before it is whole.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::backup::BackupError;
use crate::store::{Place, StoreError, postgres, sqlite};
use crate::verify::Told;

/// A copy that was made.
pub(crate) struct Copied {
    /// Its file's name in the folder.
    pub(crate) file: String,
    /// The last commit in it.
    pub(crate) t: i64,
    /// When that was made, in milliseconds since 1970.
    pub(crate) at_ms: i64,
}

/// Copies a database into a folder.
pub(crate) async fn copy(
    place: &Place,
    folder: &Path,
    told: Told<'_>,
) -> Result<Copied, BackupError> {
    match place {
        Place::Sqlite(from) => sqlite::backup::copy(from, folder, told).await,
        Place::Postgres(url) => postgres::backup::copy(url, folder, told).await,
    }
}

/// The digests of the migrations that this program knows for such a database.
pub(crate) fn schema(place: &Place) -> Vec<String> {
    let migrations: &[&str] = match place {
        Place::Sqlite(_) => &sqlite::MIGRATIONS,
        Place::Postgres(_) => &postgres::MIGRATIONS,
    };
    let digest = |migration: &&str| hex::encode(Sha256::digest(migration.as_bytes()));
    migrations.iter().map(digest).collect()
}

/// A place that is being filled.
pub(crate) enum Staged {
    /// A folder beside the final file, and the lock on the folder of both.
    Sqlite(sqlite::backup::Beside),
    /// The database itself.
    Postgres(String, Place),
}

impl Staged {
    /// Makes a place ready; refuses one that holds a record unless it may be replaced.
    pub(crate) async fn begin(
        place: &Place,
        replace: bool,
        now_ms: i64,
    ) -> Result<Self, BackupError> {
        Ok(match place {
            Place::Sqlite(folder) => {
                Self::Sqlite(sqlite::backup::Beside::begin(folder, replace, now_ms)?)
            }
            Place::Postgres(url) => {
                postgres::backup::emptied(url, replace).await?;
                Self::Postgres(url.clone(), place.clone())
            }
        })
    }

    /// Where it is meanwhile.
    pub(crate) fn place(&self) -> &Place {
        match self {
            Self::Sqlite(beside) => beside.place(),
            Self::Postgres(_, place) => place,
        }
    }

    /// Fills it from a copy.
    pub(crate) async fn fill(&self, file: &Path) -> Result<(), BackupError> {
        match self {
            Self::Sqlite(beside) => {
                let (from, to): (PathBuf, PathBuf) = (file.to_owned(), beside.file());
                let copied = tokio::task::spawn_blocking(move || {
                    let copied = std::fs::copy(&from, &to);
                    copied.map_err(|source| BackupError::File {
                        doing: "copying to",
                        path: to,
                        source,
                    })
                });
                copied.await.map_err(|_| StoreError::Closed)??;
                Ok(())
            }
            Self::Postgres(url, _) => postgres::backup::fill(url, file).await,
        }
    }

    /// Puts it into use.
    pub(crate) fn end(self) -> Result<(), BackupError> {
        match self {
            Self::Sqlite(beside) => beside.end(),
            Self::Postgres(..) => Ok(()),
        }
    }
}
