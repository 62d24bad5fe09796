//! The estimate by its table of cases, against equations that are not in use here, and against a second implementation.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod second;

use sdk::json;

use crate::catalogue::Person;
use crate::egfr::{EgfrInput, EgfrPack, Injury, Sex, egfr, refusal_text};
use crate::quantity::exact;
use crate::result::LabResult;
use sdk::decimal::Decimal;

pub(super) fn pack() -> EgfrPack {
    EgfrPack::read(&serde_json::from_str(include_str!("../../packs/egfr.json")).unwrap()).unwrap()
}

/// A creatinine as the record would hold it.
fn reported(value: &str, unit: &str) -> LabResult {
    let value: serde_json::Value = serde_json::from_str(value).unwrap();
    let mut quantity = json!({ "value": value });
    if !unit.is_empty() {
        quantity["unit"] = json!(unit);
    }
    let observation = json!({
        "resourceType": "Observation", "id": "c", "status": "final", "valueQuantity": quantity
    });
    LabResult::read(&observation).remove(0)
}

fn answer(row: &str) -> (String, String) {
    let cells: Vec<_> = row.split('|').map(str::trim).collect();
    let [age, sex, value, unit, aki, expected] = cells[..] else {
        panic!("six cells in {row}")
    };
    let age_years = match age.split_once('-') {
        Some((least, most)) => Some((least.parse().unwrap(), most.parse().unwrap())),
        None => age.parse().ok().map(|years| (years, years)),
    };
    let person = Person {
        sex: Some(sex.to_owned()),
        birth: None,
    };
    let injury = match aki {
        "alert" => Injury::Alert,
        "none" => Injury::NoAlert,
        other => panic!("{other} in {row}"),
    };
    let said = exact(&reported(value, unit), &pack().units).and_then(|creatinine_umol_l| {
        let input = EgfrInput {
            age_years,
            sex: Sex::of(&person),
            creatinine_umol_l,
            injury,
        };
        egfr(&pack(), &input).map_err(refusal_text)
    });
    let said = match said {
        Ok(rate) => format!("{rate:.1}, shown {}", rate.round()),
        Err(why) => format!("refused: {why}"),
    };
    (said, expected.to_owned())
}

fn rows() -> Vec<&'static str> {
    include_str!("../../cases/egfr.txt")
        .lines()
        .filter(|row| row.contains('|') && !row.starts_with('#'))
        .collect()
}

#[test]
fn egfr_by_case() {
    assert!(rows().len() > 30);
    for row in rows() {
        let (said, expected) = answer(row);
        assert_eq!(said, expected, "{row}");
    }
}

/// What the equation of 2021 would say, which is not the one of the United Kingdom.
fn of_2021(age: f64, sex: Sex, umol_l: f64) -> f64 {
    let (kappa, alpha, times) = match sex {
        Sex::Female => (0.7, -0.241, 1.012),
        Sex::Male => (0.9, -0.302, 1.0),
    };
    let relative = umol_l / 88.4 / kappa;
    142.0
        * relative.min(1.0).powf(alpha)
        * relative.max(1.0).powf(-1.200)
        * 0.9938_f64.powf(age)
        * times
}

#[test]
fn it_is_neither_the_equation_of_2021_nor_the_one_with_ethnicity() {
    for (sex, ours, theirs) in [(Sex::Male, 70.2, 74.3), (Sex::Female, 52.7, 55.6)] {
        let input = EgfrInput {
            age_years: Some((60, 60)),
            sex: Some(sex),
            creatinine_umol_l: Decimal::from(100),
            injury: Injury::NoAlert,
        };
        let rate = egfr(&pack(), &input).unwrap();
        assert!((rate - ours).abs() < 0.05, "{rate}");
        assert!((of_2021(60.0, sex, 100.0) - theirs).abs() < 0.05);
        assert!((rate * 1.159 - rate).abs() > 5.0, "the term would be seen");
    }
}

#[test]
fn a_pack_without_a_part_says_which() {
    let whole: serde_json::Value =
        serde_json::from_str(include_str!("../../packs/egfr.json")).unwrap();
    for part in [
        "times",
        "per_year",
        "female",
        "male",
        "units",
        "unverified",
        "adult_years",
    ] {
        let mut pack = whole.clone();
        pack.as_object_mut().unwrap().remove(part);
        let failure = EgfrPack::read(&pack).unwrap_err();
        assert!(failure.detail.contains(part), "{part}: {}", failure.detail);
    }
    let mut pack = whole;
    pack["per_year"] = json!("nine");
    assert!(EgfrPack::read(&pack).is_err());
}
