//! A departmental's `proposal/1`, held against its grants, its patient and the versions it saw.
//!
//! Invariant: what comes out of here lies in the compartment of the call's patient, or is about nobody and the site's own in a
//! call about none, and within the grants, whole or not at all.

mod identifier;
mod newborn;
mod temporary;
mod whose;

use std::collections::BTreeSet;
use std::sync::Arc;

use fhir::compartment;
use fhir::reference::{self, Target};
use fhir::resource::{Id, Key, Resource, ResourceType};
use serde::Deserialize;
use serde_json::{Map, Value};

use self::newborn::Newborns;
use self::whose::Whose;
use crate::caller::Caller;
use crate::commit::identifier::Wanted;
use crate::departmental::Call;
use crate::departmental::grant::Grants;
use crate::departmental::manifest::WriteAction;
use crate::limits::{PROPOSAL_BYTES_MAX, PROPOSAL_CHANGES_MAX, PROPOSAL_REFERENCES_MAX};
use crate::log::{At, T};
use crate::proposal::Change;
use crate::{Kind, ReadError, Record, permission};

/// Why a document of a departmental goes no further.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Rejected {
    /// It does not follow its schema.
    #[error("{at}: {what}")]
    Malformed {
        /// The member at fault.
        at: String,
        /// What is wrong.
        what: String,
    },
    /// It goes beyond the grants or the patient.
    #[error("{0}")]
    NotGranted(String),
    /// The record could not be asked.
    #[error("the record could not be read")]
    Read(#[from] ReadError),
}

impl Rejected {
    /// What the audit says of it: which departmental, in which of the kept calls, and why, cut to a measure.
    pub(crate) fn about(&self, call: &Call) -> String {
        let why: String = self.to_string().chars().take(300).collect();
        let (id, digest) = (&call.release.id, &call.release.digest);
        format!("{id} {digest}, call {}: {why}", call.id)
    }
}

/// For whom a proposal is checked.
pub(crate) struct Terms<'a> {
    /// The caller, whose rights are in the grants already.
    pub(crate) caller: &'a Caller,
    /// What may be written.
    pub(crate) grants: &'a Grants,
    /// The call's patient.
    pub(crate) patient: Option<&'a Id>,
    /// As of which commit the departmental read.
    pub(crate) t: T,
    /// The moment of the call, RFC 3339.
    pub(crate) now: &'a str,
}

impl Terms<'_> {
    fn whose(&self) -> Whose<'_> {
        self.patient
            .map_or(Whose::Site(self.caller.site()), Whose::Patient)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    proposal: u64,
    summary: String,
    changes: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    action: WriteAction,
    resource: Map<String, Value>,
    #[serde(default)]
    temporary: Option<String>,
    #[serde(default)]
    seen: Option<String>,
    #[serde(default)]
    identifiers: Vec<String>,
}

/// A proposal that may be committed.
#[derive(Debug)]
pub(crate) struct Checked {
    /// The changes.
    pub(crate) changes: Vec<Change>,
    /// The identifiers that they ask for.
    pub(crate) wanted: Vec<Wanted>,
}

/// Reads a proposal and checks it whole; the changes are ready to be committed.
pub(crate) async fn checked(
    record: &Record,
    terms: &Terms<'_>,
    document: &Value,
) -> Result<Checked, Rejected> {
    let read: Document = serde_path_to_error::deserialize(document)
        .map_err(|error| malformed(error.path().to_string(), error.inner().to_string()))?;
    if read.proposal != 1 {
        return Err(malformed("proposal", "must be 1"));
    }
    if read.summary.chars().count() > 500 {
        return Err(malformed("summary", "has at most 500 characters"));
    }
    if read.changes.len() > PROPOSAL_CHANGES_MAX {
        return Err(malformed(
            "changes",
            format!("are at most {PROPOSAL_CHANGES_MAX}"),
        ));
    }
    if serde_json::to_string(document).map_or(usize::MAX, |text| text.len()) > PROPOSAL_BYTES_MAX {
        return Err(malformed(
            "proposal",
            format!("is at most {PROPOSAL_BYTES_MAX} bytes long"),
        ));
    }
    let temporaries = temporary::names(&read.changes)?;
    let newborns = Newborns::of(&read.changes, terms)?;
    let mut references = BTreeSet::new();
    let mut changes = Vec::with_capacity(read.changes.len());
    let mut wanted = Vec::new();
    for (index, mut written) in read.changes.into_iter().enumerate() {
        let (words, action) = (std::mem::take(&mut written.identifiers), written.action);
        let (change, before) = one(record, terms, &newborns, index, written).await?;
        let resource = match &change {
            Change::Create { resource, .. } | Change::Update { resource, .. } => resource,
            Change::Delete { .. } | Change::DeleteMatches { .. } => {
                return Err(malformed("changes", "never delete"));
            }
            Change::UpdateMatch { .. } | Change::Patch { .. } => {
                return Err(malformed("changes", "name the resource and give it whole"));
            }
        };
        let name = resource.resource_type().as_str();
        wanted.extend(identifier::wanted(index, action, name, &words)?);
        let known = before.as_deref().map(newborn::patients_in);
        let reach = Reach {
            temporaries: &temporaries,
            patients: known.unwrap_or_default(),
        };
        references_within(terms, index, resource, &reach, &mut references)?;
        changes.push(change);
    }
    all_in_reach(record, terms, &references).await?;
    Ok(Checked { changes, wanted })
}

/// One change, and the version before it.
async fn one(
    record: &Record,
    terms: &Terms<'_>,
    newborns: &Newborns,
    index: usize,
    written: Written,
) -> Result<(Change, Option<Arc<str>>), Rejected> {
    let at = |member: &str| format!("changes[{index}].{member}");
    let Written {
        action,
        resource,
        temporary,
        seen,
        identifiers: _,
    } = written;
    let has_id = resource.contains_key("id");
    let resource = Resource::from_value(Value::Object(resource))
        .map_err(|error| malformed(at("resource"), error.to_string()))?;
    within_grants(terms, newborns, (action, temporary.as_deref()), &resource)?;
    let resource = match terms.whose() {
        Whose::Patient(_) => resource,
        Whose::Site(site) => whose::labelled(resource, site)
            .ok_or_else(|| malformed(at("resource.meta"), "is no `meta` of FHIR"))?,
    };
    match (action, seen) {
        (WriteAction::Create, _) if has_id => Err(malformed(
            at("resource.id"),
            "leave it out: the host gives a new resource its id",
        )),
        (WriteAction::Create, Some(_)) => Err(malformed(at("seen"), "is for updates only")),
        (WriteAction::Create, None) => {
            identifier::as_given(index, &resource, None)?;
            let create = Change::Create {
                resource,
                temporary,
                if_none_exist: None,
            };
            Ok((create, None))
        }
        (WriteAction::Update, seen) => {
            let key = resource
                .key()
                .ok_or_else(|| malformed(at("resource.id"), "an update needs the id"))?;
            let seen = seen
                .and_then(|seen| seen.parse::<u64>().ok())
                .filter(|seen| *seen > 0);
            let seen = seen.ok_or_else(|| {
                malformed(
                    at("seen"),
                    "give meta.versionId of the version that was read",
                )
            })?;
            let before = was_theirs(record, terms, &key, seen).await?;
            identifier::as_given(index, &resource, before.as_deref())?;
            let update = Change::Update {
                key,
                resource,
                seen: Some(seen),
                temporary,
            };
            Ok((update, before))
        }
    }
}

/// The type and action are granted, and the resource as it is to be is the patient's, or new and a newborn's of this
/// proposal.
fn within_grants(
    terms: &Terms<'_>,
    newborns: &Newborns,
    (action, temporary): (WriteAction, Option<&str>),
    resource: &Resource,
) -> Result<(), Rejected> {
    let name = resource.resource_type().as_str();
    if !terms.grants.may_write(name, action) {
        return Err(Rejected::NotGranted(format!("{} {name}", action.as_str())));
    }
    let about = compartment::patient_of(resource);
    let refused = match terms.patient {
        Some(patient) if about.as_ref() == Some(patient) => None,
        Some(_)
            if action == WriteAction::Create
                && newborns.are_whom_it_is_about(temporary, resource) =>
        {
            None
        }
        Some(_) => Some("a {} that is not about the patient of the call"),
        None if about.is_some() || name == ResourceType::PATIENT.as_str() => {
            Some("a {} about a patient in a call that is about none")
        }
        None => None,
    };
    refused.map_or(Ok(()), |words| {
        Err(Rejected::NotGranted(words.replace("{}", name)))
    })
}

/// The version seen, which must be this patient's: else an update could pull a resource over from another patient.
async fn was_theirs(
    record: &Record,
    terms: &Terms<'_>,
    key: &Key,
    seen: u64,
) -> Result<Option<Arc<str>>, Rejected> {
    let whose = terms.whose();
    let beyond = || Rejected::NotGranted(format!("{key}, which is not in {}", whose.words()));
    match record.vread(terms.caller, key, seen).await {
        Ok(stored) if whose.is_body(stored.body.as_deref()) => Ok(stored.body),
        Ok(_) => Err(beyond()),
        Err(error) if error.kind() == Kind::NotFound => Err(beyond()),
        Err(error) => Err(error.into()),
    }
}

/// Whereto a change may refer beside its patient's chart: to what is new in the proposal, and to patients to whom the version
/// before referred already, as a mother's delivery does to her baby.
struct Reach<'a> {
    temporaries: &'a BTreeSet<String>,
    patients: BTreeSet<Id>,
}

/// References lead to this patient, to the directory, to this proposal or to what is in the chart; the last are gathered.
fn references_within(
    terms: &Terms<'_>,
    index: usize,
    resource: &Resource,
    reach: &Reach<'_>,
    gathered: &mut BTreeSet<Key>,
) -> Result<(), Rejected> {
    let mut first = Ok(());
    reference::each(resource.value(), |path, text| {
        if first.is_err() {
            return;
        }
        let at = || format!("changes[{index}].resource.{path}");
        first = match reference::parse(text) {
            Target::Local { key, .. } if key.resource_type == ResourceType::PATIENT => {
                if terms.patient == Some(&key.id) || reach.patients.contains(&key.id) {
                    Ok(())
                } else {
                    Err(Rejected::NotGranted(
                        "a reference to another patient".to_owned(),
                    ))
                }
            }
            Target::Local { key, .. } => {
                if !permission::is_directory(key.resource_type.as_str()) {
                    gathered.insert(key);
                }
                Ok(())
            }
            Target::Urn(urn) if reach.temporaries.contains(&urn) => Ok(()),
            Target::Urn(_) => Err(malformed(at(), "is no `temporary` of this proposal")),
            Target::Contained(_) => Ok(()),
            Target::Conditional { .. } | Target::Absolute(_) | Target::Other(_) => Err(malformed(
                at(),
                "write Type/id of a resource that the chart holds",
            )),
        };
    });
    if gathered.len() > PROPOSAL_REFERENCES_MAX {
        return Err(malformed(
            "changes",
            format!("refer to at most {PROPOSAL_REFERENCES_MAX} resources"),
        ));
    }
    first
}

async fn all_in_reach(
    record: &Record,
    terms: &Terms<'_>,
    keys: &BTreeSet<Key>,
) -> Result<(), Rejected> {
    let whose = terms.whose();
    for key in keys {
        let beyond = || {
            Rejected::NotGranted(format!(
                "a reference to {key}, which is not in {}",
                whose.words()
            ))
        };
        match record.read(terms.caller, key, &At::Commit(terms.t)).await {
            Ok(stored) => {
                if !whose.is_body(stored.body.as_deref()) {
                    return Err(beyond());
                }
            }
            Err(error) if matches!(error.kind(), Kind::NotFound | Kind::Forbidden) => {
                return Err(beyond());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

pub(super) fn malformed(at: impl Into<String>, what: impl Into<String>) -> Rejected {
    Rejected::Malformed {
        at: at.into(),
        what: what.into(),
    }
}

#[cfg(test)]
mod tests;
