//! Looking at a match where the index gives too much.
//!
//! Invariant: only clauses that need it are looked at; the others hold already.

use fhir::query::{Clause, Query};
use fhir::resource::Resource;

use crate::store::row::VersionRow;

/// Whether what the index cannot tell holds too: letter by letter, part by part, within the text.
pub(super) fn fits(query: &Query, version: &VersionRow) -> bool {
    let resource = version
        .body
        .as_deref()
        .and_then(|body| Resource::parse(body.as_bytes()).ok());
    let mut looked = query
        .clauses
        .iter()
        .filter(|clause| Clause::needs_look(clause));
    resource.is_some_and(|resource| looked.all(|clause| clause.holds(&resource)))
}
