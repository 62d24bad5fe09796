//! `$validate`: what would be said of a resource if it were written, or of one that stands, without writing anything.
//!
//! Invariant: whatever can be looked at is answered with 200 and an OperationOutcome; whether it is sound is in its issues.

use axum::http::StatusCode;
use axum::response::Response;
use fhir::outcome::{Issue, IssueType, Severity, operation_outcome};
use fhir::resource::{Key, Resource, ResourceType};
use fhir::validate::{self, Question, Reach};
use record::log::At;

use super::super::answer;
use super::{Call, On};
use crate::problem::Problem;

/// How many profiles may be asked about at once.
const PROFILES_MAX: usize = 16;

/// For what the resource is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Its content alone.
    Content,
    /// As something new.
    Create,
    /// As the next version of the one that the address names.
    Update,
    /// Whether the one that the address names can be deleted.
    Delete,
    /// The one that stands, by the profiles that are named.
    Profile,
}

/// `GET` or `POST /fhir/{type}/$validate` and `/fhir/{type}/{id}/$validate`: 200 with an OperationOutcome. 400 where there is
/// nothing to look at; 404 and 410 as reading, where the address names what stands.
pub(super) async fn validate(call: Call) -> Result<Response, Problem> {
    call.only(&["resource", "mode", "profile"])?;
    let profiles = call.texts("profile");
    let mode = mode(&call, !profiles.is_empty())?;
    let given = match mode {
        Mode::Delete | Mode::Profile => None,
        Mode::Content | Mode::Create | Mode::Update => call.resource("resource")?,
    };
    let (resource, mut issues) = match (&call.on, given) {
        (On::Instance(key), None) => (standing(&call, key).await?, Vec::new()),
        (On::Instance(key), Some(given)) => {
            let issues = about(&given, key.resource_type, Some(key), mode);
            (given, issues)
        }
        (On::Type(kind), Some(given)) => {
            let issues = about(&given, *kind, None, mode);
            (given, issues)
        }
        (On::Type(_) | On::System, _) => {
            let details =
                "send the resource as the body, or in Parameters as the parameter `resource`";
            return Err(bad(IssueType::Required, details));
        }
    };
    if mode != Mode::Delete {
        issues.extend(found(&resource, &profiles)?);
    }
    issues.sort_by_key(|issue| issue.severity);
    let t = call.ask.door.record.current();
    Ok(answer::read_at(t, operation_outcome(&issues).to_string()))
}

fn bad(code: IssueType, details: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, code, details)
}

fn mode(call: &Call, names_profiles: bool) -> Result<Mode, Problem> {
    let is_instance = matches!(call.on, On::Instance(_));
    let mode = match call.text("mode")?.as_deref() {
        None => Mode::Content,
        Some("create") => Mode::Create,
        Some("update") => Mode::Update,
        Some("delete") => Mode::Delete,
        Some("profile") => Mode::Profile,
        Some(_) => {
            let details = "`mode` is create, update, delete or profile";
            return Err(bad(IssueType::Value, details));
        }
    };
    match mode {
        Mode::Update | Mode::Delete | Mode::Profile if !is_instance => Err(bad(
            IssueType::Value,
            "this `mode` is about a resource that stands: name it in the address, /Type/id/$validate",
        )),
        Mode::Profile if !names_profiles => Err(bad(
            IssueType::Required,
            "`mode` profile needs the parameter `profile`",
        )),
        Mode::Content | Mode::Create | Mode::Update | Mode::Delete | Mode::Profile => Ok(mode),
    }
}

async fn standing(call: &Call, key: &Key) -> Result<Resource, Problem> {
    let record = &call.ask.door.record;
    let stored = record.read(&call.ask.caller, key, &At::Now).await?;
    let body = stored.body.as_deref().unwrap_or_default();
    Resource::parse(body.as_bytes())
        .map_err(|why| Problem::with(StatusCode::INTERNAL_SERVER_ERROR, vec![why.issue()]))
}

/// Whether what was sent fits the address.
fn about(given: &Resource, wanted: ResourceType, key: Option<&Key>, mode: Mode) -> Vec<Issue> {
    let mut issues = Vec::new();
    let own = given.resource_type();
    if own != wanted {
        let details = format!("the address asks about a {wanted}, and this is a {own}");
        issues.push(Issue::error_at(IssueType::Invalid, own.as_str(), details));
    }
    let id = given.value().get("id").and_then(|id| id.as_str());
    let wanted_id = key.map(|key| key.id.as_str());
    let at = format!("{own}.id");
    match (mode, wanted_id) {
        (Mode::Update, Some(wanted)) if id != Some(wanted) => {
            let details = format!("an update carries the id of its address: write `{wanted}`");
            issues.push(Issue::error_at(IssueType::Value, at, details));
        }
        (Mode::Create, _) if id.is_some() => {
            let details = "a create chooses its own id, so this one will be replaced";
            let warning = Issue::error_at(IssueType::Value, at, details);
            issues.push(Issue {
                severity: Severity::Information,
                ..warning
            });
        }
        (Mode::Content | Mode::Create | Mode::Update | Mode::Delete | Mode::Profile, _) => {}
    }
    issues
}

/// Everything that can be said of the resource, by R4, by what it declares, and by the profiles that are asked about.
fn found(resource: &Resource, profiles: &[String]) -> Result<Vec<Issue>, Problem> {
    if profiles.len() > PROFILES_MAX {
        let details = format!("at most {PROFILES_MAX} profiles can be asked about at once");
        return Err(bad(IssueType::TooLong, details));
    }
    let (known, unknown): (Vec<&str>, Vec<&str>) = profiles
        .iter()
        .map(String::as_str)
        .partition(|url| validate::knows_profile(url));
    let mut issues: Vec<Issue> = unknown
        .iter()
        .map(|url| {
            let url: String = url.chars().take(200).collect();
            let details =
                format!("the profile `{url}` is not known here, so nothing can be said about it");
            Issue::error(IssueType::NotFound, details)
        })
        .collect();
    let question = Question {
        reach: Reach::Advice,
        profiles: &known,
    };
    let findings = validate::ask(resource, &question).all;
    issues.extend(findings.into_iter().map(|finding| finding.issue));
    Ok(issues)
}
