//! Why an identity event did not happen.
//!
//! Invariant: each reason is something that whoever asked can act on, and says how.

use fhir::resource::Key;

use super::Difference;
use crate::commit::CommitError;
use crate::log::T;
use crate::store::StoreError;
use crate::{Kind, ReadError, limits};

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
    #[error(
        "{who} is not active and was not merged by this record: make it active first, or merge it the other way round"
    )]
    Inactive {
        /// Who.
        who: Key,
    },
    /// One of the two is restricted and the other is not.
    #[error(
        "one of {source_person} and {target} is labelled as restricted and the other is not: give both the same confidentiality label first"
    )]
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
    #[error(
        "more than {most} resources would have to be moved at once: merge the smaller record into the larger, or ask the operator"
    )]
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
    #[error(
        "{key} is not among what has to be decided: it was decided before, or did not change since the merge"
    )]
    NotToDecide {
        /// What was named.
        key: Key,
    },
    /// Nothing is said.
    #[error("say of at least one thing whose it is")]
    NothingDecided,
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
            Self::Itself { .. } | Self::Reason | Self::NotAMerge { .. } | Self::NothingDecided => {
                Kind::Incorrect
            }
            Self::MergedAlready { .. } | Self::Inactive { .. } | Self::Restricted { .. } => {
                Kind::Refused
            }
            Self::NhsNumbersDiffer { .. } | Self::Differ { .. } | Self::TooMuch { .. } => {
                Kind::Refused
            }
            Self::Changed { .. } | Self::UndoneBefore { .. } | Self::NotToDecide { .. } => {
                Kind::Conflict
            }
            Self::Busy => Kind::Busy,
            Self::Commit { source } => source.kind(),
            Self::Read { source } => source.kind(),
            Self::Store { source } => source.kind(),
        }
    }
}
