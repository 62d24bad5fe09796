//! The record's side of the seam: the library it was joined to, the releases it knows, and asking one of them.
//!
//! Invariant: a departmental's answer is waited for a bounded time, and what it does not answer is never "nothing found".

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use crate::departmental::rows::kept::RowsKept;
use crate::departmental::{
    Answer, Call, Chart, Digest, FailureKind, Library, LibraryError, Question, Release,
};
use crate::enablement::Known;
use crate::limits::{ASK_MS_MAX, RELEASES_MAX};
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
        let known = self
            .inner
            .seam
            .releases
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(digest)
            .cloned();
        if let Some(release) = known {
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

    /// Loads the call's release and puts the question. What it says or fails to say is an answer; only a library that
    /// does not give the release is an error.
    pub(crate) async fn ask(
        &self,
        call: &Call,
        question: Question,
        chart: &Chart,
    ) -> Result<Answer, LibraryError> {
        let departmental = self.library()?.load(&call.release.digest).await?;
        let answer = departmental.ask(call, question, chart);
        let answer = tokio::time::timeout(Duration::from_millis(ASK_MS_MAX), answer).await;
        let notes = chart.notes().len();
        let (departmental, version) = (&call.release.id, &call.release.version);
        let answer = answer.unwrap_or_else(|_| Answer::Failed {
            kind: FailureKind::Timeout,
            what: format!("no answer within {ASK_MS_MAX} ms"),
        });
        match &answer {
            Answer::Failed { kind, what } => {
                tracing::warn!(call = %call.id, notes, ?kind, "{departmental} {version} failed: {what}");
            }
            Answer::Screen(_) | Answer::Outcome(_) | Answer::Proposal(_) | Answer::Refused(_) => {
                tracing::debug!(call = %call.id, notes, "{departmental} {version} answered");
            }
        }
        Ok(answer)
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
            let found = match self.library() {
                Ok(library) => library.load(&digest).await.map(drop),
                Err(why) => Err(why),
            };
            match found {
                Ok(()) => loaded += 1,
                Err(why) => {
                    tracing::warn!(release.digest = %digest, "not loaded at the start: {why}")
                }
            }
        }
        Ok(loaded)
    }

    pub(super) fn rows_kept(&self) -> &RowsKept {
        &self.inner.seam.rows
    }

    fn library(&self) -> Result<&Arc<dyn Library>, LibraryError> {
        let library = self.inner.seam.library.get();
        library.ok_or_else(|| LibraryError::Unreachable {
            why: "this host was started without a library".to_owned(),
        })
    }
}
