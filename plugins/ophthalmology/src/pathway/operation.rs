//! What was done in cataract surgery of an eye, and which lens is in it since.
//!
//! Invariant: a lens other than the one that was checked for that eye is filed with the reason, never in silence.

use sdk::screen::{
    ActionButton, Choice, Condition, Form as FormNode, InputChoice, InputText, Node,
};
use sdk::{Call, Failure, Finding, Form, Outcome, Parameters, Proposal};

use crate::biometry::Packs;
use crate::examination::draft::Draft;
use crate::examination::{Examination, Kind};
use crate::eye::Eye;
use crate::notes::day;
use crate::pathway::forms::{WHY_CHARS_MAX, eyes, why};
use crate::pathway::steps::Recorded;
use crate::refusal::Refusal;
use crate::typed::{Typed, typed};

/// What was put in, with its words.
const IMPLANTED: [(&str, &str); 3] = [
    ("checked", "The lens that was checked"),
    ("other", "Another lens"),
    ("none", "No lens"),
];
/// What became of the posterior capsule.
const CAPSULE: [(&str, &str); 3] = [
    ("intact", "Intact"),
    ("torn", "Torn, or vitreous lost"),
    ("not-known", "Not known"),
];

/// The form of an operation.
pub(super) fn form() -> FormNode {
    let choices = |of: [(&str, &str); 3]| of.map(|(code, words)| Choice::new(code, words)).to_vec();
    let other = || Condition::is("implanted", "other");
    let not_checked = Condition::any([other(), Condition::is("implanted", "none")]);
    FormNode::new("operate")
        .title("Record the surgery of an eye")
        .child(InputChoice::new("eye", "Which eye", eyes()).required(true))
        .child(InputChoice::new("implanted", "What was put in", choices(IMPLANTED)).required(true))
        .child(
            Node::from(
                InputText::new("power", "Power of the other lens, D")
                    .hint("With its sign: +21.5.")
                    .length_max(20_u32),
            )
            .show_if(other()),
        )
        .child(
            Node::from(
                InputText::new("why", "Why not the lens that was checked")
                    .length_max(WHY_CHARS_MAX),
            )
            .show_if(not_checked),
        )
        .child(InputChoice::new("capsule", "Posterior capsule", choices(CAPSULE)).required(true))
        .child(ActionButton::new("Record the surgery"))
}

fn word(
    of: &[(&'static str, &'static str)],
    text: Option<&str>,
) -> Option<(&'static str, &'static str)> {
    of.iter().copied().find(|(code, _)| Some(*code) == text)
}

/// Files an operation.
pub(super) fn operate(call: &Call<'_>, form: &Form) -> Result<Outcome, Failure> {
    let packs = Packs::read(call)?;
    let recorded = Recorded::read(call)?;
    let mut findings = Vec::new();
    let eye = Eye::parse(form.text("eye"));
    if let Err(refusal) = &eye {
        findings.push(Finding::on("eye", refusal.sentence()));
    }
    let checked = eye
        .as_ref()
        .ok()
        .and_then(|eye| recorded.of(*eye).checked());
    let operation = eye
        .as_ref()
        .ok()
        .and_then(|eye| recorded.of(*eye).operation);
    if let Some(it) = operation {
        let text = format!(
            "Surgery of this eye is on record already, {}.",
            day(&it.when)
        );
        findings.push(Finding::on("eye", text));
    }
    let implanted = word(&IMPLANTED, form.text("implanted"));
    if implanted.is_none() {
        findings.push(Finding::on("implanted", "Select what was put in."));
    }
    let capsule = word(&CAPSULE, form.text("capsule"));
    if capsule.is_none() {
        findings.push(Finding::on(
            "capsule",
            "Select an answer; \"Not known\" is one.",
        ));
    }
    let why = why(form, "why", &mut findings);
    let lens = match implanted {
        Some(("checked", _)) if eye.is_ok() => of_checked(checked, &mut findings),
        Some(("other", _)) => of_other(&packs, form, &mut findings),
        Some(_) | None => None,
    };
    if matches!(implanted, Some(("other" | "none", _))) && why.is_none() {
        findings.push(Finding::on(
            "why",
            "Say why the lens that was checked is not in the eye.",
        ));
    }
    let (Ok(eye), Some((what, words)), Some((capsule, capsule_words)), true) =
        (eye, implanted, capsule, findings.is_empty())
    else {
        return Ok(Outcome::findings(&findings));
    };
    let mut draft = Draft::new(call, Kind::CataractOperation, eye)?
        .coded("implanted", what, words)
        .coded("capsule", capsule, capsule_words);
    if let Some(lens) = lens {
        draft = draft.number("power", &lens.power, "D");
        if let Some(predicted) = lens.predicted {
            draft = draft.number("predicted", &predicted, "D");
        }
    }
    if let Some(why) = why.filter(|_| what != "checked") {
        draft = draft.text("why", why);
    }
    let summary = format!("Records cataract surgery of the {} eye.", eye.word());
    let proposal = Proposal::new(summary).create(draft.resource());
    Ok(Outcome::commit(&proposal).then("pathway", &Parameters::default()))
}

/// The lens that is in the eye: its power, and what it was predicted to leave.
struct InEye {
    power: String,
    predicted: Option<String>,
}

fn of_checked(checked: Option<&Examination>, findings: &mut Vec<Finding>) -> Option<InEye> {
    let lens = checked.and_then(|it| {
        Some(InEye {
            power: it.part("power")?.to_owned(),
            predicted: it.part("predicted").map(str::to_owned),
        })
    });
    if lens.is_none() {
        findings.push(Finding::on(
            "implanted",
            "No lens was chosen and checked for this eye.",
        ));
    }
    lens
}

fn of_other(packs: &Packs, form: &Form, findings: &mut Vec<Finding>) -> Option<InEye> {
    match power(packs, form.text("power")) {
        Ok(it) => Some(InEye {
            power: it.digits,
            predicted: None,
        }),
        Err(refusal) => {
            findings.push(Finding::on("power", refusal.sentence()));
            None
        }
    }
}

fn power(packs: &Packs, text: Option<&str>) -> Result<Typed, Refusal> {
    let what = "the power of the lens";
    let text = text.ok_or(Refusal::NotRecorded(what))?;
    if !text.starts_with(['+', '-']) {
        return Err(Refusal::Unreadable {
            what,
            mend: "write + or - before it",
        });
    }
    let found = typed(what, text.strip_prefix('+').unwrap_or(text), &["D"])?;
    packs.lens_power.hold(what, found.value)?;
    Ok(found)
}
