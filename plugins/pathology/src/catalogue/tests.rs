//! The catalogue read, found in, and refused where it is broken.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::{Value, json};

use crate::catalogue::{Catalogue, Person};
use crate::result::Number;
use sdk::decimal::Decimal;

fn whole() -> Value {
    serde_json::from_str(include_str!("../../packs/catalogue.json")).unwrap()
}

#[test]
fn ranges_depend_on_unit_sex_and_age() {
    let catalogue = Catalogue::read(&whole()).unwrap();
    let table = "
        creatinine | female | 1948-03-03 | umol/L | 45 to 84
        creatinine | male   | 1948-03-03 | umol/L | 59 to 104
        creatinine |        | 1948-03-03 | umol/L | none
        creatinine | female | 1948-03-03 | mg/dL  | none
        creatinine | female | 2008-11-24 | umol/L | 45 to 84
        creatinine | female | 2008-11-25 | umol/L | none
        creatinine | female |            | umol/L | none
        creatinine | female | 2008       | umol/L | none
        potassium  |        | 1948       | mmol/L | 3.5 to 5.3
        crp        | male   | 1948-03-03 | mg/L   | up to 5
        potassium  | male   | 2010-11-25 | mmol/L | 3.5 to 5.0
        potassium  | male   | 2010-11-24 | mmol/L | none
        potassium  | male   | 2008-11-24 | mmol/L | 3.5 to 5.3
        potassium  | male   | 2025-11-24 | mmol/L | 3.5 to 5.0
        potassium  | male   | 2025-11-25 | mmol/L | none
        alp        |        | 2015-01-01 | U/L    | 60 to 425
        alp        |        | 2010       | U/L    | none
        alt        | male   | 1948-03-03 | U/L    | none
    ";
    for row in table.lines().filter(|row| row.contains('|')) {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let person = Person {
            sex: some(cells[1]),
            birth: some(cells[2]),
        };
        let number = Number {
            text: "1".into(),
            decimal: Decimal::parse("1"),
            comparator: None,
            unit: cells[3].into(),
            unit_code: String::new(),
        };
        let test = catalogue.test(cells[0]).unwrap();
        let range = test.range_for(&number, &person, "2026-11-24T11:20:00Z");
        let said = range.map_or("none".to_owned(), |it| match (&it.low, &it.high) {
            (Some(low), Some(high)) => format!("{low} to {high}"),
            (None, Some(high)) => format!("up to {high}"),
            (low, _) => format!("{low:?} or more"),
        });
        assert_eq!(said, cells[4], "{row}");
    }
}

#[test]
fn every_end_of_a_range_is_a_decimal_and_every_code_is_one_tests() {
    let catalogue = Catalogue::read(&whole()).unwrap();
    let mut codes: Vec<_> = catalogue
        .tests
        .iter()
        .flat_map(|test| &test.codes)
        .collect();
    let all = codes.len();
    codes.sort();
    codes.dedup();
    assert_eq!(codes.len(), all, "a code stands in two tests");
    for range in catalogue.tests.iter().flat_map(|test| &test.ranges) {
        assert!(
            [&range.low, &range.high]
                .into_iter()
                .flatten()
                .all(|end| Decimal::parse(end).is_some()),
            "{range:?}"
        );
    }
}

#[test]
fn no_two_ranges_of_a_test_hold_for_one_person() {
    let catalogue = Catalogue::read(&whole()).unwrap();
    for test in &catalogue.tests {
        for (at, one) in test.ranges.iter().enumerate() {
            for other in test.ranges.iter().skip(at + 1) {
                let of_one_unit = one.units.iter().any(|unit| other.units.contains(unit));
                let of_one_sex = one.sex == other.sex || one.sex.is_none() || other.sex.is_none();
                let before = |it: &super::CatalogueRange, then: &super::CatalogueRange| {
                    it.below_years.is_some_and(|below| below <= then.from_years)
                };
                let overlap =
                    of_one_unit && of_one_sex && !before(one, other) && !before(other, one);
                assert!(!overlap, "{}: {one:?} and {other:?}", test.id);
            }
        }
    }
}

#[test]
fn a_broken_catalogue_says_what_is_broken() {
    let table = [
        (json!({}), "no list at `/groups`"),
        (json!({ "groups": [] }), "no list at `/report_sections`"),
        (
            json!({ "report_sections": [], "groups": [{}] }),
            "no text at `/groups/0/title`",
        ),
        (
            json!({ "report_sections": [], "groups": [{ "title": "Kidney", "tests": [{ "id": "a", "name": "A", "codes": [] }] }] }),
            "no item of the list at `/groups/0/tests/0/codes`",
        ),
        (
            json!({ "report_sections": [], "groups": [{ "title": "Kidney", "tests": [{ "id": "a", "codes": [["s", "c"]] }] }] }),
            "no text at `/groups/0/tests/0/name`",
        ),
        (
            json!({ "report_sections": [], "groups": [{ "title": "Kidney", "tests": [{ "id": "a", "name": "A", "codes": [["s", "c"]], "ranges": [{ "low": "about 4" }] }] }] }),
            "no decimal at `/groups/0/tests/0/ranges/0/low`",
        ),
    ];
    for (pack, what) in table {
        let failure = Catalogue::read(&pack).unwrap_err();
        assert!(failure.detail.contains(what), "{failure}");
    }
}
