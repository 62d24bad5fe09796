//! Bundles: a transaction is one commit, and what it reads is read afterwards; each entry of a batch is a request of its own.
//!
//! Invariant: the answer's entries are in the order of the request's, and a refused transaction leaves nothing.

mod document;
mod entry;

use axum::body::Bytes;
use axum::http::StatusCode;
use axum::response::Response;
use fhir::bundle::{self, BundleKind, Entry, Method};
use fhir::outcome::{Issue, IssueType};
use fhir::query::Query;
use fhir::resource::{Key, ResourceType};
use record::commit::Outcome;
use record::commit::bundle::once::Once;
use record::log::{At, T};
use serde_json::json;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::JoinSet;

use self::entry::{Said, ask_for, request};
use super::answer;
use super::ask::Ask;
use super::prefer::{self, Give};
use super::sent;
use crate::limits::{
    BUNDLE_ANSWER_BYTES_MAX, BUNDLE_AT_ONCE, BUNDLE_BYTES_AT_ONCE, BUNDLE_BYTES_SMALL,
    BUNDLE_ENTRIES_MAX, BUNDLE_WAIT,
};
use crate::problem::Problem;

/// `POST /fhir`: 200 with the answers; a document or message is filed. A transaction that fails is answered with why, and nothing of it was done; an entry
/// of a batch fails alone.
pub(super) async fn bundle(mut ask: Ask, body: Bytes) -> Result<Response, Problem> {
    ask.left_over()?;
    let _room = room(&ask.door.bundles, body.len()).await?;
    let bundle = sent::any(&body)?;
    if record::document::is_document(&bundle) {
        return document::filed(&ask, &bundle, &body).await;
    }
    let bundle = bundle::read(bundle, BUNDLE_ENTRIES_MAX);
    let bundle = bundle.map_err(|why| Problem::with(StatusCode::BAD_REQUEST, vec![why.issue()]))?;
    match bundle.kind {
        BundleKind::Transaction => {
            let once = ask.once(&body)?;
            drop(body);
            transaction(&ask, bundle.entries, once.as_ref()).await
        }
        BundleKind::Batch => batch(&ask, bundle).await,
    }
}

/// Room for a bundle, unless it is small; held while it is worked on.
async fn room(all: &Semaphore, bytes: usize) -> Result<Option<SemaphorePermit<'_>>, Problem> {
    if bytes <= BUNDLE_BYTES_SMALL {
        return Ok(None);
    }
    let permits = u32::try_from(bytes.min(BUNDLE_BYTES_AT_ONCE)).unwrap_or(u32::MAX);
    let waited = tokio::time::timeout(BUNDLE_WAIT, all.acquire_many(permits)).await;
    match waited {
        Ok(Ok(permit)) => Ok(Some(permit)),
        Ok(Err(_)) | Err(_) => Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            IssueType::Throttled,
            "too many large bundles are being worked on: send it again in a moment",
        )),
    }
}

async fn transaction(
    ask: &Ask,
    entries: Vec<Entry>,
    once: Option<&Once>,
) -> Result<Response, Problem> {
    let mut reads = Vec::new();
    let changed =
        |entry: &Entry| entry.resource.is_some() || entry.request.method == Method::Delete;
    for entry in &entries {
        if !changed(entry) {
            can_be_read(ask, entry, &entries).await?;
            reads.push(entry.clone());
        }
    }
    let n = entries.len();
    let record = &ask.door.record;
    let done = record.transaction(&ask.caller, entries, once).await?;
    let mut answers = vec![String::new(); n];
    let give = prefer::give(&ask.headers);
    for (answer, outcome) in answers.iter_mut().zip(&done.outcomes) {
        if let Some(outcome) = outcome {
            *answer = changed_entry(ask, outcome, give);
        }
    }
    let mut room = BUNDLE_ANSWER_BYTES_MAX;
    let routes = entry::routes(&ask.door);
    for entry in reads {
        let place = entry.index;
        let request = request(ask, entry, Some(done.t))?;
        answers[place] = fitting(ask_for(routes.clone(), request).await, &mut room);
    }
    Ok(answered("transaction-response", done.t, &answers))
}

/// Refuses, before anything is written, what could only be refused afterwards: a read of what is not there, a search that
/// is none.
async fn can_be_read(ask: &Ask, entry: &Entry, all: &[Entry]) -> Result<(), Problem> {
    let url = entry.request.url.as_str();
    let refused = |problem: Problem| problem.within(&format!("Bundle.entry[{}]", entry.index));
    let made_here =
        |entry: &Entry| entry.request.method != Method::Delete && entry.resource.is_some();
    if all
        .iter()
        .any(|other| made_here(other) && other.request.url == url)
    {
        return Ok(());
    }
    if let Ok(key) = url.parse::<Key>() {
        let ended =
            |other: &Entry| other.request.method == Method::Delete && other.request.url == url;
        if all.iter().any(ended) {
            let details =
                format!("{key} is deleted by this transaction, so that it cannot be read");
            let problem = Problem::new(StatusCode::BAD_REQUEST, IssueType::Invalid, details);
            return Err(refused(problem));
        }
        let read = ask.door.record.read(&ask.caller, &key, &At::Now).await;
        return read.map(drop).map_err(|why| refused(why.into()));
    }
    let (path, text) = url.split_once('?').unwrap_or((url, ""));
    if let Ok(of) = path.parse::<ResourceType>() {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(text.as_bytes())
            .into_owned()
            .collect();
        let record = &ask.door.record;
        let known = record.known_parameters().await?;
        let bad = |issue: Issue| Problem::with(StatusCode::BAD_REQUEST, vec![issue]);
        let query = Query::parse_among(&known, of, &pairs);
        let query = query.map_err(|why| refused(bad(why.issue())))?;
        let usable = record.usable(&query).await;
        return usable.map_err(|why| refused(why.into()));
    }
    Ok(())
}

async fn batch(ask: &Ask, bundle: bundle::Bundle) -> Result<Response, Problem> {
    let mut answers = vec![String::new(); bundle.entries.len() + bundle.refused.len()];
    for (place, why) in bundle.refused {
        let problem = Problem::with(StatusCode::BAD_REQUEST, vec![why.issue()]);
        answers[place] = Said::of(problem).entry();
    }
    let mut room = BUNDLE_ANSWER_BYTES_MAX;
    let routes = entry::routes(&ask.door);
    let mut entries = bundle.entries.into_iter().peekable();
    while let Some(first) = entries.next() {
        let mut together = vec![first];
        while let Some(next) = entries.next_if(|next| beside(&together, next)) {
            together.push(next);
        }
        let mut tasks = JoinSet::new();
        for entry in together {
            let (routes, place) = (routes.clone(), entry.index);
            let request = request(ask, entry, None);
            tasks.spawn(async move {
                match request {
                    Ok(request) => (place, ask_for(routes, request).await),
                    Err(problem) => (place, Said::of(problem)),
                }
            });
        }
        while let Some(said) = tasks.join_next().await {
            let (place, said) = said.map_err(|_| entry::broken())?;
            answers[place] = fitting(said, &mut room);
        }
    }
    Ok(answered(
        "batch-response",
        ask.door.record.current(),
        &answers,
    ))
}

/// Whether an entry may be asked for beside those before it: all read, or all are plain creates, so that their order
/// makes no difference.
fn beside(before: &[Entry], next: &Entry) -> bool {
    let kind = |entry: &Entry| match entry.request.method {
        Method::Get | Method::Head => Some(Method::Get),
        Method::Post if entry.request.if_none_exist.is_none() => Some(Method::Post),
        Method::Post | Method::Put | Method::Patch | Method::Delete => None,
    };
    let first = before.first().and_then(kind);
    before.len() < BUNDLE_AT_ONCE && first.is_some() && first == kind(next)
}

/// The entry of an answer, as long as all of them together are not too long.
fn fitting(said: Said, room: &mut usize) -> String {
    let text = said.entry();
    match room.checked_sub(text.len()) {
        Some(left) => {
            *room = left;
            text
        }
        None => {
            let details = "the answers of this bundle are longer than is sent at once: ask for this one on its own";
            let problem = Problem::new(StatusCode::PAYLOAD_TOO_LARGE, IssueType::TooLong, details);
            Said::of(problem).entry()
        }
    }
}

/// What a change of a transaction did.
fn changed_entry(ask: &Ask, outcome: &Outcome, give: Option<Give>) -> String {
    let status = answer::status(outcome.what);
    let mut response = json!({"status": entry::status_line(status)});
    if outcome.version > 0 {
        let Outcome { key, version, .. } = outcome;
        response["location"] = format!("{key}/_history/{version}").into();
        response["etag"] = format!("W/\"{version}\"").into();
        response["lastModified"] = outcome.last_updated.as_str().into();
    }
    let (mut full_url, mut resource) = (String::new(), String::new());
    match (give, outcome.body.as_deref()) {
        (Some(Give::Representation), Some(body)) => {
            let url = format!("{}/{}", ask.base(), outcome.key);
            full_url = format!("\"fullUrl\":{},", json!(url));
            resource = format!("\"resource\":{body},");
        }
        (Some(Give::OperationOutcome), _) => {
            response["outcome"] = serde_json::from_str(&answer::done(outcome)).unwrap_or_default();
        }
        (Some(Give::Minimal | Give::Representation) | None, _) => {}
    }
    format!("{{{full_url}{resource}\"response\":{response}}}")
}

fn answered(kind: &str, t: T, entries: &[String]) -> Response {
    let entries = match entries {
        [] => String::new(),
        entries => format!(",\"entry\":[{}]", entries.join(",")),
    };
    let text = format!("{{\"resourceType\":\"Bundle\",\"type\":\"{kind}\"{entries}}}");
    answer::read_at(t, text)
}
