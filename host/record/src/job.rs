//! Long work as jobs in the record: bulk export and import, which go on after a host was killed, on that host or another.
//!
//! Invariant: a job's state is a resource in the log, so a step and the note that it was done are one commit, and what was
//! not noted is done again from where the note says.

mod codec;
pub mod export;
mod folder;
pub mod import;
pub(crate) mod pace;
mod refusal;
mod work;

use std::path::PathBuf;
use std::sync::OnceLock;

use fhir::resource::{Id, Key, ResourceType};
use tokio::sync::Notify;

use self::codec::{Kept, State, Work};
pub use self::refusal::JobError;
use self::refusal::file;
use crate::audit::NewLeaf;
use crate::caller::{Caller, Role};
use crate::clock::rfc3339;
use crate::commit::CommitError;
use crate::log::{At, T};
use crate::proposal::{Change, Proposal};
use crate::store::StoreError;
use crate::{ReadError, Record, chance, limits};

/// What a record keeps about jobs in memory.
#[derive(Default)]
pub(crate) struct Jobs {
    /// Where their files lie.
    folder: OnceLock<PathBuf>,
    /// There is something to do.
    come: Notify,
}

/// The name of a job: nobody can guess it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JobId(Id);

/// How a job stands.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its name.
    pub id: JobId,
    /// The account that asked for it.
    pub account: String,
    /// As of which commit it exports, or at which it was asked for.
    pub t: T,
    /// When that commit was made, RFC 3339 in UTC.
    pub t_at: String,
    /// The request as its asker wrote it.
    pub request: String,
    /// How far it is.
    pub stands: Stands,
    /// Whether an operator made it wait.
    pub paused: bool,
}

/// How far a job is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stands {
    /// It goes on; in words, for people.
    Running(String),
    /// It is done.
    Done {
        /// Its files: what was exported, or what could not be imported.
        files: Vec<JobFile>,
        /// In words, for people.
        words: String,
        /// When its files are removed, RFC 3339 in UTC.
        until: String,
        /// The same in milliseconds since 1970.
        until_ms: i64,
    },
    /// It could not go on, and why.
    Failed(String),
}

/// One file of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobFile {
    /// Its name, which nobody can guess.
    pub name: String,
    /// What its lines are.
    pub of: FileOf,
    /// How many lines it has.
    pub count: u64,
}

/// What the lines of a job's file are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileOf {
    /// Resources of this type.
    Resources(String),
    /// Bundles that name what was deleted.
    Deleted,
    /// OperationOutcomes.
    Errors,
    /// Lines as they were sent, which could not be filed.
    Rejected,
}

impl JobId {
    /// A name that nobody can guess.
    fn new() -> Result<Self, StoreError> {
        Self::of(&hex::encode(chance::<16>()?)).ok_or(StoreError::Closed)
    }

    /// The name as it is written in addresses; `None` when it is none.
    pub fn of(text: &str) -> Option<Self> {
        let is_hex = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let id = is_hex.then(|| format!("job-{}", text.to_ascii_lowercase()))?;
        Some(Self(id.parse().ok()?))
    }

    /// The name as it is written in addresses.
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_start_matches("job-")
    }

    fn key(&self) -> Key {
        Key::new(ResourceType::BASIC, self.0.clone())
    }

    fn of_key(key: &Key) -> Option<Self> {
        Self::of(key.id.as_str().strip_prefix("job-")?)
    }
}

/// A job as it stands in the record, with the version that was seen.
#[derive(Clone, Debug)]
struct Held {
    id: JobId,
    kept: Kept,
    version: u64,
}

impl Record {
    /// Says where the files of jobs lie. Hosts of one database need one folder that all of them see.
    pub fn with_jobs(&self, folder: PathBuf) {
        // The first to say so is believed; a host says it once.
        drop(self.inner.jobs.folder.set(folder));
    }

    fn jobs(&self) -> &Jobs {
        &self.inner.jobs
    }

    /// How a job stands, for whoever asked for it or an operator.
    ///
    /// # Errors
    /// `NoJob` for a job that is unknown, cancelled or somebody else's: one answer.
    pub async fn job(&self, caller: &Caller, id: &JobId) -> Result<Job, JobError> {
        let held = self.job_of(caller, id).await?;
        let leaf = NewLeaf {
            t: self.current_t(),
            count: 1,
            ..NewLeaf::by(caller, "job", held.id.key().to_string())
        };
        self.keep_leaf(leaf).await?;
        self.shown(held).await
    }

    /// Every job that has not been removed yet, oldest first, for an operator.
    ///
    /// # Errors
    /// `Forbidden` for everybody else.
    pub async fn all_jobs(&self, caller: &Caller) -> Result<Vec<Job>, JobError> {
        if caller.role() != Role::Operator {
            let (account, what) = (
                caller.account().to_owned(),
                "see everybody's jobs".to_owned(),
            );
            return Err(JobError::Forbidden { account, what });
        }
        let mut all = Vec::new();
        for held in self.held_jobs().await? {
            all.push(self.shown(held).await?);
        }
        Ok(all)
    }

    async fn shown(&self, held: Held) -> Result<Job, JobError> {
        let stands = match (&held.kept.state, held.kept.ended_at_ms) {
            (State::Paused, _) => {
                let words = held.kept.work.words();
                Stands::Running(format!("paused by an operator; {words}"))
            }
            (State::Open, _) | (State::Done, None) => Stands::Running(held.kept.work.words()),
            (State::Failed(why), _) => Stands::Failed(why.clone()),
            (State::Done, Some(at_ms)) => {
                let until_ms = at_ms + limits::JOB_KEPT_MS;
                Stands::Done {
                    files: self.files_of(&held).await?,
                    words: held.kept.work.words(),
                    until: rfc3339(until_ms),
                    until_ms,
                }
            }
        };
        Ok(Job {
            account: held.kept.account.clone(),
            t: T(u64::try_from(held.kept.t).unwrap_or(0)),
            t_at: rfc3339(held.kept.t_at_ms),
            request: held.kept.request.clone(),
            paused: held.kept.state == State::Paused,
            id: held.id,
            stands,
        })
    }

    /// Where a file of a job lies, for whoever asked for it or an operator.
    ///
    /// # Errors
    /// `NoJob` for a job or file that is unknown, cancelled or somebody else's: one answer.
    pub async fn job_file(
        &self,
        caller: &Caller,
        id: &JobId,
        name: &str,
    ) -> Result<PathBuf, JobError> {
        let held = self.job_of(caller, id).await?;
        let files = self.files_of(&held).await?;
        let file = files.iter().find(|file| file.name == name);
        let file = file.filter(|_| held.kept.state == State::Done);
        let file = file.ok_or(JobError::NoJob)?;
        let leaf = NewLeaf {
            t: held.kept.t,
            count: i64::try_from(file.count).unwrap_or(i64::MAX),
            ..NewLeaf::by(caller, "job-file", format!("{}/{name}", held.id.key()))
        };
        self.keep_leaf(leaf).await?;
        Ok(self.folder_of(id)?.join(name))
    }

    /// Ends a job and removes its files, for whoever asked for it or an operator.
    ///
    /// # Errors
    /// `NoJob` for a job that is unknown, cancelled or somebody else's: one answer.
    pub async fn cancel_job(&self, caller: &Caller, id: &JobId) -> Result<(), JobError> {
        let held = self.job_of(caller, id).await?;
        let end = Change::Delete {
            key: held.id.key(),
            seen: None,
        };
        self.commit_granted(caller, Proposal::direct(vec![end]))
            .await?;
        self.remove_files(id).await
    }

    /// Makes a job wait, or lets it go on from where its note says, for an operator.
    ///
    /// # Errors
    /// `Forbidden` for everybody else; `NoJob` for one that is unknown; `Ended` when it is done, or moved on meanwhile.
    pub async fn pause_job(
        &self,
        caller: &Caller,
        id: &JobId,
        pause: Pause,
    ) -> Result<(), JobError> {
        if caller.role() != Role::Operator {
            let (account, what) = (caller.account().to_owned(), "pause jobs".to_owned());
            return Err(JobError::Forbidden { account, what });
        }
        let mut held = self.held_job(id).await?.ok_or(JobError::NoJob)?;
        held.kept.state = match (&held.kept.state, pause) {
            (State::Open | State::Paused, Pause::Wait) => State::Paused,
            (State::Open | State::Paused, Pause::GoOn) => State::Open,
            (State::Done | State::Failed(_), Pause::Wait | Pause::GoOn) => {
                return Err(JobError::Ended);
            }
        };
        let change = codec::written(id, &held.kept, Some(held.version))?;
        let paused = self.commit_granted(caller, Proposal::direct(vec![change]));
        paused.await.map_err(|why| match why {
            CommitError::Stale { .. } => JobError::Ended,
            why => why.into(),
        })?;
        self.jobs().come.notify_waiters();
        Ok(())
    }

    async fn job_of(&self, caller: &Caller, id: &JobId) -> Result<Held, JobError> {
        let held = self.held_job(id).await?.ok_or(JobError::NoJob)?;
        let is_own = held.kept.account == caller.account();
        if is_own || caller.role() == Role::Operator {
            Ok(held)
        } else {
            Err(JobError::NoJob)
        }
    }

    /// A job as it stands now.
    async fn held_job(&self, id: &JobId) -> Result<Option<Held>, JobError> {
        let found = self.read(&Caller::host(), &id.key(), &At::Now).await;
        match found {
            Ok(stored) => Ok(codec::read(&stored)),
            Err(ReadError::NotFound { .. } | ReadError::Gone { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps a new job and says that there is something to do.
    async fn begin_job(&self, caller: &Caller, begun: Begun) -> Result<JobId, JobError> {
        let open = self.held_jobs().await?;
        let open = open
            .iter()
            .filter(|held| matches!(held.kept.state, State::Open | State::Paused));
        let open = open.count();
        if open >= limits::JOBS_OPEN_MAX {
            return Err(JobError::Busy { open });
        }
        let Begun {
            id,
            t,
            t_at_ms,
            request,
            work,
        } = begun;
        let kept = Kept {
            account: caller.account().to_owned(),
            name: caller.name().to_owned(),
            role: caller.role().as_str().to_owned(),
            site: caller.site().as_str().to_owned(),
            request,
            t,
            t_at_ms,
            state: State::Open,
            ended_at_ms: None,
            work,
        };
        let change = codec::written(&id, &kept, None)?;
        self.commit_granted(caller, Proposal::direct(vec![change]))
            .await?;
        self.jobs().come.notify_waiters();
        Ok(id)
    }
}

/// What an operator says to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// To wait.
    Wait,
    /// To go on.
    GoOn,
}

/// A job that is to begin.
struct Begun {
    id: JobId,
    t: i64,
    t_at_ms: i64,
    request: String,
    work: Work,
}

/// A commit's number as a moment.
fn run_at(t: i64) -> At {
    At::Commit(T(u64::try_from(t).unwrap_or(0)))
}
