//! Whole screens: what must be true of them whatever they look like.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::bedside::Bedside;
use sdk::{Parameters, Value, json};

use super::chart::{empty, observation, results, with_results};
use super::{nodes, words};
use crate::Pathology;

fn open(bedside: &Bedside, screen: &str, parameters: &[(&str, &str)]) -> Value {
    let parameters = parameters
        .iter()
        .fold(Parameters::default(), |all, (name, value)| {
            all.with(*name, *value)
        });
    bedside.open(&Pathology, screen, &parameters).unwrap()
}

fn row<'a>(screen: &'a Value, label: &str) -> &'a Value {
    let groups = nodes(screen, "result-grid")[0]["groups"]
        .as_array()
        .unwrap();
    let rows = groups
        .iter()
        .flat_map(|group| group["rows"].as_array().unwrap());
    rows.into_iter().find(|row| row["label"] == label).unwrap()
}

#[test]
fn the_alert_says_stage_numbers_baseline_and_review() {
    let screen = open(&with_results(), "cumulative", &[]);
    let alerts = nodes(&screen, "alert");
    assert_eq!(alerts[0]["title"], "AKI stage 2");
    assert_eq!(alerts[0]["level"], "warning");
    let said = words(alerts[0]);
    // The lowest of the week is 118; the median of the year 78 gives the higher ratio.
    assert!(said.contains("171 µmol/L is 2.19 times the baseline of 78, the median of 3 results, 8 to 365 days before"), "{said}");
    assert_eq!(alerts[1]["level"], "mandatory");
    assert!(
        words(alerts[1]).starts_with("By 2026-11-24T18:41:00Z, 6 hours after the report"),
        "{}",
        words(alerts[1])
    );
    assert!(
        nodes(&screen, "inset")
            .iter()
            .any(|it| words(it).contains("unverified"))
    );
}

#[test]
fn an_alert_of_long_ago_is_told_as_one() {
    let later = with_results().now("2027-03-01T10:00:00Z");
    let alerts = open(&later, "cumulative", &[]);
    let alerts = nodes(&alerts, "alert");
    assert_eq!(
        (&alerts[0]["level"], &alerts[0]["title"]),
        (
            &json!("information"),
            &json!("AKI stage 2 at the last creatinine")
        )
    );
    assert_eq!(alerts.len(), 1, "no review is due after so long");
}

#[test]
fn a_creatinine_that_cannot_be_judged_is_a_warning() {
    let table = [
        (
            "z | 2160-0 | 3 g/L | 2026-11-24T12:00:00Z | {}",
            "its unit g/L is not known to the rule",
        ),
        ("z | 2160-0 | 3 umol/L | 2026-11-24 | {}", "time of day"),
        (
            r#"z | 2160-0 | - - | 2026-11-24T12:00:00Z | {"valueString":"Haemolysed"}"#,
            "the result is not a number",
        ),
        (
            r#"z | 2160-0 | - - | 2026-11-24T12:00:00Z | {"valueQuantity":{"value":1500,"comparator":">","unit":"umol/L"}}"#,
            "it is only known to be at least 1500 umol/L",
        ),
        (
            "z | 2160-0 | 0 umol/L | 2026-11-24T12:00:00Z | {}",
            "creatinine must be above 0",
        ),
    ];
    for (latest, why) in table {
        let screen = open(
            &empty().with(observation(latest)).unwrap(),
            "cumulative",
            &[],
        );
        let alert = nodes(&screen, "alert")[0];
        assert_eq!(
            (&alert["level"], &alert["title"]),
            (&json!("warning"), &json!("AKI not judged")),
            "{latest}"
        );
        assert!(words(alert).contains(why), "{}", words(alert));
    }
}

#[test]
fn the_grid_shows_each_status_and_every_test() {
    let screen = open(&with_results(), "cumulative", &[]);
    let sodium = row(&screen, "Sodium")["cells"].as_array().unwrap();
    let statuses = (&sodium[0]["status"], &sodium[1]["status"]);
    assert_eq!(statuses, (&json!("corrected"), &json!("entered-in-error")));
    assert_eq!(
        sodium[1]["value"],
        Value::Null,
        "what was entered in error is not shown"
    );
    assert_eq!(sodium[1]["absent"], "not-reported");
    assert_eq!(
        row(&screen, "Haemoglobin")["cells"][0]["status"],
        "cancelled"
    );
    let potassium = row(&screen, "Potassium")["cells"].as_array().unwrap();
    let shown = (&potassium[0]["value"], &potassium[1]["interpretation"]);
    assert_eq!(shown, (&json!("5.10"), &json!("high")));
    assert_eq!(
        row(&screen, "CRP")["cells"][0]["interpretation"],
        "critical-high"
    );
    assert_eq!(
        row(&screen, "A test nobody listed")["cells"][0]["value"],
        "7"
    );
    let groups = nodes(&screen, "result-grid")[0]["groups"]
        .as_array()
        .unwrap();
    assert_eq!(groups.last().unwrap()["title"], "Other tests");
    let columns = nodes(&screen, "result-grid")[0]["columns"]
        .as_array()
        .unwrap();
    assert_eq!(
        columns.last().unwrap()["when"],
        "2026-11-24T11:20:00Z",
        "the newest is on the right"
    );
}

#[test]
fn two_results_of_one_test_at_one_time_are_both_shown() {
    let again = observation("c7 | 2160-0 | 175 umol/L | 2026-11-24T11:20:00Z | {}");
    let screen = open(&with_results().with(again).unwrap(), "cumulative", &[]);
    let cells = row(&screen, "Creatinine")["cells"]
        .as_array()
        .unwrap()
        .clone();
    let mut shown: Vec<_> = cells
        .iter()
        .filter_map(|cell| cell["value"].as_str())
        .collect();
    shown.sort_unstable();
    assert_eq!(shown, ["118", "149", "171", "175", "76", "78", "80"]);
}

#[test]
fn a_result_without_a_time_is_listed_and_one_in_another_unit_is_another_row() {
    let mut untimed = observation("u1 | 2951-2 | 140 mmol/L | 2026 | {}");
    untimed.as_object_mut().unwrap().remove("effectiveDateTime");
    let other_unit = observation("m1 | 2160-0 | 1.02 mg/dL | 2026-11-01T10:00:00Z | {}");
    let screen = open(
        &with_results().with_all([untimed, other_unit]).unwrap(),
        "cumulative",
        &[],
    );
    let table = nodes(&screen, "table")[0];
    assert_eq!(table["rows"][0]["cells"][1]["text"], "140 mmol/L");
    let groups = nodes(&screen, "result-grid")[0]["groups"]
        .as_array()
        .unwrap();
    let kidney = groups[0]["rows"].as_array().unwrap();
    let units: Vec<_> = kidney
        .iter()
        .filter(|row| row["label"] == "Creatinine")
        .map(|row| &row["unit"])
        .collect();
    assert_eq!(units, ["mg/dL", "umol/L"]);
}

#[test]
fn eight_columns_then_a_way_to_the_earlier_ones_until_all_were_seen() {
    let rows: String = (1..=20)
        .map(|day| {
            format!("s{day} | 2951-2 | 1{day:02} mmol/L | 2026-10-{day:02}T09:00:00+01:00 | {{}}\n")
        })
        .collect();
    let bedside = empty().with_all(results(&rows)).unwrap();
    let (mut before, mut seen) = (None, Vec::new());
    loop {
        let parameters: Vec<_> = before
            .iter()
            .map(|it: &String| ("before", it.as_str()))
            .collect();
        let screen = open(&bedside, "cumulative", &parameters);
        let grid = nodes(&screen, "result-grid")[0].clone();
        let columns = grid["columns"].as_array().unwrap();
        assert!(columns.len() <= 8);
        seen.extend(
            row(&screen, "Sodium")["cells"]
                .as_array()
                .unwrap()
                .iter()
                .map(|cell| cell["value"].as_str().unwrap().to_owned()),
        );
        match grid["earlier"]["parameters"]["before"].as_str() {
            Some(earlier) => before = Some(earlier.to_owned()),
            None => break,
        }
    }
    seen.sort();
    let all: Vec<_> = (1..=20).map(|day| format!("1{day:02}")).collect();
    assert_eq!(seen, all, "each result on exactly one page");
}

#[test]
fn what_cannot_be_opened_says_why() {
    let bedside = with_results();
    let fails = |screen: &str, parameters: Parameters| {
        bedside.open(&Pathology, screen, &parameters).unwrap_err()
    };
    assert_eq!(fails("trend", Parameters::default()).code, "invalid");
    let before = fails(
        "cumulative",
        Parameters::default().with("before", "yesterday"),
    );
    assert!(before.detail.contains("yesterday"), "{before}");
    for test in ["", "a,b", "x\\y"] {
        assert_eq!(
            fails("trend", Parameters::default().with("test", test)).code,
            "invalid",
            "{test}"
        );
    }
    let unknown = open(
        &bedside,
        "trend",
        &[("test", "http://loinc.org|1-8&code=2951-2")],
    );
    assert_eq!(
        nodes(&unknown, "empty-state").len(),
        1,
        "a parameter cannot add another search"
    );
}

#[test]
fn a_person_of_5000_results_is_drawn() {
    let tests = ["2160-0", "2823-3", "2951-2", "718-7", "1988-5"];
    let mut rows = String::new();
    for n in 0..1_000 {
        let taken = sdk::moment::Moment::text(1_700_000_000_000 + i64::from(n) * 86_400_000);
        for (k, test) in tests.iter().enumerate() {
            rows.push_str(&format!(
                "o{n}-{k} | {test} | {} umol/L | {taken} | {{}}\n",
                70 + n % 9
            ));
        }
    }
    let bedside = empty().with_all(results(&rows)).unwrap();
    let screen = open(&bedside, "cumulative", &[]);
    assert_eq!(
        nodes(&screen, "result-grid")[0]["columns"]
            .as_array()
            .unwrap()
            .len(),
        8
    );
    let trend = open(&bedside, "trend", &[("test", "creatinine")]);
    assert_eq!(
        nodes(&trend, "trend")[0]["points"]
            .as_array()
            .unwrap()
            .len(),
        1_000
    );
    let heading = &nodes(&trend, "card")[1]["heading"];
    assert_eq!(heading, "The newest 200 results");
    let drawn = nodes(&screen, "trend")[0]["points"].as_array().unwrap();
    assert_eq!(drawn.len(), 100);
    assert!(screen.to_string().contains("creatinines are drawn"));
    assert!(screen.to_string().len() < 100_000, "a page is to be small");
}
