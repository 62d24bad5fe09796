//! The bytes of blobs, in a folder, each under its digest; and uploads that are on their way to be one.
//!
//! Invariant: a file under `blobs/` has the digest that it is named by and was on disk before it got that name; no
//! text that a client sent is ever part of a path, only digests that were parsed and ids that were made here.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub(crate) use crate::blobs::upload::Upload;

use crate::catalogue::{Catalogue, CatalogueError, content};
use crate::digest::{Algorithm, Digest, Hashing};
use crate::kind::Kind;
use crate::limits::{BLOB_BYTES_MAX, OPEN_UPLOADS_MAX, OPEN_UPLOADS_OF_ONE_MAX, UPLOAD_IDLE_S};
use crate::name::{Place, Repository};

mod upload;

/// The folder of blobs and the uploads that are open.
pub(crate) struct Blobs {
    folder: PathBuf,
    catalogue: Catalogue,
    open: Mutex<HashMap<String, Entry>>,
    /// Read by whoever gives a file its name and notes it, written by whoever removes files nobody holds.
    placing: tokio::sync::RwLock<()>,
}

/// An upload that one request at a time may write to.
pub(crate) type OpenUpload = tokio::sync::OwnedMutexGuard<Upload>;

struct Entry {
    repository: Repository,
    supplier: String,
    touched: Instant,
    upload: Arc<tokio::sync::Mutex<Upload>>,
}

/// Why bytes were not taken or given.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// No upload of that id by this supplier in this repository.
    #[error(
        "there is no such upload: it was finished, cancelled, left idle, or the registry was restarted"
    )]
    UnknownUpload,
    /// Two requests write to one upload.
    #[error("another request is writing to this upload")]
    InUse,
    /// Too many uploads are open.
    #[error("{most} uploads are open{whose}: finish or cancel one")]
    TooManyUploads {
        /// The bound.
        most: usize,
        /// Over all, or by this publisher.
        whose: &'static str,
    },
    /// More bytes than a blob may have.
    #[error("a blob has at most {BLOB_BYTES_MAX} bytes")]
    TooLarge,
    /// The bytes are not those that the digest names.
    #[error("the bytes have the digest {found}, not {asked}")]
    OtherDigest {
        /// As the client gave it.
        asked: Digest,
        /// As computed.
        found: Digest,
    },
    /// The catalogue refused or failed.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// The disk failed.
    #[error("the disk failed while {doing}")]
    Disk {
        /// What was being done.
        doing: &'static str,
        /// The cause.
        source: io::Error,
    },
}

impl BlobError {
    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::UnknownUpload => Kind::NotFound,
            Self::InUse | Self::TooManyUploads { .. } => Kind::Busy,
            Self::TooLarge | Self::OtherDigest { .. } => Kind::Incorrect,
            Self::Catalogue(source) => source.kind(),
            Self::Disk { .. } => Kind::Fault,
        }
    }
}

trait Doing<T> {
    fn doing(self, doing: &'static str) -> Result<T, BlobError>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, doing: &'static str) -> Result<T, BlobError> {
        self.map_err(|source| BlobError::Disk { doing, source })
    }
}

impl Blobs {
    /// Opens or makes the folders, and throws away what a stop left half done: uploads, which are not resumed over a
    /// restart, and files that got their name but were never noted.
    pub(crate) async fn open(folder: &Path, catalogue: Catalogue) -> Result<Self, BlobError> {
        let uploads = folder.join("uploads");
        if uploads.exists() {
            fs::remove_dir_all(&uploads).doing("clearing unfinished uploads")?;
        }
        fs::create_dir_all(&uploads).doing("making the folder of uploads")?;
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            let kept = folder.join("blobs").join(algorithm.name());
            fs::create_dir_all(&kept).doing("making the folder of blobs")?;
            for file in fs::read_dir(&kept).doing("looking through the blobs")? {
                let file = file.doing("looking through the blobs")?;
                let digest = format!(
                    "{}:{}",
                    algorithm.name(),
                    file.file_name().to_string_lossy()
                );
                if !catalogue
                    .read(move |db| content::blob_is_held(db, &digest))
                    .await?
                {
                    fs::remove_file(file.path()).doing("removing a blob that nobody holds")?;
                }
            }
        }
        let (open, placing) = (Mutex::default(), tokio::sync::RwLock::new(()));
        Ok(Self {
            folder: folder.to_owned(),
            catalogue,
            open,
            placing,
        })
    }

    /// Where a blob's bytes are.
    pub(crate) fn path(&self, digest: &Digest) -> PathBuf {
        self.folder
            .join("blobs")
            .join(digest.algorithm().name())
            .join(digest.hex())
    }

    /// Begins an upload. Answers its id.
    pub(crate) async fn begin(
        &self,
        repository: &Repository,
        supplier: &str,
    ) -> Result<String, BlobError> {
        let mut id = [0; 16];
        getrandom::fill(&mut id)
            .map_err(io::Error::other)
            .doing("choosing an upload's id")?;
        let id = hex::encode(id);
        let path = self.folder.join("uploads").join(&id);
        self.room(supplier)?;
        let upload = Upload::begin(id.clone(), path).await?;
        let mut open = self.lock();
        count_room(&open, supplier)?;
        open.insert(
            id.clone(),
            Entry {
                repository: repository.clone(),
                supplier: supplier.to_owned(),
                touched: Instant::now(),
                upload: Arc::new(tokio::sync::Mutex::new(upload)),
            },
        );
        Ok(id)
    }

    /// Takes an upload in hand for one request.
    pub(crate) fn resume(
        &self,
        id: &str,
        repository: &Repository,
        supplier: &str,
    ) -> Result<OpenUpload, BlobError> {
        let mut open = self.lock();
        let entry = open
            .get_mut(id)
            .filter(|it| it.repository == *repository && it.supplier == supplier)
            .ok_or(BlobError::UnknownUpload)?;
        entry.touched = Instant::now();
        Arc::clone(&entry.upload)
            .try_lock_owned()
            .map_err(|_| BlobError::InUse)
    }

    /// Forgets an upload; its file goes with it.
    pub(crate) fn cancel(&self, upload: &OpenUpload) {
        self.lock().remove(&upload.id);
    }

    /// Makes an upload a blob of the repository, if its bytes have the digest.
    pub(crate) async fn finish(
        &self,
        mut upload: OpenUpload,
        repository: &Repository,
        place: Place,
        asked: &Digest,
    ) -> Result<(), BlobError> {
        self.cancel(&upload);
        upload.settle().await?;
        let (path, bytes) = (upload.path.clone(), upload.bytes);
        let algorithm = asked.algorithm();
        let found = tokio::task::spawn_blocking(move || hash_and_sync(&path, algorithm)).await;
        let found = found
            .map_err(io::Error::other)
            .doing("reading an upload")?
            .doing("reading an upload")?;
        if found != *asked {
            return Err(BlobError::OtherDigest {
                asked: asked.clone(),
                found,
            });
        }
        let _placing = self.placing.read().await;
        let path = self.path(asked);
        tokio::fs::rename(&upload.path, &path)
            .await
            .doing("placing a blob")?;
        let parent = path.parent().map(Path::to_owned).unwrap_or_default();
        let synced = tokio::task::spawn_blocking(move || fs::File::open(parent)?.sync_all()).await;
        synced
            .map_err(io::Error::other)
            .doing("placing a blob")?
            .doing("placing a blob")?;
        let (repository, digest) = (repository.clone(), asked.clone());
        let noted = self
            .catalogue
            .write(move |db| content::add_blob(db, &repository, place, &digest, bytes));
        Ok(noted.await?)
    }

    /// Lets a repository hold a blob that another one holds. False when that does not.
    pub(crate) async fn mount(
        &self,
        digest: &Digest,
        from: &Repository,
        to: &Repository,
        place: Place,
    ) -> Result<bool, BlobError> {
        let (digest, from, to) = (digest.clone(), from.clone(), to.clone());
        let mounted =
            self.catalogue
                .write(move |db| match content::blob_bytes(db, &from, &digest)? {
                    Some(bytes) => content::add_blob(db, &to, place, &digest, bytes).map(|()| true),
                    None => Ok(false),
                });
        Ok(mounted.await?)
    }

    /// Takes a blob from a repository, and its bytes from the disk when no other holds it. False when it was not there.
    pub(crate) async fn remove(
        &self,
        repository: &Repository,
        digest: &Digest,
    ) -> Result<bool, BlobError> {
        let _placing = self.placing.write().await;
        let (from, named) = (repository.clone(), digest.clone());
        let (removed, held) = self
            .catalogue
            .write(move |db| {
                let removed = content::remove_blob(db, &from, &named)?;
                Ok((removed, content::blob_is_held(db, &named.to_string())?))
            })
            .await?;
        if removed && !held {
            tokio::fs::remove_file(self.path(digest))
                .await
                .doing("removing a blob")?;
        }
        Ok(removed)
    }

    /// Reads a blob whole, to look into it. `TooLarge` beyond `most` bytes.
    pub(crate) fn read(&self, digest: &Digest, most: u64) -> Result<Vec<u8>, BlobError> {
        let file = fs::File::open(self.path(digest)).doing("reading a blob")?;
        let mut bytes = Vec::new();
        file.take(most + 1)
            .read_to_end(&mut bytes)
            .doing("reading a blob")?;
        if bytes.len() as u64 > most {
            return Err(BlobError::TooLarge);
        }
        let found = Digest::of(digest.algorithm(), &bytes);
        if found == *digest {
            Ok(bytes)
        } else {
            Err(BlobError::OtherDigest {
                asked: digest.clone(),
                found,
            })
        }
    }

    /// Drops uploads that nobody touched for long when the bound is near, then checks it.
    fn room(&self, supplier: &str) -> Result<(), BlobError> {
        let mut open = self.lock();
        if count_room(&open, supplier).is_err() {
            open.retain(|_, entry| {
                entry.touched.elapsed() < Duration::from_secs(UPLOAD_IDLE_S)
                    || entry.upload.try_lock().is_err()
            });
        }
        count_room(&open, supplier)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        // Every change to the table is one call, so a panic elsewhere leaves it whole.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn count_room(open: &HashMap<String, Entry>, supplier: &str) -> Result<(), BlobError> {
    if open.len() >= OPEN_UPLOADS_MAX {
        return Err(BlobError::TooManyUploads {
            most: OPEN_UPLOADS_MAX,
            whose: "",
        });
    }
    let own = open
        .values()
        .filter(|entry| entry.supplier == supplier)
        .count();
    if own >= OPEN_UPLOADS_OF_ONE_MAX {
        return Err(BlobError::TooManyUploads {
            most: OPEN_UPLOADS_OF_ONE_MAX,
            whose: " by this publisher",
        });
    }
    Ok(())
}

fn hash_and_sync(path: &Path, algorithm: Algorithm) -> io::Result<Digest> {
    let mut file = fs::File::open(path)?;
    file.sync_all()?;
    let mut hashing = Hashing::new(algorithm);
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hashing.finish()),
            n => hashing.update(&buffer[..n]),
        }
    }
}
