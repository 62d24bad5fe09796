//! A departmental's screen inside the application, in a patient's chart or about the site: opened, sent, drawn again with
//! what is wrong.
//!
//! Invariant: a departmental that fails is named as failed, with the rest of the page around it; its failure is never shown
//! as nothing found. A screen about a site has no patient's banner, whoever is listed on it.

pub(super) mod card;
mod coded;
pub(super) mod failed;
mod naming;
mod submit;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use fhir::resource::Id;
use maud::{Markup, html};
use record::ReadError;
use record::departmental::Release;
use record::departmental::manifest::Place as Where;
use record::departmental::outcome::Finding;
use record::departmental::screen::{AskError, ScreenAsk, Shown};
use record::log::T;
use serde_json::{Value, json};

use super::look::Reader;
use super::moment::{MomentQuery, Seen};
use super::patient::{Opened, menu, opened};
use super::start::not_ours;
use super::{Clinician, banner, unread};
use crate::auth::Session;
use crate::frame::{self, Page};
use crate::icon::{Icon, icon};
use crate::screen::coded::Found;
use crate::screen::draw::{self, Desk, Ink, Signing};
use crate::screen::seal::{self, Carried};
use crate::screen::sent::Typed;
use crate::screen::{Screen, draw::error_summary};
use crate::{Door, written};

/// One screen at hand: who looks, at whom, at what.
struct Desktop<'a> {
    door: &'a Door,
    session: &'a Session,
    /// Whose chart it is in; `None`: it is about the site.
    chart: Option<(Id, Arc<Opened>)>,
    departmental: String,
    screen: String,
    parameters: BTreeMap<String, String>,
    seen: Seen,
}

/// What a submission left behind for the drawing.
#[derive(Default)]
struct Left {
    typed: Typed,
    findings: Vec<Finding>,
    /// Drawn instead of the screen opened anew; with the call that answered it.
    screen: Option<(Value, Arc<Release>, String)>,
    /// For words that were looked for.
    found: Option<Found>,
}

/// The patient, the departmental and the screen that an address names.
type Names = (String, String, String);
/// The same, of which a screen about the site has no patient.
type Place = (Option<String>, String, String);
/// The departmental and the screen of an address about the site.
type SiteNames = (String, String);

/// `GET /patients/{patient}/departments/{departmental}/{screen}`: the screen; parameters are the query's `p.…`.
/// 404 patient, departmental or screen unknown or hidden; 502 and the page around it when the departmental fails.
pub(crate) async fn open(
    State(door): State<Door>,
    Clinician(session): Clinician,
    Path(names): Path<Names>,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    let (patient, departmental, screen) = names;
    let place = (Some(patient), departmental, screen);
    opened_at(&door, &session, place, query).await
}

/// `GET /departments/{departmental}/{screen}`: the same for a screen about the site.
pub(crate) async fn open_at_site(
    State(door): State<Door>,
    Clinician(session): Clinician,
    Path((departmental, screen)): Path<SiteNames>,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    opened_at(&door, &session, (None, departmental, screen), query).await
}

async fn opened_at(
    door: &Door,
    session: &Session,
    place: Place,
    query: Vec<(String, String)>,
) -> Response {
    let done = query
        .iter()
        .find(|(name, _)| name == "done")
        .map(|(_, value)| value.clone());
    let desktop = match Desktop::open(door, session, place, query).await {
        Ok(desktop) => desktop,
        Err(why) => return unread(door, session, &why),
    };
    let confirmed = done.as_deref().and_then(|it| desktop.confirmed(it));
    desktop.draw(Left::default(), confirmed).await
}

/// `POST` to the same address: 303 to what follows once it is committed; the screen again, with findings, when it is not;
/// 403 for a form that no page of this session carries.
pub(crate) async fn submit(
    State(door): State<Door>,
    Clinician(session): Clinician,
    Path(names): Path<Names>,
    Query(query): Query<Vec<(String, String)>>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let (patient, departmental, screen) = names;
    let place = (Some(patient), departmental, screen);
    sent_at(&door, &session, place, query, pairs).await
}

/// `POST` to the address of a screen about the site: as [`submit`].
pub(crate) async fn submit_at_site(
    State(door): State<Door>,
    Clinician(session): Clinician,
    Path((departmental, screen)): Path<SiteNames>,
    Query(query): Query<Vec<(String, String)>>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    sent_at(&door, &session, (None, departmental, screen), query, pairs).await
}

async fn sent_at(
    door: &Door,
    session: &Session,
    place: Place,
    query: Vec<(String, String)>,
    pairs: Vec<(String, String)>,
) -> Response {
    let typed = Typed::new(pairs);
    if !session.sent(typed.one("form_token").unwrap_or_default()) {
        return not_ours(door, session);
    }
    match Desktop::open(door, session, place, query).await {
        Ok(desktop) => desktop.submit(typed).await,
        Err(why) => unread(door, session, &why),
    }
}

impl<'a> Desktop<'a> {
    async fn open(
        door: &'a Door,
        session: &'a Session,
        (patient, departmental, screen): Place,
        query: Vec<(String, String)>,
    ) -> Result<Self, ReadError> {
        let seen = MomentQuery::of(&query).seen(door).await?;
        let mut parameters = BTreeMap::new();
        for (name, value) in query {
            let Some(name) = name.strip_prefix("p.") else {
                continue;
            };
            if parameters.insert(name.to_owned(), value).is_some() {
                return Err(ReadError::Unreadable {
                    what: format!("the parameter {name:?} is there twice: give it once"),
                });
            }
        }
        let reader = Reader {
            door,
            caller: &session.caller,
            at: &seen.at,
        };
        let chart = match patient {
            None => None,
            Some(text) => {
                let patient: Id = text.parse().map_err(|_| ReadError::NotFound {
                    what: "patient".to_owned(),
                })?;
                let opened = opened(reader, &patient, seen.today()).await?;
                Some((patient, Arc::new(opened)))
            }
        };
        Ok(Self {
            door,
            session,
            chart,
            departmental,
            screen,
            parameters,
            seen,
        })
    }

    /// The patient's small banner; nothing on a screen about the site.
    fn about(&self) -> Vec<(&'static str, String)> {
        let opened = self.chart.as_ref().map(|(_, opened)| opened);
        opened.map(|it| it.person.parts()).unwrap_or_default()
    }

    fn patient(&self) -> Option<&Id> {
        self.chart.as_ref().map(|(patient, _)| patient)
    }

    fn base(&self) -> String {
        match self.patient() {
            Some(patient) => format!("/patients/{patient}/departments/{}", self.departmental),
            None => format!("/departments/{}", self.departmental),
        }
    }

    async fn draw(&self, left: Left, confirmed: Option<String>) -> Response {
        let (screen, release, call, read) = match left.screen.clone() {
            Some((screen, release, call)) => (screen, release, call, None),
            None => match self.ask().await {
                Ok(shown) => {
                    let read = Some((shown.t, shown.now));
                    (shown.screen, shown.release, shown.call, read)
                }
                Err(why) => return self.failed(&why, html! {}),
            },
        };
        if let Some(answer) = self.at_its_place(&release) {
            return answer;
        }
        let declared = release.manifest.screen(&self.screen);
        let title = declared.map_or_else(|| self.screen.clone(), |it| written::plain(&it.title));
        let parsed = match Screen::parse(&screen) {
            Ok(parsed) => parsed,
            Err(why) => {
                return self.answer(
                    StatusCode::BAD_GATEWAY,
                    &title,
                    failed::malformed(&release, &call, &why),
                    Some(provenance(&release, read)),
                );
            }
        };
        let names = self.names(&parsed).await;
        let Ok(key) = seal::new_key() else {
            return failed::without_randomness(self.door, self.session);
        };
        let carried = self.carried(&release, key);
        let desk = Desk {
            seals: &self.door.seals,
            form_token: &self.session.form_token,
            carried: &carried,
            typed: &left.typed,
            findings: &left.findings,
            found: left.found.as_ref(),
        };
        let ink = Ink {
            base: &self.base(),
            kept: self.seen.kept(),
            names: &names,
            signing: Signing {
                signer: self.session.caller.name(),
                about: self.about(),
            },
            desk,
        };
        let main = html! {
            @if let Some(t) = confirmed { (saved(&t)) }
            (error_summary(&left.findings))
            (draw::screen(&parsed, &ink))
        };
        let title = parsed
            .title()
            .map_or(title.clone(), |own| format!("{title}: {own}"));
        let status = if left.findings.is_empty() {
            StatusCode::OK
        } else {
            StatusCode::UNPROCESSABLE_ENTITY
        };
        self.answer(status, &title, main, Some(provenance(&release, read)))
    }

    /// Where a screen about the site is to be looked at instead: a list about many is never drawn under one patient's banner.
    fn at_its_place(&self, release: &Release) -> Option<Response> {
        let declared = release.manifest.screen(&self.screen)?;
        if self.chart.is_none() || !matches!(declared.place, Where::Site | Where::Help) {
            return None;
        }
        let base = format!("/departments/{}", self.departmental);
        let address = draw::address(&base, &self.screen, &self.parameters);
        Some(Redirect::to(&self.seen.link(&address)).into_response())
    }

    async fn ask(&self) -> Result<Shown, AskError> {
        let ask = self.asks()?;
        self.door
            .record
            .open_screen(&self.session.caller, ask)
            .await
    }

    fn asks(&self) -> Result<ScreenAsk, AskError> {
        let no_such = |_| AskError::Incorrect {
            what: "there is no such departmental".to_owned(),
        };
        Ok(ScreenAsk {
            departmental: self.departmental.parse().map_err(no_such)?,
            screen: self.screen.clone(),
            patient: self.patient().cloned(),
            parameters: json!(self.parameters),
            at: self.seen.asked.clone(),
        })
    }

    fn carried(&self, release: &Release, key: String) -> Carried {
        Carried {
            digest: release.digest.to_string(),
            departmental: self.departmental.clone(),
            screen: self.screen.clone(),
            patient: self.patient().map(Id::to_string),
            key,
            actions: Vec::new(),
            asked: Vec::new(),
            conditions: Vec::new(),
            carries: BTreeMap::new(),
            seen: Vec::new(),
            parameters: self.parameters.clone(),
        }
    }

    /// The page around what could not be shown, with what else is to be said under it.
    fn failed(&self, why: &AskError, under: Markup) -> Response {
        let (status, main) = failed::main(why);
        let title = self.departmental.clone();
        self.answer(status, &title, html! { (main) (under) }, None)
    }

    fn answer(
        &self,
        status: StatusCode,
        title: &str,
        main: Markup,
        foot: Option<Markup>,
    ) -> Response {
        let here = format!("{}/{}", self.base(), self.screen);
        let opened = self.chart.as_ref().map(|(_, opened)| opened);
        let whose = opened.map_or_else(
            || self.session.caller.site().to_string(),
            |opened| opened.person.name.clone(),
        );
        let page = Page {
            title: &format!("{title}: {whose}"),
            banner: opened.map(|it| banner::banner(&it.person, &it.allergies)),
            menu: opened.map(|it| menu(it, &here, &self.seen)),
            main: html! {
                (self.seen.banner(&draw::address(&self.base(), &self.screen, &self.parameters)))
                h1 .pal-h1 { (title) }
                (main)
            },
            foot,
            past: self.seen.is_past(),
        };
        frame::page(self.door, Some(self.session), status, page)
    }
}

fn about_all(message: &str) -> Finding {
    Finding {
        field: None,
        message: message.to_owned(),
    }
}

fn saved(t: &str) -> Markup {
    html! {
        div .pal-notification role="status" {
            p .pal-alert__title { (icon(Icon::Done)) " Saved" }
            p { "It is in the record as commit " (t) "." }
        }
    }
}

/// Who drew this, from which bytes, of which moment.
fn provenance(release: &Release, read: Option<(T, String)>) -> Markup {
    let digest = release.digest.as_str().trim_start_matches("sha256:");
    let digest: String = digest.chars().take(8).collect();
    html! {
        span { "Drawn by module " b { (written::plain(&release.manifest.name)) " " (written::plain(&release.version)) } }
        span { "Supplier: " (written::plain(&release.supplier)) }
        span { "Digest " code title=(release.digest) { (digest) } }
        @if let Some(help) = release.manifest.screens.iter().find(|it| it.place == Where::Help) {
            span { a href={ "/departments/" (release.id) "/" (help.id) } { "What it does and does not" } }
        }
        @if let Some((t, now)) = read { span { "Record as at " (written::second(&now)) " (t " (t) ")" } }
    }
}
