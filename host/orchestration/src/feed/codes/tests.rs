//! Codes and what they are, one row for each kind of source.

#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use super::{CodeMap, Codes, CodesError, NAMES};

#[test]
fn a_code_is_what_its_table_says() {
    let codes = Codes::current();
    let rows = [
        (CodeMap::Gender, "F", Some("female")),
        (CodeMap::Gender, "2", Some("female")),
        (CodeMap::Gender, "Q", None),
        (CodeMap::PatientClass, "I", Some("IMP")),
        (CodeMap::PatientClass, "B", Some("IMP")),
        (CodeMap::PatientClass, "N", Some("N")),
        (CodeMap::OrderControl, "CA", Some("revoked")),
        (CodeMap::AppointmentStatus, "NoShow", Some("noshow")),
        (CodeMap::AppointmentStatus, "DC", Some("cancelled")),
        (CodeMap::Route, "PO", Some("PO")),
    ];
    for (map, from, to) in rows {
        let found = codes.of(map, from).map(|target| target.code.as_str());
        assert_eq!(found, to, "{map:?} {from}");
    }
    for (map, name) in NAMES {
        let rows = codes.tables.keys().filter(|(known, _)| *known == map);
        assert!(rows.count() > 1, "{name} has no rows");
    }
}

#[test]
fn a_table_that_is_tried_out_stands_over_the_others_and_has_a_version_of_its_own() {
    let tried = Codes::current()
        .with("# tried\nAdministrativeSex\tQ\tother\tOther\thttp://hl7.org/fhir/administrative-gender\n")
        .unwrap();
    assert_eq!(tried.of(CodeMap::Gender, "q").unwrap().code, "other");
    assert_eq!(tried.of(CodeMap::Gender, "F").unwrap().code, "female");
    assert!(Codes::current().of(CodeMap::Gender, "Q").is_none());
    assert!(tried.version().starts_with("2+"), "{}", tried.version());
}

#[test]
fn what_is_no_table_says_in_which_line() {
    let refused = |text: &str| Codes::current().with(text).unwrap_err();
    assert_eq!(refused("\nGender F female"), CodesError::Row { line: 2 });
    assert_eq!(
        refused("AdministrativeSex\tQ\t\tx\ty"),
        CodesError::Row { line: 1 }
    );
    let named = refused("Sex\tQ\tother\tOther\thttp://hl7.org/fhir/administrative-gender");
    assert!(
        named
            .to_string()
            .starts_with("line 1 of the table of codes names the map \"Sex\""),
        "{named}"
    );
    assert_eq!(refused(&"\n".repeat(200_000)), CodesError::TooLong);
}
