//! History read again by another mapping: what each kept message would become, beside what its filing made.
//!
//! Invariant: nothing is written; each message is planned against the record as it stood before its own filing, so that a
//! difference comes from the mapping and from nothing else; what is counted is counted for every message, what is listed
//! is bounded.

mod difference;

use std::collections::BTreeMap;

use record::caller::Caller;
use record::log::{At, ChangeEntry, T};
use record::message::State;
use record::message::history::KeptMessage;
use record::{Kind, ReadError, Record};
use sha2::{Digest, Sha256};

pub use difference::{Change, Difference};

use crate::feed::codes::Codes;
use crate::feed::filing::{Desk, FileError, Part, Work};
use crate::feed::header::Header;
use crate::feed::message::{Message, charset};
use crate::feed::sender::Sender;
use crate::limits::{REPLAY_ELEMENTS_MAX, REPLAY_LISTED_MAX, REPLAY_MESSAGES_MAX, REPLAY_PAGE};
use crate::plan::{self, PlanError};

/// What came of reading history again.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Replay {
    /// The version of the mapping that was tried.
    pub map: String,
    /// Messages that were looked at.
    pub looked_at: u64,
    /// Those that would become what they became.
    pub same: u64,
    /// Those that would become something else.
    pub different: u64,
    /// Those that a departmental read: its mapping is its own.
    pub of_departmentals: u64,
    /// How many messages of a kind differ in an element, for example `ADT^A01` in `Encounter.class`.
    pub counted: BTreeMap<(String, String), Counts>,
    /// The first messages that differ.
    pub listed: Vec<Replayed>,
    /// The last commit that was looked at, where there is more behind it.
    pub more_after: Option<T>,
}

/// How often an element differs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// It is there now and was not.
    pub added: u64,
    /// It was there and is not now.
    pub removed: u64,
    /// It is another.
    pub changed: u64,
}

/// One message that would become something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// The commit that kept it.
    pub t: T,
    /// Who sent it.
    pub source: String,
    /// The sender's number for it.
    pub control_id: String,
    /// MSH-9.
    pub kind: String,
    /// What became of it, and would now.
    pub fate: Fate,
}

/// What became of a message, and would now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was filed and would be, otherwise.
    Otherwise(Vec<Difference>),
    /// It was filed and would be parked.
    Parked {
        /// Why.
        reason: String,
    },
    /// It was parked and would be filed.
    Filed {
        /// Why it was parked.
        was: String,
        /// How many resources of which type.
        makes: BTreeMap<String, u64>,
    },
    /// It was parked and would be for another reason.
    OtherReason {
        /// The reason then.
        was: String,
        /// The reason now.
        reason: String,
    },
}

/// Which messages are read again, and by what.
#[derive(Clone, Debug)]
pub struct Ask {
    /// By which maps.
    pub codes: Codes,
    /// Those kept after this commit.
    pub after: T,
    /// At most so many.
    pub most: u32,
}

/// Why history could not be read again.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The record did not answer.
    #[error("history could not be read again behind commit {after}")]
    Read {
        /// What was done is whole up to here; go on from it.
        after: T,
        /// Why.
        source: ReadError,
    },
}

impl ReplayError {
    /// The only thing an edge may branch on.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Read { source, .. } => source.kind(),
        }
    }
}

/// Reads history again. `caller` is an operator, whose reading it is.
///
/// # Errors
/// [`ReplayError`], with the commit behind which to go on.
pub async fn replay(record: &Record, caller: &Caller, ask: &Ask) -> Result<Replay, ReplayError> {
    let mut found = Replay {
        map: ask.codes.version().to_owned(),
        ..Replay::default()
    };
    let mut after = ask.after;
    let mut left = ask.most.min(REPLAY_MESSAGES_MAX);
    loop {
        // One more than is wanted tells whether there are more.
        let wanted = REPLAY_PAGE.min(left.saturating_add(1));
        let page = record.kept_after(caller, after, wanted).await;
        let page = page.map_err(|source| ReplayError::Read { after, source })?;
        let is_last = page.len() < usize::try_from(wanted).unwrap_or(usize::MAX);
        for kept in &page {
            if left == 0 {
                found.more_after = Some(after);
                return Ok(found);
            }
            let looked = look(record, caller, ask, kept).await;
            let looked = looked.map_err(|source| ReplayError::Read { after, source })?;
            found.take(kept, looked);
            after = kept.kept.t;
            left -= 1;
        }
        if is_last {
            return Ok(found);
        }
    }
}

impl Replay {
    fn take(&mut self, kept: &KeptMessage, looked: Looked) {
        self.looked_at += 1;
        let fate = match looked {
            Looked::Same => {
                self.same += 1;
                return;
            }
            Looked::OfDepartmental => {
                self.of_departmentals += 1;
                return;
            }
            Looked::Differs(fate) => fate,
        };
        self.different += 1;
        let kind = Header::read(&kept.bytes)
            .map(|header| header.kind())
            .unwrap_or_default();
        let mut count = |element: String, change: Change| {
            let counts = self.counted.entry((kind.clone(), element)).or_default();
            match change {
                Change::Added => counts.added += 1,
                Change::Removed => counts.removed += 1,
                Change::Changed => counts.changed += 1,
            }
        };
        match &fate {
            Fate::Otherwise(differences) => {
                for one in differences {
                    count(one.element.clone(), one.change);
                }
            }
            Fate::Parked { .. } => count("(filed)".to_owned(), Change::Removed),
            Fate::Filed { .. } => count("(filed)".to_owned(), Change::Added),
            Fate::OtherReason { .. } => count("(reason)".to_owned(), Change::Changed),
        }
        if self.listed.len() < REPLAY_LISTED_MAX {
            let mut fate = fate;
            if let Fate::Otherwise(differences) = &mut fate {
                differences.truncate(REPLAY_ELEMENTS_MAX);
            }
            self.listed.push(Replayed {
                t: kept.kept.t,
                source: kept.source.clone(),
                control_id: kept.control_id.clone(),
                kind,
                fate,
            });
        }
    }
}

enum Looked {
    Same,
    OfDepartmental,
    Differs(Fate),
}

async fn look(
    record: &Record,
    caller: &Caller,
    ask: &Ask,
    kept: &KeptMessage,
) -> Result<Looked, ReadError> {
    let before = T(kept.kept.t.0.saturating_sub(1));
    let commit = record.commits_after(before, 1).await?.pop();
    if commit
        .as_ref()
        .is_some_and(|commit| commit.departmental.is_some())
    {
        return Ok(Looked::OfDepartmental);
    }
    // What a merge moves depends on no mapping.
    if commit
        .as_ref()
        .is_some_and(|commit| commit.identity.is_some())
    {
        return Ok(Looked::Same);
    }
    let Some(header) = Header::read(&kept.bytes) else {
        return Ok(Looked::Same);
    };
    let (application, facility) = (header.named(3), header.named(4));
    // What was parked because nobody knew its sender says nothing of the mapping.
    if matches!(kept.kept.state, State::Parked { .. })
        && record.feed(&application, &facility).await.is_err()
    {
        return Ok(Looked::Same);
    }
    let sender = Sender {
        site: kept.site.clone(),
        application,
        facility,
        codes: ask.codes.clone(),
    };
    let digest = Sha256::digest(&kept.bytes).to_vec();
    let desk = Desk {
        record,
        caller,
        digest: &digest,
        at: At::Commit(before),
    };
    let parts = match planned(&kept.bytes, &sender) {
        Err(error) => Err(error.to_string()),
        Ok(plan) => match desk.work(&plan).await {
            Ok(Work::Parts(parts)) => Ok(parts),
            Ok(Work::Merge(_)) => Ok(Vec::new()),
            Err(FileError::Read(source)) => return Err(source),
            Err(error) => Err(error.to_string()),
        },
    };
    let made = commit.map(|commit| commit.changes).unwrap_or_default();
    compared(record, caller, kept, &made, parts).await
}

/// What became of a message beside what would, with the reason where it would be parked.
async fn compared(
    record: &Record,
    caller: &Caller,
    kept: &KeptMessage,
    made: &[ChangeEntry],
    parts: Result<Vec<Part>, String>,
) -> Result<Looked, ReadError> {
    Ok(match (&kept.kept.state, parts) {
        (State::Filed | State::Loose, Ok(parts)) => {
            let t = kept.kept.t;
            let differences = difference::differences(record, caller, t, made, &parts).await?;
            match differences.is_empty() {
                true => Looked::Same,
                false => Looked::Differs(Fate::Otherwise(differences)),
            }
        }
        (State::Filed | State::Loose, Err(reason)) => Looked::Differs(Fate::Parked { reason }),
        (State::Parked { reason: was, .. }, Ok(parts)) => {
            let mut makes = BTreeMap::new();
            for part in &parts {
                *makes
                    .entry(part.change.resource_type().to_string())
                    .or_default() += 1;
            }
            Looked::Differs(Fate::Filed {
                was: was.clone(),
                makes,
            })
        }
        (State::Parked { reason: was, .. }, Err(reason)) if *was == reason => Looked::Same,
        (State::Parked { reason: was, .. }, Err(reason)) => Looked::Differs(Fate::OtherReason {
            was: was.clone(),
            reason,
        }),
        // History is what became of a message as it arrived: filed or parked.
        (
            State::Held { .. }
            | State::Awaiting { .. }
            | State::Due
            | State::Corrected { .. }
            | State::Dropped { .. },
            _,
        ) => Looked::Same,
    })
}

fn planned(bytes: &[u8], sender: &Sender) -> Result<plan::Plan, PlanError> {
    let (text, set) = charset::decode(bytes)?;
    let message = Message::parse(&text, set)?;
    plan::plan(&message, sender)
}

#[cfg(test)]
mod tests;
