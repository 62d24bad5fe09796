//! The operations page: what comes in, what waits, what goes out and what long work is under way, with what can be done.
//!
//! Invariant: a part that could not be read says so; an administrator sees their own site's, and acts on nothing else.

pub(crate) mod holders;
mod waiting;

use axum::extract::{Form, FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use record::caller::{Caller, Role};
use record::job::{Job, JobError, JobId, Pause, Stands};
use record::subscription::asked::Status;
use record::{ReadError, with_causes};

use super::Operator;
use super::subscribers::state;
use crate::Door;
use crate::address::encoded;
use crate::app::start::not_ours;
use crate::auth::Session;
use crate::frame::{self, Page};
use crate::icon::{Icon, icon};
use crate::problem::status;
use crate::screen::sent::Typed;
use crate::written::{moment, plain};

/// Time without a word after which a source is marked, in milliseconds: a day.
const SILENT_MS: i64 = 24 * 60 * 60 * 1_000;

/// An operator, or a trust administrator, who is signed in in this browser.
pub(crate) struct Overseer(Session);

impl FromRequestParts<Door> for Overseer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, door: &Door) -> Result<Self, Response> {
        let session = Session::from_request_parts(parts, door)
            .await
            .map_err(IntoResponse::into_response)?;
        match session.caller.role() {
            Role::Operator | Role::TrustAdministrator => Ok(Self(session)),
            Role::Clinician | Role::Feed | Role::Reaction => {
                let words = "What comes in, waits and goes out is looked after by operators and, for their own site, by trust administrators.";
                Err(frame::no(
                    door,
                    Some(&session),
                    StatusCode::FORBIDDEN,
                    "This page is for operators and trust administrators",
                    words,
                ))
            }
        }
    }
}

/// `GET /operations`: everything that is under way or waits.
pub(crate) async fn operations(State(door): State<Door>, Overseer(session): Overseer) -> Response {
    shown(&door, &session, StatusCode::OK, None).await
}

/// `POST /operations/jobs/{job}`: makes a job wait, lets it go on or ends it; 303 back. 409 and the page again when it has
/// ended meanwhile; 403 for a foreign form.
pub(crate) async fn decide(
    State(door): State<Door>,
    Operator(session): Operator,
    Path(job): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let typed = Typed::new(pairs);
    if !session.sent(typed.one("form_token").unwrap_or_default()) {
        return not_ours(&door, &session);
    }
    answered(&door, &session, &job, typed.one("decision")).await
}

async fn answered(door: &Door, session: &Session, job: &str, decision: Option<&str>) -> Response {
    match decided(door, &session.caller, job, decision).await {
        Ok(()) => Redirect::to("/operations").into_response(),
        Err(why) => {
            let code = status(why.kind());
            shown(door, session, code, Some(&format!("{why}."))).await
        }
    }
}

async fn decided(
    door: &Door,
    caller: &Caller,
    job: &str,
    decision: Option<&str>,
) -> Result<(), JobError> {
    let id = JobId::of(job).ok_or(JobError::NoJob)?;
    match decision {
        Some("pause") => door.record.pause_job(caller, &id, Pause::Wait).await,
        Some("go-on") => door.record.pause_job(caller, &id, Pause::GoOn).await,
        Some("end") => door.record.cancel_job(caller, &id).await,
        Some(_) | None => Err(JobError::Incorrect {
            what: "use the buttons of this page".to_owned(),
        }),
    }
}

/// One thing on the page: what it is, how it stands, what can be done.
type Row = (Markup, Markup, Markup);

/// One part of the page.
struct Part {
    title: &'static str,
    none: &'static str,
    rows: Result<Vec<Row>, String>,
}

async fn shown(door: &Door, session: &Session, code: StatusCode, wrong: Option<&str>) -> Response {
    let caller = &session.caller;
    let mut parts = vec![
        feeds(door, caller).await,
        waiting::part(door, caller).await,
        put_aside(door, caller).await,
        queues(door, caller).await,
        subscribers(door, caller).await,
    ];
    if caller.role() == Role::Operator {
        parts.push(jobs(door, session).await);
        parts.push(events(door).await);
        parts.push(advisers(door, caller).await);
        parts.push(holders::part(door, session).await);
    }
    let drawn = html! {
        h1 .pal-h1 { "Operations" }
        @if let Some(words) = wrong {
            div .nhsuk-error-summary role="alert" { h2 .nhsuk-error-summary__title { "Nothing was changed" } p { (plain(words)) } }
        }
        @for part in &parts { (part.drawn()) }
    };
    frame::page(door, Some(session), code, Page::plain("Operations", drawn))
}

impl Part {
    fn drawn(&self) -> Markup {
        html! {
            section .pal-card .pal-card-flush aria-label=(self.title) {
                div .pal-card__head { h2 .pal-h2 { (self.title) } }
                @match &self.rows {
                    Err(words) => p .pal-pad { (icon(Icon::Warning)) " " (plain(words)) },
                    Ok(rows) if rows.is_empty() => p .pal-absent .pal-pad { (self.none) },
                    Ok(rows) => div .pal-scroll role="region" aria-label={ (self.title) ", listed" } tabindex="0" { table .pal-table {
                        thead { tr { th scope="col" { "What" } th scope="col" { "How it stands" } th scope="col" { "What to do" } } }
                        tbody { @for (what, stands, action) in rows { tr { th scope="row" { (what) } td { (stands) } td { (action) } } } }
                    } },
                }
            }
        }
    }
}

/// What is said of a part that could not be read.
fn unread(why: &(dyn std::error::Error + 'static)) -> String {
    tracing::error!("{}", with_causes(why));
    "This could not be read. It does not mean that there is nothing. Open the page again, then report it.".to_owned()
}

fn words(text: &str) -> Markup {
    html! { (plain(text)) }
}

fn link(address: &str, label: &str) -> Markup {
    html! { a href=(address) { (label) } }
}

async fn feeds(door: &Door, caller: &Caller) -> Part {
    let now_ms = door.record.now_ms();
    let rows = door.record.sources(caller).await.map(|sources| {
        let row = |it: &record::heard::Source| {
            let is_silent = now_ms.saturating_sub(it.last.at_ms) > SILENT_MS;
            let stands = html! {
                "Last heard from at " (moment(&it.last.at))
                @if is_silent { " " (icon(Icon::Warning)) " Silent for more than a day" }
            };
            let address = format!("/messages?source={}", encoded(&it.name));
            let what = html! { a href=(address) { (plain(&it.name)) } ", " (it.site) };
            let action = if is_silent {
                words("Ask its site whether it sends")
            } else {
                words("Nothing")
            };
            (what, stands, action)
        };
        sources.iter().map(row).collect()
    });
    Part {
        title: "Feeds",
        none: "No feed was ever heard from",
        rows: rows.map_err(|why: ReadError| unread(&why)),
    }
}

async fn put_aside(door: &Door, caller: &Caller) -> Part {
    let title = "Events put aside";
    let none = "No event waits";
    if caller.role() != Role::TrustAdministrator {
        let rows = Ok(vec![(
            words("Events that departmentals could not react to"),
            words("Each trust's administrator sees those of their own site"),
            words("Nothing"),
        )]);
        return Part { title, none, rows };
    }
    let rows = match door.record.parked_events(caller).await {
        Ok(list) => {
            let row = |it: &record::reaction::parked::Parked| {
                let what = html! { (it.departmental) ", " (it.resource) };
                (what, words(&it.why), link("/parked", "Try again or drop"))
            };
            Ok(list.events.iter().map(row).collect())
        }
        Err(why) => Err(unread(&why)),
    };
    Part { title, none, rows }
}

async fn queues(door: &Door, caller: &Caller) -> Part {
    let rows = door.record.sending_counts(caller).await.map(|all| {
        let row = |(it, waiting, dead): &(record::sending::Interface, u64, u64)| {
            let action = if *dead > 0 {
                "Send again or drop"
            } else {
                "Look"
            };
            let what = words(&it.declaration.id);
            let stands = html! {
                @match *dead { 0 => "Every message was taken or waits its turn", 1 => { (icon(Icon::Warning)) " 1 message was not taken" } more => { (icon(Icon::Warning)) " " (more) " messages were not taken" } }
                @if *waiting > 0 { "; " (waiting) @if *waiting == 1 { " waits" } @else { " wait" } " to be sent" }
            };
            (what, stands, link("/interfaces", action))
        };
        all.iter().map(row).collect()
    });
    Part {
        title: "Messages that go out",
        none: "No interface is declared",
        rows: rows.map_err(|why| unread(&why)),
    }
}

async fn subscribers(door: &Door, caller: &Caller) -> Part {
    let rows = door
        .record
        .subscribers(caller, "")
        .await
        .map(|(all, more)| {
            let row = |it: &record::subscription::overview::Subscriber| {
                let waiting = it
                    .delivered
                    .map(|delivered| it.last.saturating_sub(delivered));
                let waiting = match waiting {
                    None | Some(0) => String::new(),
                    Some(1) => ", 1 event waits".to_owned(),
                    Some(more) => format!(", {more} events wait"),
                };
                let failed = it
                    .said
                    .as_deref()
                    .map_or_else(String::new, |why| format!(": {why}"));
                let stands = format!(
                    "{} since {}{waiting}{failed}",
                    state(it.status),
                    moment(&it.since)
                );
                let is_wrong = it.status == Status::Error;
                let stands = html! { @if is_wrong { (icon(Icon::Warning)) " " } (plain(&stands)) };
                let what = format!("{}, for {}", it.about, it.author);
                let action = if is_wrong {
                    "Send again or end"
                } else {
                    "Look"
                };
                (words(&what), stands, link("/subscribers", action))
            };
            let mut rows: Vec<Row> = all.iter().map(row).collect();
            if more.is_some() {
                rows.push((
                    words("Others"),
                    words("There are more"),
                    link("/subscribers", "Look"),
                ));
            }
            rows
        });
    Part {
        title: "Subscribers",
        none: "Nobody subscribes",
        rows: rows.map_err(|why| unread(&why)),
    }
}

async fn jobs(door: &Door, session: &Session) -> Part {
    let rows = match door.record.all_jobs(&session.caller).await {
        Ok(all) => Ok(all
            .iter()
            .map(|job| job_row(job, &session.form_token))
            .collect()),
        Err(why) => Err(unread(&why)),
    };
    Part {
        title: "Exports and imports",
        none: "No export or import is under way or kept",
        rows,
    }
}

fn job_row(job: &Job, form_token: &str) -> Row {
    let what = html! { (plain(&job.request)) ", asked for by " (plain(&job.account)) " as of " (moment(&job.t_at)) };
    let (stands, decisions): (String, &[(&str, &str)]) = match &job.stands {
        Stands::Running(how) if job.paused => {
            (how.clone(), &[("go-on", "Go on"), ("end", "End it")])
        }
        Stands::Running(how) => (how.clone(), &[("pause", "Pause"), ("end", "End it")]),
        Stands::Done { words, until, .. } => {
            let words = format!("done: {words}; its files are kept until {}", moment(until));
            (words, &[("end", "Remove its files")])
        }
        Stands::Failed(why) => (format!("failed: {why}"), &[("end", "Remove it")]),
    };
    let action = html! {
        form method="post" action={ "/operations/jobs/" (job.id.as_str()) } {
            input type="hidden" name="form_token" value=(form_token);
            @for (decision, label) in decisions {
                button .nhsuk-button .nhsuk-button--secondary type="submit" name="decision" value=(decision) { (label) }
            }
        }
    };
    (what, words(&stands), action)
}

async fn events(door: &Door) -> Part {
    let rows = door.record.cursor("relay").await.map(|cursor| {
        let row = cursor.map(|kept| {
            let behind = door.record.current().0.saturating_sub(kept.0);
            let stands = format!("The broker has what was committed up to {kept}; at most {behind} commits are behind it");
            (words("Relay to the broker"), words(&stands), words("Nothing"))
        });
        row.into_iter().collect()
    });
    Part {
        title: "Events out",
        none: "No change was ever relayed to a broker: set PALATINE_EVENTS",
        rows: rows.map_err(|why| unread(&why)),
    }
}

async fn advisers(door: &Door, caller: &Caller) -> Part {
    let resting = door.record.resting_advisers();
    let rows = door.record.advisers(caller).await.map(|known| {
        let row = |it: &record::adviser::Adviser| {
            let until = resting.iter().find(|(id, _)| *id == it.id);
            let stands = match (it.runs, until) {
                (false, _) => "Not called".to_owned(),
                (true, None) => "Called whenever a chart is opened".to_owned(),
                (true, Some((_, until))) => {
                    format!("Failed too often: not called before {}", moment(until))
                }
            };
            let action = if it.runs { "Stop calling" } else { "Call it" };
            (words(&it.name), words(&stands), link("/advisers", action))
        };
        known.all.iter().map(row).collect()
    });
    Part {
        title: "Services that give advice",
        none: "No service is declared",
        rows: rows.map_err(|why| unread(&why)),
    }
}
