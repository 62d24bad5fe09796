//! What people type, as a table.
#![expect(clippy::unwrap_used, reason = "a test stops where its table is wrong")]

use super::Asked;

#[test]
fn what_is_typed_becomes_a_search_or_words() {
    let table = "
        999 112 2338              | identifier=https://fhir.nhs.uk/Id/nhs-number|9991122338
        9991122338                | identifier=https://fhir.nhs.uk/Id/nhs-number|9991122338
        999-112-2338              | identifier=https://fhir.nhs.uk/Id/nhs-number|9991122338
        9991122339                | This is not an NHS number: the last digit does not fit the other nine; check them for a slip.
        Hargreaves                | family=Hargreaves&_sort=family,given
        HARGREAVES, Maureen       | family=HARGREAVES&given=Maureen&_sort=family,given
        harg 03-Mar-1948          | family=harg&birthdate=1948-03-03&_sort=family,given
        harg 3/3/1948             | family=harg&birthdate=1948-03-03&_sort=family,given
        harg 1948                 | family=harg&birthdate=1948&_sort=family,given
        harg 31/2/1948            | \"31/2/1948\" is not a date. Write it as 03-Mar-1948, 3/3/1948 or 1948.
        1948                      | A date of birth alone matches too many people. Add the family name.
        O'Neill$x                 | family=O'Neill\\$x&_sort=family,given
    ";
    for row in table.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let (typed, expected) = row
            .split_once(" | ")
            .map(|(typed, expected)| (typed.trim(), expected.trim()))
            .unwrap();
        let said = match Asked::read(typed, "", "", "") {
            Ok(asked) => asked
                .pairs()
                .unwrap()
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect::<Vec<_>>()
                .join("&"),
            Err((_, words)) => words,
        };
        assert_eq!(said, expected, "{typed}");
    }
    assert!(Asked::read("  ", "", "", "").unwrap().pairs().is_none());
}
