//! Messages as they arrived: raw bytes kept for ever, once per sender and control id; what could not be filed is parked.
//!
//! Invariant: a message is kept in the same commit as what it caused.

use crate::caller::Caller;
use crate::commit::{CommitError, Receipt};
use crate::log::T;
use crate::{ReadError, Record};

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
    /// The earlier fate of this sender's control id, if it was kept before.
    ///
    /// # Errors
    /// `Store` when the database cannot be asked.
    pub async fn kept(
        &self,
        source: &str,
        control_id: &str,
    ) -> Result<Option<KeptBefore>, ReadError> {
        let _ = (source, control_id);
        todo!()
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
        let _ = (caller, message);
        todo!()
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
        let _ = (caller, after, n_max);
        todo!()
    }
}
