//! What the HTTP door answers when it says no: one mapping from the record's kinds to statuses, FHIR's OperationOutcome as body.
//!
//! Invariant: no answer carries SQL, a path of this machine or another patient's facts; causes go to the log.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fhir::outcome::{Issue, IssueType, operation_outcome};
use record::commit::CommitError;
use record::job::JobError;
use record::log::T;
use record::person::PersonError;
use record::store::StoreError;
use record::{Kind, ReadError, with_causes};
use tracing::error;

use crate::fhir_api::T_HEADER;

/// What is said when the disk has no room: a read has to be noted down before it is answered, and that failed too.
const FULL: &str = "the disk of the record is full, its reserve included: nothing was written, and no read can be noted \
                    down and answered; try again when somebody has made room";

/// A no, as FHIR says it.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    issues: Vec<Issue>,
    /// As of which commit it is true, where it is about the record.
    t: Option<T>,
}

impl Problem {
    /// A no of the door itself.
    pub(crate) fn new(status: StatusCode, code: IssueType, details: impl Into<String>) -> Self {
        Self {
            status,
            issues: vec![Issue::error(code, details)],
            t: None,
        }
    }

    /// A no with issues found elsewhere.
    pub(crate) fn with(status: StatusCode, issues: Vec<Issue>) -> Self {
        Self {
            status,
            issues,
            t: None,
        }
    }

    /// As of a commit.
    pub(crate) fn at(self, t: T) -> Self {
        Self { t: Some(t), ..self }
    }

    /// About something within what was sent, by its path.
    pub(crate) fn within(mut self, path: &str) -> Self {
        for issue in &mut self.issues {
            let inner = issue.expression.take();
            let whole = inner.map_or_else(|| path.to_owned(), |inner| format!("{path}.{inner}"));
            issue.expression = Some(whole);
        }
        self
    }

    /// The status, and the OperationOutcome as JSON.
    pub(crate) fn said(&self) -> (StatusCode, String) {
        (self.status, operation_outcome(&self.issues).to_string())
    }

    /// An answer that is too long to be written in another format.
    pub(crate) fn too_long_an_answer() -> Self {
        let details = "the answer is too long for this format: ask for smaller pages with `_count`, or for JSON";
        Self::new(StatusCode::NOT_ACCEPTABLE, IssueType::TooLong, details)
    }

    fn of(kind: Kind, what: &(dyn std::error::Error + 'static)) -> Self {
        if kind == Kind::Full {
            return Self::new(status(kind), kind.issue_type(), FULL);
        }
        if kind == Kind::Fault {
            error!("{}", with_causes(what));
            let details = if is_doubtful(what) {
                "the database went away while this was written, and whether it was kept is not known: look before you send it again"
            } else {
                "something failed on our side; nothing was changed. It has been logged: try again, then report it"
            };
            return Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                IssueType::Exception,
                details,
            );
        }
        Self::new(status(kind), kind.issue_type(), what.to_string())
    }
}

/// Whether nobody knows if it was written: only then "nothing was changed" would be a lie.
fn is_doubtful(what: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(what);
    while let Some(it) = cause {
        if matches!(it.downcast_ref(), Some(StoreError::Doubtful)) {
            return true;
        }
        cause = it.source();
    }
    false
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
        Kind::Full => StatusCode::INSUFFICIENT_STORAGE,
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
            | ReadError::Unfinished { .. }
            | ReadError::Forbidden { .. }
            | ReadError::Busy
            | ReadError::Store { .. } => Self::of(why.kind(), &why),
        }
    }
}

impl From<PersonError> for Problem {
    fn from(why: PersonError) -> Self {
        match why {
            PersonError::Commit { source } => source.into(),
            PersonError::Read { source } => source.into(),
            PersonError::NotFound { .. }
            | PersonError::Forbidden { .. }
            | PersonError::Itself { .. }
            | PersonError::Reason
            | PersonError::MergedAlready { .. }
            | PersonError::Inactive { .. }
            | PersonError::Restricted { .. }
            | PersonError::NhsNumbersDiffer { .. }
            | PersonError::Differ { .. }
            | PersonError::Changed { .. }
            | PersonError::TooMuch { .. }
            | PersonError::NotAMerge { .. }
            | PersonError::UndoneBefore { .. }
            | PersonError::NotToDecide { .. }
            | PersonError::NothingDecided
            | PersonError::Busy
            | PersonError::Store { .. } => Self::of(why.kind(), &why),
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
                let issue = Issue::error_at(IssueType::NotFound, path.clone(), why.to_string());
                Self::with(StatusCode::UNPROCESSABLE_ENTITY, vec![issue])
            }
            CommitError::Unpatchable { change: _, issue } => {
                Self::with(StatusCode::UNPROCESSABLE_ENTITY, vec![*issue])
            }
            CommitError::Refused { .. } => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                IssueType::BusinessRule,
                why.to_string(),
            ),
            CommitError::UsedBefore { .. } => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                IssueType::Duplicate,
                why.to_string(),
            ),
            CommitError::Merged { .. } => {
                Self::new(StatusCode::CONFLICT, IssueType::Conflict, why.to_string())
            }
            CommitError::Taken { .. } | CommitError::DoneBefore { .. } => {
                Self::new(StatusCode::CONFLICT, IssueType::Duplicate, why.to_string())
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
            | CommitError::NoMatch { .. }
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

impl From<JobError> for Problem {
    fn from(why: JobError) -> Self {
        match why {
            JobError::Read { source } => source.into(),
            JobError::Commit { source } => source.into(),
            why @ (JobError::NoJob
            | JobError::Incorrect { .. }
            | JobError::Forbidden { .. }
            | JobError::NoFolder
            | JobError::Busy { .. }
            | JobError::Ended
            | JobError::File { .. }
            | JobError::Store { .. }) => Self::of(why.kind(), &why),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, body) = self.said();
        let media_type = [(header::CONTENT_TYPE, super::fhir_api::FHIR_JSON)];
        let mut response = (status, media_type, body).into_response();
        if let Some(T(t)) = self.t {
            let t = HeaderValue::from(t);
            response.headers_mut().insert(T_HEADER, t);
        }
        let wait_s = match self.status {
            StatusCode::SERVICE_UNAVAILABLE => Some("1"),
            // Somebody has to make room first.
            StatusCode::INSUFFICIENT_STORAGE => Some("30"),
            _ => None,
        };
        if let Some(wait_s) = wait_s {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static(wait_s));
        }
        response
    }
}
