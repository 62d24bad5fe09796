//! Whether a resource is what a search looks for, told from the resource alone.
//!
//! Invariant: the answer is the one that a search over index entries gives, and `:exact` compares letter by letter,
//! which index entries cannot.

use super::{Clause, Condition, Modifier, Query, System};
use crate::date::{self, Form};
use crate::resource::{Id, Resource};
use crate::search_parameter::{IndexValue, Kept, text, values};

impl Query {
    /// Whether the resource is of the type and satisfies every clause.
    pub fn holds(&self, resource: &Resource) -> bool {
        resource.resource_type() == self.resource_type
            && self.clauses.iter().all(|clause| clause.holds(resource))
    }
}

impl Clause {
    /// Whether the resource, which must be of the parameter's type, satisfies this clause.
    pub fn holds(&self, resource: &Resource) -> bool {
        match self.parameter.kept {
            Kept::Nowhere => return false,
            Kept::Row => return self.values.iter().any(|condition| row(condition, resource)),
            Kept::Index => {}
        }
        if self.modifier == Some(Modifier::Exact) {
            return self.holds_exactly(resource);
        }
        let found = values(self.parameter, resource);
        let any = || {
            let fits = |condition| found.iter().any(|value| self.fits(condition, value));
            self.values.iter().any(fits)
        };
        match (self.modifier, self.values.as_slice()) {
            (_, [Condition::Missing(missing)]) => found.is_empty() == *missing,
            (Some(Modifier::Not), _) => !any(),
            (Some(Modifier::Missing | Modifier::Exact | Modifier::Contains) | None, _) => any(),
        }
    }

    /// Whether one of the texts is there with every letter and accent as written.
    pub fn holds_exactly(&self, resource: &Resource) -> bool {
        let Some(expression) = &self.parameter.expression else {
            return false;
        };
        let wanted = |text: &str| {
            let is = |condition: &Condition| matches!(condition, Condition::Text { written, .. } if written == text);
            self.values.iter().any(is)
        };
        let mut found = false;
        let items = expression.evaluate(resource).unwrap_or_default();
        for element in items.iter().filter_map(|item| item.element()) {
            text::each(&element, &mut |text| found |= wanted(text));
        }
        found
    }

    fn fits(&self, condition: &Condition, value: &IndexValue) -> bool {
        match (condition, value) {
            (
                Condition::Token { system, code },
                IndexValue::Token {
                    system: of,
                    code: found,
                },
            ) => {
                let same_system = match system {
                    System::Any => true,
                    System::Absent => of.is_none(),
                    System::Is(system) => of.as_ref() == Some(system),
                };
                same_system && code.as_ref().is_none_or(|code| code == found)
            }
            (Condition::Text { normalised, .. }, IndexValue::Text(text)) => match self.modifier {
                Some(Modifier::Contains) => text.contains(normalised),
                Some(Modifier::Missing | Modifier::Exact | Modifier::Not) | None => {
                    text.starts_with(normalised)
                }
            },
            (
                Condition::Date {
                    comparison,
                    low_ms,
                    high_ms,
                },
                IndexValue::Date {
                    low_ms: low,
                    high_ms: high,
                },
            ) => comparison.holds_for_spans((*low_ms, *high_ms), (*low, *high)),
            (
                Condition::Number {
                    comparison,
                    low,
                    high,
                },
                IndexValue::Number {
                    low: least,
                    high: most,
                },
            ) => comparison.holds_for_numbers((*low, *high), (*least, *most)),
            (Condition::Quantity { .. }, IndexValue::Quantity { .. }) => quantity(condition, value),
            (Condition::Reference { keys, text }, IndexValue::Reference { key, text: found }) => {
                key.as_ref().is_some_and(|key| keys.contains(key))
                    || (keys.is_empty() && text == found)
            }
            (Condition::Uri(uri), IndexValue::Uri(found)) => uri == found,
            (
                Condition::Token { .. }
                | Condition::Text { .. }
                | Condition::Date { .. }
                | Condition::Number { .. }
                | Condition::Quantity { .. }
                | Condition::Reference { .. }
                | Condition::Uri(_)
                | Condition::Missing(_),
                _,
            ) => false,
        }
    }
}

fn quantity(condition: &Condition, value: &IndexValue) -> bool {
    let Condition::Quantity {
        comparison,
        low,
        high,
        system,
        code,
    } = condition
    else {
        return false;
    };
    let IndexValue::Quantity {
        low: least,
        high: most,
        system: of,
        code: coded,
        unit,
    } = value
    else {
        return false;
    };
    let same_system = system.is_none() || system == of;
    // Without a system, the unit as people read it will do.
    let same_unit = code.is_none() || code == coded || (system.is_none() && code == unit);
    same_system && same_unit && comparison.holds_for_numbers((*low, *high), (*least, *most))
}

/// `_id` and `_lastUpdated`, which no index entry holds.
fn row(condition: &Condition, resource: &Resource) -> bool {
    match condition {
        Condition::Token { code, .. } => code.as_deref() == resource.id().as_ref().map(Id::as_str),
        Condition::Date {
            comparison,
            low_ms,
            high_ms,
        } => {
            let updated = resource
                .last_updated()
                .and_then(|at| date::parse(at, Form::Instant).ok());
            updated.is_some_and(|at| {
                comparison.holds_for_spans((*low_ms, *high_ms), (at.low_ms, at.high_ms))
            })
        }
        Condition::Text { .. } | Condition::Number { .. } | Condition::Quantity { .. } => false,
        Condition::Reference { .. } | Condition::Uri(_) | Condition::Missing(_) => false,
    }
}
