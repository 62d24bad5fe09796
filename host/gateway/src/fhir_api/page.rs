//! Pages: searches and histories as Bundles, written straight from the stored text.
//!
//! Invariant: every page of one search or history is read at one `t`, which the answer names.

use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fhir::outcome::IssueType;
use fhir::query::{Query as Search, Summary, Total};
use fhir::resource::{Resource, ResourceType};
use record::Stored;
use record::caller::Caller;
use record::log::T;
use record::read::{History, HistoryOf};
use record::search::{Found, Page};
use serde_json::{Value, json};

use super::FHIR_JSON;
use super::negotiate::{Pairs, formats, key, moment, nothing_else, resource_type, take};
use crate::Door;
use crate::address::encoded;
use crate::problem::Problem;

/// `GET /fhir/{type}?…`: a page of what is found, 200. Unknown parameters are refused by name.
pub(super) async fn search(
    State(door): State<Door>,
    caller: Caller,
    Path(kind): Path<String>,
    Query(pairs): Query<Pairs>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    found(&door, &caller, &kind, pairs, &headers).await
}

/// `POST /fhir/{type}/_search`: the same with the parameters in a form, so that they stay out of logs.
pub(super) async fn search_by_form(
    State(door): State<Door>,
    caller: Caller,
    Path(kind): Path<String>,
    headers: HeaderMap,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Problem> {
    found(&door, &caller, &kind, pairs, &headers).await
}

/// `GET /fhir/_history`: what happened to everything, newest first.
pub(super) async fn system_history(
    State(door): State<Door>,
    caller: Caller,
    Query(pairs): Query<Pairs>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    history(&door, &caller, HistoryOf::System, pairs, &headers).await
}

/// `GET /fhir/{type}/_history`: what happened to all of a type, newest first.
pub(super) async fn type_history(
    State(door): State<Door>,
    caller: Caller,
    Path(kind): Path<String>,
    Query(pairs): Query<Pairs>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    history(
        &door,
        &caller,
        HistoryOf::Type(resource_type(&kind)?),
        pairs,
        &headers,
    )
    .await
}

/// `GET /fhir/{type}/{id}/_history`: every version, newest first.
pub(super) async fn instance_history(
    State(door): State<Door>,
    caller: Caller,
    Path((kind, id)): Path<(String, String)>,
    Query(pairs): Query<Pairs>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    history(
        &door,
        &caller,
        HistoryOf::Instance(key(&kind, &id)?),
        pairs,
        &headers,
    )
    .await
}

/// A search as written.
pub(super) fn query(resource_type: ResourceType, pairs: &Pairs) -> Result<Search, Problem> {
    Search::parse(resource_type, pairs)
        .map_err(|why| Problem::with(StatusCode::BAD_REQUEST, vec![why.issue()]))
}

async fn found(
    door: &Door,
    caller: &Caller,
    kind: &str,
    mut pairs: Pairs,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    formats(headers, &mut pairs)?;
    let mut search = query(resource_type(kind)?, &pairs)?;
    if search.summary == Some(Summary::Count) {
        search.count = Some(0);
        search.total = Some(Total::Accurate);
    }
    let page = match search.page.clone() {
        Some(cursor) => Page::Next(cursor),
        None => Page::First(moment(search.as_of.clone())),
    };
    let found = door.record.search(caller, &search, &page).await?;
    Ok(searchset(kind, &pairs, &search, &found))
}

fn searchset(kind: &str, pairs: &Pairs, search: &Search, found: &Found) -> Response {
    let mut text = String::from("{\"resourceType\":\"Bundle\",\"type\":\"searchset\"");
    if let Some(total) = found.total {
        text.push_str(&format!(",\"total\":{total}"));
    }
    let mut links =
        vec![json!({"relation": "self", "url": address(&format!("/fhir/{kind}"), pairs, None)})];
    if let Some(cursor) = &found.next {
        links.push(json!({"relation": "next", "url": address(&format!("/fhir/{kind}"), pairs, Some(cursor))}));
    }
    text.push_str(&format!(",\"link\":{}", Value::Array(links)));
    let entries = found
        .matches
        .iter()
        .map(|one| (one, "match"))
        .chain(found.included.iter().map(|one| (one, "include")));
    let mut separator = ",\"entry\":[";
    for (stored, mode) in entries {
        let Some(body) = &stored.body else { continue };
        let body = trimmed(body, search);
        text.push_str(&format!("{separator}{{\"fullUrl\":\"/fhir/{}\",\"resource\":{body},\"search\":{{\"mode\":\"{mode}\"}}}}", stored.key));
        separator = ",";
    }
    if separator == "," {
        text.push(']');
    }
    text.push('}');
    answered(found.t, text)
}

/// A resource as `_elements` and `_summary` want it, marked as a part; the whole text without them.
fn trimmed<'a>(body: &'a str, search: &Search) -> std::borrow::Cow<'a, str> {
    let keep = |name: &str| {
        ["resourceType", "id", "meta"].contains(&name)
            || search.elements.iter().any(|wanted| wanted == name)
            || (search.summary == Some(Summary::Text) && name == "text")
    };
    let drops_text_only = search.summary == Some(Summary::Data);
    let whole =
        search.elements.is_empty() && !drops_text_only && search.summary != Some(Summary::Text);
    let Some(Value::Object(mut members)) = (if whole {
        None
    } else {
        serde_json::from_str(body).ok()
    }) else {
        return body.into();
    };
    if drops_text_only {
        members.shift_remove("text");
    } else {
        members.retain(|name, _| keep(name));
    }
    let meta = members.entry("meta").or_insert_with(|| json!({}));
    meta["tag"] = json!([{"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}]);
    Value::Object(members).to_string().into()
}

async fn history(
    door: &Door,
    caller: &Caller,
    of: HistoryOf,
    mut pairs: Pairs,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    formats(headers, &mut pairs)?;
    let asked = pairs.clone();
    let count = take(&mut pairs, "_count")?
        .map(|text| text.parse())
        .transpose()
        .map_err(|_| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                IssueType::Value,
                "`_count` must be a whole number",
            )
        })?;
    let n_max = count
        .unwrap_or(record::limits::PAGE_DEFAULT)
        .min(record::limits::PAGE_MAX);
    let ask = History {
        of,
        since: take(&mut pairs, "_since")?,
        n_max,
        page: take(&mut pairs, "_page")?,
    };
    nothing_else(&pairs)?;
    let page = door.record.history(caller, &ask).await?;
    let path = match &ask.of {
        HistoryOf::Instance(key) => format!("/fhir/{key}/_history"),
        HistoryOf::Type(kind) => format!("/fhir/{kind}/_history"),
        HistoryOf::System => String::from("/fhir/_history"),
    };
    let mut links = vec![json!({"relation": "self", "url": address(&path, &asked, None)})];
    if let Some(cursor) = &page.next {
        links.push(json!({"relation": "next", "url": address(&path, &asked, Some(cursor))}));
    }
    let entries: Vec<Value> = page.versions.iter().map(past).collect();
    let bundle =
        json!({"resourceType": "Bundle", "type": "history", "link": links, "entry": entries});
    Ok(answered(page.t, bundle.to_string()))
}

/// One version as an entry of a history.
fn past(stored: &Stored) -> Value {
    let resource = stored
        .body
        .as_deref()
        .and_then(|body| Resource::parse(body.as_bytes()).ok())
        .map(Resource::into_value);
    let (method, status) = match (&resource, stored.version) {
        (None, _) => ("DELETE", "204"),
        (Some(_), 1) => ("POST", "201"),
        (Some(_), _) => ("PUT", "200"),
    };
    let mut entry = json!({
        "fullUrl": format!("/fhir/{}", stored.key),
        "request": {"method": method, "url": stored.key.to_string()},
        "response": {"status": status, "etag": format!("W/\"{}\"", stored.version), "lastModified": stored.last_updated},
    });
    if let Some(resource) = resource {
        entry["resource"] = resource;
    }
    entry
}

/// The address of this page, or of the one behind a cursor.
fn address(path: &str, pairs: &Pairs, cursor: Option<&str>) -> String {
    let kept = pairs
        .iter()
        .filter(|(name, _)| cursor.is_none() || (name != "_page" && name != "_asOf"));
    let next = cursor.map(|cursor| (String::from("_page"), cursor.to_owned()));
    let query: Vec<String> = kept
        .chain(next.as_ref())
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
        .collect();
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", query.join("&"))
    }
}

fn answered(t: T, text: String) -> Response {
    (
        [
            (header::CONTENT_TYPE, FHIR_JSON.to_owned()),
            (HeaderName::from_static("x-palatine-t"), t.to_string()),
        ],
        text,
    )
        .into_response()
}
