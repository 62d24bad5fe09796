//! What a test asks of a row, as a condition in SQL.
//!
//! Invariant: every condition holds of the row as of the plan's commit, and of nothing later.

use std::fmt::Write;

use fhir::query::Comparison;

use super::{Bound, Builder, NOT_IMPLIED, table};
use crate::store::plan::{Amount, Arm, Index, Term, Test, Text};
use crate::store::row::seq_of;

impl Builder {
    /// The condition by which an index row of `alias` satisfies a test, time included.
    pub(super) fn row(&mut self, alias: &str, test: &Test) -> (Index, String) {
        let alive = self.alive(alias);
        let (index, parameter, any) = match test {
            Test::Term { parameter, any, .. } => (Index::Term, *parameter, self.terms(alias, any)),
            Test::Text { parameter, any } => {
                let any: Vec<String> = any.iter().map(|text| self.text(alias, text)).collect();
                (Index::Text, *parameter, any.join(" OR "))
            }
            Test::Date { parameter, any } => {
                let any: Vec<String> = any.iter().map(|date| self.date(alias, *date)).collect();
                (Index::Date, *parameter, any.join(" OR "))
            }
            Test::Amount { parameter, any } => {
                let any: Vec<String> = any
                    .iter()
                    .map(|amount| self.amount(alias, amount))
                    .collect();
                (Index::Amount, *parameter, any.join(" OR "))
            }
            Test::Implied { parameter }
            | Test::Patient { parameter, .. }
            | Test::Missing { parameter, .. } => (
                Index::Term,
                *parameter,
                format!("{alias}.value = {NOT_IMPLIED}"),
            ),
            // These are answered by versions, not by index rows; no row satisfies them.
            Test::Number(_) | Test::Updated(_) => (Index::Term, 0, "1 = 0".to_owned()),
        };
        let any = if any.is_empty() {
            "1 = 0".to_owned()
        } else {
            any
        };
        (
            index,
            format!("{alias}.parameter = {parameter} AND ({any}) AND {alive}"),
        )
    }

    fn terms(&mut self, alias: &str, any: &[Term]) -> String {
        let plain: Option<Vec<i64>> = any
            .iter()
            .map(|term| term.value.filter(|_| term.system.is_none()))
            .collect();
        if let Some(values) = plain {
            let places = self.list(values);
            return format!("{alias}.value IN ({places})");
        }
        let mut places = Vec::with_capacity(any.len());
        let mut each = Vec::with_capacity(any.len());
        for term in any {
            let place = term.value.map(|value| self.int(value));
            let value = place
                .as_ref()
                .map(|place| format!("{alias}.value = {place}"));
            let system = term
                .system
                .map(|system| format!("{alias}.system = {}", self.int(system)));
            let both: Vec<String> = value.into_iter().chain(system).collect();
            each.push(if both.is_empty() {
                "(1 = 1)".to_owned()
            } else {
                format!("({})", both.join(" AND "))
            });
            places.extend(place);
        }
        let each = each.join(" OR ");
        if places.len() < any.len() {
            return each;
        }
        // Said apart from the systems, so that both databases go straight to the values.
        format!("{alias}.value IN ({}) AND ({each})", places.join(", "))
    }

    fn text(&mut self, alias: &str, text: &Text) -> String {
        match text {
            Text::Starts(start) => {
                let after = format!("{start}\u{10FFFF}");
                let (low, high) = (
                    self.bind(Bound::Text(start.clone())),
                    self.bind(Bound::Text(after)),
                );
                format!("({alias}.value >= {low} AND {alias}.value < {high})")
            }
            Text::Is(whole) => format!("{alias}.value = {}", self.bind(Bound::Text(whole.clone()))),
            Text::Contains(part) => {
                let escaped = part
                    .replace('\\', "\\\\")
                    .replace('%', "\\%")
                    .replace('_', "\\_");
                let pattern = self.bind(Bound::Text(format!("%{escaped}%")));
                format!("{alias}.value LIKE {pattern} ESCAPE '\\'")
            }
        }
    }

    /// As `Comparison::holds_for_spans` says.
    fn date(&mut self, a: &str, (comparison, low, high): (Comparison, i64, i64)) -> String {
        let equal = "(a.low >= LOW AND a.low < HIGH AND a.high <= HIGH)";
        let condition = match comparison {
            Comparison::Equal => equal.to_owned(),
            Comparison::NotEqual => "NOT (a.low >= LOW AND a.high <= HIGH)".to_owned(),
            Comparison::Greater => "a.high > HIGH".to_owned(),
            Comparison::Less => "a.low < LOW".to_owned(),
            Comparison::GreaterOrEqual => format!("(a.high > HIGH OR {equal})"),
            Comparison::LessOrEqual => format!("(a.low < LOW OR {equal})"),
            Comparison::StartsAfter => "a.low >= HIGH".to_owned(),
            Comparison::EndsBefore => "a.high <= LOW".to_owned(),
            Comparison::Approximate => "(a.low < HIGH AND a.high > LOW)".to_owned(),
        };
        self.filled(&condition, a, Bound::Int(low), Bound::Int(high))
    }

    /// The condition on alias `a`, with places for the ends it names; what is not named is not bound.
    fn filled(&mut self, condition: &str, alias: &str, low: Bound, high: Bound) -> String {
        let mut filled = condition.replace("a.", &format!("{alias}."));
        for (name, value) in [("LOW", low), ("HIGH", high)] {
            if filled.contains(name) {
                let place = self.bind(value);
                filled = filled.replace(name, &place);
            }
        }
        filled
    }

    /// As `Comparison::holds_for_numbers` says.
    fn amount(&mut self, a: &str, amount: &Amount) -> String {
        let condition = match amount.comparison {
            Comparison::Equal => "a.low >= LOW AND a.high < HIGH",
            Comparison::NotEqual => "NOT (a.low >= LOW AND a.high < HIGH)",
            Comparison::Greater => "a.high > LOW",
            Comparison::Less => "a.low < LOW",
            Comparison::GreaterOrEqual => "a.high >= LOW",
            Comparison::LessOrEqual => "a.low <= LOW",
            Comparison::StartsAfter => "a.low > LOW",
            Comparison::EndsBefore => "a.high < LOW",
            Comparison::Approximate => "a.low < HIGH AND a.high >= LOW",
        };
        let compared = self.filled(
            condition,
            a,
            Bound::Real(amount.low),
            Bound::Real(amount.high),
        );
        let mut all = format!("({compared}");
        if let Some(system) = amount.system {
            let system = self.int(system);
            let _ = write!(all, " AND {a}.system = {system}");
        }
        if let Some(code) = amount.code {
            let code = self.int(code);
            let _ = match amount.system {
                Some(_) => write!(all, " AND {a}.code = {code}"),
                None => write!(all, " AND ({a}.code = {code} OR {a}.unit = {code})"),
            };
        }
        all.push(')');
        all
    }

    /// The condition that a test puts on the leading row `d`.
    pub(super) fn holds(&mut self, arm: &Arm, test: &Test) -> String {
        match test {
            Test::Term { not, .. } => {
                let exists = self.exists(test);
                if *not {
                    format!("NOT {exists}")
                } else {
                    exists
                }
            }
            Test::Text { .. } | Test::Date { .. } | Test::Amount { .. } => self.exists(test),
            Test::Implied { .. } => format!("NOT {}", self.exists(test)),
            Test::Patient { parameter, any } => self.patient(*parameter, any, test),
            Test::Missing {
                parameter,
                index,
                missing,
                implied,
            } => {
                let has = self.has_any(arm, *parameter, *index);
                let marked = if *implied {
                    Some(self.exists(test))
                } else {
                    None
                };
                let has = marked.map_or(has.clone(), |marked| {
                    format!("((d.compartment > 0 AND NOT {marked}) OR {has})")
                });
                if *missing { format!("NOT {has}") } else { has }
            }
            Test::Number(any) => format!("d.r IN ({})", self.list(any.iter().copied())),
            Test::Updated(any) => {
                let standing = self.standing("d.r");
                let spans: Vec<String> = any
                    .iter()
                    .map(|(low, high)| {
                        format!(
                            "(u.from_t >= {} AND u.from_t < {})",
                            self.int(*low),
                            self.int(*high)
                        )
                    })
                    .collect();
                let spans = if spans.is_empty() {
                    "1 = 0".to_owned()
                } else {
                    spans.join(" OR ")
                };
                format!(
                    "EXISTS (SELECT 1 FROM version u WHERE u.r = d.r AND u.version = {standing} AND ({spans}))"
                )
            }
        }
    }

    fn exists(&mut self, test: &Test) -> String {
        let (index, condition) = self.row("e", test);
        let table = table(index);
        format!(
            "EXISTS (SELECT 1 FROM {table} e WHERE e.compartment = d.compartment AND e.r = d.r AND {condition})"
        )
    }

    fn patient(&mut self, parameter: u16, any: &[i64], test: &Test) -> String {
        let marked = self.exists(test);
        let compartments = self.list(any.iter().map(|r| seq_of(*r)));
        let named = Test::Term {
            parameter,
            any: any
                .iter()
                .map(|r| Term {
                    value: Some(*r),
                    system: None,
                })
                .collect(),
            not: false,
        };
        let named = self.exists(&named);
        format!("((d.compartment IN ({compartments}) AND NOT {marked}) OR {named})")
    }

    /// Whether the resource has any value. Terms and texts cannot be found by resource, so theirs are gathered once.
    fn has_any(&mut self, arm: &Arm, parameter: u16, index: Index) -> String {
        let (table, alive) = (table(index), self.alive("e"));
        let real = if index == Index::Term {
            format!(" AND e.value <> {NOT_IMPLIED}")
        } else {
            String::new()
        };
        match index {
            Index::Date | Index::Amount => format!(
                "EXISTS (SELECT 1 FROM {table} e WHERE e.parameter = {parameter} AND e.compartment = d.compartment \
                 AND e.r = d.r AND {alive})"
            ),
            Index::Term | Index::Text => {
                let within = match arm.compartment {
                    Some(compartment) => format!(" AND e.compartment = {}", self.int(compartment)),
                    None => String::new(),
                };
                format!(
                    "d.r IN (SELECT e.r FROM {table} e WHERE e.parameter = {parameter}{real}{within} AND {alive})"
                )
            }
        }
    }
}
