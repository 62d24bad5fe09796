//! The queue of an interface as people look after it: listed, counted, sent again, dropped.
//!
//! Invariant: nothing is decided about a message but as it was seen, by whoever may declare its interface, and audited.

use super::{Interface, Sending, SendingError, State};
use crate::Record;
use crate::audit::NewLeaf;
use crate::caller::Caller;
use crate::limits::{PARKED_REASON_CHARS_MAX, ROWS_PAGE_MAX};
use crate::store::sending::{Marked, SendingRow};

impl Record {
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
}
