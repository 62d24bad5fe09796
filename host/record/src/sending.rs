//! HL7 v2 out: the interfaces that are declared, and the queue of each, as those who send and those who look after it use them.
//!
//! Invariant: what is put into a queue rests on the commit behind which its interface moves in the same transaction; a
//! message leaves its queue when it was taken, or when a person says why it is dropped.

mod declaration;
mod error;
mod known;

use fhir::resource::Key;

pub use self::declaration::{Acknowledgements, Declaration, EVENTS, SETS, VERSIONS};
pub use self::error::SendingError;
pub(crate) use self::known::Known;
use crate::audit::NewLeaf;
use crate::caller::{Caller, Role};
use crate::clock::rfc3339;
use crate::lease::Lease;
use crate::limits::{PARKED_REASON_CHARS_MAX, ROWS_PAGE_MAX, SENDING_PRUNED_AT_ONCE, SENT_KEPT_MS};
use crate::log::T;
use crate::store::StoreError;
use crate::store::sending::{Filled, Marked, SendingRow};
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
    /// How far an interface has come in the log. One that never began stands behind the commit that declared it; one that
    /// was put out of use for a while goes on where it stopped.
    ///
    /// # Errors
    /// `Store` when the database cannot be asked.
    pub async fn sending_place(&self, interface: &Interface) -> Result<T, ReadError> {
        let id = interface.declaration.id.clone();
        let place = self.store().sending_place(id).await?;
        let come = place.and_then(|place| u64::try_from(place.t).ok());
        Ok(come.filter(|t| *t > 0).map_or(interface.since, T))
    }

    /// Puts messages into an interface's queue and moves it behind a commit, both or neither.
    ///
    /// # Errors
    /// `Fenced` when another host has taken over, and those of the store.
    pub async fn fill_sending(
        &self,
        lease: &Lease,
        interface: &str,
        to: T,
        messages: Vec<NewMessage>,
    ) -> Result<(), StoreError> {
        let filled = Filled {
            under: Some(lease.clone()),
            interface: interface.to_owned(),
            to: Some(i64::try_from(to.0).unwrap_or(i64::MAX)),
            rows: self.rows(interface, messages),
        };
        self.store().sending_fill(filled).await
    }

    /// Puts an acknowledgement into a queue. The same once more changes nothing.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn queue_acknowledgement(
        &self,
        interface: &str,
        message: NewMessage,
    ) -> Result<(), StoreError> {
        let filled = Filled {
            under: None,
            interface: interface.to_owned(),
            to: None,
            rows: self.rows(interface, vec![message]),
        };
        self.store().sending_fill(filled).await
    }

    fn rows(&self, interface: &str, messages: Vec<NewMessage>) -> Vec<SendingRow> {
        let now_ms = self.now_ms();
        let row = |it: NewMessage| {
            let state = match it.dead {
                Some(_) => State::Dead,
                None => State::Waiting,
            };
            SendingRow {
                interface: interface.to_owned(),
                n: 0,
                t: i64::try_from(it.t.0).unwrap_or(i64::MAX),
                made_ms: now_ms,
                next_ms: now_ms,
                ended_ms: 0,
                tries: 0,
                state: state.number(),
                control_id: it.control_id,
                kind: it.kind,
                about: it.about,
                said: it.dead.unwrap_or_default(),
                body: it.body,
            }
        };
        messages.into_iter().map(row).collect()
    }

    /// The message that an interface has to send next, if one waits.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn next_to_send(&self, interface: &str) -> Result<Option<Sending>, StoreError> {
        let waiting = State::Waiting.number();
        let found = self
            .store()
            .sending_rows(interface.to_owned(), waiting, 0, 1);
        Ok(found.await?.pop().and_then(Sending::of))
    }

    /// Writes down what came of sending a message; that it went out is audited. False: somebody decided about it
    /// meanwhile.
    ///
    /// # Errors
    /// `Fenced` when another host has taken over, and those of the store.
    pub async fn sending_done(
        &self,
        lease: &Lease,
        caller: &Caller,
        it: &Sending,
        outcome: Outcome,
    ) -> Result<bool, StoreError> {
        let mut now = it.row.clone();
        let now_ms = self.now_ms();
        match outcome {
            Outcome::Taken => {
                self.note_sending(caller, "message-sent", it).await?;
                (now.state, now.ended_ms) = (State::Sent.number(), now_ms);
                (now.tries, now.said) = (now.tries + 1, String::new());
            }
            Outcome::Later {
                why,
                next_ms,
                counted,
            } => {
                (now.next_ms, now.said) = (next_ms, bounded(&why));
                now.tries += i64::from(counted);
            }
            Outcome::Dead(why) => {
                (now.state, now.said) = (State::Dead.number(), bounded(&why));
                now.tries += 1;
            }
        }
        let marked = Marked {
            under: Some(lease.clone()),
            seen: it.row.clone(),
            now,
        };
        self.store().sending_mark(marked).await
    }

    /// Who reads for an interface: its site's own, by its name in the audit.
    pub fn sender(&self, interface: &Interface) -> Caller {
        let declaration = &interface.declaration;
        Caller::authenticated(
            format!("interface:{}", declaration.id),
            declaration.id.clone(),
            Role::Feed,
            declaration.site.clone(),
        )
    }

    /// Messages of an interface in a state, behind a number, lowest first: for whoever may declare it.
    ///
    /// # Errors
    /// Every variant of [`SendingError`] says what to do about it.
    pub async fn sending_list(
        &self,
        caller: &Caller,
        interface: &str,
        state: State,
        after: i64,
        n_max: u32,
    ) -> Result<Vec<Sending>, SendingError> {
        self.own_interface(caller, interface).await?;
        let n_max = n_max.min(ROWS_PAGE_MAX);
        let rows = self
            .store()
            .sending_rows(interface.to_owned(), state.number(), after, n_max)
            .await?;
        let leaf = NewLeaf {
            t: self.current_t(),
            count: i64::try_from(rows.len()).unwrap_or(i64::MAX),
            ..NewLeaf::by(caller, "sending-list", interface.to_owned())
        };
        self.keep_leaf(leaf).await?;
        Ok(rows.into_iter().filter_map(Sending::of).collect())
    }

    /// How many messages of the caller's interfaces wait, and how many are dead letters.
    ///
    /// # Errors
    /// Every variant of [`SendingError`] says what to do about it.
    pub async fn sending_counts(
        &self,
        caller: &Caller,
    ) -> Result<Vec<(Interface, u64, u64)>, SendingError> {
        let all = self.own_interfaces(caller).await?;
        let counts = self.store().sending_counts().await?;
        let count = |id: &str, state: State| {
            let found = counts
                .iter()
                .find(|(interface, number, _)| interface == id && *number == state.number());
            found.map_or(0, |(_, _, count)| u64::try_from(*count).unwrap_or(0))
        };
        let counted = all.into_iter().map(|it| {
            let waiting = count(&it.declaration.id, State::Waiting);
            let dead = count(&it.declaration.id, State::Dead);
            (it, waiting, dead)
        });
        Ok(counted.collect())
    }

    /// Has a dead letter sent again, under the control id it had, before whatever waits behind it.
    ///
    /// # Errors
    /// Every variant of [`SendingError`] says what to do about it.
    pub async fn resend(
        &self,
        caller: &Caller,
        interface: &str,
        n: i64,
    ) -> Result<(), SendingError> {
        let it = self.decided(caller, interface, n, &[State::Dead]).await?;
        self.note_sending(caller, "message-resend", &it).await?;
        let now = SendingRow {
            state: State::Waiting.number(),
            next_ms: self.now_ms(),
            tries: 0,
            ..it.row.clone()
        };
        self.end_sending(it, now).await
    }

    /// Ends a message that waits or is a dead letter without sending it.
    ///
    /// # Errors
    /// Every variant of [`SendingError`] says what to do about it.
    pub async fn drop_sending(
        &self,
        caller: &Caller,
        interface: &str,
        n: i64,
        reason: &str,
    ) -> Result<(), SendingError> {
        let reason: String = reason
            .trim()
            .chars()
            .filter(|c| !c.is_control())
            .take(PARKED_REASON_CHARS_MAX)
            .collect();
        if reason.is_empty() {
            return Err(SendingError::NoReason);
        }
        let states = [State::Waiting, State::Dead];
        let it = self.decided(caller, interface, n, &states).await?;
        self.note_sending(caller, "message-dropped", &it).await?;
        let now = SendingRow {
            state: State::Dropped.number(),
            ended_ms: self.now_ms(),
            said: format!("{} (by {})", reason, caller.account()),
            ..it.row.clone()
        };
        self.end_sending(it, now).await
    }

    async fn decided(
        &self,
        caller: &Caller,
        interface: &str,
        n: i64,
        states: &[State],
    ) -> Result<Sending, SendingError> {
        self.own_interface(caller, interface).await?;
        let found = self.store().sending_row(interface.to_owned(), n).await?;
        let found = found.and_then(Sending::of);
        let it = found.ok_or_else(|| SendingError::NotFound {
            what: format!("message {n} of the interface {interface}"),
        })?;
        match states.contains(&it.state) {
            true => Ok(it),
            false => Err(SendingError::Changed),
        }
    }

    async fn end_sending(&self, it: Sending, now: SendingRow) -> Result<(), SendingError> {
        let marked = Marked {
            under: None,
            seen: it.row,
            now,
        };
        match self.store().sending_mark(marked).await? {
            true => Ok(()),
            false => Err(SendingError::Changed),
        }
    }

    /// Removes messages that were taken or dropped long ago; how many. They can be made again from the log.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn prune_sent(&self) -> Result<u64, StoreError> {
        let before_ms = self.now_ms().saturating_sub(SENT_KEPT_MS);
        let mut removed = 0;
        for state in [State::Sent, State::Dropped] {
            removed += self
                .store()
                .sending_prune(state.number(), before_ms, SENDING_PRUNED_AT_ONCE)
                .await?;
        }
        Ok(removed)
    }

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
