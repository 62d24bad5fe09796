//! `$lastn`: the newest observations of each code.
//!
//! Invariant: it is always about somebody: without a patient or subject it is refused.

use axum::http::StatusCode;
use axum::response::Response;
use fhir::outcome::IssueType;
use fhir::resource::ResourceType;
use record::log::At;
use record::search::Found;

use super::super::ask::subset_of;
use super::super::negotiate::Pairs;
use super::super::page::query;
use super::super::searchset::{Shown, searchset};
use super::Call;
use crate::problem::Problem;

/// What Parameters may hold; an address may hold any parameter of a search for observations.
const PARAMETERS: [&str; 8] = [
    "patient",
    "subject",
    "category",
    "code",
    "date",
    "encounter",
    "status",
    "max",
];
/// What would make another question of it.
const NOT_HERE: [&str; 7] = [
    "_sort",
    "_count",
    "_page",
    "_include",
    "_revinclude",
    "_total",
    "_contained",
];

/// `GET /fhir/Observation/$lastn?patient=…`: 200 with a Bundle, each code's newest together. `max`: how many of each, 1
/// unless said.
pub(super) async fn lastn(mut call: Call) -> Result<Response, Problem> {
    let asked = asked(&call);
    let max = max(&mut call)?;
    let t = call.ask.moment().await?;
    let pairs: Pairs = asked
        .iter()
        .filter(|(name, _)| name != "max" && name != "_asOf")
        .cloned()
        .collect();
    let base = |name: &str| name.split(':').next().unwrap_or_default().to_owned();
    let names: Vec<String> = pairs.iter().map(|(name, _)| base(name)).collect();
    if let Some(name) = names.iter().find(|name| NOT_HERE.contains(&name.as_str())) {
        let details = format!(
            "`{name}` means nothing to $lastn, whose order and number are given: leave it out"
        );
        return Err(wrong(IssueType::NotSupported, details));
    }
    if !names
        .iter()
        .any(|name| name == "patient" || name == "subject")
    {
        let details = "whose observations? Write `patient` or `subject`, as in patient=123";
        return Err(wrong(IssueType::Required, details));
    }
    let known = call.ask.door.record.known_parameters().await?;
    let search = query(&known, ResourceType::OBSERVATION, &pairs)?;
    let subset = subset_of(&search)?;
    let record = &call.ask.door.record;
    let newest = record
        .newest(&call.ask.caller, &search, max, &At::Commit(t))
        .await?;
    let found = Found {
        t: newest.t,
        total: Some(newest.observations.len() as u64),
        matches: newest.observations,
        included: Vec::new(),
        next: None,
    };
    let shown = Shown {
        place: "Observation/$lastn",
        pairs: &asked,
        subset,
        left_out: &[],
    };
    Ok(searchset(&call.ask, &shown, &found))
}

/// Everything that was given, in the address and in the body.
fn asked(call: &Call) -> Pairs {
    let mut asked = call.ask.pairs.clone();
    for name in PARAMETERS {
        let in_address = asked.iter().filter(|(key, _)| key == name).count();
        let texts = call.texts(name).into_iter().skip(in_address);
        asked.extend(texts.map(|text| (name.to_owned(), text)));
    }
    asked
}

fn max(call: &mut Call) -> Result<u32, Problem> {
    let Some(text) = call.text("max")? else {
        return Ok(1);
    };
    let most = record::limits::LASTN_MAX;
    let max = text.parse().ok().filter(|max| (1..=most).contains(max));
    max.ok_or_else(|| {
        wrong(
            IssueType::Value,
            format!("`max` is a whole number from 1 to {most}"),
        )
    })
}

fn wrong(code: IssueType, details: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, code, details)
}
