//! How a medicine is taken: words, dose, times and route, as FHIR's `Dosage`.
//!
//! Invariant: what the prescriber wrote in words is always there; a time pattern without a code is kept as its words.

use serde_json::{Map, Value as Json, json};

use super::Group;
use crate::feed::coded;
use crate::feed::codes::CodeMap;
use crate::feed::datatype::{self, Read, object};
use crate::feed::entry::Entry;
use crate::feed::message::error::MessageError;
use crate::feed::message::{Segment, Value};
use crate::feed::sender::Sender;

const ABBREVIATIONS: &str = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation";
/// The codes of [`ABBREVIATIONS`] that messages use.
const ABBREVIATED: [&str; 9] = ["AM", "BID", "PM", "QD", "QID", "QOD", "Q4H", "Q6H", "TID"];

/// The dosage of a prescription.
///
/// # Errors
/// The place that cannot be read.
pub(super) fn dosage(
    entry: &mut Entry,
    group: &Group<'_>,
    main: &Segment<'_>,
    sender: &Sender,
) -> Result<(), MessageError> {
    let encoded = main.name() == "RXE";
    let times = group.behind(main.name(), "TQ1");
    let said = main.field(7);
    let mut words = Vec::new();
    for one in said.repetitions()? {
        words.extend(instruction(one)?);
    }
    let mut told = Map::new();
    let mut asked = None;
    for tq1 in &times {
        if let Some(text) = tq1.field(11).line()? {
            words.push(text);
        }
        asked = asked
            .or(coded::code(tq1.field(9), sender, CodeMap::Priority)?
                .map(|code| (code, tq1.field(9))));
    }
    if !words.is_empty() {
        told.insert("text".to_owned(), Json::String(words.join("; ")));
    }
    let older = if encoded {
        main.field(1)
    } else {
        group.order.field(7)
    };
    if let Some(timing) = timing(times.first(), older)? {
        told.insert("timing".to_owned(), timing);
    }
    told.extend(ways(&group.behind(main.name(), "RXR"), sender)?);
    let rate = dose(main)?;
    if let Some(rate) = rate {
        told.insert("doseAndRate".to_owned(), json!([rate]));
    }
    if !told.is_empty() {
        entry
            .draft
            .put("dosageInstruction", json!([told]), said.place());
        for tq1 in &times {
            entry.draft.fields.push(("dosageInstruction", tq1.place()));
        }
    }
    if let Some((priority, from)) = asked {
        entry.draft.put("priority", priority, from.place());
    }
    Ok(())
}

/// The route of a dispense.
///
/// # Errors
/// The place that cannot be read.
pub(super) fn how(
    entry: &mut Entry,
    routes: &[Segment<'_>],
    sender: &Sender,
) -> Result<(), MessageError> {
    let told = ways(routes, sender)?;
    if let (false, Some(rxr)) = (told.is_empty(), routes.first()) {
        entry
            .draft
            .put("dosageInstruction", json!([told]), rxr.place());
    }
    Ok(())
}

/// An instruction is words, a code, or a code with its words.
fn instruction(field: Value<'_>) -> Result<Option<String>, MessageError> {
    let (code, words) = (field.component(1).text()?, field.component(2).text()?);
    let found = if words.trim().is_empty() { code } else { words };
    Ok((!found.trim().is_empty()).then(|| found.trim().to_owned()))
}

/// RXR: route, site and method.
fn ways(routes: &[Segment<'_>], sender: &Sender) -> Result<Map<String, Json>, MessageError> {
    let Some(rxr) = routes.first() else {
        return Ok(Map::new());
    };
    let system = |table: &str| format!("http://terminology.hl7.org/CodeSystem/v2-{table}");
    let told = object([
        (
            "route",
            coded::concept(rxr.field(1), sender, CodeMap::Route, &system("0162"))?,
        ),
        (
            "site",
            datatype::concept(rxr.field(2), sender, &system("0163"))?,
        ),
        (
            "method",
            datatype::concept(rxr.field(4), sender, &system("0165"))?,
        ),
    ]);
    Ok(told
        .and_then(|told| told.as_object().cloned())
        .unwrap_or_default())
}

/// TQ1-3, TQ1-7 and TQ1-8, or the components of a TQ (RXE-1, ORC-7) in older messages.
fn timing(tq1: Option<&Segment<'_>>, older: Value<'_>) -> Read<Json> {
    let (pattern, start, end) = match tq1 {
        Some(tq1) => (
            tq1.field(3).component(1).subcomponent(1),
            tq1.field(7),
            tq1.field(8),
        ),
        None => (
            older.component(2).subcomponent(1),
            older.component(4),
            older.component(5),
        ),
    };
    let bounds = object([
        ("start", coded::moment(start)?),
        ("end", coded::moment(end)?),
    ]);
    let code = pattern.line()?.map(|pattern| {
        let upper = pattern.to_ascii_uppercase();
        let coding = ABBREVIATED
            .contains(&upper.as_str())
            .then(|| json!([{"system": ABBREVIATIONS, "code": upper}]));
        object([("coding", coding), ("text", Some(Json::String(pattern)))]).unwrap_or_default()
    });
    Ok(object([
        (
            "repeat",
            bounds.map(|bounds| json!({"boundsPeriod": bounds})),
        ),
        ("code", code),
    ]))
}

/// How much at once (RXE-3 to RXE-5, RXO-2 to RXO-4) and how fast (RXE-23, RXE-24).
fn dose(main: &Segment<'_>) -> Read<Json> {
    let encoded = main.name() == "RXE";
    let (least, most, unit) = if encoded { (3, 4, 5) } else { (2, 3, 4) };
    let low = coded::quantity(main.field(least), main.field(unit))?;
    let high = coded::quantity(main.field(most), main.field(unit))?;
    let rate = match encoded {
        true => coded::quantity(main.field(23), main.field(24))?,
        false => None,
    };
    let (quantity, range) = match (low, high) {
        (Some(low), Some(high)) if low != high => (None, Some(json!({"low": low, "high": high}))),
        (Some(one), _) | (None, Some(one)) => (Some(one), None),
        (None, None) => (None, None),
    };
    Ok(object([
        ("doseQuantity", quantity),
        ("doseRange", range),
        ("rateQuantity", rate),
    ]))
}
