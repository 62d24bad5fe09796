//! From a resource to its index entries.
//!
//! Invariant: nothing here fails; what cannot be read gives no entry.

use super::IndexEntry;
use crate::resource::Resource;

pub(super) fn entries(_resource: &Resource) -> Vec<IndexEntry> {
    Vec::new()
}

pub(super) fn normalised(text: &str) -> String {
    text.to_lowercase()
}
