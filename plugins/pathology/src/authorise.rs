//! The form by which a person authorises or rejects results that were held, with every condition that does not hold.
//!
//! Invariant: what is authorised is the version that was shown; a critical result that is authorised is one to telephone.

use sdk::screen::{
    ActionButton, Card, Choice, EmptyState, Form as FormNode, InputChecks, InputChoice, InputText,
    Inset, List, Node, Paragraph, Section, SummaryList, SummaryRow, WarningCallout, Words,
};
use sdk::{Call, Failure, Finding, Form, Outcome, Parameters, Proposal, Screen, Seen, Value, json};

use crate::acknowledge::{concept, task};
use crate::autoverify::critical;
use crate::cumulative::{fact, now_ms};
use crate::fulfilment;
use crate::held::{Held, append, chosen, open_tasks, to_change};
use crate::laboratory::LaboratoryPack;
use crate::quantity::exact;
use crate::request::one_of;
use crate::result::{LabResult, text};
use sdk::moment::{Moment, words};

/// Code of the task by which a result is held.
pub(crate) const AUTHORISE: &str = "authorise-result";
/// Code of the task by which a critical result is telephoned.
pub(crate) const TELEPHONE: &str = "telephone-critical-result";
const COMMENT_CHARS_MAX: usize = 1_000;
const MINUTE_MS: i64 = 60_000;
/// What a person can decide.
const DECISIONS: [(&str, &str); 2] = [
    ("authorise", "Authorise: the result is right"),
    ("reject", "Reject: the result is not to be used"),
];

/// Draws what waits, and the form.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let laboratory = LaboratoryPack::read(&call.packs.get("laboratory")?)?;
    let (held, more) = open_tasks(call.chart, AUTHORISE, "requested")?;
    if held.is_empty() {
        let text = "No result of this patient is held for a person.";
        let empty = EmptyState::new("Nothing waits to be authorised", text);
        return Ok(Screen::new(Section::new().child(empty)));
    }
    let mut root = Section::new();
    if more {
        let text = "Those that wait longest are listed. Others appear once these are dealt with.";
        root = root.child(WarningCallout::new("Not all results are listed", text));
    }
    let mut seen = Vec::new();
    for it in &held {
        let observation = call.chart.read(&it.focus)?;
        seen.push(Seen {
            resource: it.reference.clone(),
            version: it.version.clone(),
        });
        seen.push(Seen {
            resource: it.focus.clone(),
            version: text(&observation, "/meta/versionId")
                .unwrap_or_default()
                .to_owned(),
        });
        root = root.child(card(it, &observation));
    }
    let root = root.child(form(&held, &seen));
    Ok(Screen::new(root.children(unverified(&laboratory))))
}

/// What of the laboratory's rules nobody answerable has verified.
pub(crate) fn unverified(laboratory: &LaboratoryPack) -> Option<Node> {
    if laboratory.unverified.is_empty() {
        return None;
    }
    let said: Vec<Words> = laboratory
        .unverified
        .iter()
        .map(|it| it.as_str().into())
        .collect();
    let words =
        "Parts of the laboratory's rules are unverified: nobody answerable has signed them.";
    Some(Inset::new(words).child(List::new(said)).into())
}

/// One result with every condition that does not hold.
fn card(held: &Held, observation: &Value) -> Card {
    let since = held.authored.as_deref().and_then(words);
    let since = since.unwrap_or_else(|| "a time that is not recorded".to_owned());
    let said: Vec<Words> = held.failed.iter().map(|it| it.as_str().into()).collect();
    let card = Card::new()
        .heading(held.description.as_str())
        .note(format!("Held since {since}"))
        .children(LabResult::read(observation).first().map(|it| {
            SummaryList::new(vec![SummaryRow::new(
                "Result as it is in the record",
                fact(it),
            )])
        }));
    let card = match held.warned.as_slice() {
        [] => card,
        rules => card.child(Paragraph::new(format!(
            "Quality control warns by {}: look at the other rules.",
            rules.join(", ")
        ))),
    };
    if said.is_empty() {
        return card.child(Paragraph::new("Why it is held was not recorded."));
    }
    card.child(Paragraph::new(
        "It was not released without a person, since these conditions do not hold:",
    ))
    .child(List::new(said))
}

fn form(held: &[Held], seen: &[Seen]) -> FormNode {
    let results = held.iter().map(|it| {
        let failed = match it.failed.len() {
            1 => "1 condition does not hold".to_owned(),
            many => format!("{many} conditions do not hold"),
        };
        Choice::new(it.reference.as_str(), it.description.as_str()).hint(failed)
    });
    let decisions = DECISIONS.iter();
    let decisions = decisions.map(|(value, words)| Choice::new(*value, *words));
    FormNode::new("authorise")
        .title("Authorise results")
        .seen(seen)
        .child(InputChecks::new("results", "Results", results.collect::<Vec<_>>()).required(true))
        .child(
            InputChoice::new("decision", "Decision", decisions.collect::<Vec<_>>()).required(true),
        )
        .child(
            InputText::new("comment", "Comment")
                .hint("Needed when a result is rejected: say why.")
                .lines(3_u32)
                .length_max(u32::try_from(COMMENT_CHARS_MAX).unwrap_or(u32::MAX)),
        )
        .child(Paragraph::new(
            "You sign that you have looked at these results and at every condition that does not hold. A critical result that you authorise is to be telephoned.",
        ))
        .child(ActionButton::new("Decide and sign"))
}

/// Answers the form: findings, or a proposal that authorises or rejects each result.
///
/// # Errors
/// Any failure of the chart or the packs; `not-provided` for another action.
pub(crate) fn submit(call: &Call<'_>, action: &str, form: &Form) -> Result<Outcome, Failure> {
    if action != "authorise" {
        return Err(Failure::not_provided(format!(
            "the form has no action `{action}`; it has `authorise`"
        )));
    }
    let laboratory = LaboratoryPack::read(&call.packs.get("laboratory")?)?;
    let (held, _) = open_tasks(call.chart, AUTHORISE, "requested")?;
    let mut findings = Vec::new();
    let mut ticked = form.ticked("results");
    ticked.sort_unstable();
    ticked.dedup();
    if ticked.is_empty() {
        findings.push(Finding::on("results", "Select the results."));
    }
    let mut items = Vec::new();
    for reference in ticked {
        match chosen(&held, Some(reference), form, "results") {
            Ok(held) => items.push(held),
            Err(finding) => findings.push(finding),
        }
    }
    let decision = one_of(form, "decision", &DECISIONS, "a decision", &mut findings);
    let comment = form.text("comment");
    if decision == Some("reject") && comment.is_none() {
        findings.push(Finding::on("comment", "Say why the result is rejected."));
    }
    if comment.is_some_and(|it| it.chars().count() > COMMENT_CHARS_MAX) {
        let what = format!("Write {COMMENT_CHARS_MAX} characters or fewer.");
        findings.push(Finding::on("comment", what));
    }
    let (Some(decision), true) = (decision, findings.is_empty()) else {
        return Ok(Outcome::findings(&findings));
    };
    let authorised = decision == "authorise";
    let mut proposal = Proposal::new(match authorised {
        true => "Results that were held were authorised by a person.",
        false => "Results that were held were rejected by a person.",
    });
    let mut released = Vec::new();
    for held in items {
        match decided(call, &laboratory, held, authorised, form)? {
            Ok(changes) => {
                released.extend(authorised.then(|| changes.observation.0.clone()));
                proposal = changes.onto(proposal);
            }
            Err(finding) => findings.push(finding),
        }
    }
    if !findings.is_empty() {
        return Ok(Outcome::findings(&findings));
    }
    let proposal = fulfilment::onto(proposal, call, &released)?;
    Ok(Outcome::commit(&proposal).then("authorise", &Parameters::default()))
}

/// What becomes of one result.
struct Decided {
    observation: (Value, String),
    task: (Value, String),
    telephone: Option<Value>,
}

impl Decided {
    fn onto(self, proposal: Proposal) -> Proposal {
        let proposal = proposal
            .update(self.observation.0, self.observation.1)
            .update(self.task.0, self.task.1);
        match self.telephone {
            Some(telephone) => proposal.create(telephone),
            None => proposal,
        }
    }
}

fn decided(
    call: &Call<'_>,
    laboratory: &LaboratoryPack,
    held: &Held,
    authorised: bool,
    form: &Form,
) -> Result<Result<Decided, Finding>, Failure> {
    let (mut observation, observation_version) = to_change(call, &held.focus)?;
    let is_shown = form.seen(&held.focus) == Some(observation_version.as_str());
    if text(&observation, "/status") != Some("preliminary") || !is_shown {
        let what = format!(
            "{} was changed elsewhere since this form was opened. Open the form again.",
            held.description
        );
        return Ok(Err(Finding::on("results", what)));
    }
    observation["status"] = json!(if authorised { "final" } else { "cancelled" });
    observation["issued"] = json!(call.context.now());
    if let Some(comment) = form.text("comment") {
        append(&mut observation, "note", json!({ "text": comment }));
    }
    let (mut done, done_version) = to_change(call, &held.reference)?;
    done["status"] = json!("completed");
    done["lastModified"] = json!(call.context.now());
    let (code, words) = match authorised {
        true => ("authorised", "Authorised by a person"),
        false => ("rejected", "Rejected by a person"),
    };
    let output = json!({ "type": concept("decision", "Decision"), "valueCodeableConcept": concept(code, words) });
    append(&mut done, "output", output);
    let telephone = match authorised {
        true => telephone(call, laboratory, held, &observation)?,
        false => None,
    };
    Ok(Ok(Decided {
        observation: (observation, observation_version),
        task: (done, done_version),
        telephone,
    }))
}

/// The task to telephone a critical result, with the time by which somebody must have been told.
fn telephone(
    call: &Call<'_>,
    laboratory: &LaboratoryPack,
    held: &Held,
    observation: &Value,
) -> Result<Option<Value>, Failure> {
    let test = held.test.as_deref().and_then(|it| laboratory.test(it));
    let results = LabResult::read(observation);
    let Some((test, result)) = test.zip(results.first()) else {
        return Ok(None);
    };
    let value = exact(result, &test.units).ok();
    let why = value.zip(test.critical);
    let Some(why) = why.and_then(|(value, ends)| critical(value, ends)) else {
        return Ok(None);
    };
    let due_ms = now_ms(call) + i64::from(laboratory.call_minutes) * MINUTE_MS;
    let patient = call.patient()?;
    let mut it = task(
        call,
        &patient,
        TELEPHONE,
        "Telephone a critical result",
        "requested",
    );
    it["priority"] = json!("stat");
    it["focus"] = json!({ "reference": held.focus });
    let unverified = if laboratory.is_signed() {
        ""
    } else {
        ", limits unverified"
    };
    it["description"] = json!(format!("{}: {why}{unverified}", held.description));
    it["restriction"] = json!({ "period": { "end": Moment::text(due_ms) } });
    it["input"] = json!([
        { "type": concept("section", "Section"), "valueString": test.section },
        { "type": concept("test", "Test"), "valueString": test.test }
    ]);
    Ok(Some(it))
}
