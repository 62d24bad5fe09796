//! The form of a biometry, and what becomes of it.
//!
//! Invariant: every measurement is held against its bounds on its own field before anything is filed.

use sdk::screen::{ActionButton, Choice, Form as FormNode, InputChoice, InputText};
use sdk::{Call, Failure, Finding, Form, Outcome, Parameters, Proposal};

use crate::biometry::Packs;
use crate::examination::Kind;
use crate::examination::draft::Draft;
use crate::eye::Eye;
use crate::keratometry::{KeratometryInput, Measure, keratometry};
use crate::refusal::Refusal;
use crate::typed::{Typed, typed};

/// Numbers of the form besides the cornea: field, words, unit.
const NUMBERS: [(&str, &str, &str); 3] = [
    ("axial-length", "Axial length", "mm"),
    ("a-constant", "A-constant of the lens", ""),
    ("target", "Target refraction", "D"),
];

/// The form of one eye.
pub(super) fn form() -> FormNode {
    let eyes = Eye::BOTH.map(|eye| Choice::new(eye.word(), format!("{} eye", eye.title())));
    let units = [Measure::Radius, Measure::Power].map(|it| Choice::new(it.unit(), it.unit()));
    let asked = vec![
        Choice::new("no", "No"),
        Choice::new("yes", "Yes"),
        Choice::new("not-known", "Not known"),
    ];
    let text = |field: &str, label: &str| {
        InputText::new(field, label)
            .length_max(20_u32)
            .required(true)
    };
    let mut form = FormNode::new("record")
        .title("Record a biometry")
        .child(InputChoice::new("eye", "Which eye", eyes.to_vec()).required(true))
        .child(
            InputChoice::new(
                "keratometry-unit",
                "Unit of the keratometry",
                units.to_vec(),
            )
            .required(true),
        )
        .child(text("keratometry-one", "Keratometry, one meridian"))
        .child(text("keratometry-other", "Keratometry, the other"))
        .child(
            InputChoice::new(
                "altered-cornea",
                "Had the cornea refractive surgery, or has it ectasia?",
                asked,
            )
            .required(true),
        )
        .child(
            InputText::new("lens", "Lens")
                .hint("Maker and model, as on its box.")
                .length_max(80_u32)
                .required(true),
        );
    for (field, label, unit) in NUMBERS {
        let label = if unit.is_empty() {
            label.to_owned()
        } else {
            format!("{label}, {unit}")
        };
        form = form.child(text(field, &label));
    }
    form.child(ActionButton::new("Record the biometry"))
}

/// Answers the form: findings on its fields, or one Observation.
///
/// # Errors
/// Any failure of the packs; `not-provided` for another action.
pub(super) fn submit(call: &Call<'_>, action: &str, form: &Form) -> Result<Outcome, Failure> {
    if action != "record" {
        return Err(Failure::not_provided(format!(
            "the form has no action `{action}`; it has `record`"
        )));
    }
    let packs = Packs::read(call)?;
    let mut findings = Vec::new();
    let eye = Eye::parse(form.text("eye"));
    if let Err(refusal) = &eye {
        findings.push(Finding::on("eye", refusal.sentence()));
    }
    let corneal = corneal(&packs, form, &mut findings);
    let numbers = numbers(&packs, form, &mut findings);
    let altered = form.text("altered-cornea");
    if !matches!(altered, Some("yes" | "no" | "not-known")) {
        findings.push(Finding::on(
            "altered-cornea",
            "Select an answer; \"Not known\" is one.",
        ));
    }
    if form.text("lens").is_none() {
        findings.push(Finding::on(
            "lens",
            "Write the lens to which the A-constant belongs.",
        ));
    }
    let (Ok(eye), Some(unit), Some(lens), true) =
        (eye, corneal, form.text("lens"), findings.is_empty())
    else {
        return Ok(Outcome::findings(&findings));
    };
    let altered_words = match altered {
        Some("yes") => "Yes",
        Some("no") => "No",
        Some(_) | None => "Not known",
    };
    let mut draft = Draft::new(call, Kind::Biometry, eye)?
        .text("keratometry-unit", unit.unit())
        .coded("altered-cornea", altered.unwrap_or_default(), altered_words)
        .text("lens", lens);
    for field in ["keratometry-one", "keratometry-other"] {
        let digits = form
            .text(field)
            .unwrap_or_default()
            .trim_end_matches(unit.unit())
            .trim();
        draft = draft.number(field, digits, unit.unit());
    }
    for ((field, _, unit), number) in NUMBERS.iter().zip(&numbers) {
        draft = draft.number(
            field,
            &number.digits,
            if unit.is_empty() { "1" } else { unit },
        );
    }
    let summary = format!("Records a biometry of the {} eye.", eye.word());
    let proposal = Proposal::new(summary).create(draft.resource());
    Ok(Outcome::commit(&proposal).then("biometry", &Parameters::default()))
}

/// The unit of a keratometry that can be; what is wrong with another is a finding.
fn corneal(packs: &Packs, form: &Form, findings: &mut Vec<Finding>) -> Option<Measure> {
    let measure = match Measure::of(form.text("keratometry-unit")) {
        Ok(measure) => measure,
        Err(_) => {
            findings.push(Finding::on(
                "keratometry-unit",
                "Select the unit: mm is a radius, D a power.",
            ));
            return None;
        }
    };
    for field in ["keratometry-one", "keratometry-other"] {
        // Each by itself, so that the finding is on its own field.
        let text = form.text(field);
        let input = KeratometryInput {
            measure,
            one: text,
            other: text,
        };
        if let Err(refusal) = keratometry(&packs.cornea, &input) {
            findings.push(Finding::on(field, refusal.sentence()));
        }
    }
    Some(measure)
}

fn numbers(packs: &Packs, form: &Form, findings: &mut Vec<Finding>) -> Vec<Typed> {
    let bounds = [
        &packs.lens.axial_length,
        &packs.lens.a_constant,
        &packs.lens.target,
    ];
    let whats = [
        "the axial length",
        "the A-constant",
        "the target refraction",
    ];
    let mut read = Vec::new();
    for (((field, _, unit), bounds), what) in NUMBERS.iter().zip(bounds).zip(whats) {
        let text = form
            .text(field)
            .map(|text| text.strip_prefix('+').unwrap_or(text));
        let found = text.ok_or(Refusal::NotRecorded(what)).and_then(|text| {
            let found = typed(
                what,
                text,
                if unit.is_empty() {
                    &[]
                } else {
                    std::slice::from_ref(unit)
                },
            )?;
            bounds.hold(what, found.value)?;
            Ok(found)
        });
        match found {
            Ok(found) => read.push(found),
            Err(refusal) => findings.push(Finding::on(*field, refusal.sentence())),
        }
    }
    read
}
