//! Messages as they arrived: raw bytes kept for ever, once per sender and control id; what could not be filed is parked.
//!
//! Invariant: a message is kept in the same commit as what it caused.

mod backlog;
mod decide;
pub mod history;
mod keeping;
mod planning;
mod sender;
mod waiting;

pub use self::backlog::BacklogError;
pub use self::decide::DecideError;
pub(crate) use self::keeping::{Keeping, keeping};
pub use self::sender::{Health, Sender};
pub use self::waiting::{Fate, Looked, Under, Waiting, WaitingPage};

use crate::audit::NewLeaf;
use crate::caller::{Caller, Role};
use crate::commit::{CommitError, Receipt};
use crate::log::T;
use crate::proposal::{Basis, CursorMove, Proposal};
use crate::store::StoreError;
use crate::store::message::{
    AWAITING, CORRECTED, DROPPED, DUE, FILED, FateRow, HELD, LOOSE, PARKED,
};
use crate::store::row::MessageRow;
use crate::{ReadError, Record, limits};

/// A message to keep, or one that was kept before and gets another fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Who sent it: MSH-3 and MSH-4, joined by `|`.
    pub source: String,
    /// The sender's number for it: MSH-10.
    pub control_id: String,
    /// When it arrived, RFC 3339 in UTC.
    pub received_at: String,
    /// The bytes as they came.
    pub bytes: Vec<u8>,
    /// What becomes of it.
    pub state: State,
    /// The numbers by which it knows its patient, at most `limits::MESSAGE_NUMBERS_MAX`: while it waits, later messages
    /// under one of them wait behind it. None: it holds back nobody.
    pub numbers: Vec<String>,
    /// In whose place it stands among those that wait: its own, or that of the message it corrects.
    pub place: Option<T>,
    /// Whether it is new.
    pub arrival: Arrival,
}

/// Where a message comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Its sender sent it.
    New,
    /// It was kept before and waited.
    Again(Waited),
    /// Somebody edited a copy of one that waited.
    Correction(Waited),
}

/// A message that waits, as it was seen: what is done with it rests on that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waited {
    /// The commit that kept it.
    pub message: T,
    /// The commit with which its present fate began.
    pub since: T,
}

impl Waited {
    /// The cursor that moves with every fate of the message, so that each is decided once, whoever decides.
    pub(crate) fn cursor(self) -> CursorMove {
        CursorMove {
            name: format!("message/{}", self.message),
            from: (self.since != self.message).then_some(self.since),
            to: None,
            under: None,
        }
    }
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Its facts are in the record.
    Filed,
    /// Its facts are in the record, but not the stay that it names; it is filed once more when that is.
    Loose,
    /// It could not be filed; somebody has to look at it.
    Parked {
        /// Why, for whoever corrects it.
        reason: String,
        /// The field at fault, like `PID-3.1`.
        at: Option<String>,
    },
    /// It is about the patient of one that waits, and is filed after that one.
    Held {
        /// The oldest that stands before it.
        behind: T,
    },
    /// Its patient, or what it confirms, is not in the record yet. It is filed by itself when that is; it holds back nobody.
    Awaiting {
        /// What it waits for.
        reason: String,
        /// The field that names it.
        at: Option<String>,
    },
    /// Somebody wants it to be filed again.
    Due,
    /// A corrected copy stands in its place.
    Corrected {
        /// The commit that kept the copy; 0 until that is known.
        by: T,
    },
    /// Somebody decided that it is not filed.
    Dropped {
        /// Why.
        reason: String,
    },
}

impl State {
    /// Whether its facts are in the record.
    pub fn is_filed(&self) -> bool {
        match self {
            Self::Filed | Self::Loose => true,
            Self::Parked { .. } | Self::Held { .. } | Self::Awaiting { .. } | Self::Due => false,
            Self::Corrected { .. } | Self::Dropped { .. } => false,
        }
    }

    /// Whether it is not at its end.
    pub fn waits(&self) -> bool {
        match self {
            Self::Parked { .. } | Self::Held { .. } | Self::Awaiting { .. } | Self::Due => true,
            Self::Filed | Self::Loose | Self::Corrected { .. } | Self::Dropped { .. } => false,
        }
    }

    /// The word for it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Filed => "filed",
            Self::Loose => "filed without its stay",
            Self::Parked { .. } => "parked",
            Self::Held { .. } => "held",
            Self::Awaiting { .. } => "waiting for its patient",
            Self::Due => "to be filed",
            Self::Corrected { .. } => "corrected",
            Self::Dropped { .. } => "dropped",
        }
    }

    /// As a row has it: number, reason, field and other message.
    fn parts(&self) -> (i64, String, Option<String>, Option<i64>) {
        let none = String::new;
        match self {
            Self::Filed => (FILED, none(), None, None),
            Self::Loose => (LOOSE, none(), None, None),
            Self::Parked { reason, at } => (PARKED, reason.clone(), at.clone(), None),
            Self::Held { behind } => (HELD, none(), None, Some(number(*behind))),
            Self::Awaiting { reason, at } => (AWAITING, reason.clone(), at.clone(), None),
            Self::Due => (DUE, none(), None, None),
            Self::Corrected { by } => (CORRECTED, none(), None, Some(number(*by))),
            Self::Dropped { reason } => (DROPPED, reason.clone(), None, None),
        }
    }

    /// From a row; what this program does not know waits for somebody.
    pub(crate) fn of(row: &FateRow) -> Self {
        let other = || commit(row.other.unwrap_or_default());
        match row.fate {
            FILED => Self::Filed,
            LOOSE => Self::Loose,
            HELD => Self::Held { behind: other() },
            AWAITING => Self::Awaiting {
                reason: row.reason.clone(),
                at: row.field.clone(),
            },
            DUE => Self::Due,
            CORRECTED => Self::Corrected { by: other() },
            DROPPED => Self::Dropped {
                reason: row.reason.clone(),
            },
            _ => Self::Parked {
                reason: row.reason.clone(),
                at: row.field.clone(),
            },
        }
    }
}

fn number(t: T) -> i64 {
    i64::try_from(t.0).unwrap_or(i64::MAX)
}

fn commit(t: i64) -> T {
    T(u64::try_from(t).unwrap_or(0))
}

/// The earlier fate of a sender's control id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptBefore {
    /// The commit that kept it.
    pub t: T,
    /// SHA-256 of its bytes in hexadecimal: other bytes under the same control id are another message.
    pub digest: String,
    /// What became of it.
    pub state: State,
}

/// A parked message, as the page of parked messages shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedRow {
    /// The commit that parked it.
    pub t: T,
    /// Who sent it.
    pub source: String,
    /// The sender's number for it.
    pub control_id: String,
    /// When it arrived, RFC 3339 in UTC.
    pub received_at: String,
    /// Why it was parked.
    pub reason: String,
    /// The field at fault.
    pub at: Option<String>,
    /// The bytes as they came.
    pub bytes: Vec<u8>,
}

impl Record {
    /// The earlier fate of this sender's control id, if it was kept before: of the same bytes where they were, else of the
    /// first that was filed, else of the first.
    ///
    /// # Errors
    /// `Store` when the database cannot be asked.
    pub async fn kept(
        &self,
        source: &str,
        control_id: &str,
        digest: &str,
    ) -> Result<Option<KeptBefore>, ReadError> {
        let all = self.kept_before(source, control_id).await?;
        let same = all.iter().find(|it| it.digest == digest);
        let filed = all.iter().find(|it| it.state.is_filed());
        Ok(same.or(filed).or(all.first()).cloned())
    }

    pub(crate) async fn kept_before(
        &self,
        source: &str,
        control_id: &str,
    ) -> Result<Vec<KeptBefore>, StoreError> {
        let rows = self
            .store()
            .messages(source.to_owned(), control_id.to_owned())
            .await?;
        Ok(rows
            .iter()
            .map(|(row, fate)| before(row, fate.as_ref()))
            .collect())
    }

    /// Keeps a message that could not be filed, in a commit of its own. `caller` is `None` for an unknown sender.
    /// The same control id with other bytes gets a row of its own; with the same bytes it is `AlreadyKept`.
    ///
    /// # Errors
    /// Those of [`Record::commit`].
    pub async fn park(
        &self,
        caller: Option<&Caller>,
        message: Kept,
    ) -> Result<Receipt, CommitError> {
        let nobody = Caller::unknown_sender();
        let basis = Basis::Message {
            source: message.source.clone(),
            control_id: message.control_id.clone(),
        };
        let proposal = Proposal {
            changes: Vec::new(),
            basis,
            message: Some(message),
            cursor: None,
        };
        self.commit_granted(caller.unwrap_or(&nobody), proposal)
            .await
    }

    /// Messages of the caller's site after commit `after` that somebody has to look at or whose patient is not known, oldest
    /// first, at most `n_max`; an operator sees all sites'.
    ///
    /// # Errors
    /// `Forbidden` for a role that may not see them, `Store` when the database cannot be asked.
    pub async fn parked(
        &self,
        caller: &Caller,
        after: T,
        n_max: u32,
    ) -> Result<Vec<ParkedRow>, ReadError> {
        let site = match caller.role() {
            Role::Operator => None,
            Role::Clinician | Role::Feed | Role::TrustAdministrator => {
                Some(caller.site().as_str().to_owned())
            }
            Role::Reaction => {
                let (account, what) = (caller.account().to_owned(), "parked messages".to_owned());
                return Err(ReadError::Forbidden { account, what });
            }
        };
        let after = i64::try_from(after.0).unwrap_or(i64::MAX);
        let rows = self
            .store()
            .parked(site, after, n_max.min(limits::ROWS_PAGE_MAX))
            .await?;
        let leaf = NewLeaf {
            t: self.current_t(),
            count: i64::try_from(rows.len()).unwrap_or(i64::MAX),
            ..NewLeaf::by(caller, "parked", String::new())
        };
        self.keep_leaf(leaf).await?;
        Ok(rows.into_iter().map(parked).collect())
    }
}

/// What a row says of an earlier message.
fn before(row: &MessageRow, fate: Option<&FateRow>) -> KeptBefore {
    let state = match (fate, &row.reason) {
        (Some(fate), _) => State::of(fate),
        (None, None) => State::Filed,
        // An older program parked it.
        (None, Some(reason)) => State::Parked {
            reason: reason.clone(),
            at: row.field.clone(),
        },
    };
    KeptBefore {
        t: commit(row.t),
        digest: row.digest.clone(),
        state,
    }
}

fn parked(row: MessageRow) -> ParkedRow {
    ParkedRow {
        t: commit(row.t),
        source: row.source,
        control_id: row.control_id,
        received_at: row.received_at,
        reason: row.reason.unwrap_or_default(),
        at: row.field,
        bytes: row.bytes,
    }
}
