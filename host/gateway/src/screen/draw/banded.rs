//! A chart of observations in bands that score, as an early warning score's chart has them.
//!
//! Invariant: a number stands in the band that it falls into and nowhere else; the points of a band are written beside it;
//! what was not observed is said in its column and breaks the line.

use maud::{Markup, html};

use super::super::node::{Absent, At, BandedChart, BandedRow, Observed, Total};
use super::super::word::Word;
use super::collection::column_head;
use super::{Pen, absent, title};
use crate::chart::xy;
use crate::written;

const LEFT: f64 = 210.0;
const COLUMN: f64 = 84.0;
const BAND: f64 = 20.0;
/// Between rows: a line of words, since a narrow window shows only the newest columns.
const GAP: f64 = 22.0;
const HEAD: f64 = 58.0;
/// Room for the points at the right.
const EDGE: f64 = 70.0;

/// A row with the height at which it begins.
struct Lane<'a> {
    row: &'a BandedRow,
    top: f64,
}

impl Pen<'_> {
    pub(super) fn banded(&self, it: &BandedChart, at: At, level: u8) -> Markup {
        html! {
            figure .pal-figure {
                figcaption { (title(&it.title, None, level)) p .pal-quiet { "Bands and points by " (it.rule.as_str()) ". Newest on the right." } }
                @if it.columns.is_empty() { p .pal-absent { "Nothing is recorded in the time that this chart covers" } } @else {
                    div .pal-scroll .pal-scroll-newest role="region" aria-label=(it.title.as_str()) tabindex="0" { (drawing(it, at)) }
                    details .nhsuk-details .pal-details {
                        summary .nhsuk-details__summary { span .nhsuk-details__summary-text { "Show as a table" } }
                        (table(it))
                    }
                }
            }
        }
    }
}

/// An observation of one column; without a mark there is none, and its cell says why.
struct Placed<'a> {
    x: f64,
    /// Height and words.
    mark: Option<(f64, &'a str)>,
    cell: Option<&'a Observed>,
}

fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

fn column_x(at: usize) -> f64 {
    LEFT + COLUMN * (count(at) + 0.5)
}

fn drawing(it: &BandedChart, at: At) -> Markup {
    let mut top = HEAD;
    let mut lanes = Vec::with_capacity(it.rows.len());
    for row in &it.rows {
        lanes.push(Lane { row, top });
        top += BAND * count(row.bands.len()) + GAP;
    }
    let foot = top;
    let height = foot + if it.total.is_some() { BAND + GAP } else { 0.0 };
    let right = LEFT + COLUMN * count(it.columns.len());
    let width = right + EDGE;
    let (title_id, text_id) = (format!("banded-{at}-t"), format!("banded-{at}-d"));
    html! {
        svg .pal-banded role="img" viewBox=(format!("0 0 {} {}", xy(width), xy(height))) width=(xy(width)) height=(xy(height)) aria-labelledby=(format!("{title_id} {text_id}")) {
            title id=(title_id) { (it.title.as_str()) }
            desc id=(text_id) { (spoken(it)) }
            @for (at, column) in it.columns.iter().enumerate() {
                text .c-axis text-anchor="middle" x=(xy(column_x(at))) y="14" { (written::day(column.when.as_str())) }
                @if let Some(time) = written::time(column.when.as_str()) {
                    text .c-strong text-anchor="middle" x=(xy(column_x(at))) y="31" { (time) }
                }
            }
            @for lane in &lanes { (bands(lane, right)) }
            @for at in 1..it.columns.len() {
                line .c-grid x1=(xy(LEFT + COLUMN * count(at))) x2=(xy(LEFT + COLUMN * count(at))) y1="36" y2=(xy(foot - GAP)) {}
            }
            @for lane in &lanes { (marks(lane, it)) }
            @if let Some(total) = &it.total { (totals(total, it, foot)) }
        }
    }
}

fn bands(lane: &Lane<'_>, right: f64) -> Markup {
    let unit = lane.row.unit.as_ref().map(|it| written::unit(it.as_str()));
    html! {
        text .c-strong x="0" y=(xy(lane.top + 15.0)) { (lane.row.label.as_str()) }
        text .c-axis text-anchor="end" x=(xy(right)) y=(xy(lane.top - 5.0)) { (lane.row.label.as_str()) }
        @if let Some(unit) = unit { text .c-axis x="0" y=(xy(lane.top + 32.0)) { (unit) } }
        @for (at, band) in lane.row.bands.iter().enumerate() {
            @let top = lane.top + BAND * count(at);
            rect class={ "c-scored c-scored-" (band.points.min(3)) } x=(LEFT) y=(xy(top)) width=(xy(right - LEFT)) height=(BAND) {}
            text .c-axis text-anchor="end" x=(LEFT - 6.0) y=(xy(top + 14.5)) { (band.label.as_str()) }
            text .c-points .c-strong[band.points > 0] x=(xy(right + 8.0)) y=(xy(top + 14.5)) { (band.points) @if at == 0 { (if band.points == 1 { " point" } else { " points" }) } }
        }
    }
}

/// The height of the middle of an observation's band.
fn place(lane: &Lane<'_>, cell: &Observed) -> Option<f64> {
    let band = lane.row.band(cell)?;
    Some(lane.top + BAND * (count(band) + 0.5))
}

fn label(cell: &Observed) -> Option<&str> {
    let value = cell.value.as_ref().map(|it| it.as_str());
    value.or(cell.word.as_ref().map(|it| it.as_str()))
}

fn why(cell: Option<&Observed>) -> &'static str {
    absent(
        cell.and_then(|cell| cell.absent)
            .unwrap_or(Absent::NotRecorded),
    )
}

fn marks(lane: &Lane<'_>, it: &BandedChart) -> Markup {
    let placed: Vec<Placed<'_>> = it
        .columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let cell = lane.row.cell(&column.id);
            Placed {
                x: column_x(at),
                mark: cell.and_then(|cell| Some((place(lane, cell)?, label(cell)?))),
                cell,
            }
        })
        .collect();
    let middle = lane.top + BAND * count(lane.row.bands.len()) / 2.0;
    html! {
        @for pair in placed.windows(2) {
            @if let [Placed { x: x1, mark: Some((y1, _)), .. }, Placed { x: x2, mark: Some((y2, _)), .. }] = pair {
                line .c-line x1=(xy(*x1)) y1=(xy(*y1)) x2=(xy(*x2)) y2=(xy(*y2)) {}
            }
        }
        @for Placed { x, mark, cell } in &placed {
            @match mark {
                Some((y, label)) => {
                    rect .c-chip x=(xy(x - 38.0)) y=(xy(y - 8.5)) width="76" height="17" rx="3" {}
                    text .c-strong text-anchor="middle" x=(xy(*x)) y=(xy(y + 4.5)) { (label) }
                }
                None => { text .c-absent text-anchor="middle" x=(xy(*x)) y=(xy(middle + 4.0)) { (why(*cell)) } }
            }
        }
    }
}

fn totalled<'a>(total: &'a Total, column: &Word) -> Option<&'a Observed> {
    total.cells.iter().find(|cell| cell.column == *column)
}

fn totals(total: &Total, it: &BandedChart, top: f64) -> Markup {
    html! {
        text .c-strong x="0" y=(xy(top + 14.5)) { (total.label.as_str()) }
        text .c-axis text-anchor="end" x=(xy(LEFT + COLUMN * count(it.columns.len()))) y=(xy(top - 5.0)) { (total.label.as_str()) }
        @for (at, column) in it.columns.iter().enumerate() {
            @let cell = totalled(total, &column.id);
            @match cell.and_then(label) {
                Some(label) => {
                    rect .c-chip .c-total x=(xy(column_x(at) - 24.0)) y=(xy(top)) width="48" height=(BAND) rx="3" {}
                    text .c-strong text-anchor="middle" x=(xy(column_x(at))) y=(xy(top + 14.5)) { (label) }
                }
                None => { text .c-absent text-anchor="middle" x=(xy(column_x(at))) y=(xy(top + 14.5)) { (why(cell)) } }
            }
        }
    }
}

fn spoken(it: &BandedChart) -> String {
    let (Some(first), Some(last)) = (it.columns.first(), it.columns.last()) else {
        return "Nothing is recorded.".to_owned();
    };
    let newest = it.total.as_ref().map(|total| {
        let cell = totalled(total, &last.id);
        let said = cell.and_then(label).unwrap_or_else(|| why(cell));
        format!(" {} at the last: {said}.", total.label.as_str())
    });
    format!(
        "{} observations of {} parameters, from {} to {}.{} The numbers are in the table below.",
        it.columns.len(),
        it.rows.len(),
        written::moment(first.when.as_str()),
        written::moment(last.when.as_str()),
        newest.unwrap_or_default()
    )
}

fn table(it: &BandedChart) -> Markup {
    html! {
        div .pal-scroll .pal-scroll-newest role="region" aria-label={ (it.title.as_str()) ", as a table" } tabindex="0" {
            table .pal-table .pal-grid .pal-sheet {
                caption .nhsuk-u-visually-hidden { (it.title.as_str()) }
                thead { tr { th scope="col" .pal-grid__name { "Observation" } @for column in &it.columns { (column_head(column)) } } }
                tbody {
                    @for row in &it.rows {
                        tr {
                            th scope="row" .pal-grid__name {
                                (row.label.as_str()) @if let Some(unit) = &row.unit { " " span .pal-unit { (written::unit(unit.as_str())) } }
                            }
                            @for column in &it.columns { (scored(row, row.cell(&column.id))) }
                        }
                    }
                    @if let Some(total) = &it.total {
                        tr {
                            th scope="row" .pal-grid__name { (total.label.as_str()) }
                            @for column in &it.columns {
                                @let cell = totalled(total, &column.id);
                                td { @match cell.and_then(label) { Some(label) => { b { (label) } } None => { span .pal-absent { (why(cell)) } } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn scored(row: &BandedRow, cell: Option<&Observed>) -> Markup {
    let points = cell
        .and_then(|cell| row.bands.get(row.band(cell)?))
        .map(|band| band.points);
    html! {
        td {
            @match (cell.and_then(label), points) {
                (Some(label), Some(points)) => { (label) " " span .pal-grid__place { (points) (if points == 1 { " point" } else { " points" }) } }
                (_, _) => { span .pal-absent { (why(cell)) } }
            }
        }
    }
}
