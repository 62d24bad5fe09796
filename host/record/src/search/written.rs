//! A query as the audit keeps it, and as a cursor stands for it.
//!
//! Invariant: two queries that find different things are written differently.

use std::fmt::Write as _;

use fhir::query::criterion::Criterion;
use fhir::query::{Clause, Query};
use fhir::resource::Key;

/// The query, without its page.
pub(super) fn written(query: &Query, within: Option<&Key>) -> String {
    let mut text = String::with_capacity(160);
    text.push_str(query.resource_type.as_str());
    for clause in &query.clauses {
        text.push('&');
        push_clause(&mut text, clause);
    }
    for criterion in &query.criteria {
        text.push('&');
        push(&mut text, criterion);
    }
    for by in &query.sort {
        let way = if by.descending { "-" } else { "" };
        // Writing to a String cannot fail.
        let _ = write!(text, "&_sort={way}{}", by.parameter.name);
    }
    if let Some(patient) = within {
        let _ = write!(text, " within {patient}");
    }
    text
}

fn push_clause(text: &mut String, clause: &Clause) {
    text.push_str(clause.parameter.name);
    if let Some(modifier) = clause.modifier {
        let _ = write!(text, ":{modifier:?}");
    }
    let _ = write!(text, "={:?}", clause.values);
}

fn push(text: &mut String, criterion: &Criterion) {
    let each = |text: &mut String, of: &[Criterion], word: &str| {
        text.push('(');
        for one in of {
            push(text, one);
            text.push_str(word);
        }
        text.push(')');
    };
    match criterion {
        Criterion::Clause(clause) => push_clause(text, clause),
        Criterion::All(of) => each(text, of, " and "),
        Criterion::Any(of) => each(text, of, " or "),
        Criterion::Not(of) => {
            text.push_str("not ");
            push(text, of);
        }
        Criterion::Refers { by, to } => {
            for nested in to {
                let _ = write!(text, "{}:{}.", by.name, nested.resource_type);
                push(text, &nested.criterion);
            }
        }
        Criterion::Referred { by, from } => {
            let _ = write!(text, "_has:{}:{}:", from.resource_type, by.name);
            push(text, &from.criterion);
        }
        Criterion::Listed(ids) => {
            let _ = write!(text, "_list={ids:?}");
        }
    }
}
