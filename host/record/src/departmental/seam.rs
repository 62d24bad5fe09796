//! The record's side of the seam: the library it was joined to, the releases it knows, and asking one of them.
//!
//! Invariant: a departmental's answer is waited for a bounded time and leaves only after its call is kept; what it does not
//! answer is never "nothing found".

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use crate::caller::Caller;
use crate::departmental::advice::Turns;
use crate::departmental::call_log;
use crate::departmental::chart::as_failure;
use crate::departmental::cost::{Answered, Cost};
use crate::departmental::grant::Grants;
use crate::departmental::rows::kept::RowsKept;
use crate::departmental::strikes::Verdict;
use crate::departmental::watch::{Post, Watch, Watched};
use crate::departmental::{
    Answer, Call, Chart, Departmental, Digest, FailureKind, Library, LibraryError, Question,
    Release,
};
use crate::enablement::{EnableError, Known, may_decide};
use crate::limits::{ADVICE_MS_MAX, ASK_MS_MAX, LOADING_MAX, RELEASES_MAX};
use crate::{ReadError, Record};

/// What the seam keeps in memory.
#[derive(Default)]
pub(crate) struct Seam {
    library: OnceLock<Arc<dyn Library>>,
    releases: RwLock<HashMap<Digest, Arc<Release>>>,
    /// What is enabled, as of the commit up to which the log was read.
    pub(crate) known: tokio::sync::Mutex<Known>,
    /// What each release does at each site.
    pub(crate) watch: Watch,
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

    /// Puts to a release the golden cases that it carries.
    pub(crate) async fn rehearse(&self, digest: &Digest) -> Result<(), LibraryError> {
        self.library()?.rehearse(digest).await
    }

    /// Puts the question, unless the release rests, and keeps the call, whatever comes of it; then gives the answer. What
    /// the departmental says or fails to say is an answer. A question for which there was no turn is no call.
    pub(crate) async fn ask(
        &self,
        caller: &Caller,
        call: &Call,
        question: Question,
        grants: &Grants,
    ) -> Result<Answer, Unasked> {
        let (watch, post) = (&self.inner.seam.watch, Post::of(call));
        if let Some(until_ms) = watch.rests_until(&post, self.now_ms()) {
            return Ok(resting(until_ms));
        }
        let asked = call_log::question(&question);
        let answered = self.answered(caller, call, question, grants).await?;
        let verdict = watch.answered(&post, self.now_ms(), &answered);
        self.follow_up(&post, verdict).await;
        if let Answer::Failed { kind, .. } = &answered.answer
            && kind.was_not_asked()
        {
            return Ok(answered.answer);
        }
        let leaf = call_log::leaf(caller, call, &asked, &answered, grants);
        self.keep_leaf(leaf).await?;
        Ok(answered.answer)
    }

    /// Loads the call's release and puts the question, once more or for the first time; nothing is kept of it. Only a
    /// library that does not give the release is an error.
    pub(super) async fn answered(
        &self,
        caller: &Caller,
        call: &Call,
        question: Question,
        grants: &Grants,
    ) -> Result<Answered, LibraryError> {
        let departmental = self.library()?.load(&call.release.digest).await?;
        let asked = self.answered_by(departmental.as_ref(), caller, call, question, grants);
        Ok(asked.await)
    }

    /// Puts the question to a departmental that is loaded; nothing is kept of it.
    pub(super) async fn answered_by(
        &self,
        departmental: &dyn Departmental,
        caller: &Caller,
        call: &Call,
        question: Question,
        grants: &Grants,
    ) -> Answered {
        let chart = Chart::new(self, caller, call, grants.clone());
        let began = Instant::now();
        let within_ms = match &question {
            Question::Advise { .. } => ADVICE_MS_MAX,
            Question::Open { .. } | Question::Submit { .. } => ASK_MS_MAX,
            Question::React { .. } | Question::Convert { .. } => ASK_MS_MAX,
        };
        let answered = departmental.ask(call, question, &chart);
        let answered = tokio::time::timeout(Duration::from_millis(within_ms), answered).await;
        let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        let answered = answered.unwrap_or_else(|_| {
            Answered::from(Answer::Failed {
                kind: FailureKind::Timeout,
                what: format!("no answer within {within_ms} ms"),
            })
        });
        // What it rests on is noted down before it leaves.
        let answer = match chart.settled().await {
            Ok(()) => answered.answer,
            Err(why) => Answer::Refused(as_failure(&why)),
        };
        tell(call, chart.notes().len(), &answer);
        let spent = chart.spent();
        let cost = Cost {
            micros,
            chart_calls: spent.calls,
            chart_us: spent.waited_us,
            read_bytes: spent.bytes as u64,
            ..answered.cost
        };
        Answered { answer, cost }
    }

    /// Does what follows from a bad spell.
    async fn follow_up(&self, post: &Post, verdict: Verdict) {
        let Post {
            site,
            departmental,
            digest,
        } = post;
        match verdict {
            Verdict::GoOn => {}
            Verdict::Rest { until_ms } => {
                let until = crate::clock::rfc3339(until_ms);
                tracing::warn!(site = %site, release.digest = %digest, "{departmental} failed so often at {site} that it is not asked before {until}");
            }
            Verdict::HoldBack { until_ms } => {
                let moment = crate::clock::rfc3339(self.now_ms());
                let why =
                    format!("it failed again and again, at last at {moment}, after several rests");
                match self.hold_back(post, &why).await {
                    Ok(()) => {
                        tracing::error!(site = %site, release.digest = %digest, "{departmental} is held back at {site} until an administrator lets it run again: {why}");
                    }
                    Err(error) => {
                        let until = crate::clock::rfc3339(until_ms);
                        tracing::error!(site = %site, release.digest = %digest, "{departmental} should be held back at {site}, which could not be kept; it is not asked before {until}: {error}");
                    }
                }
            }
        }
    }

    /// What the releases that this host asked did, by site, since it was started.
    ///
    /// # Errors
    /// `Forbidden` for everybody but trust administrators.
    pub fn watched(&self, caller: &Caller) -> Result<Vec<Watched>, EnableError> {
        may_decide(caller)?;
        Ok(self.inner.seam.watch.all(self.now_ms()))
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
        let (mut loading, mut loaded) = (JoinSet::new(), 0);
        for digest in digests {
            if loading.len() >= LOADING_MAX {
                loaded += usize::from(loading.join_next().await.is_some_and(came));
            }
            let record = self.clone();
            loading.spawn(async move { record.load_at_start(&digest).await });
        }
        while let Some(ended) = loading.join_next().await {
            loaded += usize::from(came(ended));
        }
        Ok(loaded)
    }

    /// Whether it is loaded now.
    async fn load_at_start(&self, digest: &Digest) -> bool {
        let found = self.load(digest).await;
        if let Err(why) = &found {
            tracing::warn!(release.digest = %digest, "not loaded at the start: {why}");
        }
        found.is_ok()
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

fn came(ended: Result<bool, JoinError>) -> bool {
    ended.unwrap_or(false)
}

/// Says in the log how a call ended.
fn tell(call: &Call, notes: usize, answer: &Answer) {
    let (departmental, version) = (&call.release.id, &call.release.version);
    match answer {
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
}

fn resting(until_ms: i64) -> Answer {
    let until = crate::clock::rfc3339(until_ms);
    Answer::Failed {
        kind: FailureKind::Resting,
        what: format!("it failed so often that it is not asked before {until}"),
    }
}

#[cfg(test)]
mod tests;
