//! One resource at a time: read, vread, create, update, patch, delete, by id and by condition.
//!
//! Invariant: a write is answered after its commit is on disk.

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderName, StatusCode};
use axum::response::Response;
use fhir::outcome::IssueType;
use fhir::query::Query;
use fhir::resource::ResourceType;
use record::ReadError;
use record::commit::condition;
use record::log::At;
use record::proposal::{Change, Proposal, Which};

use super::answer;
use super::ask::Ask;
use super::negotiate::{key, resource_type};
use super::sent;
use crate::problem::Problem;

const IF_NONE_EXIST: HeaderName = HeaderName::from_static("if-none-exist");

/// `GET /fhir/{type}/{id}`: the resource, now or `_asOf` a moment. 304 when `If-None-Match` or `If-Modified-Since` says
/// that the asker has it. 404 unknown or hidden: one answer. 410 deleted.
pub(super) async fn read(
    Path((kind, id)): Path<(String, String)>,
    mut ask: Ask,
) -> Result<Response, Problem> {
    let key = key(&kind, &id)?;
    let (t, subset) = (ask.moment().await?, ask.subset()?);
    ask.left_over()?;
    let at = At::Commit(t);
    let stored = ask.door.record.read(&ask.caller, &key, &at).await;
    let stored = stored.map_err(|why| Problem::from(why).at(t))?;
    Ok(answer::version(&ask, t, &stored, &subset))
}

/// `GET /fhir/{type}/{id}/_history/{version}`: that version, if it was there `_asOf` the moment. 410 when it is a deletion.
pub(super) async fn vread(
    Path((kind, id, version)): Path<(String, String, String)>,
    mut ask: Ask,
) -> Result<Response, Problem> {
    let (key, version) = (key(&kind, &id)?, number(&version)?);
    let (t, subset) = (ask.moment().await?, ask.subset()?);
    ask.left_over()?;
    let stored = ask.door.record.vread(&ask.caller, &key, version).await;
    let stored = stored.map_err(|why| Problem::from(why).at(t))?;
    let what = format!("{key}/_history/{version} as of commit {t}");
    let then = Some(stored).filter(|stored| stored.t <= t);
    let stored = then.ok_or(ReadError::NotFound { what })?;
    Ok(answer::version(&ask, t, &stored, &subset))
}

/// `POST /fhir/{type}`: 201 with Location and ETag; 200 when `If-None-Exist` finds one; 412 when it finds several.
pub(super) async fn create(
    Path(kind): Path<String>,
    mut ask: Ask,
    body: Bytes,
) -> Result<Response, Problem> {
    ask.left_over()?;
    let resource = sent::of_type(&body, resource_type(&kind)?)?;
    let if_none_exist = if_none_exist(&ask, resource.resource_type()).await?;
    let change = Change::Create {
        resource,
        temporary: None,
        if_none_exist,
    };
    committed(&ask, change, &body).await
}

/// `PUT /fhir/{type}/{id}`: 200, or 201 when it was not there; 412 when `If-Match` is not the current version.
pub(super) async fn update(
    Path((kind, id)): Path<(String, String)>,
    mut ask: Ask,
    body: Bytes,
) -> Result<Response, Problem> {
    ask.left_over()?;
    let (key, seen) = (key(&kind, &id)?, ask.seen()?);
    let resource = sent::of_key(&body, &key)?;
    let change = Change::Update {
        key,
        resource,
        seen,
        temporary: None,
    };
    committed(&ask, change, &body).await
}

/// `PUT /fhir/{type}?…`: 200 where the condition finds one, 201 where it finds none, 412 where it finds several; 400 where
/// the body has another id, 409 where its id is somebody else's.
pub(super) async fn update_match(
    Path(kind): Path<String>,
    ask: Ask,
    body: Bytes,
) -> Result<Response, Problem> {
    let of = resource_type(&kind)?;
    let change = Change::UpdateMatch {
        condition: ask.condition(of).await?,
        resource: sent::of_type(&body, of)?,
        seen: ask.seen()?,
        temporary: None,
    };
    committed(&ask, change, &body).await
}

/// `PATCH /fhir/{type}/{id}`: 200; 404 unknown; 412 when `If-Match` is not the current version; 422 when the patch does
/// not fit what stands.
pub(super) async fn patch(
    Path((kind, id)): Path<(String, String)>,
    mut ask: Ask,
    body: Bytes,
) -> Result<Response, Problem> {
    ask.left_over()?;
    let change = Change::Patch {
        of: Which::Key(key(&kind, &id)?),
        patch: sent::patch(&ask.headers, &body)?,
        seen: ask.seen()?,
        temporary: None,
    };
    committed(&ask, change, &body).await
}

/// `PATCH /fhir/{type}?…`: as by id, of what the condition finds; 404 where it finds none, 412 where it finds several.
pub(super) async fn patch_match(
    Path(kind): Path<String>,
    ask: Ask,
    body: Bytes,
) -> Result<Response, Problem> {
    let condition = ask.condition(resource_type(&kind)?).await?;
    let change = Change::Patch {
        of: Which::Match(Box::new(condition)),
        patch: sent::patch(&ask.headers, &body)?,
        seen: ask.seen()?,
        temporary: None,
    };
    committed(&ask, change, &body).await
}

/// `DELETE /fhir/{type}/{id}`: 204, also when there is nothing to delete; its versions stay in the history.
pub(super) async fn delete(
    Path((kind, id)): Path<(String, String)>,
    mut ask: Ask,
) -> Result<Response, Problem> {
    ask.left_over()?;
    let change = Change::Delete {
        key: key(&kind, &id)?,
        seen: ask.seen()?,
    };
    committed(&ask, change, &[]).await
}

/// `DELETE /fhir/{type}?…`: 204: everything that the condition finds has ended; 412 where that is more than a bound, or
/// more than one and `If-Match` names a version.
pub(super) async fn delete_matches(
    Path(kind): Path<String>,
    ask: Ask,
) -> Result<Response, Problem> {
    let change = Change::DeleteMatches {
        condition: ask.condition(resource_type(&kind)?).await?,
        seen: ask.seen()?,
    };
    committed(&ask, change, &[]).await
}

/// One change as a commit of its own, and what it wrote.
async fn committed(ask: &Ask, change: Change, body: &[u8]) -> Result<Response, Problem> {
    let record = &ask.door.record;
    let receipt = match ask.once(body)? {
        Some(once) => record.commit_once(&ask.caller, vec![change], &once).await?,
        None => {
            let proposal = Proposal::direct(vec![change]);
            record.commit(&ask.caller, proposal).await?
        }
    };
    let Some(outcome) = receipt.outcomes.first() else {
        return Err(Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            IssueType::Exception,
            "nothing was written",
        ));
    };
    Ok(answer::written(ask, receipt.t, outcome))
}

fn number(version: &str) -> Result<u64, Problem> {
    let details = "versions are whole numbers from 1";
    version
        .parse()
        .map_err(|_| Problem::new(StatusCode::NOT_FOUND, IssueType::NotFound, details))
}

/// The search of `If-None-Exist`.
async fn if_none_exist(ask: &Ask, of: ResourceType) -> Result<Option<Query>, Problem> {
    let Some(value) = ask.headers.get(IF_NONE_EXIST) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    let text = text.split_once('?').map_or(text, |(_, after)| after);
    let known = ask.door.record.known_parameters().await?;
    condition::read(&known, of, text).map(Some).map_err(|what| {
        let details = format!("If-None-Exist: {what}");
        Problem::new(StatusCode::BAD_REQUEST, IssueType::Value, details)
    })
}
