//! The page around everything: bar, patient banner, menu, main part, and the answers that say no.
//!
//! Invariant: every page a person sees is drawn here; the patient banner is on every page about one patient, and on no other.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};
use record::caller::Role;

use crate::Door;
use crate::auth::Session;
use crate::icon::{Icon, icon};

/// A page to be drawn.
pub(crate) struct Page<'a> {
    /// What it is, for the window's title and its heading.
    pub(crate) title: &'a str,
    /// The patient banner.
    pub(crate) banner: Option<Markup>,
    /// The menu at the left.
    pub(crate) menu: Option<Markup>,
    /// What it shows.
    pub(crate) main: Markup,
    /// A fixed line under it.
    pub(crate) foot: Option<Markup>,
    /// Drawn of an earlier moment: framed so that nobody takes it for now.
    pub(crate) past: bool,
}

impl<'a> Page<'a> {
    /// A page about no patient.
    pub(crate) fn plain(title: &'a str, main: Markup) -> Self {
        Self {
            title,
            banner: None,
            menu: None,
            main,
            foot: None,
            past: false,
        }
    }
}

/// The page as an answer.
pub(crate) fn page(
    door: &Door,
    session: Option<&Session>,
    status: StatusCode,
    page: Page<'_>,
) -> Response {
    let administrator = session.is_some_and(|it| it.caller.role() == Role::TrustAdministrator);
    let drawn = html! {
        (DOCTYPE)
        html lang="en-GB" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="format-detection" content="telephone=no";
                meta name="color-scheme" content="light";
                // Who hears a page hears this first.
                title { @if status == StatusCode::UNPROCESSABLE_ENTITY { "Error: " } (page.title) " – Palatine" }
                @for link in door.assets.links() { link rel="stylesheet" href=(link); }
            }
            body .pal .pal-console[administrator] .pal-past[page.past] .pal-whole[page.banner.is_some()] {
                a .nhsuk-skip-link href="#main" { "Skip to main content" }
                (bar(session))
                @if let Some(banner) = page.banner { (banner) }
                div .pal-shell .pal-shell-menu[page.menu.is_some()] {
                    @if let Some(menu) = page.menu { nav .pal-menu aria-label="This patient" { (menu) } }
                    main .pal-main id="main" tabindex="-1" { (page.main) }
                }
                @if let Some(foot) = page.foot { footer .pal-foot { (foot) } }
            }
        }
    };
    (
        status,
        [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
        drawn.into_string(),
    )
        .into_response()
}

fn bar(session: Option<&Session>) -> Markup {
    html! {
        header .pal-bar {
            a .pal-bar__brand href="/" { (icon(Icon::Rose)) "Palatine" }
            @if let Some(session) = session {
                @let caller = &session.caller;
                span .pal-bar__site { span .pal-bar__quiet { "Site" } " " b { (caller.site()) } }
                @match caller.role() {
                    Role::Clinician => { (find()) a .pal-bar__link href="/tasks" { "My tasks" } a .pal-bar__link href="/departments" { "Departments" } a .pal-bar__link href="/matching" { "Who is who" } }
                    Role::TrustAdministrator => {
                        a .pal-bar__link href="/departmentals" { "Departmentals" }
                        a .pal-bar__link href="/messages" { "Messages" }
                        a .pal-bar__link href="/parked" { "Events put aside" }
                        a .pal-bar__link href="/interfaces" { "Messages that go out" }
                        a .pal-bar__link href="/subscribers" { "Subscribers" }
                        a .pal-bar__link href="/profiles" { "Profiles" }
                        a .pal-bar__link href="/operations" { "Operations" }
                    }
                    Role::Operator => {
                        a .pal-bar__link href="/operations" { "Operations" }
                        a .pal-bar__link href="/messages" { "Messages" }
                        a .pal-bar__link href="/matching" { "Who is who" }
                        a .pal-bar__link href="/interfaces" { "Messages that go out" }
                        a .pal-bar__link href="/subscribers" { "Subscribers" }
                        a .pal-bar__link href="/advisers" { "Advice from outside" }
                    }
                    Role::Feed | Role::Reaction => {}
                }
                span .pal-bar__person { b { (caller.name()) } span .pal-bar__quiet { (role(caller.role())) } }
                form method="post" action="/sign-out" .pal-bar__out {
                    input type="hidden" name="form_token" value=(session.form_token);
                    button .pal-bar__button type="submit" { "Sign out" }
                }
            }
        }
    }
}

fn find() -> Markup {
    html! {
        form .pal-find role="search" method="get" action="/patients" {
            label .nhsuk-u-visually-hidden for="q" { "Find patient by NHS number, or family name and date of birth" }
            input .pal-find__in id="q" name="q" type="search" autocomplete="off" maxlength="200" placeholder="NHS No., or family name and date of birth";
            button .pal-find__go type="submit" { "Find patient" }
        }
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Clinician => "Clinician",
        Role::TrustAdministrator => "Trust administrator",
        Role::Feed => "Feed",
        Role::Operator => "Operator",
        Role::Reaction => "Host",
    }
}

/// A page that says no: what happened, what still holds, what to do.
pub(crate) fn no(
    door: &Door,
    session: Option<&Session>,
    status: StatusCode,
    title: &str,
    words: &str,
) -> Response {
    let main = html! {
        div .pal-plain {
            h1 .pal-h1 { (title) }
            p .pal-p { (words) }
            p .pal-p { a href="/" { "Go to the start page" } }
        }
    };
    page(door, session, status, Page::plain(title, main))
}
