//! Room on the disk that is taken beforehand, so that reads can still be noted down when the disk is full.
//!
//! Invariant: the file's bytes are really allocated, so giving a part of it back makes room for as much.

use std::fs::{File, OpenOptions};
use std::io::Result;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;

use super::Sqlite;
use crate::limits::{RESERVE_BYTES, RESERVE_PARTS};
use crate::store::{Reply, StoreError};

/// The file that takes room.
pub(super) struct Reserve(File);

impl Reserve {
    /// The reserve of a folder, made whole if the disk has room for that.
    pub(super) fn open(folder: &Path) -> Result<Self> {
        let mut options = OpenOptions::new();
        let file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(folder.join("reserve"))?;
        let reserve = Self(file);
        if !reserve.restore()? {
            tracing::warn!("the disk has no room for the reserve of the audit");
        }
        Ok(reserve)
    }

    /// Gives a part back to the disk; false when nothing is left.
    pub(super) fn spend(&self) -> Result<bool> {
        let bytes = self.0.metadata()?.len();
        if bytes == 0 {
            return Ok(false);
        }
        self.0
            .set_len(bytes.saturating_sub(RESERVE_BYTES / RESERVE_PARTS))?;
        Ok(true)
    }

    /// Takes the whole room again; false when the disk does not have it.
    pub(super) fn restore(&self) -> Result<bool> {
        let bytes = self.0.metadata()?.len();
        if bytes >= RESERVE_BYTES {
            return Ok(true);
        }
        match fallocate(&self.0, FallocateFlags::empty(), 0, RESERVE_BYTES) {
            Ok(()) => Ok(true),
            Err(Errno::NOSPC | Errno::DQUOT) => {
                // What was allocated on the way is given back: it is worth more to the log.
                self.0.set_len(bytes)?;
                Ok(false)
            }
            Err(Errno::OPNOTSUPP) => self.written(),
            Err(error) => Err(error.into()),
        }
    }

    /// Where room cannot be asked for, it is taken by writing.
    fn written(&self) -> Result<bool> {
        use std::os::unix::fs::FileExt;
        const PIECE: usize = 1 << 16;
        let piece = [0x5a; PIECE];
        for at in (0..RESERVE_BYTES).step_by(PIECE) {
            match self.0.write_all_at(&piece, at) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::StorageFull => {
                    self.0.set_len(0)?;
                    return Ok(false);
                }
                Err(error) => return Err(error),
            }
        }
        self.0.sync_all()?;
        Ok(true)
    }
}

impl Sqlite {
    /// Looks after the reserve, away from the threads of the database.
    pub(super) fn of_reserve(&self, work: fn(&Reserve) -> Result<bool>) -> Reply<'_, bool> {
        let reserve = Arc::clone(&self.reserve);
        Box::pin(async move {
            let done = tokio::task::spawn_blocking(move || work(&reserve)).await;
            done.map_err(|_| StoreError::Closed)?
                .map_err(|error| StoreError::Failed {
                    doing: "looking after the reserve",
                    source: Box::new(error),
                })
        })
    }
}
