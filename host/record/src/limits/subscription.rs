//! Bounds on subscriptions: how many there are, the events that are kept for them, and their delivery.
//!
//! Invariant: each has its unit and its reason.

use crate::limits::LOG_PAGE_MAX;

/// Subscriptions that have not ended: each takes two kilobytes of the memory of the host that counts events.
pub const SUBSCRIPTIONS_MAX: i64 = 20_000;
/// Of them, those of one account: a system that subscribes for each of its patients.
pub const SUBSCRIPTIONS_OF_ONE_MAX: i64 = 12_000;
/// Parts into which subscriptions are divided for delivery, each under a lease of its own.
pub const SUBSCRIPTION_SHARDS: i64 = 8;
/// Filters of one subscription.
pub const SUBSCRIPTION_FILTERS_MAX: usize = 8;
/// Bytes of a subscription's address, search or filter.
pub const SUBSCRIPTION_URL_BYTES_MAX: usize = 2_048;
/// Headers that a subscription may have sent along.
pub const SUBSCRIPTION_HEADERS_MAX: usize = 16;
/// Bytes of one of them: a token fits.
pub const SUBSCRIPTION_HEADER_BYTES_MAX: usize = 4_096;
/// Time a receiver may take when its subscription does not say, in seconds.
pub const SUBSCRIPTION_TIMEOUT_S_DEFAULT: u64 = 10;
/// Longest time that a subscription may ask for, in seconds: a receiver that hangs keeps a place so long.
pub const SUBSCRIPTION_TIMEOUT_S_MAX: u64 = 30;
/// Shortest time between heartbeats, in seconds.
pub const SUBSCRIPTION_HEARTBEAT_S_MIN: u64 = 10;
/// Events of one notification.
pub const SUBSCRIPTION_COUNT_MAX: u32 = 100;
/// Bytes of the resources of one notification, after which it ends early.
pub const NOTIFICATION_BYTES_MAX: usize = 8 << 20;
/// Events of one answer of `$events`; who wants more asks from the next number on.
pub const EVENTS_PAGE_MAX: u32 = 500;
/// Commits read at once to count events.
pub const EVENTS_COMMITS: u32 = 200;
/// Events after which what was counted is written: one transaction, but for the subscriptions of one last change.
pub const EVENTS_AT_ONCE: usize = 5_000;
/// Commits that are no event for anybody, after which the cursor is moved all the same.
pub const EVENTS_ADVANCE: u64 = 256;
/// Time for which events are kept, in milliseconds: a week, over which a receiver may be away.
pub const EVENTS_KEPT_MS: i64 = 7 * 24 * 60 * 60 * 1_000;
/// Wait between two looks for events that are older, in milliseconds.
pub const EVENTS_PRUNE_MS: u64 = 10 * 60 * 1_000;
/// Events removed in one transaction.
pub const EVENTS_PRUNED_AT_ONCE: u32 = 5_000;
/// How often a delivery is tried before its subscription is in error.
pub const DELIVERY_TRIES_MAX: i64 = 8;
/// Wait after the first failed delivery, in milliseconds; it doubles, and up to as much again is added by chance.
pub const DELIVERY_BACK_OFF_MS: i64 = 1_000;
/// How often a host looks for deliveries that another host's events or the clock made due, in milliseconds.
pub const DELIVERY_LOOK_MS: u64 = 500;
/// Deliveries begun in one look.
pub const DELIVERIES_LOOKED: u32 = 500;
/// Time for which a token opens a websocket, in milliseconds.
pub const BINDING_MS: i64 = 60_000;
/// Subscriptions of one websocket.
pub const BINDING_SUBSCRIPTIONS_MAX: usize = 20;
/// Subscriptions listed on one page of the administrator's.
pub const SUBSCRIPTIONS_LISTED_MAX: u32 = 200;

const _: () = assert!(EVENTS_COMMITS <= LOG_PAGE_MAX);
const _: () = assert!(SUBSCRIPTIONS_OF_ONE_MAX <= SUBSCRIPTIONS_MAX);
const _: () = assert!(SUBSCRIPTION_TIMEOUT_S_DEFAULT <= SUBSCRIPTION_TIMEOUT_S_MAX);
