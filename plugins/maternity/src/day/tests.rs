//! Days and moments by example, and every day of four hundred years there and back.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::{Day, Gestation, minutes, moment};

#[test]
fn every_day_of_four_hundred_years_is_written_as_it_is_read() {
    let first = Day::parse("1800-01-01").unwrap();
    let (mut last, mut leaps) = (String::new(), 0);
    for n in 0..146_097 {
        let text = first.plus(n).to_string();
        assert!(text > last, "{text} after {last}");
        assert_eq!(Day::parse(&text), Some(first.plus(n)));
        leaps += u32::from(text.ends_with("-02-29"));
        last = text;
    }
    assert_eq!((last.as_str(), leaps), ("2199-12-31", 97));
}

#[test]
fn what_is_no_date_is_none() {
    for text in [
        "",
        "2026",
        "2026-02-29",
        "2026-13-01",
        "2026-00-10",
        "2026-04-31",
        "2026-4-1",
        "0000-01-01",
        "2026-11-24x",
        "not a date",
    ] {
        assert_eq!(Day::parse(text), None, "{text}");
    }
}

#[test]
fn moments_know_their_offset() {
    assert_eq!(minutes("1970-01-02T01:30:00+01:00"), Some(1440 + 30));
    assert_eq!(minutes("1970-01-01T23:30:00-01:00"), Some(1440 + 30));
    assert_eq!(minutes("2026-11-24"), None);
    assert_eq!(minutes("2026-11-24T25:00:00Z"), None);
    let text = "2026-11-24T18:41:00Z";
    assert_eq!(moment(minutes(text).unwrap()), text);
}

#[test]
fn gestation_is_weeks_and_days() {
    assert_eq!(Gestation(87).to_string(), "12+3");
    assert_eq!(Gestation::nearest(78.7).to_string(), "11+2");
}

#[test]
fn years_are_completed() {
    let years = |birth: &str, at: &str| {
        Day::parse(at)
            .unwrap()
            .years_since(Day::parse(birth).unwrap())
    };
    assert_eq!(years("1990-06-02", "2026-06-01"), 35);
    assert_eq!(years("1990-06-02", "2026-06-02"), 36);
    assert_eq!(years("2000-02-29", "2026-02-28"), 25);
}
