//! `$everything`: whatever is known about a patient, about every patient, or about an encounter, as a Bundle.
//!
//! Invariant: every page is read at the moment of the first.

use axum::http::StatusCode;
use axum::response::Response;
use fhir::date::{self, Form, Span};
use fhir::outcome::IssueType;
use fhir::resource::ResourceType;
use fhir::subset::Subset;
use record::log::At;
use record::search::Found;
use record::search::everything::{About, Ask};

use super::super::searchset::{Shown, searchset};
use super::{Call, On};
use crate::problem::Problem;

/// What may be said beside on whom it is called.
const PARAMETERS: [&str; 7] = [
    "start", "end", "_since", "_type", "_count", "_page", "_asOf",
];

/// `GET /fhir/Patient/{id}/$everything`, `/fhir/Patient/$everything`, `/fhir/Encounter/{id}/$everything`: 200 with a page;
/// 404 and 410 as reading; 403 for a type that the caller may not read.
pub(super) async fn everything(mut call: Call) -> Result<Response, Problem> {
    call.only(&PARAMETERS)?;
    let given = PARAMETERS.iter().flat_map(|name| {
        let texts = call.texts(name).into_iter();
        texts.map(|text| ((*name).to_owned(), text))
    });
    let pairs = given.collect();
    let (about, place) = match &call.on {
        On::Instance(key) if key.resource_type == ResourceType::ENCOUNTER => (
            About::Encounter(key.id.clone()),
            format!("{key}/$everything"),
        ),
        On::Instance(key) => (About::Patient(key.id.clone()), format!("{key}/$everything")),
        On::Type(_) | On::System => (About::EveryPatient, "Patient/$everything".to_owned()),
    };
    let ask = Ask {
        about,
        from_ms: day(&call, "start")?.map(|span| span.low_ms),
        until_ms: day(&call, "end")?.map(|span| span.high_ms),
        since: call.text("_since")?.map(|text| text.replace(' ', "+")),
        types: types(&call)?,
        n_max: count(&call)?,
        page: call.text("_page")?,
        at: At::Commit(call.ask.moment().await?),
    };
    let everything = call
        .ask
        .door
        .record
        .everything(&call.ask.caller, &ask)
        .await?;
    let found = Found {
        t: everything.t,
        matches: everything.matches,
        included: everything.included,
        total: None,
        next: everything.next,
    };
    let shown = Shown {
        place: &place,
        pairs: &pairs,
        subset: Subset::Whole,
        left_out: &[],
    };
    Ok(searchset(&call.ask, &shown, &found))
}

fn day(call: &Call, name: &str) -> Result<Option<Span>, Problem> {
    let text = call.text(name)?;
    let span = text.map(|text| date::parse(&text.replace(' ', "+"), Form::DateTime));
    span.transpose()
        .map_err(|why| wrong(format!("`{name}`: {why}")))
}

/// `_type` may be repeated, and may name several with commas.
fn types(call: &Call) -> Result<Vec<ResourceType>, Problem> {
    let texts = call.texts("_type");
    let names = texts.iter().flat_map(|text| text.split(','));
    let types = names.map(|name| name.trim().parse());
    types
        .collect::<Result<_, fhir::resource::UnknownType>>()
        .map_err(|why| wrong(format!("`_type`: {why}")))
}

/// `_count`: how many a page may have.
fn count(call: &Call) -> Result<Option<u32>, Problem> {
    let Some(text) = call.text("_count")? else {
        return Ok(None);
    };
    let count = text.parse::<u64>().ok().filter(|count| *count > 0);
    let count = count.ok_or_else(|| wrong("`_count` must be a whole number from 1"))?;
    Ok(Some(u32::try_from(count).unwrap_or(u32::MAX)))
}

fn wrong(details: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, IssueType::Value, details)
}
