//! What a new or changed creatinine brings about: an alert and a task, or their closing. A device's result has its own.
//!
//! Invariant: the identifiers are made of the Observation and its version alone, so the same change proposes the same
//! thing, and a change that was answered already proposes nothing.

use sdk::screen::Status;
use sdk::{Call, Event, Failure, Level, Proposal, Value, json};

use crate::acknowledge::concept;
use crate::aki::Stage;
use crate::aki::pack::AkiPack;
use crate::assessment::{Judgement, Rules, Series, is_creatinine};
use crate::catalogue::Catalogue;
use crate::device;
use crate::history::{creatinines_until, person};
use crate::result::{LabResult, text};
use crate::review::review;
use sdk::moment::words;

/// System of the identifier that an alert shares over all versions of its Observation.
pub(crate) const ALERT: &str = "urn:palatine:pathology:aki-alert";
/// System of the identifier of one version.
pub(crate) const ALERT_VERSION: &str = "urn:palatine:pathology:aki-alert-version";
/// Code of the Task.
pub(crate) const REVIEW: &str = "review-aki";
/// References that an alert lists as evidence.
const EVIDENCE_MAX: usize = 50;

/// Answers a change of an Observation.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn react(call: &Call<'_>, event: &Event) -> Result<Proposal, Failure> {
    if text(&event.resource, "/resourceType") != Some("Observation") {
        return Ok(Proposal::none());
    }
    if device::is_held(event) {
        return device::react(call, event);
    }
    let aki = AkiPack::read(&call.packs.get("aki")?)?;
    let results = LabResult::read(&event.resource);
    let Some(result) = results.iter().find(|it| is_creatinine(&aki, it)) else {
        return Ok(Proposal::none());
    };
    if result.status == Status::Preliminary {
        // What the laboratory holds may be wrong; the change that releases it is answered.
        return Ok(Proposal::none());
    }
    let catalogue = Catalogue::read(&call.packs.get("catalogue")?)?;
    let patient = call.patient()?;
    let person = person(call)?;
    let rules = Rules {
        aki: &aki,
        catalogue: &catalogue,
        person: &person,
    };
    let taken_ms = result.taken_ms().unwrap_or_default();
    let mut history = creatinines_until(call.chart, &aki, taken_ms)?;
    history
        .results
        .retain(|it| it.reference != result.reference);
    let series = Series::new(&aki, &history.results);
    let judgement = series.judge(&rules, result);
    if let Err(why) = &judgement.answer {
        call.journal.note(
            Level::Warning,
            &format!("a creatinine could not be judged for AKI: {why}"),
        );
    }
    let earlier = existing(call, "DetectedIssue", result)?;
    if earlier
        .as_ref()
        .is_some_and(|alert| has_version(alert, result))
    {
        return Ok(Proposal::none());
    }
    let alert = Alert {
        call,
        rules: &rules,
        patient: &patient,
        result,
        judgement: &judgement,
        part_missing: history.more,
    };
    match (judgement.stage(), earlier) {
        (Some(stage), None) => alert.raise(stage, &series),
        (Some(stage), Some(earlier)) => alert.change(stage, &series, earlier),
        (None, Some(earlier)) if is_open(&earlier) => alert.close(earlier),
        (None, _) => Ok(Proposal::none()),
    }
}

/// One result with what the rule said of it.
struct Alert<'a> {
    call: &'a Call<'a>,
    rules: &'a Rules<'a>,
    patient: &'a str,
    result: &'a LabResult,
    judgement: &'a Judgement,
    part_missing: bool,
}

impl Alert<'_> {
    fn raise(&self, stage: Stage, series: &Series) -> Result<Proposal, Failure> {
        let mut proposal = Proposal::new(format!(
            "{}: an alert, and a task to review the patient.",
            self.judgement.short()
        ));
        let temporary = proposal.temporary();
        let issue = self.issue(stage, series);
        let task = self.task(stage, &json!({ "reference": temporary }))?;
        Ok(proposal.create_as(&temporary, issue).create(task))
    }

    /// A corrected result that still meets the rule: the alert says the new numbers, and its task the new time.
    fn change(&self, stage: Stage, series: &Series, earlier: Value) -> Result<Proposal, Failure> {
        let mut issue = self.issue(stage, series);
        let reference = format!(
            "DetectedIssue/{}",
            text(&earlier, "/id").unwrap_or_default()
        );
        issue["id"] = earlier["id"].clone();
        issue["status"] = json!("final");
        let summary = format!(
            "{}: the result was changed, and the alert with it.",
            self.judgement.short()
        );
        let mut proposal = Proposal::new(summary).update(issue, version(&earlier)?);
        let new_task = self.task(stage, &json!({ "reference": reference }))?;
        match existing(self.call, "Task", self.result)? {
            Some(task) if is_open(&task) => {
                let mut changed = new_task;
                changed["id"] = task["id"].clone();
                changed["status"] = task["status"].clone();
                proposal = proposal.update(changed, version(&task)?);
            }
            Some(_) | None => proposal = proposal.create(new_task),
        }
        Ok(proposal)
    }

    /// A result that no longer meets the rule: alert and open task are closed, and say why.
    fn close(&self, mut earlier: Value) -> Result<Proposal, Failure> {
        let why = format!(
            "Closed: after a change of the result, {}",
            lower_first(&self.judgement.long(self.rules.aki))
        );
        let seen = version(&earlier)?;
        earlier["status"] = json!("entered-in-error");
        earlier["identifier"] = self.identifiers();
        earlier["mitigation"] =
            json!([{ "action": { "text": why }, "date": self.call.context.now() }]);
        let mut proposal = Proposal::new(
            "The creatinine was changed and no longer meets the AKI rule: its alert is closed.",
        );
        proposal = proposal.update(without_meta(earlier), seen);
        if let Some(mut task) = existing(self.call, "Task", self.result)?.filter(is_open) {
            let seen = version(&task)?;
            task["status"] = json!("cancelled");
            task["statusReason"] = json!({ "text": why });
            task["lastModified"] = json!(self.call.context.now());
            proposal = proposal.update(without_meta(task), seen);
        }
        Ok(proposal)
    }

    fn identifiers(&self) -> Value {
        json!([
            { "system": ALERT, "value": self.result.reference },
            { "system": ALERT_VERSION, "value": versioned(self.result) }
        ])
    }

    /// The words of the alert, with what makes them doubtful.
    fn detail(&self) -> String {
        let mut detail = self.judgement.long(self.rules.aki);
        if self.part_missing {
            detail.push_str(" Not every earlier creatinine was read: the baseline may be another.");
        }
        if !self.rules.aki.unverified.is_empty() {
            detail.push_str(
                " Parts of this rule are unverified: no clinical safety officer has signed them.",
            );
        }
        detail
    }

    fn issue(&self, stage: Stage, series: &Series) -> Value {
        let severity = match stage {
            Stage::One => "low",
            Stage::Two => "moderate",
            Stage::Three => "high",
        };
        let code = format!("aki-stage-{}", stage.number());
        let mut issue = json!({
            "resourceType": "DetectedIssue",
            "identifier": self.identifiers(),
            "status": "final",
            "code": concept(&code, &self.judgement.short()),
            "severity": severity,
            "patient": { "reference": self.patient },
            "identifiedDateTime": self.call.context.now(),
            "implicated": [{ "reference": self.result.reference }],
            "detail": self.detail()
        });
        let evidence = series.evidence(self.rules.aki, self.result.taken_ms().unwrap_or_default());
        let evidence: Vec<_> = evidence
            .iter()
            .take(EVIDENCE_MAX)
            .map(|it| json!({ "reference": it }))
            .collect();
        if !evidence.is_empty() {
            issue["evidence"] = json!([{ "detail": evidence }]);
        }
        issue
    }

    fn task(&self, stage: Stage, focus: &Value) -> Result<Value, Failure> {
        let review = review(self.call.chart, self.rules.aki, stage, self.result)?;
        let priority = match stage {
            Stage::One => "urgent",
            Stage::Two => "asap",
            Stage::Three => "stat",
        };
        let site = json!({ "system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": self.call.context.site() });
        let mut task = json!({
            "resourceType": "Task",
            "identifier": self.identifiers(),
            "status": "requested",
            "intent": "order",
            "priority": priority,
            "code": concept(REVIEW, "Review for acute kidney injury"),
            "description": format!("{}: review by {}, {}. {}", self.judgement.short(), spoken(&review.by), review.why, self.detail()),
            "focus": focus,
            "for": { "reference": self.patient },
            "authoredOn": self.call.context.now(),
            "lastModified": self.call.context.now(),
            "owner": { "type": "Organization", "identifier": site },
            "reasonReference": { "reference": self.result.reference },
            "restriction": { "period": { "end": review.by } }
        });
        if let Some(encounter) = &self.result.encounter {
            task["encounter"] = json!({ "reference": encounter });
        }
        Ok(task)
    }
}

/// `24-Nov-2026 18:41 UTC`.
fn spoken(moment: &str) -> String {
    words(moment)
        .map(|it| format!("{it} UTC"))
        .unwrap_or_default()
}

fn versioned(result: &LabResult) -> String {
    format!("{}/_history/{}", result.reference, result.version)
}

/// What an earlier call proposed for the same Observation.
fn existing(
    call: &Call<'_>,
    resource_type: &str,
    result: &LabResult,
) -> Result<Option<Value>, Failure> {
    let query = format!(
        "{resource_type}?identifier={ALERT}|{}&_count=1",
        result.reference
    );
    Ok(call.chart.search(&query)?.resources.into_iter().next())
}

fn has_version(resource: &Value, result: &LabResult) -> bool {
    let identifiers = resource.get("identifier").and_then(Value::as_array);
    identifiers.into_iter().flatten().any(|it| {
        text(it, "/system") == Some(ALERT_VERSION)
            && text(it, "/value") == Some(versioned(result).as_str())
    })
}

fn is_open(resource: &Value) -> bool {
    !matches!(
        text(resource, "/status"),
        Some("cancelled" | "entered-in-error" | "completed" | "rejected" | "failed")
    )
}

fn version(resource: &Value) -> Result<String, Failure> {
    let found = text(resource, "/meta/versionId").map(str::to_owned);
    found.ok_or_else(|| {
        Failure::fault(
            "a resource of the chart has no meta.versionId; nothing can rest on its version",
        )
    })
}

/// The host writes `meta` itself.
pub(crate) fn without_meta(mut resource: Value) -> Value {
    if let Some(members) = resource.as_object_mut() {
        members.remove("meta");
    }
    resource
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(chars).collect()
    })
}
