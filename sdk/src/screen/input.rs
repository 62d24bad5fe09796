//! Forms and their inputs.
//!
//! A field's name is stable, so that what was typed survives when the form is drawn again.

use serde_json::json;

use crate::screen::value::Coded;
use crate::screen::{Member, Node, nodes, objects};
use crate::{Parameters, Seen};

nodes! {
    /// Inputs and at least one button; `action` is what `submit` is given.
    "form" parent Form(action: String) {
        /// The host sets its level.
        title: String,
    }
    /// Text.
    "input-text" leaf InputText(field: String, label: String) {
        /// Small words below the label.
        hint: String,
        /// Whether it must be filled in.
        required: bool,
        /// What is wrong with what was typed.
        error: String,
        /// What is in it.
        value: String,
        /// More than one draws an area.
        lines: u32,
        /// Characters at most.
        length_max: u32,
    }
    /// A number.
    "input-number" leaf InputNumber(field: String, label: String) {
        /// Small words below the label.
        hint: String,
        /// Whether it must be filled in.
        required: bool,
        /// What is wrong with what was typed.
        error: String,
        /// What is in it, a decimal.
        value: String,
        /// Unit of the number.
        unit: String,
        /// The least that makes sense, a decimal.
        min: String,
        /// The most that makes sense, a decimal.
        max: String,
    }
    /// A date, or a date and time.
    "input-date" leaf InputDate(field: String, label: String) {
        /// Small words below the label.
        hint: String,
        /// Whether it must be filled in.
        required: bool,
        /// What is wrong with what was typed.
        error: String,
        /// What is in it, FHIR date or dateTime.
        value: String,
        /// Whether the time of day is asked for too.
        time: bool,
    }
    /// One of several.
    "input-choice" leaf InputChoice(field: String, label: String, options: Vec<Choice>) {
        /// Small words below the label.
        hint: String,
        /// Whether one must be chosen.
        required: bool,
        /// What is wrong with what was chosen.
        error: String,
        /// The one that is chosen.
        value: String,
    }
    /// Any number of several.
    "input-checks" leaf InputChecks(field: String, label: String, options: Vec<Choice>) {
        /// Small words below the label.
        hint: String,
        /// Whether at least one must be ticked.
        required: bool,
        /// What is wrong with what was ticked.
        error: String,
        /// Those that are ticked.
        value: Vec<String>,
    }
    /// An NHS number; the form has ten digits without spaces.
    "input-nhs-number" leaf InputNhsNumber(field: String, label: String) {
        /// Small words below the label.
        hint: String,
        /// Whether it must be filled in.
        required: bool,
        /// What is wrong with what was typed.
        error: String,
        /// What is in it.
        value: String,
    }
    /// An amount of medicine in one of the units; the form has both, see [`crate::Form::ticked`].
    "input-dose" leaf InputDose(field: String, label: String, units: Vec<String>) {
        /// Small words below the label.
        hint: String,
        /// Whether it must be filled in.
        required: bool,
        /// What is wrong with what was typed.
        error: String,
        /// The amount that is in it, a plain decimal.
        amount: String,
        /// The unit that is chosen.
        unit: String,
    }
    /// One concept of a value set, by its canonical URL, found in the host's terminology; the form has system, code and words,
    /// see [`crate::Form::ticked`].
    "input-coded" leaf InputCoded(field: String, label: String, value_set: String) {
        /// Small words below the label.
        hint: String,
        /// Whether one must be chosen.
        required: bool,
        /// What is wrong with what was chosen.
        error: String,
        /// The one that is chosen, with its system and code.
        value: Coded,
    }
    /// A button of a form.
    "action" leaf ActionButton(label: String) {
        /// Given to `submit` instead of the form's own action.
        action: String,
        /// Not the one that is pressed as a rule.
        secondary: bool,
        /// A sentence to be confirmed first.
        confirm: String,
    }
}

objects! {
    /// One thing to choose: what is submitted, and what is read.
    Choice(value: String, label: String) {
        /// Small words below the label.
        hint: String,
    }
}

/// A statement that whoever signs confirms; the host says about whom it is and as whom it is signed.
#[derive(Debug, Clone, PartialEq)]
pub struct AttestSign(Node);

impl AttestSign {
    /// `label` says what is signed.
    pub fn new(
        field: impl Into<String>,
        label: impl Into<String>,
        statement: impl Into<String>,
    ) -> Self {
        let node = Node::of("attest-sign")
            .with("field", field.into())
            .with("label", label.into())
            .with("statement", statement.into());
        Self(node.with("required", true))
    }
}

impl From<AttestSign> for Node {
    fn from(it: AttestSign) -> Self {
        it.0
    }
}

impl Form {
    /// Handed back with the form unchanged.
    #[must_use]
    pub fn carries(mut self, carries: &Parameters) -> Self {
        carries.put("carries", &mut self.0.members);
        self
    }

    /// The versions that this form is about, handed back with it.
    #[must_use]
    pub fn seen(mut self, seen: &[Seen]) -> Self {
        let seen = seen
            .iter()
            .map(|it| json!({ "resource": it.resource, "version": it.version }))
            .collect();
        self.0.members.insert("seen".into(), seen);
        self
    }
}
