//! The holders as one note of the record and back: the only file that knows how they are written down.
//!
//! Invariant: what is written here is read back equal; a note that cannot be read is an error, never an empty list.

use fhir::resource::{Key, ResourceType};
use serde::{Deserialize, Serialize};

use super::Holder;
use crate::caller::Caller;
use crate::note::{self, Note};
use crate::store::StoreError;
use crate::{ReadError, Stored};

/// What marks the note.
const CODE: &str = "document-holders";

/// How a holder is written down.
#[derive(Serialize, Deserialize)]
struct Written {
    id: String,
    name: String,
    base: String,
    sites: Vec<String>,
    runs: bool,
    old_copy_hours: u32,
}

/// The one note that says which there are.
pub(super) fn key() -> Result<Key, ReadError> {
    let id = CODE.parse().map_err(|_| corrupt("the note's id"))?;
    Ok(Key::new(ResourceType::BASIC, id))
}

/// The note that says so of these.
pub(super) fn written(all: &[Holder], caller: &Caller) -> Result<Note, ReadError> {
    let all = all.iter().map(|it| Written {
        id: it.id.to_string(),
        name: it.name.clone(),
        base: it.base.to_string(),
        sites: it.sites.iter().map(ToString::to_string).collect(),
        runs: it.runs,
        old_copy_hours: it.old_copy_hours,
    });
    let all: Vec<Written> = all.collect();
    Ok(note::listing(key()?, CODE, &all, caller)?)
}

/// The holders that a note names.
pub(super) fn read(stored: &Stored) -> Result<Vec<Holder>, ReadError> {
    let all: Vec<Written> = note::listed(stored, CODE)?;
    let all = all.into_iter().map(one).collect::<Option<Vec<Holder>>>();
    all.ok_or_else(|| corrupt("a holder that cannot be read"))
}

fn one(written: Written) -> Option<Holder> {
    let sites = written.sites.iter().map(|site| site.parse().ok());
    Some(Holder {
        id: written.id.parse().ok()?,
        name: written.name,
        base: written.base.parse().ok()?,
        sites: sites.collect::<Option<_>>()?,
        runs: written.runs,
        old_copy_hours: written.old_copy_hours,
    })
}

fn corrupt(what: &str) -> ReadError {
    ReadError::Store {
        source: StoreError::Corrupt {
            doing: "reading the holders of documents",
            what: what.to_owned(),
        },
    }
}
