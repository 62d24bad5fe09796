//! Bulk export (FHIR Bulk Data Access 2): everything, of all patients, of some, or of a group, as of one commit.
//!
//! Invariant: every line of every file of an export stood in the record at the export's commit, and each once.

mod run;

use fhir::compartment;
use fhir::query::{Query, Summary};
use fhir::resource::{Id, Key, ResourceType};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::codec::Work;
use super::{Begun, JobError, JobId};
use crate::audit::NewLeaf;
use crate::caller::{Caller, Role};
use crate::clock::from_rfc3339;
use crate::log::At;
use crate::permission::{self, Action};
use crate::{ReadError, Record, limits};

/// What is to be exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportAsk {
    /// Of whom.
    pub level: Level,
    /// Only these types (`_type`); empty: all.
    pub types: Vec<String>,
    /// Only what changed at or after this RFC 3339 moment (`_since`), and what was deleted since.
    pub since: Option<String>,
    /// Of these types only what these searches find (`_typeFilter`), each as in `Observation?status=final`.
    pub filters: Vec<String>,
    /// As of which moment.
    pub at: At,
    /// The request as its asker wrote it, to be repeated in the answer.
    pub request: String,
}

/// Of whom an export is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Level {
    /// Everything in the record.
    System,
    /// What is in any patient's compartment.
    Patients,
    /// What is in these patients' compartments.
    These(Vec<String>),
    /// What is in the compartments of a group's members.
    Group(String),
}

/// An export, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ExportWork {
    level: Level,
    types: Vec<String>,
    since_ms: Option<i64>,
    filters: Vec<String>,
    /// Which part is being written, and where in it; the parts follow from the rest.
    part: u64,
    page: Option<String>,
    /// How long the list of finished pieces is.
    pub(super) listed_bytes: u64,
    written: u64,
    parts: u64,
}

impl ExportWork {
    pub(super) fn words(&self) -> String {
        format!(
            "{} resources written, part {} of {}",
            self.written,
            self.part.min(self.parts),
            self.parts
        )
    }
}

fn incorrect(what: impl Into<String>) -> JobError {
    JobError::Incorrect { what: what.into() }
}

impl Record {
    /// Begins an export.
    ///
    /// # Errors
    /// `Forbidden`: only an operator exports more than named patients. `Incorrect`, `Busy`, and `Read` for a group or
    /// patient that is not there.
    pub async fn export(&self, caller: &Caller, ask: &ExportAsk) -> Result<JobId, JobError> {
        self.folder_is_there()?;
        may(caller, &ask.level)?;
        let t = self.moment(&ask.at).await?;
        let types = types(caller, ask)?;
        for filter in &ask.filters {
            let (of, _) = filtered(filter)?;
            if !types.contains(&of) {
                let what = format!(
                    "`_typeFilter` is about {of}, which is not exported: name it in `_type`"
                );
                return Err(incorrect(what));
            }
        }
        let since_ms = match &ask.since {
            None => None,
            Some(text) => Some(from_rfc3339(text).ok_or_else(|| {
                incorrect("`_since` is no moment: write one such as 2026-11-22T09:30:00Z")
            })?),
        };
        let mut work = ExportWork {
            level: ask.level.clone(),
            types: types.iter().map(ToString::to_string).collect(),
            since_ms,
            filters: ask.filters.clone(),
            part: 0,
            page: None,
            listed_bytes: 0,
            written: 0,
            parts: 0,
        };
        let patients = self.patients_of(caller, &work.level, t).await?;
        work.parts = work.parts(patients.as_deref())?.count();
        let id = JobId::new()?;
        let leaf = NewLeaf {
            t,
            ..NewLeaf::by(caller, "export", ask.request.clone())
        };
        self.keep_leaf(leaf).await?;
        let begun = Begun {
            id,
            t,
            t_at_ms: self.made_at_ms(t).await?,
            request: ask.request.clone(),
            work: Work::Export(work),
        };
        self.begin_job(caller, begun).await
    }

    fn folder_is_there(&self) -> Result<(), JobError> {
        self.jobs()
            .folder
            .get()
            .map(|_| ())
            .ok_or(JobError::NoFolder)
    }

    /// When a commit was made, in milliseconds since 1970.
    pub(super) async fn made_at_ms(&self, t: i64) -> Result<i64, JobError> {
        let rows = self.store().commits_after(t - 1, 1).await?;
        Ok(rows.first().map_or(0, |(commit, _)| commit.at_ms))
    }

    /// The patients of an export that is of some only.
    async fn patients_of(
        &self,
        caller: &Caller,
        level: &Level,
        t: i64,
    ) -> Result<Option<Vec<Id>>, JobError> {
        let ids = match level {
            Level::System | Level::Patients => return Ok(None),
            Level::These(ids) => ids.clone(),
            Level::Group(id) => {
                let id: Id = id
                    .parse()
                    .map_err(|_| incorrect("the group's id is no id"))?;
                let key = Key::new(ResourceType::GROUP, id);
                let stored = self.read(caller, &key, &super::run_at(t)).await?;
                members(stored.body.as_deref().unwrap_or_default())
            }
        };
        if ids.len() > limits::EXPORT_PATIENTS_MAX {
            return Err(incorrect(format!(
                "{} patients are asked for, and at most {} at once: export all patients, or in parts",
                ids.len(),
                limits::EXPORT_PATIENTS_MAX
            )));
        }
        let mut patients: Vec<Id> = Vec::with_capacity(ids.len());
        for id in ids {
            let id: Id = id
                .parse()
                .map_err(|_| incorrect("a patient's id is no id"))?;
            if !patients.contains(&id) {
                patients.push(id);
            }
        }
        let keys: Vec<Key> = patients
            .iter()
            .map(|id| Key::new(ResourceType::PATIENT, id.clone()))
            .collect();
        let standing = self.standing_of(&keys, t).await?;
        if let (Level::These(_), Some(at)) = (level, standing.iter().position(Option::is_none)) {
            let what = keys[at].to_string();
            return Err(ReadError::NotFound { what }.into());
        }
        Ok(Some(patients))
    }
}

/// Whether this caller may export so much at once.
fn may(caller: &Caller, level: &Level) -> Result<(), JobError> {
    let what = match (caller.role(), level) {
        (Role::Operator, _) | (Role::Clinician, Level::These(_)) => return Ok(()),
        (Role::Clinician, Level::System | Level::Patients | Level::Group(_)) => {
            "export more than named patients: name them (`patient`), or ask an operator"
        }
        (Role::TrustAdministrator | Role::Feed | Role::Reaction, _) => "export",
    };
    Err(JobError::Forbidden {
        account: caller.account().to_owned(),
        what: what.to_owned(),
    })
}

/// The types that are exported.
fn types(caller: &Caller, ask: &ExportAsk) -> Result<Vec<ResourceType>, JobError> {
    let of_patients = ask.level != Level::System;
    let belongs = |of: ResourceType| {
        !of_patients || of == ResourceType::PATIENT || compartment::has_patients(of)
    };
    let may_read = |of: ResourceType| permission::check(caller, Action::Read, of.as_str());
    if ask.types.is_empty() {
        // What the record keeps for itself (enablements, jobs) is exported when it is named.
        let all = ResourceType::all().filter(|of| *of != ResourceType::BASIC && belongs(*of));
        return Ok(all.filter(|of| may_read(*of).is_ok()).collect());
    }
    let mut types = Vec::new();
    for name in &ask.types {
        let of: ResourceType = name.parse().map_err(|_| {
            let name: String = name.chars().take(40).collect();
            incorrect(format!(
                "`_type`: `{name}` is not a resource type of FHIR R4"
            ))
        })?;
        if !belongs(of) {
            let what = format!("`_type`: {of} is in no patient's compartment: export the system");
            return Err(incorrect(what));
        }
        may_read(of).map_err(|refusal| JobError::Forbidden {
            account: caller.account().to_owned(),
            what: format!("export {of}: {refusal}"),
        })?;
        if !types.contains(&of) {
            types.push(of);
        }
    }
    Ok(types)
}

/// A `_typeFilter` as a type and its search.
fn filtered(filter: &str) -> Result<(ResourceType, Query), JobError> {
    let (of, query) = filter
        .split_once('?')
        .ok_or_else(|| incorrect("`_typeFilter`: write it as in Observation?status=final"))?;
    let of: ResourceType = of.parse().map_err(|_| {
        let of: String = of.chars().take(40).collect();
        incorrect(format!(
            "`_typeFilter`: `{of}` is not a resource type of FHIR R4"
        ))
    })?;
    let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    let query =
        Query::parse(of, &pairs).map_err(|why| incorrect(format!("`_typeFilter`: {why}")))?;
    let only_finds = query.sort.is_empty()
        && query.includes.is_empty()
        && query.elements.is_empty()
        && query.as_of.is_none()
        && query.page.is_none()
        && query.count.is_none()
        && query.total.is_none()
        && matches!(query.summary, None | Some(Summary::False));
    if only_finds {
        Ok((of, query))
    } else {
        let what =
            "`_typeFilter` finds, and does no more: leave out _sort, _count, _include and the like";
        Err(incorrect(what))
    }
}

/// The patients among a group's members.
fn members(group: &str) -> Vec<String> {
    let group: Value = serde_json::from_str(group).unwrap_or(Value::Null);
    let members = group["member"].as_array().into_iter().flatten();
    let active = members.filter(|member| member["inactive"] != true);
    let patients = active.filter_map(|member| {
        let reference = member["entity"]["reference"].as_str()?;
        reference.strip_prefix("Patient/").map(str::to_owned)
    });
    patients.collect()
}
