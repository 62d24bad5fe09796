//! What a test asks of a row, as a condition in SQL.
//!
//! Invariant: every condition holds of the row as of the plan's commit, and of nothing later.

use std::fmt::Write;

use fhir::query::Comparison;
use fhir::search_parameter::{self, ParameterCode};

use super::{APART_MAX, Bound, Builder, NOT_IMPLIED, table};
use crate::store::plan::{Amount, Arm, Index, Term, Test, Text};
use crate::store::row::seq_of;

/// A text as a pattern that finds it and nothing else.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_")
}

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
            Test::Refers { parameter, to } => {
                let one_of = self.is_one_of(&format!("{alias}.value"), to);
                (Index::Term, *parameter, one_of)
            }
            Test::Implied { parameter }
            | Test::Patient { parameter, .. }
            | Test::Missing { parameter, .. } => (
                Index::Term,
                *parameter,
                format!("{alias}.value = {NOT_IMPLIED}"),
            ),
            // These are not answered by the rows of one parameter; no row satisfies them.
            Test::Number(_) | Test::Updated(_) | Test::Within(_) | Test::Referred { .. } => {
                (Index::Term, 0, "1 = 0".to_owned())
            }
            Test::All(_) | Test::Any(_) | Test::Not(_) => (Index::Term, 0, "1 = 0".to_owned()),
            Test::Beside(_) | Test::PatientStands | Test::OfNobody => {
                (Index::Term, 0, "1 = 0".to_owned())
            }
        };
        let any = if any.is_empty() {
            "1 = 0".to_owned()
        } else {
            any
        };
        (
            index,
            format!("{} AND ({any}) AND {alive}", self.of(alias, parameter)),
        )
    }

    /// Values of one system, or of any, lie together, so that many of them take few conditions.
    fn terms(&mut self, alias: &str, any: &[Term]) -> String {
        let mut groups: Vec<(Option<i64>, Vec<i64>)> = Vec::new();
        let mut whole = Vec::new();
        for term in any {
            match (
                term.value,
                groups.iter_mut().find(|(system, _)| *system == term.system),
            ) {
                (None, _) => whole.push(term.system),
                (Some(value), Some((_, values))) => values.push(value),
                (Some(value), None) => groups.push((term.system, vec![value])),
            }
        }
        let value = format!("{alias}.value");
        let mut each = Vec::with_capacity(groups.len() + whole.len());
        for (system, values) in &groups {
            let among = self.among(&value, values.iter().copied());
            each.push(match system {
                None => among,
                Some(system) => format!("{among} AND {alias}.system = {}", self.int(*system)),
            });
        }
        for system in &whole {
            each.push(match system {
                None => "1 = 1".to_owned(),
                Some(system) => format!("{alias}.system = {}", self.int(*system)),
            });
        }
        if each.len() < 2 {
            return each.pop().unwrap_or_default();
        }
        let either = format!("({})", each.join(") OR ("));
        if !whole.is_empty() {
            return either;
        }
        // Said apart from the systems, so that both databases go straight to the values.
        let values: Vec<i64> = groups.into_iter().flat_map(|(_, values)| values).collect();
        let among = self.among(&value, values);
        format!("{among} AND ({either})")
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
            Text::Contains(part) => self.like(alias, &format!("%{}%", escaped(part))),
            Text::Ends(part) => self.like(alias, &format!("%{}", escaped(part))),
        }
    }

    fn like(&mut self, alias: &str, pattern: &str) -> String {
        let pattern = self.bind(Bound::Text(pattern.to_owned()));
        format!("{alias}.value LIKE {pattern} ESCAPE '\\'")
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
    pub(super) fn holds(&mut self, arm: &Arm, d: &str, test: &Test) -> String {
        match test {
            Test::Term { not, .. } => {
                let has = self.has_one(arm, d, test);
                if *not { format!("NOT {has}") } else { has }
            }
            Test::Text { .. } | Test::Date { .. } | Test::Amount { .. } => {
                self.has_one(arm, d, test)
            }
            Test::Implied { .. } => format!("NOT {}", self.exists(d, test)),
            Test::Patient { parameter, any } => self.patient(d, *parameter, any, test),
            Test::Missing {
                parameter,
                index,
                missing,
                implied,
            } => {
                let has = self.has_any(arm, d, *parameter, *index);
                let marked = if *implied {
                    Some(self.exists(d, test))
                } else {
                    None
                };
                let has = marked.map_or(has.clone(), |marked| {
                    format!("(({d}.compartment > 0 AND NOT {marked}) OR {has})")
                });
                if *missing { format!("NOT {has}") } else { has }
            }
            Test::All(of) => self.joined(arm, d, of, " AND ", "1 = 1"),
            Test::Any(of) => self.joined(arm, d, of, " OR ", "1 = 0"),
            Test::Not(of) => format!("NOT ({})", self.holds(arm, d, of)),
            Test::Refers { parameter, to } => self.refers(arm, d, *parameter, to),
            Test::Within(patients) => self.within(d, patients),
            Test::Referred {
                parameter,
                implied,
                from,
                own,
            } => self.referred(d, (*parameter, *implied), from, *own),
            Test::Beside(beside) => self.stands_beside(d, beside),
            Test::PatientStands => self.patient_stands(d),
            Test::OfNobody => format!("{d}.compartment < 0"),
            Test::Number(any) => self.among(&format!("{d}.r"), any.iter().copied()),
            Test::Updated(any) => self.updated(d, any),
        }
    }

    fn joined(&mut self, arm: &Arm, d: &str, of: &[Test], word: &str, none: &str) -> String {
        let all: Vec<String> = of.iter().map(|test| self.holds(arm, d, test)).collect();
        if all.is_empty() {
            return none.to_owned();
        }
        format!("({})", all.join(word))
    }

    fn updated(&mut self, d: &str, any: &[(i64, i64)]) -> String {
        let u = self.alias('u');
        let standing = self.standing(d);
        let spans: Vec<String> = any
            .iter()
            .map(|(low, high)| {
                let (low, high) = (self.int(*low), self.int(*high));
                format!("({u}.from_t >= {low} AND {u}.from_t < {high})")
            })
            .collect();
        let spans = if spans.is_empty() {
            "1 = 0".to_owned()
        } else {
            spans.join(" OR ")
        };
        format!(
            "EXISTS (SELECT 1 FROM version {u} WHERE {u}.r = {d}.r{} AND {u}.version = {standing} AND ({spans}))",
            self.beside(&u, d)
        )
    }

    /// That the resource of the leading row has an index row that satisfies a test.
    pub(super) fn exists(&mut self, d: &str, test: &Test) -> String {
        let e = self.alias('e');
        let (index, condition) = self.row(&e, test);
        let table = table(index);
        format!(
            "EXISTS (SELECT 1 FROM {table} {e} WHERE {e}.compartment = {d}.compartment AND {e}.r = {d}.r AND {condition})"
        )
    }

    /// The same within an arm. What cannot be found by its resource alone, or would be looked for by many values, is
    /// gathered once for a compartment, through which each of its resources would else go anew.
    fn has_one(&mut self, arm: &Arm, d: &str, test: &Test) -> String {
        let is_found_by_resource = match test {
            Test::Term { any, .. } => {
                any.len() <= APART_MAX && any.iter().all(|term| term.value.is_some())
            }
            _other => false,
        };
        let Some(compartment) = arm.compartment.filter(|_| !is_found_by_resource) else {
            return self.exists(d, test);
        };
        let e = self.alias('e');
        let (index, condition) = self.row(&e, test);
        let (table, place) = (table(index), self.int(compartment));
        format!(
            "{d}.r IN (SELECT {e}.r FROM {table} {e} WHERE {e}.compartment = {place} AND {condition})"
        )
    }

    /// That the resource of a row that leads by date satisfies a test of that very date. Where the row has the first and the
    /// last of the resource's dates, it has the only one, and tells; but for a parameter in parts, each of which has its own.
    pub(super) fn holds_of_lead(&mut self, arm: &Arm, d: &str, led: u32, test: &Test) -> String {
        if search_parameter::parts(ParameterCode::from_number(led)).is_some() {
            return self.holds(arm, d, test);
        }
        let (_, own) = self.row(d, test);
        let else_by_all = self.holds(arm, d, test);
        format!("CASE WHEN {d}.ends = 3 THEN {own} ELSE {else_by_all} END")
    }

    fn patient(&mut self, d: &str, parameter: u32, any: &[i64], test: &Test) -> String {
        let marked = self.exists(d, test);
        let compartments = any.iter().map(|r| seq_of(*r));
        let among = self.among(&format!("{d}.compartment"), compartments);
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
        let named = self.exists(d, &named);
        format!("(({among} AND NOT {marked}) OR {named})")
    }

    /// Whether the resource has any value. Terms and texts cannot be found by resource, so theirs are gathered once; and so
    /// are all of one compartment, through whose dates each of its resources would else go anew.
    fn has_any(&mut self, arm: &Arm, d: &str, parameter: u32, index: Index) -> String {
        let e = self.alias('e');
        let (table, alive, of) = (table(index), self.alive(&e), self.of(&e, parameter));
        let real = if index == Index::Term {
            format!(" AND {e}.value <> {NOT_IMPLIED}")
        } else {
            String::new()
        };
        match (index, arm.compartment) {
            (Index::Date | Index::Amount, None) => format!(
                "EXISTS (SELECT 1 FROM {table} {e} WHERE {of} AND {e}.compartment = {d}.compartment \
                 AND {e}.r = {d}.r AND {alive})"
            ),
            (Index::Date | Index::Amount, compartment @ Some(_))
            | (Index::Term | Index::Text, compartment) => {
                let within = match compartment {
                    Some(compartment) => {
                        format!(" AND {e}.compartment = {}", self.int(compartment))
                    }
                    None => String::new(),
                };
                format!(
                    "{d}.r IN (SELECT {e}.r FROM {table} {e} WHERE {of}{real}{within} AND {alive})"
                )
            }
        }
    }
}
