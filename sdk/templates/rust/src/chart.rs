//! The observation chart: the newest score with the response it asks for, and the sets before it in their bands.
//!
//! Invariant: a total is shown for a complete set alone, and what is missing or cannot be used is said by name.

use sdk::screen::{
    Absent, Alert, AlertLevel, BandedChart, BandedRow, BandedTotal, Column, EmptyState, Fact,
    Inset, Link, Observed, ObservedBand, Score as ScoreNode, ScoreBand, ScorePart, Section, Tone,
    WarningCallout,
};
use sdk::{Call, Failure, Screen};

use crate::news2::{Parameter, Points, Reading, Refusal, Scale, Score, Set, news2};
use crate::pack::{Band, Pack, Response, Words};
use crate::sets::{self, Sets, Timed};

const TITLE: &str = "National Early Warning Score 2";

/// Draws the chart.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let pack = Pack::of(call)?;
    let sets = sets::read(call, &pack)?;
    let enter = Link::new("Enter observations", "enter");
    let mut root = Section::new();
    match sets.sets.last() {
        None => {
            let text = "No vital signs with a time of day are recorded for this patient.";
            root = root.child(EmptyState::new("No observations", text));
        }
        Some(newest) => {
            let score = news2(&pack, &newest.set);
            root = root
                .child(asked(&score))
                .child(score_node(&pack, newest, &score))
                .child(banded(&pack, &sets.sets));
        }
    }
    for words in remarks(&pack, &sets) {
        root = root.child(Inset::new(words));
    }
    Ok(Screen::new(root.child(enter)))
}

/// What the newest set asks for, or why that cannot be said.
fn asked(score: &Score<'_>) -> sdk::screen::Node {
    match &score.total {
        Ok((total, response)) => {
            let level = match response.tone {
                Tone::Critical => AlertLevel::Mandatory,
                Tone::Warning => AlertLevel::Warning,
                Tone::Neutral | Tone::Information | Tone::Success => AlertLevel::Information,
            };
            let title = format!("NEWS2 {total}. {}", response.label);
            Alert::new(level, title, response.text.as_str()).into()
        }
        Err(refusal) => {
            let text = format!("NEWS2 cannot be calculated: {}.", refusal.words());
            WarningCallout::new("No score for the newest observations", text).into()
        }
    }
}

fn score_node(pack: &Pack, newest: &Timed, score: &Score<'_>) -> ScoreNode {
    let parts: Vec<_> = score
        .parts
        .iter()
        .map(|(parameter, points)| score_part(pack, &newest.set, *parameter, points))
        .collect();
    let node = ScoreNode::new(TITLE)
        .bands(pack.responses.iter().map(score_band).collect::<Vec<_>>())
        .components(parts)
        .when(newest.when.as_str())
        .rule(rule(pack));
    match &score.total {
        Ok((total, response)) => node
            .value(total.to_string())
            .band(response.id.as_str())
            .adds_up(true),
        Err(refusal) => node.absent(why_absent(score, refusal)),
    }
}

/// What is recorded and cannot be used is not called missing.
fn why_absent(score: &Score<'_>, refusal: &Refusal) -> Absent {
    let is_unusable = |(_, points): &(Parameter, Points)| matches!(points, Points::Unusable(_));
    match refusal {
        Refusal::TooYoung { .. } => Absent::NotApplicable,
        Refusal::AgeNotKnown => Absent::Unknown,
        Refusal::Without(_) if score.parts.iter().any(is_unusable) => Absent::Unknown,
        Refusal::Without(_) => Absent::NotRecorded,
    }
}

fn rule(pack: &Pack) -> String {
    match pack.unverified.is_empty() {
        true => pack.rule.clone(),
        false => format!("{}; unverified in part", pack.rule),
    }
}

fn score_band(response: &Response) -> ScoreBand {
    let band = ScoreBand::new(response.id.as_str(), response.label.as_str()).tone(response.tone);
    match response.range {
        Some((from, to)) => band.from(from.to_string()).to(to.to_string()),
        None => band,
    }
}

fn score_part(pack: &Pack, set: &Set, parameter: Parameter, points: &Points) -> ScorePart {
    let label = match (parameter, &set.scale) {
        (Parameter::Saturation, Scale::One) => "SpO2, scale 1",
        (Parameter::Saturation, Scale::Two) => "SpO2, scale 2",
        (parameter, _) => pack.label(parameter),
    };
    let part = ScorePart::new(label);
    let most = pack.most(parameter).to_string();
    match points {
        Points::Given { points, shown } => {
            let value = match pack.unit(parameter) {
                // What was reported, not what it was rounded to.
                Some(unit) => Fact::quantity(reported(set, parameter).unwrap_or(shown), unit),
                None => Fact::text(shown.as_str()),
            };
            part.value(value).points(points.to_string())
        }
        Points::Missing => part.absent(Absent::NotRecorded).most(most),
        Points::Unusable(why) => part
            .value(Fact::text(why.as_str()))
            .absent(Absent::Unknown)
            .most(most),
    }
}

fn reported(set: &Set, parameter: Parameter) -> Option<&str> {
    let reading = match parameter {
        Parameter::Respiration => &set.respiration,
        Parameter::Saturation => &set.saturation,
        Parameter::Oxygen => &set.oxygen,
        Parameter::Systolic => &set.systolic,
        Parameter::Pulse => &set.pulse,
        Parameter::Consciousness => &set.consciousness,
        Parameter::Temperature => &set.temperature,
    };
    match reading {
        Reading::Number(text) => Some(text),
        Reading::NotRecorded | Reading::Unusable(_) | Reading::Word(_) => None,
    }
}

/// A row of the chart: a parameter, or the saturation by one of its three tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Row {
    Of(Parameter),
    ScaleTwoOnAir,
    ScaleTwoOnOxygen,
}

/// In which row a set's saturation stands.
fn saturation_row(set: &Set) -> Row {
    match (&set.scale, &set.oxygen) {
        (Scale::Two, Reading::Word(id)) if id == "oxygen" => Row::ScaleTwoOnOxygen,
        (Scale::Two, _) => Row::ScaleTwoOnAir,
        (Scale::One | Scale::Unusable(_), _) => Row::Of(Parameter::Saturation),
    }
}

fn banded(pack: &Pack, sets: &[Timed]) -> BandedChart {
    let scores: Vec<Score<'_>> = sets.iter().map(|it| news2(pack, &it.set)).collect();
    let columns: Vec<_> = sets
        .iter()
        .enumerate()
        .map(|(at, it)| Column::new(id(at), it.when.as_str()))
        .collect();
    let mut saturation: Vec<Row> = sets.iter().map(|it| saturation_row(&it.set)).collect();
    saturation.sort_unstable();
    saturation.dedup();
    let is_of_one_scale = saturation.len() == 1;
    let mut rows: Vec<Row> = vec![Row::Of(Parameter::Respiration)];
    rows.extend(saturation);
    rows.extend(
        [
            Parameter::Oxygen,
            Parameter::Systolic,
            Parameter::Pulse,
            Parameter::Consciousness,
            Parameter::Temperature,
        ]
        .map(Row::Of),
    );
    let rows: Vec<_> = rows
        .into_iter()
        .map(|row| banded_row(pack, row, sets, &scores))
        .collect();
    let totals: Vec<_> = scores
        .iter()
        .enumerate()
        .map(|(at, score)| total_cell(at, score))
        .collect();
    // The host adds up the rows of a column; with two scales in one chart a column has a row that does not apply to it.
    let total = BandedTotal::new("NEWS2", totals).adds_up(is_of_one_scale);
    BandedChart::new(TITLE, rule(pack), columns, rows).total(total)
}

fn id(at: usize) -> String {
    format!("t{at}")
}

fn total_cell(at: usize, score: &Score<'_>) -> Observed {
    let cell = Observed::new(id(at));
    match &score.total {
        Ok((total, _)) => cell.value(total.to_string()),
        Err(refusal) => cell.absent(why_absent(score, refusal)),
    }
}

fn banded_row(pack: &Pack, row: Row, sets: &[Timed], scores: &[Score<'_>]) -> BandedRow {
    let parameter = match row {
        Row::Of(parameter) => parameter,
        Row::ScaleTwoOnAir | Row::ScaleTwoOnOxygen => Parameter::Saturation,
    };
    let cells: Vec<_> = sets
        .iter()
        .zip(scores)
        .enumerate()
        .map(|(at, (it, score))| {
            let cell = Observed::new(id(at));
            if parameter == Parameter::Saturation && saturation_row(&it.set) != row {
                return cell.absent(Absent::NotApplicable);
            }
            let points = score.parts.iter().find(|(of, _)| *of == parameter);
            match points.map(|(_, points)| points) {
                Some(Points::Given { shown, .. }) => given(pack, parameter, cell, shown),
                Some(Points::Unusable(_)) => cell.absent(Absent::Unknown),
                Some(Points::Missing) | None => cell.absent(Absent::NotRecorded),
            }
        })
        .collect();
    let (label, bands) = match row {
        Row::ScaleTwoOnAir => {
            let it = &pack.saturation_2_air;
            (it.label.as_str(), number_bands(&it.bands))
        }
        Row::ScaleTwoOnOxygen => {
            let it = &pack.saturation_2_oxygen;
            (it.label.as_str(), number_bands(&it.bands))
        }
        Row::Of(parameter) => own_bands(pack, parameter),
    };
    let drawn = BandedRow::new(label, bands, cells);
    match pack.unit(parameter) {
        Some(unit) => drawn.unit(unit),
        None => drawn,
    }
}

/// The number that was banded, or the band of a word.
fn given(pack: &Pack, parameter: Parameter, cell: Observed, shown: &str) -> Observed {
    let words = match parameter {
        Parameter::Oxygen => &pack.oxygen,
        Parameter::Consciousness => &pack.consciousness,
        Parameter::Respiration
        | Parameter::Saturation
        | Parameter::Systolic
        | Parameter::Pulse
        | Parameter::Temperature => return cell.value(shown),
    };
    let word = words.words.iter().find(|it| it.code.display == shown);
    match word {
        Some(word) => cell.word(word.band.as_str()),
        None => cell.absent(Absent::Unknown),
    }
}

fn own_bands(pack: &Pack, parameter: Parameter) -> (&str, Vec<ObservedBand>) {
    let number = match parameter {
        Parameter::Respiration => &pack.respiration,
        Parameter::Saturation => &pack.saturation,
        Parameter::Systolic => &pack.systolic,
        Parameter::Pulse => &pack.pulse,
        Parameter::Temperature => &pack.temperature,
        Parameter::Oxygen => return (&pack.oxygen.label, word_bands(&pack.oxygen)),
        Parameter::Consciousness => {
            return (&pack.consciousness.label, word_bands(&pack.consciousness));
        }
    };
    (&number.label, number_bands(&number.bands))
}

fn number_bands(bands: &[Band]) -> Vec<ObservedBand> {
    let drawn = bands.iter().map(|it| {
        let band = ObservedBand::new(it.label.as_str(), it.points);
        match it.from {
            Some(from) => band.from(from.to_string()),
            None => band,
        }
    });
    drawn.collect()
}

/// One band for all the words that share it.
fn word_bands(words: &Words) -> Vec<ObservedBand> {
    let mut bands: Vec<(&str, u32)> = words
        .words
        .iter()
        .map(|it| (it.band.as_str(), it.points))
        .collect();
    bands.dedup();
    bands
        .into_iter()
        .map(|(band, points)| ObservedBand::new(band, points).word(band))
        .collect()
}

/// What a reader has to know whatever is shown.
fn remarks(pack: &Pack, sets: &Sets) -> Vec<String> {
    let mut remarks = Vec::new();
    if sets.more {
        let shown = sets.sets.len();
        remarks.push(format!(
            "The newest {shown} sets are shown; older ones are in the record."
        ));
    }
    if sets.untimed {
        remarks.push(
            "Some vital signs are recorded without a time of day. They belong to no set and are not shown here.".to_owned(),
        );
    }
    remarks.push(format!(
        "NEWS2 is for people of {} years and over who are not pregnant. Whether this patient is pregnant is not known here.",
        pack.age_from_years
    ));
    if !pack.unverified.is_empty() {
        remarks.push(format!(
            "Unverified, compared with its source by nobody answerable yet: {}.",
            pack.unverified.join("; ")
        ));
    }
    remarks
}
