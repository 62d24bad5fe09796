//! Every case of the AKI rule once more, as real results in a real record, judged by the component in the sandbox.
//!
//! The table is the rule's own, `plugins/pathology/cases/aki.txt`; each row is a patient of its own.

use fhir::resource::{Key, Resource};
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use record::caller::SiteCode;
use record::clock::{Clock as _, System};
use record::proposal::{Change, Proposal};
use serde_json::{Value, json};

use crate::ground::{Database, Ground, workspace};
use crate::partner::Partner;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case_of_the_rule_in_the_sandbox_on_sqlite() {
    every_case_of_the_rule(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case_of_the_rule_in_the_sandbox_on_postgres() {
    every_case_of_the_rule(Database::Postgres).await;
}

async fn every_case_of_the_rule(database: Database) {
    let ground = Ground::new(database).await;
    let table =
        std::fs::read_to_string(workspace().join("plugins/pathology/cases/aki.txt")).unwrap();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|row| row.contains('|') && !row.starts_with('#'))
        .map(|row| row.split('|').map(str::trim).collect())
        // An earlier value that cannot be right is left out of a chart, where the rule itself would refuse it.
        .filter(|cells: &Vec<&str>| !cells[0].starts_with("0@"))
        .collect();
    assert!(rows.len() > 60, "the table has its rows");
    let mut judged = Vec::new();
    for (n, cells) in rows.iter().enumerate() {
        judged.push(file(&ground, n, cells).await);
    }
    // Reactions go through the log in order: once the last row's alert is there, every other row was answered.
    let last = file(
        &ground,
        rows.len(),
        &["104@24h", "300", "umol/L", "60", "59-104", "AKI 2"],
    )
    .await;
    let mut partner = Partner::sign_in(&ground).await;
    let mut seen = ground.host.record.current();
    while alert(&mut partner, &last).await.is_none() {
        seen = ground.host.record.wait_after(seen).await;
    }
    for (cells, key) in rows.iter().zip(&judged) {
        let expected = cells[5]
            .strip_prefix("AKI ")
            .and_then(|rest| rest.chars().next());
        let expected = expected.map(|stage| format!("aki-stage-{stage}"));
        assert_eq!(
            alert(&mut partner, key).await,
            expected,
            "{}",
            cells.join(" | ")
        );
    }
    ground.host.stop().await;
}

/// Files a row's patient with all results as one commit; gives the key of the result that is judged.
async fn file(ground: &Ground, n: usize, cells: &[&str]) -> Key {
    let now = Timestamp::from_millisecond(System.now_ms()).unwrap();
    let patient = format!("Patient/aki-{n}");
    let mut person =
        json!({"resourceType": "Patient", "id": format!("aki-{n}"), "gender": "unknown"});
    if let Ok(age) = cells[3].parse::<i16>() {
        // Born on this day, so many years ago: the age holds exactly.
        let today = now.to_zoned(TimeZone::UTC).date();
        person["birthDate"] = json!(
            today
                .checked_sub(i64::from(age).years())
                .unwrap()
                .to_string()
        );
    }
    let mut changes = vec![put(person)];
    for (at, earlier) in cells[0]
        .split(',')
        .filter(|it| it.contains('@'))
        .enumerate()
    {
        let (value, ago) = earlier.trim().split_once('@').unwrap();
        let sign = if ago.starts_with('+') { -1 } else { 1 };
        let (number, unit) = ago
            .trim_start_matches('+')
            .split_at(ago.trim_start_matches('+').len() - 1);
        let hours = number.parse::<i64>().unwrap() * if unit == "h" { 1 } else { 24 };
        changes.push(put(creatinine(
            &format!("aki-{n}-{at}"),
            &patient,
            value,
            cells,
            now - (sign * hours).hours(),
        )));
    }
    let judged = format!("aki-{n}-now");
    changes.push(put(creatinine(&judged, &patient, cells[1], cells, now)));
    let laboratory = ground
        .host
        .record
        .operator(&"RXR".parse::<SiteCode>().unwrap());
    ground
        .host
        .record
        .commit(&laboratory, Proposal::direct(changes))
        .await
        .unwrap();
    format!("Observation/{judged}").parse().unwrap()
}

fn put(resource: Value) -> Change {
    let resource = Resource::from_value(resource).unwrap();
    Change::Update {
        key: resource.key().unwrap(),
        resource,
        seen: None,
        temporary: None,
    }
}

fn creatinine(id: &str, patient: &str, value: &str, cells: &[&str], at: Timestamp) -> Value {
    let quantity = |text: &str| json!({"value": serde_json::from_str::<Value>(text).unwrap(), "unit": cells[2]});
    let mut result = json!({
        "resourceType": "Observation", "id": id, "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "2160-0"}], "text": "Creatinine"},
        "subject": {"reference": patient}, "effectiveDateTime": at.to_string(), "valueQuantity": quantity(value),
    });
    if let Some((low, high)) = cells[4].split_once('-') {
        let mut range = json!({});
        for (end, text) in [("low", low), ("high", high)] {
            if !text.is_empty() {
                range[end] = quantity(text);
            }
        }
        result["referenceRange"] = json!([range]);
    }
    result
}

/// The code of the alert about a result, if there is one.
async fn alert(partner: &mut Partner, result: &Key) -> Option<String> {
    let found = partner
        .all("DetectedIssue", &format!("implicated={result}"))
        .await;
    assert!(found.len() < 2, "one alert for one result: {found:?}");
    Some(
        found.first()?["code"]["coding"][0]["code"]
            .as_str()
            .unwrap()
            .to_owned(),
    )
}
