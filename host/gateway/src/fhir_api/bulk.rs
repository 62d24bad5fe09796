//! Bulk Data over HTTP: `$export` at its three levels, `$import` of what is sent, and the jobs that both become.
//!
//! Invariant: a job and its files are answered to whoever asked for it and to operators; to others there is no such job.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use fhir::outcome::{Issue, IssueType, operation_outcome};
use http_body_util::BodyExt as _;
use record::caller::Caller;
use record::job::export::{ExportAsk, Level};
use record::job::{FileOf, Job, JobFile, JobId, Stands};
use serde_json::{Value, json};
use tokio_util::io::ReaderStream;

use super::FHIR_JSON;
use super::ask::base_of;
use super::operation::{Call, On};
use super::prefer::{self, Handling};
use crate::Door;
use crate::limits;
use crate::problem::Problem;

/// The media type of lines of resources.
const NDJSON: &str = "application/fhir+ndjson";
/// The words by which clients ask for it.
const NDJSON_WORDS: [&str; 3] = [NDJSON, "application/ndjson", "ndjson"];
/// What Bulk Data has and this server does not do.
const NOT_DONE: [&str; 3] = ["_elements", "includeAssociatedData", "organizeOutputBy"];

/// The routes beside the table of operations; what they answer is no resource.
pub(super) fn routes() -> Router<Door> {
    Router::new()
        .route("/$import", post(import))
        .route("/$job/{id}", get(status).delete(cancel))
        .route("/$job/{id}/{file}", get(file))
}

/// `$export`: 202 with the address of the job in `Content-Location`. 403 for more than the caller may export.
pub(super) async fn export(call: Call) -> Result<Response, Problem> {
    asynchronous(&call.ask.headers)?;
    for name in NOT_DONE.iter().filter(|name| !call.texts(name).is_empty()) {
        if prefer::handling(&call.ask.headers) == Handling::Strict {
            let details = format!(
                "`{name}` is not done here: leave it out, or say `Prefer: handling=lenient` to have it left out"
            );
            return Err(bad(IssueType::NotSupported, details));
        }
    }
    let known = [
        "_outputFormat",
        "_since",
        "_type",
        "_typeFilter",
        "_asOf",
        "patient",
    ];
    call.only(&[&known[..], &NOT_DONE[..]].concat())?;
    if let Some(format) = call.text("_outputFormat")?
        && !NDJSON_WORDS.contains(&format.as_str())
    {
        let details = format!("`_outputFormat` is written as {NDJSON} only");
        return Err(bad(IssueType::NotSupported, details));
    }
    let patients = patients(&call)?;
    let level = match (&call.on, patients.is_empty()) {
        (On::System, true) => Level::System,
        (On::Type(_), true) => Level::Patients,
        (On::Type(_), false) => Level::These(patients),
        (On::Instance(key), true) => Level::Group(key.id.to_string()),
        (On::System | On::Instance(_), false) => {
            let details = "`patient` is a parameter of /Patient/$export: ask there";
            return Err(bad(IssueType::NotSupported, details));
        }
    };
    let ask = ExportAsk {
        level,
        types: listed(&call, "_type"),
        since: call.text("_since")?,
        filters: call
            .texts("_typeFilter")
            .iter()
            .flat_map(|text| filters(text))
            .collect(),
        at: super::negotiate::moment(call.text("_asOf")?),
        request: call.ask.address(),
    };
    let id = call.ask.door.record.export(&call.ask.caller, &ask).await?;
    Ok(accepted(&call.ask.base(), &id))
}

/// `POST /fhir/$import`: lines of resources as the body, which are kept and then filed by a job. 202 with its address.
async fn import(
    State(door): State<Door>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let id = received(&door, &caller, &headers, body).await?;
    Ok(accepted(&base_of(&headers, &door), &id))
}

/// Keeps what is sent and begins its import.
async fn received(
    door: &Door,
    caller: &Caller,
    headers: &HeaderMap,
    mut body: Body,
) -> Result<JobId, Problem> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind
        .and_then(|kind| kind.split(';').next())
        .unwrap_or_default();
    if !NDJSON_WORDS.contains(&kind.trim()) {
        let details = format!("send resources, one to a line, as {NDJSON}");
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Problem::new(status, IssueType::NotSupported, details));
    }
    let mut receiving = door.record.receive(caller).await?;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            door.record.forget_received(receiving).await?;
            return Err(bad(IssueType::Invalid, "the body broke off: send it again"));
        };
        if let Some(bytes) = frame.data_ref()
            && let Err(why) = receiving.take(bytes).await
        {
            door.record.forget_received(receiving).await?;
            return Err(why.into());
        }
    }
    Ok(door.record.import_received(caller, receiving).await?)
}

/// `GET /fhir/$job/{id}`: 202 with `X-Progress` while it goes on; 200 with the manifest; 500 when it failed; 404.
async fn status(
    State(door): State<Door>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let job = door.record.job(&caller, &id_of(&id)?).await?;
    Ok(shown(&base_of(&headers, &door), &job))
}

/// How a job stands, as Bulk Data says it.
fn shown(base: &str, job: &Job) -> Response {
    match &job.stands {
        Stands::Running(words) => {
            // At most 100 characters, as Bulk Data asks, and none that a header cannot carry.
            let plain = words
                .chars()
                .filter(|char| char.is_ascii() && !char.is_ascii_control());
            let tags = [
                (
                    HeaderName::from_static("x-progress"),
                    plain.take(100).collect(),
                ),
                (header::RETRY_AFTER, limits::JOB_RETRY_S.to_string()),
            ];
            (StatusCode::ACCEPTED, tags).into_response()
        }
        Stands::Failed(why) => {
            let outcome = operation_outcome(&[Issue::error(IssueType::Exception, why.clone())]);
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            (
                status,
                [(header::CONTENT_TYPE, FHIR_JSON)],
                outcome.to_string(),
            )
                .into_response()
        }
        Stands::Done {
            files,
            words,
            until_ms,
            ..
        } => {
            let manifest = manifest(base, job, files, words);
            let tags = [
                (header::CONTENT_TYPE, "application/json".to_owned()),
                (header::EXPIRES, http_date(*until_ms)),
            ];
            (tags, manifest.to_string()).into_response()
        }
    }
}

/// `DELETE /fhir/$job/{id}`: 202; the job ends and its files are removed.
async fn cancel(
    State(door): State<Door>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    door.record.cancel_job(&caller, &id_of(&id)?).await?;
    Ok(StatusCode::ACCEPTED)
}

/// `GET /fhir/$job/{id}/{file}`: the lines of a file.
async fn file(
    State(door): State<Door>,
    caller: Caller,
    Path((id, name)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let path = door.record.job_file(&caller, &id_of(&id)?, &name).await?;
    let gone = |_| Problem::from(record::job::JobError::NoJob);
    let from = tokio::fs::File::open(path).await.map_err(gone)?;
    let bytes = from.metadata().await.map_err(gone)?.len();
    let tags = [
        (header::CONTENT_TYPE, NDJSON.to_owned()),
        (header::CONTENT_LENGTH, bytes.to_string()),
    ];
    Ok((tags, Body::from_stream(ReaderStream::new(from))).into_response())
}

fn bad(code: IssueType, details: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, code, details)
}

fn id_of(text: &str) -> Result<JobId, Problem> {
    JobId::of(text).ok_or_else(|| record::job::JobError::NoJob.into())
}

fn accepted(base: &str, id: &JobId) -> Response {
    let address = format!("{base}/$job/{}", id.as_str());
    (StatusCode::ACCEPTED, [(header::CONTENT_LOCATION, address)]).into_response()
}

/// Refuses to be waited for.
fn asynchronous(headers: &HeaderMap) -> Result<(), Problem> {
    let all = headers.get_all("prefer").iter();
    let mut words = all
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split([',', ';']));
    if words.any(|word| word.trim() == "respond-async") {
        return Ok(());
    }
    let details = "an export takes its time: say `Prefer: respond-async`, and ask at the Content-Location of the answer";
    Err(bad(IssueType::Required, details))
}

/// The values of a parameter that may be given several times, or once with commas.
fn listed(call: &Call, name: &str) -> Vec<String> {
    let texts = call.texts(name);
    let each = texts.iter().flat_map(|text| text.split(','));
    each.filter(|one| !one.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The searches of one `_typeFilter`: a comma that is followed by a type and a question mark begins another.
fn filters(text: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for part in text.split(',') {
        let begins = part.split_once('?').is_some_and(|(of, _)| {
            of.starts_with(|first: char| first.is_ascii_uppercase())
                && of.bytes().all(|byte| byte.is_ascii_alphabetic())
        });
        match all.last_mut().filter(|_| !begins) {
            Some(last) => {
                last.push(',');
                last.push_str(part);
            }
            None => all.push(part.to_owned()),
        }
    }
    all
}

/// The patients of `patient`: references in the body, or `Patient/id` in the address.
fn patients(call: &Call) -> Result<Vec<String>, Problem> {
    let sent = call.all("patient").filter_map(|one| {
        let reference = one.get("valueReference")?.get("reference")?.as_str()?;
        Some(reference.to_owned())
    });
    let mut all = Vec::new();
    for reference in sent.chain(listed(call, "patient")) {
        let id = match reference.split_once('/') {
            None => reference.as_str(),
            Some(("Patient", id)) => id,
            Some(_) => {
                let details = "`patient` refers to patients: write it as in Patient/1";
                return Err(bad(IssueType::Value, details));
            }
        };
        all.push(id.to_owned());
    }
    Ok(all)
}

/// What a finished job answers: the manifest of Bulk Data.
fn manifest(base: &str, job: &Job, files: &[JobFile], words: &str) -> Value {
    let entry = |file: &JobFile, of: &str| {
        let url = format!("{base}/$job/{}/{}", job.id.as_str(), file.name);
        json!({ "type": of, "url": url, "count": file.count })
    };
    let (mut output, mut deleted, mut error, mut rejected) = (vec![], vec![], vec![], vec![]);
    for file in files {
        match &file.of {
            FileOf::Resources(of) => output.push(entry(file, of)),
            FileOf::Deleted => deleted.push(entry(file, "Bundle")),
            FileOf::Errors => error.push(entry(file, "OperationOutcome")),
            FileOf::Rejected => rejected.push(entry(file, "rejected")),
        }
    }
    json!({
        "transactionTime": job.t_at,
        "request": job.request,
        "requiresAccessToken": true,
        "output": output,
        "deleted": deleted,
        "error": error,
        "extension": { "urn:palatine:job": {
            "t": job.t.0, "progress": words, "rejected": rejected,
        } },
    })
}

/// A moment as HTTP headers write it.
fn http_date(at_ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default();
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
