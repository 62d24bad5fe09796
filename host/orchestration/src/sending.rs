//! Machines out: changes of the record as HL7 v2 to the systems that interfaces are declared for.
//!
//! Invariant: of the hosts of one record one at a time works on an interface; its messages are made in the order of the
//! log, without a gap, and sent one after the other, each until it is taken or a dead letter.

mod coded;
pub mod delivery;
mod header;
mod making;
mod person;
mod report;
pub mod segment;
mod visit;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use record::lease::Lease;
use record::log::T;
use record::sending::{Interface, Outcome, Sending};
use record::store::StoreError;
use record::{ReadError, Record};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tracing::{info, warn};

use self::delivery::{Delivered, Line, Network};
use self::making::Maker;
use crate::limits::{
    SEND_AGAIN_FIRST, SEND_AGAIN_MAX, SENDING_COMMITS, SENDING_LOOK, SENDING_PLACE_EVERY,
    SENDING_PRUNE,
};

/// Sends what interfaces are declared for. Cheap to clone.
#[derive(Clone)]
pub struct Post {
    record: Record,
    network: Network,
}

/// What one step of an interface did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stepped {
    /// Something, and there may be more.
    On,
    /// There is nothing to send.
    Idle,
    /// The first message is not to be sent again yet.
    Waiting,
    /// It is not declared, or not in use.
    Off,
}

/// Why an interface does not go on. Nothing is lost: it goes on from where it stands.
#[derive(Debug, thiserror::Error)]
pub enum Stuck {
    /// The record did not answer.
    #[error("the record could not be read")]
    Read(#[from] ReadError),
    /// The queue could not be written.
    #[error("the queue could not be written")]
    Store(#[from] StoreError),
}

/// An interface as whoever works on it stands.
pub struct Working {
    id: String,
    lease: Lease,
    line: Line,
    /// The last commit that was looked at, and the last that was written down.
    place: Option<(T, T)>,
    /// Times in a row that the receiver could not be reached.
    away: u32,
}

impl Working {
    /// An interface at which work begins under a lease.
    #[must_use]
    pub fn new(id: &str, lease: Lease) -> Self {
        Self {
            id: id.to_owned(),
            lease,
            line: Line::default(),
            place: None,
            away: 0,
        }
    }
}

/// The name of the lease of an interface.
#[must_use]
pub fn lease_name(id: &str) -> String {
    format!("sending/{id}")
}

impl Post {
    /// Whoever sends what a record's interfaces are declared for.
    #[must_use]
    pub fn new(record: Record, network: Network) -> Self {
        Self { record, network }
    }

    /// Sends until `stop` resolves. Each interface goes on by itself, so that a receiver that is away holds up no other.
    pub async fn run(&self, stop: impl Future<Output = ()> + Send) {
        let mut running: HashMap<String, JoinHandle<()>> = HashMap::new();
        let mut pruned = Instant::now();
        tokio::pin!(stop);
        loop {
            match self.record.interfaces().await {
                Ok(all) => {
                    running.retain(|_, task| !task.is_finished());
                    for it in all.into_iter().filter(|it| it.declaration.active) {
                        let id = it.declaration.id;
                        let post = self.clone();
                        running
                            .entry(id.clone())
                            .or_insert_with(|| tokio::spawn(async move { post.follow(&id).await }));
                    }
                }
                Err(error) => warn!("what is to be sent cannot be seen: {error}"),
            }
            if pruned.elapsed() >= SENDING_PRUNE {
                pruned = Instant::now();
                if let Err(error) = self.record.prune_sent().await {
                    warn!("messages that were sent long ago were not removed: {error}");
                }
            }
            tokio::select! {
                () = &mut stop => break,
                () = sleep(SENDING_LOOK) => {}
            }
        }
        for (id, task) in running {
            task.abort();
            // What an aborted task had sent and not written down is sent again under the same control id.
            drop(task.await);
            self.record.let_go(&lease_name(&id)).await;
        }
    }

    /// Works on an interface until it is out of use, whenever no other host does.
    async fn follow(&self, id: &str) {
        let name = lease_name(id);
        loop {
            match self.record.lease(&name).await {
                Ok(Some(lease)) => {
                    let mut working = Working::new(id, lease.clone());
                    let following = self.follow_under(&mut working);
                    if self.record.while_held(&lease, following).await.is_some() {
                        return self.record.let_go(&name).await;
                    }
                    warn!("another host has taken over {name}");
                }
                Ok(None) => {}
                Err(error) => warn!("the lease {name} cannot be taken: {error}"),
            }
            sleep(5 * SENDING_LOOK).await;
        }
    }

    async fn follow_under(&self, working: &mut Working) {
        loop {
            let seen = self.record.current();
            match self.step(working).await {
                Ok(Stepped::On) => {}
                // Until there is a commit, or somebody may have decided something.
                Ok(Stepped::Idle) => {
                    drop(timeout(SENDING_LOOK, self.record.wait_after(seen)).await);
                }
                Ok(Stepped::Waiting) => sleep(SENDING_LOOK).await,
                Ok(Stepped::Off) => return,
                Err(stuck) => {
                    let why = record::with_causes(&stuck);
                    warn!(interface = %working.id, "sending through {} waits: {why}", working.id);
                    working.place = None;
                    sleep(SENDING_LOOK).await;
                }
            }
        }
    }

    /// Sends the next message that is due, or makes the messages of the next commits.
    ///
    /// # Errors
    /// [`Stuck`].
    pub async fn step(&self, working: &mut Working) -> Result<Stepped, Stuck> {
        let all = self.record.interfaces().await?;
        let found = all.into_iter().find(|it| it.declaration.id == working.id);
        let Some(interface) = found.filter(|it| it.declaration.active) else {
            return Ok(Stepped::Off);
        };
        match self.record.next_to_send(&working.id).await? {
            Some(it) if it.next_ms() <= self.record.now_ms() => {
                self.deliver(working, &interface, &it).await?;
                Ok(Stepped::On)
            }
            // What waits behind it waits too: the log is the rest of the queue.
            Some(_) => Ok(Stepped::Waiting),
            None => self.fill(working, &interface).await,
        }
    }

    /// Makes the messages of the next commits.
    async fn fill(&self, working: &mut Working, interface: &Interface) -> Result<Stepped, Stuck> {
        let (from, kept) = match working.place {
            Some(place) => place,
            None => {
                let place = self.record.sending_place(interface).await?;
                (place, place)
            }
        };
        working.place = Some((from, kept));
        let entries = self.record.commits_after(from, SENDING_COMMITS).await?;
        let Some(last) = entries.last().map(|entry| entry.t) else {
            return Ok(Stepped::Idle);
        };
        let maker = Maker {
            record: &self.record,
            interface,
            caller: self.record.sender(interface),
        };
        let mut messages = Vec::new();
        for entry in &entries {
            messages.extend(maker.messages(entry).await?);
        }
        if messages.is_empty() && last.0.saturating_sub(kept.0) < SENDING_PLACE_EVERY {
            working.place = Some((last, kept));
            return Ok(Stepped::On);
        }
        let queued = self
            .record
            .fill_sending(&working.lease, &working.id, last, messages);
        queued.await?;
        working.place = Some((last, last));
        Ok(Stepped::On)
    }

    async fn deliver(
        &self,
        working: &mut Working,
        interface: &Interface,
        it: &Sending,
    ) -> Result<(), Stuck> {
        let declaration = &interface.declaration;
        let delivered = working
            .line
            .deliver(&self.network, declaration, it.control_id(), it.body())
            .await;
        let tries = u32::try_from(it.tries())
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        let now_ms = self.record.now_ms();
        let later = |why: String, tries: u32, counted: bool| Outcome::Later {
            why,
            next_ms: now_ms.saturating_add(wait_ms(it, tries)),
            counted,
        };
        working.away = match delivered {
            Delivered::Away(_) => working.away.saturating_add(1),
            Delivered::Taken | Delivered::Unanswered(_) | Delivered::Refused(_) => 0,
        };
        let outcome = match delivered {
            Delivered::Taken => Outcome::Taken,
            // Nothing came to the receiver: that is no fault of the message, however often it happens.
            Delivered::Away(why) => later(why, working.away, false),
            Delivered::Unanswered(why) | Delivered::Refused(why)
                if tries >= declaration.tries_max =>
            {
                Outcome::Dead(why)
            }
            Delivered::Unanswered(why) | Delivered::Refused(why) => later(why, tries, true),
        };
        // A receiver's own words may name a patient, so they stay in the queue.
        let came = match &outcome {
            Outcome::Taken => "was taken",
            Outcome::Later { .. } => "was not taken and is sent again",
            Outcome::Dead(_) => "is a dead letter",
        };
        info!(interface = %working.id, n = it.n(), "message {} of {} {came}", it.n(), working.id);
        let caller = self.record.sender(interface);
        let done = self
            .record
            .sending_done(&working.lease, &caller, it, outcome);
        // Where somebody decided about it meanwhile, what they decided stands.
        done.await?;
        Ok(())
    }
}

/// How long to wait after so many tries: doubled each time, and drawn apart so that what failed together is not tried
/// together again.
fn wait_ms(it: &Sending, tries: u32) -> i64 {
    let doubled = SEND_AGAIN_FIRST.saturating_mul(1 << tries.saturating_sub(1).min(16));
    let most = doubled.min(SEND_AGAIN_MAX);
    let mut hasher = DefaultHasher::new();
    (it.interface(), it.control_id(), tries).hash(&mut hasher);
    // Between a half and the whole.
    let part = u32::try_from(512 + hasher.finish() % 513).unwrap_or(1_024);
    i64::try_from((most * part / 1_024).as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
