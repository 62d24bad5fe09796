//! `Patient/$match`: who in the record may be the person that a Patient describes, with a score and a grade each.
//!
//! Invariant: nobody is answered as certain on a probability that a field forbids; what is answered was audited.

use axum::http::StatusCode;
use axum::response::Response;
use fhir::outcome::IssueType;
use fhir::resource::ResourceType;
use record::limits::MATCHES_MAX;
use record::matching::desk::{Candidate, Matches};
use record::matching::weights::{Band, Waterfall, Weights};
use serde_json::{Value, json};

use super::super::answer;
use super::Call;
use crate::problem::Problem;

/// R4's extension for how sure a match is.
const GRADE: &str = "http://hl7.org/fhir/StructureDefinition/match-grade";
/// Answered unless `count` says otherwise.
const COUNT_DEFAULT: usize = 10;

/// `POST /fhir/Patient/$match`: 200 with a searchset Bundle, the likeliest first. Parameters `resource`, `onlyCertainMatches`
/// and `count`; 400 when the resource is no Patient, 422 when it tells nothing to look by.
pub(super) async fn matches(call: Call) -> Result<Response, Problem> {
    let asked = Asked::read(&call)?;
    let ask = &call.ask;
    let found = ask
        .door
        .record
        .match_patient(&ask.caller, &asked.patient, MATCHES_MAX)
        .await?;
    Ok(answer::read_at(
        found.t,
        bundle(&ask.base(), &asked, &found)?.to_string(),
    ))
}

struct Asked {
    patient: Value,
    only_certain: bool,
    count: usize,
}

impl Asked {
    fn read(call: &Call) -> Result<Self, Problem> {
        call.only(&["resource", "onlyCertainMatches", "count"])?;
        let details = "send the person as a Patient, or in Parameters as the parameter `resource`";
        let given = call.resource("resource")?;
        let given = given.filter(|it| it.resource_type() == ResourceType::PATIENT);
        let given = given.ok_or_else(|| wrong(IssueType::Required, details.to_owned()))?;
        let only_certain = match call.text("onlyCertainMatches")?.as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => {
                let details = "`onlyCertainMatches` is true or false".to_owned();
                return Err(wrong(IssueType::Value, details));
            }
        };
        let count = match call.text("count")? {
            None => COUNT_DEFAULT,
            Some(text) => {
                let count = text
                    .parse()
                    .ok()
                    .filter(|count| (1..=MATCHES_MAX).contains(count));
                let details = format!("`count` is a whole number from 1 to {MATCHES_MAX}");
                count.ok_or_else(|| wrong(IssueType::Value, details))?
            }
        };
        Ok(Self {
            patient: given.value().clone(),
            only_certain,
            count,
        })
    }
}

fn bundle(base: &str, asked: &Asked, found: &Matches) -> Result<Value, Problem> {
    let certain: Vec<&Candidate> = found
        .candidates
        .iter()
        .filter(|it| !asked.only_certain || it.waterfall.band == Band::Same)
        .collect();
    // More than one who is certain is nobody who is: the asker has to look at them all.
    let shown = if asked.only_certain && certain.len() > 1 {
        &[]
    } else {
        certain.as_slice()
    };
    let entries = shown.iter().take(asked.count).map(|it| entry(base, it));
    let entries: Vec<Value> = entries.collect::<Result<_, _>>()?;
    let weights = Weights::region();
    Ok(json!({
        "resourceType": "Bundle",
        "meta": {"tag": [{"system": "urn:palatine:match-weights", "code": format!("{}-{}", weights.name, weights.version)}]},
        "type": "searchset",
        "total": entries.len(),
        "link": [{"relation": "self", "url": format!("{base}/Patient/$match")}],
        "entry": entries,
    }))
}

fn entry(base: &str, it: &Candidate) -> Result<Value, Problem> {
    let body = it.stored.body.as_deref().unwrap_or("null");
    let resource: Value = serde_json::from_str(body).map_err(|_| {
        let details = format!("{} is kept in a form that cannot be read", it.stored.key);
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            IssueType::Exception,
            details,
        )
    })?;
    Ok(json!({
        "fullUrl": format!("{base}/{}", it.stored.key),
        "resource": resource,
        "search": {
            "extension": [{"url": GRADE, "valueCode": grade(&it.waterfall)}],
            "mode": "match",
            "score": score(&it.waterfall),
        },
    }))
}

/// `probable` is nearer to certain than `possible`: a score that would do, but for a field that has to be looked at.
fn grade(of: &Waterfall) -> &'static str {
    let would_do = of.bits >= Weights::region().bands.same_bits;
    match of.band {
        Band::Same => "certain",
        Band::Ask if would_do => "probable",
        Band::Ask => "possible",
        Band::Different => "certainly-not",
    }
}

/// The chance with six decimals, and never a certain 1.
fn score(of: &Waterfall) -> f64 {
    ((of.chance * 1e6).floor() / 1e6).min(0.999_999)
}

fn wrong(code: IssueType, details: String) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, code, details)
}
