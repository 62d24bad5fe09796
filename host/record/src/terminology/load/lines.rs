//! Files of lines with columns between tabs, read one line at a time.
//!
//! Invariant: no line takes more than `limits::RELEASE_LINE_BYTES_MAX`, and every fault has its file, line and column.

use std::io::{BufRead, Read as _};

use super::refusal::{Fault, LoadError};
use crate::limits;

/// Faults found so far.
#[derive(Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    /// Takes a fault down, and gives up when there are too many.
    pub(super) fn add(&mut self, fault: Fault) -> Result<(), LoadError> {
        self.0.push(fault);
        if self.0.len() >= limits::RELEASE_FAULTS_MAX {
            return Err(LoadError::Faults(std::mem::take(&mut self.0)));
        }
        Ok(())
    }

    /// Whether it can go on.
    pub(super) fn none(self) -> Result<(), LoadError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(LoadError::Faults(self.0))
        }
    }
}

/// One line, by the columns that were asked for.
pub(super) struct Line<'l> {
    text: &'l str,
    places: &'l [usize],
}

/// What is wrong with a line, and in which of the columns asked for.
pub(super) type Wrong = (usize, String);

impl<'l> Line<'l> {
    /// A column, by its place among those asked for; empty where there is none.
    pub(super) fn column(&self, which: usize) -> &'l str {
        let place = self.places.get(which).copied().unwrap_or(usize::MAX);
        self.text.split('\t').nth(place).unwrap_or_default()
    }

    /// Yes (`1`) or no (`0`).
    pub(super) fn flag(&self, which: usize) -> Result<bool, Wrong> {
        match self.column(which) {
            "1" => Ok(true),
            "0" => Ok(false),
            other => Err((
                which,
                format!("`{}` is neither 0 nor 1", super::super::shown(other)),
            )),
        }
    }

    /// A date of eight digits, as a number.
    pub(super) fn date(&self, which: usize) -> Result<u32, Wrong> {
        let text = self.column(which);
        let number = text.parse().ok().filter(|_| text.len() == 8);
        number.ok_or_else(|| {
            (
                which,
                format!("`{}` is no date of eight digits", super::super::shown(text)),
            )
        })
    }

    /// Where a column begins, from 1.
    fn begins(&self, which: usize) -> u64 {
        let place = self.places.get(which).copied().unwrap_or(0);
        let before: usize = self
            .text
            .split('\t')
            .take(place)
            .map(|column| column.len() + 1)
            .sum();
        before as u64 + 1
    }
}

/// Reads a file whose first line names its columns. `take` gets each further line with the columns `wanted`, in that order.
pub(super) fn each(
    file: &str,
    from: &mut dyn BufRead,
    wanted: &[&str],
    faults: &mut Faults,
    take: &mut dyn FnMut(&Line<'_>) -> Result<(), Wrong>,
) -> Result<(), LoadError> {
    let mut bytes = Vec::new();
    let mut number: u64 = 0;
    let mut places: Vec<usize> = Vec::new();
    let mut width = 0;
    while next(file, from, &mut bytes)? {
        number += 1;
        let fault = |column: u64, why: String| Fault {
            file: file.to_owned(),
            line: number,
            column,
            why,
        };
        let Ok(text) = std::str::from_utf8(&bytes) else {
            let column = std::str::from_utf8(&bytes).map_or_else(|why| why.valid_up_to(), |_| 0);
            faults.add(fault(column as u64 + 1, "the line is not UTF-8".to_owned()))?;
            continue;
        };
        let text = text.trim_end_matches(['\r', '\n']);
        if bytes.len() > limits::RELEASE_LINE_BYTES_MAX {
            let why = format!(
                "the line is longer than {} bytes",
                limits::RELEASE_LINE_BYTES_MAX
            );
            faults.add(fault(1, why))?;
            continue;
        }
        if number == 1 {
            (places, width) =
                named(text, wanted).map_err(|why| LoadError::Faults(vec![fault(1, why)]))?;
            continue;
        }
        let columns = text.split('\t').count();
        if columns != width {
            let why = format!("the line has {columns} columns, and the first line names {width}");
            faults.add(fault(1, why))?;
            continue;
        }
        let line = Line {
            text,
            places: &places,
        };
        if let Err((which, why)) = take(&line) {
            faults.add(fault(line.begins(which), why))?;
        }
    }
    if number == 0 {
        let why = "the file is empty".to_owned();
        faults.add(Fault {
            file: file.to_owned(),
            line: 1,
            column: 1,
            why,
        })?;
    }
    Ok(())
}

/// The places of the wanted columns in a first line, and how many columns it names.
fn named(first: &str, wanted: &[&str]) -> Result<(Vec<usize>, usize), String> {
    let names: Vec<&str> = first.trim_start_matches('\u{feff}').split('\t').collect();
    let places = wanted.iter().map(|name| {
        let place = names.iter().position(|own| own == name);
        place.ok_or_else(|| format!("there is no column `{name}`"))
    });
    Ok((places.collect::<Result<_, _>>()?, names.len()))
}

/// The names of a file's columns, without reading further than its first line.
pub(super) fn header(file: &str, from: &mut dyn BufRead) -> Result<Vec<String>, LoadError> {
    let mut bytes = Vec::new();
    next(file, from, &mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let names = text
        .trim_start_matches('\u{feff}')
        .trim_end_matches(['\r', '\n']);
    Ok(names.split('\t').map(str::to_owned).collect())
}

/// The next line with its end; of a longer one only a little more than may be.
fn next(file: &str, from: &mut dyn BufRead, bytes: &mut Vec<u8>) -> Result<bool, LoadError> {
    let unreadable = |error: std::io::Error| LoadError::Unreadable {
        file: file.to_owned(),
        why: error.to_string(),
    };
    bytes.clear();
    let max = limits::RELEASE_LINE_BYTES_MAX as u64 + 1;
    let read = from
        .take(max)
        .read_until(b'\n', bytes)
        .map_err(unreadable)?;
    if read as u64 == max && bytes.last() != Some(&b'\n') {
        skip_line(from).map_err(unreadable)?;
    }
    Ok(read > 0)
}

fn skip_line(from: &mut dyn BufRead) -> std::io::Result<()> {
    loop {
        let some = from.fill_buf()?;
        if some.is_empty() {
            return Ok(());
        }
        match some.iter().position(|byte| *byte == b'\n') {
            Some(at) => {
                from.consume(at + 1);
                return Ok(());
            }
            None => {
                let length = some.len();
                from.consume(length);
            }
        }
    }
}
