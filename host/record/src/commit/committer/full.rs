//! What is done when the disk is full: writes are refused at once, reads go on as long as the reserve lasts.
//!
//! Invariant: no read is answered without its leaf, so when the reserve is used up reads are refused too.

use std::time::Duration;

use tokio::time::Instant;

use super::owed::Owed;
use super::{Committer, Noted, Waiting};
use crate::audit::NewLeaf;
use crate::limits;
use crate::store::StoreError;
use crate::store::row::Batch;

/// Whether there is room to write.
#[derive(Clone, Copy, Debug)]
pub(super) enum Room {
    /// As far as is known.
    Enough,
    /// The disk was full; from this moment on it is worth looking again.
    Short(Instant),
}

impl Committer {
    /// Whether writes are refused. Room is back once the reserve could be made whole.
    pub(super) async fn is_short_of_room(&mut self) -> bool {
        match self.room {
            Room::Enough => return false,
            Room::Short(again) if Instant::now() < again => return true,
            Room::Short(_) => {}
        }
        match self.store.restore_reserve().await {
            Ok(true) => {
                tracing::info!("the disk has room again: writes are taken");
                self.room = Room::Enough;
                false
            }
            Ok(false) | Err(_) => {
                self.room = Room::Short(look_again());
                true
            }
        }
    }

    /// Refuses the proposals of a batch for which there was no room, and gives back its leaves if they may fit now.
    pub(super) async fn without_room(
        &mut self,
        doing: &'static str,
        batch: &Batch,
        owed: Vec<Owed>,
    ) -> Vec<Waiting> {
        if matches!(self.room, Room::Enough) {
            tracing::error!("the disk is full: writes are refused until there is room");
        }
        self.room = Room::Short(look_again());
        let full = StoreError::Full { doing };
        let is_leaf = |owed: &Owed| matches!(owed, Owed::Leaf { .. });
        let (leaves, proposals): (Vec<Owed>, Vec<Owed>) = owed.into_iter().partition(is_leaf);
        let were_alone = proposals.is_empty();
        for proposal in proposals {
            proposal.refuse(&full);
        }
        // Without the proposals they may fit; by themselves they need a part of the reserve.
        if were_alone && !self.store.spend_reserve().await.unwrap_or(false) {
            tracing::error!("the reserve of the audit is used up: reads are refused");
            for leaf in leaves {
                leaf.refuse(&full);
            }
            return Vec::new();
        }
        leaves
            .into_iter()
            .filter_map(|owed| match owed {
                Owed::Leaf { answer, at } => Some(Waiting::Leaf {
                    leaf: NewLeaf::again(batch.leaves.get(at)?),
                    when: Noted::Always,
                    answer,
                }),
                Owed::Receipts { .. } | Owed::Moved(_) => None,
            })
            .collect()
    }
}

fn look_again() -> Instant {
    Instant::now() + Duration::from_millis(limits::FULL_LOOK_MS)
}
