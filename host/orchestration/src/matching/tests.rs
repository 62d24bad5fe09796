//! Who a message is about, one row for each way in which numbers and dates can agree and disagree.

#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use serde_json::json;

use super::{Candidate, who};
use crate::feed::datatype::Number;
use crate::plan::Person;

const NHS_A: &str = "9434765919";
const NHS_B: &str = "9434765870";

/// In the record: Ann with an NHS number and a hospital number, Bob with a hospital number only, Cem with an NHS number only.
fn record() -> Vec<Candidate> {
    let patient = |id: &str, nhs: Option<&str>, local: Option<&str>, born: &str| {
        let nhs = nhs.map(|value| json!({"system": fhir::nhs_number::SYSTEM, "value": value}));
        let local = local.map(|value| json!({"system": "urn:h", "value": value}));
        let numbers: Vec<_> = nhs.into_iter().chain(local).collect();
        let body = json!({"identifier": numbers, "birthDate": born});
        Candidate {
            key: format!("Patient/{id}").parse().unwrap(),
            version: 1,
            body: body.as_object().unwrap().clone(),
        }
    };
    vec![
        patient("ann", Some(NHS_A), Some("1"), "1962-03-20"),
        patient("bob", None, Some("2"), "1970"),
        patient("cem", Some(NHS_B), None, "1980-01-01"),
    ]
}

fn check(table: &str) {
    let record = record();
    for row in table.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let (told, expected) = row.split_once('|').unwrap();
        let words: Vec<&str> = told.split_whitespace().collect();
        let word = |index: usize| {
            words
                .get(index)
                .filter(|word| **word != "-")
                .map(|word| (*word).to_owned())
        };
        let person = Person {
            nhs_number: word(0)
                .map(|name| if name == "A" { NHS_A } else { NHS_B }.parse().unwrap()),
            numbers: word(1)
                .map(|value| Number {
                    system: "urn:h".to_owned(),
                    value,
                    kind: None,
                })
                .into_iter()
                .collect(),
            birth_date: word(2),
        };
        let found = match who(&person, &record) {
            Ok(Some(candidate)) => candidate.key.id.as_str().to_owned(),
            Ok(None) => "nobody".to_owned(),
            Err(doubt) => format!("{doubt:?}"),
        };
        assert_eq!(found, expected.trim(), "{row}");
    }
}

#[test]
fn a_number_is_not_yet_a_person() {
    check(
        "
        A - 1962-03-20 | ann
        A - 1962       | ann
        A - -          | ann
        A - 1962-03-21 | BirthDate
        A - 1963       | BirthDate
        A 1 1962-03-20 | ann
        A 9 1962-03-20 | ann
        A 2 1962-03-20 | SeveralPeople
        B 1 1962-03-20 | SeveralPeople
        B 2 1980-01-01 | SeveralPeople
        - 1 1962-03-20 | ann
        - 1 1970-01-01 | BirthDate
        - 2 1970-05-05 | bob
        - 9 1970-05-05 | nobody
        B 9 1980-01-01 | cem
    ",
    );
}

#[test]
fn a_local_number_with_another_nhs_number_is_doubt() {
    let ann = vec![record().remove(0)];
    let person = Person {
        nhs_number: Some(NHS_B.parse().unwrap()),
        numbers: vec![Number {
            system: "urn:h".to_owned(),
            value: "1".to_owned(),
            kind: None,
        }],
        birth_date: Some("1962-03-20".to_owned()),
    };
    assert_eq!(
        who(&person, &ann).unwrap_err(),
        super::Doubt::OtherNhsNumber
    );
    let other_system = Person {
        nhs_number: None,
        numbers: vec![Number {
            system: "urn:other".to_owned(),
            value: "1".to_owned(),
            kind: None,
        }],
        birth_date: None,
    };
    assert_eq!(
        who(&other_system, &ann).unwrap().map(|found| found.version),
        None,
        "another trust's number 1"
    );
}
