//! Real past calls made again by the span: on the releases that answered them, or on another one before a site enables it.
//!
//! Invariant: every call of the span is counted once: the same, different, or left out with the reason.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{ReplayError, Replayed, permitted};
use crate::Record;
use crate::caller::Caller;
use crate::departmental::call_log::PastCall;
use crate::departmental::replay::Of;
use crate::departmental::{Digest, LibraryError, Release};
use crate::limits::{REPLAY_CALLS_MAX, REPLAY_LISTED_MAX, REPLAY_PAGE};
use crate::log::{At, T};
use crate::store::call::{CallRow, Which};

/// What came of making past calls again.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The release that was tried; `None`: each call was made again on the release that answered it.
    pub release: Option<Arc<Release>>,
    /// From which commit on.
    pub since: T,
    /// How many calls were looked at.
    pub calls: u64,
    /// How many of them have the same answer.
    pub same: u64,
    /// How many have another screen.
    pub screens: u64,
    /// How many have another proposal.
    pub proposals: u64,
    /// How many differ at all.
    pub different: u64,
    /// Those that differ, oldest first, at most `limits::REPLAY_LISTED_MAX`.
    pub listed: Vec<Replayed>,
    /// How many could not be made again.
    pub left_out: u64,
    /// The first of those, at most `limits::REPLAY_LISTED_MAX`.
    pub reasons: Vec<LeftOut>,
    /// Whether there were more calls than were asked for.
    pub more: bool,
}

/// A call that could not be made again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its id.
    pub id: String,
    /// Why not.
    pub why: String,
}

impl Record {
    /// Makes the calls of a release's departmental again on that release, whichever version answered them: those that
    /// read as of `since` or later, oldest first, at most `n_max` (bounded by `limits::REPLAY_CALLS_MAX`). Each with the
    /// grants that held then; settings that only the release has are at their defaults.
    ///
    /// # Errors
    /// Those that concern all calls; what concerns one call leaves it out.
    pub async fn replay_with(
        &self,
        caller: &Caller,
        digest: &Digest,
        since: &At,
        n_max: u32,
    ) -> Result<Trial, ReplayError> {
        permitted(caller)?;
        let release = self.release(digest).await?;
        self.tried(caller, Some(release), since, n_max).await
    }

    /// Makes the calls of every departmental again, each on the release that answered it: which calls and how many, as
    /// [`Record::replay_with`]. A call whose release is published no longer is left out.
    ///
    /// # Errors
    /// Those that concern all calls; what concerns one call leaves it out.
    pub async fn replay_since(
        &self,
        caller: &Caller,
        since: &At,
        n_max: u32,
    ) -> Result<Trial, ReplayError> {
        permitted(caller)?;
        self.tried(caller, None, since, n_max).await
    }

    async fn tried(
        &self,
        caller: &Caller,
        release: Option<Arc<Release>>,
        since: &At,
        n_max: u32,
    ) -> Result<Trial, ReplayError> {
        let t = self.moment(since).await?;
        let of = release.as_ref().map(|release| release.id.to_string());
        let mut releases = Releases::of(release.clone());
        let mut trial = Trial::of(release, T(t.unsigned_abs()));
        let mut left = n_max.min(REPLAY_CALLS_MAX);
        let mut after = 0;
        loop {
            let wanted = REPLAY_PAGE.min(left.saturating_add(1));
            let which = Which::Since { t, after };
            let rows = self.store().calls(of.clone(), which, wanted).await?;
            if rows.is_empty() {
                return Ok(trial);
            }
            for row in rows {
                if left == 0 {
                    trial.more = true;
                    return Ok(trial);
                }
                left -= 1;
                after = row.n;
                let again = self.tried_once(caller, &row, &mut releases).await;
                trial.take(&row.kept.id, again)?;
            }
        }
    }

    async fn tried_once(
        &self,
        caller: &Caller,
        row: &CallRow,
        releases: &mut Releases,
    ) -> Result<Replayed, ReplayError> {
        let known = self.known_call(row).await?;
        let release = releases.for_call(self, &known.call).await?;
        self.make_again(caller, known, &release).await
    }
}

/// On what calls are made again: on one release, or each on its own.
struct Releases {
    all_on: Option<Arc<Release>>,
    /// Digests that nobody publishes any longer, so that the registry is asked about each once.
    gone: BTreeSet<Digest>,
}

impl Releases {
    fn of(all_on: Option<Arc<Release>>) -> Self {
        Self {
            all_on,
            gone: BTreeSet::new(),
        }
    }

    async fn for_call(
        &mut self,
        record: &Record,
        call: &PastCall,
    ) -> Result<Arc<Release>, ReplayError> {
        if let Some(release) = &self.all_on {
            return Ok(Arc::clone(release));
        }
        let withdrawn = || ReplayError::Withdrawn {
            id: call.id.clone(),
            digest: call.digest.clone(),
        };
        if self.gone.contains(&call.digest) {
            return Err(withdrawn());
        }
        match record.release(&call.digest).await {
            Ok(release) => Ok(release),
            Err(LibraryError::NotPublished { .. }) => {
                self.gone.insert(call.digest.clone());
                Err(withdrawn())
            }
            Err(source) => Err(source.into()),
        }
    }
}

impl Trial {
    fn of(release: Option<Arc<Release>>, since: T) -> Self {
        Self {
            release,
            since,
            calls: 0,
            same: 0,
            screens: 0,
            proposals: 0,
            different: 0,
            listed: Vec::new(),
            left_out: 0,
            reasons: Vec::new(),
            more: false,
        }
    }

    fn take(&mut self, id: &str, again: Result<Replayed, ReplayError>) -> Result<(), ReplayError> {
        self.calls += 1;
        match again {
            Ok(replayed) if replayed.is_same() => self.same += 1,
            Ok(replayed) => {
                self.different += 1;
                self.screens += u64::from(replayed.differences.concern(Of::Screen));
                self.proposals += u64::from(replayed.differences.concern(Of::Proposal));
                if self.listed.len() < REPLAY_LISTED_MAX {
                    self.listed.push(replayed);
                }
            }
            Err(
                why @ (ReplayError::Edited { .. }
                | ReplayError::Unreadable { .. }
                | ReplayError::InputNotKept { .. }
                | ReplayError::Withdrawn { .. }
                | ReplayError::Settings { .. }),
            ) => {
                self.left_out += 1;
                if self.reasons.len() < REPLAY_LISTED_MAX {
                    self.reasons.push(LeftOut {
                        id: id.to_owned(),
                        why: why.to_string(),
                    });
                }
            }
            Err(
                why @ (ReplayError::Forbidden { .. }
                | ReplayError::NoCall { .. }
                | ReplayError::Library { .. }
                | ReplayError::Read { .. }),
            ) => return Err(why),
        }
        Ok(())
    }
}
