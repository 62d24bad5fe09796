//! `$status`, `$events` and `$get-ws-binding-token` of Subscription, as the R5 Backport guide writes them.
//!
//! Invariant: nothing is told here that the record does not tell this caller, and every answer was audited there.

use axum::http::StatusCode;
use axum::response::Response;
use fhir::outcome::IssueType;
use fhir::resource::{Id, Key};
use record::subscription::asked::Content;
use record::subscription::overview::{Range, searchset};
use serde_json::{Value, json};

use super::super::answer;
use super::{Call, On};
use crate::problem::Problem;
use crate::websocket;

/// `GET /fhir/Subscription/$status` and of one: 200 with a searchset; without ids, of the caller's own.
pub(super) async fn status(call: Call) -> Result<Response, Problem> {
    call.only(&["id", "status"])?;
    let wanted = call.texts("status");
    let record = &call.ask.door.record;
    let (ids, base) = (ids(&call)?, call.ask.base());
    let mut statuses = record
        .subscription_statuses(&call.ask.caller, &ids, &base)
        .await?;
    statuses.retain(|(_, parameters)| {
        wanted.is_empty()
            || wanted
                .iter()
                .any(|status| said(parameters, "status") == *status)
    });
    Ok(answer::read_at(
        record.current(),
        searchset(statuses).to_string(),
    ))
}

/// `GET /fhir/Subscription/{id}/$events`: 200 with a notification of events that were counted before; 403 for another's.
pub(super) async fn events(call: Call) -> Result<Response, Problem> {
    call.only(&["eventsSinceNumber", "eventsUntilNumber", "content"])?;
    let range = Range {
        since: number(&call, "eventsSinceNumber")?.unwrap_or(1),
        until: number(&call, "eventsUntilNumber")?,
        content: content(&call)?,
    };
    let record = &call.ask.door.record;
    let (key, base) = (instance(&call)?, call.ask.base());
    let told = record
        .subscription_events(&call.ask.caller, &key, range, &base)
        .await?;
    Ok(answer::read_at(record.current(), told.to_string()))
}

/// `GET /fhir/Subscription/$get-ws-binding-token` and of one: 200 with a token and where to take it.
pub(super) async fn binding(call: Call) -> Result<Response, Problem> {
    call.only(&["id"])?;
    let record = &call.ask.door.record;
    let binding = record.binding(&call.ask.caller, &ids(&call)?).await?;
    let mut parameters = vec![
        json!({ "name": "token", "valueString": binding.token }),
        json!({ "name": "expiration", "valueDateTime": binding.expires_at }),
    ];
    let each = binding.subscriptions.iter();
    parameters
        .extend(each.map(|key| json!({ "name": "subscription", "valueString": key.to_string() })));
    let url = websocket::address(&call.ask.base());
    parameters.push(json!({ "name": "websocket-url", "valueUrl": url }));
    let body = json!({ "resourceType": "Parameters", "parameter": parameters });
    Ok(answer::read_at(record.current(), body.to_string()))
}

fn said<'v>(parameters: &'v Value, name: &str) -> &'v str {
    let all = parameters.get("parameter").and_then(Value::as_array);
    let it = all
        .into_iter()
        .flatten()
        .find(|it| it.get("name").and_then(Value::as_str) == Some(name));
    it.and_then(|it| it.get("valueCode")?.as_str())
        .unwrap_or_default()
}

fn ids(call: &Call) -> Result<Vec<Id>, Problem> {
    match &call.on {
        On::Instance(key) => Ok(vec![key.id.clone()]),
        On::System | On::Type(_) => {
            let named = call.texts("id").into_iter();
            let all = named.flat_map(|ids| ids.split(',').map(str::to_owned).collect::<Vec<_>>());
            all.map(|id| {
                id.parse()
                    .map_err(|_| bad("`id` is not the id of a Subscription"))
            })
            .collect()
        }
    }
}

fn instance(call: &Call) -> Result<Key, Problem> {
    match &call.on {
        On::Instance(key) => Ok(key.clone()),
        On::System | On::Type(_) => Err(bad("`$events` is called on one Subscription")),
    }
}

fn number(call: &Call, name: &str) -> Result<Option<u64>, Problem> {
    let text = call.text(name)?;
    let read = text.map(|text| text.parse());
    read.transpose().map_err(|_| {
        bad(&format!(
            "`{name}` is the number of an event, for example 17"
        ))
    })
}

fn content(call: &Call) -> Result<Option<Content>, Problem> {
    let Some(word) = call.text("content")? else {
        return Ok(None);
    };
    let content = Content::of(&word);
    content
        .map(Some)
        .ok_or_else(|| bad("`content` is empty, id-only or full-resource"))
}

fn bad(details: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, IssueType::Value, details)
}
