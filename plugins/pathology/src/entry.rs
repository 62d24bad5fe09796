//! The form by which a result is entered: what was measured, on what, and all that its release depends on.
//!
//! Invariant: nothing is taken as well because it was left empty: what was not said is a condition that does not hold.

pub(crate) mod filed;

use sdk::screen::{
    ActionButton, Choice, EmptyState, Form as FormNode, InputChecks, InputChoice, InputDate,
    InputText, Inset, Link, List, Section, Words,
};
use sdk::{Call, Failure, Finding, Form, Outcome, Parameters, Proposal, Screen};

use crate::catalogue::Catalogue;
use crate::control::{EXAMPLE, runs};
use crate::cumulative::now_ms;
use crate::laboratory::{LaboratoryPack, LaboratoryTest};
use crate::order::{Specimen, specimens};
use crate::request::one_of;
use crate::result::line;
use crate::westgard::{Control, WestgardPack, refusal_text, westgard};
use sdk::decimal::Decimal;
use sdk::moment::{Moment, words};

/// Specimens that are offered at once.
const SPECIMENS_MAX: usize = 50;
const FLAGS_CHARS_MAX: usize = 200;
/// What can be said of the analyser.
const ANALYSER: [(&str, &str); 3] = [
    ("none", "It raised no flag"),
    ("flagged", "It raised a flag"),
    ("unknown", "Not known"),
];
/// What can be seen in the specimen; the first excludes the others.
const INTERFERENCE: [(&str, &str); 4] = [
    ("none", "None of these"),
    ("haemolysed", "Haemolysed"),
    ("icteric", "Icteric"),
    ("lipaemic", "Lipaemic"),
];

/// A result with all that its release depends on, once nothing in it is wrong.
pub(crate) struct Entered<'a> {
    /// On what it was measured.
    pub(crate) origin: Origin,
    /// What was measured.
    pub(crate) test: &'a LaboratoryTest,
    /// As typed, and as a number.
    pub(crate) value: (&'a str, Decimal),
    /// When it was measured.
    pub(crate) measured_ms: i64,
    /// None when nobody knows.
    pub(crate) flags: Option<Vec<String>>,
    /// None when nobody looked.
    pub(crate) interference: Option<Vec<String>>,
    /// The newest run last; none when none was given.
    pub(crate) controls: Vec<Vec<Control>>,
    /// The same as it was typed.
    pub(crate) controls_typed: Option<&'a str>,
}

/// On what a result was measured.
pub(crate) struct Origin {
    /// `Specimen/…`; None of a device that has no specimen of the record.
    pub(crate) specimen: Option<String>,
    /// The specimen's number, or the device's own.
    pub(crate) accession: String,
    /// When it was collected.
    pub(crate) collected: Option<String>,
    /// `ServiceRequest/…`.
    pub(crate) request: Option<String>,
}

/// What a result is read and judged by.
pub(crate) struct By {
    /// Tests with their codes.
    pub(crate) catalogue: Catalogue,
    /// Units and limits.
    pub(crate) laboratory: LaboratoryPack,
    /// Rules of quality control.
    pub(crate) westgard: WestgardPack,
}

impl By {
    /// Reads the packs.
    ///
    /// # Errors
    /// Any failure of the packs.
    pub(crate) fn read(call: &Call<'_>) -> Result<Self, Failure> {
        Ok(Self {
            catalogue: Catalogue::read(&call.packs.get("catalogue")?)?,
            laboratory: LaboratoryPack::read(&call.packs.get("laboratory")?)?,
            westgard: WestgardPack::read(&call.packs.get("westgard")?)?,
        })
    }
}

/// Draws the form.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    call.patient()?;
    let by = By::read(call)?;
    let specimens = specimens(call.chart)?;
    if specimens.is_empty() {
        let text = "A result is entered for a specimen that was received and has a number.";
        let empty = EmptyState::new("No specimen was received", text);
        let way = Link::new("Requests and specimens", "requests");
        return Ok(Screen::new(Section::new().child(empty).child(way)));
    }
    let unverified = by
        .laboratory
        .unverified
        .iter()
        .chain(&by.westgard.unverified);
    let said: Vec<Words> = unverified.map(|it| it.as_str().into()).collect();
    let mut root = Section::new().child(form(&by, &specimens));
    if !said.is_empty() {
        let words = "Parts of the rules by which a result is released are unverified: nobody answerable has signed them, so no result is released without a person.";
        root = root.child(Inset::new(words).child(List::new(said)));
    }
    Ok(Screen::new(root))
}

fn form(by: &By, specimens: &[Specimen]) -> FormNode {
    let offered = specimens.iter().take(SPECIMENS_MAX).map(|it| {
        let collected = it.collected.as_deref().and_then(words);
        let collected = collected.unwrap_or_else(|| "time not recorded".to_owned());
        Choice::new(
            it.reference.as_str(),
            format!("{}, {}", it.accession, it.kind),
        )
        .hint(format!("Collected {collected}"))
    });
    let tests = by.laboratory.tests.iter().filter_map(|it| {
        let listed = it.listed(&by.catalogue)?;
        let label = match it.unit() {
            "1" => listed.name.clone(),
            unit => format!("{} ({unit})", listed.name),
        };
        Some(Choice::new(it.test.as_str(), label))
    });
    let choices = |of: &[(&str, &str)]| {
        let each = of.iter().map(|(value, words)| Choice::new(*value, *words));
        each.collect::<Vec<_>>()
    };
    FormNode::new("enter")
        .title("Enter a result")
        .child(InputChoice::new("specimen", "Specimen", offered.collect::<Vec<_>>()).required(true))
        .child(InputChoice::new("test", "Test", tests.collect::<Vec<_>>()).required(true))
        .child(
            InputText::new("value", "Result")
                .hint("A number with the digits that are reported, in the unit of the test; a unit that is typed after it must be that one")
                .length_max(40_u32)
                .required(true),
        )
        .child(InputDate::new("measured", "Measured").time(true).required(true))
        .child(InputChoice::new("analyser", "Analyser", choices(&ANALYSER)).required(true))
        .child(
            InputText::new("flags", "Flags of the analyser")
                .hint("Needed when it raised one")
                .length_max(u32::try_from(FLAGS_CHARS_MAX).unwrap_or(u32::MAX)),
        )
        .child(
            InputChecks::new("interference", "The specimen is", choices(&INTERFERENCE))
                .hint("Tick nothing when nobody looked"),
        )
        .child(
            InputText::new("controls", "Control results of this test")
                .hint(format!(
                    "One run on each line, the run of this result last; each control as value/mean/deviation: {EXAMPLE}. Empty: not known"
                ))
                .lines(6_u32)
                .length_max(4_000_u32),
        )
        .child(ActionButton::new("File the result"))
}

/// Answers the form: findings, or a proposal of the result, released or held for a person.
///
/// # Errors
/// Any failure of the chart or the packs; `not-provided` for another action.
pub(crate) fn submit(call: &Call<'_>, action: &str, form: &Form) -> Result<Outcome, Failure> {
    if action != "enter" {
        return Err(Failure::not_provided(format!(
            "the form has no action `{action}`; it has `enter`"
        )));
    }
    let by = By::read(call)?;
    let specimens = specimens(call.chart)?;
    let entered = match read(call, &by, &specimens, form) {
        Ok(entered) => entered,
        Err(findings) => return Ok(Outcome::findings(&findings)),
    };
    if filed::is_there(call, &by, &entered)? {
        let what = "This specimen has a result of this test already. Correct that one instead.";
        return Ok(Outcome::findings(&[Finding::on("test", what)]));
    }
    let proposal = Proposal::new(
        "A result was entered; it is released when every condition holds, and held for a person otherwise.",
    );
    let proposal = filed::onto(proposal, call, &by, &entered)?;
    Ok(Outcome::commit(&proposal).then("authorise", &Parameters::default()))
}

fn read<'a>(
    call: &Call<'_>,
    by: &'a By,
    specimens: &'a [Specimen],
    form: &'a Form,
) -> Result<Entered<'a>, Vec<Finding>> {
    let mut findings = Vec::new();
    let chosen = form.text("specimen");
    let specimen = specimens
        .iter()
        .find(|it| Some(it.reference.as_str()) == chosen);
    if specimen.is_none() {
        findings.push(Finding::on(
            "specimen",
            "Select a specimen that was received.",
        ));
    }
    let test = form.text("test").and_then(|it| by.laboratory.test(it));
    if test.is_none() {
        findings.push(Finding::on("test", "Select the test."));
    }
    let value = value(form.text("value"), test, &mut findings);
    let measured_ms = measured(call, form, specimen, &mut findings);
    let flags = flags(form, &mut findings);
    let interference = interference(form, &mut findings);
    let controls_typed = form.text("controls");
    let controls = runs(controls_typed.unwrap_or_default()).unwrap_or_else(|what| {
        findings.push(Finding::on("controls", what));
        vec![]
    });
    if !controls.is_empty()
        && let Err(why) = westgard(&by.westgard, &controls)
    {
        let what = format!("These controls cannot be judged: {}.", refusal_text(why));
        findings.push(Finding::on("controls", what));
    }
    match (specimen, test, value, measured_ms) {
        (Some(specimen), Some(test), Some(value), Some(measured_ms)) if findings.is_empty() => {
            Ok(Entered {
                origin: Origin {
                    specimen: Some(specimen.reference.clone()),
                    accession: specimen.accession.clone(),
                    collected: specimen.collected.clone(),
                    request: specimen.request.clone(),
                },
                test,
                value,
                measured_ms,
                flags,
                interference,
                controls,
                controls_typed,
            })
        }
        _ => Err(findings),
    }
}

fn value<'a>(
    typed: Option<&'a str>,
    test: Option<&LaboratoryTest>,
    findings: &mut Vec<Finding>,
) -> Option<(&'a str, Decimal)> {
    let typed = typed.unwrap_or_default();
    let (digits, typed_unit) = match typed.split_once(char::is_whitespace) {
        Some((digits, unit)) => (digits, Some(unit.trim())),
        None => (typed, None),
    };
    // As FHIR writes a decimal: no sign before it but a minus, no exponent typed by hand.
    let plain = |text: &&str| !text.contains(['e', 'E']);
    let is_json = |text: &&str| text.parse::<sdk::Value>().is_ok_and(|it| it.is_number());
    let read = Some(digits).filter(plain).filter(is_json);
    let Some((text, number)) = read.and_then(|text| Some((text, Decimal::parse(text)?))) else {
        let what = "Give the result as a number, for example 4.2.";
        findings.push(Finding::on("value", what));
        return None;
    };
    let test = test?;
    if let Some(other) = typed_unit.filter(|it| !test.units.iter().any(|unit| unit == it)) {
        let what = format!(
            "This test is reported in {}, and {} was typed. Nothing is converted: give the result in {}.",
            test.unit(),
            line(other),
            test.unit()
        );
        findings.push(Finding::on("value", what));
        return None;
    }
    let below = test.possible.low.is_some_and(|low| number < low);
    let above = test.possible.high.is_some_and(|high| number > high);
    if below || above {
        let end = |it: Option<Decimal>| it.map_or("any".to_owned(), |it| it.to_string());
        let (low, high) = (end(test.possible.low), end(test.possible.high));
        let unit = test.unit();
        let what = format!("{text} {unit} is not possible: {low} to {high} is. Check the unit.");
        findings.push(Finding::on("value", what));
        return None;
    }
    Some((text, number))
}

fn measured(
    call: &Call<'_>,
    form: &Form,
    specimen: Option<&Specimen>,
    findings: &mut Vec<Finding>,
) -> Option<i64> {
    let moment = form.text("measured").and_then(Moment::parse);
    let Some(moment) = moment.filter(|it| it.has_time) else {
        let what = "Give a real date and time, for example 24 November 2026, 12:05.";
        findings.push(Finding::on("measured", what));
        return None;
    };
    if moment.epoch_ms > now_ms(call) {
        findings.push(Finding::on("measured", "Give a time that has passed."));
        return None;
    }
    let collected = specimen.and_then(|it| it.collected.as_deref());
    let collected = collected.and_then(Moment::parse);
    if collected.is_some_and(|it| it.epoch_ms > moment.epoch_ms) {
        let what = "Give a time after the specimen was collected.";
        findings.push(Finding::on("measured", what));
        return None;
    }
    Some(moment.epoch_ms)
}

fn flags(form: &Form, findings: &mut Vec<Finding>) -> Option<Vec<String>> {
    let typed = form.text("flags");
    if typed.is_some_and(|it| it.chars().count() > FLAGS_CHARS_MAX) {
        let what = format!("Write {FLAGS_CHARS_MAX} characters or fewer.");
        findings.push(Finding::on("flags", what));
    }
    let said = one_of(
        form,
        "analyser",
        &ANALYSER,
        "what the analyser said",
        findings,
    );
    match (said, typed) {
        (Some("flagged"), None) => {
            findings.push(Finding::on("flags", "Write which flag it raised."));
            None
        }
        (Some("flagged"), Some(flags)) => Some(vec![line(flags)]),
        (Some("none"), Some(_)) => {
            let what = "You selected that it raised no flag: leave this empty, or select that it raised one.";
            findings.push(Finding::on("flags", what));
            None
        }
        (Some("none"), None) => Some(vec![]),
        (Some(_) | None, _) => None,
    }
}

fn interference(form: &Form, findings: &mut Vec<Finding>) -> Option<Vec<String>> {
    let ticked = form.ticked("interference");
    let words = |value: &&str| INTERFERENCE.iter().any(|(known, _)| known == value);
    if !ticked.iter().all(words) {
        findings.push(Finding::on("interference", "Select what is offered."));
        return None;
    }
    match (ticked.contains(&"none"), ticked.len()) {
        (_, 0) => None,
        (true, 1) => Some(vec![]),
        (true, _) => {
            let what = "Select none of these, or what the specimen is, not both.";
            findings.push(Finding::on("interference", what));
            None
        }
        (false, _) => Some(ticked.into_iter().map(str::to_owned).collect()),
    }
}
