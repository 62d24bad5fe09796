//! Results (ORU^R01, OUL^R22 to R24): a report for each order, an observation for each line, a specimen where one is described.
//!
//! Invariant: the same order and line of the same sender have the same identity in every message, so that a correction
//! changes what it corrects; no line is left out, and none is filed without the order it stands under. What stands
//! outside the orders (comments on the patient, insurance, next of kin) stays in the message, which is kept.
//! Source: HL7 Version 2 to FHIR, segment maps OBR[DiagnosticReport], OBX[Observation], SPM[Specimen].

pub mod observation;
mod reading;
pub mod specimen;
pub mod unit;
pub mod value;

use serde_json::{Value as Json, json};

use crate::feed::datatype::{self, Number, Read, object};
use crate::feed::message::error::MessageError;
use crate::feed::message::place::Place;
use crate::feed::message::{Message, Segment};
use crate::feed::result::observation::Finding;
use crate::feed::result::reading::Reading;
use crate::feed::result::specimen::Sample;
use crate::feed::sender::Sender;
use crate::feed::{timestamp, told};
use crate::plan::{Draft, Person};

const SECTIONS: &str = "http://terminology.hl7.org/CodeSystem/v2-0074";

/// What a message with results wants.
#[derive(Debug)]
pub struct Results {
    /// Whom it is about.
    pub person: Person,
    /// The stay during which it was measured, where the message names one.
    pub visit: Option<Number>,
    /// One for each OBR, in order.
    pub reports: Vec<Report>,
    /// Lines that belong to no order: about the person, or about a specimen as it is.
    pub alone: Vec<Alone>,
}

/// A line that belongs to no order.
#[derive(Debug)]
pub struct Alone {
    /// The line.
    pub finding: Finding,
    /// The specimen that it is about.
    pub sample: Option<Sample>,
}

/// How the segments of a message with results are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// ORU^R01: ORC, OBR, its OBX, its SPM.
    OrderFirst,
    /// OUL^R22 and R23: SPM, then the OBR that were done in it, each before its ORC.
    SpecimenFirst,
    /// OUL^R24: as ORU^R01, but ORC behind its OBR.
    ControlAfter,
}

impl Layout {
    /// That of a kind of message. `None`: it holds no results.
    #[must_use]
    pub fn of(code: &str, event: &str) -> Option<Self> {
        match (code, event) {
            ("ORU", "R01") => Some(Self::OrderFirst),
            ("OUL", "R22" | "R23") => Some(Self::SpecimenFirst),
            ("OUL", "R24") => Some(Self::ControlAfter),
            _ => None,
        }
    }
}

/// The results of one order.
#[derive(Debug)]
pub struct Report {
    /// What makes it the same report in another message: order number and test.
    pub identity: String,
    /// The report as far as the message tells.
    pub draft: Draft,
    /// One for each OBX, in order.
    pub findings: Vec<Finding>,
    /// What was examined.
    pub samples: Vec<Sample>,
}

/// The plan of ORU^R01 and OUL^R22 to R24.
///
/// # Errors
/// The place that cannot be read, or that misses.
pub fn results(
    message: &Message<'_>,
    sender: &Sender,
    layout: Layout,
) -> Result<Results, MessageError> {
    let person = Person::read(message, sender)?;
    let visit = datatype::number(message.field("PV1", 19), sender, "VN")?;
    let mut reading = Reading::of(message, sender, layout)?;
    for segment in message.segments() {
        reading.take(segment, sender)?;
    }
    if reading.reports.is_empty() {
        return Err(MessageError::Missing {
            at: Place::of("OBR", 0),
            why: "results stand under the order (OBR) they answer",
        });
    }
    for (report, told) in reading.reports.iter_mut().zip(told::of_reports(message)) {
        for sample in &mut report.samples {
            sample.draft.told = told.clone();
        }
        for finding in &mut report.findings {
            finding.draft.told = told.ranked(finding.standing.rank());
        }
        report.draft.told = told;
    }
    Ok(Results {
        person,
        visit,
        reports: reading.reports,
        alone: reading.alone,
    })
}

fn report(
    obr: &Segment<'_>,
    order: Option<&Segment<'_>>,
    sender: &Sender,
) -> Result<Report, MessageError> {
    let placer = order_number(obr, order, 2, "PLAC", sender)?;
    let filler = order_number(obr, order, 3, "FILL", sender)?;
    let test = obr.field(4);
    let code = datatype::concept(test, sender, "")?.ok_or(MessageError::Missing {
        at: test.place(),
        why: "it says what was asked for",
    })?;
    let began = timestamp::date_time(obr.field(7))?;
    let number = match filler.as_ref().or(placer.as_ref()) {
        Some(number) => format!("{}\u{1f}{}", number.system, number.value),
        None => match &began {
            Some(began) => format!("{}\u{1f}{began}", sender.own("unnumbered")),
            None => {
                return Err(MessageError::Missing {
                    at: obr.field(3).place(),
                    why: "without an order number (OBR-3 or OBR-2) a correction could not find the report it corrects",
                });
            }
        },
    };
    let mut draft = Draft::default();
    let numbers: Vec<Json> = placer.iter().chain(&filler).map(Number::json).collect();
    if let Some(numbers) = datatype::list(numbers) {
        draft.put("identifier", numbers, obr.field(3).place());
    }
    draft.put(
        "status",
        Json::from(report_status(obr)?),
        obr.field(25).place(),
    );
    let section = obr.field(24);
    if let Some(section_code) = section.line()? {
        let category = json!([{"coding": [{"system": SECTIONS, "code": section_code}]}]);
        draft.put("category", category, section.place());
    }
    let test_code = datatype::coding(test, 1, sender, "")?.unwrap_or_default();
    draft.put("code", code, test.place());
    effective(&mut draft, obr, began)?;
    let issued = timestamp::instant(obr.field(22))?;
    draft.take("issued", obr.field(22), Ok(issued.map(Json::String)))?;
    let interpreter = reader(obr, sender)?;
    draft.take("resultsInterpreter", obr.field(32), Ok(interpreter))?;
    draft.set("performer", json!([datatype::own_organisation(sender)]));
    let mut report = Report {
        identity: format!("{number}\u{1f}{}", key_of(&test_code, test.raw())),
        draft,
        findings: Vec::new(),
        samples: Vec::new(),
    };
    specimen::take_from_order(obr, &mut report, sender)?;
    Ok(report)
}

/// System and code, or the raw text of what has no code.
fn key_of(coding: &Json, raw: &str) -> String {
    match (coding["system"].as_str(), coding["code"].as_str()) {
        (Some(system), Some(code)) => format!("{system}\u{1f}{code}"),
        _ => raw.to_owned(),
    }
}

fn order_number(
    obr: &Segment<'_>,
    order: Option<&Segment<'_>>,
    field: u16,
    kind: &str,
    sender: &Sender,
) -> Read<Number> {
    match (datatype::entity(obr.field(field), sender, kind)?, order) {
        (None, Some(orc)) => datatype::entity(orc.field(field), sender, kind),
        (found, _) => Ok(found),
    }
}

fn report_status(obr: &Segment<'_>) -> Result<&'static str, MessageError> {
    let field = obr.field(25);
    match field.component(1).line()?.as_deref() {
        Some("O" | "I" | "S" | "N") => Ok("registered"),
        Some("A" | "R") => Ok("partial"),
        Some("P" | "M") => Ok("preliminary"),
        Some("F" | "U") => Ok("final"),
        Some("C") => Ok("corrected"),
        Some("X") => Ok("cancelled"),
        None => Ok("unknown"),
        Some(_) => {
            Err(field.unknown_code("A, C, F, I, M, N, O, P, R, S or X; Y and Z carry no result"))
        }
    }
}

fn effective(
    draft: &mut Draft,
    obr: &Segment<'_>,
    began: Option<String>,
) -> Result<(), MessageError> {
    let ended = timestamp::date_time(obr.field(8))?;
    match (began, ended) {
        (Some(began), None) => draft.put(
            "effectiveDateTime",
            Json::String(began),
            obr.field(7).place(),
        ),
        (began, Some(ended)) => {
            let period = object([
                ("start", began.map(Json::String)),
                ("end", Some(Json::String(ended))),
            ]);
            draft.put(
                "effectivePeriod",
                period.unwrap_or_default(),
                obr.field(8).place(),
            );
        }
        (None, None) => {}
    }
    Ok(())
}

/// OBR-32 (NDL): its name is a person in subcomponents.
fn reader(obr: &Segment<'_>, sender: &Sender) -> Read<Json> {
    let mut found = Vec::new();
    for repetition in obr.field(32).repetitions()? {
        let name = repetition.component(1).lowered();
        let id = name.component(1).line()?;
        let mut words = Vec::new();
        for part in [name.component(6), name.component(3), name.component(2)] {
            words.extend(part.line()?);
        }
        let person = object([
            (
                "identifier",
                id.map(|id| json!({"system": sender.own("professional"), "value": id})),
            ),
            (
                "display",
                (!words.is_empty()).then(|| Json::String(words.join(" "))),
            ),
        ]);
        found.extend(person);
    }
    Ok(datatype::list(found))
}
