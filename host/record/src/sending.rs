//! HL7 v2 out: the interfaces that are declared, and the queue of each, as those who send and those who look after it use them.
//!
//! Invariant: what is put into a queue rests on the commit behind which its interface moves in the same transaction; a
//! message leaves its queue when it was taken, or when a person says why it is dropped.

mod decision;
mod declaration;
mod error;
mod known;
mod queue;

use fhir::resource::Key;

pub use self::declaration::{Acknowledgements, Declaration, EVENTS, SETS, VERSIONS};
pub use self::error::SendingError;
pub(crate) use self::known::Known;
use crate::audit::NewLeaf;
use crate::caller::Caller;
use crate::clock::rfc3339;
use crate::limits::PARKED_REASON_CHARS_MAX;
use crate::log::T;
use crate::store::StoreError;
use crate::store::sending::SendingRow;
use crate::{ReadError, Record};

/// A declaration that holds, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// What is declared.
    pub declaration: Declaration,
    /// The commit that declared it so.
    pub since: T,
    /// The account that did.
    pub by: String,
}

/// What has become of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// It is to be sent, or sent again.
    Waiting,
    /// The receiver has taken it.
    Sent,
    /// It is not sent again unless somebody says so.
    Dead,
    /// Somebody said why it is not sent.
    Dropped,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Sent, Self::Dead, Self::Dropped];

    /// Its number in databases, which never changes its meaning.
    fn number(self) -> i64 {
        match self {
            Self::Waiting => 0,
            Self::Sent => 1,
            Self::Dead => 2,
            Self::Dropped => 3,
        }
    }
}

/// A message to be put into a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// The commit it tells of; `T(0)` for an acknowledgement.
    pub t: T,
    /// MSH-10, the same however often it is made.
    pub control_id: String,
    /// MSH-9, for example `ADT^A01`.
    pub kind: String,
    /// The resource it tells of, for example `Encounter/1`.
    pub about: String,
    /// Its bytes.
    pub body: Vec<u8>,
    /// Why it cannot be sent as the interface is declared: it is a dead letter from the start.
    pub dead: Option<String>,
}

/// A message of a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    row: SendingRow,
    /// What has become of it.
    pub state: State,
}

impl Sending {
    fn of(row: SendingRow) -> Option<Self> {
        let state = State::ALL
            .into_iter()
            .find(|state| state.number() == row.state)?;
        Some(Self { row, state })
    }
    /// Its interface.
    pub fn interface(&self) -> &str {
        &self.row.interface
    }
    /// Its number there, from 1.
    pub fn n(&self) -> i64 {
        self.row.n
    }
    /// MSH-10.
    pub fn control_id(&self) -> &str {
        &self.row.control_id
    }
    /// MSH-9.
    pub fn kind(&self) -> &str {
        &self.row.kind
    }
    /// The resource it tells of.
    pub fn about(&self) -> &str {
        &self.row.about
    }
    /// Why it goes no further, or what the receiver said last.
    pub fn said(&self) -> &str {
        &self.row.said
    }
    /// How often it was sent.
    pub fn tries(&self) -> i64 {
        self.row.tries
    }
    /// Before when it is not to be tried again, in milliseconds since 1970.
    pub fn next_ms(&self) -> i64 {
        self.row.next_ms
    }
    /// When it was made, RFC 3339 in UTC.
    pub fn made_at(&self) -> String {
        rfc3339(self.row.made_ms)
    }
    /// Its bytes.
    pub fn body(&self) -> &[u8] {
        &self.row.body
    }
}

/// What came of sending a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver has taken it.
    Taken,
    /// Not now, and this is why: at this moment again. `counted`: it reached the receiver, which may be its own fault.
    Later {
        /// Why.
        why: String,
        /// Not before this, in milliseconds since 1970.
        next_ms: i64,
        /// Whether it counts against the tries.
        counted: bool,
    },
    /// It is not sent again by itself, and this is why.
    Dead(String),
}

impl Record {
    async fn note_sending(
        &self,
        caller: &Caller,
        what: &str,
        it: &Sending,
    ) -> Result<(), StoreError> {
        let about = format!(
            "{} {} {} {}",
            it.row.interface, it.row.n, it.row.kind, it.row.about
        );
        let leaf = NewLeaf {
            t: self.current_t(),
            count: 1,
            ..NewLeaf::by(caller, what, about)
        };
        match self.keep_leaf(leaf).await {
            Ok(()) => Ok(()),
            Err(ReadError::Store { source }) => Err(source),
            Err(other) => Err(StoreError::Failed {
                doing: "auditing a message that goes out",
                source: Box::new(other),
            }),
        }
    }
}

fn bounded(why: &str) -> String {
    why.chars().take(PARKED_REASON_CHARS_MAX).collect()
}

/// The one resource that declares an interface.
fn key(id: &str) -> Result<Key, ReadError> {
    format!("Basic/{PREFIX}{id}")
        .parse()
        .map_err(|_| ReadError::Unreadable {
            what: format!("{id:?} names no interface"),
        })
}

/// With what the id of such a resource begins.
const PREFIX: &str = "hl7v2-interface-";

#[cfg(test)]
mod tests;
