//! Two records side by side, and the form that merges them.
//!
//! Invariant: what is merged is what the page showed, version by version; what one person has once and the two have
//! differently must each be ticked.

use std::collections::BTreeSet;

use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use fhir::resource::text_in;
use maud::{Markup, html};
use record::Stored;
use record::person::{Comparison, Difference, Merge, PersonError, Seen as Versions, Side};
use serde::Deserialize;
use serde_json::Value;

use super::{chart, key, led_on, page, reason, refusal, summary, today, unsaid};
use crate::app::person::Person;
use crate::app::start::not_ours;
use crate::app::{Clinician, facts};
use crate::auth::Session;
use crate::icon::{Icon, icon};
use crate::screen::sent::Typed;
use crate::written::{NOT_RECORDED, plain};
use crate::{Door, address};

/// Least words of a reason, in characters.
const REASON_CHARS_MIN: usize = 10;
/// What is said of an empty list.
const NONE: &str = "None";

/// Which other record.
#[derive(Debug, Deserialize)]
pub(crate) struct Other {
    #[serde(default)]
    other: String,
}

/// `GET /patients/{patient}/merge?other=…`: both records side by side. 422 with why they cannot be merged.
pub(crate) async fn compare(
    State(door): State<Door>,
    Clinician(session): Clinician,
    Path(patient): Path<String>,
    Query(query): Query<Other>,
) -> Response {
    let shown = Shown {
        target: &patient,
        source: &query.other,
        typed: &Typed::new(Vec::new()),
        wrong: None,
    };
    shown.draw(&door, &session, StatusCode::OK).await
}

/// `POST /patients/{patient}/merge`: merges the other record into this one; 303 to its identity page. The page again with
/// why not; 403 for a foreign form.
pub(crate) async fn merge(
    State(door): State<Door>,
    Clinician(session): Clinician,
    Path(patient): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let typed = Typed::new(pairs);
    if !session.sent(typed.one("form_token").unwrap_or_default()) {
        return not_ours(&door, &session);
    }
    match merged(&door, &session, &patient, &typed).await {
        Ok(()) => led_on(&patient, "merged"),
        Err(refused) => again(&door, &session, &patient, &typed, refused).await,
    }
}

/// The page again, with why not and what was typed.
async fn again(
    door: &Door,
    session: &Session,
    patient: &str,
    typed: &Typed,
    (code, words): (StatusCode, String),
) -> Response {
    let shown = Shown {
        target: patient,
        source: other(typed),
        typed,
        wrong: Some(&words),
    };
    shown.draw(door, session, code).await
}

/// The record that would end, as the form names it.
fn other(typed: &Typed) -> &str {
    typed.one("other").unwrap_or_default()
}

async fn merged(
    door: &Door,
    session: &Session,
    target: &str,
    typed: &Typed,
) -> Result<(), (StatusCode, String)> {
    let wrong = |words: &str| (StatusCode::UNPROCESSABLE_ENTITY, words.to_owned());
    if typed.one("sure") != Some("yes") {
        return Err(wrong(
            "Compare the two records line by line, then tick that you have done so.",
        ));
    }
    let why = typed.one("reason").unwrap_or_default();
    if why.trim().chars().count() < REASON_CHARS_MIN {
        return Err(wrong(
            "Say how you know that they are one person, in at least 10 characters.",
        ));
    }
    let version = |name: &str| typed.one(name).and_then(|it| it.parse().ok());
    let seen = version("seen_source").zip(version("seen_target"));
    let (source_version, target_version) =
        seen.ok_or_else(|| wrong("Use the form of this page."))?;
    let ticked = |it: &Difference| typed.all("accept").iter().any(|word| word == it.as_str());
    let wish = Merge {
        source: key(other(typed)).map_err(|why| refusal(&why))?,
        target: key(target).map_err(|why| refusal(&why))?,
        reason: why.to_owned(),
        evidence: typed
            .one("evidence")
            .filter(|it| !it.trim().is_empty())
            .map(str::to_owned),
        stands: typed.one("nhs_number").and_then(Side::read),
        accepted: Difference::ALL
            .into_iter()
            .filter(ticked)
            .collect::<BTreeSet<_>>(),
        seen: Some(Versions {
            source: source_version,
            target: target_version,
        }),
        message: None,
    };
    let done = door.record.merge(&session.caller, &wish).await;
    done.map(|_| ()).map_err(|why| refusal(&why))
}

/// The page, once with nothing typed and again with what was.
struct Shown<'a> {
    target: &'a str,
    source: &'a str,
    typed: &'a Typed,
    wrong: Option<&'a str>,
}

impl Shown<'_> {
    async fn draw(&self, door: &Door, session: &Session, code: StatusCode) -> Response {
        match self.drawn(door, session, code).await {
            Ok(answer) => answer,
            Err(why) => unsaid(door, session, &why),
        }
    }

    async fn drawn(
        &self,
        door: &Door,
        session: &Session,
        code: StatusCode,
    ) -> Result<Response, PersonError> {
        let (opened, seen) = chart(door, session, self.target).await?;
        let (source, target) = (key(self.source)?, key(self.target)?);
        let comparison = door
            .record
            .compare(&session.caller, &source, &target)
            .await?;
        let people =
            [&comparison.source, &comparison.target].map(|it| Person::of(&body(it), today(door)));
        let main = html! {
            h1 .pal-h1 { "Are these one person?" }
            (summary(self.wrong))
            (side_by_side(&comparison, &people))
            (self.form(session, &comparison))
        };
        Ok(page(door, session, &opened, &seen, (code, "Merge", main)))
    }

    fn form(&self, session: &Session, comparison: &Comparison) -> Markup {
        let moving: usize = comparison.moving.values().sum();
        let base = format!("/patients/{}", address::encoded(self.target));
        let swapped = format!(
            "/patients/{}/merge?other={}",
            address::encoded(self.source),
            address::encoded(self.target)
        );
        html! { section .pal-card .pal-pad {
            h2 .pal-h2 { "Merge them" }
            p .pal-p { (icon(Icon::Warning)) " " b { "The record on the left ends." } " What it holds (" (facts::entries(moving).to_lowercase()) ") moves to the one on the right, whose page you are on. It can be undone, but what is written meanwhile has to be sorted by hand." }
            p .pal-p { a href=(swapped) { "Keep the record on the left instead" } }
            form method="post" action={ (base) "/merge" } novalidate {
                input type="hidden" name="form_token" value=(session.form_token);
                input type="hidden" name="other" value=(self.source);
                input type="hidden" name="seen_source" value=(comparison.source.version);
                input type="hidden" name="seen_target" value=(comparison.target.version);
                @for difference in &comparison.differences {
                    (self.tick(&format!("accept-{}", difference.as_str()), ("accept", difference.as_str()), &format!("They are one person although {} differs", difference.words())))
                }
                @if let Some((source, target)) = &comparison.nhs_numbers {
                    fieldset .nhsuk-fieldset {
                        legend .nhsuk-fieldset__legend { "The NHS numbers differ. Which is right?" }
                        div .nhsuk-radios { @for (side, number) in [(Side::Source, source), (Side::Target, target)] {
                            @let id = format!("nhs-{}", side.as_str());
                            div .nhsuk-radios__item {
                                input .nhsuk-radios__input type="radio" id=(id) name="nhs_number" value=(side.as_str()) checked[self.typed.one("nhs_number") == Some(side.as_str())];
                                label .nhsuk-label .nhsuk-radios__label for=(id) { (plain(number)) }
                            }
                        } }
                    }
                }
                (reason("How do you know that they are one person?", self.typed.one("reason").unwrap_or_default()))
                div .nhsuk-form-group {
                    label .nhsuk-label for="evidence" { "What you have seen (optional)" }
                    div .nhsuk-hint id="evidence-hint" { "As wristband, passport, or the person themselves" }
                    input .nhsuk-input id="evidence" name="evidence" type="text" value=(self.typed.one("evidence").unwrap_or_default()) autocomplete="off" maxlength="500" aria-describedby="evidence-hint";
                }
                (self.tick("sure", ("sure", "yes"), "I have compared the two records line by line"))
                button .nhsuk-button .nhsuk-button--warning type="submit" { "Merge: end the record on the left" }
                p .pal-p { a href=(base) { "Do nothing" } }
            }
        } }
    }

    fn tick(&self, id: &str, (name, value): (&str, &str), label: &str) -> Markup {
        let is_ticked = self.typed.all(name).iter().any(|it| it == value);
        html! { div .nhsuk-form-group { div .nhsuk-checkboxes { div .nhsuk-checkboxes__item {
            input .nhsuk-checkboxes__input type="checkbox" id=(id) name=(name) value=(value) checked[is_ticked];
            label .nhsuk-label .nhsuk-checkboxes__label for=(id) { (label) }
        } } } }
    }
}

pub(super) fn body(stored: &Stored) -> Value {
    serde_json::from_str(stored.body.as_deref().unwrap_or_default()).unwrap_or_default()
}

/// Who each is, what each has, and where they differ.
fn side_by_side(comparison: &Comparison, [source, target]: &[Person; 2]) -> Markup {
    let none = || "Not recorded as died".to_owned();
    let (one, other) = (body(&comparison.source), body(&comparison.target));
    let rows = [
        ("Name", source.name.clone(), target.name.clone()),
        ("Born", source.born.clone(), target.born.clone()),
        ("Gender", source.gender.clone(), target.gender.clone()),
        (
            "NHS No.",
            source.nhs_number.clone(),
            target.nhs_number.clone(),
        ),
        (
            "Died",
            source.died.clone().unwrap_or_else(none),
            target.died.clone().unwrap_or_else(none),
        ),
        ("Address", source.address.clone(), target.address.clone()),
        (
            "Telephone and email",
            listed(&one, "telecom"),
            listed(&other, "telecom"),
        ),
        (
            "Other numbers",
            listed(&one, "identifier"),
            listed(&other, "identifier"),
        ),
    ];
    let types: BTreeSet<_> = comparison
        .moving
        .keys()
        .chain(comparison.staying.keys())
        .collect();
    html! { section .pal-card .pal-card-flush { div .pal-scroll role="region" aria-label="Both records" tabindex="0" { table .pal-table {
        thead { tr { th scope="col" { "What" } th scope="col" { "Record that would end" } th scope="col" { "Record that would stay" } th scope="col" { "Same?" } } }
        tbody {
            @for (name, left, right) in &rows { tr {
                th scope="row" { (name) } td { (plain(left)) } td { (plain(right)) }
                td .pal-nw { @match alike(left, right) {
                    Alike::Same => "Same",
                    Alike::OneOnly => "In one only",
                    Alike::Differs => { (icon(Icon::Warning)) " " b { "Differs" } }
                } }
            } }
            @for of in types { tr {
                th scope="row" { (facts::kind(of.as_str())) }
                td { (facts::entries(comparison.moving.get(of).copied().unwrap_or(0))) }
                td { (facts::entries(comparison.staying.get(of).copied().unwrap_or(0))) }
                td {}
            } }
        }
    } } } }
}

/// How two values stand to each other: what one record does not say does not differ.
enum Alike {
    Same,
    OneOnly,
    Differs,
}

fn alike(left: &str, right: &str) -> Alike {
    let unsaid = |it: &str| it == NONE || it == NOT_RECORDED;
    match left == right {
        true => Alike::Same,
        false if unsaid(left) || unsaid(right) => Alike::OneOnly,
        false => Alike::Differs,
    }
}

/// The values of a list of a Patient, but for the NHS number.
fn listed(patient: &Value, name: &str) -> String {
    let items = patient.get(name).and_then(Value::as_array);
    let words: Vec<&str> = items
        .into_iter()
        .flatten()
        .filter(|it| text_in(it, "system") != Some(fhir::nhs_number::SYSTEM))
        .filter_map(|it| text_in(it, "value"))
        .collect();
    match words.is_empty() {
        true => NONE.to_owned(),
        false => words.join(", "),
    }
}
