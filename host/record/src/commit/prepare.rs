//! A proposal made ready: references resolved, rules checked, rows drawn, all as of one `t`.
//!
//! Invariant: what is prepared holds as long as none of the marks it rests on changes after its `t`.

mod beside;
mod errand;
mod merged;
mod name;
mod number;
mod parameter;
mod refer;
mod rule;
mod sound;
mod standing;
mod subscription;
mod tag;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use fhir::patch::Patch;
use fhir::resource::{Key, Resource, ResourceType};

use crate::audit::NewLeaf;
use crate::caller::Caller;
use crate::commit::body::Body;
use crate::commit::{CommitError, Outcome, What, basis, provenance};
use crate::index::{Entries, Indexed, Number, Place};
use crate::lease::Lease;
use crate::memory::Mark;
use crate::message::Keeping;
use crate::parameter::active::Active;
use crate::person::Identity;
use crate::proposal::Proposal;
use crate::store::row::{CREATED, DELETED, UPDATED, VersionRow};
use crate::store::scan::Span;
use crate::{Record, limits};

use self::errand::{errand, leaf, merged, rests_on};
pub(super) use self::name::absent;

/// A proposal ready to be written.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// As of which commit.
    pub(crate) t: i64,
    /// What must not have changed since.
    pub(crate) rests_on: Vec<Mark>,
    /// The numbers of the persons of an identity event.
    pub(crate) merged: Vec<i64>,
    /// What to write.
    pub(crate) writes: Vec<Write>,
    /// What to answer, one per change.
    pub(crate) outcomes: Vec<Planned>,
    /// The message to keep.
    pub(crate) message: Option<Keeping>,
    /// Index rows of what was written before; only reindexing has some.
    pub(crate) filled: Vec<Span>,
    /// The cursor to move.
    pub(crate) cursor: Option<Moved>,
    /// On what it rests, as compact JSON.
    pub(crate) basis: String,
    /// The leaf to keep.
    pub(crate) leaf: NewLeaf,
}

/// A cursor to move.
#[derive(Debug)]
pub(crate) struct Moved {
    /// Whose.
    pub(crate) name: String,
    /// Where to; `None`: to this commit.
    pub(crate) to: Option<i64>,
    /// The lease that must still hold.
    pub(crate) under: Option<Lease>,
}

impl Prepared {
    /// The lease without which nothing of this may be written.
    pub(crate) fn lease(&self) -> Option<&Lease> {
        self.cursor.as_ref().and_then(|moved| moved.under.as_ref())
    }
}

/// One version to write.
#[derive(Debug)]
pub(crate) struct Write {
    /// Which change of the proposal.
    pub(crate) change: usize,
    /// Which resource.
    pub(crate) key: Key,
    /// Its number; `None`: it is new.
    pub(crate) number: Option<i64>,
    /// Its version.
    pub(crate) version: i64,
    /// `CREATED`, `UPDATED` or `DELETED`.
    pub(crate) what: i64,
    /// Its JSON; `None` when it ends.
    pub(crate) body: Option<Body>,
    /// What it is found by.
    pub(crate) indexed: Indexed,
    /// What its version before was found by.
    pub(crate) before: Indexed,
}

/// What a change will have done.
#[derive(Debug)]
pub(crate) enum Planned {
    /// What the write at this place did.
    Write(usize),
    /// Nothing.
    Existing(Outcome),
}

/// A change on its way.
struct Draft {
    change: usize,
    key: Key,
    /// `None`: a deletion, or a patch that was not applied yet.
    resource: Option<Resource>,
    /// To be applied to what stands.
    patch: Option<Patch>,
    seen: Option<u64>,
    /// A create's key is new, so nothing has to be looked up.
    fresh: bool,
    /// To what its references are relative, where its entry had an address.
    base: Option<String>,
    /// Filled in once what stands is known.
    standing: Option<VersionRow>,
}

/// A proposal on its way.
struct Preparing<'a> {
    record: &'a Record,
    t: i64,
    rests_on: Vec<Mark>,
    /// What references may be written as instead of type and id.
    names: HashMap<String, String>,
    drafts: Vec<Draft>,
    /// Which change is about a resource.
    about: HashMap<Key, usize>,
    /// What the proposal ends.
    ending: HashSet<Key>,
    /// Conditions that found nothing: the change that creates on each, and the key.
    conditions: HashMap<String, (usize, Key)>,
    /// By which parameters resources are indexed beside R4's.
    active: Arc<Active>,
    /// Whether the rules of direct changes bind this proposal.
    bound: bool,
    /// The identity event that it is, which moves what is recorded and writes nothing new.
    identity: Option<&'a Identity>,
    /// Changes that create, on the same condition, what an earlier one creates.
    doubles: Vec<(usize, Key)>,
    outcomes: Vec<Option<Outcome>>,
}

impl Record {
    /// Makes a proposal ready as of now, to be written behind the one `before` it in one batch.
    pub(crate) async fn made_ready(
        &self,
        caller: &Caller,
        proposal: &Proposal,
        before: Option<&Proposal>,
    ) -> Result<Prepared, CommitError> {
        let guarded = beside::guarded(proposal);
        let proposal = guarded.as_ref().unwrap_or(proposal);
        let errand = errand(&proposal.basis);
        // What is to be moved was found out as of an earlier commit, and has to be whole as of that one.
        let t = errand.map_or_else(|| self.current_t(), |errand| errand.t);
        within(
            "changes in one commit",
            proposal.changes.len(),
            limits::CHANGES_MAX,
        )?;
        let mut preparing = Preparing {
            record: self,
            t,
            rests_on: rests_on(proposal),
            names: HashMap::new(),
            doubles: Vec::new(),
            about: HashMap::new(),
            ending: HashSet::new(),
            conditions: HashMap::new(),
            active: self.active_parameters(t).await?,
            bound: rule::binds(caller, &proposal.basis),
            identity: errand.map(|errand| &errand.identity),
            drafts: Vec::with_capacity(proposal.changes.len() + 1),
            outcomes: Vec::new(),
        };
        preparing.name(&proposal.changes).await?;
        preparing.look_up().await?;
        preparing.conditional_references(caller).await?;
        preparing.rewrite();
        preparing.of_nobody_merged().await?;
        let findings = preparing.sound(caller).await?;
        let provenance = provenance::of(caller, proposal, &preparing.targets(), self.now_ms());
        for resource in provenance.into_iter().chain(findings) {
            let key = Key::new(ResourceType::PROVENANCE, self.new_id());
            let change = preparing.outcomes.len();
            preparing.outcomes.push(None);
            preparing.drafts.push(Draft {
                change,
                key,
                resource: Some(resource),
                patch: None,
                seen: None,
                fresh: true,
                base: None,
                standing: None,
            });
        }
        let (writes, outcomes) = preparing.writes().await?;
        let message = preparing.message(caller, proposal.message.as_ref()).await?;
        let cursor = preparing.cursor(proposal, before).await?;
        let leaf = leaf(caller, t, errand, &writes);
        Ok(Prepared {
            t,
            rests_on: preparing.rests_on,
            merged: merged(errand, &writes),
            writes,
            outcomes,
            message,
            filled: Vec::new(),
            cursor,
            basis: basis::written(&proposal.basis, proposal.cursor.as_ref()),
            leaf,
        })
    }
}

fn within(what: &'static str, size: usize, max: usize) -> Result<(), CommitError> {
    if size > max {
        Err(CommitError::TooLarge { what, size, max })
    } else {
        Ok(())
    }
}

impl Preparing<'_> {
    /// What provenance refers to: every resource that will have a new version, with that version.
    fn targets(&self) -> Vec<String> {
        // What is counted beside a departmental's changes (`Basic`) is the record's own.
        let told = |draft: &&Draft| {
            draft.resource.is_some() && draft.key.resource_type != ResourceType::BASIC
        };
        let each = self.drafts.iter().filter(told);
        each.map(|draft| format!("{}/_history/{}", draft.key, draft.next_version()))
            .collect()
    }

    async fn writes(&mut self) -> Result<(Vec<Write>, Vec<Planned>), CommitError> {
        let drafts = std::mem::take(&mut self.drafts);
        let numbers = self.numbers(&drafts).await?;
        let mut planned: Vec<Option<Planned>> = std::mem::take(&mut self.outcomes)
            .into_iter()
            .map(|outcome| outcome.map(Planned::Existing))
            .collect();
        let mut writes = Vec::with_capacity(drafts.len());
        let mut bytes = 0;
        for (at, draft) in drafts.into_iter().enumerate() {
            if at % 16 == 15 {
                // A large proposal leaves the thread to others now and then.
                tokio::task::yield_now().await;
            }
            let (change, standing) = (draft.change, draft.standing.clone());
            match self.write(draft, &numbers)? {
                Some(write) => {
                    bytes += write.body.as_ref().map_or(0, Body::len);
                    within("bytes in one commit", bytes, limits::COMMIT_BYTES_MAX)?;
                    planned[change] = Some(Planned::Write(writes.len()));
                    writes.push(write);
                }
                None => {
                    planned[change] = standing
                        .as_ref()
                        .map(|row| Planned::Existing(existing(row)))
                }
            }
        }
        for (change, key) in std::mem::take(&mut self.doubles) {
            planned[change] = writes
                .iter()
                .position(|write: &Write| write.key == key)
                .map(Planned::Write);
        }
        Ok((writes, planned.into_iter().flatten().collect()))
    }

    /// By what a version is found.
    fn indexed(&self, resource: &Resource, numbers: &HashMap<Key, Number>) -> Indexed {
        Entries::of(resource, self.active.parameters()).indexed(numbers)
    }

    fn write(
        &self,
        draft: Draft,
        numbers: &HashMap<Key, Number>,
    ) -> Result<Option<Write>, CommitError> {
        let version = draft.next_version();
        let Draft {
            change,
            key,
            resource,
            standing,
            ..
        } = draft;
        let live = standing.as_ref().filter(|row| row.what != DELETED);
        let before = live
            .and_then(|row| row.body.as_deref())
            .and_then(|body| Resource::parse(body.as_bytes()).ok());
        let number = standing.as_ref().map(|row| row.r);
        let Some(mut resource) = resource else {
            let end = |before: Resource| Write {
                change,
                key,
                number,
                version,
                what: DELETED,
                body: None,
                indexed: Indexed::nothing(),
                before: self.indexed(&before, numbers),
            };
            return Ok(before.map(end));
        };
        match (before.as_ref(), self.identity) {
            (Some(before), Some(identity)) => rule::between(change, before, &resource, identity)?,
            (Some(before), None) if self.bound => rule::check(change, before, &resource)?,
            (Some(_) | None, _) => {}
        }
        if let (Some(row), Some(before)) = (live, &before) {
            let moment = before.last_updated().unwrap_or_default().to_owned();
            resource.stamp(&key.id, row.live_version(), &moment);
            if resource == *before {
                return Ok(None);
            }
        }
        let indexed = self.indexed(&resource, numbers);
        within(
            "index rows of one resource",
            indexed.drafts.len(),
            limits::INDEX_ROWS_MAX,
        )?;
        let n = u64::try_from(version).unwrap_or(0);
        let body = self.record.undated().body(&mut resource, &key.id, n);
        within(
            "bytes of one resource",
            body.len(),
            limits::RESOURCE_BYTES_MAX,
        )?;
        let what = if live.is_some() { UPDATED } else { CREATED };
        let before = before.map_or_else(Indexed::nothing, |before| self.indexed(&before, numbers));
        Ok(Some(Write {
            change,
            key,
            number,
            version,
            what,
            body: Some(body),
            indexed,
            before,
        }))
    }
}

impl Draft {
    fn next_version(&self) -> i64 {
        self.standing.as_ref().map_or(1, |row| row.version + 1)
    }
}

/// A bundle's references are to its own entries; it is kept as it is.
fn whole(resource: &Resource) -> bool {
    resource.resource_type() != ResourceType::BUNDLE
}

fn existing(row: &VersionRow) -> Outcome {
    Outcome {
        key: row.key.clone(),
        version: u64::try_from(row.version).unwrap_or(0),
        what: What::Existing,
        last_updated: crate::clock::rfc3339(row.at_ms),
        body: row.body.clone(),
    }
}

impl Indexed {
    fn nothing() -> Self {
        Self {
            place: Place::Nobody,
            drafts: HashSet::new(),
        }
    }
}
