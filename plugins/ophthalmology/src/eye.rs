//! Which eye a finding is of.
//!
//! Invariant: there is no eye without a side, and none is assumed; "both eyes" is not one eye.

use sdk::{Value, json};

use crate::refusal::Refusal;

const SNOMED: &str = "http://snomed.info/sct";

/// One of a person's two eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Eye {
    /// On the left of every screen, as the examiner sees it.
    Right,
    /// On the right of every screen.
    Left,
}

impl Eye {
    /// In the order in which they are always shown.
    pub(crate) const BOTH: [Self; 2] = [Self::Right, Self::Left];

    /// `right` or `left`, as forms and parameters say it.
    ///
    /// # Errors
    /// `Side` for anything else, and for nothing.
    pub(crate) fn parse(text: Option<&str>) -> Result<Self, Refusal> {
        Self::BOTH
            .into_iter()
            .find(|eye| Some(eye.word()) == text)
            .ok_or(Refusal::Side)
    }

    /// From the SNOMED CT code of a body site. Nothing for a body site that is not exactly one eye.
    pub(crate) fn of_body_site(code: &str) -> Option<Self> {
        Self::BOTH.into_iter().find(|eye| eye.code() == code)
    }

    /// Structure of the right, of the left eye, SNOMED CT.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Right => "18944008",
            Self::Left => "8966001",
        }
    }

    /// As it is written into `bodySite`.
    pub(crate) fn body_site(self) -> Value {
        let display = format!("{} eye structure", self.title());
        json!({
            "coding": [{ "system": SNOMED, "code": self.code(), "display": display }],
            "text": format!("{} eye", self.title())
        })
    }

    /// `right`, in a sentence and in field names.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Left => "left",
        }
    }

    /// `Right`, at the start of a title.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Right => "Right",
            Self::Left => "Left",
        }
    }

    /// The name of a field of this eye: `right-pressure`.
    pub(crate) fn field(self, name: &str) -> String {
        format!("{}-{name}", self.word())
    }
}

#[cfg(test)]
mod tests;
