//! How fast a job goes: as fast as it can while nobody else is at the record, and otherwise a small share of the time.
//!
//! Invariant: a job never stands still because of load, and a job that was ended or paused by somebody is left within a step.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::{Held, JobError};
use crate::Record;
use crate::limits::{
    JOB_REST_MS_MAX, JOB_SHARE_BUSY, JOB_SHARE_SLOW, JOB_SLOW_US, JOB_SLOW_WAITING,
};

/// Leaves that one step of a job keeps itself.
const OWN_LEAVES: u64 = 2;
/// Commits that one step of a job makes itself.
const OWN_COMMITS: i64 = 1;

/// How this host has answered of late: every read waits for its leaf, so leaves tell of all of them.
#[derive(Default)]
pub(crate) struct Pulse {
    leaves: AtomicU64,
    /// How long keeping one took, in microseconds, older ones counting ever less.
    took_us: AtomicU64,
}

impl Pulse {
    /// A leaf was kept.
    pub(crate) fn kept(&self, took: Duration) {
        self.leaves.fetch_add(1, Ordering::Relaxed);
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        // Of two that come at once one may not count, which matters to nobody.
        let before = self.took_us.load(Ordering::Relaxed);
        let after = before - before / 8 + took / 8;
        self.took_us.store(after, Ordering::Relaxed);
    }
}

/// What a job sees of others between two steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    leaves: u64,
    commits: i64,
    took_us: u64,
    waiting: usize,
}

impl Seen {
    /// The share of the time that is the job's, in per cent.
    fn share(self) -> u32 {
        let is_quiet = self.leaves <= OWN_LEAVES
            && self.commits <= OWN_COMMITS
            && self.waiting <= JOB_SLOW_WAITING;
        let is_slow = self.took_us > JOB_SLOW_US || self.waiting > JOB_SLOW_WAITING;
        match (is_quiet, is_slow) {
            // A slow disk alone is nobody's loss.
            (true, true | false) => 100,
            (false, false) => JOB_SHARE_BUSY,
            (false, true) => JOB_SHARE_SLOW,
        }
    }
}

/// How long to rest after a step that took so long.
fn rest(worked: Duration, share: u32) -> Duration {
    let share = share.clamp(1, 100);
    let rest = worked.saturating_mul(100 - share) / share;
    rest.min(Duration::from_millis(JOB_REST_MS_MAX))
}

/// A job's own look at how the record does.
pub(super) struct Pace {
    leaves: u64,
    t: i64,
    began: Instant,
}

impl Pace {
    /// Begins a step.
    pub(super) fn begin(record: &Record) -> Self {
        Self {
            leaves: record.pulse().leaves.load(Ordering::Relaxed),
            t: record.current_t(),
            began: Instant::now(),
        }
    }

    /// Rests after a step as long as others need, and begins the next one.
    ///
    /// # Errors
    /// `Ended` when somebody ended or paused the job meanwhile.
    pub(super) async fn rest(&mut self, record: &Record, held: &Held) -> Result<(), JobError> {
        let worked = self.began.elapsed();
        let now = Self::begin(record);
        let queue = record.queue();
        let seen = Seen {
            leaves: now.leaves.wrapping_sub(self.leaves),
            commits: now.t.saturating_sub(self.t),
            took_us: record.pulse().took_us.load(Ordering::Relaxed),
            waiting: queue.max_capacity().saturating_sub(queue.capacity()),
        };
        drop(queue);
        let rest = rest(worked, seen.share());
        if !rest.is_zero() {
            tokio::time::sleep(rest).await;
        }
        let standing = record
            .standing_of(&[held.id.key()], record.current_t())
            .await?;
        let version = standing
            .into_iter()
            .flatten()
            .next()
            .map(|row| row.live_version());
        if version != Some(held.version) {
            return Err(JobError::Ended);
        }
        *self = Self::begin(record);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Seen, rest};

    #[test]
    fn shares_by_case() {
        // Leaves, commits, microseconds for a leaf, waiting: the job's share in per cent.
        let table = [
            ((0, 0, 0, 0), 100),
            ((2, 1, 20_000, 64), 100),
            ((2, 1, 90_000, 64), 100),
            ((3, 1, 20_000, 64), 20),
            ((2, 2, 20_000, 64), 20),
            ((3, 2, 20_001, 64), 4),
            ((3, 2, 20_000, 65), 4),
            ((0, 0, 0, 65), 4),
        ];
        for ((leaves, commits, took_us, waiting), want) in table {
            let seen = Seen {
                leaves,
                commits,
                took_us,
                waiting,
            };
            assert_eq!(seen.share(), want, "{seen:?}");
        }
    }

    #[test]
    fn rests_by_case() {
        // Milliseconds worked, share in per cent: milliseconds of rest.
        for (worked, share, want) in [(10, 100, 0), (10, 20, 40), (10, 4, 240), (10_000, 4, 2_000)]
        {
            let rest = rest(Duration::from_millis(worked), share);
            assert_eq!(rest, Duration::from_millis(want), "{worked} {share}");
        }
    }
}
