//! Whether what is to be written is sound FHIR and keeps the profiles that it declares.
//!
//! Invariant: what breaks R4 is never written; what breaks a profile is written only for a feed whose site chose so, and
//! then marked, with the findings in the same commit.

use fhir::outcome::{Issue, IssueType, Severity};
use fhir::resource::Resource;
use fhir::validate::{self, Finding, Question, Reach};
use serde_json::{Value, json};

use super::{Draft, Preparing, tag};
use crate::caller::Caller;
use crate::clock::rfc3339;
use crate::commit::CommitError;
use crate::commit::provenance::{ACCOUNT, ODS};
use crate::memory::Mark;
use crate::profile_policy::{self, FINDINGS, ProfilePolicy, Unknown};
use crate::store::row::DELETED;

/// How many findings one commit keeps.
const FINDINGS_MAX: usize = 200;

/// What is to be kept beside resources that break a profile.
#[derive(Default)]
struct Kept {
    targets: Vec<Value>,
    issues: Vec<Value>,
}

impl Preparing<'_> {
    /// Checks every draft. Answers the provenance that keeps what was found of those that are written all the same.
    pub(super) async fn sound(&mut self, caller: &Caller) -> Result<Option<Resource>, CommitError> {
        if self.identity.is_some() {
            // What was filed once is moved as it is, whatever has become of the profiles that it declares.
            return Ok(None);
        }
        let mut policy = None;
        let mut kept = Kept::default();
        for at in 0..self.drafts.len() {
            if at % 16 == 15 {
                // A large proposal leaves the thread to others now and then.
                tokio::task::yield_now().await;
            }
            let Some(resource) = self.drafts[at].resource.as_ref() else {
                continue;
            };
            let question = Question {
                reach: Reach::Errors,
                profiles: &[],
            };
            let findings = validate::ask(resource, &question);
            let change = self.drafts[at].change;
            if findings
                .all
                .iter()
                .any(|finding| finding.of_profile.is_none())
            {
                return Err(refused(change, resource));
            }
            if findings.all.is_empty() && findings.unknown_profiles.is_empty() {
                unmark(&mut self.drafts[at]);
                continue;
            }
            let policy = match policy {
                Some(policy) => policy,
                None => *policy.insert(self.policy(caller).await?),
            };
            let resource = self.drafts[at].resource.as_ref();
            match (policy.unknown, findings.unknown_profiles.first()) {
                (Unknown::Refuse, Some(url)) => return Err(unknown(change, url)),
                (Unknown::Accept, _) | (_, None) => {}
            }
            if findings.all.is_empty() {
                unmark(&mut self.drafts[at]);
            } else if policy.files(caller) {
                mark(&mut self.drafts[at], caller);
                kept.take(&self.drafts[at], &findings.all);
            } else if let Some(resource) = resource {
                return Err(refused(change, resource));
            }
        }
        self.parameters()?;
        self.subscriptions(caller).await?;
        Ok(kept.provenance(caller, self.record.now_ms()))
    }

    /// What the caller's site chose; the commit rests on it.
    async fn policy(&mut self, caller: &Caller) -> Result<ProfilePolicy, CommitError> {
        self.rests_on
            .extend(profile_policy::key(caller.site()).map(Mark::Key));
        Ok(self.record.profile_policy(caller.site()).await?)
    }
}

/// Everything that is wrong, warnings included, for whoever has to put it right.
fn refused(change: usize, resource: &Resource) -> CommitError {
    let question = Question {
        reach: Reach::Advice,
        profiles: &[],
    };
    let issues = validate::ask(resource, &question)
        .all
        .into_iter()
        .map(|finding| finding.issue);
    let mut issues: Vec<Issue> = issues
        .filter(|issue| issue.severity <= Severity::Warning)
        .collect();
    issues.sort_by_key(|issue| issue.severity);
    CommitError::Invalid { change, issues }
}

fn unknown(change: usize, url: &str) -> CommitError {
    let url: String = url.chars().take(200).collect();
    let details = format!(
        "the profile `{url}` is not known here, and this site files only what it can check; declare a known one"
    );
    let place = "meta.profile";
    CommitError::Invalid {
        change,
        issues: vec![Issue::error_at(IssueType::NotSupported, place, details)],
    }
}

/// Takes the mark off a resource that keeps its profiles.
fn unmark(draft: &mut Draft) {
    if let Some(resource) = draft.resource.as_mut() {
        tag::take_off(resource, FINDINGS);
    }
}

/// Says in the resource itself that it breaks a profile.
fn mark(draft: &mut Draft, caller: &Caller) {
    unmark(draft);
    if let Some(resource) = draft.resource.as_mut() {
        let tag = json!({
            "system": FINDINGS,
            "code": caller.site().as_str(),
            "display": "breaks a profile that it declares",
        });
        tag::put_on(resource, tag);
    }
}

impl Kept {
    fn take(&mut self, draft: &Draft, findings: &[Finding]) {
        if stands(draft) {
            return;
        }
        self.targets.push(
            json!({ "reference": format!("{}/_history/{}", draft.key, draft.next_version()) }),
        );
        let room = FINDINGS_MAX.saturating_sub(self.issues.len());
        self.issues.extend(findings.iter().take(room).map(|finding| {
            let Finding { issue, of_profile } = finding;
            let place = issue.expression.as_deref().unwrap_or_default();
            json!({
                "severity": Severity::Warning.as_str(),
                "code": issue.code.as_str(),
                "details": { "text": issue.details },
                "diagnostics": format!("{} at {place}: {} [{}]", draft.key, issue.details, of_profile.unwrap_or_default()),
                "expression": [place],
            })
        }));
    }

    fn provenance(self, caller: &Caller, now_ms: i64) -> Option<Resource> {
        if self.targets.is_empty() {
            return None;
        }
        let site = caller.site().as_str();
        let value = json!({
            "resourceType": "Provenance",
            "meta": { "tag": [{ "system": FINDINGS, "code": site }] },
            "contained": [{ "resourceType": "OperationOutcome", "id": "findings", "issue": self.issues }],
            "target": self.targets,
            "recorded": rfc3339(now_ms),
            "activity": { "text": "filed although it breaks a profile that it declares, as the site chose" },
            "agent": [{
                "who": { "identifier": { "system": ACCOUNT, "value": caller.account() }, "display": caller.name() },
                "onBehalfOf": { "identifier": { "system": ODS, "value": site } }
            }],
            "entity": [{ "role": "source", "what": { "reference": "#findings" } }]
        });
        Resource::from_value(value).ok()
    }
}

/// Whether exactly this stands already, so that nothing will be written.
fn stands(draft: &Draft) -> bool {
    let live = draft.standing.as_ref().filter(|row| row.what != DELETED);
    let (Some(row), Some(resource)) = (live, &draft.resource) else {
        return false;
    };
    let Some(before) = row
        .body
        .as_deref()
        .and_then(|body| Resource::parse(body.as_bytes()).ok())
    else {
        return false;
    };
    let mut after = resource.clone();
    after.stamp(
        &draft.key.id,
        row.live_version(),
        before.last_updated().unwrap_or_default(),
    );
    after == before
}
