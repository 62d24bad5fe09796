//! What became of a batch whose writing failed: kept whole, not kept, or not to be known.
//!
//! Invariant: nobody is told that something was not written while it may have been.

use std::time::Duration;

use tokio::time::Instant;

use super::Committer;
use crate::limits;
use crate::store::StoreError;
use crate::store::row::{Batch, LeafRow};

impl Committer {
    /// Finds out whether the batch was kept all the same. `None`: it was.
    pub(super) async fn what_became_of(
        &mut self,
        batch: &Batch,
        error: StoreError,
    ) -> Option<StoreError> {
        self.doubtful = true;
        let Some(last) = batch.leaves.last() else {
            return Some(error);
        };
        let end = Instant::now() + Duration::from_millis(limits::DOUBT_MS_MAX);
        loop {
            match self.is_kept(last).await {
                Ok(true) => {
                    tracing::warn!(
                        "a batch was kept although the database answered otherwise: {error}"
                    );
                    return None;
                }
                Ok(false) => return Some(error),
                Err(why) if Instant::now() >= end => {
                    tracing::error!("it is not known what became of a batch: {error}; {why}");
                    return Some(StoreError::Doubtful);
                }
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(limits::DOUBT_LOOK_MS)).await;
                }
            }
        }
    }

    /// Whether the chain holds this very leaf. Every batch ends with one, and its digest is over all before it.
    async fn is_kept(&self, last: &LeafRow) -> Result<bool, StoreError> {
        // Whoever has the turn knows that the transaction before has ended, one way or the other.
        self.store.begin().await?;
        let found = self.store.leaves(last.n - 1, 1).await;
        self.store.give_up().await?;
        Ok(found?
            .first()
            .is_some_and(|leaf| leaf.digest == last.digest))
    }
}
