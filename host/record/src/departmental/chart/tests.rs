//! What a chart shows, and what it does not.
//!
//! Invariant: another patient's resource and one that was never there give the same answer.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use serde_json::Value;

use crate::Record;
use crate::departmental::grant::{Given, Grants};
use crate::departmental::tests::{Ward, manifest, observation, put};
use crate::departmental::{Chart, Failure};
use crate::limits::{CHART_CALLS_MAX, NOTES_MAX};
use crate::tests::on_both_databases;

on_both_databases! {
    reads_by_case,
    where_nothing_is_granted_nothing_is_read,
    a_chart_stands_still_while_the_record_goes_on,
    a_search_turns_its_pages_within_the_patient_and_the_moment,
    a_page_of_another_moment_is_refused,
    calls_notes_and_packs_are_bounded,
}

async fn chart(ward: &Ward, patient: Option<&str>) -> Chart {
    let call = ward.call(&manifest("pathology", "1.0.0"), patient);
    Chart::with_everything_given(&ward.record, &ward.clinician, &call)
}

fn said(answer: &Result<String, Failure>) -> &str {
    answer
        .as_ref()
        .map_or_else(|failure| failure.code.as_str(), |_| "read")
}

async fn reads_by_case(record: Record) {
    let ward = Ward::on(&record).await;
    let chart = chart(&ward, Some("p1")).await;
    for (reference, answer) in [
        ("Observation/o1", "read"),
        ("Observation/o2", "not-found"),
        ("Observation/never", "not-found"),
        ("Patient/p1", "read"),
        ("Patient/p2", "not-found"),
        ("Practitioner/d1", "read"),
        ("Condition/c1", "not-granted"),
        ("Basic/enablement-1", "not-granted"),
        ("Observation", "invalid"),
        ("Observation/o1/_history/1", "invalid"),
        ("https://example.org/Observation/o1", "invalid"),
    ] {
        assert_eq!(said(&chart.read(reference).await), answer, "{reference}");
    }
    let foreign = chart.read("Observation/o2").await.unwrap_err();
    let unknown = chart.read("Observation/o9").await.unwrap_err();
    assert_eq!(foreign.detail.replace("o2", "o9"), unknown.detail);
    let nobodys = super::tests::chart(&ward, None).await;
    assert_eq!(said(&nobodys.read("Observation/o1").await), "not-granted");
    assert_eq!(said(&nobodys.read("Practitioner/d1").await), "read");
}

async fn where_nothing_is_granted_nothing_is_read(record: Record) {
    let ward = Ward::on(&record).await;
    let call = ward.call(&manifest("pathology", "1.0.0"), Some("p1"));
    let nothing = Grants::of(
        &call.release.manifest,
        &Given::default(),
        ward.clinician.role(),
    );
    let chart = Chart::new(&record, &ward.clinician, &call, nothing);
    let before = record.store().leaves(0, 1_000).await.unwrap().len();
    for reference in ["Observation/o1", "Patient/p1", "Practitioner/d1"] {
        assert_eq!(said(&chart.read(reference).await), "not-granted");
    }
    for query in ["Observation", "Observation?_include=Observation:subject"] {
        assert_eq!(said(&chart.search(query).await), "not-granted");
    }
    assert_eq!(said(&chart.rows("results", "{}").await), "not-granted");
    let after = record.store().leaves(0, 1_000).await.unwrap().len();
    assert_eq!(after, before, "nothing was looked at");
}

async fn a_chart_stands_still_while_the_record_goes_on(record: Record) {
    let ward = Ward::on(&record).await;
    let chart = chart(&ward, Some("p1")).await;
    ward.write(vec![
        put(observation("o1", "p1", 99.0)),
        put(observation("o3", "p1", 1.0)),
    ])
    .await;
    let before: Value = serde_json::from_str(&chart.read("Observation/o1").await.unwrap()).unwrap();
    assert_eq!(before["meta"]["versionId"], "1");
    assert_eq!(said(&chart.read("Observation/o3").await), "not-found");
    let found: Value = serde_json::from_str(&chart.search("Observation").await.unwrap()).unwrap();
    assert_eq!(found["entry"].as_array().unwrap().len(), 1);
}

async fn a_search_turns_its_pages_within_the_patient_and_the_moment(record: Record) {
    let ward = Ward::on(&record).await;
    let more = (0..5).flat_map(|n| {
        [
            put(observation(&format!("a{n}"), "p1", 1.0)),
            put(observation(&format!("b{n}"), "p2", 1.0)),
        ]
    });
    ward.write(more.collect()).await;
    let chart = chart(&ward, Some("p1")).await;
    ward.write(vec![put(observation("late", "p1", 1.0))]).await;
    let mut ids = Vec::new();
    let mut next = Some("Observation?code=http://loinc.org|2160-0&_count=2".to_owned());
    while let Some(query) = next {
        let page: Value = serde_json::from_str(&chart.search(&query).await.unwrap()).unwrap();
        assert_eq!(page["type"], "searchset");
        let entries = page["entry"].as_array().unwrap();
        assert!(entries.len() <= 2);
        ids.extend(
            entries
                .iter()
                .map(|entry| entry["resource"]["id"].as_str().unwrap().to_owned()),
        );
        next = page["link"][0]["url"].as_str().map(str::to_owned);
    }
    ids.sort();
    assert_eq!(ids, ["a0", "a1", "a2", "a3", "a4", "o1"]);
    let none: Value =
        serde_json::from_str(&chart.search("Observation?code=none").await.unwrap()).unwrap();
    assert!(none.get("entry").is_none());
}

async fn a_page_of_another_moment_is_refused(record: Record) {
    let ward = Ward::on(&record).await;
    ward.write(vec![put(observation("a1", "p1", 1.0))]).await;
    let early = chart(&ward, Some("p1")).await;
    ward.write(vec![put(observation("a2", "p1", 1.0))]).await;
    let late = chart(&ward, Some("p1")).await;
    let page: Value =
        serde_json::from_str(&late.search("Observation?_count=1").await.unwrap()).unwrap();
    let next = page["link"][0]["url"].as_str().unwrap();
    let crossed = early.search(next).await;
    assert_eq!(said(&crossed), "invalid", "{crossed:?}");
    assert_eq!(
        said(&late.search("Observation?_count=1&_page=made-up").await),
        "invalid"
    );
}

async fn calls_notes_and_packs_are_bounded(record: Record) {
    let ward = Ward::on(&record).await;
    let chart = chart(&ward, Some("p1")).await;
    assert_eq!(chart.pack("aki").unwrap(), r#"{"days":7}"#);
    assert_eq!(chart.pack("other").unwrap_err().code, "not-found");
    for _ in 2..CHART_CALLS_MAX {
        assert!(chart.pack("aki").is_ok());
    }
    assert_eq!(chart.pack("aki").unwrap_err().code, "limit");
    assert_eq!(said(&chart.read("Observation/o1").await), "limit");
    for _ in 0..=NOTES_MAX {
        chart.note("shout", &"a\nb".repeat(1_000));
    }
    let notes = chart.notes();
    assert_eq!(notes.len(), NOTES_MAX);
    assert_eq!(notes[0].level, "information");
    assert!(notes[0].message.chars().count() <= 500 && !notes[0].message.contains('\n'));
}
