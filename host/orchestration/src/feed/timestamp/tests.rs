//! Dates and times of messages, one row each.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where it is wrong"
)]

use super::{date, date_time, time};
use crate::feed::message::Message;
use crate::feed::message::charset::CharacterSet;

fn check(of: &str, table: &str) {
    for row in table.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let (sent, expected) = row.split_once('|').unwrap();
        let text = format!("MSH|^~\\&|\rPID|{}", sent.trim());
        let message = Message::parse(&text, CharacterSet::Utf8).unwrap();
        let value = message.field("PID", 1);
        let found = match of {
            "date" => date(value),
            "time" => time(value),
            "dateTime" => date_time(value),
            other => panic!("no such form: {other}"),
        };
        let found = found.map_or_else(
            |_| "refused".to_owned(),
            |found| found.unwrap_or_else(|| "nothing".to_owned()),
        );
        assert_eq!(found, expected.trim(), "{row}");
    }
}

#[test]
fn times_in_messages() {
    check(
        "dateTime",
        "
        1985                       | 1985
        198503                     | 1985-03
        19850302                   | 1985-03-02
        198503021130               | 1985-03-02T11:30:00+00:00
        20260702113015             | 2026-07-02T11:30:15+01:00
        20260702113015.25          | 2026-07-02T11:30:15.25+01:00
        2026070211                 | 2026-07-02T11:00:00+01:00
        20260702113015+0000        | 2026-07-02T11:30:15+00:00
        198808181126+0215          | 1988-08-18T11:26:00+02:15
        20260702113015-0500        | 2026-07-02T11:30:15-05:00
        20260702113015^M           | 2026-07-02T11:30:15+01:00
        20251026013000             | 2025-10-26T01:30:00+01:00
        20260329013000             | 2026-03-29T02:30:00+01:00
        20240229                   | 2024-02-29
                                   | nothing
        20230229                   | refused
        20261301                   | refused
        2026070                    | refused
        20260702246000             | refused
        20260702113015+9900        | refused
        20260702113015+1           | refused
        0000                       | refused
        yesterday                  | refused
        19850302.5                 | refused
    ",
    );
}

#[test]
fn dates_keep_the_day_that_was_written() {
    check(
        "date",
        "
        19850302          | 1985-03-02
        198503021130      | 1985-03-02
        198808180030+0215 | 1988-08-18
        1985              | 1985
        198               | refused
        1985030           | refused
    ",
    );
}

#[test]
fn times_of_day() {
    check(
        "time",
        "
        09        | 09:00:00
        0930      | 09:30:00
        093015    | 09:30:15
        093015.5  | 09:30:15.5
        2460      | refused
        9:30      | refused
    ",
    );
}
