//! What dates mean.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use proptest::prelude::*;

use super::{EARLIEST_MS, Form, LATEST_MS, Precision, instant, parse};

/// `low until high`, or the error.
fn span(text: &str, form: Form) -> String {
    match parse(text, form) {
        Ok(span) => {
            assert!(span.low_ms < span.high_ms, "{text}");
            assert!(
                EARLIEST_MS < span.low_ms && span.high_ms <= LATEST_MS,
                "{text}"
            );
            let short = |ms| {
                instant(ms)
                    .unwrap_or("end".into())
                    .replace(":00.000Z", "")
                    .replace("000Z", "")
            };
            format!("{} until {}", short(span.low_ms), short(span.high_ms))
        }
        Err(error) => error.to_string(),
    }
}

#[test]
fn spans_by_case() {
    for (text, expected) in [
        ("2024", "2024-01-01T00:00 until 2025-01-01T00:00"),
        ("2024-02", "2024-02-01T00:00 until 2024-03-01T00:00"),
        ("2024-12", "2024-12-01T00:00 until 2025-01-01T00:00"),
        ("2024-02-29", "2024-02-29T00:00 until 2024-03-01T00:00"),
        // A summer's day begins at 23:00 UTC of the day before.
        ("2024-07-01", "2024-06-30T23:00 until 2024-07-01T23:00"),
        // The days on which the clocks change have 23 and 25 hours.
        ("2024-03-31", "2024-03-31T00:00 until 2024-03-31T23:00"),
        ("2024-10-27", "2024-10-26T23:00 until 2024-10-28T00:00"),
        (
            "2024-07-01T10:30",
            "2024-07-01T09:30 until 2024-07-01T09:31",
        ),
        (
            "2024-07-01T10:30:00",
            "2024-07-01T09:30 until 2024-07-01T09:30:01.",
        ),
        (
            "2024-01-01T10:30Z",
            "2024-01-01T10:30 until 2024-01-01T10:31",
        ),
        (
            "2024-01-01T00:30:00+01:00",
            "2023-12-31T23:30 until 2023-12-31T23:30:01.",
        ),
        (
            "2024-01-01T23:30:00-05:30",
            "2024-01-02T05:00 until 2024-01-02T05:00:01.",
        ),
        (
            "2024-01-01T10:30:00.5Z",
            "2024-01-01T10:30:00.500Z until 2024-01-01T10:30:00.600Z",
        ),
        (
            "2024-01-01T10:30:00.123456Z",
            "2024-01-01T10:30:00.123Z until 2024-01-01T10:30:00.124Z",
        ),
        (
            "2016-12-31T23:59:60Z",
            "2017-01-01T00:00 until 2017-01-01T00:00:01.",
        ),
        ("0001", "0001-01-01T00:01:15. until 0002-01-01T00:01:15."),
        ("9999-12-31", "end until end"),
        ("0000", "there is no such year"),
        ("2024-13", "there is no such month"),
        ("2024-00", "there is no such month"),
        ("2023-02-29", "there is no such day"),
        ("2024-01-01T24:00", "there is no such time of day"),
        ("2024-01-01T10:61", "there is no such time of day"),
        (
            "2024-01-01T10",
            "not a date; write 2024, 2024-05, 2024-05-01, 2024-05-01T10:30 or 2024-05-01T10:30:00+01:00",
        ),
    ] {
        assert_eq!(span(text, Form::Search), expected, "{text}");
    }
}

#[test]
fn what_each_form_accepts() {
    for (text, date, date_time, instant, search) in [
        ("2024", true, true, false, true),
        ("2024-05-01", true, true, false, true),
        ("2024-05-01T10:30", false, false, false, true),
        ("2024-05-01T10:30Z", false, false, false, true),
        ("2024-05-01T10:30:00", false, false, false, true),
        ("2024-05-01T10:30:00Z", false, true, true, true),
        ("2024-05-01T10:30:00.123+14:00", false, true, true, true),
        ("2024-05T10:30:00Z", false, false, false, false),
        ("2024-05-01T10:30:00z", false, false, false, false),
        ("2024-05-01T10:30:00+1:00", false, false, false, false),
        ("2024-05-01T10:30:00+14:30", false, false, false, false),
        ("2024-05-01T10:30:00.Z", false, false, false, false),
        ("2024-05-01 10:30:00Z", false, false, false, false),
        ("24-05-01", false, false, false, false),
        ("2024-5-1", false, false, false, false),
        ("2024-05-01-02", false, false, false, false),
        ("+024", false, false, false, false),
        ("２０２４", false, false, false, false),
        ("", false, false, false, false),
        ("2024-05-01T", false, false, false, false),
        ("T10:30", false, false, false, false),
    ] {
        let accepts = |form| parse(text, form).is_ok();
        let found = (
            accepts(Form::Date),
            accepts(Form::DateTime),
            accepts(Form::Instant),
            accepts(Form::Search),
        );
        assert_eq!(found, (date, date_time, instant, search), "{text}");
    }
}

#[test]
fn precision_and_zone_are_told() {
    for (text, precision, zoned) in [
        ("2024", Precision::Year, false),
        ("2024-05", Precision::Month, false),
        ("2024-05-01", Precision::Day, false),
        ("2024-05-01T10:30", Precision::Minute, false),
        ("2024-05-01T10:30:00Z", Precision::Second, true),
        ("2024-05-01T10:30:00.1Z", Precision::Millisecond, true),
    ] {
        let span = parse(text, Form::Search).unwrap();
        assert_eq!((span.precision, span.zoned), (precision, zoned), "{text}");
    }
}

proptest! {
    #[test]
    fn an_instant_that_was_written_is_read_as_itself(at_ms in EARLIEST_MS + 100_000_000..LATEST_MS - 200_000_000) {
        if let Some(text) = instant(at_ms) {
            prop_assert_eq!(parse(&text, Form::Instant).unwrap().low_ms, at_ms);
        }
    }

    #[test]
    fn no_text_is_too_odd(text in "[0-9T:.Z+-]{0,30}|.{0,20}") {
        for form in [Form::Date, Form::DateTime, Form::Instant, Form::Search] {
            if let Ok(span) = parse(&text, form) {
                prop_assert!(span.low_ms < span.high_ms);
            }
        }
    }
}
