//! One resource at a time, and transactions: create, read, vread, update, delete, bundle.
//!
//! Invariant: a write is answered after its commit is on disk.

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fhir::outcome::IssueType;
use fhir::resource::{Key, Resource, ResourceType};
use record::Stored;
use record::caller::Caller;
use record::commit::{Outcome, What};
use record::proposal::{Change, Proposal};

use super::FHIR_JSON;
use super::negotiate::{
    Pairs, any_resource, formats, if_match, key, moment, nothing_else, resource, resource_type,
    take,
};
use super::page::query;
use crate::Door;
use crate::limits::BUNDLE_ENTRIES_MAX;
use crate::problem::Problem;

/// `GET /fhir/{type}/{id}`: the resource, now or `_asOf` a moment. 404 unknown or hidden: one answer. 410 deleted.
pub(super) async fn read(
    State(door): State<Door>,
    caller: Caller,
    Path((kind, id)): Path<(String, String)>,
    Query(mut pairs): Query<Pairs>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    formats(&headers, &mut pairs)?;
    let at = moment(take(&mut pairs, "_asOf")?);
    nothing_else(&pairs)?;
    let stored = door.record.read(&caller, &key(&kind, &id)?, &at).await?;
    Ok(shown(stored))
}

/// `GET /fhir/{type}/{id}/_history/{version}`: that version. 410 when it is a deletion.
pub(super) async fn vread(
    State(door): State<Door>,
    caller: Caller,
    Path((kind, id, version)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    let (key, version) = (key(&kind, &id)?, number(&version)?);
    let stored = door.record.vread(&caller, &key, version).await?;
    Ok(shown(stored))
}

/// `POST /fhir/{type}`: 201 with Location and ETag; 200 when `If-None-Exist` finds one; 412 when it finds several.
pub(super) async fn create(
    State(door): State<Door>,
    caller: Caller,
    Path(kind): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let resource = resource(&body, resource_type(&kind)?)?;
    let if_none_exist = condition(&headers, resource.resource_type())?;
    let change = Change::Create {
        resource,
        temporary: None,
        if_none_exist,
    };
    committed(&door, &caller, change).await
}

/// `PUT /fhir/{type}/{id}`: 200, or 201 when it was not there; 412 when `If-Match` is not the current version.
pub(super) async fn update(
    State(door): State<Door>,
    caller: Caller,
    Path((kind, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let (key, seen) = (key(&kind, &id)?, if_match(&headers)?);
    let resource = same_id(resource(&body, key.resource_type)?, &key)?;
    let change = Change::Update {
        key,
        resource,
        seen,
        temporary: None,
    };
    committed(&door, &caller, change).await
}

/// `DELETE /fhir/{type}/{id}`: 204; its versions stay in the history.
pub(super) async fn delete(
    State(door): State<Door>,
    caller: Caller,
    Path((kind, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let change = Change::Delete {
        key: key(&kind, &id)?,
        seen: if_match(&headers)?,
    };
    door.record
        .commit(&caller, Proposal::direct(vec![change]))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /fhir`: a transaction is one commit, all or nothing; the entries of a batch fail alone.
pub(super) async fn bundle(
    State(door): State<Door>,
    caller: Caller,
    body: Bytes,
) -> Result<Response, Problem> {
    let bundle = fhir::bundle::read(any_resource(&body)?, BUNDLE_ENTRIES_MAX)
        .map_err(|why| Problem::with(StatusCode::BAD_REQUEST, vec![why.issue()]))?;
    let answer = door.record.bundle(&caller, bundle).await?;
    Ok(([(header::CONTENT_TYPE, FHIR_JSON)], answer.to_string()).into_response())
}

/// One change as a commit of its own, and what it wrote.
async fn committed(door: &Door, caller: &Caller, change: Change) -> Result<Response, Problem> {
    let proposal = Proposal::direct(vec![change]);
    written(door.record.commit(caller, proposal).await?.outcomes)
}

/// The resource, whose id must be the one of the path.
fn same_id(resource: Resource, key: &Key) -> Result<Resource, Problem> {
    if resource.id().as_ref() == Some(&key.id) {
        return Ok(resource);
    }
    let details = format!(
        "the body's id must be the path's: write \"id\": \"{}\"",
        key.id
    );
    Err(Problem::new(
        StatusCode::BAD_REQUEST,
        IssueType::Invalid,
        details,
    ))
}

fn number(version: &str) -> Result<u64, Problem> {
    let details = "versions are whole numbers from 1";
    version
        .parse()
        .map_err(|_| Problem::new(StatusCode::NOT_FOUND, IssueType::NotFound, details))
}

/// The search of `If-None-Exist`.
fn condition(
    headers: &HeaderMap,
    resource_type: ResourceType,
) -> Result<Option<fhir::query::Query>, Problem> {
    const IF_NONE_EXIST: HeaderName = HeaderName::from_static("if-none-exist");
    let Some(value) = headers.get(IF_NONE_EXIST) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    let uri = format!("/?{}", text.trim_start_matches('?'))
        .parse()
        .map_err(|_| {
            let details = "If-None-Exist is not a search: write it as in identifier=system|value";
            Problem::new(StatusCode::BAD_REQUEST, IssueType::Value, details)
        })?;
    let pairs = Query::<Pairs>::try_from_uri(&uri)
        .map(|Query(pairs)| pairs)
        .map_err(|why| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                IssueType::Value,
                format!("If-None-Exist: {why}"),
            )
        })?;
    query(resource_type, &pairs).map(Some)
}

fn shown(stored: Stored) -> Response {
    let tags = [
        (header::CONTENT_TYPE, FHIR_JSON.to_owned()),
        (header::ETAG, format!("W/\"{}\"", stored.version)),
        (
            HeaderName::from_static("x-palatine-t"),
            stored.t.to_string(),
        ),
    ];
    match stored.body {
        Some(body) => (tags, body.to_string()).into_response(),
        None => {
            let details = format!(
                "{} was deleted in commit {}; its earlier versions can be read",
                stored.key, stored.t
            );
            Problem::new(StatusCode::GONE, IssueType::Deleted, details).into_response()
        }
    }
}

fn written(outcomes: Vec<Outcome>) -> Result<Response, Problem> {
    let Some(outcome) = outcomes.into_iter().next() else {
        return Err(Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            IssueType::Exception,
            "nothing was written",
        ));
    };
    let status = match outcome.what {
        What::Created => StatusCode::CREATED,
        What::Updated | What::Deleted | What::Existing => StatusCode::OK,
    };
    let tags = [
        (header::CONTENT_TYPE, FHIR_JSON.to_owned()),
        (header::ETAG, format!("W/\"{}\"", outcome.version)),
        (
            header::LOCATION,
            format!("/fhir/{}/_history/{}", outcome.key, outcome.version),
        ),
    ];
    Ok((
        status,
        tags,
        outcome
            .body
            .map(|body| body.to_string())
            .unwrap_or_default(),
    )
        .into_response())
}
