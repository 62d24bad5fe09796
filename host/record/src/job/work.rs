//! The loop that carries jobs on: it looks for open ones, takes the turn of one at a time, and removes what has expired.
//!
//! Invariant: a job is worked on by one host at a time, and a host that dies leaves it to be taken over.

use std::future::Future;
use std::time::Duration;

use fhir::query::Query;
use fhir::resource::ResourceType;

use super::codec::{self, CODE, State, Work};
use super::{Held, JobError};
use crate::caller::Caller;
use crate::commit::{CommitError, Outcome};
use crate::proposal::{Change, Proposal};
use crate::{Kind, Record, Stored, limits};

/// The lease of whoever carries jobs on.
const LEASE: &str = "jobs";

/// What is done about a job whose step failed.
enum Failed {
    /// It may go better later.
    Later,
    /// It never will.
    Never(String),
    /// Somebody else ended it or took it on.
    Gone,
}

impl Record {
    /// Carries jobs on, reindexes what added search parameters need, compares new patients
    /// with the people of the record, and looks after the calls that are kept, until
    /// `stop` resolves.
    pub async fn work(&self, stop: impl Future<Output = ()> + Send) {
        tokio::select! {
            () = self.jobs_until(stop) => {}
            () = self.keep_reindexing() => {}
            () = self.keep_matching() => {}
            () = self.keep_calls() => {}
        }
    }

    async fn jobs_until(&self, stop: impl Future<Output = ()> + Send) {
        tokio::pin!(stop);
        if let Err(error) = self.sweep().await {
            tracing::warn!("what was left in the folder of jobs stays there: {error}");
        }
        loop {
            let come = self.jobs().come.notified();
            tokio::select! {
                () = &mut stop => return self.let_go(LEASE).await,
                worked = self.work_in_turn() => if let Err(error) = worked {
                    tracing::warn!("jobs wait: {error}");
                },
            }
            let again = tokio::time::sleep(Duration::from_millis(limits::JOBS_LOOK_MS));
            tokio::select! {
                () = &mut stop => return,
                () = again => {}
                () = come => {}
            }
        }
    }

    /// As [`Record::work_once`], unless another host of the same database is at it.
    async fn work_in_turn(&self) -> Result<usize, JobError> {
        if self.jobs().folder.get().is_none() {
            return Ok(0);
        }
        let jobs = self.held_jobs().await?;
        if !jobs.iter().any(|held| held.kept.state == State::Open) {
            return self.work_on(jobs).await;
        }
        let Some(lease) = self.lease(LEASE).await? else {
            return Ok(0);
        };
        let worked = self.while_held(&lease, self.work_once()).await;
        self.let_go(LEASE).await;
        worked.unwrap_or(Ok(0))
    }

    /// Carries every open job on to its end, one after the other, and removes what has expired; how many ended.
    ///
    /// # Errors
    /// When the record cannot be read or written. What had not ended stays as it was noted last.
    pub async fn work_once(&self) -> Result<usize, JobError> {
        if self.jobs().folder.get().is_none() {
            return Ok(0);
        }
        let jobs = self.held_jobs().await?;
        self.work_on(jobs).await
    }

    async fn work_on(&self, jobs: Vec<Held>) -> Result<usize, JobError> {
        let mut ended = 0;
        for held in jobs {
            match held.kept.state {
                State::Open => ended += usize::from(self.carried_on(held).await?),
                State::Paused => {}
                State::Done | State::Failed(_) => self.expire(&held).await?,
            }
        }
        Ok(ended)
    }

    /// Every job in the record, oldest first.
    pub(super) async fn held_jobs(&self) -> Result<Vec<Held>, JobError> {
        let code = ("code".to_owned(), format!("urn:palatine:codes|{CODE}"));
        let query =
            Query::parse(ResourceType::BASIC, &[code]).map_err(|why| JobError::Incorrect {
                what: why.to_string(),
            })?;
        let rows = self
            .matching(&query, self.current_t(), limits::JOBS_MAX)
            .await?;
        let mut all: Vec<Held> = rows
            .iter()
            .filter_map(|row| codec::read(&Stored::of(row)))
            .collect();
        all.sort_by_key(|held| held.kept.t);
        Ok(all)
    }

    /// Works on a job while this host has its turn; whether it ended.
    pub(super) async fn carried_on(&self, held: Held) -> Result<bool, JobError> {
        // Another host may have gone on in between.
        match self.held_job(&held.id).await? {
            Some(held) if held.kept.state == State::Open => self.step_by_step(held).await,
            Some(_) | None => Ok(false),
        }
    }

    async fn step_by_step(&self, mut held: Held) -> Result<bool, JobError> {
        let worked = match held.kept.work.clone() {
            Work::Export(work) => self.export_on(&mut held, work).await,
            Work::Import(work) => self.import_on(&mut held, work).await,
        };
        let state = match worked {
            Ok(()) => State::Done,
            Err(error) => match failed(&error) {
                Failed::Later => {
                    tracing::warn!(job = held.id.as_str(), "a job waits: {error}");
                    return Ok(false);
                }
                Failed::Gone => return Ok(false),
                Failed::Never(why) => {
                    tracing::warn!(job = held.id.as_str(), "a job failed: {error}");
                    State::Failed(why)
                }
            },
        };
        held.kept.state = state;
        held.kept.ended_at_ms = Some(self.now_ms());
        self.noted(&mut held, Vec::new()).await?;
        Ok(true)
    }

    /// Notes how far a job is, in one commit with what it did.
    pub(super) async fn noted(
        &self,
        held: &mut Held,
        mut changes: Vec<Change>,
    ) -> Result<Vec<Outcome>, JobError> {
        let caller = held.kept.caller().ok_or(JobError::NoJob)?;
        changes.push(codec::written(&held.id, &held.kept, Some(held.version))?);
        let receipt = self
            .commit_granted(&caller, Proposal::direct(changes))
            .await;
        let mut outcomes = receipt
            .map_err(|error| match error {
                CommitError::Stale { key, .. } | CommitError::Missing { key }
                    if key == held.id.key() =>
                {
                    JobError::Ended
                }
                error => error.into(),
            })?
            .outcomes;
        if let Some(noted) = outcomes.pop() {
            held.version = noted.version;
        }
        Ok(outcomes)
    }

    async fn expire(&self, held: &Held) -> Result<(), JobError> {
        let ended = held.kept.ended_at_ms.unwrap_or(0);
        if self.now_ms() < ended.saturating_add(limits::JOB_KEPT_MS) {
            return Ok(());
        }
        self.remove_files(&held.id).await?;
        let end = Change::Delete {
            key: held.id.key(),
            seen: None,
        };
        let ended = self
            .commit_granted(&Caller::host(), Proposal::direct(vec![end]))
            .await;
        match ended {
            Ok(_) | Err(CommitError::Missing { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn failed(error: &JobError) -> Failed {
    match error {
        JobError::Ended => Failed::Gone,
        JobError::NoJob
        | JobError::Incorrect { .. }
        | JobError::Forbidden { .. }
        | JobError::NoFolder
        | JobError::Busy { .. }
        | JobError::File { .. }
        | JobError::Read { .. }
        | JobError::Commit { .. }
        | JobError::Store { .. } => match error.kind() {
            Kind::Incorrect | Kind::Forbidden | Kind::NotFound | Kind::Refused => {
                Failed::Never(error.to_string())
            }
            Kind::Conflict | Kind::Busy | Kind::Full | Kind::Fault => Failed::Later,
        },
    }
}
