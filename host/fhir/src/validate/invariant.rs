//! The invariants of R4 and of profiles: paths that must be true of an element.
//!
//! Invariant: every published one is evaluated, unless `definitions/not_evaluated.tsv` says why not; tests hold both to be
//! exact. What a path leaves unknown breaks nothing.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::Value;

use super::{Check, Place};
use crate::outcome::{IssueType, Severity};
use crate::path::Expression;
use crate::path::item::{Element, Item};
use crate::path::presence::Known;
use crate::structure::{self, TypeId};

const CONSTRAINTS: &str = include_str!("../../definitions/constraints.tsv");
const NOT_EVALUATED: &str = include_str!("../../definitions/not_evaluated.tsv");

/// A rule that a path tells.
#[derive(Debug)]
pub(crate) struct Invariant {
    /// For example `obs-6`.
    pub(crate) key: &'static str,
    /// How much it matters: what is only best practice is information.
    pub(crate) severity: Severity,
    expression: Expression,
    /// What it says.
    human: &'static str,
}

/// The invariants of a type.
#[derive(Debug, Default)]
struct OfType {
    /// Of the element itself.
    own: Vec<Invariant>,
    /// Of each of its members of that name.
    members: Vec<(&'static str, Invariant)>,
}

static OF_TYPES: LazyLock<Vec<OfType>> = LazyLock::new(read);

impl Invariant {
    /// `None` for what is not evaluated.
    pub(crate) fn read(
        owner: &str,
        key: &'static str,
        severity: &str,
        expression: &str,
        human: &'static str,
    ) -> Option<Self> {
        if not_evaluated(owner, key) {
            return None;
        }
        let severity = match severity {
            "error" => Severity::Error,
            "warning" => Severity::Warning,
            _ => Severity::Information,
        };
        Some(Self {
            key,
            severity,
            expression: Expression::parse(expression).ok()?,
            human,
        })
    }
}

fn not_evaluated(owner: &str, key: &str) -> bool {
    static ROWS: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
        let row = |line: &'static str| {
            let (owner, rest) = line.split_once('\t')?;
            Some((owner, rest.split('\t').next()?))
        };
        NOT_EVALUATED.lines().filter_map(row).collect()
    });
    ROWS.contains(&(owner, key))
}

fn read() -> Vec<OfType> {
    let mut by_owner: HashMap<&str, Vec<Vec<&'static str>>> = HashMap::new();
    for line in CONSTRAINTS.lines() {
        let columns: Vec<&'static str> = line.split('\t').collect();
        by_owner
            .entry(columns.first().copied().unwrap_or_default())
            .or_default()
            .push(columns);
    }
    structure::all()
        .map(|kind| {
            let mut of_type = OfType::default();
            let mut at = Some(kind);
            while let Some(kind) = at {
                let structure = structure::get(kind);
                for columns in by_owner.get(structure.name).into_iter().flatten() {
                    let [owner, member, key, severity, expression, human] = columns.as_slice()
                    else {
                        continue;
                    };
                    let Some(invariant) = Invariant::read(owner, key, severity, expression, human)
                    else {
                        continue;
                    };
                    if member.is_empty() {
                        of_type.own.push(invariant);
                    } else {
                        of_type.members.push((*member, invariant));
                    }
                }
                at = structure.parent;
            }
            of_type
        })
        .collect()
}

impl<'r> Check<'r> {
    /// What R4 says of an object of that type.
    pub(super) fn invariants(&mut self, value: &'r Value, kind: TypeId, place: &Place<'_>) {
        let Some(of_type) = OF_TYPES.get(kind.place()) else {
            return;
        };
        if of_type.own.is_empty() && of_type.members.is_empty() {
            return;
        }
        let element = Element::of_kind(value, None, kind);
        for invariant in &of_type.own {
            self.invariant(invariant, &element, place);
        }
        for (name, invariant) in &of_type.members {
            let mut members = Vec::new();
            element.children(name, &mut |member| members.push(member));
            for (index, member) in members.iter().enumerate() {
                let place = place.then(name);
                let place = if value.get(name).is_some_and(Value::is_array) {
                    place.at(index)
                } else {
                    place
                };
                self.invariant(invariant, member, &place);
            }
        }
    }

    /// One invariant of one element.
    pub(super) fn invariant(
        &mut self,
        invariant: &Invariant,
        element: &Element<'r>,
        place: &Place<'_>,
    ) {
        if invariant.severity != Severity::Error && self.is_only_errors() {
            return;
        }
        if let Value::Object(object) = element.value {
            match invariant.expression.by_presence(object) {
                Known::True | Known::Nothing => return,
                Known::False | Known::Something | Known::Unsure => {}
            }
        }
        let (root, resource) = (self.root(), self.resource());
        let items = invariant
            .expression
            .evaluate_within(root, resource, &Item::Element(*element));
        match items.and_then(|items| Expression::truth(&items)) {
            Ok(Some(true) | None) => {}
            Ok(Some(false)) => {
                let problem = format!("{} (rule {})", invariant.human, invariant.key);
                self.told(invariant.severity, IssueType::Invariant, place, problem);
            }
            Err(error) => {
                let problem = format!("rule {} was not evaluated: {error}", invariant.key);
                self.told(Severity::Warning, IssueType::Invariant, place, problem);
            }
        }
    }
}

#[cfg(test)]
mod tests;
