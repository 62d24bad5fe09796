//! A departmental's screen inside the application: opened, sent, drawn again with what is wrong.
//!
//! Invariant: a departmental that fails is named as failed, with the rest of the page around it; its failure is never shown
//! as nothing found.

mod coded;
mod failed;
mod submit;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use fhir::resource::Id;
use maud::{Markup, html};
use record::ReadError;
use record::departmental::Release;
use record::departmental::outcome::Finding;
use record::departmental::screen::{AskError, ScreenAsk};
use record::log::T;
use serde_json::{Value, json};

use super::look::Reader;
use super::moment::{MomentQuery, Seen};
use super::patient::{Opened, menu, opened};
use super::person::{self, Person};
use super::start::not_ours;
use super::{Clinician, banner, unread};
use crate::auth::Session;
use crate::frame::{self, Page};
use crate::icon::{Icon, icon};
use crate::screen::coded::Found;
use crate::screen::draw::{self, Desk, Ink, Named, Signing};
use crate::screen::seal::{self, Carried};
use crate::screen::sent::Typed;
use crate::screen::{Screen, draw::error_summary};
use crate::{Door, written};

/// People whose names one screen has looked up; the rest read "Name unavailable".
const NAMES_MAX: usize = 200;

/// One screen at hand: who looks, at whom, at what.
struct Desktop<'a> {
    door: &'a Door,
    session: &'a Session,
    patient: Id,
    departmental: String,
    screen: String,
    parameters: BTreeMap<String, String>,
    opened: Opened,
    seen: Seen,
}

/// What a submission left behind for the drawing.
#[derive(Default)]
struct Left {
    typed: Typed,
    findings: Vec<Finding>,
    /// Drawn instead of the screen opened anew.
    screen: Option<(Value, Arc<Release>)>,
    /// For words that were looked for.
    found: Option<Found>,
}

type Names = (String, String, String);

/// `GET /patients/{patient}/departments/{departmental}/{screen}`: the screen; parameters are the query's `p.…`.
/// 404 patient, departmental or screen unknown or hidden; 502 and the page around it when the departmental fails.
pub(crate) async fn open(
    State(door): State<Door>,
    Clinician(session): Clinician,
    Path(names): Path<Names>,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    let done = query
        .iter()
        .find(|(name, _)| name == "done")
        .map(|(_, value)| value.clone());
    let desktop = match Desktop::open(&door, &session, names, query).await {
        Ok(desktop) => desktop,
        Err(why) => return unread(&door, &session, &why),
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
    let typed = Typed::new(pairs);
    if !session.sent(typed.one("form_token").unwrap_or_default()) {
        return not_ours(&door, &session);
    }
    match Desktop::open(&door, &session, names, query).await {
        Ok(desktop) => desktop.submit(typed).await,
        Err(why) => unread(&door, &session, &why),
    }
}

impl<'a> Desktop<'a> {
    async fn open(
        door: &'a Door,
        session: &'a Session,
        names: Names,
        query: Vec<(String, String)>,
    ) -> Result<Self, ReadError> {
        let (patient, departmental, screen) = names;
        let patient: Id = patient.parse().map_err(|_| ReadError::NotFound {
            what: "patient".to_owned(),
        })?;
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
        let opened = opened(
            Reader {
                door,
                caller: &session.caller,
                at: &seen.at,
            },
            &patient,
            seen.today(),
        )
        .await?;
        Ok(Self {
            door,
            session,
            patient,
            departmental,
            screen,
            parameters,
            opened,
            seen,
        })
    }

    fn base(&self) -> String {
        format!(
            "/patients/{}/departments/{}",
            self.patient, self.departmental
        )
    }

    async fn draw(&self, left: Left, confirmed: Option<String>) -> Response {
        let (screen, release, read) = match left.screen.clone() {
            Some((screen, release)) => (screen, release, None),
            None => match self.ask().await {
                Ok(shown) => (shown.screen, shown.release, Some((shown.t, shown.now))),
                Err(why) => return self.failed(&why),
            },
        };
        let title = release
            .manifest
            .screen(&self.screen)
            .map_or_else(|| self.screen.clone(), |it| written::plain(&it.title));
        let parsed = match Screen::parse(&screen) {
            Ok(parsed) => parsed,
            Err(why) => {
                return self.answer(
                    StatusCode::BAD_GATEWAY,
                    &title,
                    failed::malformed(&release, &why),
                    Some(provenance(&release, read)),
                );
            }
        };
        let names = self.names(&parsed).await;
        let Ok(key) = seal::new_key() else {
            return frame::no(
                self.door,
                Some(self.session),
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something failed on our side",
                "This machine gives no randomness, so no form can be drawn. Report it.",
            );
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
                about: self.opened.person.parts(),
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

    async fn ask(&self) -> Result<record::departmental::screen::Shown, AskError> {
        let no_such = |_| AskError::Incorrect {
            what: "there is no such departmental".to_owned(),
        };
        let ask = ScreenAsk {
            departmental: self.departmental.parse().map_err(no_such)?,
            screen: self.screen.clone(),
            patient: Some(self.patient.clone()),
            parameters: json!(self.parameters),
            at: self.seen.asked.clone(),
        };
        self.door
            .record
            .open_screen(&self.session.caller, ask)
            .await
    }

    fn carried(&self, release: &Release, key: String) -> Carried {
        Carried {
            digest: release.digest.to_string(),
            departmental: self.departmental.clone(),
            screen: self.screen.clone(),
            patient: Some(self.patient.to_string()),
            key,
            actions: Vec::new(),
            asked: Vec::new(),
            conditions: Vec::new(),
            carries: BTreeMap::new(),
            seen: Vec::new(),
            parameters: self.parameters.clone(),
        }
    }

    /// The names of whoever the screen refers to.
    async fn names(&self, screen: &Screen) -> BTreeMap<String, Named> {
        let reader = Reader {
            door: self.door,
            caller: &self.session.caller,
            at: &self.seen.at,
        };
        let mut names = BTreeMap::new();
        for reference in screen.references().into_iter().take(NAMES_MAX) {
            let Ok(key) = reference.as_str().parse() else {
                continue;
            };
            let Ok(resource) = reader.one(&key).await else {
                continue;
            };
            let named = if key.resource_type.as_str() == "Patient" {
                Some(Named::Patient(
                    Person::of(&resource, self.seen.today()).parts(),
                ))
            } else {
                actor(&resource).map(Named::Actor)
            };
            names.extend(named.map(|named| (reference.as_str().to_owned(), named)));
        }
        names
    }

    fn failed(&self, why: &AskError) -> Response {
        let (status, main) = failed::main(why);
        let title = self.departmental.clone();
        self.answer(status, &title, main, None)
    }

    fn answer(
        &self,
        status: StatusCode,
        title: &str,
        main: Markup,
        foot: Option<Markup>,
    ) -> Response {
        let here = format!("{}/{}", self.base(), self.screen);
        let page = Page {
            title: &format!("{title}: {}", self.opened.person.name),
            banner: Some(banner::banner(&self.opened.person, &self.opened.allergies)),
            menu: Some(menu(&self.opened, &here, &self.seen)),
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

fn actor(resource: &Value) -> Option<String> {
    match resource.get("name") {
        Some(Value::Array(names)) => names.first().and_then(person::human),
        Some(Value::String(name)) => Some(written::plain(name)),
        Some(_) | None => None,
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
    let digest: String = release
        .digest
        .as_str()
        .trim_start_matches("sha256:")
        .chars()
        .take(8)
        .collect();
    html! {
        span { "Drawn by module " b { (written::plain(&release.manifest.name)) " " (written::plain(&release.version)) } }
        span { "Supplier: " (written::plain(&release.supplier)) }
        span { "Digest " code title=(release.digest) { (digest) } }
        @if let Some((t, now)) = read { span { "Record as at " (written::second(&now)) " (t " (t) ")" } }
    }
}
