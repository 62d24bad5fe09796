//! A row of the view `results` as the parts of an Observation that are read, so that a result is read in one way wherever it
//! comes from.
//!
//! Invariant: what a cell holds stands where the sender wrote it; what the view does not tell is not there.

use sdk::screen::Absent;
use sdk::{Row, Value, json};

use super::{Found, LabResult, text};

/// What stands between system, code and display of a coding; no system and no code holds it.
const BETWEEN: &str = "  ";

impl LabResult {
    /// The result of a row. None of a panel that holds no result of its own, only those of its components.
    pub(crate) fn of_row(row: Row<'_>) -> Option<Self> {
        let observation = observation(row);
        let id = text(&observation, "/id")?;
        let result = Self::read_one(&observation, &observation, id);
        let says = |column: &str| row.get(column) == Some(&Value::Bool(true));
        let is_panel = says("has_parts") && !says("is_part");
        let is_empty = result.found == Found::Nothing(Absent::NotReported);
        (!is_panel || !is_empty).then_some(result)
    }
}

fn observation(row: Row<'_>) -> Value {
    let mut it = json!({});
    for (column, cell) in row.cells() {
        if let Some(place) = place(column) {
            *at(&mut it, place) = cell.clone();
            continue;
        }
        match (column, cell) {
            ("codings", Value::Array(codings)) => {
                let codings: Vec<Value> = codings.iter().filter_map(coding).collect();
                *at(&mut it, &["code", "coding"]) = codings.into();
            }
            ("interpretations", Value::Array(codes)) => {
                let codes = codes.iter().map(|code| json!({ "code": code }));
                it["interpretation"] = json!([{ "coding": codes.collect::<Vec<_>>() }]);
            }
            ("notes", Value::Array(notes)) => {
                let notes = notes.iter().map(|note| json!({ "text": note }));
                it["note"] = notes.collect();
            }
            ("concept_display" | "concept_code", cell) => {
                let name = column.trim_start_matches("concept_");
                let coding = at(&mut it, &["valueCodeableConcept", "coding"]);
                if !coding.is_array() {
                    *coding = json!([{}]);
                }
                coding[0][name] = cell.clone();
            }
            ("absent", code) => {
                it["dataAbsentReason"] = json!({ "coding": [{ "code": code }] });
            }
            ("has_quantity", Value::Bool(true)) => form(&mut it, "valueQuantity"),
            ("has_ends", Value::Bool(true)) => form(&mut it, "valueRange"),
            ("has_ratio", Value::Bool(true)) => form(&mut it, "valueRatio"),
            ("has_other_form", Value::Bool(true)) => form(&mut it, "valuePeriod"),
            _ => {
                if let Some(place) = column.strip_prefix("range_").and_then(range) {
                    let ranges = at(&mut it, &["referenceRange"]);
                    if !ranges.is_array() {
                        *ranges = json!([{}]);
                    }
                    *at(&mut ranges[0], place) = cell.clone();
                }
            }
        }
    }
    it
}

/// Where a column's cell was written.
fn place(column: &str) -> Option<&'static [&'static str]> {
    Some(match column {
        "id" => &["id"],
        "version" => &["meta", "versionId"],
        "status" => &["status"],
        "taken" => &["effectiveDateTime"],
        "taken_at" => &["effectiveInstant"],
        "taken_from" => &["effectivePeriod", "start"],
        "taken_until" => &["effectivePeriod", "end"],
        "issued" => &["issued"],
        "encounter" => &["encounter", "reference"],
        "name" => &["code", "text"],
        "quantity" => &["valueQuantity", "value"],
        "comparator" => &["valueQuantity", "comparator"],
        "unit" => &["valueQuantity", "unit"],
        "unit_code" => &["valueQuantity", "code"],
        "concept" => &["valueCodeableConcept", "text"],
        "truth" => &["valueBoolean"],
        "whole" => &["valueInteger"],
        "text" => &["valueString"],
        "moment" => &["valueDateTime"],
        "time" => &["valueTime"],
        "from" => &["valueRange", "low", "value"],
        "from_unit" => &["valueRange", "low", "unit"],
        "until" => &["valueRange", "high", "value"],
        "until_unit" => &["valueRange", "high", "unit"],
        "numerator" => &["valueRatio", "numerator", "value"],
        "denominator" => &["valueRatio", "denominator", "value"],
        _ => return None,
    })
}

/// Where a column of the reference range stands in it.
fn range(column: &str) -> Option<&'static [&'static str]> {
    Some(match column {
        "low" => &["low", "value"],
        "low_unit" => &["low", "unit"],
        "low_code" => &["low", "code"],
        "high" => &["high", "value"],
        "high_unit" => &["high", "unit"],
        "high_code" => &["high", "code"],
        "text" => &["text"],
        _ => return None,
    })
}

fn at<'v>(value: &'v mut Value, place: &[&str]) -> &'v mut Value {
    place.iter().fold(value, |value, name| &mut value[*name])
}

/// That a value has this form, also where nothing is in it.
fn form(it: &mut Value, name: &str) {
    let value = &mut it[name];
    if value.is_null() {
        *value = json!({});
    }
}

fn coding(cell: &Value) -> Option<Value> {
    let mut parts = cell.as_str()?.splitn(3, BETWEEN);
    let mut coding = json!({});
    for name in ["system", "code", "display"] {
        if let Some(part) = parts.next().filter(|part| !part.is_empty()) {
            coding[name] = part.into();
        }
    }
    Some(coding)
}
