//! The values of a clause as a store compares them: numbers, hashes and normalised text.
//!
//! Invariant: a value that the kind of the parameter cannot have is none, never another one.

use std::collections::HashMap;

use fhir::query::{Clause, Comparison, Condition, Modifier, System, uris_above};
use fhir::resource::Key;

use crate::index::{hash, hash_of_foreign, implied};
use crate::store::plan::{Amount, Term, Test, Text};

/// The commit after the last that there can be.
const END: i64 = i64::MAX;

pub(super) fn terms(clause: &Clause) -> Vec<Term> {
    let each = clause.values.iter().filter_map(|value| match value {
        Condition::Token { system, code } => Some(Term {
            value: code.as_deref().map(hash),
            system: match system {
                System::Any => None,
                System::Absent => Some(0),
                System::Is(system) => Some(hash(system)),
            },
        }),
        Condition::Uri(uri) => Some(Term {
            value: Some(hash(uri)),
            system: None,
        }),
        // Which type it is of is looked at.
        Condition::OfType { value, .. } => Some(Term {
            value: Some(hash(value)),
            system: None,
        }),
        _other => None,
    });
    if clause.modifier != Some(Modifier::Above) {
        return each.collect();
    }
    let uris = clause.values.iter().filter_map(|value| match value {
        Condition::Uri(uri) => Some(uris_above(uri)),
        _other => None,
    });
    let term = |uri: String| Term {
        value: Some(hash(&uri)),
        system: None,
    };
    uris.flatten().map(term).collect()
}

pub(super) fn texts(clause: &Clause) -> Vec<Text> {
    let each = clause.values.iter().filter_map(|value| {
        let Condition::Text { normalised, .. } = value else {
            return None;
        };
        let text = normalised.clone();
        Some(match clause.modifier {
            Some(Modifier::Exact | Modifier::Whole) => Text::Is(text),
            Some(Modifier::Contains | Modifier::Text) => Text::Contains(text),
            Some(Modifier::Ends) => Text::Ends(text),
            Some(Modifier::Missing | Modifier::Not | Modifier::OfType | Modifier::Identifier) => {
                Text::Starts(text)
            }
            Some(Modifier::In | Modifier::NotIn | Modifier::Above | Modifier::Below) | None => {
                Text::Starts(text)
            }
        })
    });
    each.collect()
}

pub(super) fn amounts(clause: &Clause) -> Vec<Amount> {
    let each = clause.values.iter().filter_map(|value| match value {
        Condition::Number {
            comparison,
            low,
            high,
        } => Some(Amount {
            comparison: *comparison,
            low: *low,
            high: *high,
            system: None,
            code: None,
        }),
        Condition::Quantity {
            comparison,
            low,
            high,
            system,
            code,
        } => Some(Amount {
            comparison: *comparison,
            low: *low,
            high: *high,
            system: system.as_deref().map(hash),
            code: code.as_deref().map(hash),
        }),
        _other => None,
    });
    each.collect()
}

pub(super) fn references(clause: &Clause, numbers: &HashMap<Key, i64>) -> Test {
    let parameter = clause.parameter.code.number();
    let mut here = Vec::new();
    let mut foreign = Vec::new();
    for value in &clause.values {
        if let Condition::Reference { keys, text } = value {
            here.extend(keys.iter().filter_map(|key| numbers.get(key).copied()));
            if keys.is_empty() {
                foreign.push(hash_of_foreign(text));
            }
        }
    }
    let not = clause.modifier == Some(Modifier::Not);
    if implied(clause.parameter.code) && foreign.is_empty() && !not {
        return Test::Patient {
            parameter,
            any: here,
        };
    }
    let any = here.into_iter().chain(foreign).map(|value| Term {
        value: Some(value),
        system: None,
    });
    Test::Term {
        parameter,
        any: any.collect(),
        not,
    }
}

/// The commits, from the first until before the second, at whose moments the comparison holds; `low` and `high` are the
/// first commits at or after the ends of what was written.
pub(super) fn commits(comparison: Comparison, low: i64, high: i64) -> Vec<(i64, i64)> {
    match comparison {
        Comparison::Equal | Comparison::Approximate => vec![(low, high)],
        Comparison::NotEqual => vec![(0, low), (high, END)],
        Comparison::Greater | Comparison::StartsAfter => vec![(high, END)],
        Comparison::Less | Comparison::EndsBefore => vec![(0, low)],
        Comparison::GreaterOrEqual => vec![(low, END)],
        Comparison::LessOrEqual => vec![(0, high)],
    }
}
