//! FHIR XML and the JSON form that the record keeps, made of each other by the tables of structures.
//!
//! Invariant: what one direction writes the other reads as equal, digit by digit and, for narratives, byte by byte; no
//! document type, no entity but XML's own five, nothing outside the document is ever looked at.

mod narrative;
mod place;
mod read;
mod shape;
mod text;
mod write;

use serde_json::Value;

use crate::outcome::{Issue, IssueType};
use crate::resource::{ParseError, Resource};

/// How deep elements may lie in each other, those of narratives included.
pub const DEPTH_MAX: usize = 128;
/// How many elements a document may have: more than the longest whole history of a patient.
pub const ELEMENTS_MAX: usize = 2_000_000;
/// How many attributes one element may have.
pub const ATTRIBUTES_MAX: usize = 64;

/// The namespace of FHIR.
const FHIR: &str = "http://hl7.org/fhir";
/// The namespace of narratives.
const XHTML: &str = "http://www.w3.org/1999/xhtml";
/// The namespace of hints about schemas, which say nothing about a patient and are passed over.
const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// How a document is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// On one line.
    Compact,
    /// One element a line, for people.
    Indented,
}

/// Reads one resource from UTF-8 XML. How many bytes are acceptable is for the caller to bound.
/// Comments, processing instructions and hints about schemas are left behind; elements may come in any order.
///
/// # Errors
/// `NotXml` where it is not well-formed or not UTF-8, `Refused` where it is not FHIR, with the place as an expression,
/// `Resource` where its JSON form would not be a resource.
pub fn read(bytes: &[u8]) -> Result<Resource, XmlError> {
    Ok(Resource::from_value(read::document(bytes)?)?)
}

/// Writes a resource, or an answer that has the form of one, as an XML document.
///
/// # Errors
/// Where the resource holds what XML has no place for: unknown members, empty arrays, control characters, a narrative
/// that is not well-formed.
pub fn write(resource: &Value, layout: Layout) -> Result<String, Unwritable> {
    write::document(resource, layout)
}

/// Why a document is no resource.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// Broken XML.
    #[error("not XML: {problem} at line {line} column {column}; send one UTF-8 XML document")]
    NotXml {
        /// What is wrong.
        problem: String,
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in characters.
        column: usize,
    },
    /// XML that is not FHIR.
    #[error("{problem} (line {line} column {column})")]
    Refused {
        /// What kind of problem it is.
        code: IssueType,
        /// What was found, and what to do.
        problem: String,
        /// Where, as a path such as `Patient.name[0].given[1]`; empty before the first element.
        expression: String,
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in characters.
        column: usize,
    },
    /// What it says in JSON would be refused too.
    #[error(transparent)]
    Resource(#[from] ParseError),
}

impl XmlError {
    /// The error for an OperationOutcome.
    pub fn issue(&self) -> Issue {
        match self {
            Self::NotXml { .. } => Issue::error(IssueType::Structure, self.to_string()),
            Self::Refused {
                code, expression, ..
            } => Issue {
                expression: Some(expression.clone()).filter(|expression| !expression.is_empty()),
                ..Issue::error(*code, self.to_string())
            },
            Self::Resource(error) => error.issue(),
        }
    }
}

/// Why a resource cannot be written as XML.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{expression} cannot be written as XML: {problem}")]
pub struct Unwritable {
    /// Where, as a path such as `Patient.text.div`.
    pub expression: String,
    /// What was found.
    pub problem: String,
}

impl Unwritable {
    /// The error for an OperationOutcome.
    pub fn issue(&self) -> Issue {
        Issue::error_at(
            IssueType::NotSupported,
            self.expression.clone(),
            format!("{self}; ask for JSON"),
        )
    }
}

#[cfg(test)]
mod tests;
