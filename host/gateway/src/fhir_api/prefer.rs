//! `Prefer` (RFC 7240): what to answer a write with, and what to do with parameters that nobody knows.
//!
//! Invariant: a preference that is not known changes nothing, as the RFC asks.

use axum::http::{HeaderMap, HeaderName};

const PREFER: HeaderName = HeaderName::from_static("prefer");

/// What the answer to a write carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Give {
    /// Headers only.
    Minimal,
    /// The resource as it is kept now.
    Representation,
    /// An OperationOutcome that says what was done.
    OperationOutcome,
}

/// What happens to a parameter that means nothing here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handling {
    /// The request is refused: the default, since a dropped condition gives a wrong answer.
    Strict,
    /// It is left out, and the answer says so.
    Lenient,
}

/// `return=…`, where one that is known was asked for.
pub(super) fn give(headers: &HeaderMap) -> Option<Give> {
    match preference(headers, "return")?.as_str() {
        "minimal" => Some(Give::Minimal),
        "representation" => Some(Give::Representation),
        "OperationOutcome" => Some(Give::OperationOutcome),
        _ => None,
    }
}

/// `handling=…`; strict unless lenient was asked for.
pub(super) fn handling(headers: &HeaderMap) -> Handling {
    match preference(headers, "handling").as_deref() {
        Some("lenient") => Handling::Lenient,
        Some(_) | None => Handling::Strict,
    }
}

/// The first value of a preference: several may stand in one header, parted by `,` or `;`, or in several headers.
fn preference(headers: &HeaderMap, name: &str) -> Option<String> {
    let texts = headers
        .get_all(PREFER)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut parts = texts.flat_map(|text| text.split([',', ';']));
    parts.find_map(|part| {
        let (key, value) = part.split_once('=')?;
        let same = key.trim().eq_ignore_ascii_case(name);
        same.then(|| value.trim().trim_matches('"').to_owned())
    })
}

#[cfg(test)]
mod tests;
