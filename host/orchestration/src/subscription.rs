//! Events out: what subscriptions are due is sent to their addresses, each receiver's in order and none waiting for another.
//!
//! Invariant: a shard's letters are sent by whoever holds its lease; a letter is followed by the next only when it was
//! taken, and is sent again under the same numbers until then.

mod hook;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use record::lease::Lease;
use record::limits::{DELIVERY_LOOK_MS, LEASE_LOOK_MS, LEASE_RENEW_MS};
use record::subscription::delivery::{DeliveryError, Due, Lane, lease_of, shards};
use record::{Record, with_causes};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::Instant;

use self::hook::Carrier;
use crate::limits::{
    DELIVERY_DRAIN, LETTERS_IN_A_ROW, PROVEN_AT_ONCE, SHARD_WAIT, UNPROVEN_AT_ONCE,
};
use crate::network::{Listed, TlsError};

/// How events leave.
#[derive(Clone, Debug)]
pub struct Config {
    /// What the operator lists.
    pub listed: Listed,
    /// Where receivers reach the FHIR API, without a slash at its end.
    pub base: String,
}

/// Sends what subscriptions are due.
pub struct Deliveries {
    sender: Arc<Sender>,
    held: HashMap<i64, Lease>,
    running: JoinSet<String>,
    busy: HashSet<String>,
    proven: Arc<Semaphore>,
    unproven: Arc<Semaphore>,
    renew_at: Instant,
    take_at: Instant,
}

struct Sender {
    record: Record,
    carrier: Carrier,
    base: String,
}

impl Deliveries {
    /// Deliveries of a record.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(record: Record, config: Config) -> Result<Self, TlsError> {
        let carrier = Carrier::new(config.listed)?;
        let base = config.base;
        Ok(Self {
            sender: Arc::new(Sender {
                record,
                carrier,
                base,
            }),
            held: HashMap::new(),
            running: JoinSet::new(),
            busy: HashSet::new(),
            proven: Arc::new(Semaphore::new(PROVEN_AT_ONCE)),
            unproven: Arc::new(Semaphore::new(UNPROVEN_AT_ONCE)),
            renew_at: Instant::now(),
            take_at: Instant::now(),
        })
    }

    /// Sends until `stop`, then finishes what is in hand, a bounded time.
    pub async fn serve(mut self, stop: impl Future<Output = ()> + Send) {
        let record = self.sender.record.clone();
        let mut seen = 0;
        tokio::pin!(stop);
        loop {
            self.hold_shards().await;
            self.begin_due(Lane::Proven).await;
            self.begin_due(Lane::Unproven).await;
            let look = Duration::from_millis(DELIVERY_LOOK_MS);
            let look = look.min(self.take_at.saturating_duration_since(Instant::now()));
            tokio::select! {
                () = &mut stop => break,
                now = record.wait_for_events(seen, look) => seen = now,
                Some(ended) = self.running.join_next(), if !self.running.is_empty() => self.ended(ended),
            }
        }
        let finishing = async { while self.running.join_next().await.is_some() {} };
        if tokio::time::timeout(DELIVERY_DRAIN, finishing)
            .await
            .is_err()
        {
            tracing::warn!(
                "deliveries in hand were cut off; they are made again under the same numbers"
            );
        }
        for shard in self.held.keys() {
            record.let_go(&lease_of(*shard)).await;
        }
    }

    /// Keeps the shards that this host has, and takes the next that nobody has.
    async fn hold_shards(&mut self) {
        let record = &self.sender.record;
        let now = Instant::now();
        if now >= self.renew_at {
            self.renew_at = now + Duration::from_millis(LEASE_RENEW_MS);
            for shard in self.held.keys().copied().collect::<Vec<_>>() {
                match record.lease(&lease_of(shard)).await {
                    Ok(Some(lease)) => drop(self.held.insert(shard, lease)),
                    Ok(None) => drop(self.held.remove(&shard)),
                    // What is sent under a lease that ended meanwhile is not noted, and is sent again.
                    Err(error) => {
                        tracing::warn!("the lease of shard {shard} could not be renewed: {error}")
                    }
                }
            }
        }
        if now < self.take_at {
            return;
        }
        self.take_at = now + Duration::from_millis(LEASE_LOOK_MS);
        for shard in shards().filter(|shard| !self.held.contains_key(shard)) {
            match record.lease(&lease_of(shard)).await {
                Ok(Some(lease)) => {
                    self.held.insert(shard, lease);
                    self.take_at = now + SHARD_WAIT;
                    return;
                }
                Ok(None) => {}
                Err(error) => {
                    return tracing::warn!(
                        "the lease of shard {shard} could not be taken: {error}"
                    );
                }
            }
        }
    }

    /// Begins what is due, as far as there is room in its lane.
    async fn begin_due(&mut self, lane: Lane) {
        let held = self.held.keys().copied().collect();
        let due = match self.sender.record.deliveries_due(held, lane).await {
            Ok(due) => due,
            Err(error) => return tracing::warn!("deliveries wait: {}", with_causes(&error)),
        };
        let room = match lane {
            Lane::Proven => &self.proven,
            Lane::Unproven => &self.unproven,
        };
        for due in due {
            let lease = self.held.get(&due.shard());
            let Some(lease) = lease.filter(|_| !self.busy.contains(due.id())) else {
                continue;
            };
            let Ok(permit) = Arc::clone(room).try_acquire_owned() else {
                return;
            };
            self.busy.insert(due.id().to_owned());
            let task = Arc::clone(&self.sender).deliver(due, lease.clone(), permit);
            self.running.spawn(task);
        }
    }

    fn ended(&mut self, ended: Result<String, tokio::task::JoinError>) {
        match ended {
            Ok(id) => drop(self.busy.remove(&id)),
            Err(error) => {
                tracing::error!("a delivery ended badly: {error}");
                if self.running.is_empty() {
                    self.busy.clear();
                }
            }
        }
    }
}

impl Sender {
    /// Sends what one subscription is due, one letter behind the other, and gives its id.
    async fn deliver(
        self: Arc<Self>,
        due: Due,
        lease: Lease,
        permit: OwnedSemaphorePermit,
    ) -> String {
        let id = due.id().to_owned();
        let mut next = Some(due);
        for _ in 0..LETTERS_IN_A_ROW {
            let Some(due) = next.take() else { break };
            match self.deliver_one(&due, &lease).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::warn!(subscription = %id, "the delivery of {id} waits: {}", with_causes(&error));
                    break;
                }
            }
            match self.record.due_again(&due).await {
                Ok(again) => next = again,
                Err(error) => tracing::warn!("the delivery of {id} waits: {}", with_causes(&error)),
            }
        }
        drop(permit);
        id
    }

    /// Whether there was something to send, and it was taken.
    async fn deliver_one(&self, due: &Due, lease: &Lease) -> Result<bool, DeliveryError> {
        let Some(letter) = self.record.letter(due, lease, &self.base).await? else {
            return Ok(false);
        };
        match self.carrier.carry(&letter).await {
            Ok(()) => self
                .record
                .letter_taken(&letter, lease)
                .await
                .map(|()| true),
            Err(why) => {
                let said = with_causes(&why);
                tracing::info!(
                    subscription = due.id(),
                    "subscription {} was not delivered: {said}",
                    due.id()
                );
                self.record
                    .letter_refused(&letter, lease, &said, why.again())
                    .await
                    .map(|()| false)
            }
        }
    }
}

#[cfg(test)]
mod tests;
