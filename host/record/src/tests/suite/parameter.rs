//! Every search parameter of every type, with every modifier that it takes; and what is written to do harm.
//!
//! Invariant: no parameter of the table is passed over; what is refused is refused by name.

use std::collections::HashMap;

use fhir::query::Query;
use fhir::resource::{Resource, ResourceType};
use fhir::search_parameter::{self, IndexValue, Kept, Kind, SearchParameter};
use serde_json::{Value, json};

use crate::log::At;
use crate::search::Page;
use crate::tests::suite::{commit, create, on_both, operator};
use crate::{ReadError, Record};

/// A value that the parameter takes.
fn sound(parameter: &SearchParameter) -> String {
    match (parameter.kind, parameter.name) {
        (Kind::Token, "_id") => "a".to_owned(),
        (Kind::Token, _) => "http://x.example|a".to_owned(),
        (Kind::String, "phonetic") => "smith".to_owned(),
        (Kind::String, _) => "a".to_owned(),
        (Kind::Date, _) => "ge2026-01-01".to_owned(),
        (Kind::Number, _) => "lt5.4".to_owned(),
        (Kind::Quantity, _) => "5.4|http://unitsofmeasure.org|mg".to_owned(),
        (Kind::Uri, _) => "http://x.example/a".to_owned(),
        (Kind::Reference, _) => format!("{}/a", parameter.targets[0]),
        (Kind::Composite, _) => {
            let parts: Vec<String> = parameter
                .components
                .iter()
                .map(|component| sound(parameter.part(component).unwrap()))
                .collect();
            parts.join("$")
        }
        (Kind::Special, _) => "53.8|-1.55|5|km".to_owned(),
    }
}

fn modifiers(parameter: &SearchParameter) -> Vec<(&'static str, String)> {
    let mut all = vec![("missing", "true".to_owned())];
    let plain = sound(parameter);
    match (parameter.kept, parameter.kind) {
        (Kept::Row, Kind::Token) => all.push(("not", plain)),
        (Kept::Index, Kind::String) if parameter.name != "phonetic" => {
            all.push(("exact", plain.clone()));
            all.push(("contains", plain));
        }
        (Kept::Index, Kind::Token) => {
            all.push(("not", plain));
            all.push(("text", "a".to_owned()));
            all.push(("of-type", "http://x.example|MR|1".to_owned()));
        }
        (Kept::Index, Kind::Uri) => {
            all.push(("above", plain.clone()));
            all.push(("below", plain));
        }
        (Kept::Index, Kind::Reference) => {
            all.push(("identifier", "urn:x|1".to_owned()));
            all.push(("text", "a".to_owned()));
            all.push((parameter.targets[0].as_str(), "a".to_owned()));
        }
        (Kept::Row | Kept::Index | Kept::Body | Kept::Nowhere, _) => {}
    }
    all
}

async fn answered(record: &Record, of: ResourceType, name: &str, value: &str) -> usize {
    let pairs = [
        (name.to_owned(), value.to_owned()),
        ("_total".to_owned(), "accurate".to_owned()),
    ];
    let query =
        Query::parse(of, &pairs).unwrap_or_else(|error| panic!("{of}?{name}={value}: {error}"));
    let found = record
        .search(&operator(record), &query, &Page::First(At::Now))
        .await
        .unwrap_or_else(|error| panic!("{of}?{name}={value}: {error} {error:?}"));
    assert_eq!(
        found.total,
        u64::try_from(found.matches.len()).ok(),
        "{of}?{name}={value}"
    );
    found.matches.len()
}

#[test]
fn every_parameter_of_every_type_is_answered() {
    on_both(|record, _| async move {
        let one = json!({ "resourceType": "Patient", "name": [{ "family": "Smith" }] });
        commit(&record, vec![create(one)]).await;
        let mut searched = 0;
        let mut modified: HashMap<(Kind, Kept, &str), usize> = HashMap::new();
        for of in ResourceType::all() {
            for parameter in search_parameter::of(of) {
                if parameter.kept == Kept::Nowhere {
                    assert_eq!(parameter.name, "_query");
                    continue;
                }
                answered(&record, of, parameter.name, &sound(parameter)).await;
                searched += 1;
                for (modifier, value) in modifiers(parameter) {
                    // A modifier means the same for every parameter of a kind; five of each will do.
                    let done = modified
                        .entry((parameter.kind, parameter.kept, modifier))
                        .or_default();
                    *done += 1;
                    if *done > 5 {
                        continue;
                    }
                    answered(
                        &record,
                        of,
                        &format!("{}:{modifier}", parameter.name),
                        &value,
                    )
                    .await;
                }
                let is_sorted = !matches!(parameter.kind, Kind::Composite | Kind::Special)
                    && parameter.kept != Kept::Body;
                if is_sorted && of == ResourceType::OBSERVATION {
                    answered(&record, of, "_sort", parameter.name).await;
                }
            }
        }
        assert!(searched > 2_500, "{searched}");
    });
}

/// A value as a search for it is written.
fn as_written(value: &IndexValue) -> String {
    let escaped = |text: &str| {
        let mut plain = text.replace('\\', "\\\\");
        for special in [',', '|', '$'] {
            plain = plain.replace(special, &format!("\\{special}"));
        }
        plain
    };
    match value {
        IndexValue::Token { system, code } => match system {
            Some(system) => format!("{}|{}", escaped(system), escaped(code)),
            None => format!("|{}", escaped(code)),
        },
        IndexValue::Text(text) | IndexValue::Uri(text) => escaped(text),
        IndexValue::Date { low_ms, .. } => format!("ge{}", fhir::date::instant(*low_ms).unwrap()),
        IndexValue::Number { low, .. } => format!("ge{low}"),
        IndexValue::Quantity {
            low, system, code, ..
        } => match (system, code) {
            (Some(system), Some(code)) => format!("ge{low}|{}|{}", escaped(system), escaped(code)),
            (_, Some(code)) => format!("ge{low}||{}", escaped(code)),
            (_, None) => format!("ge{low}"),
        },
        IndexValue::Reference { text, .. } => escaped(text),
    }
}

/// Resources whose elements are of every kind that is searched.
fn corpus() -> Vec<Value> {
    vec![
        json!({ "resourceType": "Patient", "active": true, "gender": "other", "birthDate": "1970-07-01",
            "identifier": [{ "system": "urn:n", "value": "a|b,c$d\\e" }],
            "name": [{ "use": "official", "family": "O’Neill–Łuksza", "given": ["Zoë", "Ann"], "text": "Zoë Ann O’Neill" }],
            "telecom": [{ "system": "phone", "value": "0113 496 0000" }, { "system": "email", "value": "z@x.example" }],
            "address": [{ "line": ["1 High St"], "city": "Leeds", "postalCode": "LS1 4AP", "use": "home" }],
            "deceasedDateTime": "2026-01-01T10:00:00Z", "communication": [{ "language": { "coding": [{ "code": "en" }] } }],
            "meta": { "source": "https://s.example/a", "security": [{ "system": "urn:s", "code": "R" }] } }),
        json!({ "resourceType": "RiskAssessment", "status": "final", "subject": { "reference": "https://e.example/Group/1" },
            "prediction": [{ "probabilityDecimal": 0.25 }, { "probabilityRange": { "low": { "value": 0.5 }, "high": { "value": 0.75 } } }] }),
        json!({ "resourceType": "ChargeItem", "status": "billed", "subject": { "reference": "https://e.example/Patient/1" },
            "code": { "text": "x" }, "quantity": { "value": 2.5 }, "factorOverride": 0.8,
            "priceOverride": { "value": 12.5, "currency": "GBP" }, "enteredDate": "2026-03" }),
        json!({ "resourceType": "ActivityDefinition", "status": "draft", "url": "https://a.example/def", "version": "1",
            "useContext": [{ "code": { "system": "urn:u", "code": "age" }, "valueRange": { "low": { "value": 1, "unit": "a" } } }],
            "effectivePeriod": { "start": "2020" }, "library": ["https://a.example/lib|2"] }),
        json!({ "resourceType": "Observation", "status": "final", "code": { "coding": [{ "system": "http://loinc.org", "code": "8867-4" }] },
            "subject": { "identifier": { "system": "urn:n", "value": "9" } }, "effectiveTiming": { "event": ["2026-01-01T00:00:00Z"] },
            "valueQuantity": { "value": 5, "comparator": ">", "unit": "beats", "code": "/min", "system": "http://unitsofmeasure.org" },
            "component": [{ "code": { "coding": [{ "code": "c" }] }, "valueString": "Positive, strongly" }] }),
        json!({ "resourceType": "Location", "status": "active", "name": "Ward", "position": { "latitude": 1.5, "longitude": 2.5 } }),
    ]
}

#[test]
fn every_value_of_a_resource_finds_it() {
    on_both(|record, _| async move {
        let changes = corpus().into_iter().map(create).collect();
        let receipt = commit(&record, changes).await;
        let mut searched = 0;
        for outcome in &receipt.outcomes {
            let resource = Resource::parse(outcome.body.as_deref().unwrap().as_bytes()).unwrap();
            for parameter in search_parameter::of(resource.resource_type()) {
                for value in search_parameter::values(parameter, &resource) {
                    if matches!(value, IndexValue::Token { .. })
                        && parameter.kind == Kind::Reference
                    {
                        let name = format!("{}:identifier", parameter.name);
                        let found = answered(
                            &record,
                            resource.resource_type(),
                            &name,
                            &as_written(&value),
                        )
                        .await;
                        assert_eq!(found, 1, "{name} {value:?}");
                        continue;
                    }
                    let written = match (parameter.name, &value) {
                        ("phonetic", _) => continue,
                        (_, value) => as_written(value),
                    };
                    let found =
                        answered(&record, resource.resource_type(), parameter.name, &written).await;
                    assert_eq!(found, 1, "{}={written} of {}", parameter.name, outcome.key);
                    searched += 1;
                }
            }
        }
        assert!(searched > 50, "{searched}");
    });
}

#[test]
fn what_is_written_to_do_harm_does_none() {
    const HARM: [&str; 9] = [
        "' OR 1=1 --",
        "'; DROP TABLE version; --",
        "\" OR \"\"=\"",
        "a') UNION SELECT 1,2 --",
        "\\'; SELECT pg_sleep(9); --",
        "%' --",
        "a\u{0000}b",
        "$1 ?1 ?2",
        "\u{202e}\u{10ffff}",
    ];
    on_both(|record, _| async move {
        let one =
            json!({ "resourceType": "Patient", "id": "kept", "name": [{ "family": "Smith" }] });
        let key = "Patient/kept".parse().unwrap();
        commit(&record, vec![crate::tests::suite::update(&key, one, None)]).await;
        let names = [
            "family",
            "family:exact",
            "family:contains",
            "identifier",
            "identifier:of-type",
            "identifier:text",
            "gender:not",
            "birthdate",
            "_lastUpdated",
            "_id",
            "organization",
            "organization:identifier",
            "organization.name",
            "_profile",
            "_profile:below",
            "_profile:above",
            "_tag",
            "_text",
            "_content",
            "_filter",
            "_list",
            "_sort",
            "_include",
            "_revinclude",
            "_has:Observation:patient:value-quantity",
            "_has:Observation:patient:code",
            "phonetic",
            "_count",
            "_total",
            "_summary",
            "_elements",
            "_page",
            "_asOf",
        ];
        for harm in HARM {
            for name in names {
                for (name, value) in [
                    (name.to_owned(), harm.to_owned()),
                    (format!("{name}{harm}"), "a".to_owned()),
                    (name.to_owned(), format!("ge2020{harm}")),
                    (name.to_owned(), format!("5|{harm}|{harm}")),
                    ("_filter".to_owned(), format!("family co \"{harm}\"")),
                ] {
                    let pairs = [(name.clone(), value.clone())];
                    let Ok(query) = Query::parse(ResourceType::PATIENT, &pairs) else {
                        continue;
                    };
                    let answer = record
                        .search(&operator(&record), &query, &Page::First(At::Now))
                        .await;
                    match answer {
                        Ok(found) => {
                            let is_not = name.contains(":not")
                                || ["_content", "_elements"].contains(&name.as_str());
                            assert!(found.matches.is_empty() || is_not, "{name}={value}");
                        }
                        Err(ReadError::Unreadable { .. } | ReadError::NoSuchMoment { .. }) => {}
                        Err(error) => panic!("{name}={value}: {error:?}"),
                    }
                }
            }
        }
        assert_eq!(
            answered(&record, ResourceType::PATIENT, "family", "smith").await,
            1
        );
    });
}
