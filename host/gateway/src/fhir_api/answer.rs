//! Answers: what each says in its headers, and how much of a resource it carries.
//!
//! Invariant: every answer that reads or writes names its `t`, the commit as of which it is true.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fhir::outcome::{Issue, IssueType, Severity, operation_outcome};
use fhir::subset::Subset;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use record::Stored;
use record::commit::{Outcome, What};
use record::log::T;

use super::FHIR_JSON;
use super::ask::Ask;
use super::prefer::{self, Give};

/// The commit as of which an answer is true.
pub(crate) const T_HEADER: HeaderName = HeaderName::from_static("x-palatine-t");
/// Parameters that were left out, since the asker prefers that.
const IGNORED: HeaderName = HeaderName::from_static("x-palatine-ignored");

/// 200 with this JSON, read as of `t`.
pub(super) fn read_at(t: T, text: String) -> Response {
    let mut answer = (StatusCode::OK, text).into_response();
    name(answer.headers_mut(), t);
    answer
}

/// One version: 200, or 304 when the asker has it.
pub(super) fn version(ask: &Ask, t: T, stored: &Stored, subset: &Subset) -> Response {
    let body = stored.body.as_deref().unwrap_or_default();
    let mut answer = if is_known(&ask.headers, stored) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let part = subset.of(body);
        (StatusCode::OK, part.unwrap_or_else(|| body.to_owned())).into_response()
    };
    let headers = answer.headers_mut();
    name(headers, t);
    let at = format!("{}/{}/_history/{}", ask.base(), stored.key, stored.version);
    put(headers, header::CONTENT_LOCATION, &at);
    tag(headers, stored.version, &stored.last_updated);
    if !ask.ignored.is_empty() {
        put(headers, IGNORED, &ask.ignored.join(", "));
    }
    answer
}

/// What a write did: 201 with Location where something is new, 200, or 204 where nothing is left.
pub(super) fn written(ask: &Ask, t: T, outcome: &Outcome) -> Response {
    let give = prefer::give(&ask.headers);
    let status = status(outcome.what);
    let text = match (give, &outcome.body) {
        (Some(Give::OperationOutcome), _) => done(outcome),
        (Some(Give::Minimal), _) | (_, None) => String::new(),
        (Some(Give::Representation) | None, Some(body)) => body.to_string(),
    };
    let status = match text.is_empty() {
        false if status == StatusCode::NO_CONTENT => StatusCode::OK,
        _ => status,
    };
    let mut answer = (status, text).into_response();
    let headers = answer.headers_mut();
    name(headers, t);
    if outcome.version > 0 {
        tag(headers, outcome.version, &outcome.last_updated);
    }
    match outcome.what {
        What::Created | What::Updated | What::Existing => {
            let at = format!(
                "{}/{}/_history/{}",
                ask.base(),
                outcome.key,
                outcome.version
            );
            put(headers, header::LOCATION, &at);
            put(headers, header::CONTENT_LOCATION, &at);
        }
        What::Deleted | What::Absent => {}
    }
    answer
}

/// The status of what a write did.
pub(super) fn status(what: What) -> StatusCode {
    match what {
        What::Created => StatusCode::CREATED,
        What::Updated | What::Existing => StatusCode::OK,
        What::Deleted | What::Absent => StatusCode::NO_CONTENT,
    }
}

/// What a write did, in words.
pub(super) fn done(outcome: &Outcome) -> String {
    let Outcome { key, version, .. } = outcome;
    let details = match outcome.what {
        What::Created => format!("{key} was created as version {version}"),
        What::Updated => format!("{key} was written as version {version}"),
        What::Existing => {
            format!("{key} is there already as version {version}: nothing was written")
        }
        What::Deleted => {
            format!("{key} was deleted as version {version}; its earlier versions can be read")
        }
        What::Absent => "there was nothing to delete".to_owned(),
    };
    let issue = Issue {
        severity: Severity::Information,
        code: IssueType::Informational,
        details,
        expression: None,
    };
    operation_outcome(&[issue]).to_string()
}

/// Whether the asker says that it has this version.
fn is_known(headers: &HeaderMap, stored: &Stored) -> bool {
    if let Some(tags) = headers.get(header::IF_NONE_MATCH) {
        let tags = tags.to_str().unwrap_or_default();
        let version = stored.version.to_string();
        return tags.split(',').map(str::trim).any(|tag| {
            let tag = tag.strip_prefix("W/").unwrap_or(tag);
            tag == "*" || tag.trim_matches('"') == version
        });
    }
    let since = headers.get(header::IF_MODIFIED_SINCE);
    let since = since.and_then(|since| since.to_str().ok()).and_then(moment);
    let changed = stored.last_updated.parse::<Timestamp>();
    match (since, changed) {
        // HTTP knows seconds only.
        (Some(since), Ok(changed)) => changed.as_second() <= since.as_second(),
        (_, _) => false,
    }
}

/// A moment as HTTP writes it.
fn moment(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

fn name(headers: &mut HeaderMap, t: T) {
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(FHIR_JSON));
    headers.insert(T_HEADER, HeaderValue::from(t.0));
}

fn tag(headers: &mut HeaderMap, version: u64, last_updated: &str) {
    put(headers, header::ETAG, &format!("W/\"{version}\""));
    let at = last_updated.parse::<Timestamp>().ok();
    let printer = rfc2822::DateTimePrinter::new();
    if let Some(at) = at.and_then(|at| printer.timestamp_to_rfc9110_string(&at).ok()) {
        put(headers, header::LAST_MODIFIED, &at);
    }
}

/// What cannot stand in a header is left out.
fn put(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}
