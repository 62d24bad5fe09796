//! CDS Hooks 2.0: departmentals' advice for other systems, under `/cds-services`.
//!
//! Invariant: no answer reads as "nothing to say" unless the departmental was asked about a person who is known here and
//! had nothing to say; whatever else happened is an error by its status.

mod body;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use fhir::date::{Form, parse};
use fhir::nhs_number;
use fhir::outcome::IssueType;
use fhir::query::Query;
use fhir::resource::{Id, ResourceType, text_in};
use record::caller::Caller;
use record::departmental::advice::service::{FeedbackError, Service};
use record::departmental::advice::{Advised, Said};
use record::departmental::manifest::Hook;
use record::departmental::screen::AskError;
use record::departmental::{DepartmentalId, FailureKind};
use record::log::At;
use record::search::Page;
use serde_json::{Value, json};

use self::body::{CallBody, FeedbackBody, read};
use crate::Door;
use crate::fhir_api::base_of;
use crate::problem::{Problem, status};
use crate::screen::draw;

/// What every service would like to have: whom a system with other ids means is told by the NHS number.
const PATIENT_TEMPLATE: &str = "Patient/{{context.patientId}}";

/// `GET /cds-services`: 200 with the departmentals that speak where the caller works, one service per hook.
pub(crate) async fn discovery(
    State(door): State<Door>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    let services = door.record.advice_services(&caller).await?;
    let services: Vec<Value> = services.iter().map(described).collect();
    Ok(Json(json!({ "services": services })))
}

fn described(it: &Service) -> Value {
    json!({
        "hook": it.hook.as_str(),
        "title": format!("{} {}", it.name, it.version),
        "description": it.reason,
        "id": format!("{}.{}", it.departmental, it.hook),
        "prefetch": { "patient": PATIENT_TEMPLATE },
        "usageRequirements": "It reads this record alone. A system that has other patient ids sends the Patient as `prefetch.patient`, with its NHS number.",
    })
}

/// `POST /cds-services/{id}`: 200 with cards. 400 for what is not CDS Hooks; 404 where no such service speaks; 412 when it
/// is not told who is meant; 422 with the departmental's own words; 500 or 503 when it failed or did not answer in time.
pub(crate) async fn call(
    State(door): State<Door>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let asked: CallBody = read(&body)?;
    let base = base_of(&headers, &door);
    asked_of(&door, &caller, &id, (&asked, &base))
        .await
        .map(Json)
}

async fn asked_of(
    door: &Door,
    caller: &Caller,
    id: &str,
    (asked, base): (&CallBody, &str),
) -> Result<Value, Problem> {
    let (departmental, hook) = service(id)?;
    asked.is_about(hook)?;
    let patient = patient(door, caller, asked, base).await?;
    let moment = door.record.when(&At::Now).await?;
    let speaks = (&departmental, hook);
    let advised = door.record.advice_from(caller, speaks, &patient, &moment);
    let advised = advised.await.map_err(unasked)?;
    let advised = advised.ok_or_else(|| no_such_service(id))?;
    let origin = base.strip_suffix("/fhir").unwrap_or_default();
    cards(&advised, &format!("{origin}/patients/{patient}"))
}

/// `POST /cds-services/{id}/feedback`: 200 when it is kept. 400 for what is not CDS Hooks; 404 for a card that this service
/// did not give at the caller's site.
pub(crate) async fn feedback(
    State(door): State<Door>,
    caller: Caller,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let (departmental, _) = service(&id)?;
    let said = read::<FeedbackBody>(&body)?.checked()?;
    let kept = door.record.keep_feedback(&caller, &departmental, &said);
    kept.await?;
    Ok(Json(json!({})))
}

/// `GET /.well-known/jwks.json`: 200 with the public key by which services outside check who calls them. Open to anybody.
pub(crate) async fn keys(State(door): State<Door>) -> Json<Value> {
    Json(door.record.advice_keys())
}

/// The departmental and the hook behind a service's id.
fn service(id: &str) -> Result<(DepartmentalId, Hook), Problem> {
    let (departmental, hook) = id.split_once('.').ok_or_else(|| no_such_service(id))?;
    let parsed = departmental.parse().ok().zip(hook.parse().ok());
    parsed.ok_or_else(|| no_such_service(id))
}

fn no_such_service(id: &str) -> Problem {
    let shown: String = id.chars().filter(|it| !it.is_control()).take(80).collect();
    let details =
        format!("no service `{shown}` speaks at your site: GET /cds-services lists those that do");
    Problem::new(StatusCode::NOT_FOUND, IssueType::NotFound, details)
}

/// Whom a call means, by the id that the person has here.
async fn patient(
    door: &Door,
    caller: &Caller,
    asked: &CallBody,
    base: &str,
) -> Result<Id, Problem> {
    let theirs = asked.fhir_server.as_deref();
    let is_ours = theirs.is_none_or(|server| server.trim_end_matches('/') == base);
    match (asked.patient(), is_ours) {
        (Some(sent), false) => by_number(door, caller, sent).await,
        (_, true) => asked.context.patient_id.parse().map_err(|_| {
            let details = "context.patientId is no id: write 1 to 64 letters, digits, `-` or `.`";
            Problem::new(StatusCode::BAD_REQUEST, IssueType::Value, details)
        }),
        (None, false) => Err(not_told(
            "the ids of another server are not known here: send the Patient as prefetch.patient, with its NHS number",
        )),
    }
}

/// The one person here with the NHS number of a Patient from elsewhere; a date of birth that differs is somebody else's.
async fn by_number(door: &Door, caller: &Caller, sent: &Value) -> Result<Id, Problem> {
    let identifiers = sent["identifier"].as_array().into_iter().flatten();
    let mut numbers = identifiers
        .filter(|it| it["system"] == nhs_number::SYSTEM)
        .filter_map(|it| it["value"].as_str()?.parse::<nhs_number::NhsNumber>().ok());
    let number = numbers
        .next()
        .ok_or_else(|| not_told("prefetch.patient has no NHS number that passes its check"))?;
    let wanted = format!("{}|{}", nhs_number::SYSTEM, number.digits());
    let query = Query::parse(ResourceType::PATIENT, &[("identifier".to_owned(), wanted)]);
    let query = query.map_err(|why| not_told(&why.to_string()))?;
    let found = door
        .record
        .search(caller, &query, &Page::First(At::Now))
        .await?;
    let [one] = found.matches.as_slice() else {
        return Err(not_told(
            "nobody here, or more than one, has the NHS number of prefetch.patient",
        ));
    };
    let known: Option<Value> = one
        .body
        .as_deref()
        .and_then(|it| serde_json::from_str(it).ok());
    let born = |value: &Value| text_in(value, "birthDate").map(str::to_owned);
    let (theirs, ours) = (born(sent), known.as_ref().and_then(born));
    let differ = theirs
        .zip(ours)
        .is_some_and(|(theirs, ours)| !may_be_same_day(&theirs, &ours));
    if differ {
        return Err(not_told(
            "the date of birth of prefetch.patient is not that of the person who has its NHS number here",
        ));
    }
    Ok(one.key.id.clone())
}

/// Whether two dates, each a day, a month or a year, may mean the same day.
fn may_be_same_day(one: &str, other: &str) -> bool {
    let span = |text| parse(text, Form::Search).ok();
    span(one)
        .zip(span(other))
        .is_some_and(|(one, other)| one.low_ms < other.high_ms && other.low_ms < one.high_ms)
}

fn not_told(details: &str) -> Problem {
    Problem::new(
        StatusCode::PRECONDITION_FAILED,
        IssueType::NotFound,
        details,
    )
}

fn unasked(why: AskError) -> Problem {
    match why {
        AskError::UnknownPatient => {
            not_told("the person whom context.patientId names is not known here")
        }
        why => {
            tracing::error!("{}", record::with_causes(&why));
            let details = "the departmental could not be asked; it may have advice";
            Problem::new(status(why.kind()), IssueType::Exception, details)
        }
    }
}

impl From<FeedbackError> for Problem {
    fn from(why: FeedbackError) -> Self {
        match why {
            FeedbackError::Read { source } => source.into(),
            FeedbackError::Commit { source } => source.into(),
            why @ (FeedbackError::NoSuchCard { .. } | FeedbackError::TooLong { .. }) => {
                let kind = why.kind();
                Self::new(status(kind), kind.issue_type(), why.to_string())
            }
        }
    }
}

/// What a departmental said, as CDS Hooks writes it; `chart` is the address of the patient's chart.
fn cards(advised: &Advised, chart: &str) -> Result<Value, Problem> {
    let name = format!("{} {}", advised.name, advised.version);
    let failed = |status, code, how: &str| {
        let details = format!("{name} {how}: it may have advice");
        Err(Problem::new(status, code, details))
    };
    match &advised.said {
        Said::Cards(said) => {
            let call = advised.call.as_deref().unwrap_or_default();
            let cards = said.iter().enumerate();
            let cards = cards.map(|(place, card)| {
                body::card(card, (call, place), &name, |link| {
                    let base = format!("{chart}/departments/{}", advised.departmental);
                    draw::address(&base, &link.screen, &link.parameters)
                })
            });
            Ok(json!({ "cards": cards.collect::<Vec<_>>() }))
        }
        Said::Refused(detail) => {
            let details = format!("{name} gave no advice and said: {detail}");
            Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                IssueType::BusinessRule,
                details,
            ))
        }
        Said::Late | Said::Failed(FailureKind::Timeout) => failed(
            StatusCode::SERVICE_UNAVAILABLE,
            IssueType::Timeout,
            "did not answer in time",
        ),
        Said::Unavailable
        | Said::Failed(FailureKind::Busy | FailureKind::Resting | FailureKind::HeldBack) => failed(
            StatusCode::SERVICE_UNAVAILABLE,
            IssueType::Transient,
            "cannot be asked now",
        ),
        Said::Failed(
            FailureKind::Trap | FailureKind::Limit | FailureKind::Malformed | FailureKind::Load,
        ) => failed(
            StatusCode::INTERNAL_SERVER_ERROR,
            IssueType::Exception,
            "failed",
        ),
    }
}
