//! The chart of a labour: readings of the baby, the progress and the woman on one axis of time.
//!
//! Invariant: as its parent's; every reading lies in the time that the chart covers and has what its lane draws.

use serde::Deserialize;

use super::clinical::in_order;
use super::{Absent, Kind};
use crate::screen::check::{Wrong, each, fits, within};
use crate::screen::word::{Decimal, Line, Short, When};

/// Longest time that one chart covers.
const HOURS_MAX: i64 = 24;

/// Characters that have room beside a lane, at a time and right of the newest reading.
const LABEL_CHARS_MAX: usize = 24;
const WORD_CHARS_MAX: usize = 40;
const NUMBER_CHARS_MAX: usize = 10;

#[derive(Debug, Deserialize)]
pub(crate) struct LabourChart {
    pub(crate) title: Line,
    pub(crate) from: When,
    pub(crate) to: When,
    pub(crate) now: Option<When>,
    /// By whose rules a reading alerts.
    pub(crate) rules: Line,
    pub(crate) groups: Vec<LaneGroup>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LaneGroup {
    pub(crate) title: Line,
    pub(crate) lanes: Vec<Lane>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lane {
    pub(crate) label: Line,
    pub(crate) unit: Option<Short>,
    pub(crate) draw: LaneForm,
    pub(crate) low: Option<Decimal>,
    pub(crate) high: Option<Decimal>,
    /// From here up it alerts.
    pub(crate) alert_from: Option<Decimal>,
    /// Below this it alerts.
    pub(crate) alert_under: Option<Decimal>,
    /// How long it may stay at a number.
    #[serde(default)]
    pub(crate) allowed: Vec<Allowed>,
    pub(crate) readings: Vec<Reading>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LaneForm {
    /// Points and straight lines.
    Line,
    /// A column of blocks, one for each whole number.
    Blocks,
    /// From one number to another, as a blood pressure.
    Span,
    /// Words.
    Words,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Allowed {
    pub(crate) at: Decimal,
    pub(crate) minutes: u16,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reading {
    pub(crate) when: When,
    pub(crate) value: Option<Decimal>,
    /// The lower end of a span.
    pub(crate) lower: Option<Decimal>,
    pub(crate) word: Option<Line>,
    pub(crate) absent: Option<Absent>,
    #[serde(default)]
    pub(crate) alert: bool,
}

impl Lane {
    /// The ends of its scale.
    pub(crate) fn ends(&self) -> Option<(f64, f64)> {
        let (low, high) = (self.low.as_ref()?.scale()?, self.high.as_ref()?.scale()?);
        (low < high).then_some((low, high))
    }

    /// Whether a reading alerts: its departmental says so, or it is over one of the lane's limits.
    pub(crate) fn alerts(&self, it: &Reading) -> bool {
        let number = |it: &Option<Decimal>| it.as_ref().and_then(Decimal::scale);
        let over = |value: f64| number(&self.alert_from).is_some_and(|from| value >= from);
        let under = |value: f64| number(&self.alert_under).is_some_and(|from| value < from);
        it.alert || number(&it.value).is_some_and(|value| over(value) || under(value))
    }

    fn sound(&self, chart: &LabourChart) -> Result<(), Wrong> {
        within("readings", self.readings.len(), 0, 300)?;
        within("allowed", self.allowed.len(), 0, 20)?;
        let unit = self.unit.as_ref().map_or("", Short::as_str);
        if self.draw == LaneForm::Words && !unit.is_empty() {
            fits(
                "label",
                &format!("{}, {unit}", self.label.as_str()),
                LABEL_CHARS_MAX,
            )?;
        }
        fits("label", self.label.as_str(), LABEL_CHARS_MAX)?;
        fits("unit", unit, LABEL_CHARS_MAX)?;
        if self.draw != LaneForm::Words && self.ends().is_none() {
            return Err(Wrong::here("needs low and high, low below high"));
        }
        if self.draw == LaneForm::Blocks
            && self
                .ends()
                .is_none_or(|(low, high)| low != 0.0 || high > 20.0)
        {
            return Err(Wrong::here("of blocks goes from 0 to at most 20"));
        }
        in_order("readings", self.readings.iter().map(|it| &it.when))?;
        each("readings", &self.readings, |it| self.reading(it, chart))
    }

    fn reading(&self, it: &Reading, chart: &LabourChart) -> Result<(), Wrong> {
        if !(chart.from.first_ms()..=chart.to.first_ms()).contains(&it.when.first_ms()) {
            return Err(Wrong::at("when", "lies outside the time of the chart"));
        }
        fits(
            "word",
            it.word.as_ref().map_or("", Line::as_str),
            WORD_CHARS_MAX,
        )?;
        fits(
            "value",
            it.value.as_ref().map_or("", Decimal::as_str),
            NUMBER_CHARS_MAX,
        )?;
        fits(
            "lower",
            it.lower.as_ref().map_or("", Decimal::as_str),
            NUMBER_CHARS_MAX,
        )?;
        let number = it.value.as_ref().and_then(Decimal::scale);
        let lower = it.lower.as_ref().and_then(Decimal::scale);
        let fits = match (self.draw, &it.absent) {
            (_, Some(_)) => it.value.is_none() && it.lower.is_none() && it.word.is_none(),
            (LaneForm::Words, None) => {
                it.word.is_some() && it.value.is_none() && it.lower.is_none()
            }
            (LaneForm::Line | LaneForm::Blocks, None) => {
                number.is_some() && it.lower.is_none() && it.word.is_none()
            }
            (LaneForm::Span, None) => match (lower, number) {
                (Some(lower), Some(upper)) => lower <= upper && it.word.is_none(),
                (_, _) => false,
            },
        };
        if fits {
            return Ok(());
        }
        Err(Wrong::here(
            "needs what its lane draws and no more: a value, a value with a lower one, a word, or absent",
        ))
    }
}

impl Kind for LabourChart {
    fn sound(&self) -> Result<(), Wrong> {
        const HOUR_MS: i64 = 3_600_000;
        let (from, to) = (self.from.first_ms(), self.to.first_ms());
        if to <= from || to - from > HOURS_MAX * HOUR_MS {
            return Err(Wrong::at(
                "to",
                format!("must be after from, at most {HOURS_MAX} hours"),
            ));
        }
        if self
            .now
            .as_ref()
            .is_some_and(|now| !(from..=to).contains(&now.first_ms()))
        {
            return Err(Wrong::at("now", "lies outside the time of the chart"));
        }
        within("groups", self.groups.len(), 1, 10)?;
        each("groups", &self.groups, |group| {
            within("lanes", group.lanes.len(), 1, 20)?;
            each("lanes", &group.lanes, |lane| lane.sound(self))
        })
    }
}
