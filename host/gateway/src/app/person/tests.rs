//! Identities as a banner says them.
#![expect(clippy::unwrap_used, reason = "a test stops where its table is wrong")]

use serde_json::json;

use super::Person;

#[test]
fn name_born_gender_number_in_the_common_interface_order() {
    let patient = json!({
        "id": "p1", "gender": "female", "birthDate": "1948-03-03",
        "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9991122338"}],
        "name": [
            {"use": "old", "family": "Ormerod", "given": ["Maureen"]},
            {"use": "official", "family": "Hargreaves", "given": ["Maureen"], "prefix": ["Mrs"]},
        ],
        "address": [{"line": ["1 Mill Lane"], "city": "Burnley", "postalCode": "BB11 9ZZ"}],
    });
    let person = Person::of(&patient, "2026-11-22".parse().unwrap());
    let said: Vec<String> = person
        .parts()
        .into_iter()
        .map(|(label, text)| format!("{label} {text}"))
        .collect();
    assert_eq!(
        said,
        [
            " HARGREAVES, Maureen (Mrs)",
            "Born 03-Mar-1948 (78y)",
            "Gender Female",
            "NHS No. 999 112 2338"
        ]
    );
    assert_eq!(person.address, "1 Mill Lane, Burnley, BB11 9ZZ");
}

#[test]
fn what_is_missing_is_said_in_words() {
    let person = Person::of(&json!({"id": "p2"}), "2026-11-22".parse().unwrap());
    let said: Vec<String> = person.parts().into_iter().map(|(_, text)| text).collect();
    assert_eq!(
        said,
        [
            "NAME NOT RECORDED",
            "Not recorded",
            "Not recorded",
            "Not recorded"
        ]
    );
    assert_eq!(person.died, None);
}

#[test]
fn the_dead_do_not_grow_older() {
    let table = [
        (
            json!({"birthDate": "1948-03-03", "deceasedDateTime": "2020-03-02T10:00:00Z"}),
            "03-Mar-1948 (71y)",
            "02-Mar-2020",
        ),
        (
            json!({"birthDate": "1948-03-03", "deceasedBoolean": true}),
            "03-Mar-1948",
            "date not recorded",
        ),
    ];
    for (patient, born, died) in table {
        let person = Person::of(&patient, "2026-11-22".parse().unwrap());
        assert_eq!(
            (person.born.as_str(), person.died.as_deref()),
            (born, Some(died))
        );
    }
}

#[test]
fn a_name_cannot_turn_the_page_round() {
    let patient = json!({"name": [{"family": "Smith\u{202E}", "given": ["A"]}]});
    assert_eq!(
        Person::of(&patient, "2026-11-22".parse().unwrap()).name,
        "SMITH\u{FFFD}, A"
    );
}
