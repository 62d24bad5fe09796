//! `Patient/$merge` in the shape of R5 and R6, and what undoes it: `Provenance/{id}/$unmerge` and `Task/{id}/$settle`, which
//! are ours.
//!
//! Invariant: with `preview` nothing is written; without it everything is, or nothing.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use axum::response::Response;
use fhir::outcome::{Issue, IssueType, Severity, operation_outcome};
use fhir::resource::Key;
use record::Stored;
use record::log::T;
use record::person::{
    Comparison, Difference, Done, Later, Merge, Parting, Settle, Side, Unmerge, Was,
};
use serde_json::{Value, json};

use super::super::answer;
use super::{Call, On};
use crate::problem::Problem;

/// Later things that a preview lists.
const LISTED_MAX: usize = 1_000;

/// `POST /fhir/Patient/$merge`: 200 with outcome and result. 400 without a reason, 409 when somebody changed one of them,
/// 422 with what stands in the way.
pub(super) async fn merge(call: Call) -> Result<Response, Problem> {
    call.only(&[
        "source-patient",
        "target-patient",
        "preview",
        "reason",
        "evidence",
        "nhs-number",
        "accept",
    ])?;
    let source = reference(&call, "source-patient")?;
    let target = reference(&call, "target-patient")?;
    let (record, caller) = (&call.ask.door.record, &call.ask.caller);
    if is_preview(&call)? {
        let comparison = record.compare(caller, &source, &target).await?;
        return Ok(previewed_merge(&call, &comparison));
    }
    let accepted: Result<BTreeSet<Difference>, Problem> = call
        .texts("accept")
        .iter()
        .map(|word| difference(word))
        .collect();
    let stands = call.text("nhs-number")?;
    let wish = Merge {
        source,
        target,
        reason: call.text("reason")?.unwrap_or_default(),
        evidence: call.text("evidence")?,
        stands: stands.as_deref().map(side).transpose()?,
        accepted: accepted?,
        seen: None,
        message: None,
    };
    let done = record.merge(caller, &wish).await?;
    Ok(answered(&call, &done, "merged"))
}

/// `POST /fhir/Provenance/{id}/$unmerge`: 200 with outcome, both patients and, where something is left to decide, the task.
pub(super) async fn unmerge(call: Call) -> Result<Response, Problem> {
    call.only(&["preview", "reason", "decision"])?;
    let event = instance(&call)?;
    let (record, caller) = (&call.ask.door.record, &call.ask.caller);
    if is_preview(&call)? {
        let parting = record.parting(caller, &event).await?;
        return Ok(previewed_unmerge(&parting));
    }
    let wish = Unmerge {
        event,
        reason: call.text("reason")?.unwrap_or_default(),
        decisions: decisions(&call)?,
        seen: None,
    };
    let done = record.unmerge(caller, &wish).await?;
    Ok(answered(&call, &done, "unmerged"))
}

/// `POST /fhir/Task/{id}/$settle`: 200 with outcome, both patients and the task, where something is still left.
pub(super) async fn settle(call: Call) -> Result<Response, Problem> {
    call.only(&["reason", "decision"])?;
    let wish = Settle {
        task: instance(&call)?,
        reason: call.text("reason")?,
        decisions: decisions(&call)?,
    };
    let done = call.ask.door.record.settle(&call.ask.caller, &wish).await?;
    Ok(answered(&call, &done, "settled"))
}

fn wrong(code: IssueType, details: String) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, code, details)
}

/// A Reference of the body, or its text in the address.
fn reference(call: &Call, name: &str) -> Result<Key, Problem> {
    let given = call
        .value(name)
        .and_then(|it| it.get("reference")?.as_str().map(str::to_owned));
    let text = match given {
        Some(text) => Some(text),
        None => call.text(name)?,
    };
    let text = text.ok_or_else(|| {
        wrong(
            IssueType::Required,
            format!("say `{name}`: a Reference to a Patient"),
        )
    })?;
    text.parse().map_err(|_| {
        let text: String = text.chars().take(80).collect();
        wrong(
            IssueType::Value,
            format!("`{name}` is `{text}`, not a reference such as Patient/1"),
        )
    })
}

fn instance(call: &Call) -> Result<Key, Problem> {
    match &call.on {
        On::Instance(key) => Ok(key.clone()),
        On::System | On::Type(_) => Err(wrong(
            IssueType::NotSupported,
            "this operation is called on one resource".to_owned(),
        )),
    }
}

fn is_preview(call: &Call) -> Result<bool, Problem> {
    match call.text("preview")?.as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(wrong(
            IssueType::Value,
            "`preview` is true or false".to_owned(),
        )),
    }
}

fn side(word: &str) -> Result<Side, Problem> {
    Side::read(word).ok_or_else(|| {
        wrong(
            IssueType::Value,
            "a side is `source` or `target`".to_owned(),
        )
    })
}

fn difference(word: &str) -> Result<Difference, Problem> {
    let found = Difference::ALL.into_iter().find(|it| it.as_str() == word);
    let known = Difference::ALL.map(Difference::as_str).join("`, `");
    found.ok_or_else(|| wrong(IssueType::Value, format!("`accept` is any of `{known}`")))
}

/// `decision`: parts `item` (a Reference) and `side`, once for each thing.
fn decisions(call: &Call) -> Result<BTreeMap<Key, Side>, Problem> {
    let mut decisions = BTreeMap::new();
    for given in call.all("decision") {
        let parts = given.get("part").and_then(Value::as_array);
        let part = |name: &str| {
            let mut named = parts
                .into_iter()
                .flatten()
                .filter(|it| it.get("name").and_then(Value::as_str) == Some(name));
            named.next()
        };
        let item = part("item").and_then(|it| it.get("valueReference")?.get("reference")?.as_str());
        let word = part("side").and_then(|it| it.get("valueCode")?.as_str());
        let item = item.and_then(|it| it.parse::<Key>().ok());
        let (Some(item), Some(word)) = (item, word) else {
            let details = "a `decision` has the parts `item` (valueReference) and `side` (valueCode: source or target)";
            return Err(wrong(IssueType::Value, details.to_owned()));
        };
        if decisions.insert(item.clone(), side(word)?).is_some() {
            return Err(wrong(
                IssueType::Duplicate,
                format!("{item} is decided twice: decide it once"),
            ));
        }
    }
    Ok(decisions)
}

fn said(severity: Severity, code: IssueType, details: String) -> Issue {
    Issue {
        severity,
        ..Issue::error(code, details)
    }
}

fn body(stored: &Stored) -> Value {
    serde_json::from_str(stored.body.as_deref().unwrap_or_default()).unwrap_or_default()
}

/// Parameters with the parameters that were sent, the outcome and what else there is.
fn parameters(input: Option<Value>, issues: &[Issue], rest: Vec<Value>) -> String {
    let mut all = Vec::new();
    all.extend(input.map(|input| json!({ "name": "input", "resource": input })));
    all.push(json!({ "name": "outcome", "resource": operation_outcome(issues) }));
    all.extend(rest);
    json!({ "resourceType": "Parameters", "parameter": all }).to_string()
}

fn input(call: &Call) -> Option<Value> {
    call.body.as_ref().map(|body| body.value().clone())
}

fn answered(call: &Call, done: &Done, what: &str) -> Response {
    let details = format!(
        "{} and {}: {what}, {} moved, said by {}",
        done.source.key, done.target.key, done.moved, done.event
    );
    let mut issues = vec![said(
        Severity::Information,
        IssueType::Informational,
        details,
    )];
    let mut rest = vec![
        json!({ "name": "result", "resource": body(&done.target) }),
        json!({ "name": "source", "resource": body(&done.source) }),
        json!({ "name": "event", "valueReference": { "reference": done.event.to_string() } }),
    ];
    if let Some(task) = &done.task {
        issues.push(said(
            Severity::Warning,
            IssueType::BusinessRule,
            format!("whose some things are has to be said: {task} lists them"),
        ));
        rest.push(json!({ "name": "task", "valueReference": { "reference": task.to_string() } }));
    }
    answer::read_at(done.t, parameters(input(call), &issues, rest))
}

fn previewed_merge(call: &Call, comparison: &Comparison) -> Response {
    let moving: usize = comparison.moving.values().sum();
    let each: Vec<String> = comparison
        .moving
        .iter()
        .map(|(of, n)| format!("{n} {of}"))
        .collect();
    let details = format!(
        "{moving} resources would move ({}), and {} elsewhere would refer to the target",
        each.join(", "),
        comparison.elsewhere
    );
    let mut issues = vec![said(
        Severity::Information,
        IssueType::Informational,
        details,
    )];
    for difference in &comparison.differences {
        let details = format!(
            "{} differs: merge with `accept` {} if they are one person all the same",
            difference.words(),
            difference.as_str()
        );
        issues.push(said(Severity::Warning, IssueType::BusinessRule, details));
    }
    if let Some((source, target)) = &comparison.nhs_numbers {
        let details = format!(
            "the NHS numbers differ ({source} and {target}): merge with `nhs-number` source or target"
        );
        issues.push(said(Severity::Warning, IssueType::BusinessRule, details));
    }
    let result = json!({ "name": "result", "resource": body(&comparison.target) });
    answer::read_at(comparison.t, parameters(input(call), &issues, vec![result]))
}

fn previewed_unmerge(parting: &Parting) -> Response {
    let back: usize = parting.going_back.values().sum();
    let details = format!(
        "{back} resources would go back as they were, and {} later ones have to be decided",
        parting.later.len()
    );
    let issues = [said(
        Severity::Information,
        IssueType::Informational,
        details,
    )];
    let listed = parting.later.iter().take(LISTED_MAX).map(later);
    answer::read_at(T(parting.t.0), parameters(None, &issues, listed.collect()))
}

fn later(later: &Later) -> Value {
    let was = match later.was {
        Was::OfSource => "of-source",
        Was::OfTarget => "of-target",
        Was::Elsewhere => "elsewhere",
        Was::New => "new",
    };
    json!({ "name": "later", "part": [
        { "name": "item", "valueReference": { "reference": later.key.to_string() } },
        { "name": "was", "valueCode": was },
        { "name": "version", "valueString": later.now.version.to_string() }
    ] })
}
