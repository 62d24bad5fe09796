//! Documents and messages that are sent to the base: filed, and answered whole.
//!
//! Invariant: 200 is answered only when all of it is in the record.

use axum::http::StatusCode;
use axum::response::Response;
use fhir::outcome::{Issue, IssueType, Severity, operation_outcome};
use fhir::resource::Resource;
use record::document::{DocumentError, Filed};

use crate::fhir_api::answer;
use crate::fhir_api::ask::Ask;
use crate::fhir_api::prefer;
use crate::limits::BUNDLE_ENTRIES_MAX;
use crate::problem::{Problem, status};

/// 200 with what became of each entry, or that the same was filed before; 422 with everything that is wrong with it.
pub(super) async fn filed(ask: &Ask, bundle: &Resource, body: &[u8]) -> Result<Response, Problem> {
    let entries = bundle.value()["entry"].as_array().map_or(0, Vec::len);
    if entries > BUNDLE_ENTRIES_MAX {
        let details = format!("send at most {BUNDLE_ENTRIES_MAX} entries at once");
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        return Err(Problem::new(status, IssueType::TooLong, details));
    }
    let done = ask.door.record.file_document(&ask.caller, bundle, body);
    match done.await? {
        Filed::Now(t, outcomes) => {
            let give = prefer::give(&ask.headers);
            let told = outcomes
                .iter()
                .map(|it| super::changed_entry(ask, it, give));
            let told: Vec<String> = told.collect();
            Ok(super::answered("transaction-response", t, &told))
        }
        Filed::Before(t) => {
            let details = format!("the same document was filed before, in commit {t}");
            let issue = Issue {
                severity: Severity::Information,
                ..Issue::error(IssueType::Informational, details)
            };
            Ok(answer::read_at(t, operation_outcome(&[issue]).to_string()))
        }
    }
}

impl From<DocumentError> for Problem {
    fn from(why: DocumentError) -> Self {
        match why {
            DocumentError::Unfit { issues } => Self::with(StatusCode::UNPROCESSABLE_ENTITY, issues),
            DocumentError::Commit { source } => source.into(),
            DocumentError::Read { source } => source.into(),
            why @ DocumentError::Forbidden { .. } => {
                let kind = why.kind();
                Self::new(status(kind), kind.issue_type(), why.to_string())
            }
        }
    }
}
