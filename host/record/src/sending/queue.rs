//! The queue of an interface as whoever sends through it uses it.
//!
//! Invariant: messages and the place behind the commit that they tell of are written together, and only under the lease
//! under which that commit was read.

use super::{Interface, NewMessage, Outcome, Sending, State, bounded};
use crate::caller::{Caller, Role};
use crate::lease::Lease;
use crate::limits::{SENDING_PRUNED_AT_ONCE, SENT_KEPT_MS};
use crate::log::T;
use crate::store::StoreError;
use crate::store::sending::{Filled, Marked, SendingRow};
use crate::{ReadError, Record};

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
}
