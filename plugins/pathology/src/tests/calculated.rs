//! Calculated rows by their table of cases, on whole screens.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use sdk::bedside::Bedside;
use sdk::{Parameters, Value, json};

use super::chart::observation;
use super::{folder, json_of, nodes, words};
use crate::Pathology;

const ODS: &str = "https://fhir.nhs.uk/Id/ods-organization-code";

fn result(number: usize, text: &str) -> Value {
    let (text, laboratory) = text.split_once('~').unwrap_or((text, ""));
    let (text, time) = text.split_once('@').unwrap_or((text, "08:00"));
    let (code, measured) = text.trim().split_once('=').unwrap();
    let (value, unit) = measured.split_once(' ').unwrap();
    let (below, value) = value
        .strip_prefix('<')
        .map_or((false, value), |it| (true, it));
    let row = format!("r{number} | {code} | {value} {unit} | 2026-11-24T{time}:00Z | {{}}");
    let mut it = observation(&row);
    if below {
        it["valueQuantity"]["comparator"] = json!("<");
    }
    if !laboratory.is_empty() {
        let code = json!({ "system": ODS, "value": laboratory });
        it["performer"] = json!([{ "identifier": code }]);
    }
    it
}

fn bedside(sex: &str, born: &str, results: &str) -> Bedside {
    let mut patient = json!({ "resourceType": "Patient", "id": "maureen" });
    for (member, value) in [("gender", sex), ("birthDate", born)] {
        if value != "-" {
            patient[member] = json!(value);
        }
    }
    let mut calcium = json_of(folder().join("packs/adjusted-calcium.json"));
    let own =
        json!({ "laboratory": "RXL", "times": "0.018", "albumin_g_l": "42", "source": "own" });
    calcium["regressions"].as_array_mut().unwrap().push(own);
    let results = results.split(',').enumerate();
    Bedside::of(folder())
        .unwrap()
        .with(patient)
        .unwrap()
        .with_all(results.map(|(number, it)| result(number, it)))
        .unwrap()
        .pack("adjusted-calcium", calcium)
        .patient("Patient/maureen")
        .now(super::chart::NOW)
}

fn open(bedside: &Bedside) -> Value {
    let none = Parameters::default();
    bedside.open(&Pathology, "cumulative", &none).unwrap()
}

fn cells(screen: &Value, label: &str) -> String {
    let groups = nodes(screen, "result-grid")[0]["groups"]
        .as_array()
        .unwrap();
    let mut rows = groups.iter().flat_map(|it| it["rows"].as_array().unwrap());
    let Some(row) = rows.find(|row| row["label"] == label) else {
        return "no row".to_owned();
    };
    let said = row["cells"].as_array().unwrap().iter().map(|cell| {
        let value = cell["value"].as_str().or(cell["note"].as_str()).unwrap();
        let flag = cell["interpretation"].as_str().unwrap_or_default();
        format!("{value} {flag}").trim().to_owned()
    });
    said.collect::<Vec<_>>().join("; ")
}

#[test]
fn calculated_rows_by_case() {
    let rows: Vec<_> = include_str!("../../cases/screens/calculated.txt")
        .lines()
        .filter(|row| row.contains('|') && !row.starts_with('#'))
        .collect();
    assert!(rows.len() > 25);
    for row in rows {
        let parts: Vec<_> = row.split('|').map(str::trim).collect();
        let [sex, born, results, which, expected] = parts[..] else {
            panic!("five cells in {row}")
        };
        let label = match which {
            "eGFR" => "eGFR, calculated",
            "calcium" => "Adjusted calcium, calculated",
            other => panic!("{other} in {row}"),
        };
        let screen = open(&bedside(sex, born, results));
        assert_eq!(cells(&screen, label), expected, "{row}");
    }
}

#[test]
fn what_is_calculated_says_its_source_and_what_is_unverified() {
    let both = "2160-0=100 umol/L, 2000-8=2.10 mmol/L, 1751-7=28 g/L";
    let screen = open(&bedside("male", "1966-01-01", both));
    let lists = nodes(&screen, "list");
    let said: Vec<String> = lists
        .iter()
        .flat_map(|list| list["items"].as_array().unwrap())
        .map(words)
        .collect();
    for part in [
        "CKD-EPI 2009",
        "Levey AS",
        "NG203",
        "Payne RB",
        "eGFR: the coefficients",
    ] {
        assert!(said.iter().any(|it| it.contains(part)), "{part}: {said:?}");
    }
    let without = open(&bedside("male", "1966-01-01", "2823-3=4.1 mmol/L"));
    assert!(nodes(&without, "details").is_empty());
}

/// The packs of a call without one of them.
struct Without<'a>(&'a dyn sdk::Packs, &'a str);

impl sdk::Packs for Without<'_> {
    fn get(&self, name: &str) -> Result<Value, sdk::Failure> {
        match name == self.1 {
            true => Err(sdk::Failure::not_found(
                "no version of this pack is in force",
            )),
            false => self.0.get(name),
        }
    }
}

#[test]
fn a_pack_that_is_not_in_force_is_said_and_the_results_are_still_shown() {
    let both = "2160-0=100 umol/L, 2000-8=2.10 mmol/L, 1751-7=28 g/L";
    let bedside = bedside("male", "1966-01-01", both);
    for (pack, label, said) in [
        ("egfr", "eGFR, calculated", "not in force: eGFR."),
        (
            "adjusted-calcium",
            "Adjusted calcium, calculated",
            "not in force: Adjusted calcium.",
        ),
    ] {
        let screen = bedside.call(|call| {
            let packs = Without(call.packs, pack);
            let call = sdk::Call {
                packs: &packs,
                ..*call
            };
            crate::cumulative::open(&call, &Parameters::default())
                .unwrap()
                .to_json()
        });
        assert_eq!(cells(&screen, label), "no row");
        assert_ne!(cells(&screen, "Creatinine"), "no row");
        assert!(screen.to_string().contains(said), "{said}");
    }
    // Without the rule for acute kidney injury there is no screen that could be read as "no injury".
    let failure = bedside.call(|call| {
        let packs = Without(call.packs, "aki");
        let call = sdk::Call {
            packs: &packs,
            ..*call
        };
        crate::cumulative::open(&call, &Parameters::default()).unwrap_err()
    });
    assert_eq!(failure.code, "not-found");
}
