//! Steps of a task, answers to be checked, and when a part of a form is there.
//!
//! A condition asks only for fields that stand before it in the same form.

use serde_json::{Value, json};

use crate::Parameters;
use crate::screen::value::{Fact, words};
use crate::screen::{Node, nodes, objects};

words! {
    /// How far a step is.
    StepState {
        /// Still to be done.
        ToDo = "to-do",
        /// Being done.
        Current = "current",
        /// Done.
        Done = "done",
        /// Should have been done.
        Overdue = "overdue",
        /// Another comes first.
        CannotStart = "cannot-start",
        /// Does not have to be done.
        NotNeeded = "not-needed",
    }
}

nodes! {
    /// The steps of a task and how far each is.
    "task-steps" leaf TaskSteps(caption: String, steps: Vec<Step>) {}
    /// What was answered, to be checked before it is sent.
    "check-answers" leaf CheckAnswers(rows: Vec<Answered>) {}
    /// A sheet of paper: of a page that has any, nothing else is printed. In no form, and in no other sheet.
    "print" parent Print(title: String) {
        /// Small words beside the title.
        note: String,
    }
}

objects! {
    /// One step.
    Step(label: String, state: StepState) {
        /// Small words.
        note: String,
        /// By when, FHIR dateTime.
        due: String,
    }
    /// One answer.
    Answered(label: String, value: Fact) {}
}

impl Step {
    /// Where it is done.
    #[must_use]
    pub fn link(mut self, screen: &str, parameters: &Parameters) -> Self {
        self.0.insert("link".into(), target(screen, parameters));
        self
    }
}

impl Answered {
    /// Where it is changed.
    #[must_use]
    pub fn change(mut self, screen: &str, parameters: &Parameters) -> Self {
        self.0.insert("change".into(), target(screen, parameters));
        self
    }
}

fn target(screen: &str, parameters: &Parameters) -> Value {
    json!({ "screen": screen, "parameters": parameters.to_json() })
}

/// When a part of a form is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition(Value);

impl Condition {
    /// The field has an answer.
    #[must_use]
    pub fn answered(field: &str) -> Self {
        Self(json!({ "answered": field }))
    }

    /// This is the field's answer, or one of those ticked.
    #[must_use]
    pub fn is(field: &str, value: &str) -> Self {
        Self(json!({ "is": { "field": field, "value": value } }))
    }

    /// The field's answer is a number not below this decimal.
    #[must_use]
    pub fn at_least(field: &str, value: &str) -> Self {
        Self(json!({ "at-least": { "field": field, "value": value } }))
    }

    /// The field's answer is a number below this decimal.
    #[must_use]
    pub fn below(field: &str, value: &str) -> Self {
        Self(json!({ "below": { "field": field, "value": value } }))
    }

    /// All of them hold.
    pub fn all(of: impl IntoIterator<Item = Self>) -> Self {
        Self(json!({ "all": of.into_iter().map(|it| it.0).collect::<Vec<_>>() }))
    }

    /// One of them holds at least.
    pub fn any(of: impl IntoIterator<Item = Self>) -> Self {
        Self(json!({ "any": of.into_iter().map(|it| it.0).collect::<Vec<_>>() }))
    }

    /// It does not hold.
    #[must_use]
    pub fn negated(self) -> Self {
        Self(json!({ "not": self.0 }))
    }
}

impl Node {
    /// There only when the condition holds. Inside a form, on anything but a button and what holds one.
    #[must_use]
    pub fn show_if(mut self, condition: Condition) -> Self {
        self.members.insert("show_if".into(), condition.0);
        self
    }
}
