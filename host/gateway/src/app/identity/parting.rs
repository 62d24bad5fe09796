//! A merge undone: what goes back by itself, and whose each later entry is, decided now or in the task that it leaves.
//!
//! Invariant: nothing is decided for anybody: an entry that nobody spoke for stays where it is, marked, and is listed.

use std::collections::BTreeMap;

use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use fhir::resource::Key;
use maud::{Markup, html};
use record::log::T;
use record::person::{Later, Parting, PersonError, Settle, Side, Unmerge, Was};

use super::merge::body;
use super::{chart, led_on, page, reason, refusal, summary, today, unsaid};
use crate::app::person::Person;
use crate::app::start::not_ours;
use crate::app::{Clinician, facts};
use crate::auth::Session;
use crate::screen::sent::Typed;
use crate::written::{self, NOT_RECORDED, plain};
use crate::{Door, address};

/// Least words of a reason, in characters.
const REASON_CHARS_MIN: usize = 10;
/// Later entries on one page: what is beyond them is decided afterwards, in the task.
const LISTED_MAX: usize = 200;

/// `GET /patients/{patient}/unmerge/{event}`: what undoing the merge would do.
pub(crate) async fn look(
    State(door): State<Door>,
    Clinician(session): Clinician,
    Path((patient, event)): Path<(String, String)>,
) -> Response {
    let typed = Typed::new(Vec::new());
    undoing(
        &door,
        &session,
        (&patient, &event),
        &typed,
        (StatusCode::OK, None),
    )
    .await
}

/// `POST /patients/{patient}/unmerge/{event}`: undoes it; 303 to the identity page. The page again with why not; 403 for a
/// foreign form.
pub(crate) async fn part(
    State(door): State<Door>,
    Clinician(session): Clinician,
    Path((patient, event)): Path<(String, String)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let typed = Typed::new(pairs);
    if !session.sent(typed.one("form_token").unwrap_or_default()) {
        return not_ours(&door, &session);
    }
    let (code, words) = match parted(&door, &session, (&patient, &event), &typed).await {
        Ok(done) => return led_on(&patient, done),
        Err(refused) => refused,
    };
    let refused = (code, Some(words.as_str()));
    undoing(&door, &session, (&patient, &event), &typed, refused).await
}

/// `GET /settle/{task}`: what an undone merge left to decide.
pub(crate) async fn open(
    State(door): State<Door>,
    Clinician(session): Clinician,
    Path(task): Path<String>,
) -> Response {
    settling(&door, &session, &task, (StatusCode::OK, None)).await
}

/// `POST /settle/{task}`: keeps the decisions; 303 to the identity page. The page again with why not; 403 for a foreign form.
pub(crate) async fn settle(
    State(door): State<Door>,
    Clinician(session): Clinician,
    Path(task): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let typed = Typed::new(pairs);
    if !session.sent(typed.one("form_token").unwrap_or_default()) {
        return not_ours(&door, &session);
    }
    match settled(&door, &session, &task, &typed).await {
        Ok(patient) => led_on(patient.id.as_str(), "settled"),
        Err((code, words)) => settling(&door, &session, &task, (code, Some(&words))).await,
    }
}

type Refused = (StatusCode, String);

fn wrong(words: &str) -> Refused {
    (StatusCode::UNPROCESSABLE_ENTITY, words.to_owned())
}

async fn parted(
    door: &Door,
    session: &Session,
    (patient, event): (&str, &str),
    typed: &Typed,
) -> Result<&'static str, Refused> {
    let why = typed.one("reason").unwrap_or_default();
    if why.trim().chars().count() < REASON_CHARS_MIN {
        return Err(wrong(
            "Say how you know that they are two people, in at least 10 characters.",
        ));
    }
    let seen = typed.one("seen").and_then(|it| it.parse().ok());
    let event = event_key(event).map_err(|why| refusal(&why))?;
    let parting = of_patient(door, session, patient, &event).await;
    parting.map_err(|why| refusal(&why))?;
    let wish = Unmerge {
        event,
        reason: why.to_owned(),
        decisions: decisions(typed)?,
        seen: Some(T(seen.ok_or_else(|| wrong("Use the form of this page."))?)),
    };
    let done = door.record.unmerge(&session.caller, &wish).await;
    let done = done.map_err(|why| refusal(&why))?;
    Ok(if done.task.is_some() {
        "open"
    } else {
        "parted"
    })
}

async fn settled(
    door: &Door,
    session: &Session,
    task: &str,
    typed: &Typed,
) -> Result<Key, Refused> {
    let wish = Settle {
        task: task_key(task).map_err(|why| refusal(&why))?,
        reason: None,
        decisions: decisions(typed)?,
    };
    if wish.decisions.is_empty() {
        return Err(wrong("Choose for at least one entry whose it is."));
    }
    let done = door.record.settle(&session.caller, &wish).await;
    Ok(done.map_err(|why| refusal(&why))?.target.key)
}

/// What undoing the merge would do, if it is one into the patient whom the page names.
async fn of_patient(
    door: &Door,
    session: &Session,
    patient: &str,
    event: &Key,
) -> Result<Parting, PersonError> {
    let parting = door.record.parting(&session.caller, event).await?;
    match parting.identity.target.id.as_str() == patient {
        true => Ok(parting),
        false => Err(nothing("such merge of this patient")),
    }
}

fn nothing(what: &str) -> PersonError {
    PersonError::NotFound {
        what: what.to_owned(),
    }
}

fn event_key(event: &str) -> Result<Key, PersonError> {
    format!("Provenance/{event}")
        .parse()
        .map_err(|_| nothing("such merge"))
}

fn task_key(task: &str) -> Result<Key, PersonError> {
    format!("Task/{task}")
        .parse()
        .map_err(|_| nothing("such task"))
}

/// What was chosen, by entry; an entry that is left for later is not among it.
fn decisions(typed: &Typed) -> Result<BTreeMap<Key, Side>, Refused> {
    let mut decisions = BTreeMap::new();
    for word in typed.all("item") {
        let key: Key = word
            .parse()
            .map_err(|_| wrong("Use the form of this page."))?;
        if let Some(side) = typed.one(&format!("side:{key}")).and_then(Side::read) {
            decisions.insert(key, side);
        }
    }
    Ok(decisions)
}

async fn undoing(
    door: &Door,
    session: &Session,
    (patient, event): (&str, &str),
    typed: &Typed,
    (code, refused): (StatusCode, Option<&str>),
) -> Response {
    let drawn = async {
        let (opened, seen) = chart(door, session, patient).await?;
        let parting = of_patient(door, session, patient, &event_key(event)?).await?;
        let people =
            [&parting.source, &parting.target].map(|it| Person::of(&body(it), today(door)));
        let back: usize = parting.going_back.values().sum();
        let action = format!(
            "/patients/{}/unmerge/{}",
            address::encoded(patient),
            address::encoded(event)
        );
        let main = html! {
            h1 .pal-h1 { "Undo the merge" }
            (summary(refused))
            p .pal-p { "There will be two records again: " b { (people[0].line()) } "; and " b { (people[1].line()) } "." }
            p .pal-p { @match back { 0 => "No entry goes back", 1 => "1 entry that nobody changed since goes back exactly as it was", more => { (more) " entries that nobody changed since go back exactly as they were" } } "." }
            form method="post" action=(action) novalidate {
                input type="hidden" name="form_token" value=(session.form_token);
                input type="hidden" name="seen" value=(parting.t);
                (entries(&parting.later, &people, typed))
                (reason("How do you know that they are two people?", typed.one("reason").unwrap_or_default()))
                button .nhsuk-button type="submit" { "Undo the merge" }
            }
        };
        Ok::<_, PersonError>(page(
            door,
            session,
            &opened,
            &seen,
            (code, "Undo the merge", main),
        ))
    };
    drawn
        .await
        .unwrap_or_else(|why| unsaid(door, session, &why))
}

async fn settling(
    door: &Door,
    session: &Session,
    task: &str,
    (code, refused): (StatusCode, Option<&str>),
) -> Response {
    let drawn = async {
        let (merge, later) = door
            .record
            .unsettled(&session.caller, &task_key(task)?)
            .await?;
        let (opened, seen) = chart(door, session, merge.target.id.as_str()).await?;
        let (other, _) = chart(door, session, merge.source.id.as_str()).await?;
        let people = [other.person, opened.person.clone()];
        let main = html! {
            h1 .pal-h1 { "Whose are these?" }
            (summary(refused))
            p .pal-p { "They were written while two records were one: that of " b { (people[0].line()) } "; and this one, of " b { (people[1].line()) } ". Each stays in this record, marked, until it is decided." }
            form method="post" action={ "/settle/" (address::encoded(task)) } novalidate {
                input type="hidden" name="form_token" value=(session.form_token);
                (entries(&later, &people, &Typed::new(Vec::new())))
                @if !later.is_empty() { button .nhsuk-button type="submit" { "Keep these decisions" } }
            }
        };
        Ok::<_, PersonError>(page(
            door,
            session,
            &opened,
            &seen,
            (code, "Whose are these", main),
        ))
    };
    drawn
        .await
        .unwrap_or_else(|why| unsaid(door, session, &why))
}

/// The later entries, each with its choice.
fn entries(later: &[Later], [source, target]: &[Person; 2], typed: &Typed) -> Markup {
    html! {
        @if later.is_empty() { p .pal-absent { "Nothing was written since that has to be decided" } }
        @else {
            h2 .pal-h2 { "Written or changed since: whose is each?" }
            p .pal-p { "Leave what you are not sure of for later. It stays where it is, and a task lists it." }
            @if later.len() > LISTED_MAX { p .pal-p { "These are the first " (LISTED_MAX) " of " (later.len()) "; the rest is decided afterwards, from the task." } }
            section .pal-card .pal-card-flush { div .pal-scroll role="region" aria-label="Later entries" tabindex="0" { table .pal-table {
                thead { tr { th scope="col" { "Entry" } th scope="col" { "When" } th scope="col" { "Before the merge" } th scope="col" { "Whose is it?" } } }
                tbody { @for it in later.iter().take(LISTED_MAX) { (entry(it, [source, target], typed)) } }
            } } }
        }
    }
}

fn entry(it: &Later, people: [&Person; 2], typed: &Typed) -> Markup {
    let value = body(&it.now);
    let name = format!("side:{}", it.key);
    let (what, result) = match it.now.body.is_some() {
        true => (facts::concept(&value, "code"), facts::result(&value)),
        false => ("Deleted since".to_owned(), String::new()),
    };
    let was = match it.was {
        Was::OfSource => "In the other record, changed since".to_owned(),
        Was::OfTarget => "In this record, changed since".to_owned(),
        Was::Elsewhere => "Of neither; it refers to this record".to_owned(),
        Was::New => "Not there".to_owned(),
    };
    let label = format!(
        "{}: {}",
        facts::kind(it.key.resource_type.as_str()),
        plain(&what)
    );
    let chosen = typed.one(&name).unwrap_or_default();
    let choices = [
        ("source", format!("The other record: {}", people[0].line())),
        ("target", format!("This record: {}", people[1].line())),
        ("", "Decide later".to_owned()),
    ];
    html! { tr {
        th scope="row" {
            input type="hidden" name="item" value=(it.key);
            (label) @if result != NOT_RECORDED { " " (plain(&result)) }
        }
        td .pal-nw { (written::moment(&it.now.last_updated)) }
        td { (plain(&was)) }
        td { div .nhsuk-radios role="radiogroup" aria-label={ "Whose is: " (label) } { @for (value, label) in &choices {
            @let id = format!("{name}:{value}");
            div .nhsuk-radios__item {
                input .nhsuk-radios__input type="radio" id=(id) name=(name) value=(value) checked[chosen == *value];
                label .nhsuk-label .nhsuk-radios__label for=(id) { (label) }
            }
        } } }
    } }
}
