//! A query to a plan to rows, as of `t`.
//!
//! Invariant: a page holds at most `limits::PAGE_MAX` matches, and every page of a search is read at the same `t`.

use fhir::query::Query;
use fhir::resource::Id;

use crate::caller::Caller;
use crate::log::{At, T};
use crate::{ReadError, Record, Stored};

/// One page of what a search found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The moment at which the record was read; following pages keep it.
    pub t: T,
    /// The matches, in the order asked for.
    pub matches: Vec<Stored>,
    /// What `_include` and `_revinclude` add, each once.
    pub included: Vec<Stored>,
    /// How many match altogether, when `_total=accurate` asked for it.
    pub total: Option<u64>,
    /// The cursor of the next page; `None`: this was the last.
    pub next: Option<String>,
}

/// Which page of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// The first, as of this moment.
    First(At),
    /// The one behind this cursor, as the page before gave it; it keeps that page's moment.
    Next(String),
}

impl Record {
    /// A page of what the query finds. The page's size is the query's `_count`, bounded by `limits::PAGE_MAX`.
    ///
    /// # Errors
    /// `Unreadable` for a cursor that is not this query's, `NoSuchMoment`, `Forbidden`, `Store`.
    pub async fn search(
        &self,
        caller: &Caller,
        query: &Query,
        page: &Page,
    ) -> Result<Found, ReadError> {
        let _ = (caller, query, page);
        todo!()
    }

    /// As [`Record::search`], of what lies in one patient's compartment, the Patient itself included. What includes add
    /// may lie outside.
    pub(crate) async fn search_within(
        &self,
        caller: &Caller,
        query: &Query,
        page: &Page,
        patient: &Id,
    ) -> Result<Found, ReadError> {
        let _ = (caller, query, page, patient);
        todo!()
    }
}
