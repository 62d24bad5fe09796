//! Whether a resource is what a search looks for, told from the resource alone.
//!
//! Invariant: the answer is the one that a search over index entries gives, and `:exact` compares letter by letter,
//! which index entries cannot.

use super::criterion::Criterion;
use super::{Clause, Condition, Modifier, Query, System, place};
use crate::date::{self, Form};
use crate::resource::{Id, Resource};
use crate::search_parameter::{IndexValue, Kept, Kind, SearchParameter, body, text, values};

impl Query {
    /// Whether the resource is of the type and satisfies every clause and criterion.
    /// What other resources or terminology would have to tell (see [`Query::is_of_resource_alone`]) is taken not to hold.
    pub fn holds(&self, resource: &Resource) -> bool {
        resource.resource_type() == self.resource_type
            && self.clauses.iter().all(|clause| clause.holds(resource))
            && self
                .criteria
                .iter()
                .all(|criterion| criterion.holds(resource))
    }

    /// Whether a resource alone tells if it is what is looked for: there is no chain, no list, no value set.
    pub fn is_of_resource_alone(&self) -> bool {
        let mut alone = !self.clauses.iter().any(Clause::needs_more);
        for criterion in &self.criteria {
            criterion.each_type(&mut |_| alone = false);
            criterion.each_clause(self.resource_type, &mut |_, clause| {
                alone &= !clause.needs_more()
            });
        }
        alone
    }
}

impl Criterion {
    /// As [`Query::holds`].
    pub fn holds(&self, resource: &Resource) -> bool {
        match self {
            Self::Clause(clause) => clause.holds(resource),
            Self::All(of) => of.iter().all(|one| one.holds(resource)),
            Self::Any(of) => of.iter().any(|one| one.holds(resource)),
            Self::Not(of) => !of.holds(resource),
            Self::Refers { .. } | Self::Referred { .. } | Self::Listed(_) => false,
        }
    }
}

impl Clause {
    /// Whether the resource, which must be of the parameter's type, satisfies this clause.
    pub fn holds(&self, resource: &Resource) -> bool {
        match (self.modifier, self.values.as_slice()) {
            (_, [Condition::Missing(missing)]) => self.has_none(resource) == *missing,
            (Some(Modifier::Exact), _) => self.holds_exactly(resource),
            (Some(Modifier::Not), values) => !values.iter().any(|value| self.has(value, resource)),
            (_, values) => values.iter().any(|value| self.has(value, resource)),
        }
    }

    /// Whether index entries give too much, so that what they give has to be looked at.
    pub fn needs_look(&self) -> bool {
        if self.parameter.kept == Kept::Body {
            let is_missing = self.modifier == Some(Modifier::Missing);
            return is_missing || !self.parameter.is_of_the_whole();
        }
        match (self.modifier, self.parameter.kind) {
            (Some(Modifier::Exact | Modifier::Text | Modifier::OfType), _) => true,
            (Some(Modifier::Below), Kind::Uri) => true,
            (None | Some(Modifier::Not), Kind::Reference) => self.values.iter().any(is_versioned),
            (
                Some(
                    Modifier::Missing
                    | Modifier::Contains
                    | Modifier::Not
                    | Modifier::Identifier
                    | Modifier::In
                    | Modifier::NotIn
                    | Modifier::Above
                    | Modifier::Below
                    | Modifier::Whole
                    | Modifier::Ends,
                )
                | None,
                _,
            ) => false,
        }
    }

    /// Whether more than the resource has to be known.
    fn needs_more(&self) -> bool {
        let is_of_parts = self.parameter.kind == Kind::Reference
            && matches!(self.modifier, Some(Modifier::Above | Modifier::Below));
        is_of_parts || self.needs_terminology()
    }

    fn has_none(&self, resource: &Resource) -> bool {
        match (self.parameter.kept, self.parameter.kind) {
            (Kept::Row | Kept::Nowhere, _) => false,
            (Kept::Index, _) => values(self.parameter, resource).is_empty(),
            (Kept::Body, Kind::Composite) => {
                let found = body::composites(self.parameter, resource);
                !found
                    .iter()
                    .any(|parts| parts.iter().all(|values| !values.is_empty()))
            }
            (Kept::Body, Kind::Special) => body::place(self.parameter, resource).is_none(),
            (Kept::Body, _) => body_text(self.parameter, resource).is_empty(),
        }
    }

    /// Whether the resource has what one value says, were there no `:not`.
    fn has(&self, wanted: &Condition, resource: &Resource) -> bool {
        match (self.parameter.kept, wanted) {
            (Kept::Nowhere, _) => false,
            (Kept::Row, wanted) => row(wanted, resource),
            (Kept::Body, Condition::Words(words)) => {
                body::has_words(&body_text(self.parameter, resource), words)
            }
            (Kept::Body, Condition::Composite(parts)) => {
                let fits = |repetition: &Vec<Vec<IndexValue>>| {
                    parts
                        .iter()
                        .zip(repetition)
                        .all(|(part, values)| values.iter().any(|value| fits(None, part, value)))
                };
                body::composites(self.parameter, resource).iter().any(fits)
            }
            (
                Kept::Body,
                Condition::Near {
                    latitude,
                    longitude,
                    metres,
                },
            ) => body::place(self.parameter, resource)
                .is_some_and(|found| place::distance((*latitude, *longitude), found) <= *metres),
            (Kept::Body, _) => false,
            (
                Kept::Index,
                Condition::OfType {
                    system,
                    code,
                    value,
                },
            ) => body::has_identifier(self.parameter, resource, (system, code, value)),
            (Kept::Index, Condition::Text { normalised, .. })
                if self.modifier == Some(Modifier::Text) =>
            {
                let texts = body::read_as_text(self.parameter, resource);
                texts.iter().any(|text| text.contains(normalised.as_str()))
            }
            (Kept::Index, wanted) => values(self.parameter, resource)
                .iter()
                .any(|value| fits(self.modifier, wanted, value)),
        }
    }

    /// Whether one of the texts is there with every letter and accent as written.
    pub fn holds_exactly(&self, resource: &Resource) -> bool {
        let wanted = |text: &str| {
            let is = |condition: &Condition| matches!(condition, Condition::Text { written, .. } if written == text);
            self.values.iter().any(is)
        };
        let mut found = false;
        let items = body::items(self.parameter, resource);
        for element in items.iter().filter_map(|item| item.element()) {
            text::each(&element, &mut |text| found |= wanted(text));
        }
        found
    }
}

/// What `_text` and `_content` look through.
fn body_text(parameter: &SearchParameter, resource: &Resource) -> String {
    if parameter.name == "_text" {
        body::narrative(resource)
    } else {
        body::content(resource)
    }
}

fn is_versioned(condition: &Condition) -> bool {
    matches!(condition, Condition::Reference { text, .. } if text.contains("/_history/"))
}

fn fits(modifier: Option<Modifier>, condition: &Condition, value: &IndexValue) -> bool {
    match (condition, value) {
        (
            Condition::Token { system, code },
            IndexValue::Token {
                system: of,
                code: found,
            },
        ) => is_of(system, of.as_deref()) && code.as_ref().is_none_or(|code| code == found),
        (Condition::Text { normalised, .. }, IndexValue::Text(text)) => {
            fits_text(modifier, normalised, text)
        }
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
        (Condition::Reference { text, .. }, IndexValue::Reference { text: found, .. })
            if is_versioned(condition) =>
        {
            text == found
        }
        (Condition::Reference { keys, text }, IndexValue::Reference { key, text: found }) => {
            key.as_ref().is_some_and(|key| keys.contains(key)) || (keys.is_empty() && text == found)
        }
        (Condition::Uri(uri), IndexValue::Uri(found)) => match modifier {
            Some(Modifier::Below) => lies_under(found, uri),
            Some(Modifier::Above) => lies_under(uri, found),
            Some(_) | None => uri == found,
        },
        (
            Condition::Token { .. }
            | Condition::Text { .. }
            | Condition::Date { .. }
            | Condition::Number { .. }
            | Condition::Quantity { .. }
            | Condition::Reference { .. }
            | Condition::Uri(_)
            | Condition::OfType { .. }
            | Condition::Composite(_)
            | Condition::Near { .. }
            | Condition::Words(_)
            | Condition::Missing(_),
            _,
        ) => false,
    }
}

fn is_of(wanted: &System, system: Option<&str>) -> bool {
    match wanted {
        System::Any => true,
        System::Absent => system.is_none(),
        System::Is(wanted) => system == Some(wanted),
    }
}

fn fits_text(modifier: Option<Modifier>, wanted: &str, text: &str) -> bool {
    match modifier {
        Some(Modifier::Contains | Modifier::Text) => text.contains(wanted),
        Some(Modifier::Whole) => text == wanted,
        Some(Modifier::Ends) => text.ends_with(wanted),
        Some(
            Modifier::Missing
            | Modifier::Exact
            | Modifier::Not
            | Modifier::OfType
            | Modifier::Identifier
            | Modifier::In
            | Modifier::NotIn
            | Modifier::Above
            | Modifier::Below,
        )
        | None => text.starts_with(wanted),
    }
}

/// Whether a URI is another, or begins with it and goes on below it: only at a `/`.
fn lies_under(uri: &str, above: &str) -> bool {
    let Some(rest) = uri.strip_prefix(above) else {
        return false;
    };
    rest.is_empty() || above.ends_with('/') || rest.starts_with('/')
}

/// Every URI that lies above one, itself included, the nearest first: what `:above` looks for.
pub(super) fn above(uri: &str) -> Vec<String> {
    let mut all = vec![uri.to_owned()];
    for (at, _) in uri.rmatch_indices('/') {
        for end in [at + 1, at] {
            if end > 0 && end < uri.len() {
                all.push(uri[..end].to_owned());
            }
        }
    }
    all
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
        Condition::OfType { .. } | Condition::Composite(_) | Condition::Near { .. } => false,
        Condition::Words(_) => false,
    }
}
