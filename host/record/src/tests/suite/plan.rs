//! How the databases go about searches: by which index, and never through a whole table.
//!
//! Invariant: what a patient's page asks touches that patient's rows only.

use serde_json::json;

use crate::Record;
use crate::clock::Written;
use crate::search::plan::Ordered;
use crate::store::Place;
use crate::store::statement::{Bound, Dialect, Statement, Wanted, select};
use crate::tests::suite::{NOON_MS, commit, create, grounds, query, runtime, update};

const PATIENTS: usize = 60;
const RESULTS_EACH: usize = 80;
/// Below it a table is small; those about all patients cost ten times as much to read here.
const COST_OF_A_FEW_PAGES: f64 = 10.0;

/// Searches that may not go through a whole table.
const ASKED: &[&str] = &[
    "Observation?patient=p7&code=http://loinc.org|c3",
    "Observation?patient=p7&code=c3",
    "Observation?patient=p7&_sort=-date",
    "Observation?patient=p7&code=c3&_sort=-date",
    "Observation?patient=p7",
    "Observation?subject=Patient/p7&date=ge2026-01-10",
    "Observation?patient=p7&value-quantity=gt5",
    "Observation?patient=p7&status=final",
    "Observation?patient=p7&code:not=c3",
    "Observation?patient=p7&code:text=c3",
    "Observation?patient=p7&_lastUpdated=ge2026",
    "Observation?patient=p7&code-value-quantity=c3$gt5",
    "Observation?patient=p7&_filter=code eq c3 or value-quantity gt 7",
    "Observation?patient.identifier=urn:n|7",
    "Observation?patient.identifier=urn:n|7&code=c3",
    "Observation?subject:Patient.name=name7",
    "Patient?identifier=urn:n|7",
    "Patient?_id=p7",
    "Patient?family=name7",
    "Patient?_id=p7&_has:Observation:patient:code=c3",
];

async fn filled(record: &Record) {
    for patient in 0..PATIENTS {
        let id = format!("p{patient}");
        let key = format!("Patient/{id}").parse().unwrap();
        let person = json!({ "resourceType": "Patient", "id": id, "name": [{ "family": format!("Name{patient}") }],
            "identifier": [{ "system": "urn:n", "value": patient.to_string() }] });
        let mut changes = vec![update(&key, person, None)];
        for result in 0..RESULTS_EACH {
            changes.push(create(json!({
                "resourceType": "Observation", "status": "final", "subject": { "reference": format!("Patient/{id}") },
                "code": { "coding": [{ "system": "http://loinc.org", "code": format!("c{}", result % 10) }] },
                "effectiveDateTime": format!("2026-01-{:02}", 1 + result % 28), "valueQuantity": { "value": result % 9 }
            })));
        }
        commit(record, changes).await;
    }
}

async fn statements(record: &Record, asked: &str, dialect: Dialect) -> Vec<Statement> {
    let query = query(asked);
    let ready = record
        .ready(&query, record.current_t(), None)
        .await
        .unwrap();
    let mut plan = ready.plan;
    plan.n_max = 21;
    if let Ordered::Indexed(order) = ready.ordered {
        plan.order = order;
    }
    let arms = plan.arms.clone();
    arms.iter()
        .map(|arm| select(dialect, &plan, arm, Wanted::Rows))
        .collect()
}

#[test]
fn no_search_about_one_patient_goes_through_a_whole_table() {
    let runtime = runtime();
    for ground in grounds() {
        runtime.block_on(async {
            let clock = std::sync::Arc::new(Written::at_ms(NOON_MS));
            let record = Record::open(&ground.place, clock).await.unwrap();
            filled(&record).await;
            match &ground.place {
                Place::Sqlite(folder) => {
                    let path = folder.join("record.sqlite");
                    for asked in ASKED {
                        for statement in statements(&record, asked, Dialect::Sqlite).await {
                            on_sqlite(&path, asked, &statement);
                        }
                    }
                }
                Place::Postgres(url) => on_postgres(&record, url).await,
            }
            record.close().await;
        });
    }
}

fn on_sqlite(path: &std::path::Path, asked: &str, statement: &Statement) {
    let connection = rusqlite::Connection::open(path).unwrap();
    let sql = format!("EXPLAIN QUERY PLAN {}", statement.sql);
    let mut explain = connection.prepare(&sql).unwrap();
    let steps: Vec<String> = explain
        .raw_query()
        .mapped(|row| row.get(3))
        .collect::<Result<_, _>>()
        .unwrap();
    let whole = steps.iter().find(|step| {
        step.starts_with("SCAN")
            && !step.contains("json_each")
            && !step.contains("CONSTANT ROW")
            && !step.contains("SUBQUERY")
    });
    assert!(whole.is_none(), "{asked}\n{}\n{steps:#?}", statement.sql);
}

fn literal(value: &Bound) -> String {
    match value {
        Bound::Int(value) => format!("({value})::bigint"),
        Bound::Real(value) => format!("({value:?})::double precision"),
        Bound::Text(value) => format!("'{}'", value.replace('\'', "''")),
        Bound::Ints(values) => {
            let values: Vec<String> = values.iter().map(i64::to_string).collect();
            format!("'{{{}}}'", values.join(","))
        }
    }
}

/// What PostgreSQL expects a step to cost, in reads of a page.
fn cost(step: &str) -> f64 {
    let (_, costs) = step.split_once("..").unwrap();
    costs.split_once(' ').unwrap().0.parse().unwrap()
}

async fn on_postgres(record: &Record, url: &str) {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls)
        .await
        .unwrap();
    let driver = tokio::spawn(connection);
    client.batch_execute("ANALYZE").await.unwrap();
    for asked in ASKED {
        for statement in statements(record, asked, Dialect::Postgres).await {
            let mut sql = statement.sql.clone();
            // From the last, so that `$1` is not found in `$12`.
            for (at, value) in statement.values.iter().enumerate().rev() {
                sql = sql.replace(&format!("${}", at + 1), &literal(value));
            }
            let rows = client.query(&format!("EXPLAIN {sql}"), &[]).await.unwrap();
            let steps: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
            let whole = steps.iter().find(|step| {
                // Texts and keys are so few here that PostgreSQL rightly reads them all, as it does a partition of a few pages.
                ["version", "index_term", "index_date", "index_amount"]
                    .iter()
                    .any(|table| step.contains(&format!("Seq Scan on {table}")))
                    && cost(step) > COST_OF_A_FEW_PAGES
            });
            assert!(whole.is_none(), "{asked}\n{sql}\n{steps:#?}");
        }
    }
    drop(client);
    driver.abort();
}
