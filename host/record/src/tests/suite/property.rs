//! Random operations: a search as of any commit finds what a look at every body as of that commit finds.
//!
//! Invariant: the model knows nothing of indexes.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::Record;
use crate::log::{At, T};
use crate::proposal::Change;
use crate::search::{Found, Page};
use crate::tests::suite::{commit, found, grounds, update};

/// One random operation on one of few resources.
#[derive(Clone, Debug)]
enum Operation {
    Write {
        id: u8,
        patient: u8,
        code: u8,
        value: u8,
        day: Option<u8>,
    },
    Delete {
        id: u8,
    },
}

fn operation() -> impl Strategy<Value = Operation> {
    let write = (
        0..6_u8,
        0..2_u8,
        0..3_u8,
        0..4_u8,
        proptest::option::of(1..5_u8),
    )
        .prop_map(|(id, patient, code, value, day)| Operation::Write {
            id,
            patient,
            code,
            value,
            day,
        });
    prop_oneof![4 => write, 1 => (0..6_u8).prop_map(|id| Operation::Delete { id })]
}

/// What the model knows of an observation.
type Facts = (u8, u8, u8, Option<u8>);

fn body(id: &str, (patient, code, value, day): Facts) -> Value {
    let mut body = json!({
        "resourceType": "Observation", "id": id, "status": "final",
        "code": { "coding": [{ "system": "urn:c", "code": format!("c{code}") }] },
        "subject": { "reference": format!("Patient/p{patient}") },
        "valueQuantity": { "value": value }
    });
    if let Some(day) = day {
        body["effectiveDateTime"] = json!(format!("2026-01-{day:02}"));
    }
    body
}

async fn carry_out(record: &Record, operations: &[Operation], prefix: &str) {
    let mut model: BTreeMap<String, Facts> = BTreeMap::new();
    let mut past = Vec::new();
    for operation in operations {
        let (id, change) = match operation {
            Operation::Write {
                id,
                patient,
                code,
                value,
                day,
            } => {
                let id = format!("{prefix}o{id}");
                let facts = (*patient, *code, *value, *day);
                model.insert(id.clone(), facts);
                let key = format!("Observation/{id}").parse().unwrap();
                let change = update(&key, body(&id, facts), None);
                (id, change)
            }
            Operation::Delete { id } => {
                let id = format!("{prefix}o{id}");
                if model.remove(&id).is_none() {
                    continue;
                }
                let key = format!("Observation/{id}").parse().unwrap();
                (id, Change::Delete { key, seen: None })
            }
        };
        let t = commit(record, vec![change]).await.t;
        past.push((t, model.clone(), id));
    }
    for (t, model, _) in &past {
        check(record, *t, model, prefix).await;
    }
}

async fn check(record: &Record, t: T, model: &BTreeMap<String, Facts>, prefix: &str) {
    type Holds = fn(&Facts) -> bool;
    let searches: [(&str, Holds); 10] = [
        ("Observation?_count=1000", |_| true),
        (
            "Observation?code=urn:c|c1&_count=1000",
            |(_, code, _, _)| *code == 1,
        ),
        ("Observation?patient=p0&_count=1000", |(patient, ..)| {
            *patient == 0
        }),
        (
            "Observation?patient=p1&code=c0,c2&_count=1000",
            |(patient, code, ..)| *patient == 1 && *code != 1,
        ),
        (
            "Observation?subject=Patient/p0&date=ge2026-01-03&_count=1000",
            |(patient, _, _, day)| *patient == 0 && day.is_some_and(|day| day >= 3),
        ),
        (
            "Observation?date:missing=true&_count=1000",
            |(_, _, _, day)| day.is_none(),
        ),
        ("Observation?code:not=c1&_count=1000", |(_, code, _, _)| {
            *code != 1
        }),
        (
            "Observation?value-quantity=ge2&_count=1000",
            |(_, _, value, _)| *value >= 2,
        ),
        (
            "Observation?date=lt2026-01-03&code=c0&_count=1000",
            |(_, code, _, day)| *code == 0 && day.is_some_and(|day| day < 3),
        ),
        (
            "Observation?patient=p0&_sort=-date&_count=1000",
            |(patient, ..)| *patient == 0,
        ),
    ];
    for (asked, holds) in searches {
        let found = found(record, asked, &Page::First(At::Commit(t))).await;
        let ours = found
            .matches
            .iter()
            .filter(|stored| stored.key.id.as_str().starts_with(prefix));
        let in_order: Vec<&str> = ours.map(|stored| stored.key.id.as_str()).collect();
        let mut ids = in_order.clone();
        ids.sort_unstable();
        let expected: Vec<&str> = model
            .iter()
            .filter(|(_, facts)| holds(facts))
            .map(|(id, _)| id.as_str())
            .collect();
        assert_eq!(ids, expected, "{asked} at {t}");
        in_order_and_whole(asked, &found, &in_order, model);
    }
}

fn in_order_and_whole(
    asked: &str,
    found: &Found,
    in_order: &[&str],
    model: &BTreeMap<String, Facts>,
) {
    if asked.contains("_sort=-date") {
        let days: Vec<i16> = in_order
            .iter()
            .map(|id| model[*id].3.map_or(-1, i16::from))
            .collect();
        assert!(days.is_sorted_by(|a, b| a >= b), "{asked}: {days:?}");
    }
    for stored in &found.matches {
        if let Some(facts) = model.get(stored.key.id.as_str()) {
            let body: Value = serde_json::from_str(stored.body.as_deref().unwrap()).unwrap();
            assert_eq!(
                body["code"]["coding"][0]["code"],
                json!(format!("c{}", facts.1)),
                "{asked}"
            );
        }
    }
}

#[test]
fn a_search_as_of_t_is_a_look_at_the_bodies_as_of_t() {
    let runtime = crate::tests::suite::runtime();
    for ground in grounds() {
        let clock = std::sync::Arc::new(crate::clock::Written::at_ms(crate::tests::suite::NOON_MS));
        let record = runtime
            .block_on(Record::open(&ground.place, clock))
            .unwrap();
        runtime.block_on(async {
            for id in ["p0", "p1"] {
                let key = format!("Patient/{id}").parse().unwrap();
                commit(
                    &record,
                    vec![update(
                        &key,
                        json!({ "resourceType": "Patient", "id": id }),
                        None,
                    )],
                )
                .await;
            }
        });
        let cases = std::sync::atomic::AtomicU32::new(0);
        let mut runner = TestRunner::new(Config {
            cases: 12,
            max_shrink_iters: 40,
            failure_persistence: None,
            ..Config::default()
        });
        let operations = proptest::collection::vec(operation(), 1..24);
        runner
            .run(&operations, |operations| {
                let case = cases.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                runtime.block_on(carry_out(&record, &operations, &format!("case{case}-")));
                Ok(())
            })
            .unwrap_or_else(|error| panic!("on {}: {error}", ground.name));
        runtime.block_on(record.close());
    }
}
