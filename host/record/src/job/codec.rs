//! A job as a FHIR `Basic` resource and back: the only file that knows how it is written down.
//!
//! Invariant: nobody but the record writes one, since no role may write `Basic`; what cannot be read back is no job.

use fhir::resource::Resource;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::export::ExportWork;
use super::import::ImportWork;
use super::{Held, JobError, JobId};
use crate::caller::Caller;
use crate::proposal::Change;
use crate::{ReadError, Stored};

/// The system of Palatine's own codes.
const CODES: &str = "urn:palatine:codes";
/// What marks a `Basic` as a job.
pub(super) const CODE: &str = "bulk-job";
const EXTENSION: &str = "urn:palatine:job";

/// A job as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) account: String,
    pub(super) name: String,
    pub(super) role: String,
    pub(super) site: String,
    pub(super) request: String,
    /// As of which commit it works.
    pub(super) t: i64,
    pub(super) t_at_ms: i64,
    pub(super) state: State,
    pub(super) ended_at_ms: Option<i64>,
    pub(super) work: Work,
}

/// Whether there is still something to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum State {
    Open,
    Paused,
    Done,
    Failed(String),
}

/// What is to be done, and how far it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Work {
    Export(ExportWork),
    Import(ImportWork),
}

impl Work {
    /// How far it is, for people.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Export(work) => work.words(),
            Self::Import(work) => work.words(),
        }
    }
}

impl Kept {
    /// Whoever asked for it, as they were then.
    pub(super) fn caller(&self) -> Option<Caller> {
        let (role, site) = (self.role.parse().ok()?, self.site.parse().ok()?);
        Some(Caller::authenticated(
            self.account.clone(),
            self.name.clone(),
            role,
            site,
        ))
    }
}

/// The change that writes a job down.
pub(super) fn written(id: &JobId, kept: &Kept, seen: Option<u64>) -> Result<Change, JobError> {
    let document = serde_json::to_string(kept).map_err(|why| unreadable(&why))?;
    let key = id.key();
    let status = match kept.state {
        State::Open => "in-progress",
        State::Paused => "on-hold",
        State::Done => "completed",
        State::Failed(_) => "failed",
    };
    let part = |url: &str, kind: &str, value: &str| json!({ "url": url, kind: value });
    let value = json!({
        "resourceType": "Basic",
        "id": key.id.as_str(),
        "extension": [{ "url": EXTENSION, "extension": [
            part("status", "valueCode", status),
            part("account", "valueString", &kept.account),
            part("progress", "valueString", &kept.work.words()),
            part("document", "valueString", &document),
        ] }],
        "code": { "coding": [{ "system": CODES, "code": CODE }] },
    });
    let resource = Resource::from_value(value).map_err(|why| unreadable(&why))?;
    Ok(Change::Update {
        key,
        resource,
        seen,
        temporary: None,
    })
}

/// The job in a resource, if it is one.
pub(super) fn read(stored: &Stored) -> Option<Held> {
    let id = JobId::of_key(&stored.key)?;
    let value: Value = serde_json::from_str(stored.body.as_deref()?).ok()?;
    let extension = value.get("extension")?.as_array()?.iter();
    let ours = extension.filter(|one| one["url"] == EXTENSION);
    let mut parts = ours.filter_map(|one| one["extension"].as_array()).flatten();
    let document = parts.find(|part| part["url"] == "document")?;
    let kept = serde_json::from_str(document["valueString"].as_str()?).ok()?;
    Some(Held {
        id,
        kept,
        version: stored.version,
    })
}

fn unreadable(why: &dyn std::fmt::Display) -> JobError {
    ReadError::Unreadable {
        what: format!("a job cannot be written down: {why}"),
    }
    .into()
}
