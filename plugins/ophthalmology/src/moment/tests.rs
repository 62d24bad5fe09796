//! Moments at the edges of days, years and offsets, and ages at birthdays.
#![expect(clippy::unwrap_used, reason = "tests")]

use crate::moment::{DAY_MS, Day, Moment, age_years};

#[test]
fn a_moment_is_read_or_refused() {
    let table = "
        1970-01-01T00:00:00Z            | 1970-01-01T00:00:00Z
        1969-12-31T23:59:59Z            | 1969-12-31T23:59:59Z
        2026-11-24T11:20:00+00:00       | 2026-11-24T11:20:00Z
        2026-07-01T00:30:00+01:00       | 2026-06-30T23:30:00Z
        2026-07-01T00:30:00.250-05:30   | 2026-07-01T06:00:00Z
        2024-02-29                      | 2024-02-29T00:00:00Z
        2023-02-29                      | refused
        1900-02-29                      | refused
        2000-02-29T12:00:00Z            | 2000-02-29T12:00:00Z
        2026-12                         | 2026-12-01T00:00:00Z
        2026                            | 2026-01-01T00:00:00Z
        2026-13-01                      | refused
        2026-11-24T11:20                | refused
        2026-11-24T11:20:00             | refused
        2026-11-24T24:00:00Z            | refused
        2026-11-24T11:20:00+15:00       | refused
        24-11-2026                      | refused
        2026-11-24T11:20:00.x0Z         | refused
        9999-12-31T23:59:59Z            | 9999-12-31T23:59:59Z
    ";
    for row in table.lines().filter(|row| row.contains('|')) {
        let (text, expected) = row.split_once('|').unwrap();
        let read =
            Moment::parse(text.trim()).map_or("refused".to_owned(), |it| Moment::text(it.epoch_ms));
        assert_eq!(read, expected.trim(), "{row}");
    }
    assert!(!Moment::parse("2024-02-29").unwrap().has_time);
}

#[test]
fn every_day_of_eight_centuries_is_the_day_after_the_one_before() {
    let first = Moment::parse("1600-01-01").unwrap().epoch_ms;
    for n in 0..292_200 {
        let day = Day::from_number(first / DAY_MS + n).text();
        assert_eq!(
            Moment::parse(&day).unwrap().epoch_ms,
            first + n * DAY_MS,
            "{day}"
        );
    }
}

#[test]
fn age_changes_on_the_birthday() {
    let table = [
        ("1948-03-03", "2026-03-02T23:59:59Z", Some((77, 77))),
        ("1948-03-03", "2026-03-03T00:00:00Z", Some((78, 78))),
        ("2008-02-29", "2026-02-28T12:00:00Z", Some((17, 17))),
        ("2008-02-29", "2026-03-01T12:00:00Z", Some((18, 18))),
        ("2008", "2026-06-01T12:00:00Z", Some((17, 18))),
        ("1990", "2026-06-01T12:00:00Z", Some((35, 36))),
        ("2008-06", "2026-06-30T12:00:00Z", Some((18, 18))),
        ("2026-06-02", "2026-06-01T12:00:00Z", None),
        ("soon", "2026-06-01T12:00:00Z", None),
        ("1990-01-01", "2026", None),
    ];
    for (birth, at, expected) in table {
        assert_eq!(age_years(birth, at), expected, "{birth} {at}");
    }
}
