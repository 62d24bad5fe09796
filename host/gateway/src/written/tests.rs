//! Days, moments, ages and units as tables.
#![expect(clippy::unwrap_used, reason = "a test stops where its table is wrong")]

use super::{age, day, instant_of_local, moment, plain, second, unit};

fn check(table: &str, written: impl Fn(&str) -> String) {
    for row in table.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let (given, expected) = row.split_once('|').unwrap();
        assert_eq!(written(given.trim()), expected.trim(), "{row}");
    }
}

#[test]
fn days_and_moments_as_clinicians_read_them() {
    check(
        "
        2018                      | 2018
        2018-08                   | Aug-2018
        2018-08-06                | 06-Aug-2018
        2018-08-06T13:02:00Z      | 06-Aug-2018 14:02
        2018-01-06T13:02:00Z      | 06-Jan-2018 13:02
        2018-08-06T23:30:00Z      | 07-Aug-2018 00:30
        2018-08-06T14:02:00+01:00 | 06-Aug-2018 14:02
        2018-13                   | 2018-13
        yesterday                 | yesterday
        ",
        moment,
    );
    assert_eq!(day("2018-08-06T23:30:00Z"), "07-Aug-2018");
    assert_eq!(second("2018-01-06T13:02:09Z"), "06-Jan-2018 13:02:09");
}

#[test]
fn a_local_time_is_a_moment() {
    check(
        "
        2026-07-01T14:02 | 2026-07-01T13:02:00.000Z
        2026-11-22T14:02 | 2026-11-22T14:02:00.000Z
        2026-13-22T14:02 | none
        drop table       | none
        ",
        |given| instant_of_local(given).unwrap_or_else(|| "none".to_owned()),
    );
}

#[test]
fn an_age_in_the_unit_that_its_size_calls_for() {
    let on = "2026-11-22".parse().unwrap();
    check(
        "
        2026-11-22 | 0d
        2026-10-26 | 27d
        2026-10-25 | 4w 0d
        2025-11-23 | 52w 0d
        2025-11-22 | 12m 0d
        2024-11-23 | 23m 30d
        2024-11-22 | 2y 0m
        2008-11-23 | 17y 11m
        2008-11-22 | 18y
        1948-03-03 | 78y
        2026-11-23 | none
        1948-03    | none
        ",
        |born| age(born, on).unwrap_or_else(|| "none".to_owned()),
    );
}

#[test]
fn units_as_people_read_them() {
    check(
        "
        umol/L          | µmol/L
        mL/min/1.73 m2  | mL/min/1.73 m²
        10*9/L          | 10⁹/L
        mmol/L          | mmol/L
        U/L             | U/L
        units           | units
        ug/L            | µg/L
        ",
        unit,
    );
}

#[test]
fn what_steers_text_is_made_visible() {
    for steering in [
        '\u{202E}', '\u{2066}', '\u{200F}', '\u{200B}', '\u{FEFF}', '\u{7}', '\u{0}',
    ] {
        assert_eq!(plain(&format!("a{steering}b")), "a\u{FFFD}b");
    }
    assert_eq!(
        plain("Zoë Ó Súilleabháin\nمريم"),
        "Zoë Ó Súilleabháin\nمريم"
    );
}
