//! One upload: a file that grows by whole requests.
//!
//! Invariant: only the bytes of requests that arrived whole are certain; the rest is cut off before the next is taken.

use std::fs;
use std::io;
use std::path::PathBuf;

use tokio::io::{AsyncSeekExt as _, AsyncWriteExt as _};

use super::{BlobError, Doing as _};
use crate::limits::BLOB_BYTES_MAX;

/// Bytes on their way to be a blob. Its file goes when it does, unless it became one.
pub(crate) struct Upload {
    pub(super) id: String,
    pub(super) path: PathBuf,
    file: tokio::fs::File,
    pub(super) bytes: u64,
}

impl Upload {
    /// An upload with no bytes, in a new file.
    pub(super) async fn begin(id: String, path: PathBuf) -> Result<Self, BlobError> {
        let file = tokio::fs::File::options()
            .write(true)
            .create_new(true)
            .open(&path)
            .await;
        Ok(Self {
            id,
            path,
            file: file.doing("beginning an upload")?,
            bytes: 0,
        })
    }

    /// How many bytes are certain.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Cuts off what a request that broke off had written after the bytes that are certain.
    pub(crate) async fn settle(&mut self) -> Result<(), BlobError> {
        self.file.flush().await.doing("writing an upload")?;
        self.file
            .set_len(self.bytes)
            .await
            .doing("writing an upload")?;
        self.file
            .seek(io::SeekFrom::Start(self.bytes))
            .await
            .doing("writing an upload")?;
        Ok(())
    }

    /// Writes after `written` bytes of this request, which are not certain until `keep`.
    pub(crate) async fn append(&mut self, chunk: &[u8], written: u64) -> Result<u64, BlobError> {
        let written = written + chunk.len() as u64;
        if self.bytes + written > BLOB_BYTES_MAX {
            return Err(BlobError::TooLarge);
        }
        self.file
            .write_all(chunk)
            .await
            .doing("writing an upload")?;
        Ok(written)
    }

    /// Makes what this request wrote certain.
    pub(crate) async fn keep(&mut self, written: u64) -> Result<(), BlobError> {
        self.file.flush().await.doing("writing an upload")?;
        self.bytes += written;
        Ok(())
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        // Gone already when it became a blob; otherwise the next start clears what cannot be removed now.
        drop(fs::remove_file(&self.path));
    }
}
