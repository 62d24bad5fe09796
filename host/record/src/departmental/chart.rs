//! What a departmental reads: the record as of its call's `t`, through its grants, about its one patient.
//!
//! Invariant: a hidden, a foreign and an unknown resource give the same answer; calls and bytes are bounded.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use fhir::compartment;
use fhir::resource::{Id, Key, Resource, ResourceType};
use tokio::task::JoinHandle;

use crate::audit::NewLeaf;
use crate::caller::Caller;
use crate::departmental::grant::Grants;
use crate::departmental::search::{self, Asked};
use crate::departmental::{Call, Chart, Failure, Release};
use crate::limits::{CHART_BYTES_MAX, CHART_CALLS_MAX, LEAVES_OWED_MAX, NOTE_CHARS_MAX, NOTES_MAX};
use crate::log::{At, T};
use crate::search::{Found, Page};
use crate::{Kind, ReadError, Record, Stored, permission};

/// Everything a chart answers from.
pub(super) struct Window {
    pub(super) record: Record,
    pub(super) caller: Caller,
    pub(super) release: Arc<Release>,
    pub(super) grants: Grants,
    pub(super) patient: Option<Id>,
    pub(super) t: T,
    now: String,
    calls: AtomicU32,
    bytes: AtomicUsize,
    waited_us: AtomicU64,
    notes: Mutex<Vec<Note>>,
    leaves: tokio::sync::Mutex<Owed>,
}

/// What was read for a call and is being noted down meanwhile.
#[derive(Default)]
struct Owed {
    waiting: VecDeque<JoinHandle<Result<(), ReadError>>>,
    /// The first that could not be noted down.
    failed: Option<ReadError>,
}

/// A line that a departmental wrote for whoever keeps it running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// `error`, `warning`, `information` or `debug`.
    pub level: &'static str,
    /// What it wrote, cut to `limits::NOTE_CHARS_MAX` characters, without control characters.
    pub message: String,
}

impl Chart {
    /// The chart of one call, for a caller whose rights are already in the grants.
    pub(crate) fn new(record: &Record, caller: &Caller, call: &Call, grants: Grants) -> Self {
        Self {
            window: Arc::new(Window {
                record: record.clone(),
                caller: caller.clone(),
                release: Arc::clone(&call.release),
                grants,
                patient: call.patient.clone(),
                t: call.t,
                now: call.now.clone(),
                calls: AtomicU32::new(0),
                bytes: AtomicUsize::new(0),
                waited_us: AtomicU64::new(0),
                notes: Mutex::new(Vec::new()),
                leaves: tokio::sync::Mutex::default(),
            }),
        }
    }

    /// One resource as JSON, by `Type/id`.
    ///
    /// # Errors
    /// `not-granted`, `not-found` (also for another patient's), `invalid`, `limit`.
    pub async fn read(&self, reference: &str) -> Result<String, Failure> {
        let window = &self.window;
        let _waited = window.count_call()?;
        let key: Key = reference.parse().map_err(|_| {
            Failure::new(
                "invalid",
                "write a reference as Type/id, for example Observation/42",
            )
        })?;
        search::readable(
            key.resource_type.as_str(),
            &window.grants,
            window.patient.as_ref(),
        )?;
        let stored = window
            .record
            .read(&window.caller, &key, &At::Commit(window.t))
            .await;
        let body = match stored {
            Ok(Stored {
                body: Some(body), ..
            }) if window.is_in_reach(&key, &body) => body,
            Ok(_) => return Err(not_found(&key)),
            Err(error) if error.kind() == Kind::NotFound => return Err(not_found(&key)),
            Err(error) => return Err(as_failure(&error)),
        };
        window.count_bytes(body.len())?;
        Ok(body.to_string())
    }

    /// A searchset Bundle as JSON; `link` with relation `next` is the search of the following page, as of the same `t`.
    /// The host adds the call's patient.
    ///
    /// # Errors
    /// `not-granted`, `invalid`, `busy`, `limit`.
    pub async fn search(&self, query: &str) -> Result<String, Failure> {
        let window = &self.window;
        let _waited = window.count_call()?;
        let asked = search::allowed(query, &window.grants, window.patient.as_ref())?;
        let page = match &asked.query.page {
            Some(cursor) => Page::Next(cursor.clone()),
            None => Page::First(At::Commit(window.t)),
        };
        let found = match (
            &window.patient,
            permission::is_directory(asked.query.resource_type.as_str()),
        ) {
            (Some(patient), false) => {
                window
                    .record
                    .search_within(&window.caller, &asked.query, &page, patient)
                    .await
            }
            (Some(_) | None, true) => {
                window
                    .record
                    .search(&window.caller, &asked.query, &page)
                    .await
            }
            (None, false) => {
                return Err(Failure::new("not-granted", "this call is about no patient"));
            }
        };
        let found = found.map_err(|error| as_failure(&error))?;
        if found.t != window.t {
            return Err(Failure::new("invalid", "`_page` is not from this call"));
        }
        let bundle = window.bundle(&asked, &found);
        window.count_bytes(bundle.len())?;
        Ok(bundle)
    }

    /// The document of the release's pack of that name which is in force at the moment of the call, as JSON.
    ///
    /// # Errors
    /// `not-found`, `limit`.
    pub fn pack(&self, name: &str) -> Result<String, Failure> {
        let window = &self.window;
        let _waited = window.count_call()?;
        let pack = window
            .release
            .manifest
            .pack(name, &window.now)
            .ok_or_else(|| {
                let name: String = name.chars().take(64).collect();
                Failure::new(
                    "not-found",
                    format!("no pack {name} of the manifest is in force on this day"),
                )
            })?;
        let text = serde_json::to_string(&pack.document)
            .map_err(|_| Failure::new("fault", "the pack could not be written"))?;
        window.count_bytes(text.len())?;
        Ok(text)
    }

    /// A line for whoever keeps the departmental running; bounded, and never written to the host's own log as text.
    pub fn note(&self, level: &str, message: &str) {
        let level = match level {
            "error" => "error",
            "warning" => "warning",
            "debug" => "debug",
            _ => "information",
        };
        let mut notes = self
            .window
            .notes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if notes.len() < NOTES_MAX {
            let message = message
                .chars()
                .filter(|c| !c.is_control())
                .take(NOTE_CHARS_MAX)
                .collect();
            notes.push(Note { level, message });
        }
    }

    /// Waits until everything that was read is noted down; nothing that rests on it may leave before.
    ///
    /// # Errors
    /// The first reason why something could not be noted down.
    pub(crate) async fn settled(&self) -> Result<(), ReadError> {
        let mut owed = self.window.leaves.lock().await;
        while owed.one().await {}
        owed.failed.take().map_or(Ok(()), Err)
    }

    /// What reading it took so far.
    pub fn spent(&self) -> Spent {
        let window = &self.window;
        Spent {
            calls: window.calls.load(Ordering::Relaxed),
            bytes: window.bytes.load(Ordering::Relaxed),
            waited_us: window.waited_us.load(Ordering::Relaxed),
        }
    }

    /// What was noted so far, at most `limits::NOTES_MAX` lines.
    pub fn notes(&self) -> Vec<Note> {
        self.window
            .notes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// What reading a chart took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    /// Times that it was read.
    pub calls: u32,
    /// Bytes that were read.
    pub bytes: usize,
    /// Microseconds for which whoever asked waited for it.
    pub waited_us: u64,
}

/// A call of the chart that goes on.
pub(super) struct Waited<'w>(&'w Window, Instant);

impl Drop for Waited<'_> {
    fn drop(&mut self) {
        let us = u64::try_from(self.1.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.0.waited_us.fetch_add(us, Ordering::Relaxed);
    }
}

impl Owed {
    /// Waits for the oldest; false when there is none.
    async fn one(&mut self) -> bool {
        let Some(oldest) = self.waiting.pop_front() else {
            return false;
        };
        // A task that was ended noted nothing down that is known of.
        let kept = oldest.await.unwrap_or(Err(ReadError::Busy));
        self.failed = self.failed.take().or(kept.err());
        true
    }
}

impl Window {
    /// Has a leaf noted down while the call goes on: its answer waits for that, [`Chart::settled`].
    pub(super) async fn keep(&self, leaf: NewLeaf) {
        let record = self.record.clone();
        let mut owed = self.leaves.lock().await;
        owed.waiting
            .push_back(tokio::spawn(async move { record.keep_leaf(leaf).await }));
        while owed.waiting.len() > LEAVES_OWED_MAX {
            owed.one().await;
        }
    }

    /// Counts a call, and how long it takes until what this gives is dropped.
    pub(super) fn count_call(&self) -> Result<Waited<'_>, Failure> {
        let before = self.calls.fetch_add(1, Ordering::Relaxed);
        if before < CHART_CALLS_MAX {
            return Ok(Waited(self, Instant::now()));
        }
        self.calls.store(CHART_CALLS_MAX, Ordering::Relaxed);
        Err(Failure::new(
            "limit",
            format!("one call reads at most {CHART_CALLS_MAX} times: ask for larger pages"),
        ))
    }

    pub(super) fn count_bytes(&self, bytes: usize) -> Result<(), Failure> {
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) <= CHART_BYTES_MAX {
            Ok(())
        } else {
            Err(Failure::new(
                "limit",
                format!("one call reads at most {CHART_BYTES_MAX} bytes: ask for less"),
            ))
        }
    }

    /// Whether a resource is the patient's own, or about no patient at all.
    fn is_in_reach(&self, key: &Key, body: &str) -> bool {
        if permission::is_directory(key.resource_type.as_str()) {
            return true;
        }
        let Some(patient) = &self.patient else {
            return false;
        };
        if key.resource_type == ResourceType::PATIENT {
            return key.id == *patient;
        }
        let Ok(resource) = Resource::parse(body.as_bytes()) else {
            return false;
        };
        compartment::patient_of(&resource).as_ref() == Some(patient)
    }

    fn bundle(&self, asked: &Asked, found: &Found) -> String {
        let mut text = String::from(r#"{"resourceType":"Bundle","type":"searchset""#);
        if let Some(total) = found.total {
            text.push_str(&format!(r#","total":{total}"#));
        }
        if let Some(cursor) = &found.next {
            let url = serde_json::Value::String(search::next(asked, cursor));
            text.push_str(&format!(r#","link":[{{"relation":"next","url":{url}}}]"#));
        }
        let included = found.included.iter().filter(|stored| {
            let granted = self.grants.may_read(stored.key.resource_type.as_str());
            granted
                && stored
                    .body
                    .as_deref()
                    .is_some_and(|body| self.is_in_reach(&stored.key, body))
        });
        let entries = found.matches.iter().map(|stored| (stored, "match"));
        let mut opened = false;
        for (stored, mode) in entries.chain(included.map(|stored| (stored, "include"))) {
            let Some(body) = &stored.body else { continue };
            text.push_str(if opened { "," } else { r#","entry":["# });
            opened = true;
            text.push_str(r#"{"resource":"#);
            text.push_str(body);
            text.push_str(&format!(r#","search":{{"mode":"{mode}"}}}}"#));
        }
        text.push_str(if opened { "]}" } else { "}" });
        text
    }
}

fn not_found(key: &Key) -> Failure {
    Failure::new("not-found", format!("there is no {key} in this chart"))
}

/// What a departmental is told when the record did not answer: never anything about the database.
pub(super) fn as_failure(error: &ReadError) -> Failure {
    match error.kind() {
        Kind::NotFound => Failure::new("not-found", "there is no such resource in this chart"),
        Kind::Forbidden => Failure::new("not-granted", "the person who asks may not read this"),
        Kind::Incorrect => Failure::new("invalid", error.to_string()),
        Kind::Busy | Kind::Full => Failure::new("busy", "the record is busy"),
        Kind::Conflict | Kind::Refused | Kind::Fault => {
            Failure::new("fault", "the record could not be read")
        }
    }
}

#[cfg(test)]
mod tests;
