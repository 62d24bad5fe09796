//! Histories as Bundles, written straight from the stored text.
//!
//! Invariant: every page of one history is read at one `t`, which the answer names.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use fhir::outcome::IssueType;
use fhir::query::Query as Search;
use fhir::resource::ResourceType;
use fhir::search_parameter::Known;
use fhir::subset::Subset;
use record::Stored;
use record::read::{History, HistoryOf};
use serde_json::{Value, json};

use super::answer;
use super::ask::Ask;
use super::negotiate::{Pairs, key, moment, resource_type};
use super::searchset::address;
use crate::problem::Problem;

/// `GET /fhir/_history`: what happened to everything, newest first.
pub(super) async fn system_history(ask: Ask) -> Result<Response, Problem> {
    history(ask, HistoryOf::System).await
}

/// `GET /fhir/{type}/_history`: what happened to all of a type, newest first.
pub(super) async fn type_history(Path(kind): Path<String>, ask: Ask) -> Result<Response, Problem> {
    history(ask, HistoryOf::Type(resource_type(&kind)?)).await
}

/// `GET /fhir/{type}/{id}/_history`: every version, newest first, also of what was deleted.
pub(super) async fn instance_history(
    Path((kind, id)): Path<(String, String)>,
    ask: Ask,
) -> Result<Response, Problem> {
    history(ask, HistoryOf::Instance(key(&kind, &id)?)).await
}

/// A search as written, by what is known.
pub(super) fn query(
    known: &Known,
    resource_type: ResourceType,
    pairs: &Pairs,
) -> Result<Search, Problem> {
    Search::parse_among(known, resource_type, pairs)
        .map_err(|why| Problem::with(StatusCode::BAD_REQUEST, vec![why.issue()]))
}

async fn history(mut ask: Ask, of: HistoryOf) -> Result<Response, Problem> {
    let asked = ask.pairs.clone();
    let n_max = count(ask.take("_count")?)?;
    let question = History {
        of,
        since: ask.take("_since")?.map(|text| unplussed(&text)),
        during: ask.take("_at")?.map(|text| unplussed(&text)),
        as_of: moment(ask.take("_asOf")?),
        n_max,
        page: ask.take("_page")?,
    };
    let subset = ask.subset()?;
    ask.left_over()?;
    let page = ask.door.record.history(&ask.caller, &question).await?;
    let base = ask.base();
    let path = match &question.of {
        HistoryOf::Instance(key) => format!("{base}/{key}/_history"),
        HistoryOf::Type(kind) => format!("{base}/{kind}/_history"),
        HistoryOf::System => format!("{base}/_history"),
    };
    let mut links = vec![json!({"relation": "self", "url": address(&ask, &path, &asked, None)})];
    if let Some(cursor) = &page.next {
        links.push(json!({"relation": "next", "url": address(&ask, &path, &asked, Some(cursor))}));
    }
    let links = Value::Array(links);
    let entries: Vec<String> = page
        .versions
        .iter()
        .map(|stored| past(&base, stored, &subset))
        .collect();
    let entries = match entries.is_empty() {
        true => String::new(),
        false => format!(",\"entry\":[{}]", entries.join(",")),
    };
    let text =
        format!("{{\"resourceType\":\"Bundle\",\"type\":\"history\",\"link\":{links}{entries}}}");
    Ok(answer::read_at(page.t, text))
}

/// `_count` of a history: at least one, since a history has no number that could be asked for alone.
fn count(text: Option<String>) -> Result<u32, Problem> {
    let Some(text) = text else {
        return Ok(record::limits::PAGE_DEFAULT);
    };
    let count = text.parse::<u64>().ok().filter(|count| *count > 0);
    let count = count.ok_or_else(|| {
        let details = "`_count` must be a whole number from 1";
        Problem::new(StatusCode::BAD_REQUEST, IssueType::Value, details)
    })?;
    Ok(
        u32::try_from(count).map_or(record::limits::PAGE_MAX, |count| {
            count.min(record::limits::PAGE_MAX)
        }),
    )
}

/// A plus that was not escaped came as a space: no moment has one.
fn unplussed(text: &str) -> String {
    text.replace(' ', "+")
}

/// One version as an entry of a history.
fn past(base: &str, stored: &Stored, subset: &Subset) -> String {
    let (method, status) = match (&stored.body, stored.version) {
        (None, _) => ("DELETE", "204 No Content"),
        (Some(_), 1) => ("POST", "201 Created"),
        (Some(_), _) => ("PUT", "200 OK"),
    };
    let url = match method {
        "POST" => stored.key.resource_type.to_string(),
        _ => stored.key.to_string(),
    };
    let full_url = json!(format!("{base}/{}", stored.key));
    let request = json!({"method": method, "url": url});
    let response = json!({
        "status": status, "etag": format!("W/\"{}\"", stored.version), "lastModified": stored.last_updated,
    });
    let resource = match &stored.body {
        Some(body) => {
            let part = subset.of(body);
            format!("\"resource\":{},", part.as_deref().unwrap_or(body))
        }
        None => String::new(),
    };
    format!("{{\"fullUrl\":{full_url},{resource}\"request\":{request},\"response\":{response}}}")
}
