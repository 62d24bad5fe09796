//! What waits is filed when its turn has come: by this host, while it holds the lease, through restarts.
//!
//! Invariant: a message that waits is filed once, whoever tries, since its fate moves in the commit that files it; the work
//! of one round is bounded.

use std::time::Duration;

use record::log::T;
use tracing::warn;

use super::Intake;
use crate::limits::{AWAITING_LOOK, BACKLOG_LOOK, READY_AT_ONCE, WAITING_LOOK};

/// The lease of whoever files messages that wait.
const LEASE: &str = "feed/waiting";

/// How far a round of looking at messages of unknown patients has come.
#[derive(Debug, Default)]
struct Round {
    after: T,
    /// When the next one begins, in milliseconds since 1970; the first begins at once.
    next_ms: i64,
    backlog_ms: i64,
}

impl Intake {
    /// Files what waits, again and again, until `stop` resolves. Of several hosts one at a time does it.
    pub async fn work(&self, stop: impl Future<Output = ()>) {
        let mut round = Round::default();
        tokio::pin!(stop);
        loop {
            let worked = tokio::select! {
                () = &mut stop => break,
                worked = self.round(&mut round) => worked,
            };
            if worked {
                continue;
            }
            tokio::select! {
                () = &mut stop => break,
                () = self.record.messages_changed().notified() => {}
                () = tokio::time::sleep(WAITING_LOOK) => {}
            }
        }
        self.record.let_go(LEASE).await;
    }

    /// One round of work. Whether there is more at once.
    async fn round(&self, round: &mut Round) -> bool {
        match self.record.lease(LEASE).await {
            Ok(Some(_)) => {}
            Ok(None) => {
                // Whoever takes over looks at everything once.
                *round = Round::default();
                return false;
            }
            Err(error) => {
                warn!(error = %error, "cannot take the lease {LEASE}");
                return false;
            }
        }
        let filed = self.file_ready().await;
        let now_ms = self.clock.now_ms();
        let looked = now_ms >= round.next_ms && self.look_for_patients(round, now_ms).await;
        if now_ms >= round.backlog_ms {
            round.backlog_ms = now_ms.saturating_add(millis(BACKLOG_LOOK));
            if let Err(error) = self.record.watch_backlogs().await {
                warn!(error = %record::with_causes(&error), "interfaces were not looked at");
            }
        }
        filed > 0 || looked
    }

    /// Files everything whose turn has come, until nothing more can be filed; gives how many were.
    pub async fn file_waiting(&self) -> usize {
        let mut filed = 0;
        loop {
            let some = self.file_ready().await;
            filed += some;
            if some == 0 {
                return filed;
            }
        }
    }

    async fn file_ready(&self) -> usize {
        let ready = match self.record.messages_ready(READY_AT_ONCE).await {
            Ok(ready) => ready,
            Err(error) => {
                warn!(error = %error, "could not look for messages to file");
                return 0;
            }
        };
        let mut filed = 0;
        for message in ready {
            filed += usize::from(self.again(message, true).await);
        }
        filed
    }

    /// Looks at a page of messages whose patient was not known. Whether there is another one.
    async fn look_for_patients(&self, round: &mut Round, now_ms: i64) -> bool {
        let page = self.record.messages_awaiting(round.after, READY_AT_ONCE);
        let page = match page.await {
            Ok(page) => page,
            Err(error) => {
                warn!(error = %error, "could not look for messages of unknown patients");
                return false;
            }
        };
        for message in &page {
            self.again(*message, true).await;
        }
        match page.last() {
            Some(last) => {
                round.after = *last;
                true
            }
            None => {
                round.after = T(0);
                round.next_ms = now_ms.saturating_add(millis(AWAITING_LOOK));
                false
            }
        }
    }
}

fn millis(of: Duration) -> i64 {
    i64::try_from(of.as_millis()).unwrap_or(i64::MAX)
}
