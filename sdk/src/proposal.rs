//! What goes out besides screens: proposals (proposal/1) and outcomes of a form (outcome/1).
//!
//! A proposal is all or nothing, never deletes, and names the version each update rests on.

use serde_json::{Map, Value, json};

use crate::{Parameters, Screen};

/// Changes that a departmental proposes.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    summary: String,
    changes: Vec<Value>,
    temporaries: u64,
}

impl Proposal {
    /// A proposal without a change yet. `summary`: what it does, in plain words for who reads the audit.
    pub fn new(summary: impl Into<String>) -> Self {
        Self {
            summary: summary.into(),
            changes: Vec::new(),
            temporaries: 0,
        }
    }

    /// Nothing to do.
    #[must_use]
    pub fn none() -> Self {
        Self::new("Nothing to do.")
    }

    /// Proposes a new resource, without an id: the host gives it one.
    #[must_use]
    pub fn create(mut self, resource: Value) -> Self {
        self.changes
            .push(json!({ "action": "create", "resource": resource }));
        self
    }

    /// A temporary id that no change of this proposal has yet, `urn:uuid:…`: the same at every replay.
    pub fn temporary(&mut self) -> String {
        self.temporaries += 1;
        format!("urn:uuid:00000000-0000-4000-8000-{:012x}", self.temporaries)
    }

    /// Proposes a new resource to which other changes of this proposal refer by `temporary`.
    #[must_use]
    pub fn create_as(mut self, temporary: &str, resource: Value) -> Self {
        self.changes
            .push(json!({ "action": "create", "resource": resource, "temporary": temporary }));
        self
    }

    /// Asks the host to give the resource that was proposed last an identifier of this kind, `accession-number` or
    /// `order-number`: a number of the site that nothing else has. It is there once the proposal is committed. Not for reactions.
    #[must_use]
    pub fn identified(mut self, kind: &str) -> Self {
        if let Some(change) = self.changes.last_mut() {
            match change.get_mut("identifiers").and_then(Value::as_array_mut) {
                Some(kinds) => kinds.push(kind.into()),
                None => change["identifiers"] = json!([kind]),
            }
        }
        self
    }

    /// Proposes the whole resource as it is to be, resting on the version `seen` (its `meta.versionId`). If that is no
    /// longer the current one, nothing of the proposal is committed.
    #[must_use]
    pub fn update(mut self, resource: Value, seen: impl Into<String>) -> Self {
        self.changes
            .push(json!({ "action": "update", "resource": resource, "seen": seen.into() }));
        self
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// As it crosses the contract: proposal/1.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({ "proposal": 1, "summary": self.summary, "changes": self.changes })
    }
}

/// What is wrong with a form, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    field: Option<String>,
    message: String,
}

impl Finding {
    /// About one field.
    pub fn on(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()),
            message: message.into(),
        }
    }

    /// About the form as a whole.
    pub fn about_form(message: impl Into<String>) -> Self {
        Self {
            field: None,
            message: message.into(),
        }
    }

    fn to_json(&self) -> Value {
        match &self.field {
            Some(field) => json!({ "field": field, "message": self.message }),
            None => json!({ "message": self.message }),
        }
    }
}

/// What becomes of a submitted form.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome(Map<String, Value>);

impl Outcome {
    fn with(name: &str, value: Value) -> Self {
        let mut members = Map::new();
        members.insert("outcome".into(), Value::from(1));
        members.insert(name.into(), value);
        Self(members)
    }

    /// Commit this.
    #[must_use]
    pub fn commit(proposal: &Proposal) -> Self {
        Self::with("proposal", proposal.to_json())
    }

    /// Open another screen of the manifest.
    #[must_use]
    pub fn next(screen: &str, parameters: &Parameters) -> Self {
        Self::with(
            "next",
            json!({ "screen": screen, "parameters": parameters.to_json() }),
        )
    }

    /// Once it is committed, open another screen of the manifest.
    #[must_use]
    pub fn then(mut self, screen: &str, parameters: &Parameters) -> Self {
        self.0.insert(
            "next".into(),
            json!({ "screen": screen, "parameters": parameters.to_json() }),
        );
        self
    }

    /// Nothing is committed; the form is drawn again with these findings and what was typed.
    #[must_use]
    pub fn findings(findings: &[Finding]) -> Self {
        Self::with("findings", findings.iter().map(Finding::to_json).collect())
    }

    /// As [`Outcome::findings`], on another screen than the one that was submitted.
    #[must_use]
    pub fn findings_on(findings: &[Finding], screen: Screen) -> Self {
        let mut outcome = Self::findings(findings);
        outcome.0.insert("screen".into(), screen.to_json());
        outcome
    }

    /// As it crosses the contract: outcome/1.
    #[must_use]
    pub fn to_json(&self) -> Value {
        Value::Object(self.0.clone())
    }
}
