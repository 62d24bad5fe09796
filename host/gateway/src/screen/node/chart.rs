//! Charts of observations in scoring bands and of growth along reference curves.
//!
//! Invariant: as its parent's; every number falls into exactly one band, a chart's curves lie inside its axes, and times and
//! distances along an axis only go up.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::clinical::in_order;
use super::{Absent, GridColumn, Kind};
use crate::screen::check::{Wrong, each, fits, unique, within};
use crate::screen::word::{Decimal, Line, Short, When, Word};

/// Characters that have room beside a row, beside a band, in an observation's box and at the end of a curve.
const LABEL_CHARS_MAX: usize = 20;
const BAND_CHARS_MAX: usize = 14;
const OBSERVED_CHARS_MAX: usize = 10;
const CURVE_CHARS_MAX: usize = 16;

#[derive(Debug, Deserialize)]
pub(crate) struct BandedChart {
    pub(crate) title: Line,
    pub(crate) columns: Vec<GridColumn>,
    pub(crate) rows: Vec<BandedRow>,
    pub(crate) total: Option<Total>,
    pub(crate) rule: Line,
}

/// One parameter: its bands from the top down, and what was observed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BandedRow {
    pub(crate) label: Line,
    pub(crate) unit: Option<Short>,
    pub(crate) bands: Vec<ObservedBand>,
    pub(crate) cells: Vec<Observed>,
}

/// Numbers from `from` up to the band above it, or one word.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ObservedBand {
    pub(crate) label: Line,
    pub(crate) from: Option<Decimal>,
    pub(crate) word: Option<Line>,
    pub(crate) points: u8,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Observed {
    pub(crate) column: Word,
    pub(crate) value: Option<Decimal>,
    pub(crate) word: Option<Line>,
    pub(crate) absent: Option<Absent>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Total {
    pub(crate) label: Line,
    #[serde(default)]
    pub(crate) adds_up: bool,
    pub(crate) cells: Vec<Observed>,
}

impl BandedRow {
    pub(crate) fn cell(&self, column: &Word) -> Option<&Observed> {
        self.cells.iter().find(|cell| cell.column == *column)
    }

    /// The band that an observation falls into, from the top.
    pub(crate) fn band(&self, cell: &Observed) -> Option<usize> {
        if let Some(word) = &cell.word {
            return self
                .bands
                .iter()
                .position(|band| band.word.as_ref() == Some(word));
        }
        let value = cell.value.as_ref()?.scale()?;
        self.bands.iter().position(|band| {
            let from = band.from.as_ref().and_then(Decimal::scale);
            band.word.is_none() && from.is_none_or(|from| value >= from)
        })
    }

    fn points(&self, column: &Word) -> Option<u32> {
        let band = self.band(self.cell(column)?)?;
        Some(u32::from(self.bands.get(band)?.points))
    }

    fn sound(&self, columns: &BTreeSet<&str>) -> Result<(), Wrong> {
        within("bands", self.bands.len(), 1, 12)?;
        fits("label", self.label.as_str(), LABEL_CHARS_MAX)?;
        fits(
            "unit",
            self.unit.as_ref().map_or("", Short::as_str),
            LABEL_CHARS_MAX,
        )?;
        each("bands", &self.bands, |it| {
            fits("label", it.label.as_str(), BAND_CHARS_MAX)
        })?;
        let of_words = self.bands.iter().all(|it| it.word.is_some());
        if of_words {
            return self.cells_fit(columns);
        }
        let last = self.bands.len() - 1;
        let mut above = f64::INFINITY;
        for (at, band) in self.bands.iter().enumerate() {
            let place = format!("bands[{at}]");
            let from = band.from.as_ref().and_then(Decimal::scale);
            match from {
                _ if band.word.is_some() => {
                    return Err(Wrong::at(place, "is of a word among bands of numbers"));
                }
                Some(from) if at < last && from < above => above = from,
                None if at == last && band.from.is_none() => {}
                Some(_) | None => {
                    let what =
                        "from the top down each band starts lower, and only the last has no from";
                    return Err(Wrong::at(place, what));
                }
            }
        }
        self.cells_fit(columns)
    }

    fn cells_fit(&self, columns: &BTreeSet<&str>) -> Result<(), Wrong> {
        cells(&self.cells, columns)?;
        each("cells", &self.cells, |cell| {
            if cell.absent.is_none() && self.band(cell).is_none() {
                return Err(Wrong::here("falls into no band of its row"));
            }
            Ok(())
        })
    }
}

fn cells(cells: &[Observed], columns: &BTreeSet<&str>) -> Result<(), Wrong> {
    unique("cells in the column", cells.iter().map(|cell| &cell.column))?;
    each("cells", cells, |cell| {
        let column = cell.column.as_str();
        if !columns.contains(column) {
            return Err(Wrong::at("column", format!("{column} is no column")));
        }
        let said = [
            cell.value.is_some(),
            cell.word.is_some(),
            cell.absent.is_some(),
        ];
        if said.into_iter().filter(|it| *it).count() != 1 {
            return Err(Wrong::here("needs exactly one of value, word and absent"));
        }
        fits(
            "value",
            cell.value.as_ref().map_or("", Decimal::as_str),
            OBSERVED_CHARS_MAX,
        )?;
        fits(
            "word",
            cell.word.as_ref().map_or("", Line::as_str),
            OBSERVED_CHARS_MAX,
        )
    })
}

impl BandedChart {
    /// A total that says that it adds up, against the points of its column: where an observation is missing there is none.
    fn total_adds_up(&self, total: &Total, cell: &Observed) -> Result<(), Wrong> {
        let Some(value) = cell.value.as_ref().filter(|_| total.adds_up) else {
            return Ok(());
        };
        let points: Option<u32> = self.rows.iter().map(|row| row.points(&cell.column)).sum();
        match points {
            Some(points) if value.scale() == Some(f64::from(points)) => Ok(()),
            Some(points) => {
                let value = value.as_str();
                let what = format!("{value} is not {points}, the points of its column");
                Err(Wrong::at("value", what))
            }
            None => Err(Wrong::at(
                "value",
                "is the total of a column in which an observation is missing; say why it is absent",
            )),
        }
    }
}

impl Kind for BandedChart {
    fn sound(&self) -> Result<(), Wrong> {
        within("columns", self.columns.len(), 0, 30)?;
        within("rows", self.rows.len(), 1, 20)?;
        let columns = unique("columns", self.columns.iter().map(|it| &it.id))?;
        in_order("columns", self.columns.iter().map(|it| &it.when))?;
        each("rows", &self.rows, |row| row.sound(&columns))?;
        let Some(total) = &self.total else {
            return Ok(());
        };
        fits("total.label", total.label.as_str(), LABEL_CHARS_MAX)?;
        let right = cells(&total.cells, &columns).and_then(|()| {
            each("cells", &total.cells, |cell| {
                self.total_adds_up(total, cell)
            })
        });
        right.map_err(|wrong| wrong.inside("total"))
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct CurveChart {
    pub(crate) title: Line,
    /// Whose curves they are.
    pub(crate) standard: Line,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) curves: Vec<Curve>,
    pub(crate) points: Vec<Plotted>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Axis {
    pub(crate) label: Line,
    pub(crate) unit: Short,
    pub(crate) low: Decimal,
    pub(crate) high: Decimal,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Curve {
    pub(crate) label: Line,
    #[serde(default)]
    pub(crate) line: Stroke,
    pub(crate) points: Vec<Pair>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Stroke {
    #[default]
    Thin,
    Dashed,
    Thick,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pair {
    pub(crate) x: Decimal,
    pub(crate) y: Decimal,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plotted {
    pub(crate) x: Decimal,
    pub(crate) y: Decimal,
    pub(crate) when: Option<When>,
    pub(crate) note: Option<Line>,
}

impl Axis {
    /// Its two ends.
    pub(crate) fn ends(&self) -> Option<(f64, f64)> {
        let (low, high) = (self.low.scale()?, self.high.scale()?);
        (low < high).then_some((low, high))
    }
}

/// Numbers that can be drawn and only go up.
fn rising(what: &str, numbers: impl Iterator<Item = Option<f64>>) -> Result<(), Wrong> {
    let mut before = f64::NEG_INFINITY;
    for (at, number) in numbers.enumerate() {
        match number {
            Some(number) if number >= before => before = number,
            Some(_) => {
                return Err(Wrong::at(
                    format!("{what}[{at}].x"),
                    "goes back: x only goes up",
                ));
            }
            None => return Err(Wrong::at(format!("{what}[{at}]"), "is too large to draw")),
        }
    }
    Ok(())
}

impl Kind for CurveChart {
    fn sound(&self) -> Result<(), Wrong> {
        let wrong = || "low must be below high, and both small enough to draw";
        let (left, right) = self.x.ends().ok_or_else(|| Wrong::at("x", wrong()))?;
        let (bottom, top) = self.y.ends().ok_or_else(|| Wrong::at("y", wrong()))?;
        within("curves", self.curves.len(), 1, 11)?;
        within("points", self.points.len(), 0, 200)?;
        each("curves", &self.curves, |curve| {
            within("points", curve.points.len(), 2, 200)?;
            fits("label", curve.label.as_str(), CURVE_CHARS_MAX)?;
            rising("points", curve.points.iter().map(|it| it.x.scale()))?;
            each("points", &curve.points, |it| {
                match (it.x.scale(), it.y.scale()) {
                    (Some(x), Some(y))
                        if (left..=right).contains(&x) && (bottom..=top).contains(&y) =>
                    {
                        Ok(())
                    }
                    (_, _) => Err(Wrong::here("lies outside the axes")),
                }
            })
        })?;
        let numbers = self.points.iter().map(|it| it.y.scale().and(it.x.scale()));
        rising("points", numbers)
    }
}
