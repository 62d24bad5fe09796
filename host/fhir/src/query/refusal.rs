//! Why a search was refused.
//!
//! Invariant: every refusal names the parameter and says what to write instead.

use crate::near;
use crate::outcome::{Issue, IssueType};
use crate::resource::ResourceType;

/// Why a search was refused. Each names the parameter and says what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// No such parameter.
    #[error("{resource_type} has no search parameter `{name}`{}", near::advice(.near))]
    UnknownParameter {
        /// Of this type.
        resource_type: ResourceType,
        /// As written.
        name: String,
        /// Names that are close.
        near: Vec<String>,
    },
    /// A modifier that the kind does not have, or that is not done here.
    #[error("`{parameter}` does not take `:{modifier}`; it takes {allowed}")]
    UnknownModifier {
        /// As written.
        parameter: String,
        /// As written.
        modifier: String,
        /// What it takes.
        allowed: &'static str,
    },
    /// A value of the wrong shape.
    #[error("`{parameter}={value}`: {problem}")]
    BadValue {
        /// As written.
        parameter: String,
        /// As written, shortened.
        value: String,
        /// What is wrong and what to write.
        problem: String,
    },
    /// Known to FHIR, but not done here.
    #[error("`{parameter}`: {what} is not done here; {instead}")]
    NotSupported {
        /// As written.
        parameter: String,
        /// What is not.
        what: &'static str,
        /// What to write instead.
        instead: &'static str,
    },
    /// More than a bound.
    #[error("too many {what}: {found}, but at most {max} are accepted; ask in several searches")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// In the search.
        found: usize,
        /// The bound.
        max: usize,
    },
    /// A parameter that may be given once.
    #[error("`{0}` may be given once only")]
    Repeated(String),
}

impl QueryError {
    /// Whether it says that a parameter or modifier is not known or not done, rather than that it was written wrongly.
    pub fn is_for_lack(&self) -> bool {
        match self {
            Self::UnknownParameter { .. }
            | Self::UnknownModifier { .. }
            | Self::NotSupported { .. } => true,
            Self::BadValue { .. } | Self::TooMany { .. } | Self::Repeated(_) => false,
        }
    }

    /// The error for an OperationOutcome.
    pub fn issue(&self) -> Issue {
        let code = match self {
            Self::UnknownParameter { .. }
            | Self::UnknownModifier { .. }
            | Self::NotSupported { .. } => IssueType::NotSupported,
            Self::BadValue { .. } => IssueType::Value,
            Self::TooMany { .. } => IssueType::TooLong,
            Self::Repeated(_) => IssueType::Duplicate,
        };
        Issue::error(code, self.to_string())
    }
}
