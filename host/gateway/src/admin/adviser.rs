//! Services outside that give advice beside opened charts: what is declared, what each is sent, and declaring one.
//!
//! Invariant: nothing is changed but on the version of the list that the page showed.

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use record::adviser::{Adviser, Advisers, DeclareError};
use record::departmental::manifest::Hook;
use record::{Kind, with_causes};

use super::Operator;
use crate::Door;
use crate::app::start::not_ours;
use crate::auth::Session;
use crate::frame::{self, Page};
use crate::problem::status;
use crate::screen::sent::Typed;
use crate::written::plain;

/// `GET /advisers`: the services that are declared, and the form that declares one.
pub(crate) async fn advisers(State(door): State<Door>, Operator(session): Operator) -> Response {
    shown(&door, &session, StatusCode::OK, &Typed::default(), None).await
}

/// `POST /advisers`: declares a service, or another in the place of that name; 303 back. 422 and the page again with why
/// not, 409 when somebody was quicker; 403 for a foreign form.
pub(crate) async fn declare(
    State(door): State<Door>,
    Operator(session): Operator,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let typed = Typed::new(pairs);
    if !session.sent(typed.one("form_token").unwrap_or_default()) {
        return not_ours(&door, &session);
    }
    match declared(&door, &session, &typed).await {
        Ok(()) => Redirect::to("/advisers").into_response(),
        Err((code, words)) => shown(&door, &session, code, &typed, Some(&words)).await,
    }
}

async fn declared(
    door: &Door,
    session: &Session,
    typed: &Typed,
) -> Result<(), (StatusCode, String)> {
    let adviser = read(typed).map_err(|words| (StatusCode::UNPROCESSABLE_ENTITY, words))?;
    let seen = typed.one("seen").and_then(|seen| seen.parse().ok());
    let done = door
        .record
        .declare_adviser(&session.caller, adviser, seen.unwrap_or_default());
    done.await.map(drop).map_err(|why| refused(&why))
}

/// How a declaration that was not taken is answered, and why in words.
pub(super) fn refused(why: &DeclareError) -> (StatusCode, String) {
    let code = match why.kind() {
        Kind::Incorrect => StatusCode::UNPROCESSABLE_ENTITY,
        kind @ (Kind::Forbidden
        | Kind::NotFound
        | Kind::Conflict
        | Kind::Refused
        | Kind::Busy
        | Kind::Full
        | Kind::Fault) => status(kind),
    };
    (code, sentence(why))
}

/// The service that a form describes, or what is wrong with it.
fn read(typed: &Typed) -> Result<Adviser, String> {
    let text = |name: &str| typed.one(name).unwrap_or_default().trim().to_owned();
    let id = text("id").parse();
    let id = id.map_err(|why| format!("Short name: {why}."))?;
    let mut prefetch = std::collections::BTreeMap::new();
    for line in text("prefetch")
        .lines()
        .map(str::trim)
        .filter(|it| !it.is_empty())
    {
        let parts = line.split_once('=');
        let (key, template) =
            parts.ok_or_else(|| format!("What is sent: `{line}` has no `=` after its key."))?;
        let template = template.parse();
        let template = template.map_err(|why| format!("What is sent, `{}`: {why}.", key.trim()))?;
        if prefetch.insert(key.trim().to_owned(), template).is_some() {
            return Err(format!("What is sent: `{}` is there twice.", key.trim()));
        }
    }
    let sites = text("sites");
    let sites = sites.split([' ', ',']).filter(|it| !it.is_empty());
    let sites = sites.map(|site| site.parse().map_err(|why| format!("Sites: {why}.")));
    Ok(Adviser {
        id,
        name: text("name"),
        address: text("address"),
        hook: Hook::PatientView,
        prefetch,
        sites: sites.collect::<Result<_, _>>()?,
        runs: typed.one("runs") == Some("yes"),
    })
}

fn sentence(why: &DeclareError) -> String {
    match why {
        DeclareError::Commit { .. } | DeclareError::Read { .. } => {
            tracing::error!("{}", with_causes(why));
            "The record could not be read or written. Try again, then report it.".to_owned()
        }
        DeclareError::Forbidden { .. } | DeclareError::Incorrect { .. } | DeclareError::Changed => {
            format!("{why}.")
        }
    }
}

async fn shown(
    door: &Door,
    session: &Session,
    code: StatusCode,
    typed: &Typed,
    wrong: Option<&str>,
) -> Response {
    match door.record.advisers(&session.caller).await {
        Ok(known) => {
            let resting = door.record.resting_advisers();
            let resting = resting
                .into_iter()
                .map(|(id, until)| (id.to_string(), until));
            let sheet = Sheet {
                known: &known,
                resting: resting.collect(),
                form_token: &session.form_token,
                typed,
            };
            let page = Page::plain("Advice from outside", sheet.drawn(wrong));
            frame::page(door, Some(session), code, page)
        }
        Err(why) => frame::no(
            door,
            Some(session),
            status(why.kind()),
            "This cannot be shown",
            &sentence(&why),
        ),
    }
}

/// What the page is drawn from.
struct Sheet<'a> {
    known: &'a Advisers,
    resting: std::collections::BTreeMap<String, String>,
    form_token: &'a str,
    typed: &'a Typed,
}

impl Sheet<'_> {
    fn drawn(&self, wrong: Option<&str>) -> Markup {
        html! {
            h1 .pal-h1 { "Advice from outside" }
            p .pal-p { "Services outside this record (CDS Hooks) that are asked whenever a clinician opens a chart. Each is sent what stands here and nothing else; every call is in the audit. They know this record's calls by the key at /.well-known/jwks.json." }
            @if let Some(words) = wrong {
                div .nhsuk-error-summary role="alert" { h2 .nhsuk-error-summary__title { "Nothing was changed" } p { (plain(words)) } }
            }
            @if self.known.all.is_empty() { p .pal-absent { "No service is declared" } }
            @else {
                section .pal-card .pal-card-flush { div .pal-scroll role="region" aria-label="Services outside" tabindex="0" { table .pal-table {
                    thead { tr { th scope="col" { "Service" } th scope="col" { "What is sent" } th scope="col" { "Sites" } th scope="col" { "State" } th scope="col" { "What to do" } } }
                    tbody { @for it in &self.known.all { (self.row(it)) } }
                } } }
            }
            (self.form())
        }
    }

    fn row(&self, it: &Adviser) -> Markup {
        let sites: Vec<&str> = it
            .sites
            .iter()
            .map(record::caller::SiteCode::as_str)
            .collect();
        let state = match (it.runs, self.resting.get(&it.id.to_string())) {
            (false, _) => "Not called".to_owned(),
            (true, None) => "Called".to_owned(),
            (true, Some(until)) => format!("Failed too often: not called before {until}"),
        };
        html! {
            tr {
                td { b { (plain(&it.name)) } br; (it.id) br; (plain(&it.address)) }
                td { @if it.prefetch.is_empty() { "The patient's id alone" }
                     @for (key, template) in &it.prefetch { p { b { (key) } ": " (plain(&template.to_string())) } } }
                td { @if sites.is_empty() { "Every site" } @else { (sites.join(", ")) } }
                td { (state) }
                td { form method="post" action="/advisers" {
                    (self.hidden("form_token", self.form_token)) (self.hidden("seen", &self.known.version.to_string()))
                    (self.hidden("id", &it.id.to_string())) (self.hidden("name", &it.name)) (self.hidden("address", &it.address))
                    (self.hidden("sites", &sites.join(" "))) (self.hidden("prefetch", &lines(it)))
                    @if it.runs { button .nhsuk-button .nhsuk-button--secondary type="submit" { "Stop calling" } }
                    @else { (self.hidden("runs", "yes")) button .nhsuk-button type="submit" { "Call it" } }
                } }
            }
        }
    }

    fn hidden(&self, name: &str, value: &str) -> Markup {
        html! { input type="hidden" name=(name) value=(value); }
    }

    fn form(&self) -> Markup {
        html! {
            section .pal-card .pal-pad aria-labelledby="declare" {
                h2 .pal-h2 id="declare" { "Declare a service" }
                p .pal-quiet { "A short name that is there already gets what is written here in its place." }
                form method="post" action="/advisers" {
                    (self.hidden("form_token", self.form_token)) (self.hidden("seen", &self.known.version.to_string()))
                    (self.input("id", "Short name", "1 to 40 lower-case letters, digits and hyphens"))
                    (self.input("name", "Name", "As clinicians read it above its cards"))
                    (self.input("address", "Address", "https://HOST/cds-services/ID"))
                    (self.input("sites", "Sites", "ODS codes of the sites whose clinicians it advises; empty for every site"))
                    div .nhsuk-form-group {
                        label .nhsuk-label for="prefetch" { "What is sent" }
                        div .nhsuk-hint id="prefetch-hint" { "One KEY=TEMPLATE a line, as patient=Patient/{{context.patientId}}" }
                        textarea .nhsuk-textarea id="prefetch" name="prefetch" rows="4" maxlength="20000" aria-describedby="prefetch-hint" { (self.typed.one("prefetch").unwrap_or_default()) }
                    }
                    (self.hidden("runs", "yes"))
                    button .nhsuk-button type="submit" { "Declare and call it" }
                }
            }
        }
    }

    fn input(&self, name: &str, label: &str, hint: &str) -> Markup {
        html! {
            div .nhsuk-form-group {
                label .nhsuk-label for=(name) { (label) }
                div .nhsuk-hint id={ (name) "-hint" } { (hint) }
                input .nhsuk-input id=(name) name=(name) maxlength="500" aria-describedby={ (name) "-hint" } value=(self.typed.one(name).unwrap_or_default());
            }
        }
    }
}

/// What a service is sent, as the form has it.
fn lines(it: &Adviser) -> String {
    let lines = it
        .prefetch
        .iter()
        .map(|(key, template)| format!("{key}={template}"));
    lines.collect::<Vec<_>>().join("\n")
}
