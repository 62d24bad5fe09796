//! Codes with their system, as the pack lists them and the record has them.
//!
//! Invariant: a code without its system is no code.

use sdk::{Value, json};

/// One code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Code {
    /// URI of the code system.
    pub(crate) system: String,
    /// The code in it.
    pub(crate) code: String,
    /// As it is read.
    pub(crate) display: String,
}

impl Code {
    /// Reads an object with `system`, `code`, and `display` or `label`.
    pub(crate) fn read(it: &Value) -> Option<Self> {
        let text = |name: &str| it.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            system: text("system")?,
            code: text("code")?,
            display: text("display").or_else(|| text("label"))?,
        })
    }

    /// As searches and views write it: `system|code`.
    pub(crate) fn token(&self) -> String {
        format!("{}|{}", self.system, self.code)
    }

    /// A FHIR CodeableConcept.
    pub(crate) fn concept(&self) -> Value {
        json!({
            "coding": [{ "system": self.system, "code": self.code, "display": self.display }],
            "text": self.display,
        })
    }
}
