//! What the HTTP door answers when it says no: one mapping from the record's kinds to statuses, FHIR's OperationOutcome as body.
//!
//! Invariant: no answer carries SQL, a path of this machine or another patient's facts; causes go to the log.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fhir::outcome::{Issue, IssueType, operation_outcome};
use record::commit::CommitError;
use record::{Kind, ReadError, with_causes};
use tracing::error;

/// A no, as FHIR says it.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    issues: Vec<Issue>,
}

impl Problem {
    /// A no of the door itself.
    pub(crate) fn new(status: StatusCode, code: IssueType, details: impl Into<String>) -> Self {
        Self {
            status,
            issues: vec![Issue::error(code, details)],
        }
    }

    /// A no with issues found elsewhere.
    pub(crate) fn with(status: StatusCode, issues: Vec<Issue>) -> Self {
        Self { status, issues }
    }

    fn of(kind: Kind, what: &dyn std::error::Error) -> Self {
        if kind == Kind::Fault {
            error!("{}", with_causes(what));
            let details = "something failed on our side; nothing was changed. It has been logged: try again, then report it";
            return Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                IssueType::Exception,
                details,
            );
        }
        Self::new(status(kind), kind.issue_type(), what.to_string())
    }
}

/// The status for each kind of no: the only such table.
pub(crate) fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::Incorrect => StatusCode::BAD_REQUEST,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::Refused => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::Busy => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Fault => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl From<ReadError> for Problem {
    fn from(why: ReadError) -> Self {
        match &why {
            ReadError::Gone { .. } => {
                Self::new(StatusCode::GONE, IssueType::Deleted, why.to_string())
            }
            ReadError::NotFound { .. }
            | ReadError::NoSuchMoment { .. }
            | ReadError::Unreadable { .. }
            | ReadError::Forbidden { .. }
            | ReadError::Busy
            | ReadError::Store { .. } => Self::of(why.kind(), &why),
        }
    }
}

impl From<CommitError> for Problem {
    fn from(why: CommitError) -> Self {
        match why {
            CommitError::Invalid { change: _, issues } => {
                Self::with(StatusCode::UNPROCESSABLE_ENTITY, issues)
            }
            CommitError::UnknownReference { ref path, .. } => {
                let issue = Issue::error_at(IssueType::NotFound, why.to_string(), path.clone());
                Self::with(StatusCode::UNPROCESSABLE_ENTITY, vec![issue])
            }
            CommitError::Stale { .. } => Self::new(
                StatusCode::PRECONDITION_FAILED,
                IssueType::Conflict,
                why.to_string(),
            ),
            CommitError::Ambiguous { .. } => Self::new(
                StatusCode::PRECONDITION_FAILED,
                IssueType::MultipleMatches,
                why.to_string(),
            ),
            CommitError::TooLarge { .. } => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                IssueType::TooLong,
                why.to_string(),
            ),
            CommitError::Missing { .. }
            | CommitError::Twice { .. }
            | CommitError::Unreadable { .. }
            | CommitError::Forbidden { .. }
            | CommitError::AlreadyKept { .. }
            | CommitError::CursorMoved { .. }
            | CommitError::Busy
            | CommitError::Store { .. } => Self::of(why.kind(), &why),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = operation_outcome(&self.issues).to_string();
        let mut response = (
            self.status,
            [(header::CONTENT_TYPE, super::fhir_api::FHIR_JSON)],
            body,
        )
            .into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
