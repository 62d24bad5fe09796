//! Nodes by which a person answers: forms, inputs, buttons, links; and the kinds that this host does not know.
//!
//! Invariant: as its parent's.

use serde::{Deserialize, Serialize};

use super::{At, Coded, Kind, Parameters};
use crate::screen::check::{Wrong, unique_words, within};
use crate::screen::coded::Concept;
use crate::screen::dose::Portion;
use crate::screen::word::{Decimal, Line, Short, Text, When, Word};

#[derive(Debug, Deserialize)]
pub(crate) struct Form {
    pub(crate) action: Word,
    pub(crate) title: Option<Line>,
    #[serde(default, deserialize_with = "super::parameters")]
    pub(crate) carries: Parameters,
    #[serde(default)]
    pub(crate) seen: Vec<Seen>,
    pub(crate) children: Vec<At>,
}

impl Kind for Form {
    fn children(&self) -> &[At] {
        &self.children
    }

    fn sound(&self) -> Result<(), Wrong> {
        within("seen", self.seen.len(), 0, 200)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seen {
    pub(crate) resource: String,
    pub(crate) version: String,
}

/// What every input has.
#[derive(Debug, Deserialize)]
pub(crate) struct Input {
    pub(crate) field: Word,
    pub(crate) label: Line,
    pub(crate) hint: Option<Line>,
    #[serde(default)]
    pub(crate) required: bool,
    pub(crate) error: Option<Line>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct InputText {
    #[serde(flatten)]
    pub(crate) input: Input,
    pub(crate) value: Option<Text>,
    pub(crate) lines: Option<u8>,
    pub(crate) length_max: Option<u16>,
}

impl Kind for InputText {
    fn input(&self) -> Option<&Input> {
        Some(&self.input)
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct InputNumber {
    #[serde(flatten)]
    pub(crate) input: Input,
    pub(crate) value: Option<Decimal>,
    pub(crate) unit: Option<Short>,
    pub(crate) min: Option<Decimal>,
    pub(crate) max: Option<Decimal>,
}

impl Kind for InputNumber {
    fn input(&self) -> Option<&Input> {
        Some(&self.input)
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct InputDate {
    #[serde(flatten)]
    pub(crate) input: Input,
    pub(crate) value: Option<When>,
    #[serde(default)]
    pub(crate) time: bool,
}

impl Kind for InputDate {
    fn input(&self) -> Option<&Input> {
        Some(&self.input)
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct InputChoice {
    #[serde(flatten)]
    pub(crate) input: Input,
    pub(crate) options: Vec<Choice>,
    pub(crate) value: Option<String>,
}

impl Kind for InputChoice {
    fn sound(&self) -> Result<(), Wrong> {
        options(&self.options)
    }

    fn input(&self) -> Option<&Input> {
        Some(&self.input)
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct InputChecks {
    #[serde(flatten)]
    pub(crate) input: Input,
    pub(crate) options: Vec<Choice>,
    #[serde(default)]
    pub(crate) value: Vec<String>,
}

impl Kind for InputChecks {
    fn sound(&self) -> Result<(), Wrong> {
        options(&self.options)
    }

    fn input(&self) -> Option<&Input> {
        Some(&self.input)
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct InputNhsNumber {
    #[serde(flatten)]
    pub(crate) input: Input,
    pub(crate) value: Option<Line>,
}

impl Kind for InputNhsNumber {
    fn input(&self) -> Option<&Input> {
        Some(&self.input)
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct InputDose {
    #[serde(flatten)]
    pub(crate) input: Input,
    pub(crate) units: Vec<Line>,
    pub(crate) amount: Option<Portion>,
    pub(crate) unit: Option<Line>,
}

impl Kind for InputDose {
    fn sound(&self) -> Result<(), Wrong> {
        within("units", self.units.len(), 1, 20)?;
        unique_words("units", self.units.iter().map(Line::as_str))?;
        match &self.unit {
            Some(unit) if !self.units.contains(unit) => {
                Err(Wrong::at("unit", "must be one of units"))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn input(&self) -> Option<&Input> {
        Some(&self.input)
    }
}

/// One concept of a value set, found by words in the host's terminology.
#[derive(Debug, Deserialize)]
pub(crate) struct InputCoded {
    #[serde(flatten)]
    pub(crate) input: Input,
    /// Its canonical URL.
    pub(crate) value_set: Line,
    pub(crate) value: Option<Coded>,
}

impl InputCoded {
    /// What is chosen in advance.
    pub(crate) fn chosen(&self) -> Option<Concept> {
        let it = self.value.as_ref()?;
        Some(Concept {
            system: it.system.as_ref()?.as_str().to_owned(),
            code: it.code.as_ref()?.as_str().to_owned(),
            display: it.display.as_str().to_owned(),
        })
    }
}

impl Kind for InputCoded {
    fn sound(&self) -> Result<(), Wrong> {
        let comes_back = |it: &Concept| Concept::unpacked(&it.packed()).as_ref() == Some(it);
        if self.value.is_some() && !self.chosen().as_ref().is_some_and(comes_back) {
            return Err(Wrong::at(
                "value",
                "needs system and code, without | in them",
            ));
        }
        Ok(())
    }

    fn input(&self) -> Option<&Input> {
        Some(&self.input)
    }
}

/// A statement that whoever signs confirms.
#[derive(Debug, Deserialize)]
pub(crate) struct AttestSign {
    #[serde(flatten)]
    pub(crate) input: Input,
    pub(crate) statement: Line,
}

impl Kind for AttestSign {
    fn sound(&self) -> Result<(), Wrong> {
        if self.input.required {
            return Ok(());
        }
        Err(Wrong::at(
            "required",
            "must be true: nothing is signed by leaving it out",
        ))
    }

    fn input(&self) -> Option<&Input> {
        Some(&self.input)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choice {
    pub(crate) value: Line,
    pub(crate) label: Line,
    pub(crate) hint: Option<Line>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Action {
    pub(crate) label: Line,
    pub(crate) action: Option<Word>,
    #[serde(default)]
    pub(crate) secondary: bool,
    pub(crate) confirm: Option<Line>,
}

impl Kind for Action {}

#[derive(Debug, Deserialize)]
pub(crate) struct Link {
    pub(crate) text: Line,
    pub(crate) screen: Word,
    #[serde(default, deserialize_with = "super::parameters")]
    pub(crate) parameters: Parameters,
}

impl Kind for Link {}

#[derive(Debug, Deserialize)]
pub(crate) struct Unknown {
    pub(crate) fallback: Option<Text>,
}

impl Kind for Unknown {}

/// Options that can be told apart.
pub(super) fn options(options: &[Choice]) -> Result<(), Wrong> {
    const OPTIONS_MAX: usize = 100;
    within("options", options.len(), 1, OPTIONS_MAX)?;
    unique_words(
        "options with the value",
        options.iter().map(|it| it.value.as_str()),
    )
}
