//! Rows of views: what is given, in which order, as of when, and what is not granted.
//!
//! Invariant: nothing of another patient, and nothing that the view does not name, is in any answer.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::Record;
use crate::caller::Role;
use crate::departmental::grant::{Given, Grants};
use crate::departmental::tests::{Ward, caller, manifest, observation, put};
use crate::departmental::{Chart, Failure};
use crate::proposal::Change;
use crate::tests::on_both_databases;

on_both_databases! {
    rows_by_case,
    what_is_refused_by_case,
    rows_stand_still_while_the_record_goes_on,
    what_was_found_before_is_given_only_while_nothing_has_changed,
    what_is_not_granted_is_not_told,
    pages_of_a_view_that_leaves_resources_out_are_full,
}

fn results() -> Value {
    json!({
        "id": "results", "title": "Results", "reason": "To draw what is known", "search": ["code", "date"],
        "view": {
            "resource": "Observation",
            "select": [{ "column": [
                { "name": "id", "path": "getResourceKey()" },
                { "name": "code", "path": "code.coding.first().code", "type": "code" },
                { "name": "at", "path": "effective.ofType(dateTime)", "type": "dateTime" },
                { "name": "value", "path": "value.ofType(Quantity).value", "type": "decimal" },
                { "name": "notes", "path": "note.text", "collection": true },
            ] }],
        },
    })
}

fn high() -> Value {
    json!({
        "id": "high", "title": "High", "reason": "To draw what is high",
        "view": {
            "resource": "Observation",
            "where": [{ "path": "value.ofType(Quantity).value > 100" }],
            "select": [{ "column": [{ "name": "value", "path": "value.ofType(Quantity).value" }] }],
        },
    })
}

fn with_views() -> Value {
    let mut manifest = manifest("pathology", "1.0.0");
    manifest["views"] = json!([results(), high()]);
    manifest
}

async fn chart(ward: &Ward, patient: Option<&str>) -> Chart {
    let call = ward.call(&with_views(), patient);
    Chart::with_everything_given(&ward.record, &ward.clinician, &call)
}

/// An observation of p1 with its own code, moment and value, if it has one.
fn one(id: &str, code: &str, at: &str, value: Option<f64>) -> Change {
    let mut it = observation(id, "p1", value.unwrap_or_default());
    it["code"]["coding"][0]["code"] = json!(code);
    it["effectiveDateTime"] = json!(at);
    if value.is_none() {
        it.as_object_mut().unwrap().remove("valueQuantity");
    }
    put(it)
}

/// p1 has o1 of 20 November, o3 to o6 besides; p2 has o2.
async fn ward(record: &Record) -> Ward {
    let ward = Ward::on(record).await;
    ward.write(vec![
        one("o3", "2160-0", "2026-11-19T23:30:00-02:00", Some(90.5)),
        one("o4", "2160-0", "2026-11-18", Some(110.0)),
        one("o5", "718-7", "2026-11-21T08:00:00Z", Some(9.0)),
        one("o6", "718-7", "2026-11-17T08:00:00Z", None),
    ])
    .await;
    ward
}

fn read(answer: &Result<String, Failure>) -> Value {
    serde_json::from_str(answer.as_ref().unwrap()).unwrap()
}

/// The first column of every row, and whether there is more.
fn first(answer: &Value) -> String {
    let cell = |row: &Value| {
        row[0]
            .to_string()
            .replace('"', "")
            .replace("Observation/", "")
    };
    let cells: Vec<String> = answer["values"]
        .as_array()
        .unwrap()
        .iter()
        .map(cell)
        .collect();
    let more = if answer["more"] == json!(true) {
        " …"
    } else {
        ""
    };
    format!("{}{more}", cells.join(" "))
}

async fn rows_by_case(record: Record) {
    let ward = ward(&record).await;
    let chart = chart(&ward, Some("p1")).await;
    let by_value = json!([{ "column": "value" }]);
    for (asked, rows) in [
        (json!({ "order": [{ "column": "id" }] }), "o1 o3 o4 o5 o6"),
        (json!({ "order": by_value }), "o5 o1 o3 o4 o6"),
        (
            json!({ "order": [{ "column": "value", "descending": true }] }),
            "o4 o3 o1 o5 o6",
        ),
        (json!({ "order": [{ "column": "at" }] }), "o6 o4 o3 o1 o5"),
        (
            json!({ "order": [{ "column": "code", "descending": true }, { "column": "value" }] }),
            "o5 o6 o1 o3 o4",
        ),
        (json!({ "order": by_value, "count": 2 }), "o5 o1 …"),
        (
            json!({ "order": by_value, "offset": 2, "count": 2 }),
            "o3 o4 …",
        ),
        (json!({ "order": by_value, "offset": 4, "count": 2 }), "o6"),
        (json!({ "order": by_value, "offset": 9 }), ""),
        (json!({ "search": "_sort=-date" , "count": 2 }), "o5 o1 …"),
        (
            json!({ "search": "code=http://loinc.org|718-7&_sort=date" }),
            "o6 o5",
        ),
        (
            json!({ "search": "date=ge2026-11-20&_sort=date" }),
            "o3 o1 o5",
        ),
        (
            json!({ "where": [{ "column": "value", "from": 90, "until": 110 }] }),
            "o3",
        ),
        (
            json!({ "where": [{ "column": "value", "from": 90.5 }], "order": by_value }),
            "o3 o4",
        ),
        (
            json!({ "where": [{ "column": "code", "in": ["718-7", "x"] }], "order": by_value }),
            "o5 o6",
        ),
        (
            json!({ "where": [{ "column": "value", "absent": true }] }),
            "o6",
        ),
        (
            json!({ "where": [{ "column": "value", "absent": false }], "order": by_value }),
            "o5 o1 o3 o4",
        ),
        (
            json!({ "where": [{ "column": "at", "from": "2026-11-20", "until": "2026-11-21" }], "order": by_value }),
            "o1 o3",
        ),
    ] {
        let answer = chart.rows("results", &asked.to_string()).await;
        assert_eq!(first(&read(&answer)), rows, "{asked}");
        let again = chart.rows("results", &asked.to_string()).await;
        assert_eq!(again, answer, "{asked}: what was made before is the same");
    }
    let answer = read(
        &chart
            .rows("results", r#"{"search":"code=718-7&_sort=date"}"#)
            .await,
    );
    assert_eq!(answer["rows"], json!(1));
    assert_eq!(
        answer["columns"],
        json!(["id", "code", "at", "value", "notes"])
    );
    assert_eq!(
        answer["values"][1],
        json!(["Observation/o5", "718-7", "2026-11-21T08:00:00Z", 9.0, []])
    );
}

async fn what_is_refused_by_case(record: Record) {
    let ward = ward(&record).await;
    let chart = chart(&ward, Some("p1")).await;
    for (view, asked, refusal) in [
        ("results", "{", "invalid: parameters: EOF"),
        ("results", r#"{"sort":[]}"#, "invalid: sort: unknown field"),
        (
            "results",
            r#"{"where":[{"column":"colour","absent":true}]}"#,
            "invalid: where[0].column: the view has no such column; it has id, code",
        ),
        (
            "results",
            r#"{"where":[{"column":"value"}]}"#,
            "invalid: where[0]: write `in`",
        ),
        (
            "results",
            r#"{"where":[{"column":"value","in":[{}]}]}"#,
            "invalid: where[0].in: write a text",
        ),
        (
            "results",
            r#"{"where":[{"column":"at","from":"soon"}]}"#,
            "invalid: where[0].from: write a date",
        ),
        (
            "results",
            r#"{"order":[{"column":"notes"}]}"#,
            "invalid: order[0].column: the column holds lists",
        ),
        (
            "results",
            r#"{"count":1000000}"#,
            "limit: `count` is at most 10000",
        ),
        ("results", r#"{"offset":-1}"#, "invalid: offset: "),
        (
            "results",
            r#"{"search":"status=final"}"#,
            "not-granted: search: the view results is not found by `status`",
        ),
        (
            "results",
            r#"{"search":"_sort=status"}"#,
            "not-granted: search: the view results is not found by `status`",
        ),
        (
            "results",
            r#"{"search":"subject:Patient.name=x"}"#,
            "invalid: search: write conditions",
        ),
        (
            "results",
            r#"{"search":"_include=Observation:subject"}"#,
            "invalid: search: write conditions",
        ),
        (
            "results",
            r#"{"search":"_asOf=1"}"#,
            "invalid: search: write conditions",
        ),
        (
            "results",
            r#"{"search":"_count=5"}"#,
            "invalid: search: write conditions",
        ),
        ("results", r#"{"search":"colour=red"}"#, "invalid: search: "),
        (
            "colours",
            "{}",
            "not-granted: the view colours is not in the manifest",
        ),
    ] {
        let refused = chart.rows(view, asked).await.unwrap_err();
        let refused = format!("{}: {}", refused.code, refused.detail);
        assert!(refused.starts_with(refusal), "{asked}: {refused}");
    }
    let long = format!(r#"{{"search":"{}"}}"#, "x".repeat(20_000));
    assert_eq!(
        chart.rows("results", &long).await.unwrap_err().code,
        "limit"
    );
    let nobodys = self::chart(&ward, None).await;
    assert_eq!(
        nobodys.rows("results", "{}").await.unwrap_err().code,
        "not-granted"
    );
}

async fn rows_stand_still_while_the_record_goes_on(record: Record) {
    let ward = ward(&record).await;
    let asked = r#"{"order":[{"column":"value"}]}"#;
    let before = chart(&ward, Some("p1")).await;
    let was = before.rows("results", asked).await.unwrap();
    ward.write(vec![
        put(observation("o1", "p1", 1.0)),
        put(observation("o7", "p1", 2.0)),
    ])
    .await;
    assert_eq!(before.rows("results", asked).await.unwrap(), was);
    let now = chart(&ward, Some("p1")).await.rows("results", asked).await;
    assert_eq!(first(&read(&now)), "o1 o7 o5 o3 o4 o6");
    let other = chart(&ward, Some("p2")).await.rows("results", "{}").await;
    assert_eq!(first(&read(&other)), "o2");
}

async fn what_was_found_before_is_given_only_while_nothing_has_changed(record: Record) {
    let ward = ward(&record).await;
    let by_date = r#"{"search":"_sort=date"}"#;
    let begun = chart(&ward, Some("p1")).await;
    let all = "o6 o4 o3 o1 o5";
    let key = |id: &str| format!("Observation/{id}").parse().unwrap();
    let mut moved = observation("o3", "p2", 90.5);
    moved["effectiveDateTime"] = json!("2026-11-19");
    // What is written, then what p1 and p2 have.
    let table = [
        (
            one("o8", "x", "2026-11-22", None),
            "o6 o4 o3 o1 o5 o8",
            "o2",
        ),
        (
            one("o8", "x", "2026-11-01", None),
            "o8 o6 o4 o3 o1 o5",
            "o2",
        ),
        (put(moved), "o8 o6 o4 o1 o5", "o3 o2"),
        (
            Change::Delete {
                key: key("o8"),
                seen: None,
            },
            "o6 o4 o1 o5",
            "o3 o2",
        ),
        (put(observation("o9", "p2", 1.0)), "o6 o4 o1 o5", "o3 o2 o9"),
    ];
    for (change, of_p1, of_p2) in table {
        for (patient, rows) in [("p1", all), ("p2", "o2")] {
            // Asked before, so that there is something that could be given again.
            let chart = chart(&ward, Some(patient)).await;
            let first_time = chart.rows("results", by_date).await;
            assert_eq!(chart.rows("results", by_date).await, first_time, "{rows}");
        }
        ward.write(vec![change]).await;
        for (patient, rows) in [("p1", of_p1), ("p2", of_p2)] {
            let chart = chart(&ward, Some(patient)).await;
            for _ in 0..2 {
                assert_eq!(first(&read(&chart.rows("results", by_date).await)), rows);
            }
        }
        // A call that began before sees what stood then.
        assert_eq!(first(&read(&begun.rows("results", by_date).await)), all);
    }
}

async fn what_is_not_granted_is_not_told(record: Record) {
    let ward = ward(&record).await;
    let call = ward.call(&with_views(), Some("p1"));
    let release = &call.release;
    let given = |views: &[&str]| Given {
        views: views
            .iter()
            .map(|view| (*view).to_owned())
            .collect::<BTreeSet<_>>(),
        ..Given::default()
    };
    for (views, role, answer) in [
        (&["results"][..], Role::Clinician, "rows"),
        (&["high"][..], Role::Clinician, "not-granted"),
        (&[][..], Role::Clinician, "not-granted"),
        (&["results"][..], Role::TrustAdministrator, "not-granted"),
    ] {
        let who = caller("ada", role, "RXR");
        let grants = Grants::of(&release.manifest, &given(views), role);
        let chart = Chart::new(&ward.record, &who, &call, grants);
        let said = chart.rows("results", "{}").await;
        let said = said.map_or_else(|failure| failure.code, |_| "rows".to_owned());
        assert_eq!(said, answer, "{views:?} {role}");
        // A view gives its columns and no whole resource.
        assert_eq!(
            chart.read("Observation/o1").await.unwrap_err().code,
            "not-granted"
        );
    }
}

async fn pages_of_a_view_that_leaves_resources_out_are_full(record: Record) {
    let ward = ward(&record).await;
    let mut more = Vec::new();
    for n in 0..40 {
        let value = if n % 10 == 0 { 500.0 } else { 5.0 };
        more.push(one(&format!("many-{n}"), "x", "2026-11-01", Some(value)));
    }
    ward.write(more).await;
    let chart = chart(&ward, Some("p1")).await;
    let answer = read(&chart.rows("high", r#"{"count":3}"#).await);
    assert_eq!(answer["values"].as_array().unwrap().len(), 3);
    assert_eq!(answer["more"], json!(true));
    let rest = read(&chart.rows("high", r#"{"offset":3}"#).await);
    assert_eq!(rest["values"].as_array().unwrap().len(), 2);
    assert_eq!(rest["more"], json!(false));
}
