//! Conditions: what a conditional create or reference rests on, and what it finds.
//!
//! Invariant: a resource that begins or ceases to match a condition changes at least one of the condition's marks.

use std::sync::Arc;

use fhir::query::{Condition, Modifier, Query, System};
use fhir::resource::ResourceType;
use fhir::search_parameter::{self, Known};

use crate::commit::CommitError;
use crate::index::hash;
use crate::memory::Mark;
use crate::person;
use crate::store::row::VersionRow;
use crate::{ReadError, Record};

/// Reads what stands behind the question mark of a conditional reference, or in `ifNoneExist`.
///
/// # Errors
/// In words: what of it is no condition, and what to write.
pub fn read(known: &Known, resource_type: ResourceType, text: &str) -> Result<Query, String> {
    let pairs: Vec<(String, String)> = form_urlencoded::parse(text.as_bytes())
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    let query =
        Query::parse_among(known, resource_type, &pairs).map_err(|error| error.to_string())?;
    only_conditions(&query)?;
    Ok(query)
}

/// Refuses a search that is no condition: one without clauses, or one that says how its answer is to look.
///
/// # Errors
/// In words: what of it is no condition, and what to write.
pub fn only_conditions(query: &Query) -> Result<(), String> {
    let of = query.resource_type;
    if !query.criteria.is_empty() {
        return Err(NOT_PLAIN.to_owned());
    }
    if query.clauses.is_empty() {
        return Err(format!(
            "there is no condition: say which {of} is meant, for example by identifier=system|value"
        ));
    }
    let about_the_answer = [
        (!query.sort.is_empty(), "_sort"),
        (query.count.is_some(), "_count"),
        (query.page.is_some(), "_page"),
        (query.total.is_some(), "_total"),
        (query.summary.is_some(), "_summary"),
        (!query.elements.is_empty(), "_elements"),
        (!query.includes.is_empty(), "_include"),
        (query.as_of.is_some(), "_asOf"),
    ];
    match about_the_answer.iter().find(|(there, _)| *there) {
        Some((_, name)) => Err(format!("`{name}` is no part of a condition: leave it out")),
        None => Ok(()),
    }
}

/// Why conditions are plain: whether one still holds is told from changes of resources of its own type.
const NOT_PLAIN: &str = "a condition may not look into other resources or value sets: no chain, `_has`, `_list`, \
                         `_filter`, `:in`, `:above` or `:below`; name what is meant by its reference or code";

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
            Condition::OfType { .. } | Condition::Composite(_) => None,
            Condition::Near { .. } | Condition::Words(_) => None,
        });
        // A parameter with parts has no terms of its own.
        let of_parts = search_parameter::parts(clause.parameter.code).is_some();
        if clause.parameter.name.starts_with('_') || of_parts {
            continue;
        }
        if let Some(terms) = terms.collect::<Option<Vec<_>>>() {
            return terms;
        }
    }
    vec![Mark::Type(query.resource_type.number())]
}

/// Merged people whom a condition passes over to find the one who stands.
const MERGED_MAX: u32 = 100;

fn was_merged(row: &VersionRow) -> bool {
    let body = row.body.as_deref().unwrap_or_default();
    body.contains(person::MERGED)
        && serde_json::from_str(body).is_ok_and(|body| person::merged_to(&body).is_some())
}

/// What the condition finds at commit `t`, at most `n_max`; who asks wants one more than may be found.
pub(super) async fn found(
    record: &Record,
    change: usize,
    query: &Query,
    (t, n_max): (i64, u32),
) -> Result<Vec<Arc<VersionRow>>, CommitError> {
    if query
        .clauses
        .iter()
        .all(|clause| clause.modifier == Some(Modifier::Missing))
    {
        let what = "a condition needs more than `:missing`".to_owned();
        return Err(CommitError::Unreadable { change, what });
    }
    if !query.criteria.is_empty() || !query.is_of_resource_alone() {
        let what = NOT_PLAIN.to_owned();
        return Err(CommitError::Unreadable { change, what });
    }
    // Who was merged has the same numbers as who stands, and does not stand in the way.
    let people = query.resource_type == ResourceType::PATIENT;
    let n_wanted = n_max + if people { MERGED_MAX } else { 0 };
    let mut found = record.matching(query, t, n_wanted).await;
    if let Ok(rows) = &mut found
        && people
        && rows.len() > 1
    {
        rows.retain(|row| !was_merged(row));
        rows.truncate(usize::try_from(n_max).unwrap_or(usize::MAX));
    }
    found.map_err(|error| match error {
        ReadError::Store { source } => CommitError::Store { source },
        ReadError::Busy => CommitError::Busy,
        other @ (ReadError::NotFound { .. }
        | ReadError::Gone { .. }
        | ReadError::NoSuchMoment { .. }
        | ReadError::Unreadable { .. }
        | ReadError::Unfinished { .. }
        | ReadError::Forbidden { .. }) => CommitError::Unreadable {
            change,
            what: other.to_string(),
        },
    })
}
