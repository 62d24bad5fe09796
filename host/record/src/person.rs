//! Two records of one person become one, and two again: merges and their undoing, as events of the log.
//!
//! Invariant: an identity event is one commit that moves everything or nothing, only between the two persons it names; what
//! was not touched since goes back byte for byte, and what was written since is given to nobody until a person has said whose
//! it is.

mod errand;
mod error;
mod event;
mod gather;
mod later;
mod ledger;
mod merging;
mod rewrite;
mod settle;
mod survivor;
mod unmerge;

use std::collections::{BTreeMap, BTreeSet};

use fhir::resource::{Key, ResourceType};

pub(crate) use self::errand::person;
pub use self::errand::{Act, Errand, Identity, Side};
pub use self::error::PersonError;
pub use self::event::Event;
pub use self::later::{Later, Was};
pub use self::merging::{Comparison, Difference};
pub use self::rewrite::{
    IDENTITY, MERGED, UNDECIDED, has_mark, merged_from, merged_to, nhs_number_of,
};
pub use self::survivor::Survivor;
pub use self::unmerge::Parting;

use crate::caller::Caller;
use crate::commit::{CommitError, Receipt};
use crate::log::T;
use crate::message;
use crate::permission::{self, Action};
use crate::proposal::{Basis, Proposal};
use crate::store::StoreError;
use crate::{Record, Stored, limits};

/// A wish that one record is merged into another.
#[derive(Clone, Debug)]
pub struct Merge {
    /// Whose record ends.
    pub source: Key,
    /// Whose record stands.
    pub target: Key,
    /// Why they are the same person, in the words of whoever says so.
    pub reason: String,
    /// On what evidence, for example `wristband and passport seen`.
    pub evidence: Option<String>,
    /// Whose NHS number stands, where they differ.
    pub stands: Option<Side>,
    /// What differs between the two and was looked at all the same.
    pub accepted: BTreeSet<Difference>,
    /// The versions of the two that whoever asks has seen; any others are refused.
    pub seen: Option<Seen>,
    /// The message that asks for it, kept in the same commit.
    pub message: Option<Told>,
}

/// Versions of the two persons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Of the source.
    pub source: u64,
    /// Of the target.
    pub target: u64,
}

/// A message that asks for an identity event.
#[derive(Clone, Debug)]
pub struct Told {
    /// MSH-3 and MSH-4, joined by `|`.
    pub source: String,
    /// MSH-10.
    pub control_id: String,
    /// What is kept of it.
    pub kept: message::Kept,
}

/// A wish that a merge is undone.
#[derive(Clone, Debug)]
pub struct Unmerge {
    /// The event: the Provenance of the merge.
    pub event: Key,
    /// Why they are two people after all.
    pub reason: String,
    /// Whose each later thing is. What is left out stays where it is, marked, with a Task that lists it.
    pub decisions: BTreeMap<Key, Side>,
    /// The last commit that whoever decides has seen of it; what came later is left undecided.
    pub seen: Option<T>,
}

/// Whose some things are that an unmerge left undecided.
#[derive(Clone, Debug)]
pub struct Settle {
    /// The Task that lists them.
    pub task: Key,
    /// Why, where that has to be said.
    pub reason: Option<String>,
    /// Whose each is.
    pub decisions: BTreeMap<Key, Side>,
}

/// What became of an identity event.
#[derive(Clone, Debug)]
pub struct Done {
    /// The commit.
    pub t: T,
    /// The Provenance that says it.
    pub event: Key,
    /// How many resources moved or were given back, the two persons not counted.
    pub moved: usize,
    /// The Task with what is still to be decided, if anything is.
    pub task: Option<Key>,
    /// The person who was merged away, or came back.
    pub source: Stored,
    /// The person who stands.
    pub target: Stored,
}

/// What is to be committed for an identity event, with who stands where afterwards.
pub(crate) struct Planned {
    errand: Errand,
    changes: Vec<crate::proposal::Change>,
    moved: usize,
    task: Option<Key>,
}

/// Refuses who may not join or part records.
fn may(caller: &Caller, what: &str) -> Result<(), PersonError> {
    let of = ResourceType::PATIENT.as_str();
    permission::check(caller, Action::Merge, of).map_err(|_| PersonError::Forbidden {
        account: caller.account().to_owned(),
        what: what.to_owned(),
    })
}

/// A reason or evidence as it is kept; none where nothing is said.
fn worded(text: &str) -> Result<Option<String>, PersonError> {
    let text = text.trim();
    let fits = text.chars().count() <= limits::IDENTITY_REASON_CHARS_MAX;
    let plain = !text
        .chars()
        .any(|c| c.is_control() && c != '\n' && c != '\r' && c != '\t');
    match (fits && plain, text.is_empty()) {
        (false, _) => Err(PersonError::Reason),
        (true, true) => Ok(None),
        (true, false) => Ok(Some(text.to_owned())),
    }
}

impl Record {
    /// Merges one record into another, in one commit.
    ///
    /// # Errors
    /// Every variant of [`PersonError`] says what to do about it.
    pub async fn merge(&self, caller: &Caller, wish: &Merge) -> Result<Done, PersonError> {
        may(caller, "merge the records of patients")?;
        let reason = worded(&wish.reason)?.ok_or(PersonError::Reason)?;
        let mut held = None;
        for _ in 0..limits::IDENTITY_TRIES_MAX {
            let planned = self.merging(caller, wish, &reason).await?;
            let told = wish.message.as_ref();
            if let Some(done) = self.carried_out(caller, planned, told, &mut held).await? {
                return Ok(done);
            }
        }
        Err(PersonError::Busy)
    }

    /// Undoes a merge, in one commit.
    ///
    /// # Errors
    /// Every variant of [`PersonError`] says what to do about it.
    pub async fn unmerge(&self, caller: &Caller, wish: &Unmerge) -> Result<Done, PersonError> {
        may(caller, "undo the merge of patients' records")?;
        let reason = worded(&wish.reason)?.ok_or(PersonError::Reason)?;
        let mut held = None;
        for _ in 0..limits::IDENTITY_TRIES_MAX {
            let planned = self.unmerging(caller, wish, &reason).await?;
            if let Some(done) = self.carried_out(caller, planned, None, &mut held).await? {
                return Ok(done);
            }
        }
        Err(PersonError::Busy)
    }

    /// Gives what an unmerge left undecided to whom it belongs, in one commit.
    ///
    /// # Errors
    /// Every variant of [`PersonError`] says what to do about it.
    pub async fn settle(&self, caller: &Caller, wish: &Settle) -> Result<Done, PersonError> {
        may(caller, "decide whose something is")?;
        if wish.decisions.is_empty() {
            return Err(PersonError::NothingDecided);
        }
        let reason = worded(wish.reason.as_deref().unwrap_or_default())?;
        let mut held = None;
        for _ in 0..limits::IDENTITY_TRIES_MAX {
            let planned = self.settling(caller, wish, reason.as_deref()).await?;
            if let Some(done) = self.carried_out(caller, planned, None, &mut held).await? {
                return Ok(done);
            }
        }
        Err(PersonError::Busy)
    }

    /// Commits what was planned. `None`: something it rests on has changed, so it has to be planned again.
    async fn carried_out(
        &self,
        caller: &Caller,
        planned: Planned,
        told: Option<&Told>,
        held: &mut Option<crate::commit::committer::Hold>,
    ) -> Result<Option<Done>, PersonError> {
        let Planned {
            errand,
            changes,
            moved,
            task,
        } = planned;
        let identity = errand.identity.clone();
        let proposal = Proposal {
            changes,
            basis: Basis::Identity(errand),
            message: told.map(|told| told.kept.clone()),
            cursor: None,
        };
        let prepared = match self.made_ready(caller, &proposal, None).await {
            Ok(prepared) => prepared,
            Err(CommitError::Stale { .. } | CommitError::Missing { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let Some(receipts) = self.handed_over(vec![prepared], held).await? else {
            return Ok(None);
        };
        let receipt = receipts.into_iter().next().ok_or(StoreError::Closed)?;
        let source = self.after(&receipt, &identity.source).await?;
        let target = self.after(&receipt, &identity.target).await?;
        Ok(Some(Done {
            t: receipt.t,
            event: identity.event,
            moved,
            task,
            source,
            target,
        }))
    }

    /// A person as the event left them.
    async fn after(&self, receipt: &Receipt, key: &Key) -> Result<Stored, PersonError> {
        let written = receipt.outcomes.iter().find(|outcome| outcome.key == *key);
        if let Some(outcome) = written {
            return Ok(Stored {
                key: outcome.key.clone(),
                version: outcome.version,
                t: receipt.t,
                last_updated: outcome.last_updated.clone(),
                body: outcome.body.clone(),
            });
        }
        let t = i64::try_from(receipt.t.0).unwrap_or(i64::MAX);
        Ok(Stored::of(&self.somebody(key, t).await?.row))
    }
}
