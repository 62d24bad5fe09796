//! Results as HL7 v2 writes them: OBR, OBX and NTE.
//!
//! Invariant: digits, units and ranges go out as the record has them; a withdrawn result goes out as withdrawn, never as
//! a line left out. Source: HL7 Version 2 to FHIR, segment maps OBR[DiagnosticReport] and OBX[Observation], read from
//! right to left.

use serde_json::Value as Json;

use super::coded::{concept, entity, items, moment_at, plain, text};
use super::segment::{Field, Segment};

/// How a version calls the types of values.
#[derive(Clone, Copy)]
pub(super) struct Types {
    coded: &'static str,
    moment: &'static str,
}

impl Types {
    /// Those of a version.
    pub(super) fn of(version: &str) -> Self {
        match version {
            "2.6" | "2.7" | "2.7.1" | "2.8" => Self {
                coded: "CWE",
                moment: "DTM",
            },
            _ => Self {
                coded: "CE",
                moment: "TS",
            },
        }
    }
}

/// OBR of a report; of a result that stands alone, from the result itself.
pub(super) fn obr(report: &Json) -> Segment {
    let mut obr = Segment::new("OBR");
    obr.text(1, Some("1"));
    let of_kind = |kind: &str| {
        items(report, "identifier").find(|it| text(it, "/type/coding/0/code") == Some(kind))
    };
    let any = || items(report, "identifier").next();
    if let Some(placer) = of_kind("PLAC").and_then(entity) {
        obr.put(2, Field(vec![placer]));
    }
    let filler = of_kind("FILL").or_else(|| any().filter(|_| of_kind("PLAC").is_none()));
    let own = || text(report, "/id").map(|id| vec![plain(id), plain("PALATINE")]);
    if let Some(filler) = filler.and_then(entity).or_else(own) {
        obr.put(3, Field(vec![filler]));
    }
    if let Some(code) = report.get("code") {
        obr.put(4, Field(vec![concept(code)]));
    }
    let start = moment_at(report, "/effectiveDateTime");
    obr.text(
        7,
        start.or_else(|| moment_at(report, "/effectivePeriod/start")),
    );
    obr.text(8, moment_at(report, "/effectivePeriod/end"));
    obr.text(22, moment_at(report, "/issued"));
    let section = report.pointer("/category/0/coding/0");
    let is_section = |it: &&Json| text(it, "/system").is_some_and(|it| it.ends_with("v2-0074"));
    obr.text(
        24,
        section.filter(is_section).and_then(|it| text(it, "/code")),
    );
    let status = match text(report, "/status") {
        Some("registered") => Some("I"),
        Some("partial") => Some("A"),
        Some("preliminary") => Some("P"),
        Some("final") => Some("F"),
        Some("corrected" | "amended" | "appended") => Some("C"),
        Some("cancelled" | "entered-in-error") => Some("X"),
        _ => None,
    };
    obr.text(25, status);
    obr
}

/// What stands under an OBR: a line for each value of each result, its comments behind it.
pub(super) fn lines(results: &[Json], types: Types) -> Vec<Segment> {
    let mut all = Vec::new();
    let mut number = 0;
    for result in results {
        let parts: Vec<&Json> = items(result, "component").collect();
        if parts.is_empty() {
            number += 1;
            all.push(obx(result, result, number, None, types));
        }
        for (part, sub_id) in parts.iter().zip(1..) {
            number += 1;
            all.push(obx(result, part, number, Some(sub_id), types));
        }
        let comments = items(result, "note").filter_map(|note| text(note, "/text"));
        for (comment, at) in comments.zip(1_u32..) {
            let mut nte = Segment::new("NTE");
            nte.text(1, Some(at.to_string()));
            nte.put(
                3,
                Field::repeated(comment.lines().map(|line| vec![plain(line)])),
            );
            all.push(nte);
        }
    }
    all
}

fn obx(result: &Json, part: &Json, number: u32, sub_id: Option<u32>, types: Types) -> Segment {
    let mut obx = Segment::new("OBX");
    obx.text(1, Some(number.to_string()));
    if let Some((kind, value)) = value(part, types) {
        obx.text(2, Some(kind));
        obx.put(5, value);
    }
    if let Some(code) = part.get("code") {
        obx.put(3, Field(vec![concept(code)]));
    }
    obx.text(4, sub_id.map(|it| it.to_string()));
    obx.put(6, unit(part));
    obx.text(7, range(part));
    let flags = items(part, "interpretation");
    obx.put(
        8,
        Field::repeated(flags.map(|flag| {
            let code = text(flag, "/coding/0/code").or(text(flag, "/text"));
            vec![plain(code.unwrap_or_default())]
        })),
    );
    let status = match text(result, "/status") {
        Some("registered") => "I",
        Some("preliminary") => "P",
        Some("corrected") => "C",
        Some("amended") => "A",
        Some("cancelled") => "X",
        Some("entered-in-error") => "W",
        _ => "F",
    };
    obx.text(11, Some(status));
    obx.text(14, moment_at(result, "/effectiveDateTime"));
    obx.text(19, moment_at(result, "/issued"));
    obx
}

/// A number as it stands, whatever its digits.
fn digits(of: &Json, at: &str) -> Option<String> {
    match of.pointer(at)? {
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn value(part: &Json, types: Types) -> Option<(&'static str, Field)> {
    if let Some(number) = digits(part, "/valueQuantity/value") {
        return Some(match text(part, "/valueQuantity/comparator") {
            None => ("NM", Field::one(number)),
            Some(sign) => ("SN", Field::components([sign, number.as_str()])),
        });
    }
    if let Some(concept_of) = part.get("valueCodeableConcept") {
        return Some((types.coded, Field(vec![concept(concept_of)])));
    }
    if let Some(words) = text(part, "/valueString") {
        let is_long = words.contains('\n') || words.len() > 199;
        let kind = if is_long { "TX" } else { "ST" };
        return Some((
            kind,
            Field::repeated(words.lines().map(|line| vec![plain(line)])),
        ));
    }
    if let Some(at) = moment_at(part, "/valueDateTime") {
        return Some((types.moment, Field::one(at)));
    }
    if let Some(at) = text(part, "/valueTime") {
        let clock: String = at.chars().filter(char::is_ascii_digit).take(6).collect();
        return Some(("TM", Field::one(clock)));
    }
    if let Some(whether) = part.get("valueBoolean").and_then(Json::as_bool) {
        return Some(("ID", Field::one(if whether { "Y" } else { "N" })));
    }
    if let Some(number) = part.get("valueInteger").map(Json::to_string) {
        return Some(("NM", Field::one(number)));
    }
    let pairs = [
        ("/valueRange/low/value", "/valueRange/high/value", "-"),
        (
            "/valueRatio/numerator/value",
            "/valueRatio/denominator/value",
            ":",
        ),
    ];
    pairs.into_iter().find_map(|(low, high, between)| {
        let (low, high) = (digits(part, low), digits(part, high));
        let (low, high) = match (low, high) {
            (None, None) => return None,
            (low, high) => (low.unwrap_or_default(), high.unwrap_or_default()),
        };
        Some(("SN", Field::components(["", &low, between, &high])))
    })
}

fn unit(part: &Json) -> Field {
    let quantities = [
        "/valueQuantity",
        "/valueRange/low",
        "/valueRange/high",
        "/valueRatio/numerator",
    ];
    let Some(quantity) = quantities.into_iter().find_map(|at| part.pointer(at)) else {
        return Field::default();
    };
    let (code, words) = (text(quantity, "/code"), text(quantity, "/unit"));
    let is_ucum = text(quantity, "/system") == Some("http://unitsofmeasure.org");
    match (code.filter(|_| is_ucum), words) {
        (Some(code), words) => Field::components([code, words.unwrap_or_default(), "UCUM"]),
        (None, Some(words)) => Field::one(words),
        (None, None) => Field::default(),
    }
}

/// The range as it was written, else from its bounds.
fn range(part: &Json) -> Option<String> {
    let range = part.pointer("/referenceRange/0")?;
    if let Some(words) = text(range, "/text") {
        return Some(words.to_owned());
    }
    match (digits(range, "/low/value"), digits(range, "/high/value")) {
        (Some(low), Some(high)) => Some(format!("{low}-{high}")),
        (Some(low), None) => Some(format!(">={low}")),
        (None, Some(high)) => Some(format!("<={high}")),
        (None, None) => None,
    }
}

/// The references to a report's results.
pub(super) fn referred(report: &Json) -> impl Iterator<Item = &str> {
    items(report, "result").filter_map(|it| text(it, "/reference"))
}
