//! Bounds on messages that wait, and what counts as a backlog.
//!
//! Invariant: an alert that has begun does not end at the threshold at which it began.

/// Numbers by which one message knows its patient: more are a mistake, and each is a row while it waits.
pub const MESSAGE_NUMBERS_MAX: usize = 64;
/// Messages that wait under one patient's numbers and are looked at when another one comes.
pub const UNDER_NUMBERS_MAX: u32 = 64;
/// Messages that wait on one page.
pub const WAITING_LISTED_MAX: u32 = 100;
/// Interfaces of a site, or of the region for its operator, on one page.
pub const SENDERS_MAX: u32 = 1_000;
/// Characters of a reason to drop a message: whoever looks for it reads this.
pub const DROP_REASON_CHARS_MIN: usize = 5;
/// Messages of an interface that wait at which an alert begins: more than anybody puts right by the way.
pub const BACKLOG_MESSAGES: u64 = 50;
/// How long one message may wait before an alert begins, in milliseconds: a quarter of an hour, the longest that an urgent
/// result should be unseen.
pub const BACKLOG_AGE_MS: i64 = 15 * 60 * 1_000;
/// Messages that may still wait when an alert ends.
pub const BACKLOG_OVER_MESSAGES: u64 = 10;
/// How long an interface may say nothing before it is called quiet, in milliseconds: an hour.
pub const SENDER_QUIET_MS: i64 = 60 * 60 * 1_000;

const _: () = assert!(BACKLOG_OVER_MESSAGES < BACKLOG_MESSAGES);
/// Bytes of each message that waits which are listed: header and patient stand at its beginning.
pub const MESSAGE_HEAD_BYTES: usize = 4 << 10;
