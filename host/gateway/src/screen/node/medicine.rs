//! Nodes about medicines and what a person cannot take.
//!
//! Invariant: as its parent's; an allergy list names allergies exactly when its label says that there are some.

use serde::Deserialize;

use super::{Coded, Kind};
use crate::screen::check::{Wrong, each, within};
use crate::screen::dose::Amount;
use crate::screen::word::{Line, Reference, When};

#[derive(Debug, Deserialize)]
pub(crate) struct MedicationLine {
    pub(crate) drug: Line,
    pub(crate) brand: Option<Line>,
    pub(crate) strength: Option<Amount>,
    pub(crate) form: Option<Line>,
    pub(crate) dose: Option<Amount>,
    pub(crate) rate: Option<Amount>,
    pub(crate) duration: Option<Line>,
    pub(crate) route: Option<Line>,
    pub(crate) frequency: Option<Line>,
    pub(crate) indication: Option<Line>,
    pub(crate) status: Option<Course>,
    pub(crate) since: Option<When>,
    pub(crate) note: Option<Line>,
}

/// Where a medicine stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Course {
    Active,
    Planned,
    OnHold,
    Stopped,
    Completed,
    NotTaken,
    EnteredInError,
    Unknown,
}

impl Kind for MedicationLine {
    fn sound(&self) -> Result<(), Wrong> {
        let amounts = [
            ("strength", &self.strength),
            ("dose", &self.dose),
            ("rate", &self.rate),
        ];
        for (at, amount) in amounts {
            if let Some(Err(what)) = amount.as_ref().map(Amount::sound) {
                return Err(Wrong::at(at, what));
            }
        }
        Ok(())
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct AllergyList {
    pub(crate) label: AllergyLabel,
    #[serde(default)]
    pub(crate) items: Vec<Allergy>,
    pub(crate) note: Option<Line>,
}

/// The four things that can be said of allergies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AllergyLabel {
    KnownAllergies,
    NoKnownAllergies,
    AllergiesNotRecorded,
    AllergiesUnavailable,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Allergy {
    pub(crate) substance: Coded,
    #[serde(default)]
    pub(crate) reactions: Vec<Line>,
    pub(crate) severity: Option<Severity>,
    #[serde(default)]
    pub(crate) unconfirmed: bool,
    #[serde(default)]
    pub(crate) intolerance: bool,
    pub(crate) recorded: Option<When>,
    #[expect(
        dead_code,
        reason = "the record's page of one allergy, to which it will lead, is yet to come"
    )]
    pub(crate) resource: Option<Reference>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Severity {
    Mild,
    Moderate,
    Severe,
}

impl Kind for AllergyList {
    fn sound(&self) -> Result<(), Wrong> {
        let known = self.label == AllergyLabel::KnownAllergies;
        if known && self.items.is_empty() {
            return Err(Wrong::at("items", "known-allergies names at least one"));
        }
        if !known && !self.items.is_empty() {
            return Err(Wrong::at("items", "only known-allergies names any"));
        }
        within("items", self.items.len(), 0, 100)?;
        each("items", &self.items, |it| {
            within("reactions", it.reactions.len(), 0, 20)
        })
    }
}
