//! The form by which tests are requested, one request for each section of the laboratory, and by which specimens are received.
//!
//! Invariant: nothing is chosen in advance; a specimen has the time of its collection, and its number is given by the record.

use sdk::screen::{
    ActionButton, Card, Choice, EmptyState, Fact, Form as FormNode, InputChecks, InputChoice,
    InputDate, InputText, Node, Section, Table, TableColumn, TableRow, Tone,
};
use sdk::{Call, Failure, Finding, Form, Outcome, Parameters, Proposal, Screen, Seen, Value, json};

use crate::acknowledge::concept;
use crate::catalogue::Catalogue;
use crate::cumulative::now_ms;
use crate::held::{append, to_change};
use crate::laboratory::LaboratoryPack;
use crate::order::{LABORATORY, Request, requests};
use crate::settings::Settings;
use sdk::moment::{DAY_MS, Moment};

/// Characters of what is typed.
const DETAILS_CHARS_MAX: usize = 1_000;
/// Priorities, as FHIR has them.
const PRIORITIES: [(&str, &str); 3] = [
    ("routine", "Routine"),
    ("urgent", "Urgent"),
    ("stat", "At once"),
];
/// What a specimen can be.
const KINDS: [(&str, &str); 5] = [
    ("serum", "Serum"),
    ("plasma", "Plasma"),
    ("whole-blood", "Whole blood"),
    ("urine", "Urine"),
    ("other", "Another specimen"),
];

/// Draws what was requested, and both forms.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    call.patient()?;
    let catalogue = Catalogue::read(&call.packs.get("catalogue")?)?;
    let laboratory = LaboratoryPack::read(&call.packs.get("laboratory")?)?;
    let requests = requests(call.chart)?;
    let root = Section::new()
        .child(overview(&requests))
        .children(receive_form(&requests))
        .child(request_form(&catalogue, &laboratory));
    Ok(Screen::new(root))
}

fn overview(requests: &[Request]) -> Node {
    if requests.is_empty() {
        return EmptyState::new("No requests", "No laboratory request is in force.").into();
    }
    let columns = vec![
        TableColumn::new("made", "Requested"),
        TableColumn::new("section", "Section"),
        TableColumn::new("tests", "Tests"),
        TableColumn::new("priority", "Priority"),
        TableColumn::new("specimen", "Specimen"),
    ];
    let row = |it: &Request| {
        let made = it.authored.as_deref();
        let specimen = match &it.accession {
            Some(number) => Fact::text(format!("Received, {number}")),
            None => Fact::tag("Waiting for a specimen", Tone::Information),
        };
        TableRow::new(vec![
            made.map_or(Fact::text("Not recorded"), Fact::date),
            Fact::text(it.section.as_str()),
            Fact::text(it.tests.join(", ")),
            Fact::text(priority_words(&it.priority)),
            specimen,
        ])
    };
    let rows: Vec<_> = requests.iter().map(row).collect();
    Card::new()
        .heading("Requests in force")
        .note("Newest on top")
        .child(Table::new("Laboratory requests in force", columns, rows))
        .into()
}

fn priority_words(priority: &str) -> &str {
    let known = PRIORITIES.iter().find(|(value, _)| *value == priority);
    known.map_or(priority, |(_, words)| words)
}

fn choices(of: &[(&str, &str)]) -> Vec<Choice> {
    let each = of.iter().map(|(value, words)| Choice::new(*value, *words));
    each.collect()
}

fn request_form(catalogue: &Catalogue, laboratory: &LaboratoryPack) -> FormNode {
    let tests = laboratory.tests.iter().filter_map(|it| {
        let listed = it.listed(catalogue)?;
        let section = laboratory.section(&it.section)?;
        Some(Choice::new(it.test.as_str(), listed.name.as_str()).hint(section.title.as_str()))
    });
    FormNode::new("request")
        .title("Request tests")
        .child(InputChecks::new("tests", "Tests", tests.collect::<Vec<_>>()).required(true))
        .child(InputChoice::new("priority", "Priority", choices(&PRIORITIES)).required(true))
        .child(
            InputText::new("details", "Clinical details")
                .hint("What the laboratory needs to know, and what is asked")
                .lines(3_u32)
                .length_max(u32::try_from(DETAILS_CHARS_MAX).unwrap_or(u32::MAX))
                .required(true),
        )
        .child(ActionButton::new("Request"))
}

fn receive_form(requests: &[Request]) -> Option<FormNode> {
    let waiting: Vec<_> = waiting(requests)
        .map(|it| {
            let label = format!("{}: {}", it.section, it.tests.join(", "));
            Choice::new(it.reference.as_str(), crate::result::line(&label))
        })
        .collect();
    if waiting.is_empty() {
        return None;
    }
    let seen: Vec<_> = requests
        .iter()
        .filter(|it| it.accession.is_none())
        .map(|it| Seen {
            resource: it.reference.clone(),
            version: it.version.clone(),
        })
        .collect();
    let form = FormNode::new("receive")
        .title("Receive a specimen")
        .seen(&seen)
        .child(InputChoice::new("for", "For which request", waiting).required(true))
        .child(InputChoice::new("kind", "Specimen", choices(&KINDS)).required(true))
        .child(
            InputDate::new("collected", "Collected")
                .hint("Date and time on the label")
                .time(true)
                .required(true),
        )
        .child(ActionButton::new("Receive and give a number"));
    Some(form)
}

fn waiting(requests: &[Request]) -> impl Iterator<Item = &Request> {
    requests.iter().filter(|it| it.accession.is_none())
}

/// Answers either form.
///
/// # Errors
/// Any failure of the chart or the packs; `not-provided` for another action.
pub(crate) fn submit(call: &Call<'_>, action: &str, form: &Form) -> Result<Outcome, Failure> {
    match action {
        "request" => request(call, form),
        "receive" => receive(call, form),
        other => Err(Failure::not_provided(format!(
            "the screen has no action `{other}`; it has `request` and `receive`"
        ))),
    }
}

fn request(call: &Call<'_>, form: &Form) -> Result<Outcome, Failure> {
    let catalogue = Catalogue::read(&call.packs.get("catalogue")?)?;
    let laboratory = LaboratoryPack::read(&call.packs.get("laboratory")?)?;
    let mut findings = Vec::new();
    let ticked = form.ticked("tests");
    if ticked.is_empty() {
        findings.push(Finding::on("tests", "Select the tests."));
    }
    if ticked.iter().any(|it| laboratory.test(it).is_none()) {
        findings.push(Finding::on("tests", "Select tests that are offered."));
    }
    let priority = one_of(form, "priority", &PRIORITIES, "the priority", &mut findings);
    let details = form.text("details");
    match details {
        None => findings.push(Finding::on(
            "details",
            "Write what the laboratory needs to know.",
        )),
        Some(text) if text.chars().count() > DETAILS_CHARS_MAX => {
            let what = format!("Write {DETAILS_CHARS_MAX} characters or fewer.");
            findings.push(Finding::on("details", what));
        }
        Some(_) => {}
    }
    let (Some(priority), Some(details), true) = (priority, details, findings.is_empty()) else {
        return Ok(Outcome::findings(&findings));
    };
    let mut proposal = Proposal::new("Laboratory tests requested.");
    for section in &laboratory.sections {
        let of_section = laboratory
            .tests
            .iter()
            .filter(|it| it.section == section.id && ticked.contains(&it.test.as_str()));
        let tests: Vec<Value> = of_section.map(|it| it.concept(&catalogue)).collect();
        if tests.is_empty() {
            continue;
        }
        let request = json!({
            "resourceType": "ServiceRequest",
            "status": "active",
            "intent": "order",
            "priority": priority,
            "category": [{ "coding": [{ "system": LABORATORY.0, "code": LABORATORY.1, "display": "Laboratory procedure" }] }],
            "code": concept(&section.id, &section.title),
            "orderDetail": tests,
            "subject": { "reference": call.patient()? },
            "authoredOn": call.context.now(),
            "note": [{ "text": details }]
        });
        let request = in_encounter(call, request);
        proposal = proposal.create(request).identified("order-number");
    }
    Ok(Outcome::commit(&proposal).then("requests", &Parameters::default()))
}

fn in_encounter(call: &Call<'_>, mut resource: Value) -> Value {
    if let Some(encounter) = call.context.encounter() {
        resource["encounter"] = json!({ "reference": encounter });
    }
    resource
}

fn receive(call: &Call<'_>, form: &Form) -> Result<Outcome, Failure> {
    let requests = requests(call.chart)?;
    let mut findings = Vec::new();
    let chosen = form.text("for");
    let request = waiting(&requests).find(|it| Some(it.reference.as_str()) == chosen);
    findings.extend(wrong_request(form, chosen, request));
    let kind = one_of(form, "kind", &KINDS, "what the specimen is", &mut findings);
    let collected = form.text("collected");
    let settings = Settings::read(call)?;
    if let Some(what) = wrong_collection(call, &settings, collected) {
        findings.push(Finding::on("collected", what));
    }
    let (Some(request), Some(kind), true) = (request, kind, findings.is_empty()) else {
        return Ok(Outcome::findings(&findings));
    };
    let words = KINDS.iter().find(|(value, _)| *value == kind);
    let specimen = json!({
        "resourceType": "Specimen",
        "status": "available",
        "type": concept(kind, words.map_or(kind, |(_, words)| words)),
        "subject": { "reference": call.patient()? },
        "receivedTime": call.context.now(),
        "request": [{ "reference": request.reference }],
        "collection": { "collectedDateTime": collected }
    });
    let (mut received, seen) = to_change(call, &request.reference)?;
    let mut proposal = Proposal::new("A specimen was received.");
    let temporary = proposal.temporary();
    append(&mut received, "specimen", json!({ "reference": temporary }));
    let proposal = proposal
        .create_as(&temporary, specimen)
        .identified("accession-number")
        .update(received, seen);
    Ok(Outcome::commit(&proposal).then("requests", &Parameters::default()))
}

/// Why a specimen cannot be received for what was chosen.
fn wrong_request(form: &Form, chosen: Option<&str>, request: Option<&Request>) -> Option<Finding> {
    let what = match (chosen, request) {
        (None, _) => "Select the request.",
        (Some(_), None) => {
            "This request no longer waits for a specimen: it was received already, or withdrawn. Open the form again."
        }
        (Some(chosen), Some(request)) if form.seen(chosen) != Some(request.version.as_str()) => {
            "This request has changed since this form was opened. Open the form again."
        }
        (Some(_), Some(_)) => return None,
    };
    Some(Finding::on("for", what))
}

fn wrong_collection(
    call: &Call<'_>,
    settings: &Settings,
    collected: Option<&str>,
) -> Option<String> {
    let say = |what: &str| Some(what.to_owned());
    let Some(collected) = collected else {
        return say("Give the time of collection.");
    };
    match Moment::parse(collected).filter(|it| it.has_time) {
        None => say("Give a real date and time, for example 24 November 2026, 11:20."),
        Some(it) if it.epoch_ms > now_ms(call) => say("Give a time that has passed."),
        Some(it) if now_ms(call) - it.epoch_ms > settings.specimen_days * DAY_MS => Some(format!(
            "The specimen would be more than {} days old. Check the date.",
            settings.specimen_days
        )),
        Some(_) => None,
    }
}

/// What was chosen, when it is one of those offered; else a finding.
pub(crate) fn one_of<'f>(
    form: &'f Form,
    field: &str,
    offered: &[(&str, &str)],
    what: &str,
    findings: &mut Vec<Finding>,
) -> Option<&'f str> {
    let chosen = form.text(field);
    let known = chosen.filter(|it| offered.iter().any(|(value, _)| value == it));
    if known.is_none() {
        findings.push(Finding::on(field, format!("Select {what}.")));
    }
    known
}
