//! The files of a release, in a folder or in a zip file.
//!
//! Invariant: the digest covers the names and bytes of every file that was read whole, in the order of their names.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::base_name;
use super::refusal::LoadError;

/// Files of a release.
pub(super) struct Files {
    place: Place,
    /// Names within the release, ascending.
    names: Vec<String>,
    sum: Sha256,
}

enum Place {
    Folder(PathBuf),
    Zip(Box<ZipArchive<BufReader<File>>>),
}

/// Files of a release in all folders together: more is no release.
const FILES_MAX: usize = 10_000;

fn unreadable(file: &Path, why: impl ToString) -> LoadError {
    LoadError::Unreadable {
        file: file.display().to_string(),
        why: why.to_string(),
    }
}

impl Files {
    pub(super) fn open(from: &Path) -> Result<Self, LoadError> {
        let about = std::fs::metadata(from).map_err(|why| unreadable(from, why))?;
        let (place, mut names) = if about.is_dir() {
            (Place::Folder(from.to_owned()), within(from)?)
        } else {
            let file = File::open(from).map_err(|why| unreadable(from, why))?;
            let archive =
                ZipArchive::new(BufReader::new(file)).map_err(|why| unreadable(from, why))?;
            let names = archive
                .file_names()
                .take(FILES_MAX)
                .filter_map(|name| Some(name.ok()?.into_owned()))
                .collect();
            (Place::Zip(Box::new(archive)), names)
        };
        names.sort_unstable();
        Ok(Self {
            place,
            names,
            sum: Sha256::new(),
        })
    }

    /// The files whose names, without folders, are wanted.
    pub(super) fn named(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let names = self.names.iter().filter(|name| wanted(base_name(name)));
        names.cloned().collect()
    }

    /// Reads a file whole.
    pub(super) fn read<T>(
        &mut self,
        name: &str,
        work: impl FnOnce(&mut dyn BufRead) -> Result<T, LoadError>,
    ) -> Result<T, LoadError> {
        self.sum.update(base_name(name).as_bytes());
        self.sum.update([0]);
        let sum = &mut self.sum;
        let from = opened(&mut self.place, name)?;
        work(&mut BufReader::with_capacity(1 << 16, Summed { from, sum }))
    }

    /// Looks at the beginning of a file.
    pub(super) fn peek<T>(
        &mut self,
        name: &str,
        work: impl FnOnce(&mut dyn BufRead) -> Result<T, LoadError>,
    ) -> Result<T, LoadError> {
        work(&mut BufReader::new(opened(&mut self.place, name)?))
    }

    /// SHA-256 over what was read, in hexadecimal.
    pub(super) fn digest(&self) -> String {
        hex::encode(self.sum.clone().finalize())
    }
}

fn opened<'p>(place: &'p mut Place, name: &str) -> Result<Box<dyn Read + 'p>, LoadError> {
    match place {
        Place::Folder(folder) => {
            let path = folder.join(name);
            let file = File::open(&path).map_err(|why| unreadable(&path, why))?;
            Ok(Box::new(file))
        }
        Place::Zip(archive) => {
            let file = archive
                .by_name(name)
                .map_err(|why| unreadable(Path::new(name), why))?;
            Ok(Box::new(file))
        }
    }
}

/// Every file below a folder, by its path from there.
fn within(folder: &Path) -> Result<Vec<String>, LoadError> {
    let mut names = Vec::new();
    let mut ahead = vec![folder.to_owned()];
    while let Some(at) = ahead.pop() {
        for entry in std::fs::read_dir(&at).map_err(|why| unreadable(&at, why))? {
            let entry = entry.map_err(|why| unreadable(&at, why))?;
            let path = entry.path();
            // Links are not followed, so there is no way round.
            let kind = entry.file_type().map_err(|why| unreadable(&path, why))?;
            if kind.is_dir() {
                ahead.push(path);
            } else if let Some(name) = path.strip_prefix(folder).ok().and_then(Path::to_str) {
                names.push(name.to_owned());
            }
            if names.len() + ahead.len() > FILES_MAX {
                return Err(LoadError::TooLarge {
                    of: "files",
                    max: FILES_MAX,
                });
            }
        }
    }
    Ok(names)
}

/// Takes into the digest what goes through it.
struct Summed<'s, R> {
    from: R,
    sum: &'s mut Sha256,
}

impl<R: Read> Read for Summed<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.from.read(into)?;
        self.sum.update(into.get(..read).unwrap_or_default());
        Ok(read)
    }
}
