//! The gallery: every kind of node that this host draws, each with its document beside it, for whoever designs screens.
//!
//! Invariant: it reads and keeps nothing of the record; what it shows is invented and says so.

use std::collections::BTreeMap;

use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use record::departmental::outcome::Finding;
use serde_json::Value;

use crate::Door;
use crate::app::start::not_ours;
use crate::auth::Session;
use crate::frame::{self, Page};
use crate::screen::coded::{Concept, Found, OFFERED_MAX, sought};
use crate::screen::draw::{self, Desk, Ink, Named, Signing, error_summary};
use crate::screen::seal::Carried;
use crate::screen::sent::{self, Typed, part};
use crate::screen::{Screen, ScreenError};

/// What its forms are said to belong to; no departmental's form is about nobody, so none of these can be sent to one.
const OWNER: &str = "gallery";

/// One kind and a screen of it.
#[derive(Debug)]
struct Exhibit {
    kind: &'static str,
    document: &'static str,
}

macro_rules! exhibits {
    ($($kind:literal)*) => {
        &[$(Exhibit { kind: $kind, document: include_str!(concat!("gallery/", $kind, ".json")) }),*]
    };
}

const ROOMS: &[(&str, &[Exhibit])] = &[
    (
        "Layout",
        exhibits!("section" "columns" "card" "details" "tabs" "summary-list"),
    ),
    (
        "Text and status",
        exhibits!("heading" "paragraph" "list" "inset" "warning-callout" "tag" "alert" "notification" "empty-state"),
    ),
    (
        "Clinical",
        exhibits!("clinical-value" "datetime" "medication-line" "allergy-list" "coded-concept" "patient-ref" "actor-ref" "score"),
    ),
    (
        "Collections",
        exhibits!("table" "result-grid" "flowsheet" "timeline" "worklist"),
    ),
    (
        "Charts",
        exhibits!("trend" "sparkline" "banded-observation-chart" "reference-curve-chart" "labour-chart" "body-map"),
    ),
    (
        "Inputs",
        exhibits!("input-text" "input-number" "input-date" "input-choice" "input-checks" "input-nhs-number" "input-dose" "input-coded" "attest-sign"),
    ),
    (
        "Flow",
        exhibits!("form" "action" "link" "task-steps" "check-answers" "print"),
    ),
];

/// `GET /gallery`: the kinds by name.
pub(crate) async fn gallery(State(door): State<Door>, session: Session) -> Response {
    let page = Page::plain("Gallery of screens", index());
    frame::page(&door, Some(&session), StatusCode::OK, page)
}

/// `GET /gallery/{kind}`: one kind, drawn, and its document. 404 for a kind that this host does not draw.
pub(crate) async fn exhibit(
    State(door): State<Door>,
    session: Session,
    Path(kind): Path<String>,
) -> Response {
    shown(&door, &session, &kind, Typed::default())
}

/// `POST` to the same address: what a departmental would be given of the form, which goes nowhere; 422 and the form again
/// with what is wrong; 403 for a foreign form.
pub(crate) async fn answered(
    State(door): State<Door>,
    session: Session,
    Path(kind): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let typed = Typed::new(pairs);
    if !session.sent(typed.one("form_token").unwrap_or_default()) {
        return not_ours(&door, &session);
    }
    shown(&door, &session, &kind, typed)
}

fn index() -> Markup {
    html! {
        h1 .pal-h1 { "Gallery of screens" }
        p .pal-p { "Every kind of node of which a departmental may make a screen. Whatever is shown here is invented." }
        @for (room, exhibits) in ROOMS {
            h2 .pal-h2 { (room) }
            ul .pal-list { @for it in *exhibits { li { a href={ "/gallery/" (it.kind) } { (it.kind) } } } }
        }
    }
}

fn shown(door: &Door, session: &Session, kind: &str, typed: Typed) -> Response {
    let mut all = ROOMS.iter().flat_map(|(_, exhibits)| *exhibits);
    let Some(exhibit) = all.find(|it| it.kind == kind) else {
        return frame::no(
            door,
            Some(session),
            StatusCode::NOT_FOUND,
            "Not found",
            "This host draws no such kind of node.",
        );
    };
    let action = typed.one("action").unwrap_or_default();
    let found = sought(action).map(|field| found(field, &typed));
    let opened = door
        .seals
        .open(&session.form_token, typed.one("sealed").unwrap_or_default())
        .filter(|it| it.departmental == OWNER && it.screen == kind);
    let answer = opened
        .filter(|_| found.is_none())
        .map(|carried| sent::form(&carried, action, &typed));
    let (given, findings) = answer.map_or((None, Vec::new()), |(form, findings)| {
        (findings.is_empty().then_some(form), findings)
    });
    let carried = carried(kind);
    let desk = Desk {
        seals: &door.seals,
        form_token: &session.form_token,
        carried: &carried,
        typed: &typed,
        findings: &findings,
        found: found.as_ref(),
    };
    let (status, drawn) = match drawn(exhibit, desk) {
        Ok(drawn) if findings.is_empty() => (StatusCode::OK, drawn),
        Ok(drawn) => (StatusCode::UNPROCESSABLE_ENTITY, drawn),
        Err(why) => {
            tracing::error!("the gallery's {kind} is no screen: {why}");
            (StatusCode::INTERNAL_SERVER_ERROR, html! { p { (why) } })
        }
    };
    let main = around(exhibit, drawn, given.as_ref(), &findings);
    let page = Page::plain(kind, main);
    frame::page(door, Some(session), status, page)
}

fn drawn(exhibit: &Exhibit, desk: Desk<'_>) -> Result<Markup, ScreenError> {
    let document: Value = serde_json::from_str(exhibit.document).unwrap_or_default();
    let screen = Screen::parse(&document)?;
    let names = names();
    let ink = Ink {
        base: "/gallery",
        kept: None,
        names: &names,
        signing: Signing {
            signer: "Dr Priya Nair",
            about: about(&names),
        },
        desk,
    };
    Ok(draw::screen(&screen, &ink))
}

fn around(exhibit: &Exhibit, drawn: Markup, given: Option<&Value>, findings: &[Finding]) -> Markup {
    html! {
        p .pal-p { a href="/gallery" { "All kinds" } }
        h1 .pal-h1 { (exhibit.kind) }
        (error_summary(findings))
        div .pal-gallery {
            div { (drawn) }
            div {
                @if let Some(form) = given {
                    h2 .pal-h2 { "What the departmental would be given" }
                    (written(&format!("{form:#}"), "What the departmental would be given"))
                }
                h2 .pal-h2 { "Document" }
                p .pal-quiet { "Invented. screen/1, as a departmental answers." }
                (written(exhibit.document, "Document"))
            }
        }
    }
}

fn written(json: &str, label: &str) -> Markup {
    html! {
        div .pal-scroll .pal-gallery__json role="region" aria-label=(label) tabindex="0" { pre { code { (json) } } }
    }
}

fn carried(kind: &str) -> Carried {
    Carried {
        digest: String::new(),
        departmental: OWNER.to_owned(),
        screen: kind.to_owned(),
        patient: None,
        key: OWNER.to_owned(),
        actions: Vec::new(),
        asked: Vec::new(),
        conditions: Vec::new(),
        carries: BTreeMap::new(),
        seen: Vec::new(),
        parameters: BTreeMap::new(),
    }
}

/// What would be found: a departmental's form asks the terminology of the host, the gallery these few.
fn found(field: &str, typed: &Typed) -> Found {
    const SYSTEM: &str = "http://snomed.info/sct";
    let all = [
        ("14669001", "Acute kidney injury"),
        ("709044004", "Chronic kidney disease"),
        ("46177005", "End-stage kidney disease"),
        ("95570007", "Kidney stone"),
    ];
    let words = typed.one(&part(field, "words")).unwrap_or_default().trim();
    let wanted = words.to_lowercase();
    let holds = |(_, display): &&(&str, &str)| display.to_lowercase().contains(&wanted);
    let concepts = all.iter().filter(holds).take(OFFERED_MAX);
    Found {
        field: field.to_owned(),
        words: words.to_owned(),
        concepts: concepts
            .map(|(code, display)| Concept {
                system: SYSTEM.to_owned(),
                code: (*code).to_owned(),
                display: (*display).to_owned(),
            })
            .collect(),
        more: false,
    }
}

/// Whom a signature would be about.
fn about(names: &BTreeMap<String, Named>) -> Vec<(&'static str, String)> {
    match names.get("Patient/example") {
        Some(Named::Patient(parts)) => parts.clone(),
        Some(Named::Actor(_)) | None => Vec::new(),
    }
}

/// Whom the documents refer to.
fn names() -> BTreeMap<String, Named> {
    let patient = |name: &str, born: &str, gender: &str, number: &str| {
        let parts = [
            ("", name),
            ("Born", born),
            ("Gender", gender),
            ("NHS No.", number),
        ];
        Named::Patient(
            parts
                .map(|(label, text)| (label, text.to_owned()))
                .into_iter()
                .collect(),
        )
    };
    let names = [
        (
            "Patient/example",
            patient(
                "HARGREAVES, Maureen (Mrs)",
                "03-Mar-1948 (78y)",
                "Female",
                "999 112 2338",
            ),
        ),
        (
            "Patient/namesake",
            patient(
                "HARGREAVES, Marion (Ms)",
                "19-Jun-1951 (75y)",
                "Female",
                "999 308 4417",
            ),
        ),
        (
            "Patient/other",
            patient(
                "WHITTAKER, Alan (Mr)",
                "14-Jul-1957 (69y)",
                "Male",
                "999 110 6847",
            ),
        ),
        (
            "Practitioner/example",
            Named::Actor("Dr Priya Nair".to_owned()),
        ),
    ];
    names
        .into_iter()
        .map(|(reference, name)| (reference.to_owned(), name))
        .collect()
}

/// Every document of the gallery.
#[cfg(test)]
pub(crate) fn documents() -> impl Iterator<Item = Value> {
    let exhibits = ROOMS.iter().flat_map(|(_, exhibits)| *exhibits);
    exhibits.map(|it| serde_json::from_str(it.document).unwrap_or_default())
}

#[cfg(test)]
mod tests;
