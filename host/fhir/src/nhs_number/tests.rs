//! Numbers that are and are not NHS numbers.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use super::{NhsNumber, NotAnNhsNumber};

#[test]
fn numbers_by_case() {
    for (text, expected) in [
        ("9434765919", Ok("943 476 5919")),
        ("9434765870", Ok("943 476 5870")),
        ("4146515092", Ok("414 651 5092")),
        ("943 476 5919", Ok("943 476 5919")),
        ("943-476-5919", Ok("943 476 5919")),
        (" 9434765919 ", Ok("943 476 5919")),
        ("9434765918", Err(NotAnNhsNumber::CheckDigit)),
        ("9434765991", Err(NotAnNhsNumber::CheckDigit)),
        ("2222222222", Err(NotAnNhsNumber::AllTheSame)),
        ("0000000000", Err(NotAnNhsNumber::AllTheSame)),
        ("943476591", Err(NotAnNhsNumber::Length(9))),
        ("94347659190", Err(NotAnNhsNumber::Length(11))),
        ("", Err(NotAnNhsNumber::Length(0))),
        ("943476591X", Err(NotAnNhsNumber::NotADigit('X'))),
        ("９434765919", Err(NotAnNhsNumber::NotADigit('９'))),
    ] {
        let found = text.parse::<NhsNumber>();
        assert_eq!(
            found.map(|number| number.to_string()).as_deref(),
            expected.as_ref().map(|text| *text),
            "{text}"
        );
    }
}

/// The remainder calls for 10, whatever the last digit.
#[test]
fn no_number_begins_with_nine_nine_nine_and_zeros() {
    for last in 0..10 {
        let found = format!("999000000{last}").parse::<NhsNumber>();
        assert_eq!(found, Err(NotAnNhsNumber::NoCheckDigit), "{last}");
    }
}

#[test]
fn carried_without_spaces_and_never_shown_in_logs() {
    let number: NhsNumber = "943 476 5919".parse().unwrap();
    assert_eq!(number.digits(), "9434765919");
    assert_eq!(format!("{number:?}"), "[phi]");
}
