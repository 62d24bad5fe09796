//! The documents about a patient, kept here or held by partners, newest first.
//!
//! Invariant: no document is left out for its state: what was replaced or entered in error is listed and says so; a list
//! that could not be read is never empty.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use fhir::resource::{Id, text_in};
use maud::{Markup, html};
use record::ReadError;
use record::search::Page as Turn;
use serde::Deserialize;
use serde_json::Value;

use super::{menu, opened};
use crate::app::look::{List, Reader};
use crate::app::moment::{MomentQuery, Seen};
use crate::app::{Clinician, banner, facts, unread};
use crate::auth::Session;
use crate::frame::{self, Page};
use crate::icon::{Icon, icon};
use crate::{Door, address, written};

/// Documents on a summary.
const CARD_MAX: u32 = 5;
/// Documents on a page of all.
const PAGE_MAX: u32 = 50;

/// Which page of the documents is asked for.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct TurnQuery {
    /// The cursor that the page before gave.
    #[serde(default)]
    after: String,
}

/// `GET /patients/{patient}/documents`: all of them, as of now or an earlier moment, a page at a time. 404 unknown or
/// hidden: one answer.
pub(crate) async fn documents(
    State(door): State<Door>,
    Clinician(session): Clinician,
    Path(patient): Path<String>,
    Query(query): Query<MomentQuery>,
    Query(turn): Query<TurnQuery>,
) -> Response {
    let drawn = drawn(&door, &session, &patient, &query, &turn.after).await;
    drawn.unwrap_or_else(|why| unread(&door, &session, &why))
}

async fn drawn(
    door: &Door,
    session: &Session,
    patient: &str,
    query: &MomentQuery,
    after: &str,
) -> Result<Response, ReadError> {
    let patient: Id = patient.parse().map_err(|_| ReadError::NotFound {
        what: "patient".to_owned(),
    })?;
    let seen = query.seen(door).await?;
    let reader = Reader {
        door,
        caller: &session.caller,
        at: &seen.at,
    };
    let opened = opened(reader, &patient, seen.today()).await?;
    let turn = match after {
        "" => Turn::First(seen.at.clone()),
        after => Turn::Next(after.to_owned()),
    };
    let list = found(reader, &patient, PAGE_MAX, &turn).await?;
    let here = format!("/patients/{patient}/documents");
    let main = html! {
        (seen.banner(&here))
        div .pal-head { h1 .pal-h1 { "Documents" } (seen.chooser(&here)) }
        section .pal-card .pal-card-flush { (table(&list, &patient, &seen)) }
        @if let Some(next) = &list.next {
            p .pal-p { a href=(seen.link(&format!("{here}?after={}", address::encoded(next)))) { "Older documents" } }
        }
        @if !after.is_empty() { p .pal-p { a href=(seen.link(&here)) { "The newest documents" } } }
    };
    let page = Page {
        title: &format!("Documents: {}", opened.person.name),
        banner: Some(banner::banner(&opened.person, &opened.allergies)),
        menu: Some(menu(&opened, &here, &seen)),
        main,
        foot: None,
        past: seen.is_past(),
    };
    Ok(frame::page(door, Some(session), StatusCode::OK, page))
}

/// The newest few, on the summary.
pub(super) async fn card(reader: Reader<'_>, patient: &Id, seen: &Seen) -> Markup {
    let found = found(reader, patient, CARD_MAX, &Turn::First(reader.at.clone())).await;
    let all = seen.link(&format!("/patients/{patient}/documents"));
    html! {
        section .pal-card .pal-card-flush aria-labelledby="documents" {
            div .pal-card__head {
                h2 .pal-h2 id="documents" { "Documents" }
                @match &found {
                    Ok(list) if list.more => { a href=(all) { "The newest " (list.resources.len()) "; see all" } }
                    Ok(_) | Err(_) => { a href=(all) { "See all" } }
                }
            }
            @match &found {
                Ok(list) => (table(list, patient, seen)),
                Err(why) => {
                    (failed(why))
                    p .pal-pad { (icon(Icon::Warning)) " Documents could not be read. It does not mean that there are none. Open the page again." }
                }
            }
        }
    }
}

fn failed(why: &ReadError) -> Markup {
    tracing::warn!("documents could not be read: {}", record::with_causes(why));
    html! {}
}

async fn found(
    reader: Reader<'_>,
    patient: &Id,
    n_max: u32,
    turn: &Turn,
) -> Result<List, ReadError> {
    let pairs = [("patient", patient.as_str()), ("_sort", "-date")];
    reader.page("DocumentReference", &pairs, n_max, turn).await
}

fn table(list: &List, patient: &Id, seen: &Seen) -> Markup {
    if list.resources.is_empty() {
        return html! { p .pal-absent .pal-pad { "No document is recorded here, and no partner has told of one" } };
    }
    html! {
        div .pal-scroll role="region" aria-label="Documents, listed" tabindex="0" { table .pal-table {
            thead { tr { th scope="col" { "Document" } th scope="col" { "Date" } th scope="col" { "Held by" } th scope="col" { "Where" } th scope="col" { "State" } } }
            tbody { @for it in &list.resources { tr {
                th scope="row" {
                    @let id = address::encoded(text_in(it, "id").unwrap_or_default());
                    a href=(seen.link(&format!("/patients/{patient}/documents/{id}"))) { (kind(it)) }
                }
                td { (date(it)) }
                td { (holder(it)) }
                td { @if is_elsewhere(it) { "Elsewhere" } @else { "Here" } }
                td { (state(it)) }
            } } }
        } }
    }
}

/// What kind of document it is.
pub(super) fn kind(it: &Value) -> String {
    match (it.get("type"), text_in(it, "description")) {
        (Some(kind), _) => facts::words(kind),
        (None, Some(words)) => written::plain(words),
        (None, None) => match it.get("category") {
            Some(_) => facts::concept(it, "category"),
            None => "Document".to_owned(),
        },
    }
}

/// When it was written, or pointed at where nobody says.
pub(super) fn date(it: &Value) -> String {
    facts::date(it, &["content.attachment.creation", "date"])
}

/// Who holds it.
pub(super) fn holder(it: &Value) -> String {
    let said = [
        "custodian.display",
        "custodian.identifier.value",
        "custodian.reference",
    ];
    let found = said.iter().find_map(|path| text_in(it, path));
    found.map_or_else(|| written::NOT_RECORDED.to_owned(), written::plain)
}

/// Whether its first content is kept somewhere else.
pub(super) fn is_elsewhere(it: &Value) -> bool {
    let attachment = &it["content"][0]["attachment"];
    let here = attachment["data"].is_string();
    let url = attachment["url"].as_str();
    !here && url.is_some_and(|url| !url.starts_with("Binary/"))
}

/// In words, whether it stands.
pub(super) fn state(it: &Value) -> Markup {
    match (text_in(it, "status"), text_in(it, "docStatus")) {
        (Some("superseded"), _) => html! { (icon(Icon::Warning)) " Replaced by a newer one" },
        (Some("entered-in-error"), _) | (_, Some("entered-in-error")) => {
            html! { (icon(Icon::Warning)) " Entered in error" }
        }
        (_, Some("preliminary")) => html! { "Not finished" },
        (_, Some("amended")) => html! { "Amended" },
        (Some(_) | None, Some(_) | None) => html! { "Stands" },
    }
}
