//! A patient's page: the summary that the core application shows whatever departmentals do.
//!
//! Invariant: everything on it is read as of one commit, which it names; of an earlier moment it can only be read.

mod summary;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use fhir::resource::{Id, Key};
use maud::{Markup, html};
use record::ReadError;
use record::departmental::manifest::Place;
use record::departmental::menu::Offered;
use record::log::{At, T};
use serde::Deserialize;

use super::allergies::{self, Label};
use super::look::{List, Reader};
use super::person::Person;
use super::{Clinician, banner, unread};
use crate::auth::Session;
use crate::frame::{self, Page};
use crate::icon::{Icon, icon};
use crate::{Door, written};

/// Allergies that are read for the label.
const ALLERGIES_MAX: u32 = 200;

/// The moment at which a page is read.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct MomentQuery {
    /// A local date and time, as a browser's field gives it.
    #[serde(default)]
    moment: String,
    /// A commit's number.
    #[serde(default)]
    t: String,
}

/// Which moment was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Moment {
    Now,
    Past { at: At, words: String },
    Unreadable(String),
}

impl MomentQuery {
    fn read(&self) -> Moment {
        match (self.moment.trim(), self.t.trim()) {
            ("", "") => Moment::Now,
            ("", t) => match t.parse() {
                Ok(t) => Moment::Past {
                    at: At::Commit(T(t)),
                    words: format!("commit {t}"),
                },
                Err(_) => Moment::Unreadable(t.chars().take(40).collect()),
            },
            (text, _) => match written::instant_of_local(text) {
                Some(instant) => Moment::Past {
                    words: written::moment(&instant),
                    at: At::Instant(instant),
                },
                None => Moment::Unreadable(text.chars().take(40).collect()),
            },
        }
    }
}

/// Who a page is about, and what its menu lists.
pub(crate) struct Opened {
    pub(crate) person: Person,
    pub(crate) allergies: Label,
    pub(crate) allergy_list: Option<List>,
    departments: Vec<Offered>,
}

/// Reads what every page about a patient needs.
pub(crate) async fn opened(reader: Reader<'_>, patient: &Id) -> Result<Opened, ReadError> {
    let key: Key = format!("Patient/{patient}")
        .parse()
        .map_err(|_| ReadError::NotFound {
            what: "patient".to_owned(),
        })?;
    let now_ms = reader.door.record.now_ms();
    let today = jiff::Timestamp::from_millisecond(now_ms)
        .map(written::local_date)
        .unwrap_or_default();
    let person = Person::of(&reader.one(&key).await?, today);
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
        departments,
    })
}

/// The menu of a patient's pages; `here` is the address of the page.
pub(crate) fn menu(opened: &Opened, here: &str, past: bool) -> Markup {
    let base = format!("/patients/{}", opened.person.id);
    let link = |address: &str, words: &str| {
        let current = (here == address).then_some("page");
        html! { li { a .pal-menu__a href=(address) aria-current=[current] { (words) } } }
    };
    html! {
        ul .pal-bare { (link(&base, "Summary")) }
        @for department in &opened.departments {
            p .pal-menu__title { (written::plain(&department.name)) }
            @match &department.screens {
                Some(_) if past => { p .pal-menu__none { "Shown as it is now only" } }
                Some(screens) => {
                    ul .pal-bare { @for screen in screens.iter().filter(|it| it.place == Place::Patient) {
                        (link(&format!("{base}/departments/{}/{}", department.departmental, screen.id), &written::plain(&screen.title)))
                    } }
                }
                None => { p .pal-menu__none { (icon(Icon::Warning)) " Unavailable. Results may exist that are not shown." } }
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
    let (at, past) = match query.read() {
        Moment::Now => (At::Commit(door.record.current()), None),
        Moment::Past { at, words } => (at, Some(words)),
        Moment::Unreadable(text) => {
            let what = format!(
                "{text:?} is not a moment: choose a date and time, or write a commit's number after t="
            );
            return unread(door, session, &ReadError::Unreadable { what });
        }
    };
    let reader = Reader {
        door,
        caller: &session.caller,
        at: &at,
    };
    let opened = match opened(reader, &patient).await {
        Ok(opened) => opened,
        Err(why) => return unread(door, session, &why),
    };
    let here = format!("/patients/{patient}");
    let is_past = past.is_some();
    let main = html! {
        div .pal-head {
            h1 .pal-h1 { "Summary" }
            (record_as_at(door, &here, &at, past.as_deref()))
        }
        (summary::sections(reader, &patient, opened.allergy_list.as_ref()).await)
    };
    let page = Page {
        title: &format!("Summary: {}", opened.person.name),
        banner: Some(banner::banner(&opened.person, &opened.allergies)),
        menu: Some(menu(&opened, &here, is_past)),
        main,
        foot: None,
        past: is_past,
    };
    frame::page(door, Some(session), StatusCode::OK, page)
}

/// As of when the page was read, and the way to another moment.
fn record_as_at(door: &Door, here: &str, at: &At, past: Option<&str>) -> Markup {
    let now = record::clock::rfc3339(door.record.now_ms());
    let t = match at {
        At::Commit(T(t)) => Some(*t),
        At::Now | At::Instant(_) => None,
    };
    html! {
        details .pal-asat open[past.is_some()] {
            summary {
                "Record as at " b { (past.map_or_else(|| written::second(&now), str::to_owned)) }
                @if let (Some(t), None) = (t, past) { " (t " (t) ")" }
                @if past.is_none() { " " span .pal-asat__now { "Now" } } @else { " " span .pal-asat__past { "Not now" } }
            }
            form method="get" action=(here) {
                label for="moment" { "Show the record as it was at" }
                input .nhsuk-input id="moment" name="moment" type="datetime-local" required;
                button .pal-button type="submit" { "Show" }
            }
        }
        @if past.is_some() {
            p .pal-past__words role="status" {
                b { "This is the past." } " The record is shown as it was, and cannot be changed here. "
                a href=(here) { "Back to now" }
            }
        }
    }
}
