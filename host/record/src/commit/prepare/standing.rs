//! What stands under the keys that are to be changed, and what patches make of it.
//!
//! Invariant: a change whose author saw another version than the current one is refused.

use fhir::patch::Patch;
use fhir::resource::{Key, Resource};

use super::name;
use super::{Draft, Preparing};
use crate::commit::CommitError;
use crate::memory::Mark;
use crate::store::row::{DELETED, VersionRow};

impl Preparing<'_> {
    /// Reads what stands under the keys that are to be changed.
    pub(super) async fn look_up(&mut self) -> Result<(), CommitError> {
        let keys: Vec<Key> = self
            .drafts
            .iter()
            .filter(|draft| !draft.fresh)
            .map(|draft| draft.key.clone())
            .collect();
        let mut standing = self.record.standing_of(&keys, self.t).await?.into_iter();
        for draft in self.drafts.iter_mut().filter(|draft| !draft.fresh) {
            self.rests_on.push(Mark::Key(draft.key.clone()));
            draft.standing = standing.next().flatten().map(|row| (*row).clone());
            let current = draft.standing.as_ref().map_or(0, VersionRow::live_version);
            match draft.seen {
                Some(seen) if seen != current => {
                    return Err(CommitError::Stale {
                        key: draft.key.clone(),
                        seen,
                        current,
                    });
                }
                Some(_) | None => {}
            }
            if let Some(patch) = draft.patch.take() {
                draft.resource = Some(patched(draft, &patch)?);
            }
        }
        let there = |draft: &Draft| match &draft.standing {
            _ if draft.resource.is_some() => true,
            Some(row) => row.what != DELETED,
            None => false,
        };
        for draft in self.drafts.extract_if(.., |draft| !there(draft)) {
            let row = draft.standing.as_ref();
            self.outcomes[draft.change] = Some(name::absent(draft.key, row));
        }
        Ok(())
    }
}

/// What a patch makes of what stands.
fn patched(draft: &Draft, patch: &Patch) -> Result<Resource, CommitError> {
    let live = draft.standing.as_ref().filter(|row| row.what != DELETED);
    let before = live.and_then(|row| Resource::parse(row.body.as_deref()?.as_bytes()).ok());
    let before = before.ok_or_else(|| CommitError::Missing {
        key: draft.key.clone(),
    })?;
    patch
        .apply(&before)
        .map_err(|why| CommitError::Unpatchable {
            change: draft.change,
            issue: Box::new(why.issue()),
        })
}
