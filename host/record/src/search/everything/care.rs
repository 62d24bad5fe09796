//! When the care was that a resource is about, and what it refers to.
//!
//! Invariant: a resource without a date of care is never left out by one.

use std::collections::HashSet;

use fhir::resource::{Resource, ResourceType};
use fhir::search_parameter::{self, IndexValue};

use crate::store::row::VersionRow;

/// Whether the care was not over before the first moment, and began before the second.
pub(super) fn is_within(row: &VersionRow, from_ms: Option<i64>, until_ms: Option<i64>) -> bool {
    if from_ms.is_none() && until_ms.is_none() {
        return true;
    }
    // Somebody's dates of birth and death are no dates of care.
    if row.key.resource_type == ResourceType::PATIENT {
        return true;
    }
    let body = row.body.as_deref();
    let resource = body.and_then(|body| Resource::parse(body.as_bytes()).ok());
    let Some((low, high)) = resource.as_ref().and_then(span) else {
        return true;
    };
    from_ms.is_none_or(|from| high > from) && until_ms.is_none_or(|until| low < until)
}

/// From the beginning of the earliest to the end of the latest date by which the resource is found.
fn span(resource: &Resource) -> Option<(i64, i64)> {
    let dates = search_parameter::extract(resource).into_iter();
    let dates = dates.filter_map(|entry| match entry.value {
        IndexValue::Date {
            low_ms, high_ms, ..
        } => Some((low_ms, high_ms)),
        IndexValue::Token { .. } | IndexValue::Text(_) | IndexValue::Uri(_) => None,
        IndexValue::Reference { .. } | IndexValue::Number { .. } => None,
        IndexValue::Quantity { .. } => None,
    });
    dates.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

/// Adds the references of a kept body. It is compact JSON, in which a quote within a text is written with a backslash, so
/// that these bytes are a member's name and nothing else.
pub(super) fn references<'b>(body: &'b str, to: &mut HashSet<&'b str>) {
    const MEMBER: &str = "\"reference\":\"";
    let mut rest = body;
    while let Some(at) = rest.find(MEMBER) {
        rest = &rest[at + MEMBER.len()..];
        let Some(end) = rest.find('"') else { return };
        // A version of something is that thing.
        let text = &rest[..end];
        to.insert(text.split_once("/_history/").map_or(text, |(key, _)| key));
        rest = &rest[end..];
    }
}
