//! Events that were put aside, as an administrator sees them: looked at, put to the departmental again, or dropped.
//!
//! Invariant: what comes of another try and the end of the task that stood for it are one commit, which rests on the task
//! as it was seen; so an event still has one effect, whoever tries at the same moment.

mod refusal;

use fhir::query::Query;
use fhir::resource::{Id, Key, Resource, ResourceType};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

pub use self::refusal::ParkedError;
use super::attempt::{Poisoned, Tried};
use super::event::{Event, Reactor};
use super::matching::Candidate;
use super::park::{CODE, filled, group, input, is_parked};
use crate::audit::NewLeaf;
use crate::caller::Caller;
use crate::commit::CommitError;
use crate::departmental::call::basis;
use crate::departmental::{DepartmentalId, Digest};
use crate::enablement::CODES;
use crate::limits::{PARKED_LISTED_MAX, PARKED_REASON_CHARS_MAX};
use crate::log::{At, CommitEntry, T};
use crate::permission::{self, Action};
use crate::proposal::{Basis, Change, Proposal};
use crate::search::Page;
use crate::{Kind, ReadError, Record, Stored};

/// An event that a departmental could not react to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// The task that stands for it.
    pub task: Id,
    /// The task's version: what is done with the event rests on it.
    pub seen: u64,
    /// When it was put aside or last tried, RFC 3339 in UTC.
    pub at: String,
    /// Which departmental.
    pub departmental: DepartmentalId,
    /// The release that failed.
    pub digest: Digest,
    /// In words, with its version.
    pub said: String,
    /// What was changed.
    pub resource: Key,
    /// The version that the change wrote.
    pub version: u64,
    /// The commit of the change.
    pub commit: T,
    /// How often the departmental was asked.
    pub tries: u32,
    /// Why it was put aside at last: the departmental's words, or the host's about it.
    pub why: String,
    /// The last call that was made for it, for `palatine replay`.
    pub call: Option<String>,
}

/// The events that wait for somebody at a site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParkedList {
    /// The newest, at most `limits::PARKED_LISTED_MAX`.
    pub events: Vec<Parked>,
    /// Whether there are more.
    pub more: bool,
}

/// What came of another try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Retried {
    /// The departmental answered, and what it proposed is this commit.
    Done(T),
    /// The departmental answered that there is nothing to do.
    NothingToDo(T),
    /// It failed again, and this is why.
    ParkedAgain(String),
}

impl Record {
    /// The events that were put aside at the caller's own site and wait, newest first.
    ///
    /// # Errors
    /// `Forbidden` for all but trust administrators, `Read`.
    pub async fn parked_events(&self, caller: &Caller) -> Result<ParkedList, ParkedError> {
        may_decide(caller)?;
        let pairs = [
            (
                "group-identifier",
                format!("{CODES}|{}", group(caller.site())),
            ),
            ("code", format!("{CODES}|{CODE}")),
            ("status", "requested".to_owned()),
            ("_sort", "-_lastUpdated".to_owned()),
            ("_count", PARKED_LISTED_MAX.to_string()),
        ];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value));
        let query = Query::parse(ResourceType::TASK, &pairs).map_err(unreadable)?;
        let page = Page::First(At::Now);
        let found = self.search(&Caller::host(), &query, &page).await?;
        self.note_parked(
            caller,
            "parked-list",
            caller.site().as_str(),
            found.matches.len(),
        )
        .await?;
        Ok(ParkedList {
            events: found.matches.iter().filter_map(Parked::read).collect(),
            more: found.next.is_some(),
        })
    }

    /// Puts an event to the departmental once more, as it is enabled now and with the record as it is now.
    ///
    /// # Errors
    /// Every variant of [`ParkedError`] says what to do about it. Where the departmental fails again is no error.
    pub async fn retry_parked(
        &self,
        caller: &Caller,
        task: &Id,
        seen: u64,
    ) -> Result<Retried, ParkedError> {
        let (parked, stored) = self.waiting_event(caller, task, seen).await?;
        self.note_parked(caller, "parked-retry", &stored.key.to_string(), 1)
            .await?;
        let reactor = self.reactor_at(caller, &parked.departmental).await?;
        let entry = self.commit_of(&parked).await?;
        let event = self.event_again(&reactor, &parked, &entry).await?;
        let now = self.current();
        let tried = self
            .attempt(&reactor, &event, now, &Semaphore::new(1))
            .await?;
        let (call, mut changes) = match tried {
            Tried::Proposed(call, changes) => (call, changes),
            Tried::Failed(call, why) | Tried::Refused(call, why) => {
                return self
                    .parked_again(&reactor, &stored, &parked, call.id, why)
                    .await;
            }
        };
        let has_effect = !changes.is_empty();
        let mut done = body(&stored)?;
        done["status"] = json!("completed");
        changes.push(self.replaced(&stored, done)?);
        let proposal = Proposal {
            changes,
            basis: match has_effect {
                true => basis(&call),
                false => Basis::Direct,
            },
            message: None,
            cursor: None,
        };
        match self.commit_granted(&reactor.caller, proposal).await {
            Ok(receipt) if has_effect => Ok(Retried::Done(receipt.t)),
            Ok(receipt) => Ok(Retried::NothingToDo(receipt.t)),
            Err(CommitError::Stale { key, .. }) if key == stored.key => Err(ParkedError::Changed),
            Err(error) => match error.kind() {
                Kind::Busy | Kind::Full | Kind::Fault => Err(error.into()),
                Kind::Incorrect
                | Kind::Refused
                | Kind::NotFound
                | Kind::Forbidden
                | Kind::Conflict => {
                    let why = error.to_string();
                    self.parked_again(&reactor, &stored, &parked, call.id, why)
                        .await
                }
            },
        }
    }

    /// Ends an event without an effect.
    ///
    /// # Errors
    /// Every variant of [`ParkedError`] says what to do about it.
    pub async fn drop_parked(
        &self,
        caller: &Caller,
        task: &Id,
        seen: u64,
        reason: &str,
    ) -> Result<T, ParkedError> {
        let (_, stored) = self.waiting_event(caller, task, seen).await?;
        let reason: String = reason
            .trim()
            .chars()
            .filter(|c| !c.is_control())
            .take(PARKED_REASON_CHARS_MAX)
            .collect();
        if reason.is_empty() {
            return Err(ParkedError::NoReason);
        }
        let mut dropped = body(&stored)?;
        dropped["status"] = json!("cancelled");
        dropped["statusReason"] = json!({ "text": reason });
        let change = self.replaced(&stored, dropped)?;
        let proposal = Proposal::direct(vec![change]);
        match self.commit_granted(caller, proposal).await {
            Ok(receipt) => Ok(receipt.t),
            Err(CommitError::Stale { .. }) => Err(ParkedError::Changed),
            Err(error) => Err(error.into()),
        }
    }

    /// The event behind a task of the caller's own site, if it waits and is as it was seen.
    async fn waiting_event(
        &self,
        caller: &Caller,
        task: &Id,
        seen: u64,
    ) -> Result<(Parked, Stored), ParkedError> {
        may_decide(caller)?;
        let unknown = || ParkedError::NotFound {
            task: task.to_string(),
        };
        let key = Key::new(ResourceType::TASK, task.clone());
        let stored = match self.read(&Caller::host(), &key, &At::Now).await {
            Ok(stored) => stored,
            Err(error) if error.kind() == Kind::NotFound => return Err(unknown()),
            Err(error) => return Err(error.into()),
        };
        let value = body(&stored)?;
        let here = value
            .pointer("/groupIdentifier/value")
            .and_then(Value::as_str);
        if !is_parked(&value) || here != Some(group(caller.site()).as_str()) {
            return Err(unknown());
        }
        if stored.version != seen || value["status"] != "requested" {
            return Err(ParkedError::Changed);
        }
        let parked = Parked::read(&stored).ok_or_else(unknown)?;
        Ok((parked, stored))
    }

    async fn reactor_at(
        &self,
        caller: &Caller,
        departmental: &DepartmentalId,
    ) -> Result<Reactor, ParkedError> {
        let whose = (caller.site().clone(), departmental.clone());
        let enablement = self.enablement_of(&whose).await?;
        let enablement = enablement.ok_or_else(|| ParkedError::NotEnabled {
            departmental: departmental.clone(),
        })?;
        if let Some(why) = &enablement.held_back {
            return Err(ParkedError::NotNow {
                what: format!("it is held back: {why}"),
            });
        }
        let release = self.release(&enablement.digest).await?;
        Ok(Reactor::of(enablement, release, None)?)
    }

    async fn commit_of(&self, parked: &Parked) -> Result<CommitEntry, ParkedError> {
        let before = T(parked.commit.0.saturating_sub(1));
        let commits = self.commits_after(before, 1).await?;
        let found = commits.into_iter().find(|entry| entry.t == parked.commit);
        found.ok_or_else(|| gone(parked))
    }

    async fn event_again<'a>(
        &self,
        reactor: &Reactor,
        parked: &Parked,
        entry: &'a CommitEntry,
    ) -> Result<Event<'a>, ParkedError> {
        let mut changes = entry.changes.iter().enumerate();
        let (index, change) = changes
            .find(|(_, it)| it.key == parked.resource && it.version == parked.version)
            .ok_or_else(|| gone(parked))?;
        let candidate = Candidate {
            entry,
            index,
            change,
        };
        let row = self.version_of(&change.key, change.version, self.current_t());
        let row = row.await.map_err(ReadError::from)?;
        let body = row.as_ref().and_then(|row| row.body.as_deref());
        let body = body.ok_or_else(|| gone(parked))?;
        let resource = Resource::parse(body.as_bytes()).map_err(unreadable)?;
        let event = self.event(reactor, candidate, resource).await?;
        event.ok_or_else(|| gone(parked))
    }

    /// Keeps why it failed once more.
    async fn parked_again(
        &self,
        reactor: &Reactor,
        stored: &Stored,
        parked: &Parked,
        call: String,
        why: String,
    ) -> Result<Retried, ParkedError> {
        let poisoned = Poisoned {
            why,
            tries: parked.tries.saturating_add(1),
            call: Some(call),
        };
        let now = crate::clock::rfc3339(self.now_ms());
        let mut again = body(stored)?;
        filled(&mut again, &reactor.release, &poisoned, &now);
        let change = self.replaced(stored, again)?;
        let proposal = Proposal::direct(vec![change]);
        match self.commit_granted(&reactor.caller, proposal).await {
            Ok(_) => Ok(Retried::ParkedAgain(poisoned.why)),
            Err(CommitError::Stale { .. }) => Err(ParkedError::Changed),
            Err(error) => Err(error.into()),
        }
    }

    /// The task's next version, on top of the one that was read.
    fn replaced(&self, stored: &Stored, mut task: Value) -> Result<Change, ParkedError> {
        task["lastModified"] = json!(crate::clock::rfc3339(self.now_ms()));
        let resource = Resource::from_value(task).map_err(unreadable)?;
        Ok(Change::Update {
            key: stored.key.clone(),
            resource,
            seen: Some(stored.version),
            temporary: None,
        })
    }

    async fn note_parked(
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

impl Parked {
    /// From its task; `None` for what this program did not write.
    fn read(stored: &Stored) -> Option<Self> {
        let task: Value = serde_json::from_str(stored.body.as_deref()?).ok()?;
        let text = |at: &str| task.pointer(at).and_then(Value::as_str);
        Some(Self {
            task: stored.key.id.clone(),
            seen: stored.version,
            at: text("/lastModified")?.to_owned(),
            departmental: input(&task, "departmental")?.parse().ok()?,
            digest: input(&task, "digest")?.parse().ok()?,
            said: text("/description").unwrap_or_default().to_owned(),
            resource: text("/focus/reference")?.parse().ok()?,
            version: input(&task, "version")?.parse().ok()?,
            commit: T(input(&task, "commit")?.parse().ok()?),
            tries: input(&task, "tries")?.parse().ok()?,
            why: text("/statusReason/text").unwrap_or_default().to_owned(),
            call: input(&task, "call").map(str::to_owned),
        })
    }
}

/// Whoever decides what runs at a site decides what becomes of what it could not do.
fn may_decide(caller: &Caller) -> Result<(), ParkedError> {
    permission::check(caller, Action::Enable, "Basic").map_err(|_| ParkedError::Forbidden {
        account: caller.account().to_owned(),
    })
}

fn body(stored: &Stored) -> Result<Value, ReadError> {
    serde_json::from_str(stored.body.as_deref().unwrap_or("null")).map_err(unreadable)
}

fn unreadable(why: impl std::fmt::Display) -> ReadError {
    ReadError::Unreadable {
        what: why.to_string(),
    }
}

fn gone(parked: &Parked) -> ParkedError {
    ParkedError::Unreadable {
        what: format!("{} in version {}", parked.resource, parked.version),
    }
}

#[cfg(test)]
mod tests;
