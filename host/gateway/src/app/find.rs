//! Finding a patient: by NHS number, or by name and date of birth.
//!
//! Invariant: the page says what was looked for, and a list that is cut says so.

mod asked;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use record::log::At;
use serde::Deserialize;

use super::look::Reader;
use super::person::Person;
use super::{Clinician, unread};
use crate::auth::Session;
use crate::frame::{self, Page};
use crate::icon::{Icon, icon};
use crate::{Door, written};

pub(crate) use asked::Asked;

/// People on a page of results: more cannot be told apart by eye.
const FOUND_MAX: u32 = 50;

/// What was typed.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct FindQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    family: String,
    #[serde(default)]
    given: String,
    #[serde(default)]
    born: String,
}

/// `GET /patients?q=…`: the people found, or why the words cannot be looked for.
pub(crate) async fn patients(
    State(door): State<Door>,
    Clinician(session): Clinician,
    Query(query): Query<FindQuery>,
) -> Response {
    looked_for(&door, &session, &query).await
}

async fn looked_for(door: &Door, session: &Session, query: &FindQuery) -> Response {
    let asked = match Asked::read(&query.q, &query.family, &query.given, &query.born) {
        Ok(asked) => asked,
        Err((asked, why)) => {
            let page = Page::plain("Find a patient", form(&asked, Some(&why)));
            return frame::page(door, Some(session), StatusCode::BAD_REQUEST, page);
        }
    };
    let Some(pairs) = asked.pairs() else {
        return Redirect::to("/").into_response();
    };
    let reader = Reader {
        door,
        caller: &session.caller,
        at: &At::Now,
    };
    let pairs: Vec<(&str, &str)> = pairs
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    match reader.list("Patient", &pairs, FOUND_MAX).await {
        Ok(list) => {
            let today = jiff::Timestamp::from_millisecond(door.record.now_ms())
                .map(written::local_date)
                .unwrap_or_default();
            let people: Vec<Person> = list
                .resources
                .iter()
                .map(|it| Person::of(it, today))
                .collect();
            let people = standing(people);
            let page = Page::plain("Patients found", found(&asked, &people, list.more));
            frame::page(door, Some(session), StatusCode::OK, page)
        }
        Err(why) => unread(door, session, &why),
    }
}

/// Without those who were merged into somebody on the same list.
fn standing(people: Vec<Person>) -> Vec<Person> {
    let ids: Vec<String> = people.iter().map(|it| it.id.clone()).collect();
    let stands = |it: &Person| it.merged_to.as_ref().is_none_or(|into| !ids.contains(into));
    people.into_iter().filter(stands).collect()
}

fn found(asked: &Asked, people: &[Person], more: bool) -> Markup {
    html! {
        h1 .pal-h1 { @match people.len() { 0 => "No patient found", 1 if !more => "1 patient found", n => { (n) @if more { " or more" } " patients found" } } }
        p .pal-p { "Looked for " b { (asked.words()) } "." }
        @if more { p .pal-p { (icon(Icon::Warning)) " More than " (people.len()) " people match. Add a date of birth or a given name." } }
        @if people.is_empty() {
            p .pal-p { "Check the spelling and the date, or search by NHS number. A patient who was never registered in the region is not found here." }
        } @else {
            section .pal-card .pal-card-flush { div .pal-scroll role="region" aria-label="Patients found" tabindex="0" {
                table .pal-table {
                    thead { tr { th scope="col" { "Name" } th scope="col" { "Born" } th scope="col" { "Gender" } th scope="col" { "NHS No." } th scope="col" { "Address" } } }
                    tbody { @for it in people { tr {
                        th scope="row" {
                            a href={ "/patients/" (crate::address::encoded(&it.id)) } { (it.name) }
                            @if let Some(died) = &it.died { span .pal-line2 { "Died " (died) } }
                            @if it.merged_to.is_some() { span .pal-line2 { (icon(Icon::Warning)) " Merged into another record, which opens instead" } }
                        }
                        td .pal-nw { (it.born) } td { (it.gender) } td .pal-nw { (it.nhs_number) } td { (it.address) }
                    } } }
                }
            } }
        }
        (form(asked, None))
    }
}

/// The form with each part in its own field.
pub(crate) fn form(asked: &Asked, wrong: Option<&str>) -> Markup {
    let field = |id: &str, label: &str, hint: &str, value: &str| {
        html! {
            div .nhsuk-form-group {
                label .nhsuk-label for=(id) { (label) }
                div .nhsuk-hint id={ (id) "-hint" } { (hint) }
                input .nhsuk-input .nhsuk-input--width-20 id=(id) name=(id) type="text" value=(value) autocomplete="off" maxlength="100" aria-describedby={ (id) "-hint" };
            }
        }
    };
    html! {
        section .pal-plain .pal-narrow {
            @if wrong.is_some() || asked.is_empty() { h1 .pal-h1 { "Find a patient" } } @else { h2 .pal-h2 { "Search again" } }
            @if let Some(words) = wrong {
                div .nhsuk-error-summary role="alert" {
                    h2 .nhsuk-error-summary__title { "This cannot be looked for" }
                    p { (words) }
                }
            }
            p .pal-p { "Search by NHS number at the top of the page, or by name here. The beginning of a name is enough." }
            form method="get" action="/patients" {
                (field("family", "Family name", "As HARGREAVES or HARG", &asked.family))
                (field("given", "Given name (optional)", "As Maureen", &asked.given))
                (field("born", "Date of birth (optional)", "As 03-Mar-1948, 3/3/1948 or 1948", &asked.born))
                button .nhsuk-button type="submit" { "Search by name" }
            }
        }
    }
}
