//! Conditions: what a conditional create or reference rests on, and what it finds.
//!
//! Invariant: a resource that begins or ceases to match a condition changes at least one of the condition's marks.

use std::sync::Arc;

use fhir::query::{Condition, Modifier, Query, System};
use fhir::resource::ResourceType;

use crate::commit::CommitError;
use crate::index::hash;
use crate::memory::Mark;
use crate::store::row::VersionRow;
use crate::{ReadError, Record};

/// Reads what stands behind the question mark of a conditional reference.
pub(super) fn read(resource_type: ResourceType, text: &str) -> Result<Query, String> {
    let pairs: Vec<(String, String)> = form_urlencoded::parse(text.as_bytes())
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    let query = Query::parse(resource_type, &pairs).map_err(|error| error.to_string())?;
    if query.clauses.is_empty() {
        return Err(format!(
            "`{resource_type}?{text}` has no condition: say which {resource_type} is meant"
        ));
    }
    Ok(query)
}

/// A text that is equal for equal conditions.
pub(super) fn written(query: &Query) -> String {
    let mut text = query.resource_type.to_string();
    for clause in &query.clauses {
        text = format!(
            "{text}&{}{:?}={:?}",
            clause.parameter.name, clause.modifier, clause.values
        );
    }
    text
}

/// What has to change before the condition finds something else.
pub(super) fn marks(query: &Query) -> Vec<Mark> {
    for clause in query
        .clauses
        .iter()
        .filter(|clause| clause.modifier.is_none())
    {
        let terms = clause.values.iter().map(|value| match value {
            Condition::Token {
                code: Some(code),
                system: System::Any | System::Absent | System::Is(_),
            } => Some(Mark::Term(clause.parameter.code.number(), hash(code))),
            Condition::Uri(uri) => Some(Mark::Term(clause.parameter.code.number(), hash(uri))),
            Condition::Token { code: None, .. }
            | Condition::Text { .. }
            | Condition::Date { .. } => None,
            Condition::Number { .. } | Condition::Quantity { .. } => None,
            Condition::Reference { .. } | Condition::Missing(_) => None,
        });
        if clause.parameter.name.starts_with('_') {
            continue;
        }
        if let Some(terms) = terms.collect::<Option<Vec<_>>>() {
            return terms;
        }
    }
    vec![Mark::Type(query.resource_type.number())]
}

/// What the condition finds at commit `t`: at most two, since more than one is too many.
pub(super) async fn found(
    record: &Record,
    query: &Query,
    t: i64,
) -> Result<Vec<Arc<VersionRow>>, CommitError> {
    if query
        .clauses
        .iter()
        .any(|clause| clause.modifier == Some(Modifier::Missing))
        && query.clauses.len() == 1
    {
        let what = "a condition needs more than `:missing`".to_owned();
        return Err(CommitError::Unreadable { change: 0, what });
    }
    record
        .matching(query, t, 2)
        .await
        .map_err(|error| match error {
            ReadError::Store { source } => CommitError::Store { source },
            ReadError::Busy => CommitError::Busy,
            other @ (ReadError::NotFound { .. }
            | ReadError::Gone { .. }
            | ReadError::NoSuchMoment { .. }
            | ReadError::Unreadable { .. }
            | ReadError::Forbidden { .. }) => CommitError::Unreadable {
                change: 0,
                what: other.to_string(),
            },
        })
}
