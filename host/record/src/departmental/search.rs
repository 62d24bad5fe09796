//! A departmental's search as text: read, held against its grants and its patient, and written again for the next page.
//!
//! Invariant: a search that is let through names no other patient and reaches no type that was not granted.

use std::str::FromStr;

use fhir::query::{Clause, Condition, Query, Summary};
use fhir::resource::{Id, ResourceType};

use crate::departmental::Failure;
use crate::departmental::grant::Grants;
use crate::departmental::manifest::DeclaredView;
use crate::permission;

/// Longest search a departmental may ask, in bytes.
const SEARCH_BYTES_MAX: usize = 8 * 1024;
/// Most name and value pairs in it.
const PAIRS_MAX: usize = 64;

/// A search that was let through.
#[derive(Debug)]
pub(super) struct Asked {
    /// What is looked for.
    pub(super) query: Query,
    /// As written, without `_page`.
    pub(super) pairs: Vec<(String, String)>,
}

/// Reads `Type?name=value&…` and refuses what goes beyond the grants or the patient.
pub(super) fn allowed(text: &str, grants: &Grants, patient: Option<&Id>) -> Result<Asked, Failure> {
    if text.len() > SEARCH_BYTES_MAX {
        return Err(Failure::new(
            "limit",
            format!("a search is at most {SEARCH_BYTES_MAX} bytes long"),
        ));
    }
    let (name, conditions) = text.split_once('?').unwrap_or((text, ""));
    let resource_type =
        ResourceType::from_str(name).map_err(|error| Failure::new("invalid", error.to_string()))?;
    readable(name, grants, patient)?;
    let mut pairs = pairs(conditions).map_err(|what| Failure::new("invalid", what))?;
    let query = Query::parse(resource_type, &pairs)
        .map_err(|error| Failure::new("invalid", error.to_string()))?;
    if query.as_of.is_some() {
        return Err(Failure::new(
            "invalid",
            "leave `_asOf` out: a call reads the record as of one moment",
        ));
    }
    let whole = matches!(query.summary, None | Some(Summary::False | Summary::Count))
        && query.elements.is_empty();
    if !whole {
        return Err(Failure::new(
            "invalid",
            "leave `_elements` and `_summary` out: a chart gives whole resources",
        ));
    }
    only_this_patient(&query, patient)?;
    only_granted_types(&query, grants)?;
    only_granted_includes(&query, grants)?;
    pairs.retain(|(name, _)| name != "_page");
    Ok(Asked { query, pairs })
}

/// Reads the search of a view, and refuses what names a patient other than the call's or goes beyond what the manifest says its resources are
/// found by.
pub(super) fn of_view(
    asked: &[(String, String)],
    declared: &DeclaredView,
    patient: Option<&Id>,
) -> Result<Query, Failure> {
    let of = declared.view.resource_type;
    let query = Query::parse(of, asked)
        .map_err(|error| Failure::new("invalid", format!("search: {error}")))?;
    let bare = query.criteria.is_empty()
        && query.includes.is_empty()
        && query.elements.is_empty()
        && query.count.is_none()
        && query.page.is_none()
        && query.total.is_none()
        && query.summary.is_none()
        && query.as_of.is_none();
    if !bare {
        let what = "search: write conditions and `_sort` only, without chains; `offset` and `count` say which rows";
        return Err(Failure::new("invalid", what));
    }
    let clauses = query.clauses.iter().map(|clause| clause.parameter.name);
    let mut named = clauses.chain(query.sort.iter().map(|by| by.parameter.name));
    if let Some(name) = named.find(|name| !declared.search.iter().any(|known| known == name)) {
        let what = format!(
            "search: the view {} is not found by `{name}` in the manifest",
            declared.id
        );
        return Err(Failure::new("not-granted", what));
    }
    only_this_patient(&query, patient)?;
    Ok(query)
}

/// Whether resources of a type may be read in a call about this patient, or about none.
pub(super) fn readable(
    resource_type: &str,
    grants: &Grants,
    patient: Option<&Id>,
) -> Result<(), Failure> {
    if !grants.may_read(resource_type) {
        let what =
            format!("{resource_type} is not asked for by the manifest, or not granted to it here");
        return Err(Failure::new("not-granted", what));
    }
    if patient.is_none() && !permission::is_directory(resource_type) {
        let what = format!("this call is about no patient, so it has no {resource_type} to read");
        return Err(Failure::new("not-granted", what));
    }
    Ok(())
}

/// The search of the following page, as the guest is to ask it.
pub(super) fn next(asked: &Asked, cursor: &str) -> String {
    let mut text = form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(&asked.pairs).append_pair("_page", cursor);
    format!("{}?{}", asked.query.resource_type, text.finish())
}

/// Decodes `name=value&…`.
pub(crate) fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    let pairs: Vec<(String, String)> = form_urlencoded::parse(text.as_bytes())
        .take(PAIRS_MAX + 1)
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    if pairs.len() > PAIRS_MAX {
        return Err(format!("a search has at most {PAIRS_MAX} parameters"));
    }
    Ok(pairs)
}

fn only_this_patient(query: &Query, patient: Option<&Id>) -> Result<(), Failure> {
    let mut wrong = None;
    let mut look = |of: ResourceType, clause: &Clause| {
        if clause
            .values
            .iter()
            .any(|value| names_other(of, clause, value, patient))
        {
            wrong = Some(clause.parameter.name);
        }
    };
    query
        .clauses
        .iter()
        .for_each(|clause| look(query.resource_type, clause));
    for criterion in &query.criteria {
        criterion.each_clause(query.resource_type, &mut look);
    }
    match wrong {
        None => Ok(()),
        Some(name) => {
            let what = format!(
                "`{name}` names a patient other than that of the call; leave it out, or write the type before the id"
            );
            Err(Failure::new("not-granted", what))
        }
    }
}

fn names_other(of: ResourceType, clause: &Clause, value: &Condition, patient: Option<&Id>) -> bool {
    match value {
        Condition::Reference { keys, .. } => keys
            .iter()
            .any(|key| key.resource_type == ResourceType::PATIENT && patient != Some(&key.id)),
        Condition::Token {
            code: Some(code), ..
        } => {
            of == ResourceType::PATIENT
                && clause.parameter.name == "_id"
                && patient.is_none_or(|patient| patient.as_str() != code)
        }
        Condition::Composite(parts) => parts
            .iter()
            .any(|part| names_other(of, clause, part, patient)),
        Condition::Token { code: None, .. }
        | Condition::Text { .. }
        | Condition::Date { .. }
        | Condition::Number { .. }
        | Condition::Quantity { .. }
        | Condition::Uri(_)
        | Condition::OfType { .. }
        | Condition::Near { .. }
        | Condition::Words(_)
        | Condition::Missing(_) => false,
    }
}

/// What chains, `_has` and lists look into must be granted as well.
fn only_granted_types(query: &Query, grants: &Grants) -> Result<(), Failure> {
    let mut beyond = None;
    for criterion in &query.criteria {
        criterion.each_type(&mut |of| {
            // A search of the directory is not held to the patient, so nothing that it looks into may be a patient's.
            let is_held = !permission::is_directory(query.resource_type.as_str())
                || permission::is_directory(of.as_str());
            if !grants.may_read(of.as_str()) || !is_held {
                beyond = Some(of);
            }
        });
    }
    match beyond {
        None => Ok(()),
        Some(of) => {
            let what = format!(
                "it would search through {of}, which is not granted here; name the types of a chain"
            );
            Err(Failure::new("not-granted", what))
        }
    }
}

fn only_granted_includes(query: &Query, grants: &Grants) -> Result<(), Failure> {
    for include in &query.includes {
        let source = include.parameter.resource_type.as_str();
        let beyond = if !grants.may_read(source) {
            Some(source)
        } else {
            include
                .target
                .map(ResourceType::as_str)
                .filter(|target| !grants.may_read(target))
        };
        if let Some(beyond) = beyond {
            let what = format!(
                "`{}` would include {beyond}, which is not granted",
                include.parameter.name
            );
            return Err(Failure::new("not-granted", what));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
