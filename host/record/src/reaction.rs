//! Departmentals' reactions: each enabled departmental with reactions has a cursor per site on the log.
//!
//! Invariant: an event has exactly one effect, since its proposal and the cursor's move are one commit; of several hosts
//! one at a time works on a cursor, under a lease.

mod attempt;
mod call;
mod event;
mod keep;
mod matching;
mod park;
pub mod parked;
pub(crate) mod place;

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};

use crate::caller::SiteCode;
use crate::departmental::seam::Unasked;
use crate::departmental::{DepartmentalId, Digest, LibraryError};
use crate::enablement::Enablement;
use crate::lease::Lease;
use crate::limits::{LEASE_LOOK_MS, REACTION_BACK_OFF_MS, REACTION_TRIES_MAX, REACTIONS_AT_ONCE};
use crate::log::T;
use crate::reaction::place::Place;
use crate::{ReadError, Record};

/// Whose reactions: a departmental at a site.
type Whose = (SiteCode, DepartmentalId);

/// Longest wait between looks of a departmental that cannot go on, in milliseconds: the registry or the database is away.
const STUCK_WAIT_MS_MAX: u64 = 30_000;

/// What one look did.
pub(crate) enum Looked {
    /// So many events were handled and there may be more.
    On(usize),
    /// There is nothing to react to up to this commit.
    Idle(T),
    /// It is not enabled here, or has no reactions.
    Off,
}

/// Why reactions do not go on. The event is not at fault, and stays.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stuck {
    /// The record did not answer.
    #[error("the record could not be read: {0}")]
    Read(#[from] ReadError),
    /// The release cannot be had now.
    #[error("the release could not be had: {0}")]
    Library(#[from] LibraryError),
    /// The departmental is not to be asked now.
    #[error("{0}")]
    NotAsked(String),
    /// The commit was not written.
    #[error("the reaction could not be committed: {0}")]
    Commit(#[from] crate::commit::CommitError),
}

impl From<Unasked> for Stuck {
    fn from(why: Unasked) -> Self {
        match why {
            Unasked::Library(source) => source.into(),
            Unasked::Kept(source) => source.into(),
        }
    }
}

/// The name of the cursor of a departmental's reactions at a site.
pub(crate) fn cursor_name(site: &SiteCode, departmental: &DepartmentalId) -> String {
    format!("reaction/{site}/{departmental}")
}

/// The cursor of somebody who is to react to everything after a commit, and to nothing before.
pub(crate) fn from_after(t: T) -> T {
    Place::after(t).as_cursor()
}

impl Record {
    /// Lets departmentals react to the log until `stop` resolves. Each departmental at each site goes on by itself, so
    /// that one which fails or waits holds back nobody else.
    pub async fn react(&self, stop: impl Future<Output = ()> + Send) {
        let turns = Arc::new(Semaphore::new(REACTIONS_AT_ONCE));
        let mut running: HashMap<Whose, JoinHandle<()>> = HashMap::new();
        tokio::pin!(stop);
        loop {
            let seen = self.current();
            match self.all_enablements().await {
                Ok(enabled) => {
                    running.retain(|_, task| !task.is_finished());
                    for it in enabled {
                        let whose = (it.site, it.departmental);
                        if running.contains_key(&whose) || self.never_reacts(&it.digest).await {
                            continue;
                        }
                        let task = follow(self.clone(), whose.clone(), Arc::clone(&turns));
                        running.insert(whose, tokio::spawn(task));
                    }
                }
                Err(error) => tracing::warn!("reactions cannot see what is enabled: {error}"),
            }
            tokio::select! {
                () = &mut stop => break,
                _ = self.wait_after(seen) => {}
            }
        }
        for (whose, task) in running {
            task.abort();
            // A task that was aborted or had ended gives nothing that matters here.
            drop(task.await);
            self.let_go(&cursor_name(&whose.0, &whose.1)).await;
        }
    }

    /// Handles what has happened until now, and gives the number of events handled. What another host works on is left
    /// to it.
    ///
    /// # Errors
    /// `Store` when the database cannot be asked.
    pub async fn react_once(&self) -> Result<usize, ReadError> {
        let turns = Arc::new(Semaphore::new(REACTIONS_AT_ONCE));
        let until = self.current();
        let mut looks = JoinSet::new();
        for it in self.all_enablements().await? {
            let (record, turns) = (self.clone(), Arc::clone(&turns));
            looks.spawn(async move {
                let whose = (it.site, it.departmental);
                let name = cursor_name(&whose.0, &whose.1);
                let Some(lease) = record.lease(&name).await.map_err(ReadError::from)? else {
                    return Ok(0);
                };
                let drained = record.drain(&whose, &lease, until, &turns);
                let drained = record.while_held(&lease, drained).await;
                record.let_go(&name).await;
                drained.unwrap_or(Ok(0))
            });
        }
        let mut handled = 0;
        while let Some(done) = looks.join_next().await {
            match done {
                Ok(Ok(events)) => handled += events,
                Ok(Err(Stuck::Read(error))) => return Err(error),
                Ok(Err(stuck)) => tracing::warn!("a departmental's reactions wait: {stuck}"),
                Err(error) => tracing::error!("a departmental's reactions ended: {error}"),
            }
        }
        Ok(handled)
    }

    /// Whether a release is known to react to nothing. One that cannot be had now may react later.
    async fn never_reacts(&self, digest: &Digest) -> bool {
        let release = self.release(digest).await;
        release.is_ok_and(|release| release.manifest.reactions.is_empty())
    }

    async fn drain(
        &self,
        whose: &Whose,
        lease: &Lease,
        until: T,
        turns: &Semaphore,
    ) -> Result<usize, Stuck> {
        let mut handled = 0;
        let mut place = None;
        loop {
            match self.look(whose, lease, &mut place, turns).await? {
                Looked::On(events) => handled += events,
                Looked::Idle(_) | Looked::Off => return Ok(handled),
            }
            if place.is_some_and(|place: Held| place.now.is_after(until)) {
                return Ok(handled);
            }
        }
    }

    async fn enablement_of(&self, whose: &Whose) -> Result<Option<Enablement>, ReadError> {
        let enabled = self.enablements(&whose.0).await?;
        Ok(enabled.into_iter().find(|it| it.departmental == whose.1))
    }
}

/// Where a reader stands, and where the record says it stands.
#[derive(Clone, Copy)]
struct Held {
    /// As the cursor has it.
    kept: Option<T>,
    /// As this reader has come, over events that needed nothing.
    now: Place,
    /// Events of which the departmental is asked at once: more while it answers well.
    at_once: usize,
}

/// Goes on until the departmental is no longer enabled here, whenever no other host does.
async fn follow(record: Record, whose: Whose, turns: Arc<Semaphore>) {
    let name = cursor_name(&whose.0, &whose.1);
    loop {
        match record.lease(&name).await {
            Ok(Some(lease)) => {
                let following = follow_under(&record, &whose, &lease, &turns);
                if record.while_held(&lease, following).await.is_some() {
                    return record.let_go(&name).await;
                }
                tracing::warn!("another host has taken over {name}");
            }
            Ok(None) => {}
            Err(error) => tracing::warn!("reactions cannot take the lease {name}: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(LEASE_LOOK_MS)).await;
    }
}

/// Goes on until the departmental is no longer enabled here.
async fn follow_under(record: &Record, whose: &Whose, lease: &Lease, turns: &Semaphore) {
    let mut place = None;
    let mut waited_ms = REACTION_BACK_OFF_MS;
    loop {
        match record.look(whose, lease, &mut place, turns).await {
            Ok(Looked::On(_)) => waited_ms = REACTION_BACK_OFF_MS,
            Ok(Looked::Idle(upto)) => {
                waited_ms = REACTION_BACK_OFF_MS;
                record.wait_after(upto).await;
            }
            Ok(Looked::Off) => return,
            Err(stuck) => {
                tracing::warn!(site = %whose.0, departmental = %whose.1, "reactions of {} at {} wait: {stuck}", whose.1, whose.0);
                // Another host may have moved the cursor, so it is read again.
                place = None;
                tokio::time::sleep(Duration::from_millis(waited_ms)).await;
                waited_ms = waited_ms.saturating_mul(2).min(STUCK_WAIT_MS_MAX);
            }
        }
    }
}

/// How long to wait after a failed try.
fn back_off(tries: u32) -> Duration {
    let doublings = tries.saturating_sub(1).min(REACTION_TRIES_MAX);
    Duration::from_millis(REACTION_BACK_OFF_MS << doublings)
}

#[cfg(test)]
mod tests;
