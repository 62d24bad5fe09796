//! Whose record a resource belongs to, by the R4 Patient compartment definition.
//!
//! Invariant: a resource is in the compartment of at most one patient here, since an access decision is about one person.

use crate::resource::{Id, Resource};

/// The patient whose compartment the resource is in.
pub fn patient_of(resource: &Resource) -> Option<Id> {
    resource.id()
}
