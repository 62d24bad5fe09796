//! Where whole histories come from: a folder of FHIR bundles, or the demonstration's invented people.
//!
//! Bundles that others refer to (hospitals, practitioners: file names that begin `0-`) come first.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde_json::Value;

use crate::demonstration;

/// A bundle larger than this (bytes, unpacked) is refused: a whole history is a few MB.
const BUNDLE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Where bundles come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A folder with `.json` and `.json.bz2` files, each one bundle.
    Folder(PathBuf),
    /// This many invented people.
    People {
        /// How many.
        count: usize,
        /// The day on which their histories end.
        today: Date,
    },
}

/// One bundle and what to call it.
#[derive(Debug)]
pub struct Sourced {
    /// The file's name, or the person's number.
    pub name: String,
    /// The bundle.
    pub value: Value,
}

/// Why bundles could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The folder or a file in it cannot be read.
    #[error("reading {path}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        #[source]
        /// Why.
        source: std::io::Error,
    },
    /// A file is not JSON.
    #[error("{path} is not JSON")]
    NotJson {
        /// Which.
        path: PathBuf,
        #[source]
        /// Where.
        source: serde_json::Error,
    },
    /// The folder holds no bundle.
    #[error("{0} holds no .json or .json.bz2 file")]
    Empty(PathBuf),
    /// A file unpacks to more than a bundle may hold.
    #[error("{0} unpacks to more than {BUNDLE_BYTES_MAX} bytes")]
    TooLarge(PathBuf),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "the bundles of {}", folder.display()),
            Self::People { count, .. } => write!(f, "{count} invented people"),
        }
    }
}

impl Source {
    /// The bundles, one at a time, in the order in which they must be filed.
    pub fn bundles(
        &self,
    ) -> Result<Box<dyn Iterator<Item = Result<Sourced, SourceError>> + Send>, SourceError> {
        match self {
            Self::Folder(folder) => {
                let files = files(folder)?;
                Ok(Box::new(files.into_iter().map(|path| read(&path))))
            }
            Self::People { count, today } => {
                let people = demonstration::people_bundles(*count, *today).enumerate();
                Ok(Box::new(people.map(|(n, value)| {
                    Ok(Sourced {
                        name: format!("person {n}"),
                        value,
                    })
                })))
            }
        }
    }
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let unreadable = |source| SourceError::Unreadable {
        path: folder.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = name(&path);
        if name.ends_with(".json") || name.ends_with(".json.bz2") {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(SourceError::Empty(folder.to_owned()));
    }
    // "0-hospital…" and "0-practitioner…" sort before the patients, whose names begin with a hexadecimal digit.
    files.sort_by_key(|path| {
        let name = name(path);
        (!name.starts_with("0-"), name)
    });
    Ok(files)
}

fn read(path: &Path) -> Result<Sourced, SourceError> {
    let unreadable = |source| SourceError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    let packed = path.extension().is_some_and(|kind| kind == "bz2");
    let reader: Box<dyn Read> = if packed {
        Box::new(bzip2::read::MultiBzDecoder::new(file))
    } else {
        Box::new(file)
    };
    reader
        .take(BUNDLE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > BUNDLE_BYTES_MAX {
        return Err(SourceError::TooLarge(path.to_owned()));
    }
    let value = serde_json::from_slice(&bytes).map_err(|source| SourceError::NotJson {
        path: path.to_owned(),
        source,
    })?;
    let name = name(path);
    Ok(Sourced { name, value })
}

fn name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}
