//! The one write path: batch, check, write, acknowledge.
//!
//! Invariant: a proposal is written whole in one database transaction, and acknowledged only after the disk has it.

pub(crate) mod basis;
pub(crate) mod body;
pub mod bundle;
pub(crate) mod committer;
pub mod condition;
pub(crate) mod content;
pub(crate) mod id;
pub(crate) mod identifier;
mod leave;
mod making;
pub(crate) mod prepare;
pub(crate) mod provenance;

use std::sync::Arc;

use fhir::outcome::Issue;
use fhir::resource::Key;
use tokio::sync::oneshot;

use crate::caller::Caller;
use crate::commit::committer::{Fate, Hold, Waiting};
use crate::commit::leave::{actions, permitted};
use crate::commit::prepare::Prepared;
use crate::log::T;
use crate::message::KeptBefore;
use crate::proposal::Proposal;
use crate::store::StoreError;
use crate::{Kind, Record, limits};

/// What a committed proposal did.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The commit; the last one before it when nothing had to be written.
    pub t: T,
    /// One per change, in order; the added Provenance, if any, is last.
    pub outcomes: Vec<Outcome>,
}

/// What became of one change.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Which resource.
    pub key: Key,
    /// Its version now.
    pub version: u64,
    /// What happened.
    pub what: What,
    /// When that version was committed, RFC 3339 in UTC.
    pub last_updated: String,
    /// The resource as it is kept; `None` after a deletion.
    pub body: Option<Arc<str>>,
}

/// What happened to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// It is new.
    Created,
    /// It has a new version.
    Updated,
    /// It has ended.
    Deleted,
    /// Nothing: a conditional create found it, or the content was equal.
    Existing,
    /// Nothing: there was nothing to end. The version is 0 where there never was one; where a condition found nothing,
    /// the key is one that nothing has.
    Absent,
}

/// Why a proposal was not committed. Nothing of it was written.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// A resource breaks the rules of FHIR.
    #[error("change {change} is not valid: {}", first(.issues))]
    Invalid {
        /// Which change of the proposal, from 0.
        change: usize,
        /// What is wrong, where and what to do.
        issues: Vec<Issue>,
    },
    /// Somebody changed the resource in between.
    #[error(
        "{key} is at version {current}, not at the version {seen} that was seen: read it again"
    )]
    Stale {
        /// Which resource.
        key: Key,
        /// The version its author saw.
        seen: u64,
        /// The version it has; 0: there is none.
        current: u64,
    },
    /// There is nothing to delete or to update under this key.
    #[error("there is no {key}")]
    Missing {
        /// Which resource.
        key: Key,
    },
    /// A reference leads nowhere.
    #[error(
        "change {change} refers at {path} to `{reference}`, which is neither in the record nor in this proposal"
    )]
    UnknownReference {
        /// Which change of the proposal, from 0.
        change: usize,
        /// Where in it, as a FHIRPath expression.
        path: String,
        /// The reference as written.
        reference: String,
    },
    /// A condition matches several resources.
    #[error("change {change}: `{condition}` matches more than one resource: make it narrower")]
    Ambiguous {
        /// Which change of the proposal, from 0.
        change: usize,
        /// The condition as written.
        condition: String,
    },
    /// Two changes of one proposal are about the same resource.
    #[error("changes {first} and {second} are both about {key}: write one of them")]
    Twice {
        /// Which resource.
        key: Key,
        /// The first of them, from 0.
        first: usize,
        /// The second of them.
        second: usize,
    },
    /// A condition that has to find something finds nothing.
    #[error("change {change}: `{condition}` matches nothing")]
    NoMatch {
        /// Which change of the proposal, from 0.
        change: usize,
        /// The condition as written.
        condition: String,
    },
    /// A resource is to be made under an id that another one has, which the condition did not find.
    #[error(
        "change {change}: the condition matches nothing, yet {key} is there: leave the id out or make the condition fit"
    )]
    Taken {
        /// Which change of the proposal, from 0.
        change: usize,
        /// Whose id it is.
        key: Key,
    },
    /// A patch cannot be applied to what stands.
    #[error("change {change}: {}", .issue.details)]
    Unpatchable {
        /// Which change of the proposal, from 0.
        change: usize,
        /// What is wrong, where in the patch and what to do.
        issue: Box<Issue>,
    },
    /// The person was merged into another, so nothing more is recorded of them.
    #[error(
        "change {change} is about {who}, who was merged into {into}: make it about {into}, or undo the merge first"
    )]
    Merged {
        /// Which change of the proposal, from 0.
        change: usize,
        /// Who was merged.
        who: Key,
        /// Into whom.
        into: Key,
    },
    /// A rule of the record forbids the change, whoever asks.
    #[error("change {change}: {what}")]
    Refused {
        /// Which change of the proposal, from 0.
        change: usize,
        /// Which rule, and what to do instead.
        what: String,
    },
    /// This name was given to another request, which was committed.
    #[error("this key was used for another request, in commit {t}: choose a new one")]
    UsedBefore {
        /// The commit.
        t: T,
    },
    /// This very request was committed before, and what it answered cannot be told again.
    #[error("this request was committed before, as commit {t}; nothing was done again")]
    DoneBefore {
        /// The commit.
        t: T,
    },
    /// A condition or an entry cannot be understood.
    #[error("change {change}: {what}")]
    Unreadable {
        /// Which change of the proposal, from 0.
        change: usize,
        /// What is wrong and what to do.
        what: String,
    },
    /// This caller may not write this.
    #[error("{account} may not write {what}")]
    Forbidden {
        /// Who asked.
        account: String,
        /// What they may not write.
        what: String,
    },
    /// The message was kept before.
    #[error("this message was kept before, in commit {}", .before.t)]
    AlreadyKept {
        /// Its earlier fate.
        before: KeptBefore,
    },
    /// Another reader moved the cursor first.
    #[error("the cursor {name} is at {}, not where the proposal says", .now.map_or_else(|| "its start".to_owned(), |t| t.to_string()))]
    CursorMoved {
        /// Whose cursor.
        name: String,
        /// Where it stands.
        now: Option<T>,
    },
    /// More than one commit takes.
    #[error("{what} is {size}, and at most {max} are taken: send it in parts")]
    TooLarge {
        /// What is too large, with its unit.
        what: &'static str,
        /// How large it is.
        size: usize,
        /// How large it may be.
        max: usize,
    },
    /// More proposals are waiting than the record takes on.
    #[error("too many changes are waiting: try again in a second")]
    Busy,
    /// The database did not do it.
    #[error("the commit was not written")]
    Store {
        /// Why.
        #[from]
        source: StoreError,
    },
}

fn first(issues: &[Issue]) -> String {
    issues
        .first()
        .map_or_else(String::new, |issue| issue.details.clone())
}

impl CommitError {
    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Invalid { .. } | Self::UnknownReference { .. } | Self::Twice { .. } => {
                Kind::Incorrect
            }
            Self::Unreadable { .. } | Self::TooLarge { .. } => Kind::Incorrect,
            Self::Stale { .. } | Self::Ambiguous { .. } | Self::Taken { .. } => Kind::Conflict,
            Self::Merged { .. } => Kind::Conflict,
            Self::Unpatchable { .. } | Self::Refused { .. } | Self::UsedBefore { .. } => {
                Kind::Refused
            }
            Self::AlreadyKept { .. } | Self::CursorMoved { .. } | Self::DoneBefore { .. } => {
                Kind::Conflict
            }
            Self::Missing { .. } | Self::NoMatch { .. } => Kind::NotFound,
            Self::Forbidden { .. } => Kind::Forbidden,
            Self::Busy => Kind::Busy,
            Self::Store { source } => source.kind(),
        }
    }
}

impl CommitError {
    /// Whether the same proposal may be sound as of a later commit.
    fn may_be_outdated(&self) -> bool {
        match self {
            Self::Stale { .. } | Self::Missing { .. } | Self::UnknownReference { .. } => true,
            Self::Ambiguous { .. } | Self::CursorMoved { .. } | Self::Merged { .. } => true,
            Self::NoMatch { .. } | Self::Taken { .. } | Self::Unpatchable { .. } => true,
            Self::Refused { .. } | Self::UsedBefore { .. } | Self::DoneBefore { .. } => false,
            Self::Invalid { .. } | Self::Twice { .. } | Self::Unreadable { .. } => false,
            Self::Forbidden { .. } | Self::AlreadyKept { .. } | Self::TooLarge { .. } => false,
            Self::Busy | Self::Store { .. } => false,
        }
    }
}

impl Record {
    /// Commits the proposal whole, or nothing of it; answers after the disk has it.
    ///
    /// # Errors
    /// Every variant of [`CommitError`] says what to do about it.
    pub async fn commit(
        &self,
        caller: &Caller,
        proposal: Proposal,
    ) -> Result<Receipt, CommitError> {
        for change in &proposal.changes {
            for action in actions(change) {
                permitted(caller, *action, change.resource_type())?;
            }
        }
        self.commit_granted(caller, proposal).await
    }

    /// As [`Record::commit`], for a proposal whose permissions were checked by a stricter rule: the seam's grants, the
    /// rules of enabling, the reaction loop. A proposal that only moves a cursor takes no number in the log.
    pub(crate) async fn commit_granted(
        &self,
        caller: &Caller,
        proposal: Proposal,
    ) -> Result<Receipt, CommitError> {
        let mut receipts = self.commit_in_order(caller, &[&proposal]).await?;
        Ok(receipts.pop().ok_or(StoreError::Closed)?)
    }

    /// As [`Record::commit_granted`], for proposals that are to be committed one behind the other. As many of the first as
    /// are sound become commits, all of them or none; gives their receipts, at least one.
    ///
    /// # Errors
    /// What is wrong with the first.
    pub(crate) async fn commit_in_order(
        &self,
        caller: &Caller,
        proposals: &[&Proposal],
    ) -> Result<Vec<Receipt>, CommitError> {
        let mut held = None;
        for _ in 0..limits::RETRIES_MAX {
            let known = self.current();
            let prepared = match self.all_made_ready(caller, proposals).await {
                Ok(prepared) => prepared,
                // What was not seen, or was seen otherwise, may have changed at another host.
                Err(error) if error.may_be_outdated() && self.knows_more_than(known).await? => {
                    continue;
                }
                Err(error) => return Err(error),
            };
            if let Some(receipts) = self.handed_over(prepared, &mut held).await? {
                return Ok(receipts);
            }
        }
        Err(CommitError::Busy)
    }

    /// Makes proposals ready, up to the first that is not sound; an error when that is the first of all.
    async fn all_made_ready(
        &self,
        caller: &Caller,
        proposals: &[&Proposal],
    ) -> Result<Vec<Prepared>, CommitError> {
        let mut prepared = Vec::with_capacity(proposals.len());
        let mut before = None;
        for proposal in proposals {
            match self.made_ready(caller, proposal, before).await {
                Ok(one) => prepared.push(one),
                // It may be sound once those before it are committed; if not, it is the first then.
                Err(_) if before.is_some() => break,
                Err(error) => return Err(error),
            }
            before = Some(*proposal);
        }
        Ok(prepared)
    }

    /// Hands to the committer what was made ready. `None`: what it rests on has changed, so it has to be made ready again;
    /// `held` keeps the turn until it is back.
    pub(crate) async fn handed_over(
        &self,
        prepared: Vec<Prepared>,
        held: &mut Option<Hold>,
    ) -> Result<Option<Vec<Receipt>>, CommitError> {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting::Proposals { prepared, answer };
        self.queue()
            .try_send(waiting)
            .map_err(|_| CommitError::Busy)?;
        // It is back in the queue: the turn need not wait for it any longer.
        drop(held.take());
        match answered.await.map_err(|_| StoreError::Closed)? {
            Ok(receipts) => Ok(Some(receipts)),
            Err(Fate::Failed(source)) => Err(CommitError::Store { source }),
            Err(Fate::Moved(hold)) => {
                *held = hold;
                Ok(None)
            }
        }
    }
}
