//! The form by which a run of control materials is entered, one field for each material of the test.
//!
//! Invariant: what was typed is filed with its digits, by the mean and deviation of the lot in use, or refused on its field.

use sdk::decimal::Decimal;
use sdk::moment::Moment;
use sdk::screen::{
    ActionButton, Choice, Form as FormNode, InputChoice, InputDate, InputNumber, InputText,
};
use sdk::{Call, Failure, Finding, Form, Outcome, Parameters, Proposal};

use crate::control_run::{Entry, Runs, observation, runs};
use crate::cumulative::now_ms;
use crate::laboratory::LaboratoryTest;
use crate::material::Material;
use crate::quality_control::By;
use crate::settings::Settings;

const NOTE_CHARS_MAX: usize = 300;

/// Draws the form.
pub(crate) fn form(
    test: &LaboratoryTest,
    name: &str,
    materials: &[&Material],
    analysers: &[String],
) -> FormNode {
    let offered = analysers.iter();
    let offered = offered.map(|it| Choice::new(it.as_str(), it.as_str()));
    let mut form = FormNode::new("run")
        .title(format!("Enter a run: {name}"))
        .child(InputChoice::new("analyser", "Analyser", offered.collect::<Vec<_>>()).required(true))
        .child(
            InputDate::new("measured", "Measured")
                .time(true)
                .required(true),
        );
    for it in materials {
        let label = format!("{}, level {}", it.name, it.level);
        let hint = format!(
            "Lot {}, mean {}, standard deviation {}. Empty: not measured",
            it.lot, it.mean, it.sd
        );
        form = form.child(
            InputNumber::new(field(it), label)
                .unit(test.unit())
                .hint(hint),
        );
    }
    form.child(
        InputText::new("note", "Note")
            .hint("What was done, for example calibrated or lot changed")
            .length_max(u32::try_from(NOTE_CHARS_MAX).unwrap_or(u32::MAX)),
    )
    .child(ActionButton::new("File the run"))
}

fn field(material: &Material) -> String {
    format!("value-{}", material.level)
}

/// Answers the form: findings on its fields, or a proposal of one Observation for each material.
///
/// # Errors
/// Any failure of the chart or the packs; `invalid` without the parameter `test`.
pub(crate) fn submit(call: &Call<'_>, form: &Form) -> Result<Outcome, Failure> {
    let by = By::read(call)?;
    let id = form.parameters().required("test")?;
    let (test, _, materials) = by.test(id)?;
    let analysers = Settings::read(call)?.analysers;
    let mut findings = Vec::new();
    let analyser = form.text("analyser");
    let analyser = analyser.filter(|it| analysers.iter().any(|known| known == it));
    if analyser.is_none() {
        findings.push(Finding::on("analyser", "Select an analyser of this site."));
    }
    let measured = measured(call, form, &mut findings);
    let values = values(test, &materials, form, &mut findings);
    let note = form.text("note");
    if note.is_some_and(|it| it.chars().count() > NOTE_CHARS_MAX) {
        let what = format!("Write {NOTE_CHARS_MAX} characters or fewer.");
        findings.push(Finding::on("note", what));
    }
    if let (Some(analyser), Some(measured)) = (analyser, measured)
        && is_there(&runs(call, test)?, analyser, measured)
    {
        let what = "This analyser has a run of this test at this time already.";
        findings.push(Finding::on("measured", what));
    }
    let (Some(analyser), Some(measured), true) = (analyser, measured, findings.is_empty()) else {
        return Ok(Outcome::findings(&findings));
    };
    let code = test.concept(&by.catalogue);
    let mut proposal = Proposal::new("A run of control materials was entered.");
    for (material, value) in values {
        let entry = Entry {
            analyser,
            measured,
            value,
            note,
        };
        proposal = proposal.create(observation(call, test, &code, material, &entry)?);
    }
    let to = Parameters::default().with("test", id);
    Ok(Outcome::commit(&proposal).then("control", &to))
}

fn is_there(runs: &Runs, analyser: &str, measured: &str) -> bool {
    let of_it = runs.by_analyser.get(analyser);
    let at = Moment::parse(measured);
    let mut runs = of_it.into_iter().flatten();
    runs.any(|run| Moment::parse(&run.when) == at)
}

fn measured<'f>(call: &Call<'_>, form: &'f Form, findings: &mut Vec<Finding>) -> Option<&'f str> {
    let typed = form.text("measured");
    let what = match typed.and_then(Moment::parse).filter(|it| it.has_time) {
        None => "Give a real date and time, for example 24 November 2026, 07:10.",
        Some(it) if it.epoch_ms > now_ms(call) => "Give a time that has passed.",
        Some(_) => return typed,
    };
    findings.push(Finding::on("measured", what));
    None
}

/// Each material that was measured, with its number as typed.
fn values<'a>(
    test: &LaboratoryTest,
    materials: &[&'a Material],
    form: &'a Form,
    findings: &mut Vec<Finding>,
) -> Vec<(&'a Material, &'a str)> {
    let mut values = Vec::new();
    for &material in materials {
        let Some(typed) = form.text(&field(material)) else {
            continue;
        };
        let is_plain = !typed.contains(['e', 'E']);
        let Some(value) = Decimal::parse(typed).filter(|_| is_plain) else {
            let what = "Give the control result as a number, for example 4.12.";
            findings.push(Finding::on(field(material), what));
            continue;
        };
        let is_below = test.possible.low.is_some_and(|low| value < low);
        if is_below || test.possible.high.is_some_and(|high| value > high) {
            let what = format!(
                "{} is not possible. Check the number and its unit.",
                test.measured(typed)
            );
            findings.push(Finding::on(field(material), what));
            continue;
        }
        values.push((material, typed));
    }
    if values.is_empty()
        && findings.is_empty()
        && let Some(first) = materials.first()
    {
        let what = "Give the result of one control material at least.";
        findings.push(Finding::on(field(first), what));
    }
    values
}
