//! What a database keeps of subscriptions: how far each has come, and the events that were counted for it.
//!
//! Invariant: events and the cursor that was read up to them are written together, under the reader's lease, so that each
//! event has one number and no number is left out.

use fhir::resource::Key;

use super::Reply;
use crate::lease::Lease;

/// How far a subscription has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SubscriptionRow {
    /// Its id.
    pub(crate) id: String,
    /// Whose it is: an account.
    pub(crate) author: String,
    /// Who delivers it: a number below `limits::SUBSCRIPTION_SHARDS`.
    pub(crate) shard: i64,
    /// 1 when events are sent to an address, 0 when somebody connects.
    pub(crate) hook: i64,
    /// The number of its `Status`.
    pub(crate) status: i64,
    /// The version of the resource that says all this.
    pub(crate) version: i64,
    /// The number of its last event.
    pub(crate) last: i64,
    /// The number of the last event that its receiver took.
    pub(crate) delivered: i64,
    /// How often in a row its receiver did not take one.
    pub(crate) failures: i64,
    /// When something is to be sent next, in milliseconds since 1970; `None`: when something happens.
    pub(crate) due_ms: Option<i64>,
    /// Since when it has its status.
    pub(crate) since_ms: i64,
    /// What was wrong at the last failure.
    pub(crate) said: Option<String>,
}

/// Which receivers, as far as they are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Those that answered, and took what they were last sent.
    Proven,
    /// Those that did not, or were not heard of yet.
    Unproven,
}

/// One event of one subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EventRow {
    /// Which subscription's, by its id.
    pub(crate) subscription: String,
    /// From 1, without gaps.
    pub(crate) number: i64,
    /// The commit.
    pub(crate) t: i64,
    /// When that was, in milliseconds since 1970.
    pub(crate) at_ms: i64,
    /// Which resource.
    pub(crate) key: Key,
    /// Its version.
    pub(crate) version: i64,
    /// `CREATED`, `UPDATED` or `DELETED`.
    pub(crate) what: i64,
}

/// What one look along the log comes to, written whole or not at all.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// That must still be held.
    pub(crate) lease: Lease,
    /// The cursor's name.
    pub(crate) cursor: &'static str,
    /// Where it must stand.
    pub(crate) from: Option<i64>,
    /// Where it stands then.
    pub(crate) to: i64,
    /// Subscriptions that were written, as they are now; `last`, `delivered` and `failures` of those that are known stay,
    /// but whoever had ended begins anew behind the last event.
    pub(crate) written: Vec<SubscriptionRow>,
    /// The events, in order.
    pub(crate) events: Vec<EventRow>,
    /// The time.
    pub(crate) now_ms: i64,
}

impl Step {
    /// The subscriptions that have events, each with its last number.
    pub(crate) fn counted(&self) -> Vec<(&str, i64)> {
        let mut counted: Vec<(&str, i64)> = Vec::new();
        let mut rows: Vec<&EventRow> = self.events.iter().collect();
        rows.sort_by(|one, other| {
            (&one.subscription, one.number).cmp(&(&other.subscription, other.number))
        });
        for row in rows {
            match counted.last_mut() {
                Some((of, last)) if *of == row.subscription => *last = row.number,
                Some(_) | None => counted.push((&row.subscription, row.number)),
            }
        }
        counted
    }
}

/// What came of a try to deliver.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// That must still be held.
    pub(crate) lease: Lease,
    /// Which subscription.
    pub(crate) id: String,
    /// Up to which event its receiver has taken them, if it took any.
    pub(crate) delivered: Option<i64>,
    /// How often in a row it failed.
    pub(crate) failures: i64,
    /// What was wrong.
    pub(crate) said: Option<String>,
    /// When something is to be sent next; at once where events wait and nothing failed.
    pub(crate) due_ms: Option<i64>,
    /// The time.
    pub(crate) now_ms: i64,
}

/// A database that keeps subscriptions.
pub(crate) trait SubscriptionStore: Send + Sync + 'static {
    /// Writes a step. False, and nothing written: the lease or the cursor is another's.
    fn subscriptions_step(&self, step: Step) -> Reply<'_, bool>;
    /// The subscriptions of these ids that are known.
    fn subscriptions(&self, ids: Vec<String>) -> Reply<'_, Vec<SubscriptionRow>>;
    /// Subscriptions behind an id, in the order of their ids.
    fn subscriptions_after(&self, id: String, n_max: u32) -> Reply<'_, Vec<SubscriptionRow>>;
    /// Those of these shards and this lane for which something is to be sent by now, longest due first.
    fn subscriptions_due(
        &self,
        shards: Vec<i64>,
        lane: Lane,
        now_ms: i64,
        n_max: u32,
    ) -> Reply<'_, Vec<SubscriptionRow>>;
    /// How many have not ended: altogether, and of one author.
    fn subscriptions_open(&self, author: String) -> Reply<'_, (i64, i64)>;
    /// Notes what came of a try. False, and nothing written: the lease is another's.
    fn subscription_sent(&self, sent: Sent) -> Reply<'_, bool>;
    /// Events of a subscription behind a number, up to another, in order.
    fn events(&self, id: String, after: i64, upto: i64, n_max: u32) -> Reply<'_, Vec<EventRow>>;
    /// Removes events from before a moment, at most `n_max`; how many.
    fn events_prune(&self, before_ms: i64, n_max: u32) -> Reply<'_, u64>;
}
