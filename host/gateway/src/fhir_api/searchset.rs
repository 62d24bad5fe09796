//! A page of what was found as a Bundle, written straight from the stored text.
//!
//! Invariant: the links lead to the same question in the same format; the next page's cursor holds its moment.

use axum::response::Response;
use fhir::outcome::{Issue, operation_outcome};
use fhir::subset::Subset;
use record::search::Found;
use serde_json::{Value, json};

use super::answer;
use super::ask::Ask;
use super::negotiate::Pairs;
use crate::address::encoded;

/// How a page is shown.
pub(super) struct Shown<'a> {
    /// What was asked, below the API's address: `Patient`, `Patient/1/$everything`; empty for everything.
    pub(super) place: &'a str,
    /// The parameters that were used, of which the links are made.
    pub(super) pairs: &'a Pairs,
    /// How much of each resource.
    pub(super) subset: Subset,
    /// Why something that was asked was left out.
    pub(super) left_out: &'a [Issue],
}

/// 200 with the page.
pub(super) fn searchset(ask: &Ask, shown: &Shown<'_>, found: &Found) -> Response {
    let base = ask.base();
    let all = || found.matches.iter().chain(&found.included);
    let bytes: usize = all()
        .map(|one| one.body.as_deref().map_or(0, str::len) + 200)
        .sum();
    let mut text = String::with_capacity(bytes + 1_000);
    text.push_str("{\"resourceType\":\"Bundle\",\"type\":\"searchset\"");
    if let Some(total) = found.total {
        text.push_str(&format!(",\"total\":{total}"));
    }
    let path = match shown.place {
        "" => base.clone(),
        place => format!("{base}/{place}"),
    };
    let url = address(ask, &path, shown.pairs, None);
    let mut links = vec![json!({"relation": "self", "url": url})];
    if let Some(cursor) = &found.next {
        let url = address(ask, &path, shown.pairs, Some(cursor));
        links.push(json!({"relation": "next", "url": url}));
    }
    text.push_str(&format!(",\"link\":{}", Value::Array(links)));
    let entries = found
        .matches
        .iter()
        .map(|one| (one, "match"))
        .chain(found.included.iter().map(|one| (one, "include")));
    let mut separator = ",\"entry\":[";
    for (stored, mode) in entries {
        let Some(body) = &stored.body else { continue };
        let part = shown.subset.of(body);
        let body = part.as_deref().unwrap_or(body);
        let full_url = json!(format!("{base}/{}", stored.key));
        text.push_str(&format!(
            "{separator}{{\"fullUrl\":{full_url},\"resource\":"
        ));
        text.push_str(body);
        text.push_str(",\"search\":{\"mode\":\"");
        text.push_str(mode);
        text.push_str("\"}}");
        separator = ",";
    }
    if !shown.left_out.is_empty() {
        let outcome = operation_outcome(shown.left_out);
        text.push_str(&format!(
            "{separator}{{\"resource\":{outcome},\"search\":{{\"mode\":\"outcome\"}}}}"
        ));
        separator = ",";
    }
    if separator == "," {
        text.push(']');
    }
    text.push('}');
    answer::read_at(found.t, text)
}

/// The address of this page, or of the one behind a cursor, in the format asked for.
pub(super) fn address(ask: &Ask, path: &str, pairs: &Pairs, cursor: Option<&str>) -> String {
    let kept = pairs
        .iter()
        .filter(|(name, _)| cursor.is_none() || (name != "_page" && name != "_asOf"));
    let next = cursor.map(|cursor| (String::from("_page"), cursor.to_owned()));
    let query: Vec<String> = kept
        .chain(&ask.written)
        .chain(next.as_ref())
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
        .collect();
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", query.join("&"))
    }
}
