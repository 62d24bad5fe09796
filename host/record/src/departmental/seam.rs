//! The record's side of the seam: the library it was joined to, the releases it knows, and asking one of them.
//!
//! Invariant: a departmental's answer is waited for a bounded time and leaves only after its call is kept; what it does not
//! answer is never "nothing found".

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use tokio::time::Instant;

use crate::caller::Caller;
use crate::departmental::advice::Turns;
use crate::departmental::call_log::{self, Cost};
use crate::departmental::grant::Grants;
use crate::departmental::rows::kept::RowsKept;
use crate::departmental::{
    Answer, Call, Chart, Digest, FailureKind, Library, LibraryError, Question, Release,
};
use crate::enablement::Known;
use crate::limits::{ADVICE_MS_MAX, ASK_MS_MAX, RELEASES_MAX};
use crate::{ReadError, Record};

/// What the seam keeps in memory.
#[derive(Default)]
pub(crate) struct Seam {
    library: OnceLock<Arc<dyn Library>>,
    releases: RwLock<HashMap<Digest, Arc<Release>>>,
    /// What is enabled, as of the commit up to which the log was read.
    pub(crate) known: tokio::sync::Mutex<Known>,
    /// Rows of views that were made before.
    rows: RowsKept,
    /// Turns for advice.
    advising: Turns,
    /// Whose turn it is to count identifiers.
    pub(crate) numbering: tokio::sync::Mutex<()>,
}

/// Why there is no answer. It never means "nothing found".
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unasked {
    /// The release could not be had.
    #[error(transparent)]
    Library(#[from] LibraryError),
    /// The call could not be kept, so its answer does not leave.
    #[error(transparent)]
    Kept(#[from] ReadError),
}

impl Record {
    /// Joins the record to the departmentals this host can load. Only the first call counts.
    pub fn with_library(&self, library: Arc<dyn Library>) {
        if self.inner.seam.library.set(library).is_err() {
            tracing::warn!("a second library was ignored");
        }
    }

    /// What the library publishes now; what it no longer publishes is forgotten.
    pub(crate) async fn published_releases(&self) -> Result<Vec<Arc<Release>>, LibraryError> {
        let releases = self.library()?.published().await?;
        if releases.len() > RELEASES_MAX {
            return Err(LibraryError::Unreachable {
                why: format!("it publishes more than {RELEASES_MAX} releases"),
            });
        }
        let by_digest = releases
            .iter()
            .map(|release| (release.digest.clone(), Arc::clone(release)))
            .collect();
        *self
            .inner
            .seam
            .releases
            .write()
            .unwrap_or_else(PoisonError::into_inner) = by_digest;
        Ok(releases)
    }

    /// One published release, from memory where it is known.
    pub(crate) async fn release(&self, digest: &Digest) -> Result<Arc<Release>, LibraryError> {
        if let Some(release) = self.known_release(digest) {
            return Ok(release);
        }
        let published = self.published_releases().await?;
        published
            .into_iter()
            .find(|release| release.digest == *digest)
            .ok_or_else(|| LibraryError::NotPublished {
                digest: digest.to_string(),
            })
    }

    /// One published release, if it is in memory.
    pub(super) fn known_release(&self, digest: &Digest) -> Option<Arc<Release>> {
        let releases = self.inner.seam.releases.read();
        let releases = releases.unwrap_or_else(PoisonError::into_inner);
        releases.get(digest).cloned()
    }

    /// Loads a release, if it can be run here.
    pub(crate) async fn load(&self, digest: &Digest) -> Result<(), LibraryError> {
        self.library()?.load(digest).await.map(drop)
    }

    /// Puts the question and keeps the call, whatever comes of it; then gives the answer. What the departmental says or
    /// fails to say is an answer.
    pub(crate) async fn ask(
        &self,
        caller: &Caller,
        call: &Call,
        question: Question,
        grants: &Grants,
    ) -> Result<Answer, Unasked> {
        let asked = call_log::question(&question);
        let (answer, cost) = self.answered(caller, call, question, grants).await?;
        let leaf = call_log::leaf(caller, call, &asked, &answer, (grants, cost));
        self.keep_leaf(leaf).await?;
        Ok(answer)
    }

    /// Loads the call's release and puts the question, once more or for the first time; nothing is kept of it. Only a
    /// library that does not give the release is an error.
    pub(super) async fn answered(
        &self,
        caller: &Caller,
        call: &Call,
        question: Question,
        grants: &Grants,
    ) -> Result<(Answer, Cost), LibraryError> {
        let departmental = self.library()?.load(&call.release.digest).await?;
        let chart = Chart::new(self, caller, call, grants.clone());
        let began = Instant::now();
        let within_ms = match &question {
            Question::Advise { .. } => ADVICE_MS_MAX,
            Question::Open { .. } | Question::Submit { .. } => ASK_MS_MAX,
            Question::React { .. } | Question::Convert { .. } => ASK_MS_MAX,
        };
        let answer = departmental.ask(call, question, &chart);
        let answer = tokio::time::timeout(Duration::from_millis(within_ms), answer).await;
        let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        let notes = chart.notes().len();
        let (departmental, version) = (&call.release.id, &call.release.version);
        let answer = answer.unwrap_or_else(|_| Answer::Failed {
            kind: FailureKind::Timeout,
            what: format!("no answer within {within_ms} ms"),
        });
        match &answer {
            Answer::Failed { kind, what } => {
                tracing::warn!(call = %call.id, notes, ?kind, "{departmental} {version} failed: {what}");
            }
            Answer::Screen(_)
            | Answer::Outcome(_)
            | Answer::Proposal(_)
            | Answer::Advice(_)
            | Answer::Refused(_) => {
                tracing::debug!(call = %call.id, notes, "{departmental} {version} answered");
            }
        }
        let (chart_calls, chart_bytes) = chart.spent();
        let cost = Cost {
            micros,
            chart_calls,
            chart_bytes: chart_bytes as u64,
        };
        Ok((answer, cost))
    }

    /// Loads every release that is enabled anywhere, so that nobody's first screen waits for it; says how many. What
    /// cannot be loaded now is said in the log and tried again when it is asked.
    ///
    /// # Errors
    /// When what is enabled cannot be read.
    pub async fn load_enabled(&self) -> Result<usize, ReadError> {
        let mut digests: Vec<Digest> = self
            .all_enablements()
            .await?
            .into_iter()
            .map(|it| it.digest)
            .collect();
        digests.sort();
        digests.dedup();
        let mut loaded = 0;
        for digest in digests {
            match self.load(&digest).await {
                Ok(()) => loaded += 1,
                Err(why) => {
                    tracing::warn!(release.digest = %digest, "not loaded at the start: {why}")
                }
            }
        }
        Ok(loaded)
    }

    pub(super) fn advising(&self) -> &Turns {
        &self.inner.seam.advising
    }

    pub(super) fn rows_kept(&self) -> &RowsKept {
        &self.inner.seam.rows
    }

    pub(crate) fn library(&self) -> Result<&Arc<dyn Library>, LibraryError> {
        let library = self.inner.seam.library.get();
        library.ok_or_else(|| LibraryError::Unreachable {
            why: "this host was started without a library".to_owned(),
        })
    }
}
