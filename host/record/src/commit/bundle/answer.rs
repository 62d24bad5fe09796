//! The entries of a response bundle.
//!
//! Invariant: every entry has a status, and a refused one says why in an OperationOutcome.

use fhir::outcome::{Issue, operation_outcome};
use serde_json::{Value, json};

use crate::commit::{CommitError, Outcome, What};
use crate::{Kind, ReadError, Stored};

pub(super) fn raw(body: &str) -> Value {
    serde_json::from_str(body).unwrap_or(Value::Null)
}

pub(super) fn stored(stored: &Stored) -> Value {
    json!({
        "fullUrl": stored.key.to_string(),
        "resource": stored.body.as_deref().map(raw),
        "response": {
            "status": "200 OK",
            "etag": format!("W/\"{}\"", stored.version),
            "lastModified": stored.last_updated
        }
    })
}

pub(super) fn changed(outcome: &Outcome) -> Value {
    let status = match outcome.what {
        What::Created => "201 Created",
        What::Updated | What::Existing => "200 OK",
        What::Deleted => "204 No Content",
    };
    let Outcome {
        key,
        version,
        last_updated,
        ..
    } = outcome;
    json!({
        "response": {
            "status": status,
            "location": format!("{key}/_history/{version}"),
            "etag": format!("W/\"{version}\""),
            "lastModified": last_updated
        }
    })
}

pub(super) fn refused(error: &CommitError) -> Value {
    let issues = match error {
        CommitError::Invalid { issues, .. } => issues.clone(),
        other => vec![Issue::error(other.kind().issue_type(), other.to_string())],
    };
    json!({ "response": { "status": status(error.kind()), "outcome": operation_outcome(&issues) } })
}

pub(super) fn not_read(error: &ReadError) -> Value {
    let issue = Issue::error(error.kind().issue_type(), error.to_string());
    json!({ "response": { "status": status(error.kind()), "outcome": operation_outcome(&[issue]) } })
}

fn status(kind: Kind) -> &'static str {
    match kind {
        Kind::Incorrect => "400 Bad Request",
        Kind::Forbidden => "403 Forbidden",
        Kind::NotFound => "404 Not Found",
        Kind::Conflict => "412 Precondition Failed",
        Kind::Refused => "422 Unprocessable Content",
        Kind::Busy => "503 Service Unavailable",
        Kind::Fault => "500 Internal Server Error",
    }
}
