//! The language of the record: FHIR R4 resources, references, searches, paths and their rules.
//!
//! Invariant: everything here is a pure function of its arguments; nothing reads a file, a socket, a clock or chance.

pub mod bundle;
pub mod compartment;
pub mod date;
pub mod narrative;
mod near;
pub mod nhs_number;
pub mod outcome;
pub mod patch;
pub mod path;
pub mod query;
pub mod reference;
pub mod resource;
pub mod search_parameter;
mod structure;
pub mod subset;
pub mod validate;
pub mod value_set;
pub mod view;
pub mod xml;
