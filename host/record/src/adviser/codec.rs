//! The services outside as one note of the record and back: the only file that knows how they are written down.
//!
//! Invariant: what is written here is read back equal; a note that cannot be read is an error, never an empty list.

use std::collections::BTreeMap;
use std::fmt;

use fhir::resource::{Key, ResourceType};
use serde::{Deserialize, Serialize};

use super::{Adviser, DeclareError};
use crate::caller::Caller;
use crate::note::{self, Note};
use crate::store::StoreError;
use crate::{ReadError, Stored};

/// What marks the note.
const CODE: &str = "advice-services";

/// How an adviser is written down.
#[derive(Serialize, Deserialize)]
struct Written {
    id: String,
    name: String,
    address: String,
    hook: String,
    prefetch: BTreeMap<String, String>,
    sites: Vec<String>,
    runs: bool,
}

/// The one note that says which there are.
pub(super) fn key() -> Result<Key, ReadError> {
    let id = CODE.parse().map_err(|_| corrupt(&"the note's id"))?;
    Ok(Key::new(ResourceType::BASIC, id))
}

/// The note that says so of these.
pub(super) fn written(all: &[Adviser], caller: &Caller) -> Result<Note, DeclareError> {
    let documents = all.iter().map(|it| Written {
        id: it.id.to_string(),
        name: it.name.clone(),
        address: it.address.clone(),
        hook: it.hook.to_string(),
        prefetch: it
            .prefetch
            .iter()
            .map(|(key, template)| (key.clone(), template.to_string()))
            .collect(),
        sites: it.sites.iter().map(ToString::to_string).collect(),
        runs: it.runs,
    });
    let documents: Vec<Written> = documents.collect();
    Ok(note::listing(key()?, CODE, &documents, caller)?)
}

/// The services that a note names.
pub(super) fn read(stored: &Stored) -> Result<Vec<Adviser>, ReadError> {
    let all: Vec<Written> = note::listed(stored, CODE)?;
    let all = all.into_iter().map(one).collect::<Option<Vec<Adviser>>>();
    all.ok_or_else(|| corrupt(&"a service that cannot be read"))
}

fn one(written: Written) -> Option<Adviser> {
    let prefetch = written.prefetch.into_iter();
    let prefetch = prefetch.map(|(key, text)| Some((key, text.parse().ok()?)));
    let sites = written.sites.iter().map(|site| site.parse().ok());
    Some(Adviser {
        id: written.id.parse().ok()?,
        name: written.name,
        address: written.address,
        hook: written.hook.parse().ok()?,
        prefetch: prefetch.collect::<Option<_>>()?,
        sites: sites.collect::<Option<_>>()?,
        runs: written.runs,
    })
}

fn corrupt(what: &dyn fmt::Display) -> ReadError {
    ReadError::Store {
        source: StoreError::Corrupt {
            doing: "reading the services outside",
            what: what.to_string(),
        },
    }
}
