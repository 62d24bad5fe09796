//! The way of each eye through cataract surgery: listed, measured, lens chosen and checked, operated on, refracted.
//!
//! Invariant: a lens is chosen by one biometry of that eye, in the version that was shown, and is not checked by choosing it.

mod forms;
mod operation;
mod steps;

#[cfg(all(test, not(target_family = "wasm")))]
pub(crate) mod tests;

use sdk::screen::{Card, Columns, Paragraph, Section, TaskSteps};
use sdk::{Call, Failure, Form, Outcome, Screen};

use crate::biometry::{Packs, differences};
use crate::capsule_risk::RiskPack;
use crate::cataract::person;
use crate::eye::Eye;
use crate::notes::{left_out, unverified};
use crate::pack::in_force;
use crate::pathway::steps::Recorded;

/// Draws the steps of both eyes, and the forms for what can be done next.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let packs = Packs::read(call)?;
    let risks = in_force(call, "capsule-risk", RiskPack::read)?;
    let person = person(call)?;
    let recorded = Recorded::read(call)?;
    let cards = Eye::BOTH.map(|eye| {
        let steps = recorded.of(eye).steps(&packs, &risks, &person);
        let side = eye.title();
        Card::new()
            .heading(format!("{side} eye"))
            .child(TaskSteps::new(
                format!("{side} eye: cataract surgery"),
                steps,
            ))
    });
    let of_lenses = Eye::BOTH.map(|eye| {
        let form = forms::of_lens(&packs, &recorded.of(eye), eye);
        let nothing = form.is_none().then(|| {
            let side = eye.word();
            Paragraph::new(format!(
                "No lens of the {side} eye is to be chosen or checked now."
            ))
        });
        Section::new()
            .heading(format!("{} lens", eye.title()))
            .children(form)
            .children(nothing)
    });
    let text = "Who chose a lens and who checked it stands in the record's provenance; that they are two people is for them to see to.";
    let notes = [("Biometry", &packs.unverified), ("Risk", &risks.unverified)];
    Ok(Screen::new(
        Section::new()
            .children(left_out(&recorded.all()))
            .children(differences(&packs, &recorded.biometries))
            .child(Columns::new().children(cards))
            .child(Paragraph::new(text))
            .child(Columns::new().children(of_lenses))
            .child(forms::listing())
            .child(operation::form())
            .children(unverified(&notes)),
    ))
}

/// Answers the forms of the pathway.
///
/// # Errors
/// Any failure of the chart or the packs; `not-provided` for another action.
pub(crate) fn submit(call: &Call<'_>, action: &str, form: &Form) -> Result<Outcome, Failure> {
    match action {
        "list" => forms::list(call, form),
        "choose" => forms::choose(call, form),
        "check" => forms::check(call, form),
        "operate" => operation::operate(call, form),
        other => Err(Failure::not_provided(format!(
            "the screen has no action `{other}`; it has `list`, `choose`, `check` and `operate`"
        ))),
    }
}
