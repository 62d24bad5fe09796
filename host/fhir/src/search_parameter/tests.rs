//! The table of search parameters, and what is extracted by it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

use serde_json::json;

use super::{IndexValue, Kept, Kind, by_code, extract, find, normalised, of};
use crate::path::Expression;
use crate::resource::{Resource, ResourceType};

const TABLE: &str = include_str!("../../definitions/search_parameters.tsv");

#[test]
fn every_expression_of_the_table_compiles_and_evaluates() {
    let mut count = 0;
    for line in TABLE.lines().filter(|line| !line.contains("\tretired\t")) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [_, name, parameter, _, expression, _, components] = columns.as_slice() else {
            panic!("columns: {line}")
        };
        let parts = components
            .split(';')
            .filter_map(|part| part.split_once('='))
            .map(|(_, text)| text);
        let name = if *name == "*" { "Patient" } else { name };
        let resource = Resource::from_value(json!({ "resourceType": name })).unwrap();
        for text in parts.chain([*expression]).filter(|text| !text.is_empty()) {
            let compiled =
                Expression::parse(text).unwrap_or_else(|error| panic!("{parameter}: {error}"));
            compiled
                .evaluate(&resource)
                .unwrap_or_else(|error| panic!("{parameter}: {error}"));
            count += 1;
        }
    }
    assert!(count > 1600, "only {count} expressions were found");
}

#[test]
fn every_line_of_the_table_is_a_parameter_with_its_own_code() {
    let mut codes = std::collections::BTreeSet::new();
    let mut named = 0;
    for resource_type in ResourceType::all() {
        for parameter in of(resource_type) {
            assert!(codes.insert(parameter.code), "{:?} twice", parameter.code);
            assert_eq!(by_code(parameter.code).unwrap().name, parameter.name);
            assert_eq!(
                find(resource_type, parameter.name).unwrap().code,
                parameter.code
            );
            assert_eq!(
                parameter.kind == Kind::Reference,
                !parameter.targets.is_empty(),
                "{parameter:?}"
            );
            assert_eq!(
                parameter.kind == Kind::Composite,
                !parameter.components.is_empty(),
                "{parameter:?}"
            );
            named += usize::from(!parameter.name.starts_with('_'));
        }
    }
    let lines = TABLE
        .lines()
        .filter(|line| !line.contains("\tretired\t") && !line.contains("\t*\t_"));
    assert_eq!(named, lines.count());
}

/// Numbers lie in databases: these may never change.
#[test]
fn codes_that_databases_keep() {
    for (resource_type, name, code) in [
        (ResourceType::ACCOUNT, "identifier", 4096),
        (ResourceType::OBSERVATION, "value-quantity", 5239),
        (ResourceType::PATIENT, "deceased", 5299),
        (ResourceType::PATIENT, "_tag", 1792 + 102),
    ] {
        assert_eq!(
            find(resource_type, name).unwrap().code.number(),
            code,
            "{resource_type} {name}"
        );
    }
}

#[test]
fn where_answers_are_found() {
    for (resource_type, name, kept) in [
        (ResourceType::PATIENT, "_id", Kept::Row),
        (ResourceType::PATIENT, "_lastUpdated", Kept::Row),
        (ResourceType::PATIENT, "_tag", Kept::Index),
        (ResourceType::PATIENT, "_text", Kept::Body),
        (ResourceType::PATIENT, "_query", Kept::Nowhere),
        (ResourceType::PATIENT, "phonetic", Kept::Index),
        (ResourceType::PATIENT, "family", Kept::Index),
        (ResourceType::OBSERVATION, "code-value-quantity", Kept::Body),
        (ResourceType::LOCATION, "near", Kept::Body),
    ] {
        assert_eq!(
            find(resource_type, name).unwrap().kept,
            kept,
            "{resource_type} {name}"
        );
    }
}

/// One line for each entry: parameter, then value.
fn extracted(resource: &Resource) -> String {
    let line = |name: &str, value: &IndexValue| match value {
        IndexValue::Token { system, code } => {
            format!("{name} = {}|{code}", system.as_deref().unwrap_or(""))
        }
        IndexValue::Text(text) => format!("{name} = \"{text}\""),
        IndexValue::Date { low_ms, high_ms } => {
            let at = |ms: i64| {
                crate::date::instant(ms)
                    .filter(|at| !at.starts_with("000"))
                    .unwrap_or("open".into())
            };
            format!("{name} = {} until {}", at(*low_ms), at(*high_ms))
        }
        IndexValue::Number { low, high } => format!("{name} = {low} to {high}"),
        IndexValue::Quantity {
            low,
            high,
            system,
            code,
            unit,
        } => {
            let shown = |part: &Option<String>| part.clone().unwrap_or_default();
            let end = |value: &f64| {
                if value.abs() == f64::MAX {
                    "open".into()
                } else {
                    value.to_string()
                }
            };
            let unit = format!("{}|{}|{}", shown(system), shown(code), shown(unit));
            format!("{name} = {} to {} {unit}", end(low), end(high))
        }
        IndexValue::Reference { key, text } => {
            let key = key
                .as_ref()
                .map_or("elsewhere".to_owned(), ToString::to_string);
            format!("{name} -> {key} ({text})")
        }
        IndexValue::Uri(uri) => format!("{name} = {uri}"),
    };
    let entries = extract(resource);
    let lines: Vec<String> = entries
        .iter()
        .map(|entry| line(by_code(entry.parameter).unwrap().name, &entry.value))
        .collect();
    lines.join("\n")
}

#[test]
fn entries_of_some_resources() {
    for (name, text) in [
        ("patient", include_str!("tests/patient.json")),
        ("observation", include_str!("tests/observation.json")),
        ("appointment", include_str!("tests/appointment.json")),
        ("condition", include_str!("tests/condition.json")),
        ("questionnaire", include_str!("tests/questionnaire.json")),
    ] {
        let resource = Resource::parse(text.as_bytes()).unwrap();
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, extracted(&resource));
        });
        assert_eq!(crate::validate::check(&resource), [], "{name} is not sound");
    }
}

#[test]
fn malformed_values_give_no_entry_and_no_panic() {
    for value in [
        json!({ "resourceType": "Patient", "name": "Smith", "birthDate": "1970-13-01", "gender": 4, "telecom": [null] }),
        json!({ "resourceType": "Observation", "valueQuantity": { "value": "high" }, "subject": [[]], "effectivePeriod": 3 }),
        json!({ "resourceType": "Observation", "effectivePeriod": { "start": "2024-02-01", "end": "2024-01-01" } }),
        json!({ "resourceType": "Observation", "valueQuantity": { "unit": "mg" }, "component": {} }),
    ] {
        let resource = Resource::from_value(value).unwrap();
        let entries = extract(&resource);
        let token_only = entries
            .iter()
            .all(|entry| matches!(entry.value, IndexValue::Token { .. } | IndexValue::Text(_)));
        assert!(token_only, "{entries:?}");
    }
}

#[test]
fn text_is_compared_without_case_accents_and_extra_space() {
    for (written, expected) in [
        ("O'Brien", "o'brien"),
        ("O’Brien", "o'brien"),
        ("  Ann   Marie ", "ann marie"),
        ("Zoë", "zoe"),
        ("ÅNGSTRÖM", "angstrom"),
        ("Łukasz Đỗ", "lukasz do"),
        ("Straße", "strasse"),
        ("Ægir", "aegir"),
        ("İpek", "ipek"),
        ("Jose\u{301}", "jose"),
        ("\u{301}", ""),
        ("李", "李"),
        ("a\u{a0}b\tc", "a b c"),
    ] {
        assert_eq!(normalised(written), expected, "{written}");
    }
    assert_eq!(normalised(&"é".repeat(1000)).chars().count(), 256);
    assert_eq!(normalised(&"e ".repeat(1000)).chars().count(), 255);
}
