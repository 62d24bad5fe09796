//! How a resource's JSON lies in a database: one byte that says the form, then the resource in it.
//!
//! Invariant: a form, once used, stays readable.

use std::sync::Arc;

/// The JSON as it is.
const PLAIN: u8 = 0;

/// The bytes to keep.
pub(crate) fn pack(json: &str) -> Vec<u8> {
    let mut kept = Vec::with_capacity(json.len() + 1);
    kept.push(PLAIN);
    kept.extend_from_slice(json.as_bytes());
    kept
}

/// The JSON in kept bytes; `None` when they are in no form that this program knows.
pub(crate) fn unpack(kept: &[u8]) -> Option<Arc<str>> {
    match kept.split_first() {
        Some((&PLAIN, json)) => std::str::from_utf8(json).ok().map(Arc::from),
        Some(_) | None => None,
    }
}
