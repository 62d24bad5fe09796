//! How far one eye is on its way through cataract surgery.
//!
//! Invariant: each step is of the newest record of this eye before its surgery; a choice by an earlier biometry does not count.

use sdk::screen::{Step, StepState};
use sdk::{Call, Failure, Parameters};

use crate::biometry::{self, with_sign};
use crate::capsule_risk::RiskPack;
use crate::cataract::{Person, of_examination};
use crate::examination::{Examination, Examinations, Kind, read};
use crate::eye::Eye;
use crate::notes::day;
use crate::refraction::{Refraction, dioptres, milli_of, recorded};
use crate::summary::lens_of;

/// What was recorded of both eyes, by step.
pub(super) struct Recorded {
    listings: Examinations,
    pub(super) biometries: Examinations,
    risks: Examinations,
    choices: Examinations,
    operations: Examinations,
    refractions: Examinations,
}

impl Recorded {
    /// # Errors
    /// Any failure of the chart.
    pub(super) fn read(call: &Call<'_>) -> Result<Self, Failure> {
        Ok(Self {
            listings: read(call, Kind::CataractListing)?,
            biometries: read(call, Kind::Biometry)?,
            risks: read(call, Kind::CataractRisk)?,
            choices: read(call, Kind::LensChoice)?,
            operations: read(call, Kind::CataractOperation)?,
            refractions: read(call, Kind::Refraction)?,
        })
    }

    pub(super) fn all(&self) -> [&Examinations; 6] {
        [
            &self.listings,
            &self.biometries,
            &self.risks,
            &self.choices,
            &self.operations,
            &self.refractions,
        ]
    }

    /// Of one eye, what counts for its surgery.
    pub(super) fn of(&self, eye: Eye) -> Course<'_> {
        let operation = self.operations.newest(eye);
        let until = operation.map_or(i64::MAX, Examination::at_ms);
        Course {
            listing: newest_before(&self.listings, eye, until),
            biometry: newest_before(&self.biometries, eye, until),
            risk: newest_before(&self.risks, eye, until),
            choice: newest_before(&self.choices, eye, until),
            operation,
            refraction: operation
                .and(self.refractions.newest(eye))
                .filter(|it| it.at_ms() > until),
        }
    }
}

fn newest_before(of: &Examinations, eye: Eye, until_ms: i64) -> Option<&Examination> {
    of.of(eye).find(|it| it.at_ms() <= until_ms)
}

/// What counts for the surgery of one eye.
pub(super) struct Course<'a> {
    pub(super) listing: Option<&'a Examination>,
    pub(super) biometry: Option<&'a Examination>,
    pub(super) risk: Option<&'a Examination>,
    choice: Option<&'a Examination>,
    pub(super) operation: Option<&'a Examination>,
    refraction: Option<&'a Examination>,
}

impl<'a> Course<'a> {
    pub(super) fn is_listed(&self) -> bool {
        self.listing.and_then(|it| it.part("decision")) == Some("listed")
    }

    /// The newest choice, if it was made by the newest biometry in its present version.
    pub(super) fn choice(&self) -> Option<&'a Examination> {
        let biometry = self.biometry?;
        self.choice.filter(|it| {
            it.derived_from.as_deref() == Some(biometry.reference.as_str())
                && it.part("biometry-version") == Some(biometry.version.as_str())
        })
    }

    /// That choice, once somebody checked it.
    pub(super) fn checked(&self) -> Option<&'a Examination> {
        self.choice().filter(|it| it.status != "preliminary")
    }

    /// The steps in their order.
    pub(super) fn steps(
        &self,
        packs: &biometry::Packs,
        risks: &RiskPack,
        person: &Person,
    ) -> Vec<Step> {
        vec![
            self.listed(),
            self.measured(packs),
            self.risk(risks, person),
            self.chosen(packs),
            self.second_look(),
            self.operated(),
            self.outcome(),
        ]
    }

    fn listed(&self) -> Step {
        let step = |state| Step::new("Listed for surgery", state);
        let Some(it) = self.listing else {
            return step(StepState::ToDo).note("Not recorded");
        };
        let when = day(&it.when);
        if self.is_listed() {
            return step(StepState::Done).note(when);
        }
        let why = it.part("why").unwrap_or("why is not recorded");
        step(StepState::ToDo).note(format!("Taken off the list {when}: {why}"))
    }

    fn measured(&self, packs: &biometry::Packs) -> Step {
        let step = |state| Step::new("Biometry", state).link("biometry", &Parameters::default());
        let Some(it) = self.biometry else {
            return step(StepState::ToDo).note("Not recorded");
        };
        let when = day(&it.when);
        match biometry::lenses(packs, it) {
            Ok(_) => step(StepState::Done).note(when),
            Err(refusal) => {
                step(StepState::Current).note(format!("{when}. No lens power: {}", refusal.words()))
            }
        }
    }

    fn risk(&self, pack: &RiskPack, person: &Person) -> Step {
        let step = |state| {
            Step::new("Risk of a torn capsule", state).link("cataract", &Parameters::default())
        };
        let Some(it) = self.risk else {
            return step(StepState::ToDo).note("Not recorded");
        };
        let when = day(&it.when);
        match of_examination(pack, person, it) {
            Ok(risk) if risk.unknown().is_empty() => step(StepState::Done)
                .note(format!("{} %, {when}", pack.percent_text(risk.percent.0))),
            Ok(risk) => step(StepState::Current).note(format!(
                "{when}. Not known: {}",
                risk.unknown().join(", ").to_lowercase()
            )),
            Err(refusal) => step(StepState::Current)
                .note(format!("{when}. Cannot be calculated: {}", refusal.words())),
        }
    }

    fn chosen(&self, packs: &biometry::Packs) -> Step {
        let step = |state| Step::new("Lens chosen", state);
        if let Some(it) = self.choice() {
            return step(StepState::Done).note(format!("{}, {}", lens_words(it), day(&it.when)));
        }
        if self.choice.is_some() {
            return step(StepState::ToDo)
                .note("The biometry has changed since a lens was chosen: choose again");
        }
        let can_be = self
            .biometry
            .is_some_and(|it| biometry::lenses(packs, it).is_ok());
        if can_be {
            step(StepState::ToDo)
        } else {
            step(StepState::CannotStart).note("A biometry with a lens power comes first")
        }
    }

    fn second_look(&self) -> Step {
        let step = |state| Step::new("Lens checked by a second person", state);
        match (self.choice(), self.checked()) {
            (_, Some(_)) => step(StepState::Done),
            (Some(_), None) => step(StepState::Current).note("Chosen, not checked"),
            (None, None) => step(StepState::CannotStart),
        }
    }

    fn operated(&self) -> Step {
        let step = |state| Step::new("Surgery", state);
        let Some(it) = self.operation else {
            return if self.is_listed() && self.checked().is_some() {
                step(StepState::ToDo).note("Not recorded")
            } else {
                step(StepState::CannotStart).note("A listing and a checked lens come first")
            };
        };
        let lens =
            lens_of(it).unwrap_or_else(|| "which lens is in the eye is not recorded".to_owned());
        let capsule = it
            .part_words("capsule")
            .unwrap_or("not recorded")
            .to_lowercase();
        step(StepState::Done).note(format!(
            "{}: {lens}; posterior capsule {capsule}",
            day(&it.when)
        ))
    }

    fn outcome(&self) -> Step {
        let step = |state| {
            Step::new("Refraction after surgery", state).link("visit", &Parameters::default())
        };
        let Some(operation) = self.operation else {
            return step(StepState::CannotStart);
        };
        let Some(it) = self.refraction else {
            return step(StepState::ToDo).note("Not recorded");
        };
        let Some(found) = recorded(it) else {
            return step(StepState::Current).note("The refraction cannot be read");
        };
        step(StepState::Done).note(format!(
            "{}: {}",
            day(&it.when),
            against_prediction(found, operation)
        ))
    }
}

/// The lens that was chosen: `+21.0 D AcrySof SN60WF, leaves -0.25 D`.
pub(super) fn lens_words(choice: &Examination) -> String {
    let number = |code| {
        choice
            .part(code)
            .map_or_else(|| "not recorded".to_owned(), with_sign)
    };
    format!(
        "{} D {}, leaves {} D",
        number("power"),
        choice.part("lens").unwrap_or("lens not recorded"),
        number("predicted")
    )
}

/// What the eye sees with less what was predicted of the lens that is in it.
pub(super) fn against_prediction(found: Refraction, operation: &Examination) -> String {
    let equivalent = found.equivalent_milli();
    let words = format!("spherical equivalent {} D", dioptres(equivalent));
    match operation.part("predicted").and_then(milli_of) {
        Some(predicted) => format!(
            "{words}, predicted {} D, difference {} D",
            dioptres(predicted),
            dioptres(equivalent - predicted)
        ),
        None => format!("{words}; no prediction is recorded for the lens in the eye"),
    }
}
