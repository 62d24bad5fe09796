//! Critical results to telephone: whom to tell by when, each attempt, who was told and read it back, and how it was closed.
//!
//! Invariant: being told does not close a call; it is closed with a reason, and only after somebody was told.

use sdk::screen::{
    ActionButton, Alert, AlertLevel, Choice, EmptyState, Fact, Form as FormNode, InputChecks,
    InputChoice, InputText, Node, Section, Table, TableColumn, TableRow, Tone, WarningCallout,
};
use sdk::{Call, Chart, Failure, Finding, Form, Outcome, Parameters, Proposal, Screen, Seen, json};

use crate::acknowledge::concept;
use crate::authorise::{TELEPHONE, unverified};
use crate::cumulative::now_ms;
use crate::held::{Held, append, chosen, open_tasks, to_change};
use crate::laboratory::LaboratoryPack;
use crate::request::one_of;
use crate::settings::Settings;

const TEXT_CHARS_MAX: usize = 500;
const MINUTE_MS: i64 = 60_000;
/// What can come of a call.
const OUTCOMES: [(&str, &str); 3] = [
    ("not-reached", "Nobody was reached"),
    ("told", "Somebody was told"),
    ("close", "Close the call, after somebody was told"),
];
/// FHIR statuses of a call that is open: nobody told yet, tried in vain, told.
const OPEN: &str = "requested,in-progress,accepted";
pub(crate) const TOLD: &str = "accepted";

/// The critical results that are open, those of which nobody was told first; true when there are more.
///
/// # Errors
/// Any failure of the chart.
pub(crate) fn open_calls(chart: &dyn Chart) -> Result<(Vec<Held>, bool), Failure> {
    let (mut calls, more) = open_tasks(chart, TELEPHONE, OPEN)?;
    calls.sort_by_key(|it| it.status == TOLD);
    Ok((calls, more))
}

/// Draws the calls and the form.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let (calls, more) = open_calls(call.chart)?;
    if calls.is_empty() {
        let text = "No critical result of this patient is open.";
        let empty = EmptyState::new("Nobody is to be telephoned", text);
        return Ok(Screen::new(Section::new().child(empty)));
    }
    let mut root = Section::new();
    if more {
        let text = "Those that wait longest are listed. Others appear once these are closed.";
        root = root.child(WarningCallout::new("Not all calls are listed", text));
    }
    let columns = vec![
        TableColumn::new("result", "Result"),
        TableColumn::new("due", "To be told by"),
        TableColumn::new("state", "State"),
        TableColumn::new("tried", "Noted so far"),
    ];
    let now_ms = now_ms(call);
    let rows: Vec<_> = calls.iter().map(|it| row(it, now_ms)).collect();
    let table = Table::new("Critical results that are open", columns, rows);
    let laboratory = LaboratoryPack::read(&call.packs.get("laboratory")?)?;
    let root = root
        .children(escalation(&Settings::read(call)?, &calls, now_ms))
        .child(table)
        .child(form(&calls));
    Ok(Screen::new(root.children(unverified(&laboratory))))
}

/// What is to be done about calls that have been overdue for too long.
fn escalation(settings: &Settings, calls: &[Held], now_ms: i64) -> Option<Node> {
    let limit_ms = settings.escalate_minutes * MINUTE_MS;
    let is_late = |it: &&Held| {
        let due = it.due_ms();
        it.status != TOLD && due.is_none_or(|due| now_ms - due >= limit_ms)
    };
    let results = match calls.iter().filter(is_late).count() {
        0 => return None,
        1 => "of 1 critical result, which is".to_owned(),
        many => format!("of {many} critical results, which are"),
    };
    let late = minutes(settings.escalate_minutes);
    let to = match &settings.escalation_contact {
        Some(contact) => format!("Call now: {contact}."),
        None => "Whom to call next is not recorded for this site: call the senior clinician responsible for the patient.".to_owned(),
    };
    let words =
        format!("Nobody was told {results} overdue by {late} or more, or without a time. {to}");
    let alert = Alert::new(AlertLevel::Mandatory, "Escalate the call", words);
    Some(alert.into())
}

fn row(it: &Held, now_ms: i64) -> TableRow {
    let due = it.due.as_deref();
    let notes = match it.notes.len() {
        0 => "Nothing".to_owned(),
        _ => it.notes.join(" / "),
    };
    let state = state(it, now_ms);
    let is_late = it.status != TOLD && it.due_ms().is_none_or(|due| due <= now_ms);
    let row = TableRow::new(vec![
        Fact::text(it.description.as_str()),
        due.map_or(Fact::text("No time was set"), Fact::date),
        Fact::text(state),
        Fact::text(notes),
    ]);
    row.tone(if is_late {
        Tone::Critical
    } else {
        Tone::Warning
    })
}

/// The timer in words.
fn state(it: &Held, now_ms: i64) -> String {
    if it.status == TOLD {
        return "Told, and to be closed with a reason".to_owned();
    }
    let tried = match it.status.as_str() {
        "in-progress" => "Nobody reached yet",
        _ => "Nobody told yet",
    };
    match it.due_ms() {
        None => format!("{tried}; no time was set"),
        Some(due) if due > now_ms => {
            // A started minute is one that is left.
            let left = (due - now_ms + MINUTE_MS - 1) / MINUTE_MS;
            format!("{tried}; {} left", minutes(left))
        }
        Some(due) => format!(
            "{tried}; overdue by {}",
            minutes((now_ms - due) / MINUTE_MS)
        ),
    }
}

fn minutes(number: i64) -> String {
    match number {
        1 => "1 minute".to_owned(),
        many => format!("{many} minutes"),
    }
}

fn form(calls: &[Held]) -> FormNode {
    let offered = calls.iter();
    let offered = offered.map(|it| Choice::new(it.reference.as_str(), it.description.as_str()));
    let outcomes = OUTCOMES.iter();
    let outcomes = outcomes.map(|(value, words)| Choice::new(*value, *words));
    let seen: Vec<_> = calls
        .iter()
        .map(|it| Seen {
            resource: it.reference.clone(),
            version: it.version.clone(),
        })
        .collect();
    let chars = u32::try_from(TEXT_CHARS_MAX).unwrap_or(u32::MAX);
    FormNode::new("record")
        .title("Record a call")
        .seen(&seen)
        .child(InputChoice::new("call", "Result", offered.collect::<Vec<_>>()).required(true))
        .child(
            InputChoice::new("outcome", "What came of it", outcomes.collect::<Vec<_>>())
                .required(true),
        )
        .child(
            InputText::new("person", "Who")
                .hint("Name and role of who was told; number tried when nobody was reached")
                .length_max(chars),
        )
        .child(InputChecks::new(
            "read-back",
            "Read back",
            vec![Choice::new(
                "yes",
                "They read the result and the patient back, and it was right",
            )],
        ))
        .child(
            InputText::new("reason", "Reason for closing")
                .hint("What was done about the result")
                .lines(3_u32)
                .length_max(chars),
        )
        .child(ActionButton::new("Record"))
}

/// Answers the form: findings, or a proposal that changes the task.
///
/// # Errors
/// Any failure of the chart; `not-provided` for another action.
pub(crate) fn submit(call: &Call<'_>, action: &str, form: &Form) -> Result<Outcome, Failure> {
    if action != "record" {
        return Err(Failure::not_provided(format!(
            "the form has no action `{action}`; it has `record`"
        )));
    }
    let (calls, _) = open_calls(call.chart)?;
    let mut findings = Vec::new();
    let held = chosen(&calls, form.text("call"), form, "call");
    let held = held.map_err(|finding| findings.push(finding)).ok();
    let outcome = one_of(form, "outcome", &OUTCOMES, "what came of it", &mut findings);
    findings.extend(wrong(form, held, outcome));
    let (Some(held), Some(outcome), true) = (held, outcome, findings.is_empty()) else {
        return Ok(Outcome::findings(&findings));
    };
    let (mut task, version) = to_change(call, &held.reference)?;
    let now = call.context.now();
    let came = Came::of(outcome, held, form);
    task["status"] = json!(came.status);
    task["lastModified"] = json!(now);
    append(&mut task, "note", json!({ "time": now, "text": came.said }));
    let said =
        json!({ "type": concept(outcome, "What came of the call"), "valueString": came.said });
    append(&mut task, "output", said);
    if let Some((code, words)) = came.moment {
        let at = json!({ "type": concept(code, words), "valueDateTime": now });
        append(&mut task, "output", at);
    }
    let proposal = Proposal::new(came.summary).update(task, version);
    Ok(Outcome::commit(&proposal).then("calls", &Parameters::default()))
}

/// What came of a call, as the task keeps it.
struct Came {
    status: &'static str,
    said: String,
    summary: &'static str,
    /// Which moment of the call this is, for counting how soon it was.
    moment: Option<(&'static str, &'static str)>,
}

impl Came {
    fn of(outcome: &str, held: &Held, form: &Form) -> Self {
        let person = form.text("person").unwrap_or_default();
        let reason = form.text("reason").unwrap_or_default();
        match outcome {
            "told" => Self {
                status: TOLD,
                said: format!("Told {person}, who read it back"),
                summary: "A critical result was telephoned and read back.",
                moment: Some(("told-at", "When somebody was told")),
            },
            "close" => Self {
                status: "completed",
                said: format!("Closed: {reason}"),
                summary: "A call about a critical result was closed.",
                moment: Some(("closed-at", "When the call was closed")),
            },
            _ => Self {
                // One attempt more does not undo that somebody was told.
                status: if held.status == TOLD {
                    TOLD
                } else {
                    "in-progress"
                },
                said: format!("Nobody reached: {person}"),
                summary: "A critical result was telephoned and nobody was reached.",
                moment: None,
            },
        }
    }
}

fn wrong(form: &Form, held: Option<&Held>, outcome: Option<&str>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let has = |field: &str| form.text(field).is_some();
    match outcome {
        Some("told") => {
            if !has("person") {
                findings.push(Finding::on(
                    "person",
                    "Write the name and role of who was told.",
                ));
            }
            if !form.ticked("read-back").contains(&"yes") {
                let what = "A critical result is told once it was read back: ask for it.";
                findings.push(Finding::on("read-back", what));
            }
        }
        Some("not-reached") if !has("person") => {
            findings.push(Finding::on(
                "person",
                "Write whom or which number you tried.",
            ));
        }
        Some("close") => {
            if held.is_some_and(|it| it.status != TOLD) {
                let what = "Nobody was told yet: a call is closed after somebody was told.";
                findings.push(Finding::on("outcome", what));
            }
            if !has("reason") {
                findings.push(Finding::on(
                    "reason",
                    "Write what was done about the result.",
                ));
            }
        }
        Some(_) | None => {}
    }
    for field in ["person", "reason"] {
        let is_long = |it: &str| it.chars().count() > TEXT_CHARS_MAX;
        if form.text(field).is_some_and(is_long) {
            let what = format!("Write {TEXT_CHARS_MAX} characters or fewer.");
            findings.push(Finding::on(field, what));
        }
    }
    findings
}
