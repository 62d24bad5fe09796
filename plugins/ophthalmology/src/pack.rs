//! How a part of a pack is read.
//!
//! Invariant: a part that is missing or of another kind is a failure that names its path; nothing has a value in code.

use sdk::{Failure, Value};

use crate::typed::plain_number;

/// What is not there, and where.
pub(crate) fn missing(path: &str, kind: &str) -> Failure {
    Failure::fault(format!(
        "a pack of ophthalmology has no {kind} at `{path}`; publish it again with that part"
    ))
}

/// A decimal, which packs write as text so that its digits are kept.
pub(crate) fn decimal(pack: &Value, path: &str) -> Result<f64, Failure> {
    let found = pack
        .pointer(path)
        .and_then(Value::as_str)
        .and_then(plain_number);
    found.ok_or_else(|| missing(path, "decimal written as text"))
}

/// A whole number that is not negative.
pub(crate) fn whole(pack: &Value, path: &str) -> Result<u32, Failure> {
    let found = pack.pointer(path).and_then(Value::as_u64);
    found
        .and_then(|it| u32::try_from(it).ok())
        .ok_or_else(|| missing(path, "whole number"))
}

/// Text.
pub(crate) fn text(pack: &Value, path: &str) -> Result<String, Failure> {
    let found = pack.pointer(path).and_then(Value::as_str);
    found
        .map(str::to_owned)
        .ok_or_else(|| missing(path, "text"))
}

/// Each item of a list.
pub(crate) fn each<T>(
    pack: &Value,
    path: &str,
    read: impl Fn(&Value) -> Result<T, Failure>,
) -> Result<Vec<T>, Failure> {
    let list = pack.pointer(path).and_then(Value::as_array);
    list.ok_or_else(|| missing(path, "list"))?
        .iter()
        .map(read)
        .collect()
}

/// What of the pack nobody compared with its source; empty when all was.
pub(crate) fn unverified(pack: &Value) -> Result<Vec<String>, Failure> {
    each(pack, "/unverified", |it| text(it, ""))
}
