//! Screens read, refused and drawn: a table of what breaks the contract, and hostile documents.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops where its table is wrong"
)]

mod answers;
mod design_system;
mod hostile;
mod kinds;
mod markup;

use std::collections::BTreeMap;

use record::departmental::outcome::Finding;
use serde_json::{Value, json};

use super::draw::{Desk, Ink, Signing, screen};
use super::seal::{Carried, Seals};
use super::sent::{Typed, form};
use super::{CELLS_MAX, DEPTH_MAX, NODES_MAX, Screen};

fn carried() -> Carried {
    Carried {
        digest: "sha256:0".to_owned(),
        departmental: "pathology".to_owned(),
        screen: "acknowledge".to_owned(),
        patient: Some("p1".to_owned()),
        key: "k".to_owned(),
        actions: Vec::new(),
        asked: Vec::new(),
        conditions: Vec::new(),
        carries: BTreeMap::new(),
        seen: Vec::new(),
        parameters: BTreeMap::new(),
    }
}

fn drawn_with(
    document: &Value,
    typed: &Typed,
    findings: &[Finding],
    seals: &Seals,
) -> Result<String, String> {
    let parsed = Screen::parse(document).map_err(|why| why.to_string())?;
    let (carried, names) = (carried(), BTreeMap::new());
    let desk = Desk {
        seals,
        form_token: "token",
        carried: &carried,
        typed,
        findings,
        found: None,
    };
    Ok(screen(
        &parsed,
        &Ink {
            base: "/patients/p1/departments/pathology",
            kept: None,
            names: &names,
            signing: Signing {
                signer: "Dr Priya Nair",
                about: vec![("", "HARGREAVES, Maureen (Mrs)".to_owned())],
            },
            desk,
        },
    )
    .into_string())
}

fn drawn(document: &Value) -> Result<String, String> {
    drawn_with(document, &Typed::default(), &[], &Seals::of([7; 32]))
}

fn of(nodes: Value) -> Value {
    json!({"screen": 1, "root": 0, "nodes": nodes})
}

/// One node of each kind under a section, with its sample.
fn every_kind() -> Vec<Value> {
    let absent = [
        "not-recorded",
        "none-known",
        "unknown",
        "unavailable",
        "withheld",
        "not-requested",
        "not-reported",
        "not-applicable",
        "pending",
        "unsuitable",
    ];
    let rows: Vec<Value> = absent
        .iter()
        .map(|it| json!({"label": it, "value": {"absent": it}}))
        .collect();
    vec![
        json!({"kind": "section", "heading": "Kidney", "note": "small", "children": []}),
        json!({"kind": "columns", "children": [3]}),
        json!({"kind": "card", "heading": "AKI stage 2", "tone": "warning", "children": []}),
        json!({"kind": "details", "summary": "More", "children": []}),
        json!({"kind": "summary-list", "rows": rows}),
        json!({"kind": "heading", "text": "A heading"}),
        json!({"kind": "paragraph", "parts": [{"value": {"text": "Creatinine "}}, {"value": {"quantity": {"value": "171.0", "unit": "umol/L", "comparator": ">"}}, "strong": true}]}),
        json!({"kind": "list", "ordered": true, "items": [{"text": "one"}, {"parts": [{"value": {"boolean": false}}]}]}),
        json!({"kind": "inset", "text": "Set in"}),
        json!({"kind": "warning-callout", "title": "Careful", "text": "Look\ntwice"}),
        json!({"kind": "tag", "text": "Amended", "tone": "critical"}),
        json!({"kind": "alert", "level": "prohibited", "title": "No contrast", "text": "Kidneys"}),
        json!({"kind": "notification", "title": "Filed", "tone": "success", "text": "It is filed"}),
        json!({"kind": "empty-state", "title": "No results", "text": "Looked for over 12 months"}),
        json!({"kind": "clinical-value", "label": "Creatinine", "value": {"quantity": {"value": "171", "unit": "umol/L"}}, "interpretation": "critical-high",
            "range": {"low": "45", "high": "84", "population": "women 18 and over"}, "status": "amended", "when": "2026-11-24T11:20:00Z", "source": "Blackburn",
            "previous": {"value": {"number": "149"}, "when": "2026-11-23"}}),
        json!({"kind": "datetime", "label": "Taken", "value": "2026-08-06T13:02:00Z"}),
        json!({"kind": "coded-concept", "coded": {"display": "Acute kidney injury", "system": "http://snomed.info/sct", "code": "14669001"}}),
        json!({"kind": "patient-ref", "reference": "Patient/p1"}),
        json!({"kind": "actor-ref", "label": "By", "reference": "Practitioner/1"}),
        json!({"kind": "table", "caption": "Reports", "columns": [{"id": "a", "heading": "A"}, {"id": "b", "heading": "B", "align": "end"}],
            "rows": [{"cells": [{"link": {"text": "Open", "screen": "trend", "parameters": {"a b": "c&d"}}}, {"number": "1.50"}], "tone": "critical"}]}),
        json!({"kind": "result-grid", "caption": "Cumulative results",
            "columns": [{"id": "a", "when": "2026-11-22T19:25:00Z", "place": "A&E"}, {"id": "b", "when": "2026-11-24T11:20:00Z", "new": true}, {"id": "c", "when": "2026-11-25"}],
            "groups": [{"title": "Kidney", "rows": [{"label": "Creatinine", "unit": "umol/L", "trend": true, "strong": true, "range": {"low": "45", "high": "84"},
                "link": {"screen": "trend"}, "cells": [{"column": "a", "value": "118", "interpretation": "high"}, {"column": "b", "value": "171", "status": "corrected"}]}]}]}),
        json!({"kind": "trend", "title": "Creatinine", "unit": "umol/L", "band": {"low": "45", "high": "84", "label": "Reference 45 to 84"},
            "thresholds": [{"value": "117", "label": "AKI 1"}], "points": [{"when": "2026-11-22", "value": "118"}, {"when": "2026-11-24T11:20:00Z", "value": "171", "comparator": ">"}]}),
        json!({"kind": "link", "text": "Trend", "screen": "trend"}),
        json!({"kind": "hologram", "fallback": "Left eye: one haemorrhage"}),
        json!({"kind": "later-kind"}),
    ]
}

fn a_form() -> Value {
    of(json!([
        {"kind": "form", "action": "sign", "carries": {"report": "r1"}, "seen": [{"resource": "Observation/1", "version": "2"}], "children": [1, 2, 3, 4, 5, 6]},
        {"kind": "input-text", "field": "comment", "label": "Comment", "lines": 3, "length_max": 10, "hint": "Short"},
        {"kind": "input-number", "field": "weight", "label": "Weight", "unit": "kg", "min": "1", "max": "300"},
        {"kind": "input-date", "field": "due", "label": "Due", "time": true},
        {"kind": "input-choice", "field": "next", "label": "What happens next", "required": true, "options": [{"value": "act", "label": "I am acting on this"}, {"value": "none", "label": "No action needed"}]},
        {"kind": "input-checks", "field": "reports", "label": "Reports", "options": [{"value": "a", "label": "Kidney profile"}, {"value": "b", "label": "Blood count"}]},
        {"kind": "action", "label": "Acknowledge and sign", "confirm": "I have read the reports"},
    ]))
}

#[test]
fn every_kind_is_drawn() {
    let mut nodes = vec![json!({"kind": "section", "children": []})];
    let kinds = every_kind();
    // Node 2 takes node 3 as its child; the root takes the others.
    let children: Vec<usize> = (1..=kinds.len()).filter(|at| *at != 3).collect();
    nodes[0]["children"] = json!(children);
    nodes.extend(kinds);
    let page = drawn(&of(json!(nodes))).unwrap();
    for words in [
        "Kidney",
        "AKI stage 2",
        "Not recorded",
        "None known",
        "Unavailable",
        "Withheld",
        "Specimen unsuitable",
        "&gt;171.0",
        "µmol/L",
        "Careful",
        "Must not",
        "No contrast",
        "Looked for over 12 months",
        "Critically high",
        "Amended",
        "24-Nov-2026 11:20",
        "06-Aug-2018".replace("2018", "2026").as_str(),
        "Patient unavailable",
        "Name unavailable",
        "1.50",
        "p.a%20b=c%26d",
        "Newest on the right",
        "Not requested",
        "Corrected",
        "AKI 1",
        "Show as a table",
        "Left eye: one haemorrhage",
        "cannot display this part",
        "A&amp;E",
    ] {
        assert!(page.contains(words), "{words} is not on the page: {page}");
    }
    assert_eq!(page.matches("cannot display this part").count(), 2);
    for never in ["<script", "style=", "javascript:"] {
        assert!(!page.contains(never), "{never}");
    }
}

fn text(text: &str) -> Value {
    json!({"kind": "paragraph", "text": text})
}

/// Nodes one below the other, as many as there are levels.
fn levels(n: usize) -> Value {
    let children = |at: usize| if at + 1 == n { vec![] } else { vec![at + 1] };
    let nodes: Vec<Value> = (0..n)
        .map(|at| json!({"kind": "section", "children": children(at)}))
        .collect();
    of(json!(nodes))
}

/// A grid of sixty columns and as many rows without a cell, in groups.
fn grid(rows: usize) -> Value {
    let columns: Vec<Value> = (0..60)
        .map(|at| json!({"id": format!("c{at}"), "when": "2026-11-24"}))
        .collect();
    let all = vec![json!({"label": "r", "cells": []}); rows];
    let groups: Vec<Value> = all
        .chunks(200)
        .map(|rows| json!({"title": "g", "rows": rows}))
        .collect();
    json!({"kind": "flowsheet", "caption": "c", "columns": columns, "groups": groups})
}

/// A root and paragraphs below it.
fn paragraphs(n: usize, words: &str) -> Value {
    let mut nodes = vec![json!({"kind": "section", "children": (1..n).collect::<Vec<_>>()})];
    nodes.extend((1..n).map(|_| text(words)));
    of(json!(nodes))
}

#[test]
fn each_bound_has_two_sides() {
    assert!(drawn(&levels(DEPTH_MAX)).is_ok());
    assert!(drawn(&paragraphs(NODES_MAX, "x")).is_ok());
    assert!(drawn(&paragraphs(20, &"x".repeat(20_000))).is_ok());
    assert!(drawn(&of(json!([grid(CELLS_MAX / 60)]))).is_ok());
    let table = [
        (
            levels(DEPTH_MAX + 1),
            "nodes[12]: lies deeper than 12 levels",
        ),
        (paragraphs(NODES_MAX + 1, "x"), "nodes: has 2001 nodes"),
        (paragraphs(40, &"x".repeat(20_000)), "bytes"),
        (of(json!([text(&"x".repeat(20_001))])), "nodes[0]"),
        (
            of(json!([grid(CELLS_MAX / 60 + 1)])),
            "nodes[0]: with it the grids have 12060 cells",
        ),
        (
            of(json!([{"kind": "section", "children": [1, 2]}, grid(CELLS_MAX / 60), grid(1)])),
            "with it the grids have 12060 cells",
        ),
    ];
    for (document, expected) in table {
        let said = drawn(&document).unwrap_err();
        assert!(
            said.contains(expected),
            "{said:?} does not say {expected:?}"
        );
    }
}

/// Documents, each with a part of what is said of it.
const BROKEN: &str = r#"
    [] | screen: must be an object
    {"screen": 2, "root": 0, "nodes": [{"kind": "paragraph", "text": "x"}]} | screen: must be 1
    {"screen": 1, "root": 0, "nodes": [{"kind": "paragraph", "text": "x"}], "script": "x"} | unknown field
    {"screen": 1, "root": 1, "nodes": [{"kind": "paragraph", "text": "x"}]} | root: there is no node 1
"#;

/// Lists of nodes with the first as root, likewise.
const BROKEN_NODES: &str = r#"
    [] | nodes: has 0 nodes
    [{"kind": "section", "children": [0]}] | already in the tree
    [{"kind": "section", "children": [1, 1]}, {"kind": "heading", "text": "x"}] | already in the tree
    [{"kind": "section", "children": [1]}, {"kind": "section", "children": [0]}] | already in the tree
    [{"kind": "heading", "text": "x"}, {"kind": "heading", "text": "y"}] | nodes[1]: is nobody's child
    [{"kind": "section", "children": [7]}] | nodes[0].children: there is no node 7
    [{"kind": "section", "children": [-1]}] | nodes[0]
    [{"kind": "<script>"}] | nodes[0].kind
    [{"text": "x"}] | nodes[0].kind
    [{"kind": "paragraph"}] | exactly one of text and parts
    [{"kind": "datetime", "value": "24/11/2026"}] | nodes[0].value
    [{"kind": "link", "text": "t", "screen": "s", "parameters": {"a": 1}}] | nodes[0].parameters
    [{"kind": "heading", "text": ""}] | nodes[0].text
    [{"kind": "paragraph", "parts": [{"value": {"html": "<b>"}}]}] | nodes[0].parts
    [{"kind": "table", "caption": "c", "columns": [{"id": "a", "heading": "A"}], "rows": [{"cells": []}]}] | rows[0]
    [{"kind": "input-text", "field": "a", "label": "A"}] | outside a form
    [{"kind": "action", "label": "A"}] | outside a form
    [{"kind": "print", "title": "t", "children": [1]}, {"kind": "form", "action": "a", "children": [2]}, {"kind": "action", "label": "A"}] | nodes[1]: is a form on paper
    [{"kind": "print", "title": "t", "children": [1]}, {"kind": "print", "title": "t", "children": []}] | nodes[1]: is a sheet inside
    [{"kind": "form", "action": "a", "children": [1, 2]}, {"kind": "print", "title": "t", "children": []}, {"kind": "action", "label": "A"}] | nodes[1]: is a sheet inside
    [{"kind": "form", "action": "a", "children": []}] | without an action
    [{"kind": "form", "action": "a", "children": [1, 2]}, {"kind": "action", "label": "A", "confirm": "c"}, {"kind": "action", "label": "B", "action": "a"}] | two buttons say a
    [{"kind": "form", "action": "a", "children": [1]}, {"kind": "form", "action": "a", "children": [2]}, {"kind": "action", "label": "A"}] | a form inside a form
    [{"kind": "form", "action": "a", "children": [1, 2, 3]}, {"kind": "action", "label": "A"}, {"kind": "input-text", "field": "a", "label": "A"}, {"kind": "input-text", "field": "a", "label": "A"}] | twice
    [{"kind": "result-grid", "caption": "c", "columns": [{"id": "b", "when": "2026"}, {"id": "a", "when": "2025"}], "groups": []}] | oldest first
    [{"kind": "trend", "title": "t", "unit": "u", "points": [{"when": "2026", "value": 1.5}]}] | nodes[0].points[0].value
"#;

#[test]
fn what_breaks_the_contract_is_refused_with_its_place() {
    let rows = |table: &'static str| table.lines().map(str::trim).filter(|row| !row.is_empty());
    let read = |row: &'static str| {
        let (document, expected) = row.rsplit_once(" | ").unwrap();
        (serde_json::from_str::<Value>(document).unwrap(), expected)
    };
    let whole = rows(BROKEN).map(read);
    let nodes = rows(BROKEN_NODES)
        .map(read)
        .map(|(nodes, expected)| (of(nodes), expected));
    for (document, expected) in whole.chain(nodes) {
        let said = drawn(&document).unwrap_err();
        assert!(
            said.contains(expected),
            "{said:?} does not say {expected:?}"
        );
    }
}

#[test]
fn words_that_would_be_markup_or_steer_text_are_only_words() {
    let page = drawn(&of(json!([{"kind": "paragraph", "text": "<script>alert(1)</script> \u{202E}txt\" onload=\"x"}]))).unwrap();
    assert!(
        !page.contains("<script") && !page.contains('\u{202E}') && page.contains("&lt;script&gt;"),
        "{page}"
    );
}

fn sealed_of(page: &str) -> String {
    let start = page.split_once("name=\"sealed\" value=\"").unwrap().1;
    start.split_once('"').unwrap().0.to_owned()
}

fn typed(pairs: &[(&str, &str)]) -> Typed {
    Typed::new(
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    )
}

#[test]
fn a_form_comes_back_as_it_was_drawn_or_not_at_all() {
    let seals = Seals::of([7; 32]);
    let page = drawn_with(&a_form(), &Typed::default(), &[], &seals).unwrap();
    assert!(!page.contains("checked"), "nothing is chosen in advance");
    let sealed = sealed_of(&page);
    let carried = seals.open("token", &sealed).unwrap();
    assert_eq!(
        (
            carried.carries["report"].as_str(),
            carried.seen.len(),
            carried.asked.len()
        ),
        ("r1", 1, 5)
    );
    assert!(seals.open("another session", &sealed).is_none());
    assert!(Seals::of([8; 32]).open("token", &sealed).is_none());
    let changed = format!("A{}", &sealed[1..]);
    assert!(seals.open("token", &changed).is_none() || changed == sealed);
    let sent = typed(&[
        ("f.comment", "Dry"),
        ("f.weight", "71.50"),
        ("f.due.day", "4"),
        ("f.due.month", "7"),
        ("f.due.year", "2026"),
        ("f.due.time", "20:00"),
        ("f.next", "act"),
        ("f.reports", "a"),
        ("f.reports", "b"),
        ("f.smuggled", "x"),
        ("confirm.sign.6", "yes"),
    ]);
    let (form, findings) = form(&carried, "sign", &sent);
    assert_eq!(findings, []);
    let fields = json!({"comment": "Dry", "weight": "71.50", "due": "2026-07-04T19:00:00.000Z", "next": "act", "reports": ["a", "b"]});
    assert_eq!(
        form,
        json!({"form": 1, "fields": fields, "carries": {"report": "r1"}, "seen": [{"resource": "Observation/1", "version": "2"}], "parameters": {}})
    );
}

#[test]
fn what_is_wrong_is_said_at_its_field_and_what_was_typed_is_kept() {
    let seals = Seals::of([7; 32]);
    let carried = seals
        .open(
            "token",
            &sealed_of(&drawn_with(&a_form(), &Typed::default(), &[], &seals).unwrap()),
        )
        .unwrap();
    let sent = typed(&[
        ("f.comment", "far too long a comment"),
        ("f.weight", "0.5"),
        ("f.due.day", "31"),
        ("f.due.month", "2"),
        ("f.due.year", "2026"),
        ("f.reports", "z"),
    ]);
    let (form, findings) = form(&carried, "sign", &sent);
    assert_eq!(form["fields"]["due"], json!("31 2 2026"));
    let said: Vec<&str> = findings.iter().map(|it| it.message.as_str()).collect();
    assert_eq!(
        said,
        [
            "Comment must be 10 characters or fewer, not 22",
            "Weight must be 1 or more",
            "Due must be a real date, such as 27 3 2026 and 14:30",
            "Choose one: What happens next",
            "Reports: tick only those offered",
            "Confirm first: I have read the reports",
        ]
    );
    let page = drawn_with(&a_form(), &sent, &findings, &seals).unwrap();
    for words in [
        "far too long a comment",
        "value=\"0.5\"",
        "value=\"31\"",
        "id=\"field-weight.error\"",
        "Choose one: What happens next",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
}
