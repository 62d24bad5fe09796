//! Files of lines: which there are, in which order, and their lines from any place on.
//!
//! Invariant: no line longer than a resource may be is held; a packed file is read as it unpacks.

use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{Input, Place};
use crate::job::{JobError, file};
use crate::limits;

/// What others refer to comes first, so that little has to wait.
const FIRST: [&str; 7] = [
    "Organization",
    "Location",
    "Practitioner",
    "PractitionerRole",
    "Patient",
    "Encounter",
    "Observation",
];

/// One line, and where it stood.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// The file's name.
    pub(super) file: String,
    /// Its number in the file, from 1.
    pub(super) number: u64,
    /// The line; `None`: it is too long, or no text.
    pub(super) text: Option<String>,
    /// Where the next one begins.
    pub(super) next: Place,
}

/// Lines from a place on.
pub(super) struct Source {
    files: Vec<(String, PathBuf)>,
    place: Place,
    open: Option<Box<dyn BufRead + Send>>,
    /// The file and number of each line stand before it.
    is_marked: bool,
}

/// The files of a folder in the order in which they are read.
pub(super) async fn files(folder: &Path) -> Result<Vec<Input>, JobError> {
    let folder = folder.to_owned();
    let found = tokio::task::spawn_blocking(move || inputs(&folder));
    found.await.map_err(|_| JobError::Ended)?
}

fn inputs(folder: &Path) -> Result<Vec<Input>, JobError> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(file("looking for"))? {
        let name = entry.map_err(file("looking for"))?.file_name();
        let name = name.to_string_lossy().into_owned();
        let plain = name.trim_end_matches(".gz").trim_end_matches(".bz2");
        if plain.ends_with(".ndjson") {
            names.push(name);
        }
    }
    if names.is_empty() {
        let what = format!(
            "{} holds no .ndjson, .ndjson.gz or .ndjson.bz2 file",
            folder.display()
        );
        return Err(JobError::Incorrect { what });
    }
    names.sort_by_key(|name| {
        let of = name.split(['.', '-']).next().unwrap_or_default();
        let rank = FIRST.iter().position(|first| *first == of);
        (rank.unwrap_or(FIRST.len()), name.clone())
    });
    names.into_iter().map(|name| input(folder, name)).collect()
}

fn input(folder: &Path, name: String) -> Result<Input, JobError> {
    let mut from = std::fs::File::open(folder.join(&name)).map_err(file("reading"))?;
    let (mut bytes, mut sum) = (0, Sha256::new());
    let mut piece = vec![0; 1 << 20];
    loop {
        let read = from.read(&mut piece).map_err(file("reading"))?;
        if read == 0 {
            break;
        }
        bytes += read as u64;
        sum.update(&piece[..read]);
    }
    Ok(Input {
        name,
        bytes,
        sha256: hex::encode(sum.finalize()),
    })
}

impl Source {
    /// The files of an import, from a place on.
    pub(super) fn of(folder: &Path, files: &[Input], place: Place) -> Self {
        let files = files.iter();
        Self {
            files: files
                .map(|file| (file.name.clone(), folder.join(&file.name)))
                .collect(),
            place,
            open: None,
            is_marked: false,
        }
    }

    /// Lines that had to wait, from a place on.
    pub(super) fn waiting(path: PathBuf, place: Place) -> Self {
        Self {
            files: vec![(String::new(), path)],
            place,
            open: None,
            is_marked: true,
        }
    }

    /// The next line; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Line>, JobError> {
        loop {
            let Some((name, path)) = self.files.get(self.place.file) else {
                return Ok(None);
            };
            let from = match &mut self.open {
                Some(open) => open,
                none => none.insert(opened(path, self.place.byte).map_err(file("reading"))?),
            };
            let (read, text) = line(from.as_mut()).map_err(file("reading"))?;
            if read == 0 {
                self.open = None;
                self.place = Place {
                    file: self.place.file + 1,
                    ..Place::default()
                };
                continue;
            }
            self.place.byte += read;
            self.place.line += 1;
            if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
                continue;
            }
            let mut line = Line {
                file: name.clone(),
                number: self.place.line,
                text,
                next: self.place,
            };
            if self.is_marked {
                unmark(&mut line);
            }
            return Ok(Some(line));
        }
    }
}

impl Line {
    /// The line as it waits: its file and number stand before it.
    pub(super) fn marked(&self) -> String {
        let text = self.text.as_deref().unwrap_or_default();
        format!("{}\t{}\t{text}\n", self.file, self.number)
    }

    /// Where it stood, for people.
    pub(super) fn place(&self) -> String {
        format!("{} line {}", self.file, self.number)
    }
}

fn unmark(line: &mut Line) {
    let Some(text) = line.text.take() else { return };
    let mut parts = text.splitn(3, '\t');
    line.file = parts.next().unwrap_or_default().to_owned();
    let number = parts.next().and_then(|number| number.parse().ok());
    line.number = number.unwrap_or(line.number);
    line.text = parts.next().map(str::to_owned);
}

fn opened(path: &Path, byte: u64) -> std::io::Result<Box<dyn BufRead + Send>> {
    let mut from = std::fs::File::open(path)?;
    let mut unpacked: Box<dyn BufRead + Send> =
        match path.extension().and_then(|kind| kind.to_str()) {
            Some("gz") => Box::new(BufReader::new(flate2::read::MultiGzDecoder::new(from))),
            Some("bz2") => Box::new(BufReader::new(bzip2::read::MultiBzDecoder::new(from))),
            Some(_) | None => {
                from.seek(SeekFrom::Start(byte))?;
                return Ok(Box::new(BufReader::new(from)));
            }
        };
    // What is packed can only be read from its beginning.
    std::io::copy(&mut unpacked.by_ref().take(byte), &mut std::io::sink())?;
    Ok(unpacked)
}

/// How many bytes a line takes with its line feed, 0 at the end, and its text unless it is too long or no text.
fn line(from: &mut dyn BufRead) -> std::io::Result<(u64, Option<String>)> {
    let mut kept = Vec::new();
    let mut read = 0;
    loop {
        let buffer = from.fill_buf()?;
        if buffer.is_empty() {
            break;
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(buffer.len(), |end| end + 1);
        if kept.len() <= limits::IMPORT_LINE_BYTES_MAX {
            kept.extend_from_slice(&buffer[..taken]);
        }
        from.consume(taken);
        read += taken as u64;
        if end.is_some() {
            break;
        }
    }
    while matches!(kept.last(), Some(b'\n' | b'\r')) {
        kept.pop();
    }
    let text = String::from_utf8(kept).ok();
    Ok((
        read,
        text.filter(|text| text.len() <= limits::IMPORT_LINE_BYTES_MAX),
    ))
}
