//! Reading resources and their history, as of any moment.
//!
//! Invariant: what is answered stood in the record at one `t`, and its audit leaf is kept before the answer leaves.

use fhir::resource::{Id, Key, ResourceType};

use crate::caller::Caller;
use crate::log::{At, T};
use crate::{ReadError, Record, Stored};

/// Whose history is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryOf {
    /// One resource's.
    Instance(Key),
    /// Every resource's of one type.
    Type(ResourceType),
    /// Everything's.
    System,
}

/// A question for versions, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// Whose.
    pub of: HistoryOf,
    /// Only versions committed at or after this RFC 3339 moment (`_since`).
    pub since: Option<String>,
    /// How many versions a page may have; bounded by `limits::PAGE_MAX`.
    pub n_max: u32,
    /// The page's cursor, as the page before gave it.
    pub page: Option<String>,
}

/// One page of versions.
#[derive(Clone, Debug)]
pub struct HistoryPage {
    /// The moment at which the record was read; following pages keep it.
    pub t: T,
    /// The versions, newest first.
    pub versions: Vec<Stored>,
    /// The cursor of the next page; `None`: this was the last.
    pub next: Option<String>,
}

impl Record {
    /// The resource as it stood at a moment.
    ///
    /// # Errors
    /// `NotFound`, `Gone` when it was deleted by then, `NoSuchMoment`, `Forbidden`, `Store`.
    pub async fn read(&self, caller: &Caller, key: &Key, at: &At) -> Result<Stored, ReadError> {
        let _ = (caller, key, at);
        todo!()
    }

    /// One version of a resource. A version that is a deletion is `Gone`.
    ///
    /// # Errors
    /// `NotFound`, `Gone`, `Forbidden`, `Store`.
    pub async fn vread(
        &self,
        caller: &Caller,
        key: &Key,
        version: u64,
    ) -> Result<Stored, ReadError> {
        let _ = (caller, key, version);
        todo!()
    }

    /// A page of versions, newest first, deletions included.
    ///
    /// # Errors
    /// `Unreadable` for a cursor that this record did not give, `NoSuchMoment`, `Forbidden`, `Store`.
    pub async fn history(&self, caller: &Caller, ask: &History) -> Result<HistoryPage, ReadError> {
        let _ = (caller, ask);
        todo!()
    }

    /// An id for a resource whose author has to know it before it is committed.
    pub fn new_id(&self) -> Id {
        todo!()
    }
}
