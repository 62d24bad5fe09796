//! FHIRPath: expressions compiled once, evaluated over JSON without copying it.
//!
//! Invariant: evaluation never changes and never copies a resource.

/// A compiled expression.
#[derive(Debug)]
pub struct Expression {
    text: Box<str>,
}

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem} at character {at} of `{text}`")]
pub struct PathError {
    /// What is wrong, and what is expected.
    pub problem: String,
    /// Counted from 1.
    pub at: usize,
    /// The expression.
    pub text: String,
}

impl Expression {
    /// Compiles an expression.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        if text.is_empty() {
            return Err(PathError {
                problem: "an empty expression".to_owned(),
                at: 1,
                text: text.to_owned(),
            });
        }
        Ok(Self { text: text.into() })
    }

    /// As written.
    pub fn text(&self) -> &str {
        &self.text
    }
}
