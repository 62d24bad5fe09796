//! Codes and sizes that a profile bounds.
//!
//! Invariant: a value that is not there breaks no bound; that it is missing is said where elements are counted.

use std::cmp::Ordering;

use serde_json::Value;

use super::pattern;
use super::table::{Limit, Node};
use crate::outcome::{IssueType, Severity};
use crate::path::item::Element;
use crate::validate::{Check, Place, Reach};

impl<'r> Check<'r> {
    /// The value set that codes must, or should, come from.
    pub(super) fn bound(&mut self, node: &Node, element: &Element<'r>, place: &Place<'_>) {
        let Some(binding) = &node.binding else { return };
        if element.value.is_null() || pattern::is_in(binding.set, element.value) {
            return;
        }
        let set = binding.set;
        let problem = format!(
            "no code here is of {}; write one of {}",
            set.name,
            set.examples()
        );
        if binding.is_required {
            self.found(IssueType::CodeInvalid, place, problem);
        } else if pattern::has_code(element.value) && self.reach == Reach::Advice {
            let problem = format!("{problem}, unless none of them fits");
            self.told(Severity::Warning, IssueType::CodeInvalid, place, problem);
        }
    }

    /// How long or large a value may be.
    pub(super) fn limited(&mut self, node: &Node, element: &Element<'r>, place: &Place<'_>) {
        for limit in &node.limits {
            let problem = match limit {
                Limit::Length(max) => {
                    let count = element
                        .value
                        .as_str()
                        .map_or(0, |text| text.chars().count());
                    (count > *max).then(|| format!("this has {count} characters; at most {max}"))
                }
                Limit::Least(least) => (compared(element.value, least) == Some(Ordering::Less))
                    .then(|| format!("this must not be less than {least}")),
                Limit::Most(most) => (compared(element.value, most) == Some(Ordering::Greater))
                    .then(|| format!("this must not be greater than {most}")),
            };
            if let Some(problem) = problem {
                self.found(IssueType::Value, place, problem);
            }
        }
    }
}

/// Numbers by size, dates and times by the order of their texts.
fn compared(value: &Value, limit: &Value) -> Option<Ordering> {
    match (value, limit) {
        (Value::Number(value), Value::Number(limit)) => {
            value.as_f64()?.partial_cmp(&limit.as_f64()?)
        }
        (Value::String(value), Value::String(limit)) => Some(value.as_str().cmp(limit)),
        (_, _) => None,
    }
}
