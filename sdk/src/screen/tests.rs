//! Every kind of node that the builders make follows the schema, and the schema refuses what they cannot make.
#![expect(clippy::unwrap_used, reason = "tests")]

mod newer;

use serde_json::{Value, json};

use crate::screen::{
    Absent, ActionButton, ActorRef, Alert, AlertLevel, Band, Card, Choice, ClinicalValue, Coded,
    CodedConcept, Column, Columns, Comparator, DateTime, Details, EmptyState, Fact, Form, GridCell,
    GridRow, Group, Heading, InputChecks, InputChoice, InputDate, InputNumber, InputText, Inset,
    Interpretation, Link, List, Notification, Paragraph, Part, PatientRef, Point, Previous,
    Quantity, Range, ResultGrid, Section, Status, SummaryList, SummaryRow, Table, TableColumn,
    TableRow, Tag, Threshold, Tone, Trend, WarningCallout, Words, check,
};
use crate::{Finding, Outcome, Parameters, Proposal, Screen, Seen};

fn schema(name: &str) -> jsonschema::Validator {
    let read = |name: &str| -> Value {
        let file = format!("{}/../wit/schemas/{name}.json", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
    };
    let registry = jsonschema::Registry::new()
        .add("urn:palatine:screen-1", read("screen-1"))
        .unwrap()
        .add("urn:palatine:proposal-1", read("proposal-1"))
        .unwrap()
        .prepare()
        .unwrap();
    jsonschema::options()
        .with_registry(&registry)
        .build(&read(name))
        .unwrap()
}

fn wrong(schema: &jsonschema::Validator, it: &Value) -> Vec<String> {
    schema
        .iter_errors(it)
        .map(|wrong| format!("{}: {wrong}", wrong.instance_path()))
        .collect()
}

/// One of each kind, with every optional member.
fn everything() -> Screen {
    let to = Parameters::default().with("code", "2160-0");
    Screen::new(
        Section::new()
            .child(Columns::new().child(status()).child(clinical(&to)))
            .child(grid(&to))
            .child(trend())
            .child(newer::course(&to))
            .child(newer::charts())
            .child(inputs(&to)),
    )
    .title("Everything")
}

fn status() -> Section {
    Section::new()
        .heading("Status")
        .note("beside")
        .child(Heading::new("Kidney"))
        .child(Paragraph::new([
            Part::plain("Creatinine "),
            Part::strong(Fact::quantity("171", "umol/L")),
        ]))
        .child(List::new([Words::from("one"), Words::from("two")]).ordered(true))
        .child(Inset::new("apart"))
        .child(
            WarningCallout::new("Take care", "of this").child(Tag::new("New").tone(Tone::Warning)),
        )
        .child(Alert::new(AlertLevel::Mandatory, "Review", "by 18:41").child(Paragraph::new("now")))
        .child(Notification::new("Done", "It is kept.").tone(Tone::Success))
        .child(EmptyState::new("No results", "None in the last year."))
        .child(Details::new("More").child(DateTime::new("2026-11-22T10:00:00Z").label("Taken")))
}

fn clinical(to: &Parameters) -> Card {
    Card::new()
        .heading("Values")
        .note("n")
        .tone(Tone::Information)
        .child(creatinine())
        .child(
            CodedConcept::new(
                Coded::new("Potassium")
                    .system("http://loinc.org")
                    .code("2823-3"),
            )
            .label("Test"),
        )
        .child(PatientRef::new("Patient/a"))
        .child(ActorRef::new("Practitioner/p").label("Reported by"))
        .child(Link::new("Trend", "trend").parameters(to))
        .child(SummaryList::new(vec![
            SummaryRow::new("Allergies", Fact::absent(Absent::NoneKnown)).note("asked today"),
            SummaryRow::new("Pregnant", Fact::yes_or_no(false)),
            SummaryRow::new("Ward", Coded::new("C3")),
        ]))
        .child(requests(to))
}

fn creatinine() -> ClinicalValue {
    ClinicalValue::new(
        "Creatinine",
        Quantity::new("171")
            .unit("umol/L")
            .comparator(Comparator::Greater),
    )
    .interpretation(Interpretation::High)
    .range(
        Range::new()
            .low("45")
            .high("84")
            .unit("umol/L")
            .population("women 18 and over")
            .text("45 to 84"),
    )
    .status(Status::Corrected)
    .when("2026-11-24")
    .source("Blackburn laboratory")
    .resource("Observation/1")
    .previous(Previous::new(Fact::number("1.50")).when("2026-11"))
}

fn requests(to: &Parameters) -> Table {
    Table::new(
        "Requests",
        vec![
            TableColumn::new("what", "What"),
            TableColumn::new("n", "Number").of_numbers(),
        ],
        vec![
            TableRow::new(vec![Fact::text("x"), Fact::tag("y", Tone::Critical)])
                .tone(Tone::Neutral),
            TableRow::new(vec![Fact::link("z", "trend", to), Fact::date("2026")]),
            TableRow::new(vec![Fact::patient("Patient/a"), Fact::actor("Device/d")]),
        ],
    )
    .empty("None")
}

fn grid(to: &Parameters) -> ResultGrid {
    let cells = vec![
        GridCell::value("c1", "171")
            .interpretation(Interpretation::High)
            .status(Status::Final)
            .resource("Observation/1"),
        GridCell::absent("c2", Absent::NotRequested).note("said by the ward"),
    ];
    let row = GridRow::new("Creatinine", cells)
        .link("trend", to)
        .range(Range::new().text("up to 84"))
        .unit("umol/L")
        .trend(true)
        .strong(true);
    ResultGrid::new(
        "Cumulative results",
        vec![
            Column::new("c1", "2026-11-23T06:40:00Z")
                .place("C3")
                .note("n")
                .unacknowledged(true),
            Column::new("c2", "2026-11-24"),
        ],
        vec![Group::new("Kidney", vec![row])],
    )
    .earlier("4 earlier columns", "cumulative", to)
}

fn trend() -> Trend {
    Trend::new(
        "Creatinine",
        "umol/L",
        vec![
            Point::new("2026-11-23", "149")
                .interpretation(Interpretation::High)
                .resource("Observation/1"),
            Point::new("2026-11-24", "171").comparator(Comparator::Greater),
        ],
    )
    .description("It rises.")
    .band(Band::new("Reference 45 to 84").low("45").high("84"))
    .thresholds(vec![Threshold::new("117", "AKI 1")])
}

fn inputs(carries: &Parameters) -> Form {
    let choices = || vec![Choice::new("a", "A").hint("first"), Choice::new("b", "B")];
    Form::new("acknowledge")
        .title("Acknowledge")
        .carries(carries)
        .seen(&[Seen {
            resource: "DiagnosticReport/1".into(),
            version: "2".into(),
        }])
        .child(
            InputText::new("text", "T")
                .hint("h")
                .required(true)
                .error("e")
                .value("v")
                .lines(3u32)
                .length_max(200u32),
        )
        .child(
            InputNumber::new("number", "N")
                .hint("h")
                .required(false)
                .error("e")
                .value("1.50")
                .unit("kg")
                .min("0")
                .max("9"),
        )
        .child(
            InputDate::new("date", "D")
                .hint("h")
                .required(true)
                .error("e")
                .value("2026-11-24")
                .time(true),
        )
        .child(
            InputChoice::new("choice", "C", choices())
                .hint("h")
                .required(true)
                .error("e")
                .value("a"),
        )
        .child(
            InputChecks::new("checks", "C", choices())
                .hint("h")
                .required(true)
                .error("e")
                .value(vec!["a".to_owned()]),
        )
        .children(newer::asked(carries))
        .child(
            ActionButton::new("Sign")
                .action("sign")
                .secondary(true)
                .confirm("Sure?"),
        )
}

#[test]
fn every_builder_follows_the_schema_and_every_kind_has_a_builder() {
    let screen = everything().to_json();
    assert_eq!(wrong(&schema("screen-1"), &screen), [""; 0]);
    check::screen(&screen, &["trend", "cumulative"]).unwrap();
    let drawn: std::collections::BTreeSet<&str> = screen["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| node["kind"].as_str().unwrap())
        .collect();
    let file = format!(
        "{}/../wit/schemas/screen-1.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let schema: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let kinds: std::collections::BTreeSet<&str> = schema["$defs"]["node"]["allOf"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["if"]["properties"]["kind"]["const"].as_str().unwrap())
        .collect();
    assert_eq!(drawn, kinds);
}

#[test]
fn outcomes_follow_the_schema() {
    let outcomes = schema("outcome-1");
    let mut proposal = Proposal::new("Makes a task.");
    let task = proposal.temporary();
    let proposal = proposal
        .create_as(&task, json!({ "resourceType": "Task" }))
        .update(json!({ "resourceType": "Task", "id": "7" }), "3");
    for outcome in [
        Outcome::commit(&proposal),
        Outcome::commit(&proposal).then("done", &Parameters::default()),
        Outcome::next("done", &Parameters::default().with("a", "b")),
        Outcome::findings(&[
            Finding::on("why", "Say why."),
            Finding::about_form("Too late."),
        ]),
        Outcome::findings_on(&[Finding::on("why", "Say why.")], everything()),
    ] {
        assert_eq!(wrong(&outcomes, &outcome.to_json()), [""; 0]);
    }
    let proposals = schema("proposal-1");
    assert_eq!(wrong(&proposals, &Proposal::none().to_json()), [""; 0]);
    for refused in [
        json!({ "proposal": 2, "summary": "", "changes": [] }),
        json!({ "proposal": 1, "summary": "", "changes": [{ "action": "delete", "resource": { "resourceType": "Task" } }] }),
        json!({ "proposal": 1, "summary": "", "changes": [{ "action": "update", "resource": { "resourceType": "Task", "id": "1" } }] }),
        json!({ "proposal": 1, "summary": "", "changes": [{ "action": "update", "resource": { "resourceType": "Task" }, "seen": "1" }] }),
    ] {
        assert!(!wrong(&proposals, &refused).is_empty(), "{refused}");
    }
}

#[test]
fn screens_that_the_schema_or_the_check_refuses() {
    let validator = schema("screen-1");
    let screen = |nodes: Value| json!({ "screen": 1, "root": 0, "nodes": nodes });
    for (nodes, by_schema) in [
        (json!([{ "kind": "section", "children": [] }]), None),
        (json!([{ "kind": "later-kind", "fallback": "words" }]), None),
        (json!([{ "kind": "section" }]), Some("schema")),
        (
            json!([{ "kind": "paragraph", "text": "a", "parts": [{ "value": { "text": "b" } }] }]),
            Some("schema"),
        ),
        (
            json!([{ "kind": "clinical-value", "label": "a", "value": { "quantity": { "value": 1.5 } } }]),
            Some("schema"),
        ),
        (
            json!([{ "kind": "clinical-value", "label": "a", "value": { "text": "1", "absent": "unknown" } }]),
            Some("schema"),
        ),
        (
            json!([{ "kind": "alert", "level": "emergency", "title": "a", "text": "b" }]),
            Some("schema"),
        ),
        (json!([]), Some("schema")),
        (
            json!([{ "kind": "section", "children": [0] }]),
            Some("circle"),
        ),
        (
            json!([{ "kind": "section", "children": [1, 1] }, { "kind": "heading", "text": "a" }]),
            Some("two places"),
        ),
        (
            json!([{ "kind": "section", "children": [7] }]),
            Some("does not exist"),
        ),
        (
            json!([{ "kind": "section", "children": [] }, { "kind": "heading", "text": "a" }]),
            Some("below no other"),
        ),
        (
            json!([{ "kind": "link", "text": "a", "screen": "elsewhere" }]),
            Some("does not declare"),
        ),
    ] {
        let screen = screen(nodes);
        let found = if !wrong(&validator, &screen).is_empty() {
            "schema".to_owned()
        } else {
            check::screen(&screen, &["one"])
                .map_or_else(|failure| failure.detail, |()| String::new())
        };
        match by_schema {
            None => assert_eq!(found, "", "{screen}"),
            Some(expected) => assert!(found.contains(expected), "{screen}: {found}"),
        }
    }
}

#[test]
fn a_screen_has_twelve_levels_and_no_more() {
    let deep = |levels: usize| {
        let inner = (1..levels).fold(Section::new(), |inner, _| Section::new().child(inner));
        Screen::new(inner).to_json()
    };
    assert!(check::screen(&deep(check::DEPTH_MAX), &[]).is_ok());
    assert!(check::screen(&deep(check::DEPTH_MAX + 1), &[]).is_err());
}
