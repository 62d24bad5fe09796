//! From the record to the rule: which units, dates of birth and ranges reach it.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::{Value, json};

use crate::aki::pack::AkiPack;
use crate::assessment::{Rules, Series};
use crate::catalogue::{Catalogue, Person};
use crate::result::LabResult;

fn creatinine(id: &str, value: &str, unit: &str, taken: &str) -> LabResult {
    let value: Value = serde_json::from_str(value).unwrap();
    let observation = json!({
        "id": id, "status": "final", "effectiveDateTime": taken,
        "code": { "coding": [{ "system": "http://loinc.org", "code": "2160-0" }] },
        "valueQuantity": { "value": value, "unit": unit }
    });
    LabResult::read(&observation).remove(0)
}

fn judged(birth: Option<&str>, earlier: &[LabResult], current: &LabResult) -> (String, usize) {
    let aki = AkiPack::read(&serde_json::from_str(include_str!("../../packs/aki.json")).unwrap())
        .unwrap();
    let catalogue = serde_json::from_str(include_str!("../../packs/catalogue.json")).unwrap();
    let catalogue = Catalogue::read(&catalogue).unwrap();
    let person = Person {
        sex: Some("female".into()),
        birth: birth.map(str::to_owned),
    };
    let rules = Rules {
        aki: &aki,
        catalogue: &catalogue,
        person: &person,
    };
    let series = Series::new(&aki, earlier);
    (series.judge(&rules, current).long(&aki), series.left_out)
}

#[test]
fn units_are_converted_and_mixed_histories_compared() {
    let earlier = [creatinine("e", "1.0", "mg/dL", "2026-11-20T10:00:00Z")];
    let (said, left_out) = judged(
        Some("1948"),
        &earlier,
        &creatinine("c", "132.6", "µmol/L", "2026-11-24T10:00:00Z"),
    );
    assert!(
        said.contains("132.6 µmol/L is 1.50 times the baseline of 88.4"),
        "{said}"
    );
    assert_eq!(left_out, 0);
}

#[test]
fn what_cannot_be_an_earlier_result_is_counted() {
    let mut untimed = creatinine("u", "80", "umol/L", "2026-11-20T10:00:00Z");
    untimed.taken = None;
    let earlier = [
        creatinine("e", "80", "g/L", "2026-11-20T10:00:00Z"),
        creatinine("z", "0", "umol/L", "2026-11-20T10:00:00Z"),
        untimed,
        creatinine("d", "80", "umol/L", "2026-11-20"),
    ];
    let (said, left_out) = judged(
        Some("1948"),
        &earlier,
        &creatinine("c", "160", "umol/L", "2026-11-24T10:00:00Z"),
    );
    assert_eq!(left_out, 3);
    assert!(
        said.contains("2.00 times the baseline of 80"),
        "a day without a time counts from its start: {said}"
    );
}

#[test]
fn a_year_of_birth_is_enough_where_it_decides() {
    let earlier = [creatinine("e", "200", "umol/L", "2026-11-20T10:00:00Z")];
    let current = creatinine("c", "355", "umol/L", "2026-11-24T10:00:00Z");
    for (birth, unsure) in [
        (Some("2007"), false),
        (Some("2008"), true),
        (None, true),
        (Some("1948-03-03"), false),
    ] {
        let (said, _) = judged(birth, &earlier, &current);
        assert_eq!(
            said.contains("It could be stage 3"),
            unsure,
            "{birth:?}: {said}"
        );
        assert_eq!(
            said.contains("by itself makes it stage 3"),
            !unsure,
            "{birth:?}: {said}"
        );
    }
}

#[test]
fn without_an_earlier_result_it_is_judged_by_the_catalogues_range() {
    let (said, _) = judged(
        Some("1948-03-03"),
        &[],
        &creatinine("c", "300", "umol/L", "2026-11-24T10:00:00Z"),
    );
    assert!(
        said.contains("No creatinine in the 365 days before. High against the reference interval"),
        "{said}"
    );
    let (said, _) = judged(
        Some("2020-03-03"),
        &[],
        &creatinine("c", "300", "umol/L", "2026-11-24T10:00:00Z"),
    );
    assert!(
        said.contains("The reference interval is not known, so this result could not be judged"),
        "{said}"
    );
    // 84 µmol/L, the upper end for women, is 0.95 mg/dL.
    for (value, stands) in [("0.96", "High against"), ("0.95", "Within")] {
        let (said, _) = judged(
            Some("1948-03-03"),
            &[],
            &creatinine("c", value, "mg/dL", "2026-11-24T10:00:00Z"),
        );
        assert!(said.contains(stands), "{value}: {said}");
    }
}
