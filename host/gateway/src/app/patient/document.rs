//! One document about a patient, wherever it lies: what it is, how old what is shown is, and the document itself.
//!
//! Invariant: nothing of a document is drawn as this host's own page but its words; an old copy says so above it, and
//! one that cannot be shown never looks like none.

mod sections;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fhir::resource::{Id, Key};
use jiff::civil::Date;
use maud::{Markup, html};
use record::ReadError;
use record::locator::{Content, How, Looked, NotShown};
use serde::Deserialize;
use serde_json::Value;

use self::sections::Document;
use super::documents::{date, holder, is_elsewhere, kind, state};
use super::{menu, opened};
use crate::app::look::Reader;
use crate::app::moment::{MomentQuery, Seen};
use crate::app::person::Person;
use crate::app::{Clinician, banner, facts, unread};
use crate::auth::Session;
use crate::frame::{self, Page};
use crate::http::Policy;
use crate::icon::{Icon, icon};
use crate::written::{moment, plain};
use crate::{Door, address};

/// Forms of one document that are offered.
const CONTENTS_MAX: usize = 20;

/// Which of a document's forms is asked for.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ContentQuery {
    /// Its number, from 0.
    #[serde(default)]
    content: usize,
}

/// How a document may be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drawn {
    Text,
    Picture,
    Pdf,
    /// Handed over to be kept: nobody opens it here.
    Download,
}

impl Drawn {
    fn of(media_type: &str) -> Self {
        match media_type {
            "text/plain" => Self::Text,
            "image/png" | "image/jpeg" => Self::Picture,
            "application/pdf" => Self::Pdf,
            _other => Self::Download,
        }
    }
}

/// `GET /patients/{patient}/documents/{document}`: one document. 404 unknown, hidden or another patient's: one answer.
pub(crate) async fn document(
    State(door): State<Door>,
    Clinician(session): Clinician,
    Path((patient, document)): Path<(String, String)>,
    Query(query): Query<MomentQuery>,
    Query(which): Query<ContentQuery>,
) -> Response {
    let drawn = drawn(
        &door,
        &session,
        (&patient, &document),
        &query,
        which.content,
    )
    .await;
    drawn.unwrap_or_else(|why| unread(&door, &session, &why))
}

/// `GET /patients/{patient}/documents/{document}/content`: its bytes, to be drawn in a frame or kept. 404 as above, 502
/// with words when they cannot be had.
pub(crate) async fn content(
    State(door): State<Door>,
    Clinician(session): Clinician,
    Path((patient, document)): Path<(String, String)>,
    Query(which): Query<ContentQuery>,
) -> Response {
    let bytes = bytes(&door, &session, (&patient, &document), which.content).await;
    bytes.unwrap_or_else(|why| unread(&door, &session, &why))
}

fn nothing() -> ReadError {
    ReadError::NotFound {
        what: "document".to_owned(),
    }
}

/// The pointer, if it is this patient's.
async fn pointer(
    reader: Reader<'_>,
    (patient, document): (&str, &str),
) -> Result<(Id, Key, Value), ReadError> {
    let patient: Id = patient.parse().map_err(|_| nothing())?;
    let key: Key = format!("DocumentReference/{document}")
        .parse()
        .map_err(|_| nothing())?;
    let value = reader.one(&key).await?;
    let of = value["subject"]["reference"].as_str();
    match of == Some(format!("Patient/{patient}").as_str()) {
        true => Ok((patient, key, value)),
        false => Err(nothing()),
    }
}

async fn drawn(
    door: &Door,
    session: &Session,
    names: (&str, &str),
    query: &MomentQuery,
    n: usize,
) -> Result<Response, ReadError> {
    let seen = query.seen(door).await?;
    let reader = Reader {
        door,
        caller: &session.caller,
        at: &seen.at,
    };
    let (patient, key, value) = pointer(reader, names).await?;
    let opened = opened(reader, &patient, seen.today()).await?;
    let here = format!("/patients/{patient}/documents/{}", key.id);
    let shown = match seen.is_past() {
        true => {
            html! { p .pal-p { (icon(Icon::Warning)) " Of an earlier moment only what the record said of the document is shown. Return to now to open it." } }
        }
        false => {
            let looked = door.record.document(&session.caller, &key, n).await?;
            let frame = Frame {
                source: &format!("{here}/content?content={n}"),
                open: &opened.person,
                today: seen.today(),
            };
            shown(&looked, &frame)
        }
    };
    let main = html! {
        (seen.banner(&here))
        div .pal-head { h1 .pal-h1 { (kind(&value)) } (seen.chooser(&here)) }
        (about(&value))
        (forms(&value, &here, n, &seen))
        (shown)
        p .pal-p { a href=(seen.link(&format!("/patients/{patient}/documents"))) { "All documents" } }
    };
    let page = Page {
        title: &format!("{}: {}", kind(&value), opened.person.name),
        banner: Some(banner::banner(&opened.person, &opened.allergies)),
        menu: Some(menu(&opened, &here, &seen)),
        main,
        foot: None,
        past: seen.is_past(),
    };
    let mut answer = frame::page(door, Some(session), StatusCode::OK, page);
    answer.extensions_mut().insert(Policy::Framing);
    Ok(answer)
}

/// What, who and when, as the pointer says it.
fn about(it: &Value) -> Markup {
    html! {
        section .pal-card .pal-pad {
            dl .pal-banner__facts {
                div { dt { "Written" } dd { (date(it)) } }
                div { dt { "By" } dd { (author(it)) } }
                div { dt { "Held by" } dd { (holder(it)) } }
                div { dt { "Where" } dd { @if is_elsewhere(it) { "Elsewhere" } @else { "Here" } } }
                div { dt { "State" } dd { (state(it)) } }
            }
        }
    }
}

/// Who wrote it: some pointers name an author only by a reference into the document.
fn author(it: &Value) -> String {
    match it["author"][0]["reference"].is_string() && it["author"][0]["display"].is_null() {
        true => "Named in the document".to_owned(),
        false => facts::text(it, "author.display"),
    }
}

/// The other forms of the same document.
fn forms(it: &Value, here: &str, n: usize, seen: &Seen) -> Markup {
    let all = it["content"].as_array().map_or(0, Vec::len);
    html! {
        @if all > 1 {
            p .pal-p { "This document comes in " (all) " forms: " @for other in 0..all.min(CONTENTS_MAX) {
                @let words = it["content"][other]["attachment"]["contentType"].as_str().unwrap_or("form");
                @if other == n { b { (plain(words)) } " " }
                @else { a href=(seen.link(&format!("{here}?content={other}"))) { (plain(words)) } " " }
            } }
        }
    }
}

/// Where a document is shown.
struct Frame<'f> {
    /// Where its bytes are had.
    source: &'f str,
    /// Whose chart is open.
    open: &'f Person,
    today: Date,
}

fn shown(looked: &Looked, frame: &Frame<'_>) -> Markup {
    let holder = looked
        .holder
        .as_deref()
        .map_or_else(|| "Whoever holds it".to_owned(), plain);
    match &looked.outcome {
        Ok(content) => html! { (age(content, &holder)) (itself(content, frame)) },
        Err(why) => missing(why, &holder),
    }
}

/// How old what is shown is, above it.
fn age(content: &Content, holder: &str) -> Markup {
    html! {
        @match &content.how {
            How::Here => { p .pal-quiet { "Kept in this record." } }
            How::Fetched => { p .pal-quiet { "Fetched from " (holder) " now." } }
            How::Renewed => { p .pal-quiet { (holder) " says now that this copy is the document as it is." } }
            How::Fresh { at } => { p .pal-quiet { "A copy that " (holder) " last vouched for at " (moment(at)) "; by its rules it still holds." } }
            How::Old { at, asked_at, why } => {
                div .pal-alert .pal-alert-warning role="alert" {
                    p .pal-alert__title { (icon(Icon::Warning)) " This is the document as it was at " (moment(at)) "." }
                    p { (holder) " could not be asked at " (moment(asked_at)) ": " (plain(why)) ". It may have changed or been withdrawn since. Ask " (holder) " by telephone before you rely on it." }
                }
            }
        }
        @if let Some(described) = &content.described_as {
            p .pal-quiet { (icon(Icon::Warning)) " It came as " (plain(&content.media_type)) ", and was described as " (plain(described)) "." }
        }
    }
}

/// The document itself.
fn itself(content: &Content, frame: &Frame<'_>) -> Markup {
    let source = frame.source;
    if let Some(document) = Document::of(content) {
        return html! {
            (document.drawn(frame.open, frame.today))
            p .pal-p { a href=(source) { "Download the document as it came" } }
        };
    }
    match Drawn::of(&content.media_type) {
        Drawn::Text => {
            let text = String::from_utf8_lossy(&content.bytes);
            let broken = matches!(text, std::borrow::Cow::Owned(_));
            html! {
                @if broken { p .pal-quiet { (icon(Icon::Warning)) " Some characters of it could not be read." } }
                section .pal-card .pal-pad aria-label="The document" { @for line in text.lines() {
                    p { @if line.trim().is_empty() { br; } @else { (plain(line)) } }
                } }
            }
        }
        Drawn::Picture => html! {
            section .pal-card .pal-pad { img .pal-document src=(source) alt="The document, as a picture"; }
        },
        Drawn::Pdf => html! {
            section .pal-card .pal-card-flush { iframe .pal-document src=(source) title="The document" height="800" {} }
            p .pal-p { a href=(source) { "Open the document by itself" } }
        },
        Drawn::Download => html! {
            section .pal-card .pal-pad {
                p { "A document of this kind (" (plain(&content.media_type)) ") is not opened here." }
                p { a href=(source) { "Download it" } " (" (content.bytes.len()) " bytes)" }
            }
        },
    }
}

/// Why it is not shown, and what to do.
fn missing(why: &NotShown, holder: &str) -> Markup {
    let (words, what_to_do) = match why {
        NotShown::Unasked { at, why } => (
            format!("{holder} could not be asked at {}: {}.", moment(at), plain(why)),
            format!("There is a document. Open the page again, or ask {holder} by telephone."),
        ),
        NotShown::Withdrawn { status } => (
            format!("{holder} does not hand the document over (status {status}): it was withdrawn, or is not for this record."),
            format!("Ask {holder} what became of it."),
        ),
        NotShown::Differs => (
            format!("What {holder} sent is not what the pointer describes: its size or digest is another."),
            format!("Ask {holder} for the document, and report it."),
        ),
        NotShown::NotForSite { .. } => (
            format!("{holder} is not asked for clinicians of your site."),
            format!("There is a document. Ask {holder} by telephone."),
        ),
        NotShown::Undeclared | NotShown::Address { .. } => (
            format!("The document cannot be fetched: {}.", plain(&why.to_string())),
            "There is a document. Ask whoever holds it, and report it, so that an operator declares them.".to_owned(),
        ),
        NotShown::Nowhere | NotShown::Unreadable => (
            format!("The document cannot be opened: {}.", plain(&why.to_string())),
            "There is a document. Ask whoever holds it, and report it.".to_owned(),
        ),
    };
    html! {
        div .pal-alert .pal-alert-warning role="alert" {
            p .pal-alert__title { (icon(Icon::Warning)) " This document is not shown." }
            p { (words) }
            p { (what_to_do) }
        }
    }
}

async fn bytes(
    door: &Door,
    session: &Session,
    names: (&str, &str),
    n: usize,
) -> Result<Response, ReadError> {
    let reader = Reader {
        door,
        caller: &session.caller,
        at: &record::log::At::Now,
    };
    let (_, key, _) = pointer(reader, names).await?;
    let looked = door.record.document(&session.caller, &key, n).await?;
    let content = match looked.outcome {
        Ok(content) => content,
        Err(why) => {
            return Ok((
                StatusCode::BAD_GATEWAY,
                format!("This document is not shown: {why}.\n"),
            )
                .into_response());
        }
    };
    let (media_type, shown, ending, policy) = match Drawn::of(&content.media_type) {
        Drawn::Picture if content.media_type == "image/png" => {
            ("image/png", "inline", "png", Policy::Foreign)
        }
        Drawn::Picture => ("image/jpeg", "inline", "jpg", Policy::Foreign),
        Drawn::Pdf => ("application/pdf", "inline", "pdf", Policy::ForeignPdf),
        Drawn::Text => (
            "text/plain; charset=utf-8",
            "inline",
            "txt",
            Policy::Foreign,
        ),
        Drawn::Download => (
            "application/octet-stream",
            "attachment",
            ending(&content.media_type),
            Policy::Foreign,
        ),
    };
    let name = address::encoded(key.id.as_str());
    let shown = format!("{shown}; filename=\"document-{name}.{ending}\"");
    let headers: [(HeaderName, String); 2] = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CONTENT_DISPOSITION, shown),
    ];
    let mut answer = (headers, content.bytes).into_response();
    answer.extensions_mut().insert(policy);
    Ok(answer)
}

/// How the name of a file of a kind ends.
fn ending(media_type: &str) -> &'static str {
    match media_type {
        "application/fhir+json" | "application/json" => "json",
        "application/fhir+xml" | "application/xml" | "text/xml" => "xml",
        _other => "bin",
    }
}
