//! The changes of a bundle as one commit.
//!
//! Invariant: a transaction is committed whole or not at all, and what is said of a change names its entry.

pub mod once;

use fhir::bundle::{Entry, Method};
use fhir::outcome::Issue;
use fhir::patch::Patch;
use fhir::query::Query;
use fhir::resource::{Key, Resource, ResourceType};
use fhir::search_parameter::Known;

use crate::Record;
use crate::caller::Caller;
use crate::commit::bundle::once::Once;
use crate::commit::{CommitError, Outcome, condition};
use crate::log::T;
use crate::proposal::{Change, Proposal, Which};

/// What a transaction did.
#[derive(Clone, Debug)]
pub struct Transacted {
    /// The commit; the last one before it when nothing had to be written.
    pub t: T,
    /// One per entry, in order; `None`: the entry only reads.
    pub outcomes: Vec<Option<Outcome>>,
}

impl Record {
    /// Commits every change of a transaction's entries at once. Entries that read are left for the caller, as of the
    /// commit. `once` names the request, so that sending it again has no second effect and gives the first answer.
    ///
    /// # Errors
    /// Those of [`Record::commit`]; `change` counts the entries. `UsedBefore` when `once` names another request.
    pub async fn transaction(
        &self,
        caller: &Caller,
        entries: Vec<Entry>,
        once: Option<&Once>,
    ) -> Result<Transacted, CommitError> {
        let known = self.known().await?;
        let mut outcomes = vec![None; entries.len()];
        let mut changes = Vec::with_capacity(entries.len());
        let mut places = Vec::with_capacity(entries.len());
        for (place, entry) in entries.into_iter().enumerate() {
            if let Some(change) = change(&known, entry)? {
                changes.push(change);
                places.push(place);
            }
        }
        if changes.is_empty() {
            let t = self.current();
            return Ok(Transacted { t, outcomes });
        }
        let receipt = match once {
            None => self.commit(caller, Proposal::direct(changes)).await,
            Some(once) => self.commit_once(caller, changes, once).await,
        };
        let receipt = receipt.map_err(|error| error.at_entries(&places))?;
        for (outcome, place) in receipt.outcomes.into_iter().zip(places) {
            outcomes[place] = Some(outcome);
        }
        Ok(Transacted {
            t: receipt.t,
            outcomes,
        })
    }
}

/// The change that an entry asks for; `None` when it only reads.
///
/// # Errors
/// `Unreadable` with the entry's index.
pub fn change(known: &Known, entry: Entry) -> Result<Option<Change>, CommitError> {
    let index = entry.index;
    changed(known, entry).map_err(|what| CommitError::Unreadable {
        change: index,
        what,
    })
}

fn changed(known: &Known, entry: Entry) -> Result<Option<Change>, String> {
    let Entry {
        full_url: temporary,
        request,
        resource,
        ..
    } = entry;
    let url = request.url.as_str();
    let seen = match (
        request.if_match.as_deref(),
        request.if_none_match.as_deref(),
    ) {
        (Some(version), _) => Some(number(version)?),
        // What may not be there yet is seen at version 0.
        (None, Some("*")) if request.method == Method::Put => Some(0),
        (None, _) => None,
    };
    Ok(Some(match (request.method, resource) {
        (Method::Get | Method::Head, _) => return Ok(None),
        (Method::Post, Some(resource)) => {
            let of = resource.resource_type();
            if url != of.as_str() {
                return Err(format!("POST {} sends a {of}: POST it to {of}", cut(url)));
            }
            let condition = request.if_none_exist.as_deref();
            let read = |text: &str| condition::read(known, of, text.trim_start_matches('?'));
            Change::Create {
                resource,
                temporary,
                if_none_exist: condition.map(read).transpose()?,
            }
        }
        (Method::Put, Some(resource)) => match target(known, url)? {
            Which::Key(key) => Change::Update {
                key,
                resource,
                seen,
                temporary,
            },
            Which::Match(condition) => Change::UpdateMatch {
                condition: same_type(*condition, &resource)?,
                resource,
                seen,
                temporary,
            },
        },
        (Method::Patch, Some(resource)) => Change::Patch {
            of: target(known, url)?,
            patch: Patch::of_resource(&resource).map_err(|why| why.to_string())?,
            seen,
            temporary,
        },
        (Method::Delete, _) => match target(known, url)? {
            Which::Key(key) => Change::Delete { key, seen },
            Which::Match(condition) => Change::DeleteMatches {
                condition: *condition,
                seen,
            },
        },
        (Method::Post | Method::Put | Method::Patch, None) => {
            return Err("the entry has no resource where it must have one".to_owned());
        }
    }))
}

/// `Patient/1` or `Patient?identifier=…`.
fn target(known: &Known, url: &str) -> Result<Which, String> {
    if let Some((resource_type, text)) = url.split_once('?') {
        let of: ResourceType = resource_type
            .parse()
            .map_err(|error: fhir::resource::UnknownType| error.to_string())?;
        return Ok(Which::Match(Box::new(condition::read(known, of, text)?)));
    }
    let key: Result<Key, fhir::resource::BadKey> = url.parse();
    key.map(Which::Key).map_err(|error| error.to_string())
}

fn same_type(condition: Query, resource: &Resource) -> Result<Query, String> {
    let (of, sent) = (condition.resource_type, resource.resource_type());
    if of == sent {
        return Ok(condition);
    }
    Err(format!("PUT {of}?… sends a {sent}: make them agree"))
}

fn number(version: &str) -> Result<u64, String> {
    version.parse().map_err(|_| {
        format!(
            "`{}` is no version: write for example W/\"3\"",
            cut(version)
        )
    })
}

fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}

impl CommitError {
    /// The error with the bundle's entry in the place of the proposal's change.
    fn at_entries(self, places: &[usize]) -> Self {
        let at = |change: usize| places.get(change).copied().unwrap_or(change);
        match self {
            Self::Invalid { change, issues } => {
                let change = at(change);
                let issues = issues.into_iter().map(|issue| within(change, issue));
                Self::Invalid {
                    change,
                    issues: issues.collect(),
                }
            }
            Self::UnknownReference {
                change,
                path,
                reference,
            } => Self::UnknownReference {
                change: at(change),
                path: inside(at(change), &path),
                reference,
            },
            Self::Unpatchable { change, issue } => Self::Unpatchable {
                change: at(change),
                issue: Box::new(within(at(change), *issue)),
            },
            Self::Ambiguous { change, condition } => Self::Ambiguous {
                change: at(change),
                condition,
            },
            Self::NoMatch { change, condition } => Self::NoMatch {
                change: at(change),
                condition,
            },
            Self::Taken { change, key } => Self::Taken {
                change: at(change),
                key,
            },
            Self::Twice { key, first, second } => Self::Twice {
                key,
                first: at(first),
                second: at(second),
            },
            Self::Unreadable { change, what } => Self::Unreadable {
                change: at(change),
                what,
            },
            Self::Refused { change, what } => Self::Refused {
                change: at(change),
                what,
            },
            Self::Merged { change, who, into } => Self::Merged {
                change: at(change),
                who,
                into,
            },
            other @ (Self::Stale { .. }
            | Self::Missing { .. }
            | Self::Forbidden { .. }
            | Self::AlreadyKept { .. }
            | Self::CursorMoved { .. }
            | Self::UsedBefore { .. }
            | Self::DoneBefore { .. }
            | Self::TooLarge { .. }
            | Self::Busy
            | Self::Store { .. }) => other,
        }
    }
}

/// An issue of a resource as one of the entry that holds it.
fn within(entry: usize, mut issue: Issue) -> Issue {
    issue.expression = issue.expression.map(|path| inside(entry, &path));
    issue
}

fn inside(entry: usize, path: &str) -> String {
    format!("Bundle.entry[{entry}].resource.{path}")
}
