//! Issues, and the OperationOutcome that carries them to whoever asked.
//!
//! Invariant: an issue says what is wrong and where, in words that need no other document.

use serde_json::{Value, json};

/// How much an issue matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing more can be done.
    Fatal,
    /// The request, or this part of it, was refused.
    Error,
    /// Accepted, but worth a look.
    Warning,
    /// For information.
    Information,
}

impl Severity {
    /// The FHIR code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fatal => "fatal",
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Information => "information",
        }
    }
}

/// What kind of issue: the codes of FHIR's `issue-type` that the host gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IssueType {
    /// Content that breaks a rule, where no narrower code fits.
    Invalid,
    /// Unknown or misplaced element, or too deep, or not an object.
    Structure,
    /// An element that must be there is not.
    Required,
    /// A value of the wrong shape or outside its bounds.
    Value,
    /// An invariant does not hold.
    Invariant,
    /// Nobody is signed in.
    Login,
    /// Signed in, but not allowed.
    Forbidden,
    /// The host does not do this.
    NotSupported,
    /// The same thing twice.
    Duplicate,
    /// No such thing.
    NotFound,
    /// It was there and was deleted.
    Deleted,
    /// Larger than a bound.
    TooLong,
    /// A code that is not in its value set.
    CodeInvalid,
    /// More work than one request may cause.
    TooCostly,
    /// A search or request that matches more than it may.
    MultipleMatches,
    /// Somebody else changed it first.
    Conflict,
    /// A rule of the service refuses it.
    BusinessRule,
    /// The host could not do it now; trying again may help.
    Transient,
    /// Too much at once; try again later.
    Throttled,
    /// What keeps the facts takes nothing more on.
    NoStore,
    /// Took longer than allowed.
    Timeout,
    /// A fault of the host.
    Exception,
    /// For information.
    Informational,
}

impl IssueType {
    /// The FHIR code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Structure => "structure",
            Self::Required => "required",
            Self::Value => "value",
            Self::Invariant => "invariant",
            Self::Login => "login",
            Self::Forbidden => "forbidden",
            Self::NotSupported => "not-supported",
            Self::Duplicate => "duplicate",
            Self::NotFound => "not-found",
            Self::Deleted => "deleted",
            Self::TooLong => "too-long",
            Self::CodeInvalid => "code-invalid",
            Self::TooCostly => "too-costly",
            Self::MultipleMatches => "multiple-matches",
            Self::Conflict => "conflict",
            Self::BusinessRule => "business-rule",
            Self::Transient => "transient",
            Self::Throttled => "throttled",
            Self::NoStore => "no-store",
            Self::Timeout => "timeout",
            Self::Exception => "exception",
            Self::Informational => "informational",
        }
    }
}

/// One thing to tell whoever asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// How much it matters.
    pub severity: Severity,
    /// What kind it is.
    pub code: IssueType,
    /// What is wrong and what to do, as a sentence without full stop.
    pub details: String,
    /// Where, as a path such as `Patient.name[0].family`.
    pub expression: Option<String>,
}

impl Issue {
    /// An error without a place.
    pub fn error(code: IssueType, details: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            details: details.into(),
            expression: None,
        }
    }

    /// An error at a path.
    pub fn error_at(
        code: IssueType,
        expression: impl Into<String>,
        details: impl Into<String>,
    ) -> Self {
        Self {
            expression: Some(expression.into()),
            ..Self::error(code, details)
        }
    }

    /// Whether the issue is a reason to refuse.
    pub fn is_error(&self) -> bool {
        self.severity <= Severity::Error
    }
}

/// The issues as an OperationOutcome. No issue at all gives one that says all is well, since FHIR asks for at least one.
pub fn operation_outcome(issues: &[Issue]) -> Value {
    let well = [Issue {
        severity: Severity::Information,
        code: IssueType::Informational,
        details: "all is well".to_owned(),
        expression: None,
    }];
    let issues = if issues.is_empty() { &well[..] } else { issues };
    let issues: Vec<Value> = issues.iter().map(issue_value).collect();
    json!({ "resourceType": "OperationOutcome", "issue": issues })
}

fn issue_value(issue: &Issue) -> Value {
    let mut value = json!({
        "severity": issue.severity.as_str(),
        "code": issue.code.as_str(),
        "details": { "text": issue.details },
        "diagnostics": issue.details,
    });
    if let (Some(expression), Some(object)) = (&issue.expression, value.as_object_mut()) {
        object.insert("expression".to_owned(), json!([expression]));
    }
    value
}
