//! What is asked of PostgreSQL looks at one partition where the compartment is known, and never goes through a whole table.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests stop at the first surprise"
)]

use std::collections::BTreeSet;
use std::sync::Arc;

use fhir::resource::{Key, ResourceType};
use fhir::search_parameter;
use serde_json::json;
use tokio_postgres::Client;
use tokio_postgres::types::ToSql;

use super::{Postgres, cluster::Cluster, scan::connect, version};
use crate::Record;
use crate::clock::Written;
use crate::index::hash;
use crate::proposal::Change;
use crate::store::plan::{Arm, Order, Plan, Term, Test};
use crate::store::row::{TYPE_SHIFT, seq_of};
use crate::store::statement::{Bound, Dialect, Wanted, select};
use crate::store::{Place, Store};
use crate::tests::suite::{NOON_MS, commit, create, operator, runtime, update};

/// Which partitions a statement looks into, and the lines of its plan.
async fn touched(
    client: &Client,
    sql: &str,
    values: &[&(dyn ToSql + Sync)],
) -> (BTreeSet<String>, Vec<String>) {
    let explain = format!("EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF) {sql}");
    let lines: Vec<String> = client
        .query(&explain, values)
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    let carried_out = lines
        .iter()
        .filter(|line| !line.contains("never executed"))
        .filter_map(|line| line.split_once(" on ").map(|(_, rest)| rest));
    let parts = carried_out
        .filter_map(|rest| rest.split(' ').next()?.rsplit_once('_'))
        .filter(|(_, part)| part.parse::<u8>().is_ok())
        .map(|(_, part)| part.to_owned())
        .collect();
    (parts, lines)
}

/// A few patients with results, two of them the other's no longer.
async fn filled(record: &Record) -> Vec<Key> {
    let mut patients = Vec::new();
    for _ in 0..12 {
        let patient = commit(record, vec![create(json!({ "resourceType": "Patient" }))])
            .await
            .outcomes[0]
            .key
            .clone();
        let results = (0..5).map(|n| create(observation(&patient, n)));
        commit(record, results.collect()).await;
        patients.push(patient);
    }
    patients
}

fn observation(patient: &Key, n: u8) -> serde_json::Value {
    json!({ "resourceType": "Observation", "status": "final", "subject": { "reference": patient.to_string() },
        "code": { "coding": [{ "system": "urn:c", "code": "c1" }] }, "effectiveDateTime": format!("2026-01-0{}", n + 1),
        "valueQuantity": { "value": n } })
}

fn plan(compartment: Option<i64>, order: Order, tests: Vec<Test>) -> Plan {
    let first = i64::from(ResourceType::OBSERVATION.number());
    Plan {
        t: 1_000,
        r_low: first << TYPE_SHIFT,
        r_high: (first + 1) << TYPE_SHIFT,
        arms: vec![Arm {
            compartment,
            outside: Vec::new(),
            tests,
        }],
        order,
        after: None,
        n_max: 20,
    }
}

async fn check_plan(client: &Client, what: &str, plan: &Plan, parts_expected: usize) {
    let statement = select(Dialect::Postgres, plan, &plan.arms[0], Wanted::Rows);
    let values: Vec<&(dyn ToSql + Sync)> = statement
        .values
        .iter()
        .map(|value| match value {
            Bound::Int(value) => value as &(dyn ToSql + Sync),
            Bound::Real(value) => value,
            Bound::Text(value) => value,
            Bound::Ints(values) => values,
        })
        .collect();
    check(client, what, &statement.sql, &values, parts_expected).await;
}

async fn check(
    client: &Client,
    what: &str,
    sql: &str,
    values: &[&(dyn ToSql + Sync)],
    parts_expected: usize,
) {
    let (parts, lines) = touched(client, sql, values).await;
    let lines = lines.join("\n");
    assert_eq!(
        parts.len(),
        parts_expected,
        "{what} looks into {parts:?}:\n{sql}\n{lines}"
    );
    assert!(!lines.contains("Seq Scan"), "{what}:\n{sql}\n{lines}");
}

#[test]
fn statements_look_where_they_have_to() {
    runtime().block_on(async {
        let cluster = Cluster::start().unwrap();
        let url = cluster.database().unwrap();
        let clock = Arc::new(Written::at_ms(NOON_MS));
        let record = Record::open(&Place::Postgres(url.clone()), clock)
            .await
            .unwrap();
        let patients = filled(&record).await;
        let patient = record.numbers_of(&patients).await.unwrap()[0].unwrap();
        let client = connect(&url, "explaining").await.unwrap();
        // Small tables are gone through because they are small; without that, because there is no index.
        client
            .batch_execute(
                "ANALYZE; SET enable_seqscan = off; SET plan_cache_mode = force_custom_plan",
            )
            .await
            .unwrap();
        searches(&client, seq_of(patient)).await;
        reads(&client, patient, seq_of(patient)).await;
        record.close().await;
    });
}

async fn searches(client: &Client, compartment: i64) {
    let code = |name: &str| {
        let parameter = search_parameter::find(ResourceType::OBSERVATION, name).unwrap();
        parameter.code.number()
    };
    let term = |name: &str, value: &str, system: Option<&str>| Test::Term {
        parameter: code(name),
        any: vec![Term {
            value: Some(hash(value)),
            system: system.map(hash),
        }],
        not: false,
    };
    let newest = Order::Date {
        parameter: code("date"),
        descending: true,
    };
    let updated = Order::Updated { descending: true };
    let date = Test::Date {
        parameter: code("date"),
        any: vec![(
            fhir::query::Comparison::GreaterOrEqual,
            NOON_MS,
            NOON_MS + 1,
        )],
    };
    let cases: [(&str, Order, Vec<Test>); 7] = [
        (
            "a code",
            Order::Place,
            vec![term("code", "c1", Some("urn:c"))],
        ),
        (
            "a code of either place",
            Order::Place,
            vec![term("combo-code", "c1", None)],
        ),
        ("the newest", newest, vec![]),
        (
            "the newest of a code",
            newest,
            vec![term("code", "c1", None)],
        ),
        ("a date", Order::Place, vec![date]),
        ("everything", Order::Place, vec![]),
        (
            "the last changed of a code",
            updated,
            vec![term("code", "c1", None)],
        ),
    ];
    for (what, order, tests) in cases {
        let within = plan(Some(compartment), order, tests.clone());
        check_plan(client, &format!("{what} of a patient"), &within, 1).await;
        let everywhere = plan(None, order, tests);
        check_plan(client, &format!("{what} of the region"), &everywhere, 16).await;
    }
}

async fn reads(client: &Client, r: i64, compartment: i64) {
    let t = 1_000_i64;
    let one: &[&(dyn ToSql + Sync)] = &[&compartment, &r, &t];
    check(client, "one version", &version::sql_of_one(), one, 1).await;
    let numbers = vec![r, r + 1, r + 2];
    let several: &[&(dyn ToSql + Sync)] = &[&compartment, &numbers, &t];
    check(
        client,
        "several versions",
        &version::sql_within(),
        several,
        1,
    )
    .await;
    let homes = vec![compartment; 3];
    let apart: &[&(dyn ToSql + Sync)] = &[&homes, &numbers, &t];
    check(
        client,
        "versions with their compartments",
        &version::sql_apart(),
        apart,
        1,
    )
    .await;
    let anywhere: &[&(dyn ToSql + Sync)] = &[&numbers, &t];
    check(
        client,
        "versions wherever they are",
        &version::sql_anywhere(),
        anywhere,
        16,
    )
    .await;
}

#[test]
fn a_wrong_belief_about_a_home_is_found_out() {
    runtime().block_on(async {
        let cluster = Cluster::start().unwrap();
        let url = cluster.database().unwrap();
        let clock = Arc::new(Written::at_ms(NOON_MS));
        let record = Record::open(&Place::Postgres(url.clone()), clock)
            .await
            .unwrap();
        let patients = filled(&record).await;
        let [one, two, ..] = patients.as_slice() else {
            panic!("there are patients")
        };
        let made = commit(&record, vec![create(observation(one, 0))]).await;
        let key = made.outcomes[0].key.clone();
        // Another host, which has seen where the resource is.
        let other = Postgres::open(&url).await.unwrap();
        let r = other.find(vec![key.clone()]).await.unwrap()[0].unwrap();
        let seen = |t: i64| {
            let other = &other;
            async move {
                let rows = other.standing(vec![r], t).await.unwrap();
                rows.into_iter()
                    .next()
                    .flatten()
                    .map(|row| (row.version, row.what))
            }
        };
        let t0 = i64::try_from(made.t.0).unwrap();
        assert_eq!(seen(t0).await, Some((1, 0)));
        // It goes to the second patient, ends there, and begins anew with the first.
        commit(&record, vec![update(&key, observation(two, 0), None)]).await;
        assert_eq!(seen(t0 + 1).await, Some((2, 1)));
        assert_eq!(seen(t0).await, Some((1, 0)));
        let end = Change::Delete {
            key: key.clone(),
            seen: None,
        };
        commit(&record, vec![end]).await;
        commit(&record, vec![update(&key, observation(one, 1), None)]).await;
        for (after, expected) in [
            (-1, None),
            (0, Some((1, 0))),
            (1, Some((2, 1))),
            (2, Some((3, 2))),
            (3, Some((4, 0))),
        ] {
            assert_eq!(seen(t0 + after).await, expected, "{after} commits later");
        }
        for version in 1..=4 {
            let row = other.version(r, version).await.unwrap().unwrap();
            assert_eq!((row.r, row.version), (r, version));
        }
        let who = operator(&record);
        let asked = crate::read::History {
            of: crate::read::HistoryOf::Instance(key),
            since: None,
            during: None,
            as_of: crate::log::At::Now,
            page: None,
            n_max: 10,
        };
        let history = record.history(&who, &asked).await.unwrap();
        let versions: Vec<u64> = history
            .versions
            .iter()
            .map(|stored| stored.version)
            .collect();
        assert_eq!(versions, [4, 3, 2, 1]);
        other.close().await.unwrap();
        record.close().await;
    });
}
