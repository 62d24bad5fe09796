//! Messages as they arrived: raw bytes kept for ever, once per sender and control id; what could not be filed is parked.
//!
//! Invariant: a message is kept in the same commit as what it caused.

pub mod history;

use sha2::{Digest, Sha256};

use crate::audit::NewLeaf;
use crate::caller::{Caller, Role};
use crate::commit::{CommitError, Receipt};
use crate::log::T;
use crate::proposal::{Basis, Proposal};
use crate::store::StoreError;
use crate::store::row::MessageRow;
use crate::{ReadError, Record, limits};

/// A message to keep.
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
    /// What became of it.
    pub state: State,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Its facts are in the record.
    Filed,
    /// It could not be filed; somebody has to look at it.
    Parked {
        /// Why, for whoever corrects it.
        reason: String,
        /// The field at fault, like `PID-3.1`.
        at: Option<String>,
    },
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
    /// The earlier fate of this sender's control id, if it was kept before: the first filed, else the first parked.
    ///
    /// # Errors
    /// `Store` when the database cannot be asked.
    pub async fn kept(
        &self,
        source: &str,
        control_id: &str,
    ) -> Result<Option<KeptBefore>, ReadError> {
        let rows = self.kept_rows(source, control_id).await?;
        let filed = rows.iter().find(|row| row.reason.is_none());
        Ok(filed.or(rows.first()).map(before))
    }

    pub(crate) async fn kept_rows(
        &self,
        source: &str,
        control_id: &str,
    ) -> Result<Vec<MessageRow>, StoreError> {
        self.store()
            .messages(source.to_owned(), control_id.to_owned())
            .await
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

    /// Parked messages of the caller's site after commit `after`, oldest first, at most `n_max`; an operator sees all sites'.
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
            Role::Clinician | Role::Feed => Some(caller.site().as_str().to_owned()),
            Role::TrustAdministrator | Role::Reaction => {
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

/// The row of a message that is to be kept.
pub(crate) fn row(caller: &Caller, kept: &Kept) -> MessageRow {
    let (reason, field) = match &kept.state {
        State::Filed => (None, None),
        State::Parked { reason, at } => (Some(reason.clone()), at.clone()),
    };
    MessageRow {
        source: kept.source.clone(),
        control_id: kept.control_id.clone(),
        digest: hex::encode(Sha256::digest(&kept.bytes)),
        t: 0,
        received_at: kept.received_at.clone(),
        site: caller.site().as_str().to_owned(),
        reason,
        field,
        bytes: kept.bytes.clone(),
    }
}

/// What a row says of an earlier message.
pub(crate) fn before(row: &MessageRow) -> KeptBefore {
    let state = match &row.reason {
        None => State::Filed,
        Some(reason) => State::Parked {
            reason: reason.clone(),
            at: row.field.clone(),
        },
    };
    KeptBefore {
        t: T(u64::try_from(row.t).unwrap_or(0)),
        digest: row.digest.clone(),
        state,
    }
}

fn parked(row: MessageRow) -> ParkedRow {
    ParkedRow {
        t: T(u64::try_from(row.t).unwrap_or(0)),
        source: row.source,
        control_id: row.control_id,
        received_at: row.received_at,
        reason: row.reason.unwrap_or_default(),
        at: row.field,
        bytes: row.bytes,
    }
}
