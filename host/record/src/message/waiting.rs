//! Messages that wait, as the program that files them and the page that shows them see them.
//!
//! Invariant: nobody sees another site's messages but the operator, and every look leaves a leaf.

use super::decide::{DecideError, sees};
use super::{Arrival, Kept, State, Waited, commit, number};
use crate::audit::NewLeaf;
use crate::caller::Caller;
use crate::commit::{CommitError, Receipt};
use crate::log::{CommitEntry, T};
use crate::proposal::{Basis, Proposal};
use crate::store::StoreError;
use crate::store::message::{AWAITING, FateRow, LOOSE, Listed};
use crate::store::row::MessageRow;
use crate::{ReadError, Record, limits};

/// A message that is not at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Which, as it was seen.
    pub waited: Waited,
    /// At which site.
    pub site: String,
    /// Who sent it: MSH-3 and MSH-4, joined by `|`.
    pub source: String,
    /// The sender's number for it.
    pub control_id: String,
    /// When it arrived, RFC 3339 in UTC.
    pub received_at: String,
    /// What became of it.
    pub state: State,
    /// Its first bytes, at most `limits::MESSAGE_HEAD_BYTES`: they say about whom it is.
    pub head: Vec<u8>,
}

/// A page of messages that wait, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaitingPage {
    /// At most `limits::WAITING_LISTED_MAX`.
    pub messages: Vec<Waiting>,
    /// Behind which message the next page begins, if there is one.
    pub next: Option<T>,
}

/// What became of a message, from a commit on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// The commit with which it began.
    pub since: T,
    /// What it is.
    pub state: State,
}

/// One message with everything that became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// It, as it arrived, with its present fate.
    pub waiting: Waiting,
    /// The bytes as they came.
    pub bytes: Vec<u8>,
    /// Its fates, oldest first; the last one stands.
    pub fates: Vec<Fate>,
    /// The commit that filed it, and what that changed.
    pub filed: Option<CommitEntry>,
}

/// What waits under the numbers of a patient or a stay, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Under {
    /// What holds back messages that come later.
    pub holding: Vec<T>,
    /// What wants this very patient or stay to be in the record, and holds back nobody.
    pub wanting: Vec<T>,
}

impl Record {
    /// The messages that wait under one of these numbers, oldest first, at most `limits::UNDER_NUMBERS_MAX`.
    ///
    /// # Errors
    /// `Store` when the database cannot be asked.
    pub async fn messages_under(&self, numbers: &[String]) -> Result<Under, StoreError> {
        if numbers.is_empty() {
            return Ok(Under::default());
        }
        let under = self
            .store()
            .under(numbers.to_vec(), limits::UNDER_NUMBERS_MAX);
        let mut found = Under::default();
        for (message, fate) in under.await? {
            match fate {
                AWAITING | LOOSE => found.wanting.push(commit(message)),
                _ => found.holding.push(commit(message)),
            }
        }
        Ok(found)
    }

    /// Messages that can be filed now, oldest first: what somebody wants filed again, and what is held behind nothing any
    /// longer. For the program that files messages.
    ///
    /// # Errors
    /// `Store` when the database cannot be asked.
    pub async fn messages_ready(&self, n_max: u32) -> Result<Vec<T>, StoreError> {
        let ready = self.store().ready(n_max.min(limits::ROWS_PAGE_MAX)).await?;
        Ok(ready.into_iter().map(commit).collect())
    }

    /// Messages behind one whose patient was not known when they arrived, oldest first.
    ///
    /// # Errors
    /// `Store` when the database cannot be asked.
    pub async fn messages_awaiting(&self, after: T, n_max: u32) -> Result<Vec<T>, StoreError> {
        let n_max = n_max.min(limits::ROWS_PAGE_MAX);
        let found = self.store().awaiting(number(after), n_max).await?;
        Ok(found.into_iter().map(commit).collect())
    }

    /// A message and its present fate, for the program that files messages. `None`: there is none.
    ///
    /// # Errors
    /// `Store` when the database cannot be asked.
    pub async fn message_again(&self, message: T) -> Result<Option<Kept>, StoreError> {
        let Some(row) = self.store().message(number(message)).await? else {
            return Ok(None);
        };
        let fates = self.store().fates(number(message)).await?;
        let waited = Waited {
            message,
            since: fates.last().map_or(message, |fate| commit(fate.from_t)),
        };
        Ok(Some(Kept {
            state: present(&row, &fates),
            source: row.source,
            control_id: row.control_id,
            received_at: row.received_at,
            bytes: row.bytes,
            numbers: Vec::new(),
            place: fates.last().map(|fate| commit(fate.place)),
            arrival: Arrival::Again(waited),
        }))
    }

    /// Gives a message that waits another fate, with nothing changed in the record.
    ///
    /// # Errors
    /// Those of [`Record::commit`]; `CursorMoved` when somebody was quicker.
    pub async fn message_waits(
        &self,
        caller: &Caller,
        message: Kept,
    ) -> Result<Receipt, CommitError> {
        let proposal = Proposal {
            changes: Vec::new(),
            basis: Basis::Message {
                source: message.source.clone(),
                control_id: message.control_id.clone(),
            },
            message: Some(message),
            cursor: None,
        };
        self.commit_granted(caller, proposal).await
    }

    /// What waits at the caller's site, or everywhere for the operator, of one sender or of all, behind a message.
    ///
    /// # Errors
    /// `Forbidden`, `Read`.
    pub async fn messages_waiting(
        &self,
        caller: &Caller,
        source: Option<&str>,
        after: T,
    ) -> Result<WaitingPage, DecideError> {
        let site = sees(caller)?;
        let asked = Listed {
            site,
            source: source.map(str::to_owned),
            after: number(after),
            n_max: limits::WAITING_LISTED_MAX + 1,
        };
        let mut rows = self.store().waiting(asked).await?;
        let most = usize::try_from(limits::WAITING_LISTED_MAX).unwrap_or(usize::MAX);
        let more = rows.len() > most;
        rows.truncate(most);
        let messages: Vec<Waiting> = rows.iter().map(|(row, fate)| waiting(row, fate)).collect();
        self.note_message(
            caller,
            "messages",
            source.unwrap_or_default(),
            messages.len(),
        )
        .await?;
        Ok(WaitingPage {
            next: messages.last().filter(|_| more).map(|it| it.waited.message),
            messages,
        })
    }

    /// One message of the caller's site with all that became of it.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound` also for another site's, `Read`.
    pub async fn message_looked(&self, caller: &Caller, message: T) -> Result<Looked, DecideError> {
        let (row, fates) = self.message_seen(caller, message).await?;
        self.note_message(caller, "message", &format!("message/{message}"), 1)
            .await?;
        let state = present(&row, &fates);
        let filed_at = match fates.last() {
            None => state.is_filed().then_some(message),
            Some(last) => state.is_filed().then(|| commit(last.from_t)),
        };
        let filed = match filed_at {
            Some(T(t)) => self.commits_after(T(t.saturating_sub(1)), 1).await?.pop(),
            None => None,
        };
        let since = fates.last().map_or(message, |fate| commit(fate.from_t));
        Ok(Looked {
            fates: fates
                .iter()
                .map(|fate| Fate {
                    since: commit(fate.from_t),
                    state: State::of(fate),
                })
                .collect(),
            waiting: Waiting {
                waited: Waited { message, since },
                site: fates.last().map_or(row.site, |fate| fate.site.clone()),
                source: row.source,
                control_id: row.control_id,
                received_at: row.received_at,
                state,
                head: row
                    .bytes
                    .iter()
                    .copied()
                    .take(limits::MESSAGE_HEAD_BYTES)
                    .collect(),
            },
            bytes: row.bytes,
            filed,
        })
    }

    /// A message that the caller may see, with its fates.
    pub(super) async fn message_seen(
        &self,
        caller: &Caller,
        message: T,
    ) -> Result<(MessageRow, Vec<FateRow>), DecideError> {
        let site = sees(caller)?;
        let unknown = || DecideError::NotFound { message };
        let row = self.store().message(number(message)).await?;
        let row = row.ok_or_else(unknown)?;
        let fates = self.store().fates(number(message)).await?;
        let at = fates.last().map_or(&row.site, |fate| &fate.site);
        if site.is_some_and(|site| site != *at) {
            return Err(unknown());
        }
        Ok((row, fates))
    }

    pub(super) async fn note_message(
        &self,
        caller: &Caller,
        what: &str,
        about: &str,
        count: usize,
    ) -> Result<(), ReadError> {
        self.keep_leaf(NewLeaf {
            t: self.current_t(),
            count: i64::try_from(count).unwrap_or(i64::MAX),
            ..NewLeaf::by(caller, what, about.to_owned())
        })
        .await
    }
}

/// The present fate of a message; one that an older program parked has no row of it.
pub(super) fn present(row: &MessageRow, fates: &[FateRow]) -> State {
    super::before(row, fates.last()).state
}

fn waiting(row: &MessageRow, fate: &FateRow) -> Waiting {
    Waiting {
        waited: Waited {
            message: commit(fate.message),
            since: commit(fate.from_t),
        },
        site: fate.site.clone(),
        source: row.source.clone(),
        control_id: row.control_id.clone(),
        received_at: row.received_at.clone(),
        state: State::of(fate),
        head: row.bytes.clone(),
    }
}
