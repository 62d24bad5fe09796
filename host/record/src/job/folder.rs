//! The files of jobs: a folder for each, and in it the pieces that were finished, listed in the order of their finishing.
//!
//! Invariant: a file that the job's note does not count was not finished, and is removed before the job goes on.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

use super::codec::{State, Work};
use super::{FileOf, Held, JobError, JobFile, JobId, file};
use crate::{Record, limits};

/// The list of finished pieces.
const LIST: &str = "pieces";

/// A finished piece as the list has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Piece {
    pub(super) name: String,
    /// Its resources' type; empty: what was deleted.
    pub(super) of: String,
    pub(super) count: u64,
}

impl Record {
    /// A job's folder.
    pub(super) fn folder_of(&self, id: &JobId) -> Result<PathBuf, JobError> {
        let folder = self.jobs().folder.get().ok_or(JobError::NoFolder)?;
        Ok(folder.join(id.as_str()))
    }

    pub(super) async fn remove_files(&self, id: &JobId) -> Result<(), JobError> {
        match tokio::fs::remove_dir_all(self.folder_of(id)?).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(file("removing")(error))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Removes folders that belong to no job: what was being sent when its host was killed, a day ago or more.
    pub(super) async fn sweep(&self) -> Result<(), JobError> {
        let Some(folder) = self.jobs().folder.get() else {
            return Ok(());
        };
        tokio::fs::create_dir_all(folder)
            .await
            .map_err(file("making"))?;
        let mut entries = tokio::fs::read_dir(folder).await.map_err(file("reading"))?;
        while let Some(entry) = entries.next_entry().await.map_err(file("reading"))? {
            let Some(id) = entry.file_name().to_str().and_then(JobId::of) else {
                continue;
            };
            let changed = entry.metadata().await.and_then(|it| it.modified());
            let changed_ms = changed
                .ok()
                .and_then(|at| at.duration_since(UNIX_EPOCH).ok())
                .and_then(|since| i64::try_from(since.as_millis()).ok());
            let is_old =
                changed_ms.is_some_and(|at_ms| at_ms + limits::JOB_KEPT_MS < self.now_ms());
            if is_old && self.held_job(&id).await?.is_none() {
                self.remove_files(&id).await?;
            }
        }
        Ok(())
    }

    /// What a finished job's files are.
    pub(super) async fn files_of(&self, held: &Held) -> Result<Vec<JobFile>, JobError> {
        if held.kept.state != State::Done {
            return Ok(Vec::new());
        }
        match &held.kept.work {
            Work::Export(work) => {
                let pieces = listed(&self.folder_of(&held.id)?, work.listed_bytes).await?;
                let each = pieces.into_iter().map(|piece| JobFile {
                    of: match piece.of.as_str() {
                        "" => FileOf::Deleted,
                        _ => FileOf::Resources(piece.of),
                    },
                    name: piece.name,
                    count: piece.count,
                });
                Ok(each.collect())
            }
            Work::Import(work) => Ok(work.files()),
        }
    }
}

/// The finished pieces, as far as the job's note counts them.
pub(super) async fn listed(folder: &Path, bytes: u64) -> Result<Vec<Piece>, JobError> {
    if bytes == 0 {
        return Ok(Vec::new());
    }
    let from = tokio::fs::File::open(folder.join(LIST)).await;
    let mut text = String::new();
    from.map_err(file("reading"))?
        .take(bytes)
        .read_to_string(&mut text)
        .await
        .map_err(file("reading"))?;
    let pieces: Result<Vec<Piece>, _> = text.lines().map(serde_json::from_str).collect();
    pieces.map_err(|why| file("reading")(why.into()))
}

/// Adds a finished piece to the list; how long the list is now. It counts once the job's note says so.
pub(super) async fn list(folder: &Path, bytes: u64, piece: &Piece) -> Result<u64, JobError> {
    let mut line = serde_json::to_vec(piece).map_err(|why| file("writing")(why.into()))?;
    line.push(b'\n');
    let done = async {
        let mut to = appending(&folder.join(LIST), bytes).await?;
        to.write_all(&line).await?;
        to.sync_all().await
    };
    done.await.map_err(file("writing"))?;
    Ok(bytes + line.len() as u64)
}

/// A file that goes on where it was `bytes` long.
pub(super) async fn appending(path: &Path, bytes: u64) -> std::io::Result<tokio::fs::File> {
    let mut to = tokio::fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .await?;
    to.set_len(bytes).await?;
    to.seek(std::io::SeekFrom::End(0)).await?;
    Ok(to)
}

/// Makes a job's folder, or removes from it what was not finished.
pub(super) async fn tidied(folder: &Path, listed_bytes: u64) -> Result<(), JobError> {
    tokio::fs::create_dir_all(folder)
        .await
        .map_err(file("making"))?;
    let pieces = listed(folder, listed_bytes).await?;
    let finished: HashSet<&str> = pieces.iter().map(|piece| piece.name.as_str()).collect();
    let mut entries = tokio::fs::read_dir(folder).await.map_err(file("reading"))?;
    while let Some(entry) = entries.next_entry().await.map_err(file("reading"))? {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name != LIST && !finished.contains(name.as_ref()) {
            tokio::fs::remove_file(entry.path())
                .await
                .map_err(file("removing"))?;
        }
    }
    Ok(())
}

/// A piece that is being written.
pub(super) struct Writing {
    to: tokio::fs::File,
    pub(super) piece: Piece,
    bytes: u64,
}

impl Writing {
    pub(super) async fn begin(folder: &Path, name: String, of: String) -> Result<Self, JobError> {
        let to = tokio::fs::File::create_new(folder.join(&name)).await;
        Ok(Self {
            to: to.map_err(file("making"))?,
            piece: Piece { name, of, count: 0 },
            bytes: 0,
        })
    }

    /// Adds lines, each ended by a line feed.
    pub(super) async fn add(&mut self, lines: &str, count: u64) -> Result<(), JobError> {
        let written = self.to.write_all(lines.as_bytes()).await;
        written.map_err(file("writing"))?;
        self.piece.count += count;
        self.bytes += lines.len() as u64;
        Ok(())
    }

    pub(super) fn is_full(&self) -> bool {
        self.piece.count >= limits::EXPORT_PIECE_LINES || self.bytes >= limits::EXPORT_PIECE_BYTES
    }

    /// Brings it to disk.
    pub(super) async fn end(mut self) -> Result<Piece, JobError> {
        let done = async {
            self.to.flush().await?;
            self.to.sync_all().await
        };
        done.await.map_err(file("writing"))?;
        Ok(self.piece)
    }
}
