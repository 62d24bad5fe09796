//! The charts of Levey and Jennings of one analyser, the verdict on each of its runs, and what follows from the newest.
//!
//! Invariant: a run without a verdict says why; one that is rejected is said before anything else.

use sdk::decimal::Decimal;
use sdk::moment::words;
use sdk::screen::{
    Alert, AlertLevel, Band, Card, Fact, Interpretation, Node, Paragraph, Point, Table,
    TableColumn, TableRow, Threshold, Tone, Trend,
};

use crate::control_run::{Measured, Run, judged};
use crate::laboratory::LaboratoryTest;
use crate::material::Material;
use crate::quality_control::By;
use crate::westgard::{Action, Judged, Refusal, refusal_text};

/// The charts and runs of one analyser, what is to be done first on top.
pub(crate) fn of_analyser(
    by: &By,
    analyser: &str,
    test: &LaboratoryTest,
    materials: &[&Material],
    runs: &[Run],
) -> Card {
    let card = Card::new().heading(analyser);
    let judged = judged(&by.westgard, runs, by.control.runs_shown);
    let Some((newest, verdict)) = judged.last() else {
        return card.child(Paragraph::new("No control result of this test is recorded on this analyser: its quality control is not known."));
    };
    let mut card = card.note(format!(
        "Newest run {}",
        words(&newest.when).unwrap_or_default()
    ));
    card = card.children(alert(verdict));
    for material in materials {
        card = card.children(chart(material, test.unit(), &judged));
    }
    card.child(table(&judged))
}

/// What follows from the newest run, unless it passes.
fn alert(verdict: &Result<Judged, Refusal>) -> Option<Node> {
    let (level, title, text) = match verdict {
        Err(why) => (
            AlertLevel::Warning,
            "The newest run cannot be judged",
            format!("{}. Its results are not released.", refusal_text(*why)),
        ),
        Ok(it) => match it.action {
            None => return None,
            Some(Action::Warn) => (
                AlertLevel::Warning,
                "The newest run warns",
                format!(
                    "It violates {}. Look at the other rules before releasing.",
                    names(it)
                ),
            ),
            Some(Action::Reject) => (
                AlertLevel::Prohibited,
                "Do not release results of the newest run",
                format!(
                    "It violates {}. Find the cause and repeat the controls.",
                    names(it)
                ),
            ),
        },
    };
    Some(Alert::new(level, title, text).into())
}

fn names(it: &Judged) -> String {
    let names: Vec<_> = it.violated.iter().map(|(rule, _)| rule.name()).collect();
    names.join(", ")
}

/// One material over the runs of its newest lot.
fn chart(
    material: &Material,
    unit: &str,
    judged: &[(&Run, Result<Judged, Refusal>)],
) -> Option<Node> {
    let of_level = |run: &'_ Run| -> Option<Measured> {
        let mut all = run.measured.iter();
        all.find(|it| it.control.level == material.level).cloned()
    };
    let all: Vec<_> = judged
        .iter()
        .filter_map(|(run, _)| Some((run.when.as_str(), of_level(run)?)))
        .collect();
    let (_, newest) = all.last()?;
    let points: Vec<_> = all
        .iter()
        .filter(|(_, it)| it.lot == newest.lot)
        .map(|(when, it)| point(when, it))
        .collect();
    let (mean, sd) = (newest.control.mean, newest.control.sd);
    let at = |times: u32, above: bool| {
        let away = sd.times(Decimal::from(times)).unwrap_or(Decimal::ZERO);
        match above {
            true => mean.plus(away).to_string(),
            false => mean.minus(away).to_string(),
        }
    };
    let title = format!(
        "{}, level {}, lot {}",
        material.name, material.level, newest.lot
    );
    let many = points.len();
    let results = if many == 1 { "result" } else { "results" };
    let chart = Trend::new(title, unit, points)
        .description(format!(
            "{many} control {results} of this lot, mean {mean}, standard deviation {sd}"
        ))
        .band(
            Band::new(format!(
                "Mean and 2 standard deviations, {} to {}",
                at(2, false),
                at(2, true)
            ))
            .low(at(2, false))
            .high(at(2, true)),
        )
        .thresholds(vec![
            Threshold::new(at(3, false), "-3 SD"),
            Threshold::new(mean.to_string(), "Mean"),
            Threshold::new(at(3, true), "+3 SD"),
        ]);
    Some(chart.into())
}

fn point(when: &str, it: &Measured) -> Point {
    let point = Point::new(when, it.value.as_str());
    let above = |times: u32| it.control.is_above(Decimal::from(times));
    let below = |times: u32| it.control.is_below(Decimal::from(times));
    let said = if above(3) {
        Interpretation::CriticalHigh
    } else if below(3) {
        Interpretation::CriticalLow
    } else if above(2) {
        Interpretation::High
    } else if below(2) {
        Interpretation::Low
    } else {
        return point;
    };
    point.interpretation(said)
}

/// Every run that is drawn, the newest on top.
fn table(judged: &[(&Run, Result<Judged, Refusal>)]) -> Table {
    let columns = vec![
        TableColumn::new("measured", "Measured"),
        TableColumn::new("results", "Results"),
        TableColumn::new("verdict", "Verdict"),
        TableColumn::new("note", "Noted"),
    ];
    let row = |(run, verdict): &(&Run, Result<Judged, Refusal>)| {
        let results = run
            .measured
            .iter()
            .map(|it| format!("level {}: {} (lot {})", it.control.level, it.value, it.lot));
        let (said, tone) = match verdict {
            Err(why) => (
                format!("Cannot be judged: {}", refusal_text(*why)),
                Some(Tone::Warning),
            ),
            Ok(it) => match it.action {
                None => ("Pass".to_owned(), None),
                Some(Action::Warn) => (format!("Warn: {}", names(it)), Some(Tone::Warning)),
                Some(Action::Reject) => (format!("Reject: {}", names(it)), Some(Tone::Critical)),
            },
        };
        let row = TableRow::new(vec![
            Fact::date(run.when.as_str()),
            Fact::text(results.collect::<Vec<_>>().join("; ")),
            Fact::text(said),
            Fact::text(run.note.as_deref().unwrap_or("Nothing")),
        ]);
        match tone {
            Some(tone) => row.tone(tone),
            None => row,
        }
    };
    let rows: Vec<_> = judged.iter().rev().map(row).collect();
    Table::new("Runs, newest on top", columns, rows)
}
