//! Terminology: what a code means, which codes a value set has, what is a kind of what, and what one code is in another system.
//!
//! Code systems, value sets and concept maps are resources of the record like any other; large releases (SNOMED CT, dm+d)
//! lie in tables of their own, and a CodeSystem resource in the record says which release is in use. So every answer is
//! given as of one commit, and names the version that it rests on.
//!
//! Invariant: an answer that cannot be complete is an error or says so, never just a shorter list.

mod built_in;
mod compose;
mod concept;
mod ecl;
mod expand;
mod filter;
mod given;
mod hierarchy;
mod implicit;
pub mod load;
mod look_up;
pub mod parameters;
mod ranges;
mod reader;
mod release;
pub(crate) mod searched;
mod shelf;
pub(crate) mod snomed;
mod subsume;
mod system;
mod translate;
mod validate;

use fhir::outcome::IssueType;
use fhir::resource::{Key, ResourceType};
use serde_json::Value;

use crate::audit::NewLeaf;
use crate::caller::Caller;
use crate::log::{At, T};
use crate::permission::{self, Action};
use crate::store::StoreError;
use crate::terminology::parameters::Parameters;
use crate::terminology::reader::Reader;
pub(crate) use crate::terminology::shelf::Shelf;
use crate::{Kind, ReadError, Record};

/// What can be asked of terminology.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// `CodeSystem/$lookup`: what a code means.
    LookUp,
    /// `CodeSystem/$validate-code`: whether a code system has a code.
    ValidateInSystem,
    /// `CodeSystem/$subsumes`: whether one code is a kind of another.
    Subsumes,
    /// `ValueSet/$expand`: the codes of a value set.
    Expand,
    /// `ValueSet/$validate-code`: whether a value set has a code.
    ValidateInSet,
    /// `ConceptMap/$translate`: what a code is in another code system.
    Translate,
}

impl Operation {
    /// The type of resource that it is asked of.
    pub fn of(self) -> ResourceType {
        match self {
            Self::LookUp | Self::ValidateInSystem | Self::Subsumes => ResourceType::CODE_SYSTEM,
            Self::Expand | Self::ValidateInSet => ResourceType::VALUE_SET,
            Self::Translate => ResourceType::CONCEPT_MAP,
        }
    }

    /// The name by which FHIR calls it, without the dollar sign.
    pub fn name(self) -> &'static str {
        match self {
            Self::LookUp => "lookup",
            Self::ValidateInSystem | Self::ValidateInSet => "validate-code",
            Self::Subsumes => "subsumes",
            Self::Expand => "expand",
            Self::Translate => "translate",
        }
    }
}

/// A question to terminology.
#[derive(Clone, Debug)]
pub struct Question {
    /// What is asked.
    pub operation: Operation,
    /// The resource of which it is asked; `None`: the parameters say it.
    pub on: Option<Key>,
    /// The parameters of the operation.
    pub parameters: Parameters,
    /// The moment as of which it is answered.
    pub at: At,
}

/// What terminology answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// The commit as of which it was answered.
    pub t: T,
    /// A Parameters resource, or the ValueSet of an expansion.
    pub resource: Value,
}

impl Record {
    /// Answers a question to terminology, and keeps its audit leaf.
    ///
    /// # Errors
    /// See [`TerminologyError`].
    pub async fn ask_terminology(
        &self,
        caller: &Caller,
        question: Question,
    ) -> Result<Answered, TerminologyError> {
        let of = question.operation.of();
        permission::check(caller, Action::Read, of.as_str()).map_err(|refusal| {
            ReadError::Forbidden {
                account: caller.account().to_owned(),
                what: refusal.to_string(),
            }
        })?;
        let t = self.moment(&question.at).await?;
        let about = question
            .parameters
            .written(question.operation, question.on.as_ref());
        let reader = Reader::new(self, t);
        let Question {
            operation,
            on,
            mut parameters,
            at: _,
        } = question;
        let answer = match operation {
            Operation::LookUp => reader.look_up(on.as_ref(), &mut parameters).await,
            Operation::ValidateInSystem => {
                reader
                    .validate_in_system(on.as_ref(), &mut parameters)
                    .await
            }
            Operation::Subsumes => reader.subsumes(on.as_ref(), &mut parameters).await,
            Operation::Expand => reader.expand(on.as_ref(), &mut parameters).await,
            Operation::ValidateInSet => reader.validate_in_set(on.as_ref(), &mut parameters).await,
            Operation::Translate => reader.translate(on.as_ref(), &mut parameters).await,
        };
        let leaf = NewLeaf {
            t,
            count: i64::from(answer.is_ok()),
            ..NewLeaf::by(caller, operation.name(), about)
        };
        self.keep_leaf(leaf).await?;
        Ok(Answered {
            t: T(u64::try_from(t).unwrap_or(0)),
            resource: answer?,
        })
    }
}

/// Why terminology gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum TerminologyError {
    /// No such code system, value set or concept map, in this version or at all.
    #[error("there is no {what} here{advice}")]
    Unknown {
        /// For example ``code system `http://example.org` ``.
        what: String,
        /// What there is instead, or what to do; begins with a semicolon, or is empty.
        advice: String,
    },
    /// The code system has no such code.
    #[error("`{code}` is no code of {system}")]
    UnknownCode {
        /// The code.
        code: String,
        /// The code system, with its version.
        system: String,
    },
    /// A parameter is missing, given with another that excludes it, unreadable or unknown.
    #[error("{why}")]
    Parameter {
        /// The parameter's name.
        name: String,
        /// What kind of wrong.
        issue: IssueType,
        /// What is wrong and what to do.
        why: String,
    },
    /// A resource of the record says something that cannot be carried out.
    #[error("{what} {why}")]
    Definition {
        /// Which.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// What is asked is not done here.
    #[error("{what}")]
    NotSupported {
        /// What is not done, and what is done instead.
        what: String,
    },
    /// The answer would be too large, or too much work.
    #[error("{what}")]
    TooCostly {
        /// What is too much, and how to ask for less.
        what: String,
    },
    /// The record could not be read, or not by this caller.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl TerminologyError {
    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Unknown { .. } | Self::UnknownCode { .. } => Kind::NotFound,
            Self::Parameter { .. } | Self::NotSupported { .. } => Kind::Incorrect,
            Self::Definition { .. } | Self::TooCostly { .. } => Kind::Refused,
            Self::Read(why) => why.kind(),
        }
    }

    /// The issue type that says it most precisely; `None`: the kind's own.
    pub fn issue(&self) -> Option<IssueType> {
        match self {
            Self::Unknown { .. } => Some(IssueType::NotFound),
            Self::UnknownCode { .. } => Some(IssueType::CodeInvalid),
            Self::Parameter { issue, .. } => Some(*issue),
            Self::Definition { .. } => Some(IssueType::Invalid),
            Self::NotSupported { .. } => Some(IssueType::NotSupported),
            Self::TooCostly { .. } => Some(IssueType::TooCostly),
            Self::Read(_) => None,
        }
    }

    /// Where, as a path into the parameters.
    pub fn expression(&self) -> Option<String> {
        match self {
            Self::Parameter { name, .. } => {
                Some(format!("Parameters.parameter.where(name='{name}')"))
            }
            Self::Unknown { .. }
            | Self::UnknownCode { .. }
            | Self::Definition { .. }
            | Self::NotSupported { .. }
            | Self::TooCostly { .. }
            | Self::Read(_) => None,
        }
    }

    fn parameter(name: &str, issue: IssueType, why: impl Into<String>) -> Self {
        Self::Parameter {
            name: name.to_owned(),
            issue,
            why: why.into(),
        }
    }

    fn missing(name: &str, why: impl Into<String>) -> Self {
        Self::parameter(name, IssueType::Required, why)
    }

    fn not_supported(what: impl Into<String>) -> Self {
        Self::NotSupported { what: what.into() }
    }

    fn too_costly(what: impl Into<String>) -> Self {
        Self::TooCostly { what: what.into() }
    }
}

impl From<StoreError> for TerminologyError {
    fn from(why: StoreError) -> Self {
        Self::Read(ReadError::from(why))
    }
}

/// A URL with the version behind a bar, as canonical references are written.
pub(crate) fn split_version(canonical: &str) -> (&str, Option<&str>) {
    match canonical.split_once('|') {
        Some((url, version)) if !version.is_empty() => (url, Some(version)),
        Some((url, _)) => (url, None),
        None => (canonical, None),
    }
}

/// A text of somebody else, short enough to be repeated to them.
pub(crate) fn shown(text: &str) -> String {
    text.chars()
        .take(200)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
