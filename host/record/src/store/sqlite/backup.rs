//! SQLite copied while it is written to, and put back beside the place where it is used.
//!
//! Invariant: the copy is of one moment, since it is read in one transaction; a file takes its final name only when whole.

use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, TransactionBehavior, params};
use tokio::sync::mpsc;

use super::connection::Use;
use super::scan::{FILE, reading};
use super::{failed, locked, read, write};
use crate::backup::BackupError;
use crate::store::backup::Copied;
use crate::store::cut::{self, Cut};
use crate::store::row::Head;
use crate::store::{Place, StoreError};
use crate::verify::{Progress, Told};

/// Pages copied between two reports: 4 MB.
const PAGES: i32 = 1_024;
/// Where a record is put back before it is used, in its final folder.
const STAGED: &str = "restoring";

/// Copies the database of a folder into another.
pub(crate) async fn copy(
    from: &Path,
    folder: &Path,
    told: Told<'_>,
) -> Result<Copied, BackupError> {
    let (from, to) = (from.join(FILE), folder.join(FILE));
    if !from.is_file() {
        let place = from.display().to_string();
        let why = "there is no record to copy".to_owned();
        return Err(StoreError::Open { place, why }.into());
    }
    let (said, mut say) = mpsc::channel(1);
    let copy = tokio::task::spawn_blocking(move || copied(&from, &to, &said));
    while let Some(progress) = say.recv().await {
        told(progress);
    }
    let copied = copy.await.map_err(|_| StoreError::Closed)?;
    let head = copied.map_err(|error| failed("copying the database", error))?;
    Ok(Copied {
        file: FILE.to_owned(),
        t: head.t,
        at_ms: head.at_ms,
    })
}

fn copied(from: &Path, to: &Path, said: &mpsc::Sender<Progress>) -> rusqlite::Result<Head> {
    let from = reading(from)?;
    // While this transaction lasts, the pages are those of one moment, whatever is written meanwhile.
    from.execute_batch("BEGIN")?;
    let head = read::head(&from)?;
    let mut to = Connection::open(to)?;
    {
        let backup = Backup::new(&from, &mut to)?;
        loop {
            match backup.step(PAGES)? {
                StepResult::Done => break,
                StepResult::More => {
                    let it = backup.progress();
                    let count = |pages: i32| u64::try_from(pages).unwrap_or(0);
                    let progress = Progress {
                        step: "pages",
                        done: count(it.pagecount - it.remaining),
                        of: Some(count(it.pagecount)),
                    };
                    // Whoever has not read the last report yet does without this one.
                    let _ = said.try_send(progress);
                }
                // The copy is nobody else's; whatever holds the file lets it go.
                StepResult::Busy | StepResult::Locked | _ => std::thread::yield_now(),
            }
        }
    }
    from.execute_batch("COMMIT")?;
    // One file, with nothing beside it that could be forgotten.
    to.pragma_update(None, "journal_mode", "DELETE")?;
    Ok(head)
}

/// A record that is put back beside the place where it will be used.
pub(crate) struct Beside {
    folder: PathBuf,
    staged: Place,
    staged_folder: PathBuf,
    now_ms: i64,
    /// Keeps hosts away until the end.
    _lock: File,
}

impl Beside {
    pub(crate) fn begin(folder: &Path, replace: bool, now_ms: i64) -> Result<Self, BackupError> {
        let used = |doing, path: &Path| {
            let path = path.to_owned();
            move |source| BackupError::File {
                doing,
                path,
                source,
            }
        };
        std::fs::create_dir_all(folder).map_err(used("creating", folder))?;
        let lock = locked(folder)?;
        if folder.join(FILE).exists() && !replace {
            let place = folder.display().to_string();
            return Err(BackupError::NotEmpty { place });
        }
        let staged = folder.join(STAGED);
        if staged.exists() {
            // What an earlier attempt left is not whole.
            std::fs::remove_dir_all(&staged).map_err(used("removing", &staged))?;
        }
        std::fs::create_dir(&staged).map_err(used("creating", &staged))?;
        Ok(Self {
            folder: folder.to_owned(),
            staged: Place::Sqlite(staged.clone()),
            staged_folder: staged,
            now_ms,
            _lock: lock,
        })
    }

    pub(crate) fn place(&self) -> &Place {
        &self.staged
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.staged_folder.join(FILE)
    }

    /// Gives the file its final name; what had that name is kept under another.
    pub(crate) fn end(self) -> Result<(), BackupError> {
        let step = |doing, path: &Path, done: std::io::Result<()>| {
            done.map_err(|source| BackupError::File {
                doing,
                path: path.to_owned(),
                source,
            })
        };
        let (from, to) = (self.file(), self.folder.join(FILE));
        step(
            "syncing",
            &from,
            File::open(&from).and_then(|file| file.sync_all()),
        )?;
        if to.exists() {
            let suffix = format!("replaced-{}", self.now_ms);
            for name in [
                FILE.to_owned(),
                format!("{FILE}-wal"),
                format!("{FILE}-shm"),
            ] {
                let old = self.folder.join(&name);
                if old.exists() {
                    let aside = self.folder.join(format!("{name}.{suffix}"));
                    step("keeping", &old, std::fs::rename(&old, &aside))?;
                }
            }
        }
        step("naming", &to, std::fs::rename(&from, &to))?;
        step(
            "removing",
            &self.staged_folder,
            std::fs::remove_dir_all(&self.staged_folder),
        )?;
        let folder = File::open(&self.folder).and_then(|folder| folder.sync_all());
        step("syncing", &self.folder, folder)
    }
}

/// Cuts the log of a record that nobody has open.
pub(crate) fn cut(folder: &Path, cut: &Cut) -> Result<(), StoreError> {
    let doing = "cutting the log";
    let _lock = locked(folder)?;
    let mut connection = super::connection::open(&folder.join(FILE), Use::Writes)?;
    let mut all = || -> rusqlite::Result<()> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for sql in cut::statements(cut) {
            transaction.execute(&sql, [])?;
        }
        for (name, stood) in &cut.cursors {
            match stood {
                Some(t) => transaction.execute(
                    "UPDATE place_in_log SET t = ?2 WHERE name = ?1",
                    params![name, t],
                )?,
                None => transaction.execute("DELETE FROM place_in_log WHERE name = ?1", [name])?,
            };
        }
        let left = read::group_with(&transaction, cut.to.leaf)?;
        transaction.execute("DELETE FROM leaf WHERE n > ?1", [cut.to.leaf])?;
        write::leaves(&transaction, &left)?;
        transaction.commit()?;
        connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
    };
    all().map_err(|error| failed(doing, error))
}
