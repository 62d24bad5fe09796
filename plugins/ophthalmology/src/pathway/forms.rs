//! Listing an eye for surgery, choosing its lens, and checking the choice.
//!
//! Invariant: what a form was drawn from is held against the record again before anything is proposed.

use sdk::screen::{
    ActionButton, AttestSign, Choice, Condition, Form as FormNode, InputChoice, InputText, Node,
};
use sdk::{Call, Failure, Finding, Form, Outcome, Parameters, Proposal, Seen, json};

use crate::biometry::{Packs, lenses, signed, with_sign};
use crate::examination::draft::Draft;
use crate::examination::{Examination, Kind};
use crate::eye::Eye;
use crate::notes::day;
use crate::pathway::steps::{Course, Recorded, lens_words};
use crate::srk_t::Lens;

/// Characters of a reason.
pub(super) const WHY_CHARS_MAX: u32 = 200;

/// The form by which an eye is listed, or taken off the list.
pub(super) fn listing() -> FormNode {
    let decisions = vec![
        Choice::new("listed", "List for surgery"),
        Choice::new("off", "Take off the list"),
    ];
    FormNode::new("list")
        .title("List an eye for surgery")
        .child(InputChoice::new("listed-eye", "Which eye", eyes()).required(true))
        .child(InputChoice::new("decision", "Decision", decisions).required(true))
        .child(
            Node::from(InputText::new("why-off", "Why it is taken off").length_max(WHY_CHARS_MAX))
                .show_if(Condition::is("decision", "off")),
        )
        .child(ActionButton::new("Record the decision"))
}

/// Both eyes to choose from, the right one first.
pub(super) fn eyes() -> Vec<Choice> {
    Eye::BOTH
        .map(|eye| Choice::new(eye.word(), format!("{} eye", eye.title())))
        .to_vec()
}

/// The form by which a lens is chosen, or the choice is checked; nothing after surgery or without a lens power.
pub(super) fn of_lens(packs: &Packs, course: &Course<'_>, eye: Eye) -> Option<FormNode> {
    if course.operation.is_some() {
        return None;
    }
    match (course.choice(), course.checked()) {
        (_, Some(_)) => None,
        (Some(choice), None) => Some(checking(choice)),
        (None, None) => choosing(packs, course.biometry?, eye),
    }
}

fn choosing(packs: &Packs, biometry: &Examination, eye: Eye) -> Option<FormNode> {
    let power = lenses(packs, biometry).ok()?;
    let options = power.lenses.iter().enumerate().map(|(n, lens)| {
        let label = format!(
            "{} D, leaves {} D",
            with_sign(&digits(lens)),
            signed(lens.predicted_d)
        );
        let choice = Choice::new(digits(lens), label);
        if n == power.nearest {
            choice.hint("Nearest to the target")
        } else {
            choice
        }
    });
    let side = eye.title();
    let label = format!(
        "{side} lens: {}, by the biometry of {}",
        biometry.part("lens").unwrap_or("lens not recorded"),
        day(&biometry.when)
    );
    Some(
        FormNode::new("choose")
            .title(format!("Choose the lens of the {} eye", eye.word()))
            .carries(&Parameters::default().with("biometry", biometry.reference.as_str()))
            .seen(&[seen(biometry)])
            .child(
                InputChoice::new(eye.field("lens"), label, options.collect::<Vec<_>>())
                    .required(true),
            )
            .child(ActionButton::new(format!(
                "Choose for the {} eye",
                eye.word()
            ))),
    )
}

fn checking(choice: &Examination) -> FormNode {
    let eye = choice.eye;
    let statement = format!(
        "I am not the one who chose it. I have looked at the biometry of the {} eye, and it is this patient's; the lens is {}.",
        eye.word(),
        lens_words(choice)
    );
    FormNode::new("check")
        .title(format!("Check the lens of the {} eye", eye.word()))
        .carries(&Parameters::default().with("choice", choice.reference.as_str()))
        .seen(&[seen(choice)])
        .child(AttestSign::new(
            eye.field("lens-checked"),
            "Check and sign",
            statement,
        ))
        .child(ActionButton::new(format!(
            "Sign the lens of the {} eye",
            eye.word()
        )))
}

fn seen(it: &Examination) -> Seen {
    Seen {
        resource: it.reference.clone(),
        version: it.version.clone(),
    }
}

fn digits(lens: &Lens) -> String {
    format!("{:.1}", lens.power_d)
}

/// Lists an eye, or takes it off the list.
pub(super) fn list(call: &Call<'_>, form: &Form) -> Result<Outcome, Failure> {
    let mut findings = Vec::new();
    let eye = Eye::parse(form.text("listed-eye"));
    if let Err(refusal) = &eye {
        findings.push(Finding::on("listed-eye", refusal.sentence()));
    }
    let decision = form.text("decision");
    let words = match decision {
        Some("listed") => "Listed for surgery",
        Some("off") => "Taken off the list",
        Some(_) | None => {
            findings.push(Finding::on("decision", "Select the decision."));
            ""
        }
    };
    let why = why(form, "why-off", &mut findings);
    if decision == Some("off") && why.is_none() {
        findings.push(Finding::on("why-off", "Say why it is taken off the list."));
    }
    if let Ok(eye) = eye
        && let Some(operation) = Recorded::read(call)?.of(eye).operation
    {
        let text = format!(
            "Surgery of this eye is on record, {}.",
            day(&operation.when)
        );
        findings.push(Finding::on("listed-eye", text));
    }
    let (Ok(eye), Some(decision), true) = (eye, decision, findings.is_empty()) else {
        return Ok(Outcome::findings(&findings));
    };
    let mut draft =
        Draft::new(call, Kind::CataractListing, eye)?.coded("decision", decision, words);
    if let Some(why) = why.filter(|_| decision == "off") {
        draft = draft.text("why", why);
    }
    let summary = format!("{words}: the {} eye.", eye.word());
    let proposal = Proposal::new(summary).create(draft.resource());
    Ok(Outcome::commit(&proposal).then("pathway", &Parameters::default()))
}

/// A reason of one line, if one was written.
pub(super) fn why<'a>(form: &'a Form, field: &str, findings: &mut Vec<Finding>) -> Option<&'a str> {
    let why = form.text(field)?;
    let is_line = why.chars().count() <= WHY_CHARS_MAX as usize && !why.contains(char::is_control);
    if !is_line {
        let text = format!("Write one line of {WHY_CHARS_MAX} characters or fewer.");
        findings.push(Finding::on(field, text));
    }
    Some(why)
}

/// Chooses a lens of the table that the newest biometry gives.
pub(super) fn choose(call: &Call<'_>, form: &Form) -> Result<Outcome, Failure> {
    let Some(reference) = form.carried("biometry") else {
        return Err(Failure::invalid("the form carries no biometry"));
    };
    let recorded = Recorded::read(call)?;
    let mut courses = Eye::BOTH.into_iter().map(|eye| (eye, recorded.of(eye)));
    let found = courses.find_map(|(eye, course)| {
        let biometry = course.biometry.filter(|it| it.reference == reference)?;
        course.operation.is_none().then_some((eye, biometry))
    });
    let shown = found.filter(|(_, it)| form.seen(reference) == Some(it.version.as_str()));
    let Some((eye, biometry)) = shown else {
        let text = "The biometry has changed since this form was opened, or the eye was operated on. Open it again.";
        return Ok(Outcome::findings(&[Finding::about_form(text)]));
    };
    let field = eye.field("lens");
    let power = match lenses(&Packs::read(call)?, biometry) {
        Ok(power) => power,
        Err(refusal) => {
            let text = format!("Cannot be calculated: {}.", refusal.words());
            return Ok(Outcome::findings(&[Finding::on(field, text)]));
        }
    };
    let chosen = form.text(&field);
    let lens = power
        .lenses
        .iter()
        .find(|lens| Some(digits(lens).as_str()) == chosen);
    let Some(lens) = lens else {
        return Ok(Outcome::findings(&[Finding::on(
            field,
            "Select a lens of the table.",
        )]));
    };
    let draft = Draft::new(call, Kind::LensChoice, eye)?
        .preliminary()
        .number("power", &digits(lens), "D")
        .number("predicted", &format!("{:.2}", lens.predicted_d), "D")
        .text("lens", biometry.part("lens").unwrap_or("not recorded"))
        .text("biometry-version", &biometry.version);
    let mut resource = draft.resource();
    resource["derivedFrom"] = json!([{ "reference": reference }]);
    let summary = format!("Chooses the lens of the {} eye.", eye.word());
    let proposal = Proposal::new(summary).create(resource);
    Ok(Outcome::commit(&proposal).then("pathway", &Parameters::default()))
}

/// Checks the choice in the version that was shown.
pub(super) fn check(call: &Call<'_>, form: &Form) -> Result<Outcome, Failure> {
    let Some(reference) = form.carried("choice") else {
        return Err(Failure::invalid("the form carries no choice of a lens"));
    };
    let recorded = Recorded::read(call)?;
    let mut courses = Eye::BOTH.into_iter().map(|eye| recorded.of(eye));
    let shown = courses.find_map(|course| {
        let choice = course.choice().filter(|it| it.reference == reference)?;
        let is_open = course.operation.is_none() && choice.status == "preliminary";
        (is_open && form.seen(reference) == Some(choice.version.as_str())).then_some(choice)
    });
    let Some(shown) = shown else {
        let text =
            "The choice or its biometry has changed since this form was opened. Open it again.";
        return Ok(Outcome::findings(&[Finding::about_form(text)]));
    };
    let field = shown.eye.field("lens-checked");
    if form.text(&field) != Some("yes") {
        let text = "Confirm the statement, or choose another lens.";
        return Ok(Outcome::findings(&[Finding::on(field, text)]));
    }
    let mut resource = call.chart.read(reference)?;
    resource["status"] = json!("final");
    if let Some(members) = resource.as_object_mut() {
        members.remove("meta");
    }
    let summary = format!("Checks the lens of the {} eye.", shown.eye.word());
    let proposal = Proposal::new(summary).update(resource, shown.version.as_str());
    Ok(Outcome::commit(&proposal).then("pathway", &Parameters::default()))
}
