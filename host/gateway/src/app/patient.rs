//! A patient's page: the summary that the core application shows whatever departmentals do.
//!
//! Invariant: everything on it is read as of one commit, which it names; of an earlier moment it can only be read.

mod advice;
pub(crate) mod document;
pub(crate) mod documents;
mod sources;
mod summary;

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use fhir::resource::{Id, Key};
use jiff::civil::Date;
use maud::{Markup, html};
use record::ReadError;
use record::departmental::manifest::Place;
use record::departmental::menu::Offered;

use super::allergies::{self, Label};
use super::department::card;
use super::look::{List, Reader};
use super::moment::{MomentQuery, Seen};
use super::person::Person;
use super::{Clinician, banner, unread};
use crate::auth::Session;
use crate::frame::{self, Page};
use crate::icon::{Icon, icon};
use crate::{Door, address, written};

/// Allergies that are read for the label.
const ALLERGIES_MAX: u32 = 200;

/// Who a page is about, and what its menu lists.
pub(crate) struct Opened {
    pub(crate) person: Person,
    pub(crate) allergies: Label,
    pub(crate) allergy_list: Option<List>,
    /// The ids of records that were merged into this one.
    merged_from: Vec<String>,
    departments: Vec<Offered>,
}

impl Opened {
    /// The departmentals that are enabled where the reader works.
    pub(crate) fn departments(&self) -> &[Offered] {
        &self.departments
    }
}

/// Reads what every page about a patient needs; `today`: the day on which ages are counted.
pub(crate) async fn opened(
    reader: Reader<'_>,
    patient: &Id,
    today: Date,
) -> Result<Opened, ReadError> {
    let key: Key = format!("Patient/{patient}")
        .parse()
        .map_err(|_| ReadError::NotFound {
            what: "patient".to_owned(),
        })?;
    let body = reader.one(&key).await?;
    let person = Person::of(&body, today);
    let found = reader
        .list(
            "AllergyIntolerance",
            &[("patient", patient.as_str())],
            ALLERGIES_MAX,
        )
        .await;
    if let Err(why) = &found {
        tracing::warn!(
            "allergies of a patient could not be read: {}",
            record::with_causes(why)
        );
    }
    let allergy_list = found.ok();
    let departments = reader.door.record.menu(reader.caller).await;
    Ok(Opened {
        person,
        allergies: allergies::label(allergy_list.as_ref()),
        allergy_list,
        merged_from: record::person::merged_from(&body)
            .into_iter()
            .map(|key| key.id.to_string())
            .collect(),
        departments,
    })
}

/// The menu of a patient's pages; `here` is the address of the page without its query. The screens of the departmental
/// that is looked at are listed; those of the others are folded under their names, one press away, for the same patient
/// and the same moment.
pub(crate) fn menu(opened: &Opened, here: &str, seen: &Seen) -> Markup {
    let base = format!("/patients/{}", opened.person.id);
    let link = |address: &str, words: &str| {
        let current = (here == address).then_some("page");
        html! { li { a .pal-menu__a href=(seen.link(address)) aria-current=[current] { (words) } } }
    };
    html! {
        ul .pal-bare { (link(&base, "Summary")) (link(&format!("{base}/documents"), "Documents")) (link(&format!("{base}/identity"), "Identity")) }
        @for department in &opened.departments {
            @let below = format!("{base}/departments/{}/", department.departmental);
            @match &department.screens {
                Some(screens) => {
                    details .pal-menu__group open[here.starts_with(&below)] {
                        summary .pal-menu__name { (written::plain(&department.name)) }
                        ul .pal-bare { @for screen in screens.iter().filter(|it| it.place == Place::Patient) {
                            (link(&format!("{below}{}", screen.id), &written::plain(&screen.title)))
                        } }
                    }
                }
                None => {
                    p .pal-menu__title { (written::plain(&department.name)) }
                    p .pal-menu__none { (icon(Icon::Warning)) " Unavailable. Results may exist that are not shown." }
                }
            }
        }
        @if opened.departments.is_empty() { p .pal-menu__none { "No departmentals are enabled at this site" } }
    }
}

/// `GET /patients/{patient}`: the summary, now or as of an earlier `moment` or commit `t`. 404 unknown or hidden: one answer.
pub(crate) async fn summary(
    State(door): State<Door>,
    Clinician(session): Clinician,
    Path(patient): Path<String>,
    Query(query): Query<MomentQuery>,
) -> Response {
    read_at(&door, &session, &patient, &query).await
}

/// The summary as of the moment asked for.
async fn read_at(door: &Door, session: &Session, patient: &str, query: &MomentQuery) -> Response {
    let Ok(patient) = patient.parse::<Id>() else {
        return unread(
            door,
            session,
            &ReadError::NotFound {
                what: "patient".to_owned(),
            },
        );
    };
    let seen = match query.seen(door).await {
        Ok(seen) => seen,
        Err(why) => return unread(door, session, &why),
    };
    let reader = Reader {
        door,
        caller: &session.caller,
        at: &seen.at,
    };
    let opened = match opened(reader, &patient, seen.today()).await {
        Ok(opened) => Arc::new(opened),
        Err(why) => return unread(door, session, &why),
    };
    let merged_to = opened.person.merged_to.as_deref();
    if let Some(into) = merged_to.filter(|_| !seen.is_past()) {
        return led_on(&patient, into);
    }
    let here = format!("/patients/{patient}");
    let advice = advice::section(door, &session.caller, &patient, &seen);
    let cards = card::cards(door, session, (&patient, &opened), &seen);
    let sections = summary::sections(
        reader,
        &patient,
        opened.allergy_list.as_ref(),
        (advice, cards),
    );
    let documents = documents::card(reader, &patient, &seen);
    let sources = sources::section(reader, &patient);
    let (sections, documents, sources) = tokio::join!(sections, documents, sources);
    let main = html! {
        (seen.banner(&here))
        @if !query.merged.is_empty() && opened.merged_from.contains(&query.merged) { (led_here(&here)) }
        div .pal-head {
            h1 .pal-h1 { "Summary" }
            (seen.chooser(&here))
        }
        (sections)
        (documents)
        (sources)
    };
    let page = Page {
        title: &format!("Summary: {}", opened.person.name),
        banner: Some(banner::banner(&opened.person, &opened.allergies)),
        menu: Some(menu(&opened, &here, &seen)),
        main,
        foot: None,
        past: seen.is_past(),
    };
    frame::page(door, Some(session), StatusCode::OK, page)
}

/// Who follows an old link or bookmark sees the record that is in use, and a word about it.
fn led_on(patient: &Id, into: &str) -> Response {
    let to = format!(
        "/patients/{}?merged={}",
        address::encoded(into),
        address::encoded(patient.as_str())
    );
    Redirect::to(&to).into_response()
}

fn led_here(here: &str) -> Markup {
    html! {
        div .pal-alert .pal-alert-information role="status" {
            p .pal-alert__title { "You opened a record that was merged into this one." }
            p { "This is the record in use. " a href={ (here) "/identity" } { "See the merge" } "." }
        }
    }
}
