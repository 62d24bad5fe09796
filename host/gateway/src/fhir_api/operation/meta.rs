//! `$meta`, `$meta-add`, `$meta-delete`: the profiles, labels and tags of one resource, read and changed by themselves.
//!
//! Invariant: nothing but `meta.profile`, `meta.security` and `meta.tag` is changed, and only from the version that was read.

use axum::http::StatusCode;
use axum::response::Response;
use fhir::outcome::IssueType;
use fhir::resource::{Key, Resource};
use record::log::At;
use record::proposal::{Change, Proposal};
use serde_json::{Value, json};

use super::super::answer;
use super::{Call, On};
use crate::problem::Problem;

/// The members of Meta that are sets.
const SETS: [&str; 3] = ["profile", "security", "tag"];

/// `GET /fhir/{type}/{id}/$meta`: 200 with Parameters; 404 and 410 as reading.
pub(super) async fn meta(mut call: Call) -> Result<Response, Problem> {
    let t = call.ask.moment().await?;
    call.only(&[])?;
    let key = instance(&call)?;
    let stored = call
        .ask
        .door
        .record
        .read(&call.ask.caller, &key, &At::Commit(t))
        .await?;
    let resource = parsed(stored.body.as_deref())?;
    Ok(answer::read_at(t, returned(&resource)))
}

/// `POST /fhir/{type}/{id}/$meta-add`: 200 with the meta as it is now. What is there already is not added again.
pub(super) async fn add(call: Call) -> Result<Response, Problem> {
    changed(call, |there, given| {
        let news: Vec<Value> = given
            .iter()
            .filter(|one| !there.iter().any(|old| same(old, one)))
            .cloned()
            .collect();
        there.extend(news);
    })
    .await
}

/// `POST /fhir/{type}/{id}/$meta-delete`: 200 with the meta as it is now. What is not there is left at that.
pub(super) async fn delete(call: Call) -> Result<Response, Problem> {
    changed(call, |there, given| {
        there.retain(|old| !given.iter().any(|one| same(old, one)));
    })
    .await
}

async fn changed(
    call: Call,
    change: impl Fn(&mut Vec<Value>, &[Value]),
) -> Result<Response, Problem> {
    call.only(&["meta"])?;
    let key = instance(&call)?;
    let Some(Value::Object(given)) = call.value("meta") else {
        let details = "send Parameters with one parameter `meta` that has a `valueMeta`";
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            IssueType::Required,
            details,
        ));
    };
    let record = &call.ask.door.record;
    let stored = record.read(&call.ask.caller, &key, &At::Now).await?;
    let mut resource = parsed(stored.body.as_deref())?;
    for set in SETS {
        let Some(Value::Array(given)) = given.get(set) else {
            continue;
        };
        let meta = &mut resource.value_mut()["meta"];
        let mut there = meta
            .get(set)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        change(&mut there, given);
        match (meta.as_object_mut(), there.is_empty()) {
            (Some(meta), true) => drop(meta.shift_remove(set)),
            (Some(meta), false) => drop(meta.insert(set.to_owned(), there.into())),
            (None, _) => {}
        }
    }
    let change = Change::Update {
        key,
        resource,
        seen: Some(stored.version),
        temporary: None,
    };
    let receipt = record
        .commit(&call.ask.caller, Proposal::direct(vec![change]))
        .await?;
    let body = receipt.outcomes.first().and_then(|it| it.body.as_deref());
    Ok(answer::read_at(receipt.t, returned(&parsed(body)?)))
}

/// Equal profiles, or codings of equal system and code: a display does not make another tag.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            one.get("system") == other.get("system") && one.get("code") == other.get("code")
        }
        (one, other) => one == other,
    }
}

fn instance(call: &Call) -> Result<Key, Problem> {
    match &call.on {
        On::Instance(key) => Ok(key.clone()),
        On::System | On::Type(_) => Err(Problem::new(
            StatusCode::NOT_FOUND,
            IssueType::NotSupported,
            "this operation is called on one resource",
        )),
    }
}

fn parsed(body: Option<&str>) -> Result<Resource, Problem> {
    Resource::parse(body.unwrap_or_default().as_bytes())
        .map_err(|why| Problem::with(StatusCode::INTERNAL_SERVER_ERROR, vec![why.issue()]))
}

fn returned(resource: &Resource) -> String {
    let meta = resource.value().get("meta").unwrap_or(&Value::Null);
    json!({"resourceType": "Parameters", "parameter": [{"name": "return", "valueMeta": meta}]})
        .to_string()
}
