//! Automatic release by its table of cases, and against a second implementation.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod second;

use crate::autoverify::{Change, VerifyInput, autoverify};
use crate::delta::Delta;
use crate::flag::Ends;
use crate::westgard::{Action, Judged, Rule};
use sdk::decimal::Decimal;

fn number(text: &str) -> Option<Decimal> {
    Decimal::parse(text)
}

fn ends(text: &str) -> Option<Ends> {
    let (low, high) = match text {
        "?" => return None,
        "---" => ("", ""),
        other => match other.strip_prefix("--") {
            Some(high) => ("", high),
            None => other.split_once('-').unwrap(),
        },
    };
    Some(Ends {
        low: number(low),
        high: number(high),
    })
}

fn judged(text: &str) -> Option<Judged> {
    let all = [
        Rule::One2s,
        Rule::One3s,
        Rule::Two2s,
        Rule::Range4s,
        Rule::Four1s,
        Rule::TenX,
    ];
    let (action, names) = match text {
        "?" => return None,
        "pass" => (None, vec![]),
        "warn" => (Some(Action::Warn), vec!["1-2s"]),
        other => (
            Some(Action::Reject),
            other.strip_prefix("reject:").unwrap().split('+').collect(),
        ),
    };
    let rule = |name: &&str| *all.iter().find(|it| it.name() == *name).unwrap();
    Some(Judged {
        action,
        violated: names.iter().map(|it| (rule(it), action.unwrap())).collect(),
    })
}

fn words(text: &str) -> Option<Vec<String>> {
    match text {
        "?" => None,
        "none" => Some(vec![]),
        some => Some(some.split('+').map(str::to_owned).collect()),
    }
}

fn change(text: &str) -> Change<'_> {
    let compared = |text: &str, is_below| {
        let (change, rcv) = text.split_once('/').unwrap();
        Change::Compared(Delta {
            change_percent: number(change).unwrap(),
            rcv_percent: rcv.parse().unwrap(),
            is_below,
        })
    };
    match text.split_once(':') {
        Some(("below", of)) => compared(of, true),
        Some(("above", of)) => compared(of, false),
        Some(("no", why)) => Change::NotComparable(why),
        None => Change::First {
            is_let_through: text == "first-release",
        },
        Some(_) => panic!("`{text}` is no delta"),
    }
}

#[test]
fn autoverify_by_case() {
    let rows: Vec<_> = include_str!("../../cases/autoverify.txt")
        .lines()
        .filter(|row| row.contains('|') && !row.starts_with('#'))
        .collect();
    assert!(rows.len() > 30);
    for row in rows {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let [
            qc,
            flags,
            value,
            release,
            critical,
            delta,
            hil,
            age,
            signed,
            expected,
        ] = cells[..]
        else {
            panic!("ten cells in {row}")
        };
        let (quality_control, flags, hil) = (judged(qc), words(flags), words(hil));
        let (minutes, allowed) = age.split_once('/').unwrap();
        let verified = autoverify(&VerifyInput {
            quality_control: quality_control.as_ref(),
            analyser_flags: flags.as_deref(),
            value: number(value),
            release: ends(release),
            critical: ends(critical),
            change: change(delta),
            interference: hil.as_deref(),
            specimen_minutes: minutes.parse().ok(),
            specimen_minutes_max: allowed.parse().ok(),
            is_signed: signed == "yes",
        });
        let failed = verified.failed().map(|it| {
            format!(
                "{}: {}",
                it.condition.name(),
                it.why_not.as_deref().unwrap()
            )
        });
        let failed: Vec<_> = failed.collect();
        let said = match verified.is_released() {
            true => "released".to_owned(),
            false => format!("held: {}", failed.join("; ")),
        };
        assert_eq!(said, expected, "{row}");
        assert_eq!(verified.0.len(), 8, "every condition is looked at: {row}");
    }
}
