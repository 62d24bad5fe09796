//! Real past calls of a departmental on another of its releases, before a site enables it.
//!
//! Invariant: every call of the span is counted once: the same, different, or left out with the reason.

use std::sync::Arc;

use super::{ReplayError, Replayed, permitted};
use crate::Record;
use crate::caller::Caller;
use crate::departmental::replay::Of;
use crate::departmental::{Digest, Release};
use crate::limits::{REPLAY_CALLS_MAX, REPLAY_LISTED_MAX, REPLAY_PAGE};
use crate::log::{At, T};
use crate::store::call::Which;

/// What came of running past calls on a release.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The release that was tried.
    pub release: Arc<Release>,
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
        let t = self.moment(since).await?;
        let mut trial = Trial::of(Arc::clone(&release), T(t.unsigned_abs()));
        let mut left = n_max.min(REPLAY_CALLS_MAX);
        let mut after = 0;
        loop {
            let wanted = REPLAY_PAGE.min(left.saturating_add(1));
            let which = Which::Since { t, after };
            let rows = self
                .store()
                .calls(release.id.to_string(), which, wanted)
                .await?;
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
                let again = match self.known_call(&row).await {
                    Ok(known) => self.make_again(caller, known, &release).await,
                    Err(why) => Err(why),
                };
                trial.take(&row.kept.id, again)?;
            }
        }
    }
}

impl Trial {
    fn of(release: Arc<Release>, since: T) -> Self {
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
