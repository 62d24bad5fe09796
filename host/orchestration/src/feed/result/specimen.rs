//! What was examined: the specimen of an SPM segment, or of OBR-15 in older messages.
//!
//! Invariant: a specimen has one identity, its number within the sender, or its place in the order where it has none.

use serde_json::{Value as Json, json};

use crate::feed::datatype::{self, object};
use crate::feed::message::Segment;
use crate::feed::message::error::MessageError;
use crate::feed::result::Report;
use crate::feed::sender::{Authority, Sender};
use crate::feed::timestamp;
use crate::plan::Draft;

const TYPES: &str = "http://terminology.hl7.org/CodeSystem/v2-0487";
const OLD_TYPES: &str = "http://terminology.hl7.org/CodeSystem/v2-0070";

/// A specimen as far as the message tells.
#[derive(Clone, Debug)]
pub struct Sample {
    /// What makes it the same specimen in another message.
    pub identity: String,
    /// Its elements.
    pub draft: Draft,
}

/// Takes an SPM into the report it follows; it takes the place of what OBR-15 said.
///
/// # Errors
/// The place that cannot be read.
pub fn take(spm: &Segment<'_>, report: &mut Report, sender: &Sender) -> Result<(), MessageError> {
    let sample = sample(spm, &report.identity, sender)?;
    add(report, sample);
    Ok(())
}

/// Adds a specimen to a report.
pub fn add(report: &mut Report, sample: Sample) {
    match report
        .samples
        .iter_mut()
        .find(|other| other.identity == sample.identity)
    {
        Some(same) => same.draft = sample.draft,
        None => report.samples.push(sample),
    }
    // Results that stand before the only specimen of their order were measured in it.
    if report.samples.len() == 1 {
        for finding in &mut report.findings {
            finding.sample = Some(0);
        }
    }
}

/// The specimen of an SPM, known by its number, else by its place in the order with that identity.
///
/// # Errors
/// The place that cannot be read.
pub fn sample(spm: &Segment<'_>, order: &str, sender: &Sender) -> Result<Sample, MessageError> {
    let mut draft = Draft::default();
    let (numbers, identity) = numbers(spm, sender)?;
    let set_id = spm.field(1).line()?.unwrap_or_default();
    if let Some(numbers) = datatype::list(numbers) {
        draft.put("identifier", numbers, spm.field(2).place());
    }
    draft.take(
        "type",
        spm.field(4),
        datatype::concept(spm.field(4), sender, TYPES),
    )?;
    let field = spm.field(17);
    let collected = timestamp::date_time(field.component(1))?;
    let until = timestamp::date_time(field.component(2))?;
    let period = until.map(|until| json!({"start": collected, "end": until}));
    let collection = object([
        ("collectedPeriod", period.clone()),
        (
            "collectedDateTime",
            collected.filter(|_| period.is_none()).map(Json::String),
        ),
        (
            "method",
            datatype::concept(
                spm.field(7),
                sender,
                "http://terminology.hl7.org/CodeSystem/v2-0488",
            )?,
        ),
        (
            "bodySite",
            datatype::concept(spm.field(8), sender, &sender.own("code:body-site"))?,
        ),
    ]);
    draft.take("collection", field, Ok(collection))?;
    let received = timestamp::date_time(spm.field(18))?.map(Json::String);
    draft.take("receivedTime", spm.field(18), Ok(received))?;
    let described = spm.field(14);
    if described.is_valued() {
        draft.put(
            "note",
            json!([{"text": described.text()?}]),
            described.place(),
        );
    }
    let place = format!("{}\u{1f}specimen\u{1f}{set_id}", order);
    let identity = identity.unwrap_or(place);
    Ok(Sample { identity, draft })
}

/// SPM-2 (EIP): the placer's number, then the filler's, each as an EI in subcomponents; and the one it is known by.
fn numbers(
    spm: &Segment<'_>,
    sender: &Sender,
) -> Result<(Vec<Json>, Option<String>), MessageError> {
    let mut numbers = Vec::new();
    let mut identity = None;
    for (component, kind) in [(1, "PLAC"), (2, "FILL")] {
        let number = spm.field(2).component(component);
        let Some(id) = number.subcomponent(1).line()? else {
            continue;
        };
        let authority = Authority {
            namespace: number.subcomponent(2),
            universal: number.subcomponent(3),
            kind: number.subcomponent(4),
        };
        let system = match sender.authority(authority)? {
            Some(system) => system,
            None => sender.own(&format!("specimen-{kind}")),
        };
        identity = Some(format!("{system}\u{1f}{id}"));
        numbers.push(json!({"system": system, "value": id}));
    }
    Ok((numbers, identity))
}

/// Takes the specimen of OBR-14 and OBR-15, as messages before 2.5 describe it.
///
/// # Errors
/// The place that cannot be read.
pub fn take_from_order(
    obr: &Segment<'_>,
    report: &mut Report,
    sender: &Sender,
) -> Result<(), MessageError> {
    let source = obr.field(15);
    let kind = datatype::concept(source.component(1).lowered(), sender, OLD_TYPES)?;
    let Some(kind) = kind else {
        return Ok(());
    };
    let mut draft = Draft::default();
    draft.put("type", kind, source.place());
    let received = timestamp::date_time(obr.field(14))?.map(Json::String);
    draft.take("receivedTime", obr.field(14), Ok(received))?;
    let collection = object([
        (
            "collectedDateTime",
            timestamp::date_time(obr.field(7))?.map(Json::String),
        ),
        (
            "bodySite",
            datatype::concept(
                source.component(4).lowered(),
                sender,
                &sender.own("code:body-site"),
            )?,
        ),
    ]);
    draft.take("collection", source, Ok(collection))?;
    report.samples.push(Sample {
        identity: format!("{}\u{1f}specimen", report.identity),
        draft,
    });
    Ok(())
}
