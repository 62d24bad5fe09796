//! How each sender's interface does: what came, what waits, and since when.
//!
//! Invariant: the thresholds of "well" and "backlog" are bounds of this package, the same on every page and alert.

use super::commit;
use super::decide::{DecideError, sees};
use crate::caller::Caller;
use crate::clock::from_rfc3339;
use crate::log::T;
use crate::store::StoreError;
use crate::store::message::{AWAITING, CORRECTED, DROPPED, DUE, HELD, PARKED, SenderRow};
use crate::{Record, limits};

/// What one sender sent to one site, and how that goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The site.
    pub site: String,
    /// MSH-3 and MSH-4, joined by `|`.
    pub source: String,
    /// Messages that were kept.
    pub received: u64,
    /// Of them, how many are in the record.
    pub filed: u64,
    /// Waiting for somebody.
    pub parked: u64,
    /// Held behind others of the same patient, or about to be filed again.
    pub held: u64,
    /// Waiting for their patient.
    pub awaiting: u64,
    /// Replaced by a corrected copy, or dropped.
    pub ended: u64,
    /// When the last one arrived, RFC 3339 in UTC.
    pub last_at: String,
    /// The oldest that waits, and when it arrived.
    pub oldest: Option<(T, String)>,
    /// How it does.
    pub health: Health,
}

/// How an interface does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Messages come and are filed.
    Well,
    /// Some wait, fewer and shorter than a backlog.
    Waiting,
    /// Too many wait, or one too long.
    Backlog,
    /// Nothing has come for a long time.
    Quiet,
}

impl Health {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Well => "Well",
            Self::Waiting => "Some wait",
            Self::Backlog => "Backlog",
            Self::Quiet => "Quiet",
        }
    }
}

impl Sender {
    fn of(row: SenderRow, now_ms: i64) -> Self {
        let count = |fate: i64| {
            let at = usize::try_from(fate).unwrap_or_default();
            u64::try_from(row.fates.get(at).copied().unwrap_or_default()).unwrap_or(0)
        };
        let received = u64::try_from(row.received).unwrap_or(0);
        let ended = count(CORRECTED) + count(DROPPED);
        let (parked, held, awaiting) = (count(PARKED), count(HELD) + count(DUE), count(AWAITING));
        let waiting = parked + held + awaiting;
        let oldest = row.oldest.map(commit).zip(row.oldest_at);
        let age = |at: &str| from_rfc3339(at).map_or(0, |at_ms| now_ms.saturating_sub(at_ms));
        let oldest_ms = oldest.as_ref().map_or(0, |(_, at)| age(at));
        let health = if waiting >= limits::BACKLOG_MESSAGES || oldest_ms >= limits::BACKLOG_AGE_MS {
            Health::Backlog
        } else if age(&row.last_at) >= limits::SENDER_QUIET_MS {
            Health::Quiet
        } else if waiting > 0 {
            Health::Waiting
        } else {
            Health::Well
        };
        Self {
            site: row.site,
            source: row.source,
            received,
            filed: received.saturating_sub(waiting + ended),
            parked,
            held,
            awaiting,
            ended,
            last_at: row.last_at,
            oldest,
            health,
        }
    }

    /// How many wait, for whatever reason.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.parked + self.held + self.awaiting
    }
}

impl Record {
    /// How the interfaces of the caller's site do, or all of them for the operator.
    ///
    /// # Errors
    /// `Forbidden`, `Read`.
    pub async fn message_senders(&self, caller: &Caller) -> Result<Vec<Sender>, DecideError> {
        let site = sees(caller)?;
        let senders = self.senders(site).await?;
        self.note_message(caller, "message-senders", "", senders.len())
            .await?;
        Ok(senders)
    }

    pub(super) async fn senders(&self, site: Option<String>) -> Result<Vec<Sender>, StoreError> {
        let rows = self.store().senders(site, limits::SENDERS_MAX).await?;
        let now_ms = self.now_ms();
        Ok(rows
            .into_iter()
            .map(|row| Sender::of(row, now_ms))
            .collect())
    }
}
