//! Moments at the edges of days, years and offsets, and ages at birthdays.
#![expect(clippy::unwrap_used, reason = "tests")]

use crate::moment::{DAY_MS, Day, Moment, age_years, words};

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
        let day = Moment::day_text(first + n * DAY_MS);
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

#[test]
fn a_moment_is_read_as_its_writer_saw_it() {
    let table = [
        ("2026-07-01T00:30:00+01:00", Some("01-Jul-2026 00:30")),
        ("2026-11-24", Some("24-Nov-2026")),
        ("2026-11", Some("2026-11")),
        ("2026", Some("2026")),
        ("soon", None),
    ];
    for (text, expected) in table {
        assert_eq!(words(text).as_deref(), expected, "{text}");
    }
}

#[test]
fn a_day_is_counted_on_and_back() {
    let table = "
        2026-11-24 | 1        | 2026-11-25
        2026-11-24 | -1       | 2026-11-23
        2024-02-28 | 1        | 2024-02-29
        2023-02-28 | 1        | 2023-03-01
        1900-02-28 | 1        | 1900-03-01
        2000-02-28 | 2        | 2000-03-01
        2026-12-31 | 1        | 2027-01-01
        2026-02-15 | 280      | 2026-11-22
        1970-01-01 | -719162  | 0001-01-01
        1970-01-01 | -719163  | none
        9999-12-31 | 1        | none
        2026-11-24 | 9223372036854775807  | none
        2026-11-24 | -9223372036854775807 | none
    ";
    for row in table.lines().filter(|row| row.contains('|')) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let from = Day::parse(cells[0]).unwrap();
        let days = cells[1].parse().unwrap();
        let later = from.plus(days);
        assert_eq!(
            later.map_or("none".to_owned(), Day::text),
            cells[2],
            "{row}"
        );
        if let Some(later) = later {
            assert_eq!(later.since(from), days, "{row}");
        }
    }
}

#[test]
fn the_day_of_a_moment_is_its_writers() {
    for (text, expected) in [
        ("2026-07-01T00:30:00+01:00", Some("2026-07-01")),
        ("2026-06-30T23:30:00Z", Some("2026-06-30")),
        ("2026-07-01", Some("2026-07-01")),
        ("2026-07", None),
        ("2026-07-01T", None),
        ("2026-07-01X00:30:00Z", None),
        ("2026-07-01T25:30:00Z", None),
        ("2026-02-30T00:30:00Z", None),
        ("2026-07-0é", None),
    ] {
        assert_eq!(Day::of(text).map(Day::text).as_deref(), expected, "{text}");
    }
}
