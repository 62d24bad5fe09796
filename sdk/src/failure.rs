//! Why there is no answer: a word a program may act on and a sentence for a person.
//!
//! The words are an open list; whoever reads one that is unknown treats it as `fault`.

use std::fmt;

/// Why a departmental, or the host on its behalf, has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// `not-granted`, `not-found`, `not-provided`, `invalid`, `unavailable`, `busy`, `limit`, `fault`, or a later word.
    pub code: String,
    /// What failed and what to do about it, for whoever keeps the departmental running. No patient data.
    pub detail: String,
}

impl Failure {
    /// A failure with a word of its own.
    pub fn new(code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            detail: detail.into(),
        }
    }

    /// What was asked for does not exist, or may not be seen: the two are one answer.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new("not-found", detail)
    }

    /// The departmental has no such screen, action or reaction.
    pub fn not_provided(detail: impl Into<String>) -> Self {
        Self::new("not-provided", detail)
    }

    /// What was asked is not well formed.
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new("invalid", detail)
    }

    /// Something in the record or a pack is not as the departmental believed.
    pub fn fault(detail: impl Into<String>) -> Self {
        Self::new("fault", detail)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.code, self.detail)
    }
}

impl std::error::Error for Failure {}
