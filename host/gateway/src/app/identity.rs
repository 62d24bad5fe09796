//! Who a record is: which records were merged into it or parted from it, and where a merge begins.
//!
//! Invariant: a merge takes a comparison, a reason and a confirmation; its undoing is one press away from where it is told.

pub(crate) mod merge;
pub(crate) mod parting;

use std::collections::BTreeSet;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use fhir::resource::{Id, Key};
use maud::{Markup, html};
use record::log::At;
use record::person::{Act, Event, PersonError};
use record::{Kind, ReadError};
use serde::Deserialize;

use super::find::Asked;
use super::look::Reader;
use super::moment::{MomentQuery, Seen};
use super::patient::{self, Opened};
use super::person::Person;
use super::{Clinician, banner, facts, unread};
use crate::auth::Session;
use crate::frame::{self, Page};
use crate::icon::{Icon, icon};
use crate::problem::status;
use crate::written::{self, plain};
use crate::{Door, address};

/// People who may be the same, listed at once.
const FOUND_MAX: u32 = 20;

/// What is looked for, and what was done last.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct IdentityQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    done: String,
}

/// `GET /patients/{patient}/identity`: its identity events, and a search for another record of the person.
pub(crate) async fn identity(
    State(door): State<Door>,
    Clinician(session): Clinician,
    Path(patient): Path<String>,
    Query(query): Query<IdentityQuery>,
) -> Response {
    match shown(&door, &session, &patient, &query).await {
        Ok(answer) => answer,
        Err(why) => unsaid(&door, &session, &why),
    }
}

async fn shown(
    door: &Door,
    session: &Session,
    patient: &str,
    query: &IdentityQuery,
) -> Result<Response, PersonError> {
    let (opened, seen) = chart(door, session, patient).await?;
    let key = key(patient)?;
    let events = door.record.identity_events(&session.caller, &key).await?;
    let found = match query.q.trim().is_empty() {
        true => None,
        false => Some(others(door, session, &opened, &query.q).await?),
    };
    let here = format!("/patients/{}/identity", opened.person.id);
    let known = known(door, session, &events).await?;
    let main = html! {
        h1 .pal-h1 { "Identity" }
        @if let Some(words) = done(&query.done) { div .pal-alert .pal-alert-information role="status" { p .pal-alert__title { (words) } } }
        section .pal-card .pal-pad { h2 .pal-h2 { "Merges of this record" } (told(&events, &key, &known)) }
        section .pal-card .pal-pad {
            h2 .pal-h2 { "Is there another record of this person?" }
            p .pal-p { "Look for it here. You will see both side by side before anything is merged." }
            form method="get" action=(here) {
                div .nhsuk-form-group {
                    label .nhsuk-label for="other" { "NHS number, or family name and date of birth" }
                    input .nhsuk-input .nhsuk-input--width-20 id="other" name="q" type="search" value=(query.q) autocomplete="off" maxlength="200";
                }
                button .nhsuk-button .nhsuk-button--secondary type="submit" { "Look for another record" }
            }
            @if let Some(found) = &found { (candidates(found, &opened.person)) }
        }
    };
    Ok(page(
        door,
        session,
        &opened,
        &seen,
        (StatusCode::OK, "Identity", main),
    ))
}

fn done(word: &str) -> Option<&'static str> {
    match word {
        "merged" => Some(
            "The records were merged. If that was wrong, undo it below: nothing is lost by it.",
        ),
        "parted" => {
            Some("The merge was undone. Everything that nobody changed since is as it was.")
        }
        "open" => Some(
            "The merge was undone. Some things that were written meanwhile still have to be decided: open the task below.",
        ),
        "settled" => Some("Your decisions were kept."),
        _other => None,
    }
}

/// To the identity page of a patient, which says what was done.
fn led_on(patient: &str, done: &str) -> Response {
    let to = format!(
        "/patients/{}/identity?done={done}",
        address::encoded(patient)
    );
    Redirect::to(&to).into_response()
}

/// The page of a patient with what is on it.
fn page(
    door: &Door,
    session: &Session,
    opened: &Opened,
    seen: &Seen,
    (code, title, main): (StatusCode, &str, Markup),
) -> Response {
    let here = format!("/patients/{}/identity", opened.person.id);
    let page = Page {
        title: &format!("{title}: {}", opened.person.name),
        banner: Some(banner::banner(&opened.person, &opened.allergies)),
        menu: Some(patient::menu(opened, &here, seen)),
        main,
        foot: None,
        past: false,
    };
    frame::page(door, Some(session), code, page)
}

async fn chart(
    door: &Door,
    session: &Session,
    patient: &str,
) -> Result<(Opened, Seen), PersonError> {
    let id: Id = patient.parse().map_err(|_| nobody())?;
    let seen = MomentQuery::default().seen(door).await?;
    let reader = Reader {
        door,
        caller: &session.caller,
        at: &seen.at,
    };
    let opened = patient::opened(reader, &id, seen.today()).await?;
    Ok((opened, seen))
}

fn nobody() -> PersonError {
    PersonError::NotFound {
        what: "such patient".to_owned(),
    }
}

fn key(patient: &str) -> Result<Key, PersonError> {
    format!("Patient/{patient}").parse().map_err(|_| nobody())
}

/// Who the records of these events are.
async fn known(
    door: &Door,
    session: &Session,
    events: &[Event],
) -> Result<Vec<Person>, PersonError> {
    let records = events.iter().map(|it| &it.identity);
    let ids: BTreeSet<&str> = records
        .flat_map(|it| [it.source.id.as_str(), it.target.id.as_str()])
        .collect();
    let reader = Reader {
        door,
        caller: &session.caller,
        at: &At::Now,
    };
    Ok(reader.people(&ids).await?)
}

/// People who may be the one whose page this is.
async fn others(
    door: &Door,
    session: &Session,
    opened: &Opened,
    words: &str,
) -> Result<Vec<Person>, PersonError> {
    let asked =
        Asked::read(words, "", "", "").map_err(|(_, what)| ReadError::Unreadable { what })?;
    let pairs = asked.pairs().unwrap_or_default();
    let pairs: Vec<(&str, &str)> = pairs
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let reader = Reader {
        door,
        caller: &session.caller,
        at: &At::Now,
    };
    let list = reader.list("Patient", &pairs, FOUND_MAX).await?;
    let today = today(door);
    let people = list.resources.iter().map(|it| Person::of(it, today));
    Ok(people
        .filter(|it| it.id != opened.person.id && it.merged_to.is_none())
        .collect())
}

fn today(door: &Door) -> jiff::civil::Date {
    jiff::Timestamp::from_millisecond(door.record.now_ms())
        .map(written::local_date)
        .unwrap_or_default()
}

fn candidates(found: &[Person], own: &Person) -> Markup {
    html! {
        @if found.is_empty() { p .pal-absent { "No other record fits. Records that were merged already are not listed." } }
        @else { div .pal-scroll role="region" aria-label="Other records" tabindex="0" { table .pal-table {
            thead { tr { th scope="col" { "Name" } th scope="col" { "Born" } th scope="col" { "NHS No." } th scope="col" { "Address" } th scope="col" { "Compare" } } }
            tbody { @for it in found { tr {
                th scope="row" { (it.name) } td .pal-nw { (it.born) } td .pal-nw { (it.nhs_number) } td { (it.address) }
                td { a href={ "/patients/" (address::encoded(&own.id)) "/merge?other=" (address::encoded(&it.id)) } { "Compare side by side" } }
            } } }
        } } }
    }
}

fn told(events: &[Event], own: &Key, known: &[Person]) -> Markup {
    html! {
        @if events.is_empty() { p .pal-absent { "This record was never merged with another" } }
        @else { div .pal-scroll role="region" aria-label="Merges of this record" tabindex="0" { table .pal-table {
            thead { tr { th scope="col" { "What" } th scope="col" { "When and by whom" } th scope="col" { "Why" } th scope="col" { "What to do" } } }
            tbody { @for event in events { (row(event, own, known)) } }
        } } }
    }
}

fn row(event: &Event, own: &Key, known: &[Person]) -> Markup {
    let identity = &event.identity;
    let other = match identity.target == *own {
        true => &identity.source,
        false => &identity.target,
    };
    let person = known.iter().find(|it| it.id == other.id.as_str());
    let who = person.map_or_else(|| other.id.to_string(), Person::line);
    let what = match (identity.act, identity.target == *own) {
        (Act::Merge, true) => "Another record was merged into this one",
        (Act::Merge, false) => "This record was merged into another",
        (Act::Unmerge, _) => "A merge was undone",
        (Act::Settle, _) => "Decided whose later entries are",
    };
    let target = address::encoded(identity.target.id.as_str());
    html! { tr {
        th scope="row" {
            (what)
            span .pal-line2 { "Other record: " a href={ "/patients/" (address::encoded(other.id.as_str())) } { (who) } }
            span .pal-line2 { (facts::entries(event.moved)) ", commit " (event.t) }
        }
        td { (written::moment(&event.at)) span .pal-line2 { (plain(&event.by)) ", " (plain(&event.site)) } }
        td { (plain(&event.reason)) @if let Some(evidence) = &event.evidence { span .pal-line2 { "Evidence: " (plain(evidence)) } } }
        td {
            @match (identity.act, event.undone, &event.task) {
                (Act::Merge, None, _) => { a href={ "/patients/" (target) "/unmerge/" (address::encoded(identity.event.id.as_str())) } { "Undo this merge" } }
                (Act::Merge, Some(t), _) => { span .pal-absent { "Undone in commit " (t) } }
                (Act::Unmerge, _, Some(task)) => { a href={ "/settle/" (address::encoded(task.id.as_str())) } { "What was left to decide" } }
                (Act::Unmerge | Act::Settle, _, _) => { span .pal-absent { "Nothing" } }
            }
        }
    } }
}

/// A page for something that was not done or cannot be shown.
pub(super) fn unsaid(door: &Door, session: &Session, why: &PersonError) -> Response {
    match why {
        PersonError::Read { source } => unread(door, session, source),
        other => {
            let (code, words) = refusal(other);
            frame::no(door, Some(session), code, "This cannot be shown", &words)
        }
    }
}

/// A refusal as a sentence for whoever asked.
pub(super) fn refusal(why: &PersonError) -> (StatusCode, String) {
    let words = match why.kind() {
        Kind::Fault => {
            tracing::error!("{}", record::with_causes(why));
            "Something failed on our side. Look at the record before you try again, then report it."
                .to_owned()
        }
        Kind::NotFound => {
            "There is no such patient, merge or task, or you may not see it.".to_owned()
        }
        Kind::Incorrect
        | Kind::Forbidden
        | Kind::Conflict
        | Kind::Refused
        | Kind::Busy
        | Kind::Full => {
            let words = record::with_causes(why);
            let mut letters = words.chars();
            let first = letters.next().map(|it| it.to_uppercase().to_string());
            format!("{}{}.", first.unwrap_or_default(), letters.as_str())
        }
    };
    (status(why.kind()), words)
}

/// What stands above a form that was refused.
pub(super) fn summary(wrong: Option<&str>) -> Markup {
    html! {
        @if let Some(words) = wrong {
            div .nhsuk-error-summary role="alert" { h2 .nhsuk-error-summary__title { "Nothing was changed" } p { (icon(Icon::Warning)) " " (plain(words)) } }
        }
    }
}

/// The field for a reason.
pub(super) fn reason(label: &str, typed: &str) -> Markup {
    html! {
        div .nhsuk-form-group {
            label .nhsuk-label for="reason" { (label) }
            div .nhsuk-hint id="reason-hint" { "Whoever looks at this record later will read it" }
            input .nhsuk-input id="reason" name="reason" type="text" value=(typed) autocomplete="off" maxlength="500" required aria-describedby="reason-hint";
        }
    }
}
