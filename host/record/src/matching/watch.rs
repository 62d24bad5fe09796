//! A reader of the log that compares every new Patient with the people of the record, and puts those who may be one
//! person to somebody.
//!
//! Invariant: it links nobody: identifiers decide whom a message is filed to, a probability only asks. A pair is asked
//! about once, whatever was decided; the place in the log moves when its tasks are kept.

use std::collections::BTreeMap;
use std::time::Duration;

use fhir::resource::{Key, Resource, ResourceType};
use serde_json::Value;

use super::desk::Candidate;
use super::person::Details;
use super::review::{self, ReviewError};
use crate::audit::NewLeaf;
use crate::caller::{Caller, Role};
use crate::commit::CommitError;
use crate::lease::Lease;
use crate::log::T;
use crate::proposal::{Change, CursorMove, Proposal};
use crate::store::row::{DELETED, VersionRow};
use crate::{Kind, ReadError, Record, limits};

/// The lease of whichever host compares, and the cursor that says how far it is.
const NAME: &str = "matching";

impl Record {
    /// Compares whoever is new, for ever.
    pub(crate) async fn keep_matching(&self) {
        loop {
            let seen = self.current();
            match self.match_once().await {
                Ok(true) => {
                    let _ = self.wait_after(seen).await;
                    // Nobody waits for it by the second: commits are looked at many at a time.
                    tokio::time::sleep(Duration::from_millis(limits::MATCH_PAUSE_MS)).await;
                }
                Ok(false) => tokio::time::sleep(Duration::from_millis(limits::LEASE_LOOK_MS)).await,
                Err(why) => {
                    tracing::warn!("new patients are compared later: {why}");
                    tokio::time::sleep(Duration::from_millis(limits::LEASE_LOOK_MS)).await;
                }
            }
        }
    }

    /// Compares whoever came or was changed since the last time. False: another host does, or took over.
    ///
    /// # Errors
    /// Those of a commit. What was done is kept, and the next call goes on from there.
    pub async fn match_once(&self) -> Result<bool, CommitError> {
        let Some(lease) = self.lease(NAME).await? else {
            return Ok(false);
        };
        let matching = async {
            while self.match_step(&lease).await? {}
            Ok(())
        };
        let done = self.while_held(&lease, matching).await;
        self.let_go(NAME).await;
        done.map_or(Ok(false), |done: Result<(), CommitError>| {
            done.map(|()| true)
        })
    }

    /// Begins again at the first commit, so that everybody in the record is compared with everybody: a batch that is
    /// carried on in the background, a bounded number of commits at a time, also after this host was stopped.
    ///
    /// # Errors
    /// `Forbidden` for all but operators, `Changed` when a host is just moving on, `Commit`.
    pub async fn match_everybody(&self, caller: &Caller) -> Result<(), ReviewError> {
        if caller.role() != Role::Operator {
            return Err(ReviewError::Forbidden {
                account: caller.account().to_owned(),
            });
        }
        let number = |t: i64| T(u64::try_from(t).unwrap_or(0));
        let stood = self
            .store()
            .cursor(NAME.to_owned())
            .await
            .map_err(ReadError::from)?;
        self.keep_leaf(NewLeaf {
            t: self.current_t(),
            ..NewLeaf::by(caller, "match-everybody", "Patient".to_owned())
        })
        .await?;
        let proposal = Proposal {
            cursor: Some(CursorMove {
                name: NAME.to_owned(),
                from: stood.map(number),
                to: Some(T(0)),
                under: None,
            }),
            ..Proposal::direct(Vec::new())
        };
        match self.commit_granted(&Caller::host(), proposal).await {
            Ok(_) => Ok(()),
            Err(why) if why.kind() == Kind::Conflict => Err(ReviewError::Changed),
            Err(why) => Err(why.into()),
        }
    }

    /// One step; whether there is another to do. A record that was never compared begins at its last commit: whoever is in
    /// it already is for a batch.
    async fn match_step(&self, lease: &Lease) -> Result<bool, CommitError> {
        let stood = self.store().cursor(NAME.to_owned()).await?;
        let from = stood.unwrap_or_else(|| self.current_t());
        let commits = self
            .store()
            .commits_after(from, limits::MATCH_COMMITS)
            .await?;
        let last = commits.last().map_or(from, |(commit, _)| commit.t);
        if stood == Some(last) {
            return Ok(false);
        }
        let mut changed: Vec<Key> = Vec::new();
        for (_, versions) in &commits {
            let patients = versions.iter().filter(|row| is_patient(row));
            changed.extend(patients.map(|row| row.key.clone()));
        }
        changed.sort_unstable();
        changed.dedup();
        let mut asked: BTreeMap<String, Change> = BTreeMap::new();
        for patients in changed.chunks(limits::MATCH_AT_ONCE) {
            for (pair, change) in self.pairs_of(patients).await? {
                asked.entry(pair).or_insert(change);
            }
            if asked.len() >= limits::MATCH_AT_ONCE {
                // Kept before the place moves: asking again asks nothing twice.
                let changes = std::mem::take(&mut asked).into_values().collect();
                self.commit_granted(&Caller::host(), Proposal::direct(changes))
                    .await?;
            }
        }
        let number = |t: i64| T(u64::try_from(t).unwrap_or(0));
        let cursor = CursorMove {
            name: NAME.to_owned(),
            from: stood.map(number),
            to: Some(number(last)),
            under: Some(lease.clone()),
        };
        let proposal = Proposal {
            cursor: Some(cursor),
            ..Proposal::direct(asked.into_values().collect())
        };
        self.commit_granted(&Caller::host(), proposal).await?;
        Ok(true)
    }

    /// What is asked about these patients as they stand now.
    async fn pairs_of(&self, patients: &[Key]) -> Result<Vec<(String, Change)>, CommitError> {
        let t = self.current_t();
        let mut asked = Vec::new();
        for row in self.standing_of(patients, t).await?.into_iter().flatten() {
            let body = row.body.as_deref().filter(|_| row.what != DELETED);
            let Some(patient) = body.and_then(|body| serde_json::from_str::<Value>(body).ok())
            else {
                continue;
            };
            let details = Details::of_patient(&patient);
            let found = self.alike(&details, row.key.id.as_str(), t).await?;
            for candidate in found.iter().take(limits::MATCH_ASKED_MAX) {
                asked.extend(self.asking(&row.key, candidate));
            }
        }
        Ok(asked)
    }

    fn asking(&self, about: &Key, candidate: &Candidate) -> Option<(String, Change)> {
        let pair = review::pair_of(about, &candidate.stored.key);
        let now = crate::clock::rfc3339(self.now_ms());
        let task = review::task(about, candidate, (&pair, &now));
        let resource = Resource::from_value(task).ok()?;
        let change = Change::Create {
            resource,
            temporary: None,
            if_none_exist: Some(review::of_pair(&pair)?),
        };
        Some((pair, change))
    }
}

fn is_patient(row: &VersionRow) -> bool {
    row.key.resource_type == ResourceType::PATIENT && row.what != DELETED
}
