//! Codes with their system, as the pack lists them and the record has them.
//!
//! Invariant: a code without its system is no code.

use sdk::pack::Part;
use sdk::{Failure, Value, json};

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
    ///
    /// # Errors
    /// `fault` with what is missing.
    pub(crate) fn read(part: Part<'_>) -> Result<Self, Failure> {
        let display = part.text_or_none("/display")?;
        Ok(Self {
            system: part.text("/system")?,
            code: part.text("/code")?,
            display: display.map_or_else(|| part.text("/label"), Ok)?,
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
