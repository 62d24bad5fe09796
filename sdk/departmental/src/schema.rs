//! A document held against one of the schemas that this tool brings.
//!
//! Invariant: a finding says where it is, what is wrong, and what to do about it.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

/// Findings that are told at once.
const FINDINGS_MAX: usize = 20;
/// Characters of a finding: one that is about a large part of the document would show all of it.
const FINDING_CHARS_MAX: usize = 600;

/// What of a document does not follow a schema, each with its place; an error when the schema itself is broken.
///
/// `one_of`: what to do where the schema has alternatives.
pub(crate) fn findings(
    schema: &str,
    document: &Value,
    one_of: &str,
) -> Result<Vec<String>, String> {
    let schema: Value = serde_json::from_str(schema).map_err(|wrong| wrong.to_string())?;
    let validator = jsonschema::validator_for(&schema).map_err(|wrong| wrong.to_string())?;
    let findings = validator.iter_errors(document).take(FINDINGS_MAX);
    let told = findings.map(|finding| {
        let place = finding.instance_path().to_string();
        let place = if place.is_empty() { "/" } else { &place };
        let what = finding.to_string();
        let short = match what.chars().count() > FINDING_CHARS_MAX {
            true => {
                let cut: String = what.chars().take(FINDING_CHARS_MAX).collect();
                format!("{cut}…")
            }
            false => what,
        };
        format!("{place}: {short}; {}", mend(&finding, one_of))
    });
    Ok(told.collect())
}

/// What to do about a finding of the schema.
fn mend(finding: &ValidationError<'_>, one_of: &str) -> String {
    match finding.kind() {
        ValidationErrorKind::Required { .. } => "add it".to_owned(),
        ValidationErrorKind::AdditionalProperties { .. } => {
            "correct its spelling, or take it out".to_owned()
        }
        ValidationErrorKind::Enum { .. } | ValidationErrorKind::Constant { .. } => {
            "write one of the words that are named".to_owned()
        }
        ValidationErrorKind::Pattern { .. } => {
            "write it in that form; the schema in wit/schemas has the description".to_owned()
        }
        ValidationErrorKind::MinLength { .. } | ValidationErrorKind::MinItems { .. } => {
            "write more".to_owned()
        }
        ValidationErrorKind::MaxLength { .. } | ValidationErrorKind::MaxItems { .. } => {
            "write less".to_owned()
        }
        ValidationErrorKind::Type { .. } => "write a value of that type".to_owned(),
        ValidationErrorKind::OneOfNotValid { .. }
        | ValidationErrorKind::OneOfMultipleValid { .. } => one_of.to_owned(),
        ValidationErrorKind::Not { .. } => "leave one of them out".to_owned(),
        _ => "correct it".to_owned(),
    }
}
