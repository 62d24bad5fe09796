//! What the departmentals of a site offer beside patients' charts: their lists, and what each says of itself.
//!
//! Invariant: an enabled departmental is named here whether or not its release can be had.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use record::departmental::manifest::Place;
use record::departmental::menu::{Offered, OfferedScreen};

use super::Clinician;
use crate::frame::{self, Page};
use crate::icon::{Icon, icon};
use crate::{Door, written::plain};

/// `GET /departments`: each departmental of the site with its lists.
pub(crate) async fn departments(
    State(door): State<Door>,
    Clinician(session): Clinician,
) -> Response {
    let offered = door.record.menu(&session.caller).await;
    let main = html! {
        h1 .pal-h1 { "Departments at " (session.caller.site()) }
        @if offered.is_empty() { p .pal-absent { "No departmentals are enabled at this site" } }
        (lists(&offered))
        @if !offered.is_empty() { p .pal-p { "Screens about one patient are in that patient's menu: find the patient first." } }
    };
    frame::page(
        &door,
        Some(&session),
        StatusCode::OK,
        Page::plain("Departments", main),
    )
}

/// The screens of departmentals that are about the site, under the name of each, with its help.
pub(super) fn lists(offered: &[Offered]) -> Markup {
    html! {
        @for it in offered {
            section aria-label=(plain(&it.name)) {
                h2 .pal-h2 { (plain(&it.name)) }
                @match &it.screens {
                    Some(screens) => {
                        ul .pal-bare { @for screen in screens.iter().filter(|it| is_about_site(it)) {
                            li { a href={ "/departments/" (it.departmental) "/" (screen.id) } { (plain(&screen.title)) } }
                        } }
                    }
                    None => { p { (icon(Icon::Warning)) " " (plain(&it.name)) " is unavailable. It may have lists that are not shown." } }
                }
            }
        }
    }
}

fn is_about_site(screen: &OfferedScreen) -> bool {
    match screen.place {
        Place::Site | Place::Help => true,
        Place::Patient | Place::Summary => false,
    }
}
