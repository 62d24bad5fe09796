//! Quality control: runs are entered about an analyser of the site and nobody, and each run has its verdict.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::bedside::{Bedside, form};
use sdk::{Parameters, Value, ViewQuery, json};

use super::findings;
use crate::Pathology;
use crate::tests::{folder, nodes};

const COLUMNS: [&str; 9] = [
    "analyser", "status", "measured", "value", "level", "mean", "sd", "lot", "note",
];

/// The laboratory with one analyser and these runs of potassium: `day value-1 value-2`, `-` for not measured.
fn laboratory(runs: &[&str]) -> Bedside {
    let asked = ViewQuery::new()
        .search("category=urn:palatine:pathology|quality-control&code=http://loinc.org|2823-3&_sort=-date")
        .count(400);
    Bedside::of(folder())
        .unwrap()
        .now("2026-11-24T14:02:00Z")
        .setting("analysers", "Chemistry 1, Chemistry  2,,Chemistry 1")
        .rows("controls", asked, &COLUMNS, &rows(runs))
        .unwrap()
}

fn rows(runs: &[&str]) -> Vec<Value> {
    let mut rows = Vec::new();
    for run in runs.iter().rev() {
        let cells: Vec<_> = run.split_whitespace().collect();
        let when = format!("2026-11-{}T07:10:00Z", cells[0]);
        for (level, mean, sd, value) in
            [(1, "4.10", "0.06", cells[1]), (2, "6.00", "0.09", cells[2])]
        {
            if value == "-" {
                continue;
            }
            let number = |text: &str| serde_json::from_str::<Value>(text).unwrap();
            rows.push(json!([
                "Chemistry 1",
                "final",
                when,
                number(value),
                level,
                number(mean),
                number(sd),
                format!("C{level}-2601"),
                null
            ]));
        }
    }
    rows
}

fn open(bedside: &Bedside) -> Value {
    let test = Parameters::default().with("test", "potassium");
    bedside.open(&Pathology, "control", &test).unwrap()
}

#[test]
fn each_run_has_its_verdict_and_the_newest_is_said_first() {
    let table = [
        (&["20 4.10 6.00", "21 4.12 6.05"][..], "Pass", None),
        (
            &["20 4.10 6.00", "21 4.23 6.00"],
            "Warn: 1-2s",
            Some(("warning", "The newest run warns")),
        ),
        (
            &["20 4.10 6.00", "21 4.29 6.00"],
            "Reject: 1-2s, 1-3s",
            Some(("prohibited", "Do not release results of the newest run")),
        ),
        (
            &["20 4.23 6.00", "21 4.23 6.00"],
            "Reject: 1-2s, 2-2s",
            Some(("prohibited", "Do not release results of the newest run")),
        ),
        (
            &["20 4.10 6.00", "21 4.25 5.80"],
            "Reject: 1-2s, R-4s",
            Some(("prohibited", "Do not release results of the newest run")),
        ),
        (&["20 4.29 6.00", "21 4.10 6.00"], "Pass", None),
    ];
    for (runs, verdict, alert) in table {
        let screen = open(&laboratory(runs));
        let said = &nodes(&screen, "table")[0]["rows"][0]["cells"][2]["text"];
        assert_eq!(said, verdict, "{runs:?}");
        let alerts = nodes(&screen, "alert");
        let first = alerts
            .first()
            .map(|it| (it["level"].as_str().unwrap(), it["title"].as_str().unwrap()));
        assert_eq!(first, alert, "{runs:?}");
    }
}

#[test]
fn a_chart_shows_each_material_against_its_own_mean_and_deviation() {
    let screen = open(&laboratory(&["19 4.1 -", "20 4.23 6.10", "21 3.91 6.28"]));
    let charts = nodes(&screen, "trend");
    assert_eq!(charts.len(), 2);
    assert_eq!(
        charts[0]["title"],
        "Chemistry control 1, level 1, lot C1-2601"
    );
    assert_eq!(
        (&charts[0]["band"]["low"], &charts[0]["band"]["high"]),
        (&json!("3.98"), &json!("4.22"))
    );
    let points = |chart: &Value| {
        let all = chart["points"].as_array().unwrap().iter();
        let said = all.map(|it| {
            let flag = it["interpretation"].as_str().unwrap_or("none");
            format!("{} {flag}", it["value"].as_str().unwrap())
        });
        said.collect::<Vec<_>>().join("; ")
    };
    assert_eq!(points(charts[0]), "4.1 none; 4.23 high; 3.91 critical-low");
    assert_eq!(points(charts[1]), "6.10 none; 6.28 critical-high");
}

#[test]
fn thirty_runs_are_drawn_and_a_run_is_judged_by_those_before_it() {
    let runs: Vec<String> = (0..31)
        .map(|n| format!("{:02} 4.11 6.01", n % 30 + 1))
        .collect();
    let mut each: Vec<&str> = runs.iter().map(String::as_str).collect();
    each.truncate(30);
    let screen = open(&laboratory(&each));
    let rows = nodes(&screen, "table")[0]["rows"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(rows.len(), 30);
    assert_eq!(rows[0]["cells"][2]["text"], "Reject: 10x");
    assert_eq!(
        rows[29]["cells"][2]["text"], "Pass",
        "four results are no ten"
    );
}

fn submit(bedside: &Bedside, action: &str, fields: Value) -> Value {
    let mut filled = form(&[]);
    filled["fields"] = fields;
    filled["parameters"] = json!({ "test": "potassium" });
    bedside
        .submit(&Pathology, "control", action, &filled)
        .unwrap()
}

#[test]
fn a_run_is_filed_about_the_analyser_and_nobody() {
    let bedside = laboratory(&["20 4.10 6.00"]);
    let fields = json!({
        "analyser": "Chemistry 1", "measured": "2026-11-24T07:05:00Z",
        "value-1": "4.120", "value-2": "6.05", "note": "Calibrated"
    });
    let outcome = submit(&bedside, "run", fields);
    let changes = outcome["proposal"]["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 2);
    let first = &changes[0]["resource"];
    assert_eq!(first["subject"]["type"], "Device");
    assert_eq!(first["subject"]["identifier"]["value"], "RXR:Chemistry 1");
    assert_eq!(first["valueQuantity"]["value"].to_string(), "4.120");
    assert_eq!(
        first["component"][1]["valueQuantity"]["value"].to_string(),
        "4.10"
    );
    assert_eq!(outcome["next"]["parameters"]["test"], "potassium");
    let is_of_a_patient = changes.iter().any(|it| it.to_string().contains("Patient/"));
    assert!(!is_of_a_patient);
}

#[test]
fn a_run_says_what_is_wrong_on_its_field() {
    let well =
        json!({ "analyser": "Chemistry 1", "measured": "2026-11-24T07:05:00Z", "value-1": "4.12" });
    let table = [
        (
            "analyser",
            json!("Chemistry 9"),
            "analyser: Select an analyser of this site.",
        ),
        (
            "measured",
            json!("2026-11-24"),
            "measured: Give a real date and time, for example 24 November 2026, 07:10.",
        ),
        (
            "measured",
            json!("2026-11-24T14:02:01Z"),
            "measured: Give a time that has passed.",
        ),
        (
            "measured",
            json!("2026-11-20T07:10:00Z"),
            "measured: This analyser has a run of this test at this time already.",
        ),
        (
            "value-1",
            json!("4,12"),
            "value-1: Give the control result as a number, for example 4.12.",
        ),
        (
            "value-1",
            json!("41.2"),
            "value-1: 41.2 mmol/L is not possible. Check the number and its unit.",
        ),
        (
            "value-1",
            json!(""),
            "value-1: Give the result of one control material at least.",
        ),
        (
            "note",
            json!("x".repeat(301)),
            "note: Write 300 characters or fewer.",
        ),
    ];
    for (field, value, expected) in table {
        let mut fields = well.clone();
        fields[field] = value;
        let outcome = submit(&laboratory(&["20 4.10 6.00"]), "run", fields);
        assert_eq!(findings(&outcome), [expected]);
        assert_eq!(outcome.get("proposal"), None);
    }
}

#[test]
fn each_analyser_that_the_site_names_has_its_own_chart() {
    let screen = open(&laboratory(&["20 4.10 6.00"]));
    let headings: Vec<_> = nodes(&screen, "card")
        .iter()
        .map(|it| it["heading"].clone())
        .collect();
    assert_eq!(headings, ["Chemistry 1", "Chemistry 2"]);
    assert!(
        screen
            .to_string()
            .contains("its quality control is not known"),
        "of the second"
    );
    let none = open(&laboratory(&[]).setting("analysers", " "));
    assert_eq!(nodes(&none, "form").len(), 0);
    assert!(
        none.to_string()
            .contains("No analyser is named for this site")
    );
}

#[test]
fn quality_control_of_which_nothing_is_recorded_is_not_known() {
    let screen = open(&laboratory(&[])).to_string();
    assert!(screen.contains("its quality control is not known"));
    let wrong = Parameters::default().with("test", "crp");
    let failure = laboratory(&[])
        .open(&Pathology, "control", &wrong)
        .unwrap_err();
    assert_eq!(failure.code, "invalid");
}
