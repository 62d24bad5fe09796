//! What a database keeps of messages that go out: how far each interface has come, and its queue.
//!
//! Invariant: messages and the place behind the commit that they tell of are one transaction, so that no change is left
//! out and none is told twice.

use super::Reply;
use crate::lease::Lease;

/// How far an interface has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PlaceRow {
    /// The last commit that was looked at.
    pub(crate) t: i64,
    /// The last number that was given.
    pub(crate) n: i64,
}

/// One message of a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SendingRow {
    /// Which interface.
    pub(crate) interface: String,
    /// Its number there, from 1; given by the database when the message is put into the queue.
    pub(crate) n: i64,
    /// The commit it tells of; 0 for an acknowledgement.
    pub(crate) t: i64,
    /// When it was made, in milliseconds since 1970.
    pub(crate) made_ms: i64,
    /// Before when it is not to be tried again.
    pub(crate) next_ms: i64,
    /// When it came to its end; 0 while it waits.
    pub(crate) ended_ms: i64,
    /// How often it was sent.
    pub(crate) tries: i64,
    /// What has become of it.
    pub(crate) state: i64,
    /// MSH-10.
    pub(crate) control_id: String,
    /// MSH-9.
    pub(crate) kind: String,
    /// The resource it tells of.
    pub(crate) about: String,
    /// Why it goes no further, or what was answered last.
    pub(crate) said: String,
    /// Its bytes.
    pub(crate) body: Vec<u8>,
}

/// Messages to be put into a queue, and how far that takes the interface.
#[derive(Clone, Debug)]
pub(crate) struct Filled {
    /// The lease under which the log was read; an acknowledgement is put in by whoever gives it.
    pub(crate) under: Option<Lease>,
    /// Which interface.
    pub(crate) interface: String,
    /// How far it is afterwards; `None` where it stays.
    pub(crate) to: Option<i64>,
    /// In their order. One whose control id is there already is left out.
    pub(crate) rows: Vec<SendingRow>,
}

/// What became of a message. It is written where the message is in the state and has the tries that were seen.
#[derive(Clone, Debug)]
pub(crate) struct Marked {
    /// The lease under which it was sent; none for what a person decides.
    pub(crate) under: Option<Lease>,
    /// The message as it was seen.
    pub(crate) seen: SendingRow,
    /// As it is now.
    pub(crate) now: SendingRow,
}

/// How many messages of an interface are in each state.
pub(crate) type Counts = Vec<(String, i64, i64)>;

/// A database that keeps queues of messages that go out.
pub(crate) trait SendingStore: Send + Sync + 'static {
    /// How far an interface has come; `None` when it never began.
    fn sending_place(&self, interface: String) -> Reply<'_, Option<PlaceRow>>;
    /// Puts messages into a queue, all or none. `Fenced` when the lease was lost.
    fn sending_fill(&self, filled: Filled) -> Reply<'_, ()>;
    /// The messages of an interface in a state, lowest number first, behind a number.
    fn sending_rows(
        &self,
        interface: String,
        state: i64,
        after: i64,
        n_max: u32,
    ) -> Reply<'_, Vec<SendingRow>>;
    /// One message.
    fn sending_row(&self, interface: String, n: i64) -> Reply<'_, Option<SendingRow>>;
    /// Writes down what became of a message; false when it is not as it was seen. `Fenced` when the lease was lost.
    fn sending_mark(&self, marked: Marked) -> Reply<'_, bool>;
    /// How many wait and how many are dead letters: interface, state, number.
    fn sending_counts(&self) -> Reply<'_, Counts>;
    /// Removes messages in a state that ended before a moment, at most `n_max`; how many.
    fn sending_prune(&self, state: i64, before_ms: i64, n_max: u32) -> Reply<'_, u64>;
}
