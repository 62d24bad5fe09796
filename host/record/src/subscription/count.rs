//! The reader of the log that counts events: which changes concern which subscriptions, each under its next number.
//!
//! Invariant: one reader at a time counts, under a lease, and what it counted moves its cursor in the same transaction; so
//! whoever takes over goes on behind the last number.

mod look;

use std::collections::HashMap;
use std::time::Duration;

use fhir::query::Query;
use fhir::resource::{Id, Key, Resource, ResourceType};

use super::asked::{Asked, Channel, Status};
use super::catalogue::Catalogue;
use super::{CURSOR, as_cursor, of_cursor};
use crate::caller::Caller;
use crate::clock::from_rfc3339;
use crate::commit::What;
use crate::lease::Lease;
use crate::limits::{
    DELIVERY_BACK_OFF_MS, EVENTS_ADVANCE, EVENTS_KEPT_MS, EVENTS_PRUNE_MS, EVENTS_PRUNED_AT_ONCE,
    LEASE_LOOK_MS, PAGE_MAX, SUBSCRIPTION_SHARDS,
};
use crate::log::{At, ChangeEntry, CommitEntry, T};
use crate::reaction::place::Place;
use crate::search::Page;
use crate::store::row::{CREATED, DELETED, UPDATED, VersionRow};
use crate::store::subscription::{EventRow, Step, SubscriptionRow};
use crate::{ReadError, Record};

/// Longest wait of a reader that cannot go on, in milliseconds: the database is away.
const STUCK_WAIT_MS_MAX: u64 = 30_000;

/// Whoever counts: what it knows, and where it stands.
struct Counter {
    lease: Lease,
    catalogue: Catalogue,
    /// The number of each subscription's last event.
    last: HashMap<Id, i64>,
    /// As the cursor has it.
    kept: Option<i64>,
    /// As this reader has come.
    now: Place,
    written: Vec<SubscriptionRow>,
    events: Vec<EventRow>,
}

/// Why counting does not go on.
#[derive(Debug, thiserror::Error)]
enum Stuck {
    /// The record did not answer.
    #[error("the record could not be read: {0}")]
    Read(#[from] ReadError),
    /// Another reader took over.
    #[error("another host has taken over")]
    TakenOver,
}

impl From<crate::store::StoreError> for Stuck {
    fn from(why: crate::store::StoreError) -> Self {
        Self::Read(why.into())
    }
}

impl Record {
    /// Counts the events of subscriptions until `stop` resolves, whenever no other host does.
    pub async fn count_events(&self, stop: impl Future<Output = ()> + Send) {
        let counting = async {
            loop {
                match self.lease(CURSOR).await {
                    Ok(Some(lease)) => {
                        let working = self.count_under(&lease);
                        if self.while_held(&lease, working).await.is_none() {
                            tracing::warn!("another host counts the events of subscriptions now");
                        }
                    }
                    Ok(None) => {}
                    Err(error) => tracing::warn!("subscriptions cannot take their lease: {error}"),
                }
                tokio::time::sleep(Duration::from_millis(LEASE_LOOK_MS)).await;
            }
        };
        tokio::select! {
            () = stop => {}
            () = counting => {}
        }
        self.let_go(CURSOR).await;
    }

    /// Counts the events of what has happened until now, and gives how many; none where another host counts.
    ///
    /// # Errors
    /// Those of reading.
    pub async fn count_events_once(&self) -> Result<usize, ReadError> {
        let until = self.current();
        let Some(lease) = self.lease(CURSOR).await? else {
            return Ok(0);
        };
        let mut counter = self.event_counter(&lease).await?;
        let mut counted = 0;
        loop {
            match self.count_some(&mut counter).await {
                Ok(events) => counted += events,
                Err(Stuck::Read(error)) => return Err(error),
                Err(Stuck::TakenOver) => return Ok(counted),
            }
            if counter.now.t > until {
                break;
            }
        }
        self.let_go(CURSOR).await;
        Ok(counted)
    }

    /// Goes on until another host has taken over.
    async fn count_under(&self, lease: &Lease) {
        let mut waited_ms = DELIVERY_BACK_OFF_MS.unsigned_abs();
        let mut pruned = tokio::time::Instant::now();
        loop {
            let failed = match self.event_counter(lease).await {
                Ok(mut counter) => loop {
                    if pruned.elapsed() >= Duration::from_millis(EVENTS_PRUNE_MS) {
                        self.prune_events().await;
                        pruned = tokio::time::Instant::now();
                    }
                    match self.count_some(&mut counter).await {
                        Ok(_) if counter.now.t > self.current() => {
                            waited_ms = DELIVERY_BACK_OFF_MS.unsigned_abs();
                            let last = T(counter.now.t.0.saturating_sub(1));
                            let waited = Duration::from_millis(EVENTS_PRUNE_MS);
                            // Without commits, old events are looked for all the same.
                            drop(tokio::time::timeout(waited, self.wait_after(last)).await);
                        }
                        Ok(_) => {}
                        Err(Stuck::TakenOver) => return,
                        Err(Stuck::Read(error)) => break error,
                    }
                },
                Err(error) => error,
            };
            tracing::warn!("the events of subscriptions wait: {failed}");
            tokio::time::sleep(Duration::from_millis(waited_ms)).await;
            waited_ms = waited_ms.saturating_mul(2).min(STUCK_WAIT_MS_MAX);
        }
    }

    async fn prune_events(&self) {
        let before_ms = self.now_ms().saturating_sub(EVENTS_KEPT_MS);
        loop {
            match self
                .store()
                .events_prune(before_ms, EVENTS_PRUNED_AT_ONCE)
                .await
            {
                Ok(removed) if removed >= u64::from(EVENTS_PRUNED_AT_ONCE) => {}
                Ok(_) => return,
                Err(error) => return tracing::warn!("old events could not be removed: {error}"),
            }
        }
    }

    /// What is counted, as the last step left it.
    async fn event_counter(&self, lease: &Lease) -> Result<Counter, ReadError> {
        let kept = self.store().cursor(CURSOR.to_owned()).await?;
        // Another host may have counted what is not known here yet.
        let behind = kept.map_or(T(0), |kept| T(of_cursor(kept).t.0.saturating_sub(1)));
        if behind > self.current() && !self.comes_to_know(behind).await {
            return Err(ReadError::Busy);
        }
        let current = self.current();
        let mut counter = Counter {
            lease: lease.clone(),
            catalogue: Catalogue::default(),
            last: HashMap::new(),
            kept,
            now: kept.map_or(Place::after(current), of_cursor),
            written: Vec::new(),
            events: Vec::new(),
        };
        let mut after = String::new();
        loop {
            let rows = self
                .store()
                .subscriptions_after(after.clone(), PAGE_MAX)
                .await?;
            let Some(last) = rows.last() else { break };
            after.clone_from(&last.id);
            self.take_in(&mut counter, rows).await?;
        }
        if kept.is_none() {
            self.begin(&mut counter, current).await?;
        }
        Ok(counter)
    }

    /// Learns the subscriptions of rows, each as of the version that its row names.
    async fn take_in(
        &self,
        counter: &mut Counter,
        rows: Vec<SubscriptionRow>,
    ) -> Result<(), ReadError> {
        for row in &rows {
            // Who has ended may begin again, and goes on behind its last number.
            counter
                .last
                .extend(row.id.parse().ok().map(|id: Id| (id, row.last)));
        }
        let open = rows
            .into_iter()
            .filter(|row| row.status != Status::Off.number());
        let with_keys: Vec<(SubscriptionRow, Key)> = open
            .filter_map(|row| {
                let id: Id = row.id.parse().ok()?;
                Some((row, Key::new(ResourceType::SUBSCRIPTION, id)))
            })
            .collect();
        let keys: Vec<Key> = with_keys.iter().map(|(_, key)| key.clone()).collect();
        let t = self.current_t();
        let standing = self.standing_of(&keys, t).await?;
        for ((row, key), stands) in with_keys.into_iter().zip(standing) {
            let version = u64::try_from(row.version).unwrap_or(0);
            let named = match &stands {
                Some(stands) if stands.version == row.version => stands.body.clone(),
                Some(_) | None => {
                    let found = self.version_of(&key, version, t).await?;
                    found.and_then(|found| found.body)
                }
            };
            match (named.and_then(|body| asked(&key, &body)), stands) {
                (Some(asked), _) => counter.catalogue.put(asked),
                // The log was cut before that version.
                (None, Some(stands)) => {
                    let asked = stands.body.as_deref().and_then(|body| asked(&key, body));
                    counter.write(&key, stands.live_version(), asked, self.now_ms());
                }
                (None, None) => counter.write(&key, version, None, self.now_ms()),
            }
        }
        Ok(())
    }

    /// Learns what stands when events are counted for the first time.
    async fn begin(&self, counter: &mut Counter, t: T) -> Result<(), ReadError> {
        let query = Query::all(ResourceType::SUBSCRIPTION);
        let mut page = Page::First(At::Commit(t));
        loop {
            let found = self.search(&Caller::host(), &query, &page).await?;
            for stored in found.matches {
                let body = stored
                    .body
                    .as_deref()
                    .and_then(|body| Resource::parse(body.as_bytes()).ok());
                let asked = body.and_then(|resource| Asked::read(&stored.key, &resource).ok());
                counter.write(&stored.key, stored.version, asked, self.now_ms());
            }
            match found.next {
                Some(next) => page = Page::Next(next),
                None => return Ok(()),
            }
        }
    }

    /// Moves the cursor over commits that were no event, now and then.
    async fn move_over(&self, counter: &mut Counter) -> Result<(), Stuck> {
        let kept_t = counter.kept.map_or(0, |kept| of_cursor(kept).t.0);
        let is_due =
            counter.kept.is_none() || counter.now.t.0.saturating_sub(kept_t) >= EVENTS_ADVANCE;
        if is_due && counter.kept != Some(as_cursor(counter.now)) {
            self.keep(counter).await?;
        }
        Ok(())
    }

    /// Writes what was counted.
    async fn keep(&self, counter: &mut Counter) -> Result<usize, Stuck> {
        let to = as_cursor(counter.now);
        let step = Step {
            lease: counter.lease.clone(),
            cursor: CURSOR,
            from: counter.kept,
            to,
            written: std::mem::take(&mut counter.written),
            events: std::mem::take(&mut counter.events),
            now_ms: self.now_ms(),
        };
        let events = step.events.len();
        let is_news = events > 0 || !step.written.is_empty();
        if !self.store().subscriptions_step(step).await? {
            return Err(Stuck::TakenOver);
        }
        counter.kept = Some(to);
        if is_news {
            self.inner.subscriptions.tell();
        }
        Ok(events)
    }
}

impl Counter {
    /// Takes in what a version of a Subscription says; `None`: it was deleted, or is not one that we took.
    fn write(&mut self, key: &Key, version: u64, asked: Option<Asked>, now_ms: i64) {
        let status = asked.as_ref().map_or(Status::Off, |asked| asked.status);
        let hook = asked
            .as_ref()
            .is_some_and(|asked| matches!(asked.channel, Channel::RestHook(_)));
        let author = asked
            .as_ref()
            .map(|asked| asked.author.clone())
            .unwrap_or_default();
        let due_ms = match status {
            Status::Requested => Some(now_ms),
            Status::Active => hook.then_some(now_ms),
            Status::Error | Status::Off => None,
        };
        let last = self.last.get(&key.id).copied().unwrap_or(0);
        self.written.push(SubscriptionRow {
            id: key.id.to_string(),
            author,
            shard: shard_of(&key.id),
            hook: i64::from(hook),
            status: status.number(),
            version: i64::try_from(version).unwrap_or(i64::MAX),
            last,
            delivered: 0,
            failures: 0,
            due_ms,
            since_ms: now_ms,
            said: None,
        });
        match asked.filter(|_| status != Status::Off) {
            Some(asked) => {
                self.last.entry(key.id.clone()).or_insert(0);
                self.catalogue.put(asked);
            }
            None => self.catalogue.take_out(&key.id),
        }
    }

    fn count(&mut self, id: Id, entry: &CommitEntry, change: &ChangeEntry) {
        let last = self.last.entry(id.clone()).or_insert(0);
        *last += 1;
        self.events.push(EventRow {
            subscription: id.to_string(),
            number: *last,
            t: i64::try_from(entry.t.0).unwrap_or(i64::MAX),
            at_ms: from_rfc3339(&entry.at).unwrap_or_default(),
            key: change.key.clone(),
            version: i64::try_from(change.version).unwrap_or(i64::MAX),
            what: match change.what {
                What::Created => CREATED,
                What::Deleted => DELETED,
                What::Updated | What::Existing | What::Absent => UPDATED,
            },
        });
    }
}

/// What a body asks for, where it is one that we took.
fn asked(key: &Key, body: &str) -> Option<Asked> {
    let resource = Resource::parse(body.as_bytes()).ok()?;
    Asked::read(key, &resource).ok()
}

fn parsed(row: &VersionRow) -> Option<Resource> {
    Resource::parse(row.body.as_deref()?.as_bytes()).ok()
}

/// Who delivers a subscription: the same for every host.
fn shard_of(id: &Id) -> i64 {
    let sum = id
        .as_str()
        .bytes()
        .fold(0_i64, |sum, byte| (sum * 31 + i64::from(byte)) % 1_000_003);
    sum % SUBSCRIPTION_SHARDS
}
