//! Terminology over resources of the record: what is asked and what is answered, on both databases.
//!
//! Invariant: each line of a table is one question, and its whole answer in short.

mod expansion;
mod lookup;
mod release;
mod translation;

use fhir::resource::ResourceType;
use serde_json::{Value, json};

use crate::Record;
use crate::log::At;
use crate::terminology::parameters::Parameters;
use crate::terminology::{Operation, Question};
use crate::tests::suite::{commit, create, operator};

/// A code system with two kinds of colours and one that is given up.
pub(super) fn colours() -> Value {
    json!({
        "resourceType": "CodeSystem", "url": "http://e.org/colours", "version": "2", "name": "Colours",
        "status": "active", "content": "complete", "caseSensitive": true,
        "property": [
            { "code": "warmth", "type": "code" },
            { "code": "inactive", "uri": "http://hl7.org/fhir/concept-properties#inactive", "type": "boolean" },
            { "code": "notSelectable", "uri": "http://hl7.org/fhir/concept-properties#notSelectable", "type": "boolean" },
        ],
        "concept": [
            { "code": "colour", "display": "Colour", "property": [{ "code": "notSelectable", "valueBoolean": true }], "concept": [
                { "code": "red", "display": "Red", "definition": "The colour of blood",
                  "designation": [{ "language": "de", "value": "Rot" }, { "language": "cy-GB", "value": "Coch" }],
                  "property": [{ "code": "warmth", "valueCode": "warm" }],
                  "concept": [{ "code": "crimson", "display": "Deep crimson" }, { "code": "Scarlet", "display": "Scarlet red" }] },
                { "code": "blue", "display": "Blue", "property": [{ "code": "warmth", "valueCode": "cold" }],
                  "concept": [{ "code": "navy", "display": "Navy blue" }] },
                { "code": "puce", "display": "Puce", "property": [{ "code": "inactive", "valueBoolean": true }] },
            ] },
        ],
    })
}

/// A code system without hierarchy whose case does not count, as a fragment.
fn shapes() -> Value {
    json!({
        "resourceType": "CodeSystem", "url": "http://e.org/shapes", "status": "active", "content": "fragment",
        "caseSensitive": false,
        "concept": [{ "code": "Round", "display": "Round" }, { "code": "Square", "display": "Square, plain" }],
    })
}

fn set(url: &str, compose: Value) -> Value {
    json!({ "resourceType": "ValueSet", "url": url, "status": "active", "compose": compose })
}

/// Value sets of one filter, or of listed codes, by the ends of their URLs.
fn simple_sets() -> Vec<(&'static str, Value)> {
    let c = "http://e.org/colours";
    let filter = |property: &str, op: &str, value: &str| json!({ "include": [{ "system": c, "filter": [{ "property": property, "op": op, "value": value }] }] });
    vec![
        ("all", json!({ "include": [{ "system": c }] })),
        (
            "active",
            json!({ "inactive": false, "include": [{ "system": c }] }),
        ),
        (
            "listed",
            json!({ "include": [{ "system": c, "concept": [
            { "code": "navy", "display": "Marine", "designation": [{ "language": "de", "value": "Marineblau" }] },
            { "code": "red" }, { "code": "no-such" }] }] }),
        ),
        (
            "elsewhere",
            json!({ "include": [{ "system": "http://elsewhere.org", "concept": [
            { "code": "b", "display": "Second" }, { "code": "a", "display": "First" }] }] }),
        ),
        ("is-a", filter("concept", "is-a", "red")),
        ("descendent-of", filter("concept", "descendent-of", "red")),
        ("is-not-a", filter("concept", "is-not-a", "red")),
        ("generalizes", filter("concept", "generalizes", "navy")),
        ("warm", filter("warmth", "=", "warm")),
        ("in", filter("code", "in", "red, navy,no-such")),
        ("not-in", filter("warmth", "not-in", "warm,cold")),
        ("exists", filter("warmth", "exists", "true")),
        ("exists-not", filter("warmth", "exists", "false")),
        ("regex", filter("code", "regex", "[a-z]*e")),
        ("children", filter("parent", "=", "red")),
        ("bad-regex", filter("code", "regex", "(a)\\1")),
        ("bad-property", filter("taste", "=", "sweet")),
        ("bad-code", filter("concept", "is-a", "green")),
    ]
}

/// Value sets that put others together, or cannot be made.
fn joined_sets() -> Vec<(&'static str, Value)> {
    let c = "http://e.org/colours";
    vec![
        (
            "two-filters",
            json!({ "include": [{ "system": c, "filter": [
            { "property": "concept", "op": "is-a", "value": "colour" },
            { "property": "display", "op": "regex", "value": ".*red" }] }] }),
        ),
        (
            "imports",
            json!({ "include": [{ "valueSet": ["http://e.org/vs/is-a", "http://e.org/vs/in"] }] }),
        ),
        (
            "both",
            json!({ "include": [{ "system": c, "valueSet": ["http://e.org/vs/is-a"],
            "concept": [{ "code": "red" }, { "code": "blue" }] }] }),
        ),
        (
            "without",
            json!({ "include": [{ "system": c }],
            "exclude": [{ "valueSet": ["http://e.org/vs/is-a"] }, { "system": c, "concept": [{ "code": "puce" }] }] }),
        ),
        (
            "round",
            json!({ "include": [{ "valueSet": ["http://e.org/vs/about"] }] }),
        ),
        (
            "about",
            json!({ "include": [{ "valueSet": ["http://e.org/vs/round"] }] }),
        ),
        (
            "dangling",
            json!({ "include": [{ "valueSet": ["http://e.org/vs/nowhere"] }] }),
        ),
        (
            "unloaded",
            json!({ "include": [{ "system": "http://elsewhere.org" }] }),
        ),
        (
            "locked",
            json!({ "lockedDate": "2020-01-01", "include": [{ "system": c }] }),
        ),
        (
            "old",
            json!({ "include": [{ "system": c, "version": "1" }] }),
        ),
        (
            "mixed",
            json!({ "include": [{ "system": c }, { "system": "http://e.org/shapes" }] }),
        ),
    ]
}

/// Another version, a supplement, and a value set that is an expansion only.
fn others() -> [Value; 3] {
    let c = "http://e.org/colours";
    let mut old = colours();
    old["version"] = json!("1");
    old["concept"] =
        json!([{ "code": "grey", "display": "Grey" }, { "code": "red", "display": "Redde" }]);
    let supplement = json!({
        "resourceType": "CodeSystem", "url": "http://e.org/colours-fr", "status": "active", "content": "supplement",
        "supplements": "http://e.org/colours",
        "concept": [{ "code": "blue", "designation": [{ "language": "fr", "value": "Bleu" }] }],
    });
    let expanded = json!({ "resourceType": "ValueSet", "url": "http://e.org/vs/expanded", "status": "active",
        "expansion": { "timestamp": "2026-01-01", "total": 2, "contains": [
            { "system": c, "code": "red", "contains": [{ "system": c, "code": "crimson" }] }] } });
    [old, supplement, expanded]
}

/// Puts everything there that the tables ask about.
async fn filled(record: &Record) {
    let with_id = |mut resource: Value, id: &str| {
        resource["id"] = json!(id);
        let key: fhir::resource::Key =
            format!("{}/{id}", resource["resourceType"].as_str().unwrap())
                .parse()
                .unwrap();
        crate::tests::suite::update(&key, resource, None)
    };
    let mut changes = vec![with_id(colours(), "colours"), create(shapes())];
    changes.extend(others().map(create));
    for (name, compose) in simple_sets().into_iter().chain(joined_sets()) {
        changes.push(with_id(
            set(&format!("http://e.org/vs/{name}"), compose),
            name,
        ));
    }
    changes.extend(translation::maps().into_iter().map(create));
    commit(record, changes).await;
}

fn operation(on: &str, name: &str) -> Operation {
    match (on.split('/').next().unwrap(), name) {
        ("CodeSystem", "lookup") => Operation::LookUp,
        ("CodeSystem", "validate-code") => Operation::ValidateInSystem,
        ("CodeSystem", "subsumes") => Operation::Subsumes,
        ("ValueSet", "expand") => Operation::Expand,
        ("ValueSet", "validate-code") => Operation::ValidateInSet,
        ("ConceptMap", "translate") => Operation::Translate,
        other => panic!("{other:?}"),
    }
}

/// Asks `CodeSystem/$lookup?code=red&…`; a value that begins with `{` is JSON.
pub(super) async fn ask(record: &Record, question: &str) -> Result<Value, String> {
    ask_at(record, question, At::Now).await
}

pub(super) async fn ask_at(record: &Record, question: &str, at: At) -> Result<Value, String> {
    let (path, query) = question.split_once('?').unwrap_or((question, ""));
    let (on, name) = path.split_once("/$").unwrap();
    let pairs = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap();
            let value = value.replace("%26", "&");
            let value = serde_json::from_str(&value)
                .ok()
                .filter(Value::is_object)
                .unwrap_or_else(|| json!(value));
            (name.to_owned(), value)
        });
    let question = Question {
        operation: operation(on, name),
        on: on.contains('/').then(|| on.parse().unwrap()),
        parameters: Parameters::new(pairs.collect()).unwrap(),
        at,
    };
    let answered = record.ask_terminology(&operator(record), question).await;
    answered
        .map(|it| it.resource)
        .map_err(|why| why.to_string())
}

/// An answer in a line: of an expansion its codes, of Parameters their names and values.
pub(super) fn short(answer: &Value) -> String {
    if let Some(expansion) = answer.get("expansion") {
        let contains = expansion["contains"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let codes: Vec<&str> = contains
            .iter()
            .map(|it| it["code"].as_str().unwrap())
            .collect();
        return format!("{} of {}", codes.join(" "), expansion["total"]);
    }
    let parameters = answer["parameter"].as_array().unwrap();
    parameters
        .iter()
        .map(parameter)
        .collect::<Vec<_>>()
        .join("; ")
}

fn parameter(one: &Value) -> String {
    let name = one["name"].as_str().unwrap();
    if let Some(parts) = one.get("part").and_then(Value::as_array) {
        return format!(
            "{name}({})",
            parts.iter().map(parameter).collect::<Vec<_>>().join(", ")
        );
    }
    let (_, value) = one
        .as_object()
        .unwrap()
        .iter()
        .find(|(member, _)| member.starts_with("value"))
        .unwrap();
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Object(_) => {
            let system = value["system"].as_str().unwrap_or("-");
            format!("{system}|{}", value["code"].as_str().unwrap())
        }
        other => other.to_string(),
    };
    format!("{name}={text}")
}

/// Runs a table of questions and answers, separated by ` → `.
pub(super) async fn check(record: &Record, table: &str) {
    let mut different = String::new();
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (question, expected) = line.split_once(" → ").unwrap();
        let answer = match ask(record, question).await {
            Ok(answer) => short(&answer),
            Err(why) => format!("refused: {why}"),
        };
        if answer != expected {
            different.push_str(&format!(
                "{question}\n  expected {expected}\n  answered {answer}\n"
            ));
        }
    }
    assert!(different.is_empty(), "{different}");
}

#[test]
fn every_question_leaves_a_leaf() {
    crate::tests::suite::on_both(|record, _| async move {
        filled(&record).await;
        let before = leaves(&record).await;
        ask(&record, "ValueSet/$expand?url=http://e.org/vs/is-a")
            .await
            .unwrap();
        ask(
            &record,
            "CodeSystem/$lookup?system=http://e.org/colours&code=green",
        )
        .await
        .unwrap_err();
        let after = leaves(&record).await;
        let new: Vec<String> = after[before.len()..].to_vec();
        assert_eq!(
            new,
            [
                "expand ValueSet/$expand&url=http://e.org/vs/is-a 1",
                "lookup CodeSystem/$lookup&system=http://e.org/colours&code=green 0",
            ]
        );
        assert_eq!(Operation::LookUp.of(), ResourceType::CODE_SYSTEM);
    });
}

async fn leaves(record: &Record) -> Vec<String> {
    let leaves = record
        .audit_leaves(&operator(record), 0, 1_000)
        .await
        .unwrap();
    let line = |leaf: &crate::audit::Leaf| format!("{} {} {}", leaf.what, leaf.about, leaf.count);
    leaves.iter().map(line).collect()
}
