//! Kept messages in the order in which they were kept, to be looked at again.
//!
//! Invariant: whoever reads them has read what they say of every patient in them, and the audit says so.

use crate::audit::NewLeaf;
use crate::caller::{Caller, Role};
use crate::log::T;
use crate::message::{KeptBefore, before};
use crate::{ReadError, Record, limits};

/// A kept message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptMessage {
    /// Who sent it: MSH-3 and MSH-4, joined by `|`.
    pub source: String,
    /// The sender's number for it: MSH-10.
    pub control_id: String,
    /// The site for which it was kept.
    pub site: String,
    /// Its commit, digest, and what became of it.
    pub kept: KeptBefore,
    /// The bytes as they came.
    pub bytes: Vec<u8>,
}

impl Record {
    /// Every message kept after a commit, filed or parked, oldest first, at most `n_max`. For an operator.
    ///
    /// # Errors
    /// `Forbidden` for anybody else, `Store` when the database cannot be asked.
    pub async fn kept_after(
        &self,
        caller: &Caller,
        after: T,
        n_max: u32,
    ) -> Result<Vec<KeptMessage>, ReadError> {
        if caller.role() != Role::Operator {
            let (account, what) = (caller.account().to_owned(), "kept messages".to_owned());
            return Err(ReadError::Forbidden { account, what });
        }
        let from = i64::try_from(after.0).unwrap_or(i64::MAX);
        let rows = self
            .store()
            .messages_after(from, n_max.min(limits::ROWS_PAGE_MAX))
            .await?;
        let leaf = NewLeaf {
            t: self.current_t(),
            count: i64::try_from(rows.len()).unwrap_or(i64::MAX),
            ..NewLeaf::by(caller, "kept messages", format!("after {after}"))
        };
        self.keep_leaf(leaf).await?;
        let kept = rows.into_iter().map(|row| KeptMessage {
            kept: before(&row, None),
            source: row.source,
            control_id: row.control_id,
            site: row.site,
            bytes: row.bytes,
        });
        Ok(kept.collect())
    }
}
