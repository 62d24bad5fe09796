//! What is to be sent to whom now, and what came of it: handshakes, events, heartbeats, and the state that follows.
//!
//! Invariant: a receiver's events are sent in order, each until it was taken; whoever delivers holds the lease of the
//! subscription's shard, and what was sent under a lost lease is sent again under the same number.

pub(crate) mod state;

use fhir::resource::Key;

use self::state::uuid;
use super::asked::{Asked, Channel, Content, RestHook, Status};
use super::notification::{Focus, Occasion, Standing};
use crate::caller::Caller;
use crate::commit::CommitError;
use crate::lease::Lease;
use crate::limits::{
    DELIVERIES_LOOKED, DELIVERY_BACK_OFF_MS, DELIVERY_TRIES_MAX, EVENTS_PAGE_MAX,
    SUBSCRIPTION_SHARDS,
};
use crate::store::StoreError;
pub use crate::store::subscription::Lane;
use crate::store::subscription::SubscriptionRow;
use crate::{ReadError, Record};

/// Longest reason that a subscription keeps, in characters.
const REASON_CHARS_MAX: usize = 300;

/// A subscription for which something may be to be sent.
#[derive(Clone, Debug)]
pub struct Due {
    row: SubscriptionRow,
}

/// Something to send.
#[derive(Debug)]
pub struct Letter {
    /// Where to.
    pub hook: RestHook,
    /// How.
    pub request: Request,
    /// Why.
    pub occasion: Occasion,
    /// The number of its first event, and of its last.
    pub numbers: Option<(u64, u64)>,
    due: Due,
    key: Key,
}

/// How a letter is sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Request {
    /// POST of a notification.
    Notify(String),
    /// POST without a body: R4's own subscription without a payload.
    Ping,
    /// PUT of the resource to this path below the address: R4's own subscription with a payload.
    Put {
        /// `Type/id`.
        path: String,
        /// The resource.
        body: String,
    },
}

/// What became of a letter that was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// It may be, later.
    Later,
    /// It will not be: the address may not be written to.
    Never,
}

/// Why a delivery does not go on now.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The record did not answer.
    #[error("the record could not be read")]
    Read(#[from] ReadError),
    /// The new state was not written.
    #[error("the subscription's state could not be written")]
    Commit(#[from] CommitError),
    /// Another host delivers.
    #[error("another host has taken over")]
    TakenOver,
}

impl From<StoreError> for DeliveryError {
    fn from(why: StoreError) -> Self {
        Self::Read(why.into())
    }
}

impl Due {
    /// Which subscription.
    pub fn id(&self) -> &str {
        &self.row.id
    }

    /// Which shard it lies in.
    pub fn shard(&self) -> i64 {
        self.row.shard
    }
}

/// The name of the lease of a shard.
pub fn lease_of(shard: i64) -> String {
    format!("subscription/shard/{shard}")
}

/// The numbers of all shards.
pub fn shards() -> impl Iterator<Item = i64> {
    0..SUBSCRIPTION_SHARDS
}

impl Record {
    /// The subscriptions of these shards for which something is to be sent now, longest due first.
    ///
    /// # Errors
    /// Those of reading.
    pub async fn deliveries_due(
        &self,
        shards: Vec<i64>,
        lane: Lane,
    ) -> Result<Vec<Due>, ReadError> {
        if shards.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self
            .store()
            .subscriptions_due(shards, lane, self.now_ms(), DELIVERIES_LOOKED)
            .await?;
        Ok(rows.into_iter().map(|row| Due { row }).collect())
    }

    /// The same subscription once more, where there is more to send to it at once.
    ///
    /// # Errors
    /// Those of reading.
    pub async fn due_again(&self, due: &Due) -> Result<Option<Due>, ReadError> {
        let rows = self.store().subscriptions(vec![due.row.id.clone()]).await?;
        let now_ms = self.now_ms();
        let still = rows
            .into_iter()
            .find(|row| row.due_ms.is_some_and(|due_ms| due_ms <= now_ms));
        Ok(still.map(|row| Due { row }))
    }

    /// What is to be sent for a subscription; `None`: nothing now. Its author is looked at anew, and a subscription whose
    /// author may no longer know, or whose time is over, is ended.
    ///
    /// # Errors
    /// Those of reading and of writing its state.
    pub async fn letter(
        &self,
        due: &Due,
        lease: &Lease,
        base: &str,
    ) -> Result<Option<Letter>, DeliveryError> {
        let Some((asked, version)) = self.subscription_now(&due.row.id).await? else {
            self.nothing_sent(due, lease, None).await?;
            return Ok(None);
        };
        // Whoever counts has not seen this version yet, and will make it due.
        if i64::try_from(version) != Ok(due.row.version) {
            return Ok(None);
        }
        let status = Status::from_number(due.row.status).unwrap_or(Status::Off);
        if matches!(status, Status::Error | Status::Off) {
            self.nothing_sent(due, lease, None).await?;
            return Ok(None);
        }
        if asked.has_ended(self.now_ms()) {
            return self.end(due, &asked, version, "its time is over").await;
        }
        let author = match self.author_now(&asked).await? {
            Ok(author) => author,
            Err(why) => return self.end(due, &asked, version, &why).await,
        };
        let Channel::RestHook(hook) = &asked.channel else {
            self.put_status(&asked.key, version, Status::Active, None)
                .await?;
            return Ok(None);
        };
        match status {
            Status::Requested if asked.criteria.topic.is_some() => {
                let body = self.written(due, &asked, status, Occasion::Handshake, &[], base)?;
                Ok(Some(letter(due, &asked, hook, Occasion::Handshake, body)))
            }
            Status::Requested => {
                // R4's own subscriptions know no handshake.
                self.put_status(&asked.key, version, Status::Active, None)
                    .await?;
                Ok(None)
            }
            Status::Active if due.row.last > due.row.delivered => {
                self.letter_of_events(due, &asked, hook, &author, (version, base))
                    .await
            }
            Status::Active => self.heartbeat(due, lease, &asked, hook, base).await,
            Status::Error | Status::Off => Ok(None),
        }
    }

    /// A letter was taken.
    ///
    /// # Errors
    /// Those of writing its state.
    pub async fn letter_taken(&self, letter: &Letter, lease: &Lease) -> Result<(), DeliveryError> {
        match letter.occasion {
            Occasion::Handshake => {
                let version = u64::try_from(letter.due.row.version).unwrap_or(0);
                self.put_status(&letter.key, version, Status::Active, None)
                    .await
            }
            Occasion::Heartbeat | Occasion::Events => {
                let next = letter.hook.heartbeat_s.map(|s| self.after_s(s));
                let upto = letter
                    .numbers
                    .map(|(_, last)| i64::try_from(last).unwrap_or(i64::MAX));
                self.note_delivery(&letter.due, lease, upto, 0, None, next)
                    .await
            }
            Occasion::AskedForStatus | Occasion::AskedForEvents => Ok(()),
        }
    }

    /// A letter was not taken: it is sent again later, or its subscription goes into error with the reason.
    ///
    /// # Errors
    /// Those of writing its state.
    pub async fn letter_refused(
        &self,
        letter: &Letter,
        lease: &Lease,
        why: &str,
        again: Again,
    ) -> Result<(), DeliveryError> {
        let row = &letter.due.row;
        let failures = row.failures + 1;
        let said: String = why.chars().take(REASON_CHARS_MAX).collect();
        if again == Again::Later && failures < DELIVERY_TRIES_MAX {
            let due_ms = self.now_ms().saturating_add(back_off_ms(failures));
            return self
                .note_delivery(&letter.due, lease, None, failures, Some(said), Some(due_ms))
                .await;
        }
        let version = u64::try_from(row.version).unwrap_or(0);
        self.put_status(&letter.key, version, Status::Error, Some(&said))
            .await
    }

    async fn letter_of_events(
        &self,
        due: &Due,
        asked: &Asked,
        hook: &RestHook,
        author: &Caller,
        (version, base): (u64, &str),
    ) -> Result<Option<Letter>, DeliveryError> {
        let row = &due.row;
        let n_max = match asked.criteria.topic {
            Some(_) => hook.count_max.min(EVENTS_PAGE_MAX),
            None => 1,
        };
        let events = self
            .store()
            .events(row.id.clone(), row.delivered, row.last, n_max)
            .await?;
        if events.first().map(|event| event.number) != Some(row.delivered + 1) {
            let why = "events waited for longer than they are kept, and were removed: read what was missed, and subscribe anew";
            return self.end(due, asked, version, why).await;
        }
        let told = self.told(author, asked, events, asked.content).await?;
        let number = |n: i64| u64::try_from(n).unwrap_or(0);
        let numbers = told.first().zip(told.last());
        let numbers =
            numbers.map(|(first, last)| (number(first.row.number), number(last.row.number)));
        let request = match (asked.criteria.topic, told.first()) {
            (None, Some(first)) => match (&first.focus, asked.content) {
                (Focus::Whole(body), Content::FullResource) => Request::Put {
                    path: first.row.key.to_string(),
                    body: body.to_string(),
                },
                (Focus::Whole(_) | Focus::Named | Focus::Nothing, _) => Request::Ping,
            },
            (Some(_) | None, _) => {
                self.written(due, asked, Status::Active, Occasion::Events, &told, base)?
            }
        };
        let mut letter = letter(due, asked, hook, Occasion::Events, request);
        letter.numbers = numbers;
        Ok(Some(letter))
    }

    /// A heartbeat, where one is wanted; otherwise nothing is due any longer.
    async fn heartbeat(
        &self,
        due: &Due,
        lease: &Lease,
        asked: &Asked,
        hook: &RestHook,
        base: &str,
    ) -> Result<Option<Letter>, DeliveryError> {
        let wanted = hook.heartbeat_s.filter(|_| asked.criteria.topic.is_some());
        let Some(period_s) = wanted else {
            self.nothing_sent(due, lease, None).await?;
            return Ok(None);
        };
        let now_ms = self.now_ms();
        let period_ms = i64::try_from(period_s)
            .unwrap_or(i64::MAX)
            .saturating_mul(1_000);
        if due.row.failures == 0 && now_ms < due.row.since_ms.saturating_add(period_ms) {
            // It became active just now.
            self.nothing_sent(due, lease, Some(due.row.since_ms.saturating_add(period_ms)))
                .await?;
            return Ok(None);
        }
        let body = self.written(due, asked, Status::Active, Occasion::Heartbeat, &[], base)?;
        Ok(Some(letter(due, asked, hook, Occasion::Heartbeat, body)))
    }

    fn written(
        &self,
        due: &Due,
        asked: &Asked,
        status: Status,
        occasion: Occasion,
        told: &[super::notification::Told],
        base: &str,
    ) -> Result<Request, DeliveryError> {
        let standing = Standing {
            asked,
            status,
            last: due.row.last,
            error: None,
            base,
        };
        let id = uuid()?;
        Ok(Request::Notify(
            standing
                .bundle(occasion, told, self.now_ms(), &id)
                .to_string(),
        ))
    }

    fn after_s(&self, s: u64) -> i64 {
        let ms = i64::try_from(s).unwrap_or(i64::MAX).saturating_mul(1_000);
        self.now_ms().saturating_add(ms)
    }
}

fn letter(
    due: &Due,
    asked: &Asked,
    hook: &RestHook,
    occasion: Occasion,
    request: Request,
) -> Letter {
    Letter {
        hook: hook.clone(),
        request,
        occasion,
        numbers: None,
        due: due.clone(),
        key: asked.key.clone(),
    }
}

/// The wait after so many failures: doubled each time, and up to as much again by chance, so that receivers that failed
/// together are not tried together.
fn back_off_ms(failures: i64) -> i64 {
    let doublings = u32::try_from(failures.clamp(1, DELIVERY_TRIES_MAX) - 1).unwrap_or(0);
    let wait_ms = DELIVERY_BACK_OFF_MS << doublings;
    let share = crate::chance::<2>().map_or(0, |bytes| i64::from(u16::from_be_bytes(bytes)));
    wait_ms + wait_ms * share / i64::from(u16::MAX)
}
