//! One pair: both records side by side, what differs marked, and a bar for each field that speaks for or against.
//!
//! Invariant: what differs is said in words, not by colour alone; every value of either record that is compared is shown.

use fhir::nhs_number::NhsNumber;
use jiff::civil::Date;
use maud::{Markup, html};
use record::caller::Role;
use record::matching::field::Field;
use record::matching::review::{Opened, ReviewError, State};
use record::matching::weights::{Band, Bar, Weights};
use record::{ReadError, Stored};
use serde_json::Value;

use crate::address::encoded;
use crate::app::facts::spoken;
use crate::app::person::human;
use crate::auth::Session;
use crate::icon::{Icon, icon};
use crate::written::{day, plain};

/// Half the width of the drawing of bars, which stands for so many bits.
const HALF: f64 = 120.0;
const BITS_MAX: f64 = 20.0;

/// The page's main part.
pub(super) fn drawn(
    it: &Opened,
    session: &Session,
    wrong: Option<&str>,
) -> Result<Markup, ReviewError> {
    let (one, other) = (body(&it.one)?, body(&it.other)?);
    let fall = &it.waterfall;
    // A chart is a clinician's to open, and two are theirs to merge.
    let charts = session.caller.role() == Role::Clinician;
    Ok(html! {
        p .pal-p { a href="/matching" { "All pairs" } }
        h1 .pal-h1 { "Are these one person?" }
        @if let Some(words) = wrong {
            div .nhsuk-error-summary role="alert" { h2 .nhsuk-error-summary__title { "Nothing was decided" } p { a href="#reason" { (plain(words)) } } }
        }
        (warning(it, charts))
        section .pal-card .pal-card-flush { div .pal-scroll role="region" aria-label="Both records" tabindex="0" { table .pal-table {
            thead { tr {
                th scope="col" { "Field" }
                th scope="col" { "New record" @if charts { " " (link(&it.one)) } }
                th scope="col" { "Record that was there" @if charts { " " (link(&it.other)) } }
                th scope="col" { "Compared" }
                th scope="col" { "Speaks against or for" }
            } }
            tbody {
                @for field in SHOWN {
                    @let bar = fall.bars.iter().find(|bar| bar.field == Some(field));
                    (row(field, (&one, &other), bar))
                }
                @for bar in fall.bars.iter().filter(|bar| bar.field.is_none()) {
                    tr { th scope="row" colspan="3" { (bar.words) } td { (bar.level) } td { (drawn_bar(bar.bits)) } }
                }
            }
            tfoot { tr { th scope="row" colspan="3" { "All together" } td { b { (words_of(fall.band)) } } td { (drawn_bar(fall.bits)) } } }
        } } }
        p .pal-quiet { "One bit doubles the odds. The weights were not measured on this region's records: read them as an order, not as a certainty. " a href="/matching/weights" { "What the scores rest on" } }
        (form(it, &session.form_token))
    })
}

/// What a tired reader must not overlook.
fn warning(it: &Opened, charts: bool) -> Markup {
    let differs: Vec<&str> = Weights::region()
        .bands
        .never_alone
        .iter()
        .filter_map(|(field, level)| {
            let words = field.levels().get(usize::from(*level))?.words;
            let told = it
                .waterfall
                .bars
                .iter()
                .any(|bar| bar.field == Some(*field) && bar.level == words);
            told.then(|| field.words())
        })
        .collect();
    html! {
        @if !differs.is_empty() {
            div .pal-alert role="note" { p .pal-alert__title { (icon(Icon::Warning)) " Look at this first: " (differs.join(", ").to_lowercase()) } p { "Twins, and a parent and a child of one name, look like one person to a score. Only what is known of both decides." } }
        }
        @if it.review.state == State::ToMerge {
            div .pal-alert .pal-alert-information role="note" { p .pal-alert__title { "Somebody said that they are one person" } p { "The two records are not merged yet. " @if charts { a href={ "/patients/" (encoded(it.other.key.id.as_str())) "/merge?other=" (encoded(it.one.key.id.as_str())) } { "Compare the two charts and merge them" } ", or take the decision back here." } @else { "A clinician compares the two charts and merges them; you can take the decision back here." } } }
        }
    }
}

const SHOWN: [Field; 10] = [
    Field::NhsNumber,
    Field::Surname,
    Field::Forename,
    Field::Middle,
    Field::Birth,
    Field::Sex,
    Field::Street,
    Field::Postcode,
    Field::Telephone,
    Field::Place,
];

fn row(field: Field, (one, other): (&Value, &Value), bar: Option<&Bar>) -> Markup {
    let (ours, theirs) = (value(field, one), value(field, other));
    html! {
        @if ours.is_some() || theirs.is_some() {
            tr {
                th scope="row" { (field.words()) }
                @for told in [&ours, &theirs] {
                    td { @match told { Some(words) => { (plain(words)) } None => { span .pal-absent { "Not recorded" } } } }
                }
                @match bar {
                    Some(bar) => { td { @if bar.bits < 0.0 { (icon(Icon::Warning)) " " } (bar.level) } td { (drawn_bar(bar.bits)) } }
                    None => {
                        td .pal-quiet { @if ours.is_some() && theirs.is_some() { "Not compared" } @else { "Recorded in one only" } }
                        td {}
                    }
                }
            }
        }
    }
}

/// A bar to the left of the middle against, to the right for.
fn drawn_bar(bits: f64) -> Markup {
    let width = (bits.abs().min(BITS_MAX) / BITS_MAX * HALF).max(1.0);
    let x = if bits < 0.0 { HALF - width } else { HALF };
    let words = format!("{bits:+.1} bits");
    html! {
        svg .pal-weight viewBox="0 0 240 14" width="240" height="14" role="img" aria-label=(words) {
            line .c-tick x1="120" y1="0" x2="120" y2="14" {}
            rect .pal-weight__for[bits >= 0.0] .pal-weight__against[bits < 0.0] x=(format!("{x:.1}")) y="2" width=(format!("{width:.1}")) height="10" {}
        }
        span .pal-line2 { (words) }
    }
}

fn words_of(band: Band) -> &'static str {
    match band {
        Band::Same => "As sure as a score can be. Somebody still has to say so",
        Band::Ask => "It cannot be told by the score",
        Band::Different => "By now they look like two people",
    }
}

fn form(it: &Opened, form_token: &str) -> Markup {
    html! {
        section .pal-card .pal-pad {
            h2 .pal-h2 { "What do you say?" }
            form method="post" action={ "/matching/" (it.review.task) } novalidate {
                input type="hidden" name="form_token" value=(form_token);
                input type="hidden" name="seen" value=(it.review.seen);
                div .nhsuk-form-group {
                    label .nhsuk-label for="reason" { "How do you know?" }
                    div .nhsuk-hint id="reason-hint" { "For example: rang the patient, both addresses are hers, moved in March. Whoever looks at this later will read it." }
                    input .nhsuk-input id="reason" name="reason" type="text" autocomplete="off" maxlength="500" aria-describedby="reason-hint";
                }
                button .nhsuk-button .nhsuk-button--secondary type="submit" name="decision" value="different" { "They are two people" }
                " "
                button .nhsuk-button .nhsuk-button--secondary type="submit" name="decision" value="same" { "They are one person" }
                " "
                button .nhsuk-button .nhsuk-button--secondary type="submit" name="decision" value="later" { "I cannot tell now" }
            }
        }
    }
}

fn link(of: &Stored) -> Markup {
    html! { a href={ "/patients/" (encoded(of.key.id.as_str())) } { "Open the chart" } }
}

/// A field of a Patient as people read it; of names and addresses all, the one in use first as written.
fn value(field: Field, of: &Value) -> Option<String> {
    let listed = |name: &str| of.get(name).and_then(Value::as_array).into_iter().flatten();
    let joined = |all: Vec<String>| (!all.is_empty()).then(|| all.join("; "));
    let text = |it: &Value, name: &str| it.get(name).and_then(Value::as_str).map(str::to_owned);
    match field {
        Field::NhsNumber => {
            let nhs = listed("identifier").filter(|it| it["system"] == fhir::nhs_number::SYSTEM);
            joined(
                nhs.filter_map(|it| text(it, "value"))
                    .map(|it| it.parse::<NhsNumber>().map_or(it, |it| it.to_string()))
                    .collect(),
            )
        }
        Field::Surname => joined(listed("name").filter_map(|it| text(it, "family")).collect()),
        Field::Forename => joined(listed("name").filter_map(human).collect()),
        Field::Birth => text(of, "birthDate").map(|it| born(&it)),
        Field::Sex => text(of, "gender").map(|it| spoken(&it)),
        Field::Street => {
            let lines = listed("address").filter_map(|it| it["line"].as_array());
            let lines = lines.map(|it| {
                it.iter()
                    .filter_map(Value::as_str)
                    .collect::<Vec<_>>()
                    .join(", ")
            });
            joined(lines.collect())
        }
        Field::Postcode => joined(
            listed("address")
                .filter_map(|it| text(it, "postalCode"))
                .collect(),
        ),
        Field::Telephone => {
            let phones = listed("telecom").filter(|it| it["system"] == "phone");
            joined(phones.filter_map(|it| text(it, "value")).collect())
        }
        Field::Middle | Field::Place | Field::Occupation => None,
    }
}

/// A day in full, or as it was written where it is no whole day.
fn born(text: &str) -> String {
    match text.parse::<Date>() {
        Ok(_) => day(text),
        Err(_) => text.to_owned(),
    }
}

fn body(of: &Stored) -> Result<Value, ReviewError> {
    let read = serde_json::from_str(of.body.as_deref().unwrap_or("null"));
    read.map_err(|why| {
        let what = format!("{} cannot be read: {why}", of.key);
        ReviewError::Read(ReadError::Unreadable { what })
    })
}
