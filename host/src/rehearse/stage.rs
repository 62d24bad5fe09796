//! One case played: a record of its own with the chart in it, the call put as in service, and the answer held against the
//! written one.
//!
//! Invariant: the chart is committed by the one write path and by the clock of the case; nothing of it is left afterwards.

use std::sync::Arc;

use fhir::bundle;
use fhir::resource::Resource;
use record::clock::Written;
use record::commit::CommitError;
use record::departmental::rehearsal::Rehearsal;
use record::departmental::{
    Answer, Departmental, Digest, Library, LibraryError, Release, Reply, Unfit,
};
use record::store::Place;
use record::{Record, with_causes};
use sandbox::Loaded;
use serde_json::{Value, json};

use super::case::{Case, Expected};
use super::differing::Differences;
use super::report::{Figures, Outcome};

/// Resources of one chart: as many as one commit takes.
const CHART_RESOURCES_MAX: usize = record::limits::CHANGES_MAX;
/// What is said of one resource that is not valid, at most.
const ISSUES_SAID_MAX: usize = 5;

/// A component, loaded twice.
pub(crate) struct Players {
    /// As in service.
    pub(crate) service: Arc<Loaded>,
    /// With its instructions counted, where somebody wants to know them.
    pub(crate) counting: Option<Loaded>,
}

/// A library with one release in it, which nobody has signed.
struct One {
    release: Arc<Release>,
    loaded: Arc<Loaded>,
}

impl Library for One {
    fn published(&self) -> Reply<'_, Result<Vec<Arc<Release>>, LibraryError>> {
        let all = vec![Arc::clone(&self.release)];
        Box::pin(async move { Ok(all) })
    }

    fn load(&self, digest: &Digest) -> Reply<'_, Result<Arc<dyn Departmental>, LibraryError>> {
        let found = if *digest == self.release.digest {
            Ok(Arc::clone(&self.loaded) as Arc<dyn Departmental>)
        } else {
            let digest = digest.to_string();
            Err(LibraryError::NotPublished { digest })
        };
        Box::pin(async move { found })
    }

    /// It is being rehearsed.
    fn rehearse(&self, _: &Digest) -> Reply<'_, Result<(), LibraryError>> {
        Box::pin(async { Ok(()) })
    }

    fn unfit(&self) -> Vec<Unfit> {
        Vec::new()
    }
}

/// Plays a case; why it could not be played is an outcome too.
pub(crate) async fn play(
    release: &Arc<Release>,
    players: &Players,
    case: &Case,
    chart: Vec<Value>,
) -> Outcome {
    match on_a_record(release, players, case, chart).await {
        Ok(outcome) => outcome,
        Err(why) => Outcome::not_played(case, why),
    }
}

async fn on_a_record(
    release: &Arc<Release>,
    players: &Players,
    case: &Case,
    chart: Vec<Value>,
) -> Result<Outcome, String> {
    let clock = Arc::new(Written::at_ms(case.now_ms()?));
    let folder = tempfile::tempdir().map_err(|why| format!("no folder for its record: {why}"))?;
    let record = Record::open(&Place::Sqlite(folder.path().to_owned()), clock)
        .await
        .map_err(|why| with_causes(&why))?;
    record.with_library(Arc::new(One {
        release: Arc::clone(release),
        loaded: Arc::clone(&players.service),
    }));
    let outcome = on_stage(&record, release, players, case, chart).await;
    record.close().await;
    outcome
}

async fn on_stage(
    record: &Record,
    release: &Arc<Release>,
    players: &Players,
    case: &Case,
    chart: Vec<Value>,
) -> Result<Outcome, String> {
    let expected = case.expected()?;
    let scene = case.scene()?;
    let operator = record.operator(&scene.site);
    file(record, &operator, chart).await?;
    let rehearsal = record.rehearsal(&operator, release, scene).await;
    let rehearsal = rehearsal.map_err(|why| with_causes(&why))?;
    judged(&rehearsal, players, case, &expected).await
}

/// Asks as in service when nothing is warm yet, as in service again, and with instructions counted where that is wanted.
async fn judged(
    rehearsal: &Rehearsal,
    players: &Players,
    case: &Case,
    expected: &Expected,
) -> Result<Outcome, String> {
    let first = rehearsal.ask(players.service.as_ref()).await;
    if let Answer::Failed { kind, what } = &first.answer {
        let why = format!("it failed ({}): {what}", kind.word());
        return Ok(Outcome::not_played(case, why));
    }
    let again = rehearsal.ask(players.service.as_ref()).await;
    let counted = match &players.counting {
        Some(counting) => Some(rehearsal.ask(counting).await),
        None => None,
    };
    let figures = Figures {
        instructions: counted.as_ref().and_then(|it| it.cost.instructions),
        micros: first.cost.micros.min(again.cost.micros),
        memory_bytes: again.cost.memory_bytes,
        answer_bytes: again.cost.answer_bytes,
        chart_calls: again.cost.chart_calls,
        read_bytes: again.cost.read_bytes,
    };
    let mut outcome = Outcome::played(case, figures);
    for other in [Some(&again), counted.as_ref()].into_iter().flatten() {
        if other.answer != first.answer {
            let what = "asked again, it answered otherwise: an answer may rest on nothing but the call and the chart";
            outcome.fail(what.to_owned());
            outcome.differ(between(&said(&first.answer), &said(&other.answer)));
            return Ok(outcome);
        }
    }
    outcome.differ(between(&as_value(expected), &said(&first.answer)));
    if let Err(why) = rehearsal.take(&first.answer).await {
        outcome.fail(format!(
            "the host would not take the answer: {}",
            with_causes(&why)
        ));
    }
    Ok(outcome)
}

fn between(expected: &Value, found: &Value) -> Differences {
    Differences::between(expected, found)
}

/// What is expected, as one document with what was said.
fn as_value(expected: &Expected) -> Value {
    match expected {
        Expected::Document(document) => json!({ "answer": document }),
        Expected::Failure(it) => json!({ "failure": { "code": it.code, "detail": it.detail } }),
    }
}

/// An answer as a case would write it.
fn said(answer: &Answer) -> Value {
    match answer {
        Answer::Screen(document)
        | Answer::Outcome(document)
        | Answer::Proposal(document)
        | Answer::Advice(document) => json!({ "answer": document }),
        Answer::Refused(it) => json!({ "failure": { "code": it.code, "detail": it.detail } }),
        Answer::Failed { kind, what } => json!({ "failed": { "kind": kind.word(), "what": what } }),
    }
}

/// Commits a chart, all of it at once, each resource under its own id.
async fn file(
    record: &Record,
    operator: &record::caller::Caller,
    chart: Vec<Value>,
) -> Result<(), String> {
    if chart.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = chart.iter().map(name).collect();
    let mut entries = Vec::with_capacity(chart.len());
    for (resource, name) in chart.into_iter().zip(&names) {
        if name.is_empty() {
            return Err(
                "a resource of the chart has no resourceType or no id: give it both".to_owned(),
            );
        }
        entries.push(json!({ "resource": resource, "request": { "method": "PUT", "url": name } }));
    }
    let bundle = json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries });
    let bundle = Resource::from_value(bundle).map_err(|why| format!("the chart: {why}"))?;
    let bundle = bundle::read(bundle, CHART_RESOURCES_MAX).map_err(|why| {
        let place = match &why {
            bundle::BundleError::Entry { index, .. }
            | bundle::BundleError::Resource { index, .. } => Some(*index),
            bundle::BundleError::NotABundle(_)
            | bundle::BundleError::Kind(_)
            | bundle::BundleError::TooMany { .. } => None,
        };
        in_chart(&names, place, &with_causes(&why))
    })?;
    let committed = record.transaction(operator, bundle.entries, None).await;
    committed
        .map(drop)
        .map_err(|why| in_chart(&names, place(&why), &reason(&why)))
}

/// `Type/id`; empty when it has none.
fn name(resource: &Value) -> String {
    let member = |name: &str| resource.get(name).and_then(Value::as_str);
    match (member("resourceType"), member("id")) {
        (Some(of), Some(id)) => format!("{of}/{id}"),
        (Some(_) | None, Some(_) | None) => String::new(),
    }
}

/// What is wrong, with the resource at fault.
fn in_chart(names: &[String], place: Option<usize>, why: &str) -> String {
    match place.and_then(|place| names.get(place)) {
        Some(name) => {
            let entry = format!("Bundle.entry[{}].resource.", place.unwrap_or_default());
            let why = why.replace(&entry, "");
            format!("the chart's {name} cannot be filed: {why}")
        }
        None => format!("the chart cannot be filed: {why}"),
    }
}

/// Which entry of the chart is at fault, where one is.
fn place(why: &CommitError) -> Option<usize> {
    match why {
        CommitError::Invalid { change, .. }
        | CommitError::UnknownReference { change, .. }
        | CommitError::Ambiguous { change, .. }
        | CommitError::NoMatch { change, .. }
        | CommitError::Taken { change, .. }
        | CommitError::Unpatchable { change, .. }
        | CommitError::Refused { change, .. }
        | CommitError::Merged { change, .. }
        | CommitError::Unreadable { change, .. } => Some(*change),
        CommitError::Stale { .. }
        | CommitError::Missing { .. }
        | CommitError::Twice { .. }
        | CommitError::UsedBefore { .. }
        | CommitError::DoneBefore { .. }
        | CommitError::Forbidden { .. }
        | CommitError::AlreadyKept { .. }
        | CommitError::CursorMoved { .. }
        | CommitError::TooLarge { .. }
        | CommitError::Busy
        | CommitError::Store { .. } => None,
    }
}

/// Every issue of a resource that is not valid, not the first alone.
fn reason(why: &CommitError) -> String {
    let CommitError::Invalid { issues, .. } = why else {
        return with_causes(why);
    };
    let said: Vec<String> = issues
        .iter()
        .take(ISSUES_SAID_MAX)
        .map(|issue| match &issue.expression {
            Some(at) => format!("{at}: {}", issue.details),
            None => issue.details.clone(),
        })
        .collect();
    said.join("; ")
}
