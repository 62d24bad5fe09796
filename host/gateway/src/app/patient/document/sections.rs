//! A FHIR document as its sections' words, drawn by this host: whom it says it is about, and what its author wrote.
//!
//! Invariant: no markup of a document is drawn, and none of its words is left out unsaid; one that names somebody else
//! than the patient whose chart is open says so above its words.

use fhir::narrative;
use fhir::resource::text_in;
use jiff::civil::Date;
use maud::{Markup, html};
use record::locator::Content;
use serde_json::Value;

use crate::app::facts;
use crate::app::person::Person;
use crate::icon::{Icon, icon};
use crate::written::plain;

/// How deep sections within sections are drawn.
const DEPTH_MAX: usize = 6;
/// Lines and entries of a document that are drawn.
const LINES_MAX: usize = 2_000;

/// A FHIR document: a bundle that a Composition leads.
pub(super) struct Document {
    bundle: Value,
}

/// What is still to be drawn.
struct Drawing<'d> {
    document: &'d Document,
    left: usize,
    /// Something was left out, and is only in the document as it came.
    is_short: bool,
}

impl Document {
    /// Reads a document, if it is one.
    pub(super) fn of(content: &Content) -> Option<Self> {
        let bundle = match content.media_type.as_str() {
            "application/fhir+json" | "application/json" => {
                serde_json::from_slice(&content.bytes).ok()?
            }
            "application/fhir+xml" | "application/xml" | "text/xml" => {
                fhir::xml::read(&content.bytes).ok()?.value().clone()
            }
            _other => return None,
        };
        let document = Self { bundle };
        let is_document = document.bundle["resourceType"] == "Bundle"
            && document.bundle["type"] == "document"
            && document.head()["resourceType"] == "Composition";
        is_document.then_some(document)
    }

    fn head(&self) -> &Value {
        &self.bundle["entry"][0]["resource"]
    }

    /// Whom it is about: its subject, or the one person whom it holds.
    fn person(&self) -> Option<&Value> {
        self.at(&self.head()["subject"]).or_else(|| {
            let mut entries = self.bundle["entry"].as_array()?.iter();
            let found = entries.find(|it| it["resource"]["resourceType"] == "Patient")?;
            Some(&found["resource"])
        })
    }

    /// What a reference within it leads to.
    fn at(&self, reference: &Value) -> Option<&Value> {
        let text = reference["reference"].as_str()?;
        let below = format!("/{text}");
        let mut entries = self.bundle["entry"].as_array()?.iter();
        let found = entries.find(|it| {
            let url = it["fullUrl"].as_str().unwrap_or_default();
            url == text || url.ends_with(&below)
        })?;
        Some(&found["resource"])
    }

    /// It, for the chart of this person on a day.
    pub(super) fn drawn(&self, open: &Person, today: Date) -> Markup {
        let head = self.head();
        let mut drawing = Drawing {
            document: self,
            left: LINES_MAX,
            is_short: false,
        };
        let sections = drawing.sections(&head["section"], 0);
        let about = self.person().map(|it| Person::of(it, today));
        html! {
            @match &about {
                Some(named) if is_other(named, open) => div .pal-alert .pal-alert-warning role="alert" {
                    p .pal-alert__title { (icon(Icon::Warning)) " This document may be about somebody else." }
                    p { "It says that it is about " (named.line()) ". This chart is that of " (open.line()) ". Make sure who is meant before you rely on it, and report it." }
                },
                Some(named) => p .pal-quiet { "It says that it is about " (named.line()) "." },
                None => p .pal-quiet { (icon(Icon::Warning)) " It does not say whom it is about." },
            }
            section .pal-card .pal-pad aria-label="The document" {
                h2 .pal-h2 { (facts::text(head, "title")) }
                (sections)
            }
            @if drawing.is_short { p .pal-p { (icon(Icon::Warning)) " There is more in it than is shown here. Download it as it came." } }
        }
    }
}

/// Whether what both say of themselves cannot be of one person.
fn is_other(named: &Person, open: &Person) -> bool {
    let digits = |text: &str| {
        text.chars()
            .filter(char::is_ascii_digit)
            .collect::<String>()
    };
    let (there, here) = (digits(&named.nhs_number), digits(&open.nhs_number));
    let other_number = there.len() == 10 && here.len() == 10 && there != here;
    // The day without the age, which may be counted to another day.
    let day = |text: &str| text.split_once(" (").map(|(day, _)| day.to_owned());
    let (there, here) = (day(&named.born), day(&open.born));
    other_number || there.is_some_and(|there| here.is_some_and(|here| here != there))
}

impl Drawing<'_> {
    fn takes(&mut self) -> bool {
        let is_room = self.left > 0;
        self.is_short |= !is_room;
        self.left = self.left.saturating_sub(1);
        is_room
    }

    fn sections(&mut self, all: &Value, depth: usize) -> Markup {
        let all = all.as_array().map_or(&[][..], Vec::as_slice);
        if depth >= DEPTH_MAX && !all.is_empty() {
            self.is_short = true;
            return html! {};
        }
        html! { @for it in all { @if self.takes() { (self.section(it, depth)) } } }
    }

    fn section(&mut self, it: &Value, depth: usize) -> Markup {
        let title = match text_in(it, "title") {
            Some(title) => plain(title),
            None => facts::concept(it, "code"),
        };
        html! {
            @if depth == 0 { h3 .pal-h3 { (title) } } @else { h4 .pal-h3 { (title) } }
            (self.said(it))
            @if let Some(why) = it.get("emptyReason") { p { "Nothing is said here: " (facts::words(why)) "." } }
            (self.sections(&it["section"], depth + 1))
        }
    }

    /// What the author wrote; where that is nothing, what is coded in its place.
    fn said(&mut self, it: &Value) -> Markup {
        let written = text_in(it, "text.div").map(narrative::lines);
        match written {
            Some(Ok(lines)) => {
                html! { @for line in &lines { @if self.takes() { p { (plain(line)) } } } }
            }
            Some(Err(why)) => {
                self.is_short = true;
                html! { p { (icon(Icon::Warning)) " The words of this part cannot be shown: " (plain(&why)) "." } }
            }
            None => self.coded(it),
        }
    }

    fn coded(&mut self, it: &Value) -> Markup {
        let entries = it["entry"].as_array().map_or(&[][..], Vec::as_slice);
        html! {
            @if !entries.is_empty() {
                ul { @for reference in entries { @if self.takes() { li {
                    @match self.document.at(reference) {
                        Some(found) => (thing(found)),
                        None => { (icon(Icon::Warning)) " " (named(reference)) ", which the document does not hold" }
                    }
                } } } }
            }
        }
    }
}

fn named(reference: &Value) -> String {
    let words = text_in(reference, "display").or_else(|| text_in(reference, "reference"));
    words.map_or_else(|| "Something without a name".to_owned(), plain)
}

/// A coded entry in one line.
fn thing(it: &Value) -> String {
    let of = it["resourceType"].as_str().unwrap_or_default();
    let members = [
        "code",
        "medicationCodeableConcept",
        "vaccineCode",
        "type",
        "description",
    ];
    let what = members.iter().find_map(|member| match it.get(*member) {
        Some(Value::String(words)) => Some(plain(words)),
        Some(Value::Array(_)) => Some(facts::concept(it, member)),
        Some(concept @ Value::Object(_)) => Some(facts::words(concept)),
        Some(Value::Null | Value::Bool(_) | Value::Number(_)) | None => None,
    });
    let mut words = format!(
        "{}: {}",
        spaced(of),
        what.unwrap_or_else(|| facts::medicine(it))
    );
    if of == "Observation" {
        words = format!("{words}: {}", facts::result(it));
    }
    if let Some(lines) = it.get("dosageInstruction") {
        words = format!(
            "{words}, {}",
            facts::dose(&serde_json::json!({ "dosageInstruction": lines }))
        );
    }
    for (member, label) in [
        ("clinicalStatus", "state"),
        ("verificationStatus", "certainty"),
    ] {
        if it.get(member).is_some() {
            words = format!("{words}, {label} {}", facts::concept(it, member));
        }
    }
    for member in [
        "status",
        "onsetDateTime",
        "effectiveDateTime",
        "performedDateTime",
        "occurrenceDateTime",
        "authoredOn",
        "recordedDate",
    ] {
        if text_in(it, member).is_some() {
            let said = if member == "status" {
                facts::text(it, member)
            } else {
                facts::date(it, &[member])
            };
            words = format!("{words}, {said}");
        }
    }
    words
}

/// The name of a kind in words: `Allergy intolerance`.
fn spaced(of: &str) -> String {
    let mut words = String::new();
    for (at, letter) in plain(of).chars().enumerate() {
        if at > 0 && letter.is_ascii_uppercase() {
            words.push(' ');
            words.push(letter.to_ascii_lowercase());
        } else {
            words.push(letter);
        }
    }
    words
}
