//! The form by which a clinician says that reports were read, and what happens next.
//!
//! Invariant: nothing is chosen in advance, and what is acknowledged is the version that was shown.
//!
//! An acknowledgement is a completed FHIR Task with the report as its focus: it is an act on a resource, it can be found
//! by the report, by the patient and by its code, and what remains to be done is a second Task beside it. The report
//! itself is never changed. Who acknowledged is in the provenance, which the host writes.

use std::collections::BTreeMap;

use sdk::screen::{
    ActionButton, Choice, EmptyState, Form as FormNode, InputChecks, InputChoice, InputDate,
    InputText, Paragraph, Section, WarningCallout,
};
use sdk::{Call, Failure, Finding, Form, Outcome, Parameters, Proposal, Screen, Seen, Value, json};

use crate::aki::pack::AkiPack;
use crate::assessment::Rules;
use crate::catalogue::Catalogue;
use crate::cumulative::now_ms;
use crate::history::{newest, person};
use crate::range::{flag_of, is_abnormal};
use crate::reports::{ACKNOWLEDGE, Item, SYSTEM, Waiting, waiting};
use crate::result::LabResult;
use sdk::moment::{Moment, words};

/// Characters of what is typed.
const COMMENT_CHARS_MAX: usize = 2_000;
const TASK_CHARS_MAX: usize = 300;
/// Times of collection that are looked at for flags and for results without a report.
const COLUMNS: usize = 40;

/// What happens next, as the form submits it.
const NEXT: [(&str, &str); 3] = [
    ("acting", "I am acting on this"),
    ("hand-over", "Hand over to someone else"),
    ("none", "No action needed"),
];

/// Draws the form.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let catalogue = Catalogue::read(&call.packs.get("catalogue")?)?;
    let (waiting, results) = read(call, &catalogue)?;
    let mut root = Section::new();
    if waiting.items.is_empty() {
        let text = "Every report that was looked at has been acknowledged in the version that is in the record.";
        return Ok(Screen::new(
            root.child(EmptyState::new("Nothing waits to be read", text)),
        ));
    }
    if waiting.more {
        let text = "The newest are listed. Older reports may wait too, and appear here once these are acknowledged.";
        root = root.child(WarningCallout::new("Not all reports are listed", text));
    }
    let aki = AkiPack::read(&call.packs.get("aki")?)?;
    let person = person(call)?;
    let rules = Rules {
        aki: &aki,
        catalogue: &catalogue,
        person: &person,
    };
    Ok(Screen::new(root.child(form(&rules, &waiting, &results))))
}

fn read(call: &Call<'_>, catalogue: &Catalogue) -> Result<(Waiting, Vec<LabResult>), Failure> {
    let results = newest(call.chart, None, COLUMNS)?.results;
    Ok((waiting(call.chart, catalogue, &results)?, results))
}

fn form(rules: &Rules<'_>, waiting: &Waiting, results: &[LabResult]) -> FormNode {
    let mut by_reference: BTreeMap<&str, Vec<&LabResult>> = BTreeMap::new();
    for result in results {
        by_reference
            .entry(&result.reference)
            .or_default()
            .push(result);
    }
    let options: Vec<_> = waiting
        .items
        .iter()
        .map(|item| {
            let held = item
                .results
                .iter()
                .filter_map(|it| by_reference.get(it.as_str()));
            let held: Vec<_> = held.flatten().copied().collect();
            Choice::new(item.reference.as_str(), label(item)).hint(hint(rules, item, &held))
        })
        .collect();
    let seen: Vec<_> = waiting
        .items
        .iter()
        .map(|it| Seen {
            resource: it.reference.clone(),
            version: it.version.clone(),
        })
        .collect();
    let next: Vec<_> = NEXT
        .iter()
        .map(|(value, label)| Choice::new(*value, *label))
        .collect();
    FormNode::new("acknowledge")
        .title("Acknowledge results")
        .seen(&seen)
        .child(InputChecks::new("read", "Reports you have read", options).required(true))
        .child(InputChoice::new("next", "What happens next", next).required(true))
        .child(
            InputText::new("task", "Task for the team")
                .hint("For example: repeat kidney profile. Needed when you hand over: say to whom.")
                .length_max(u32::try_from(TASK_CHARS_MAX).unwrap_or(u32::MAX)),
        )
        .child(InputDate::new("due", "When the task is due").time(true))
        .child(
            InputText::new("comment", "Comment")
                .hint("Needed when no action follows: say why.")
                .lines(4_u32)
                .length_max(u32::try_from(COMMENT_CHARS_MAX).unwrap_or(u32::MAX)),
        )
        .child(Paragraph::new(
            "You sign that you have read these reports in the version shown here. An AKI alert stays open until its review is done.",
        ))
        .child(ActionButton::new("Acknowledge and sign"))
}

fn label(item: &Item) -> String {
    match &item.status {
        Some(status) => format!("{} ({status})", item.name),
        None => item.name.clone(),
    }
}

/// When it was taken, and how many of its results are out of range.
fn hint(rules: &Rules<'_>, item: &Item, held: &[&LabResult]) -> String {
    let when = item
        .when
        .as_deref()
        .and_then(words)
        .unwrap_or_else(|| "Time not recorded".to_owned());
    let abnormal = held
        .iter()
        .filter(|it| it.is_usable() && is_abnormal(flag_of(rules, it)))
        .count();
    let results = match held.len() {
        1 => "1 result".to_owned(),
        many => format!("{many} results"),
    };
    let said = match (held.len(), abnormal) {
        (0, _) => "results not looked at here".to_owned(),
        (_, 0) => format!("{results}, none flagged"),
        (_, some) => format!("{results}, {some} out of range"),
    };
    format!("{when}, {said}, version {}", item.version)
}

/// Answers the form: findings on its fields, or a proposal of one Task for each report, and one for what remains to do.
///
/// # Errors
/// Any failure of the chart; `not-provided` for another action.
pub(crate) fn submit(call: &Call<'_>, action: &str, form: &Form) -> Result<Outcome, Failure> {
    if action != "acknowledge" {
        return Err(Failure::not_provided(format!(
            "the form has no action `{action}`; it has `acknowledge`"
        )));
    }
    let catalogue = Catalogue::read(&call.packs.get("catalogue")?)?;
    let (waiting, _) = read(call, &catalogue)?;
    let (items, mut findings) = chosen(&waiting, form);
    findings.extend(wrong(call, form));
    if !findings.is_empty() {
        return Ok(Outcome::findings(&findings));
    }
    let names: Vec<_> = items.iter().map(|item| item.name.as_str()).collect();
    let mut proposal = Proposal::new(crate::result::line(&format!(
        "Acknowledged: {}.",
        names.join(", ")
    )));
    let patient = call.patient()?;
    for item in &items {
        proposal = proposal.create(acknowledgement(call, &patient, item, form));
    }
    if let Some(task) = form.text("task") {
        proposal = proposal.create(follow_up(call, &patient, &items, task, form));
    }
    Ok(Outcome::commit(&proposal).then("cumulative", &Parameters::default()))
}

/// What was ticked, with what is wrong with it.
fn chosen<'a>(waiting: &'a Waiting, form: &Form) -> (Vec<&'a Item>, Vec<Finding>) {
    let (mut items, mut findings): (Vec<&Item>, Vec<Finding>) = (vec![], vec![]);
    for reference in form.ticked("read") {
        match waiting.items.iter().find(|item| item.reference == reference) {
            None => findings.push(Finding::on(
                "read",
                "A report you ticked no longer waits: somebody has acknowledged it, or it was withdrawn. Open the form again.",
            )),
            Some(item) if form.seen(reference) != Some(item.version.as_str()) => findings.push(Finding::on(
                "read",
                format!("{} has changed since this form was opened. Open the form again and read version {}.", item.name, item.version),
            )),
            Some(item) if items.iter().any(|it| it.reference == item.reference) => {}
            Some(item) => items.push(item),
        }
    }
    if items.is_empty() && findings.is_empty() {
        findings.push(Finding::on("read", "Select the reports you have read."));
    }
    (items, findings)
}

fn wrong(call: &Call<'_>, form: &Form) -> Vec<Finding> {
    let mut findings = Vec::new();
    let next = form.text("next");
    match next {
        None => findings.push(Finding::on("next", "Select what happens next.")),
        Some(next) if !NEXT.iter().any(|(value, _)| *value == next) => {
            findings.push(Finding::on("next", "Select one of the answers offered."));
        }
        Some("hand-over") if form.text("task").is_none() => {
            findings.push(Finding::on("task", "Say what is handed over, and to whom."));
        }
        Some("none") if form.text("comment").is_none() => {
            findings.push(Finding::on("comment", "Say why no action is needed."));
        }
        Some("none") if form.text("task").is_some() => {
            findings.push(Finding::on("task", "You selected that no action is needed: leave the task empty, or select another answer."));
        }
        Some(_) => {}
    }
    for (field, chars_max) in [("task", TASK_CHARS_MAX), ("comment", COMMENT_CHARS_MAX)] {
        if form
            .text(field)
            .is_some_and(|it| it.chars().count() > chars_max)
        {
            findings.push(Finding::on(
                field,
                format!("Write {chars_max} characters or fewer."),
            ));
        }
    }
    if let Some(due) = form.text("due") {
        match Moment::parse(due) {
            None => findings.push(Finding::on(
                "due",
                "Give a real date and time, for example 24 November 2026, 20:00.",
            )),
            Some(it) if it.has_time && it.epoch_ms < now_ms(call) => {
                findings.push(Finding::on("due", "Give a time that has not passed."));
            }
            Some(_) if form.text("task").is_none() => {
                findings.push(Finding::on("task", "Say what is due at that time."))
            }
            Some(_) => {}
        }
    }
    findings
}

fn acknowledgement(call: &Call<'_>, patient: &str, item: &Item, form: &Form) -> Value {
    let next = form.text("next").unwrap_or_default();
    let words = NEXT
        .iter()
        .find(|(value, _)| *value == next)
        .map(|(_, words)| *words)
        .unwrap_or_default();
    let mut task = task(
        call,
        patient,
        ACKNOWLEDGE,
        "Acknowledge a result",
        "completed",
    );
    task["focus"] = json!({ "reference": item.reference });
    task["executionPeriod"] = json!({ "end": call.context.now() });
    task["input"] = json!([{ "type": concept("version-read", "Version that was read"), "valueString": item.version }]);
    task["output"] = json!([{ "type": concept("what-happens-next", "What happens next"), "valueCodeableConcept": concept(next, words) }]);
    task["performerType"] = json!([{ "text": call.context.role() }]);
    if let Some(comment) = form.text("comment") {
        task["note"] = json!([{ "text": comment }]);
    }
    task
}

fn follow_up(call: &Call<'_>, patient: &str, items: &[&Item], words: &str, form: &Form) -> Value {
    let mut task = task(
        call,
        patient,
        "follow-up-result",
        "Act on a result",
        "requested",
    );
    task["priority"] = json!("routine");
    task["description"] = json!(words);
    if let Some(item) = items.first() {
        task["focus"] = json!({ "reference": item.reference });
    }
    let others = items.iter().skip(1).map(|item| {
        json!({ "type": concept("also-about", "Also about"), "valueReference": { "reference": item.reference } })
    });
    let others: Vec<_> = others.collect();
    if !others.is_empty() {
        task["input"] = Value::Array(others);
    }
    if let Some(due) = form.text("due") {
        task["restriction"] = json!({ "period": { "end": due } });
    }
    task
}

/// What every Task of this departmental has.
pub(crate) fn task(call: &Call<'_>, patient: &str, code: &str, words: &str, status: &str) -> Value {
    let site = json!({ "system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": call.context.site() });
    let mut task = json!({
        "resourceType": "Task",
        "status": status,
        "intent": "order",
        "code": concept(code, words),
        "for": { "reference": patient },
        "authoredOn": call.context.now(),
        "lastModified": call.context.now(),
        "owner": { "type": "Organization", "identifier": site }
    });
    if let Some(encounter) = call.context.encounter() {
        task["encounter"] = json!({ "reference": encounter });
    }
    task
}

/// A concept of this departmental's own codes.
pub(crate) fn concept(code: &str, words: &str) -> Value {
    json!({ "coding": [{ "system": SYSTEM, "code": code, "display": words }], "text": words })
}
