//! Two records of one person become one, and two again: merges and their undoing, as events of the log.
//!
//! Invariant: an identity event is one commit that moves everything or nothing, only between the two persons it names; what
//! was not touched since goes back byte for byte, and what was written since is given to nobody until a person has said whose
//! it is.

mod errand;
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

pub use self::errand::{Act, Errand, Identity, Side};
pub(crate) use self::errand::person;
pub use self::event::Event;
pub use self::later::{Later, Was};
pub use self::merging::{Comparison, Difference};
pub use self::rewrite::{IDENTITY, MERGED, UNDECIDED, has_mark, merged_from, merged_to, nhs_number_of};
pub use self::survivor::Survivor;
pub use self::unmerge::Parting;

use crate::commit::{CommitError, Receipt};
use crate::log::T;
use crate::message;
use crate::permission::{self, Action};
use crate::proposal::{Basis, Proposal};
use crate::caller::Caller;
use crate::store::StoreError;
use crate::{Kind, ReadError, Record, Stored, limits};

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

/// Why an identity event did not happen. Nothing of it was written.
#[derive(Debug, thiserror::Error)]
pub enum PersonError {
    /// There is no such patient, event or task.
    #[error("there is no {what}")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// This caller may not.
    #[error("{account} may not {what}")]
    Forbidden {
        /// Who asked.
        account: String,
        /// What they may not do.
        what: String,
    },
    /// A record cannot be merged into itself.
    #[error("{who} cannot be merged into itself: name two records")]
    Itself {
        /// Who.
        who: Key,
    },
    /// No reason is given, or one that is too long.
    #[error(
        "say why, in 1 to {} characters: whoever undoes it has to understand it",
        limits::IDENTITY_REASON_CHARS_MAX
    )]
    Reason,
    /// One of them was merged already.
    #[error("{who} was merged into {into}: use {into}, or undo that merge first")]
    MergedAlready {
        /// Who.
        who: Key,
        /// Into whom.
        into: Key,
    },
    /// One of them is not in use.
    #[error("{who} is not active and was not merged by this record: make it active first, or merge it the other way round")]
    Inactive {
        /// Who.
        who: Key,
    },
    /// One of the two is restricted and the other is not.
    #[error("one of {source_person} and {target} is labelled as restricted and the other is not: give both the same confidentiality label first")]
    Restricted {
        /// Who was to be merged.
        source_person: Key,
        /// Into whom.
        target: Key,
    },
    /// The NHS numbers differ, and nobody said which stands.
    #[error("the NHS numbers differ ({source_number} and {target_number}): say whose stands")]
    NhsNumbersDiffer {
        /// The source's.
        source_number: String,
        /// The target's.
        target_number: String,
    },
    /// Something differs that one person has once, and nobody said that it was looked at.
    #[error("{} differs: look at both records, and say so if they are the same person all the same", listed(.differences))]
    Differ {
        /// What.
        differences: Vec<Difference>,
    },
    /// Somebody changed one of them in between.
    #[error("{who} is at version {current}, not at the version {seen} that was seen: look again")]
    Changed {
        /// Who.
        who: Key,
        /// What was seen.
        seen: u64,
        /// What stands.
        current: u64,
    },
    /// More would have to be moved than one commit takes.
    #[error("more than {most} resources would have to be moved at once: merge the smaller record into the larger, or ask the operator")]
    TooMuch {
        /// How many are moved at most.
        most: usize,
    },
    /// This is no event of the kind that is asked for.
    #[error("{event} is not a merge of this record")]
    NotAMerge {
        /// What was named.
        event: Key,
    },
    /// The merge was undone before.
    #[error("this merge was undone in commit {t}")]
    UndoneBefore {
        /// The commit.
        t: T,
    },
    /// Something that is decided is not among what has to be.
    #[error("{key} is not among what has to be decided: it was decided before, or did not change since the merge")]
    NotToDecide {
        /// What was named.
        key: Key,
    },
    /// Something came to either person again and again while it was planned.
    #[error("the records change too often at this moment: try again in a few seconds")]
    Busy,
    /// It was not committed.
    #[error("it was not committed")]
    Commit {
        /// Why.
        #[from]
        source: CommitError,
    },
    /// The record could not be read.
    #[error("the record could not be read")]
    Read {
        /// Why.
        #[from]
        source: ReadError,
    },
    /// The database did not answer.
    #[error("the record could not be read")]
    Store {
        /// Why.
        #[from]
        source: StoreError,
    },
}

fn listed(differences: &[Difference]) -> String {
    let words: Vec<&str> = differences.iter().map(|it| it.words()).collect();
    words.join(", ")
}

impl PersonError {
    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::NotFound { .. } => Kind::NotFound,
            Self::Forbidden { .. } => Kind::Forbidden,
            Self::Itself { .. } | Self::Reason | Self::NotAMerge { .. } => Kind::Incorrect,
            Self::MergedAlready { .. } | Self::Inactive { .. } | Self::Restricted { .. } => Kind::Refused,
            Self::NhsNumbersDiffer { .. } | Self::Differ { .. } | Self::TooMuch { .. } => Kind::Refused,
            Self::Changed { .. } | Self::UndoneBefore { .. } | Self::NotToDecide { .. } => Kind::Conflict,
            Self::Busy => Kind::Busy,
            Self::Commit { source } => source.kind(),
            Self::Read { source } => source.kind(),
            Self::Store { source } => source.kind(),
        }
    }
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
    let plain = !text.chars().any(|c| c.is_control() && c != '\n' && c != '\r' && c != '\t');
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
