//! The rules of medicines, scores, lists and charts: what is refused and where, and what is drawn whatever a document says.

use serde_json::{Value, json};

use super::{drawn, of};

/// A node, a bar, and the place and words with which it is refused.
const REFUSED: &str = r#"
    {"kind": "tabs", "labels": ["a"], "children": []} | nodes[0]: has 0 children
    {"kind": "medication-line", "drug": "a", "dose": {"value": "5e3", "unit": "mg"}} | nodes[0].dose.value: must be an amount
    {"kind": "medication-line", "drug": "a", "dose": {"value": "-5", "unit": "mg"}} | nodes[0].dose.value: must be an amount
    {"kind": "medication-line", "drug": "a", "dose": {"value": ".5", "unit": "mg"}} | nodes[0].dose.value: must be an amount
    {"kind": "medication-line", "drug": "a", "dose": {"value": "5", "unit": ""}} | nodes[0].dose: needs a unit
    {"kind": "medication-line", "drug": "a", "dose": {"value": "2", "to": "1", "unit": "tablets"}} | nodes[0].dose: must go up
    {"kind": "allergy-list", "label": "none"} | nodes[0].label: unknown variant
    {"kind": "allergy-list", "label": "known-allergies"} | nodes[0].items: known-allergies names at least one
    {"kind": "allergy-list", "label": "no-known-allergies", "items": [{"substance": {"display": "x"}}]} | nodes[0].items: only known-allergies
    {"kind": "score", "title": "t"} | nodes[0]: needs exactly one of value and absent
    {"kind": "score", "title": "t", "value": "1", "absent": "unknown"} | nodes[0]: needs exactly one of value and absent
    {"kind": "score", "title": "t", "value": "1", "band": "x"} | nodes[0].band: x is no band
    {"kind": "score", "title": "t", "value": "7", "band": "low", "bands": [{"id": "low", "label": "Low", "from": "0", "to": "4"}]} | nodes[0].band: 7 does not lie in "Low"
    {"kind": "score", "title": "t", "value": "-1", "band": "low", "bands": [{"id": "low", "label": "Low", "from": "0"}]} | nodes[0].band: -1 does not lie in "Low"
    {"kind": "score", "title": "t", "value": "3", "adds_up": true, "components": [{"label": "a", "points": "1"}, {"label": "b", "points": "1"}]} | nodes[0].value: 3 is not 2, the sum
    {"kind": "score", "title": "t", "value": "3", "components": [{"label": "a"}]} | nodes[0].components[0]: needs exactly one of points and absent
    {"kind": "timeline", "caption": "c", "items": [{"when": "2026-02", "title": "b"}, {"when": "2026-01", "title": "a"}]} | nodes[0].items[1].when: items must be in order
    {"kind": "worklist", "caption": "c", "order": "o", "empty": "e", "columns": [], "rows": [{"patient": "Observation/1", "cells": []}]} | nodes[0].rows[0].patient: must be a Patient
    {"kind": "worklist", "caption": "c", "order": "o", "empty": "e", "columns": [], "rows": [{"patient": "Patient/1", "cells": [{"text": "x"}]}]} | nodes[0].rows[0]: has not one cell
    {"kind": "flowsheet", "caption": "c", "columns": [{"id": "a", "when": "2026"}], "groups": [{"title": "g", "rows": [{"label": "r", "cells": [{"column": "b", "value": "1"}]}]}]} | nodes[0].groups[0].rows[0].cells[0].column: b is no column
    {"kind": "flowsheet", "caption": "c", "columns": [{"id": "a", "when": "2026"}], "groups": [{"title": "g", "rows": [{"label": "r", "cells": [{"column": "a", "value": "1"}, {"column": "a", "value": "2"}]}]}]} | nodes[0].groups[0].rows[0]: has two cells in the column "a"
    {"kind": "sparkline", "label": "l", "unit": "u", "points": [{"when": "2026", "value": "1"}, {"when": "2025", "value": "1"}]} | nodes[0].points[1].when: points must be in order
    {"kind": "trend", "title": "t", "unit": "u", "points": [{"when": "2026", "value": "1"}, {"when": "2025", "value": "1"}]} | nodes[0].points[1].when: points must be in order
    {"kind": "body-map", "image": "hand", "marks": []} | nodes[0].image: unknown variant
    {"kind": "body-map", "image": "fundus-right"} | nodes[0]: needs exactly one of marks and absent
    {"kind": "body-map", "image": "fundus-right", "marks": [{"finding": "f", "shape": "dot", "x": "0", "y": "5.2"}, {"finding": "f", "shape": "dot", "x": "3.7", "y": "3.7"}]} | nodes[0].marks[1]: lies outside the drawing
    {"kind": "body-map", "image": "abdomen", "marks": [{"finding": "f", "shape": "dot", "x": "1.01", "y": "0"}]} | nodes[0].marks[0]: lies outside the drawing
    {"kind": "labour-chart", "title": "t", "rules": "r", "from": "2026-11-24T08:00:00Z", "to": "2026-11-25T08:00:01Z", "groups": []} | nodes[0].to: must be after from
    {"kind": "labour-chart", "title": "t", "rules": "r", "from": "2026-11-24T08:00:00Z", "to": "2026-11-24T08:00:00Z", "groups": []} | nodes[0].to: must be after from
    {"kind": "labour-chart", "title": "t", "rules": "r", "from": "2026-11-24T08:00:00Z", "to": "2026-11-24T20:00:00Z", "now": "2026-11-24T21:00:00Z", "groups": []} | nodes[0].now: lies outside
"#;

/// A lane of a labour from 08:00 to 20:00, likewise.
const LANES: &str = r#"
    {"label": "l", "draw": "line", "readings": []} | groups[0].lanes[0]: needs low and high
    {"label": "a label that has no room beside", "draw": "words", "readings": []} | lanes[0].label: is 31 characters; 24 have room
    {"label": "l", "draw": "words", "readings": [{"when": "2026-11-24T10:00:00Z", "word": "forty-one characters are one more than 40"}]} | readings[0].word: is 41 characters; 40 have room
    {"label": "l", "draw": "blocks", "low": "1", "high": "5", "readings": []} | groups[0].lanes[0]: of blocks goes from 0
    {"label": "l", "draw": "words", "readings": [{"when": "2026-11-24T20:00:01Z", "word": "w"}]} | lanes[0].readings[0].when: lies outside
    {"label": "l", "draw": "words", "readings": [{"when": "2026-11-24T10:00:00Z", "value": "1"}]} | lanes[0].readings[0]: needs what its lane draws
    {"label": "l", "draw": "span", "low": "0", "high": "9", "readings": [{"when": "2026-11-24T10:00:00Z", "value": "1", "lower": "2"}]} | readings[0]: needs what its lane draws
    {"label": "l", "draw": "line", "low": "0", "high": "9", "readings": [{"when": "2026-11-24T10:00:00Z", "value": "1", "absent": "unknown"}]} | readings[0]: needs what its lane draws
"#;

/// Bands, an observation in the column `a`, a total of it, and what is said; `ok` where nothing is.
const BANDS: &str = r#"
    [{"label": "2 up", "from": "2", "points": 3}, {"label": "below 2", "points": 0}] | {"value": "2"} | 3 | ok
    [{"label": "2 up", "from": "2", "points": 3}, {"label": "below 2", "points": 0}] | {"value": "1.99"} | 0 | ok
    [{"label": "2 up", "from": "2", "points": 3}, {"label": "below 2", "points": 0}] | {"value": "-7"} | 0 | ok
    [{"label": "2 up", "from": "2", "points": 3}, {"label": "below 2", "points": 0}] | {"value": "2"} | 2 | nodes[0].total.cells[0].value: 2 is not 3
    [{"label": "2 up", "from": "2", "points": 3}, {"label": "below 2", "points": 0}] | {"absent": "unknown"} | 0 | nodes[0].total.cells[0].value: is the total of a column in which an observation is missing
    [{"label": "2 up", "from": "2", "points": 3}, {"label": "5 up", "from": "5", "points": 0}] | {"value": "2"} | 3 | nodes[0].rows[0].bands[1]: from the top down
    [{"label": "5 up", "from": "5", "points": 3}, {"label": "2 up", "from": "2", "points": 0}] | {"value": "2"} | 0 | nodes[0].rows[0].bands[1]: from the top down
    [{"label": "all", "points": 3}, {"label": "2 up", "from": "2", "points": 0}] | {"value": "2"} | 0 | nodes[0].rows[0].bands[0]: from the top down
    [{"label": "Air", "word": "Air", "points": 0}] | {"word": "Oxygen"} | 0 | nodes[0].rows[0].cells[0]: falls into no band
    [{"label": "Air", "word": "Air", "points": 0}] | {"value": "1"} | 0 | nodes[0].rows[0].cells[0]: falls into no band
    [{"label": "Air", "word": "Air", "points": 0}, {"label": "all", "points": 1}] | {"word": "Air"} | 0 | nodes[0].rows[0].bands[0]: is of a word among bands of numbers
    [{"label": "Air", "word": "Air", "points": 0}] | {"word": "Air", "value": "1"} | 0 | nodes[0].rows[0].cells[0]: needs exactly one of value, word and absent
    [{"label": "fifteen letters", "points": 0}] | {"value": "2"} | 0 | nodes[0].rows[0].bands[0].label: is 15 characters; 14 have room
    [{"label": "all", "points": 0}] | {"value": "1.000000000"} | 0 | nodes[0].rows[0].cells[0].value: is 11 characters; 10 have room
"#;

/// x axis, curve, measurement, and what is said.
const CURVES: &str = r#"
    0 10 | 0 0, 10 5 | 5 5   | ok
    0 10 | 0 0, 10 5 | 12 5  | widened
    0 10 | 0 0, 10 5 | 5 -3  | widened
    10 0 | 0 0, 10 5 | 5 5   | nodes[0].x: low must be below high
    0 0  | 0 0, 10 5 | 5 5   | nodes[0].x: low must be below high
    0 10 | 0 0, 11 5 | 5 5   | nodes[0].curves[0].points[1]: lies outside the axes
    0 10 | 5 0, 4 5  | 5 5   | nodes[0].curves[0].points[1].x: goes back
    0 10 | 5 0       | 5 5   | nodes[0].curves[0]: has 1 points
    0 10 | 0 0, 10 5 | 5 1e300 | nodes[0].points[0]: is too large to draw
"#;

fn rows(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().map(str::trim).filter(|row| !row.is_empty())
}

fn says(node: &Value, expected: &str) {
    match drawn(&of(json!([node]))) {
        Ok(page) => {
            assert!(
                !expected.starts_with("nodes"),
                "{node} is drawn, not refused with {expected:?}"
            );
            let widened = page.contains("the scale was widened");
            assert_eq!(widened, expected == "widened", "{page}");
        }
        Err(said) => assert!(
            said.contains(expected),
            "{said:?} does not say {expected:?}"
        ),
    }
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|why| panic!("{text}: {why}"))
}

#[test]
fn each_rule_is_kept_at_its_place() {
    for row in rows(REFUSED) {
        let (node, expected) = row.rsplit_once(" | ").unwrap();
        says(&json_of(node), expected);
    }
    for row in rows(LANES) {
        let (lane, expected) = row.rsplit_once(" | ").unwrap();
        let lanes = json!([json_of(lane)]);
        let said = drawn(&of(
            json!([{"kind": "labour-chart", "title": "t", "rules": "r", "from": "2026-11-24T08:00:00Z",
            "to": "2026-11-24T20:00:00Z", "groups": [{"title": "g", "lanes": lanes}]}]),
        ));
        let said = said.unwrap_err();
        assert!(
            said.contains(expected),
            "{said:?} does not say {expected:?}"
        );
    }
}

#[test]
fn observations_fall_into_one_band_and_totals_add_up() {
    for row in rows(BANDS) {
        let cells: Vec<&str> = row.split(" | ").collect();
        let mut cell = json_of(cells[1]);
        cell["column"] = json!("a");
        let node = json!({"kind": "banded-observation-chart", "title": "t", "rule": "r", "columns": [{"id": "a", "when": "2026"}],
            "rows": [{"label": "l", "bands": json_of(cells[0]), "cells": [cell]}],
            "total": {"label": "sum", "adds_up": true, "cells": [{"column": "a", "value": cells[2]}]}});
        says(&node, cells[3]);
    }
}

#[test]
fn curves_lie_inside_their_axes_and_measurements_widen_them() {
    for row in rows(CURVES) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let pair = |text: &str| {
            let (x, y) = text.trim().split_once(' ').unwrap();
            json!({"x": x, "y": y.trim()})
        };
        let (low, high) = cells[0].split_once(' ').unwrap();
        let curve: Vec<Value> = cells[1].split(',').map(pair).collect();
        let node = json!({"kind": "reference-curve-chart", "title": "t", "standard": "s",
            "x": {"label": "Age", "unit": "weeks", "low": low, "high": high.trim()}, "y": {"label": "Weight", "unit": "g", "low": "0", "high": "10"},
            "curves": [{"label": "50th", "points": curve}], "points": [pair(cells[2])]});
        says(&node, cells[3]);
    }
}

/// A node, and words that its drawing has to have in this order.
const DRAWN: &str = r#"
    {"kind": "medication-line", "drug": "DIGOXIN", "brand": "lanoxin", "strength": {"value": "62.50", "unit": "mcg"}, "form": "tablet", "dose": {"value": "125.0", "unit": "ug"}, "rate": {"value": "1000", "unit": "ml/h"}, "duration": "for 5 days", "route": "oral", "frequency": "once a day"} | digoxin ; LANOXIN ; 62.5 micrograms ; tablet ; DOSE ; 125 micrograms ; RATE ; 1,000 mL/h ; for 5 days ; oral ; once a day
    {"kind": "medication-line", "drug": "ramipril"} | Dose not recorded ; Route not recorded ; Frequency not recorded
    {"kind": "medication-line", "drug": "ramipril", "status": "stopped"} | ramipril ; Stopped
    {"kind": "allergy-list", "label": "allergies-unavailable"} | Allergies unavailable ; Ask the patient
    {"kind": "allergy-list", "label": "allergies-not-recorded"} | Allergies not recorded
    {"kind": "allergy-list", "label": "known-allergies", "items": [{"substance": {"display": "Latex"}}]} | Known allergies ; Latex ; reaction not recorded
    {"kind": "score", "title": "t", "value": "3", "adds_up": true, "components": [{"label": "a", "points": "3"}, {"label": "b", "absent": "not-recorded", "most": "1"}]} | 1 part missing ; could be 4 ; Not recorded
    {"kind": "score", "title": "t", "value": "3", "components": [{"label": "a", "points": "3"}, {"label": "b", "absent": "withheld"}]} | this is not the whole score ; Withheld
    {"kind": "score", "title": "t", "absent": "unavailable"} | No total ; Unavailable
    {"kind": "timeline", "caption": "c", "items": [{"when": "2026-01", "title": "older"}, {"when": "2026-02", "title": "newer"}]} | Newest on top ; newer ; older
    {"kind": "flowsheet", "caption": "c", "columns": [{"id": "a", "when": "2026-01-01"}], "groups": [{"title": "g", "rows": [{"label": "Pulse", "cells": []}]}]} | Newest on the right ; 01-Jan-2026 ; Pulse ; Not recorded
    {"kind": "sparkline", "label": "l", "unit": "umol/L", "points": []} | No results
    {"kind": "worklist", "caption": "c", "order": "o", "empty": "Nobody waits", "columns": [], "rows": []} | list of several patients. It is not shown on the page of one
    {"kind": "body-map", "image": "fundus-left", "marks": [{"finding": "Blot", "shape": "blot", "x": "1", "y": "1"}, {"finding": "Blot", "shape": "blot", "x": "-1", "y": "-1"}]} | Left fundus ; Nasal ; Temporal ; Blot</b> 2 ; Upper nasal, 1.4 disc diameters ; Lower temporal
    {"kind": "body-map", "image": "fundus-right", "marks": []} | Right fundus ; Nothing is marked ; Temporal ; Nasal
    {"kind": "body-map", "image": "eye-left", "absent": "withheld"} | Left eye ; Withheld
    {"kind": "body-map", "image": "abdomen", "marks": [{"finding": "Tender", "shape": "cross", "x": "-0.5", "y": "-0.5"}]} | Abdomen ; Right ; Left ; Right lower quadrant
"#;

#[test]
fn what_the_host_writes_whatever_a_document_says() {
    for row in rows(DRAWN) {
        let (node, expected) = row.rsplit_once(" | ").unwrap();
        let page = drawn(&of(json!([json_of(node)]))).unwrap_or_else(|why| panic!("{row}: {why}"));
        let mut rest = page.as_str();
        for words in expected.split(" ; ") {
            let Some((_, after)) = rest.split_once(words) else {
                panic!("{words:?} is not there, or not in its place: {page}");
            };
            rest = after;
        }
    }
}
