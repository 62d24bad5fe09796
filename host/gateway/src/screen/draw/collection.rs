//! Tables, cumulative results and trends.
//!
//! Invariant: every cell is drawn, with a value or in words why there is none; what a line shows is there as a table too.

use maud::{Markup, html};

use super::super::node::{
    Absent, Align, At, GridCell, GridColumn, GridRow, Interpretation, Point, ResultGrid, Table,
    Tone, Trend,
};
use super::value::{comparator, interpretation, interpretation_words, number, range, status, when};
use super::{Pen, absent};
use crate::chart::{self, Band, Dot};
use crate::icon::{Icon, icon};
use crate::written;

impl Pen<'_> {
    pub(super) fn table(&self, it: &Table) -> Markup {
        html! {
            div .pal-scroll role="region" aria-label=(it.caption.as_str()) tabindex="0" {
                table .pal-table {
                    caption .pal-table__caption { (it.caption.as_str()) }
                    thead { tr { @for column in &it.columns {
                        th scope="col" .pal-end[column.align == Align::End] { (column.heading.as_str()) }
                    } } }
                    tbody {
                        @for row in &it.rows {
                            tr .pal-row-warning[row.tone == Tone::Warning] .pal-row-critical[row.tone == Tone::Critical] {
                                @for (at, (cell, column)) in row.cells.iter().zip(&it.columns).enumerate() {
                                    td .pal-end[column.align == Align::End] {
                                        @if at == 0 { (row_tone(row.tone)) }
                                        (self.value(cell))
                                    }
                                }
                            }
                        }
                        @if it.rows.is_empty() {
                            tr { td colspan=(it.columns.len()) .pal-absent { (it.empty.as_ref().map_or("No rows", |line| line.as_str())) } }
                        }
                    }
                }
            }
        }
    }

    pub(super) fn grid(&self, it: &ResultGrid, at: At) -> Markup {
        let caption = format!("grid-{at}");
        html! {
            div .pal-card .pal-card-flush {
                div .pal-card__head {
                    h2 .pal-h2 id=(caption) { (it.caption.as_str()) }
                    span .pal-quiet { "Newest on the right" }
                    @if let Some(earlier) = &it.earlier {
                        a .pal-card__link href=(self.address(earlier.screen.as_str(), &earlier.parameters)) { (earlier.text.as_str()) }
                    }
                }
                @if it.columns.is_empty() {
                    p .pal-absent .pal-pad { "No specimens in the time that this screen covers" }
                } @else {
                    div .pal-scroll .pal-scroll-newest role="region" aria-labelledby=(caption) tabindex="0" {
                        table .pal-table .pal-grid aria-labelledby=(caption) {
                            thead { tr {
                                th scope="col" .pal-grid__name { "Test" }
                                th scope="col" { "Range" }
                                th scope="col" { "Trend" }
                                @for column in &it.columns { (column_head(column)) }
                            } }
                            @for group in &it.groups {
                                tbody {
                                    tr .pal-group { th scope="rowgroup" colspan=(it.columns.len() + 3) { span { (group.title.as_str()) } } }
                                    @for row in &group.rows { (self.grid_row(row, &it.columns)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn grid_row(&self, row: &GridRow, columns: &[GridColumn]) -> Markup {
        let name = match &row.link {
            Some(link) => {
                html! { a href=(self.address(link.screen.as_str(), &link.parameters)) { (row.label.as_str()) } }
            }
            None => html! { (row.label.as_str()) },
        };
        html! {
            tr .pal-grid__strong[row.strong] {
                th scope="row" .pal-grid__name { (name) }
                td .pal-grid__range {
                    @match (&row.range, &row.unit) {
                        (Some(it), unit) => { (range(it, unit.as_ref())) }
                        (None, Some(unit)) => { span .pal-unit { (written::unit(unit.as_str())) } }
                        (None, None) => {}
                    }
                }
                td { (spark(row, columns)) }
                @for column in columns {
                    @let cell = row.cells.iter().find(|cell| cell.column == column.id);
                    (grid_cell(cell, column, Absent::NotRequested))
                }
            }
        }
    }

    pub(super) fn trend(&self, it: &Trend, at: At, level: u8) -> Markup {
        let unit = written::unit(it.unit.as_str());
        let dots: Option<Vec<Dot>> = it.points.iter().map(dot).collect();
        let scale = |text: &super::super::word::Decimal| text.scale();
        let thresholds: Vec<(f64, String)> = it
            .thresholds
            .iter()
            .filter_map(|it| Some((scale(&it.value)?, it.label.as_str().to_owned())))
            .collect();
        let band = it.band.as_ref().map(|band| Band {
            low: band.low.as_ref().and_then(scale),
            high: band.high.as_ref().and_then(scale),
            label: band.label.as_str(),
        });
        let spoken = described(it, &unit);
        let description = it
            .description
            .as_ref()
            .map_or(spoken.as_str(), |line| line.as_str());
        let id = format!("trend-{at}");
        html! {
            figure .pal-figure {
                figcaption { (super::title(&it.title, None, level)) }
                @match dots {
                    Some(dots) if !dots.is_empty() => {
                        div .pal-scroll .pal-scroll-newest role="region" aria-label=(it.title.as_str()) tabindex="0" {
                            (chart::trend(&chart::Trend {
                            id: &id, title: it.title.as_str(), description, unit: &unit, dots: &dots, band, thresholds: &thresholds,
                        }))
                        }
                        details .nhsuk-details .pal-details {
                            summary .nhsuk-details__summary { span .nhsuk-details__summary-text { "Show as a table" } }
                            (points_table(it.title.as_str(), &it.points, &unit))
                        }
                    }
                    Some(_) => { p .pal-absent { "No results to draw" } }
                    None => {
                        p .pal-quiet { "A number is too large to draw to scale. All of them are in the table." }
                        (points_table(it.title.as_str(), &it.points, &unit))
                    }
                }
            }
        }
    }
}

fn row_tone(tone: Tone) -> Markup {
    match tone {
        Tone::Warning => {
            html! { (icon(Icon::Warning)) span .nhsuk-u-visually-hidden { "Warning: " } " " }
        }
        Tone::Critical => {
            html! { (icon(Icon::Critical)) span .nhsuk-u-visually-hidden { "Critical: " } " " }
        }
        Tone::Neutral | Tone::Information | Tone::Success => html! {},
    }
}

pub(super) fn column_head(it: &GridColumn) -> Markup {
    html! {
        th scope="col" .pal-grid__when .pal-grid__new[it.new] {
            @if it.new { span .pal-grid__word { "New" } }
            span .pal-nw { (written::day(it.when.as_str())) }
            span .pal-grid__place {
                @if let Some(time) = written::time(it.when.as_str()) { (time) }
                @if let Some(place) = &it.place { " " (place.as_str()) }
            }
            @if let Some(note) = &it.note { span .pal-grid__place { (note.as_str()) } }
        }
    }
}

/// What a grid's cell says beside its number: a shape and a letter, with the whole word for who hears it. The slot is
/// there in every cell, so that numbers stand under each other.
fn flag(it: Option<Interpretation>) -> Markup {
    let letter = match it {
        None | Some(Interpretation::Normal) => "",
        Some(Interpretation::Low) => "L",
        Some(Interpretation::High) => "H",
        Some(Interpretation::CriticalLow) => "LL",
        Some(Interpretation::CriticalHigh) => "HH",
        Some(Interpretation::Abnormal) => "Abn",
    };
    let said = it.map(interpretation_words);
    html! {
        span .pal-grid__flag {
            @if let Some((shape, word)) = said {
                @if let Some(shape) = shape { (icon(shape)) }
                span aria-hidden="true" { (letter) } span .nhsuk-u-visually-hidden { " " (word) }
            }
        }
    }
}

/// A cell; `missing` is what it means that there is none.
pub(super) fn grid_cell(cell: Option<&GridCell>, column: &GridColumn, missing: Absent) -> Markup {
    let Some(cell) = cell else {
        return html! { td .pal-grid__none .pal-grid__newcell[column.new] { (absent(missing)) } };
    };
    let outside = match cell.interpretation {
        Some(Interpretation::Normal) | None => false,
        Some(Interpretation::Low | Interpretation::High | Interpretation::Abnormal) => true,
        Some(Interpretation::CriticalLow | Interpretation::CriticalHigh) => true,
    };
    let absence = cell.absent.map(absent);
    html! {
        td .pal-grid__outside[outside] .pal-grid__newcell[column.new] .pal-grid__none[absence.is_some()] {
            @if let Some(words) = absence { (words) }
            @if let Some(value) = &cell.value {
                span .pal-grid__value { (value.as_str()) } (flag(cell.interpretation))
            }
            @if let Some(note) = &cell.note { span .pal-grid__place { (note.as_str()) } }
            (status(cell.status))
        }
    }
}

/// The row's line, where it has two numbers in its one unit; a word where it was asked for and cannot be drawn.
fn spark(row: &GridRow, columns: &[GridColumn]) -> Markup {
    if !row.trend {
        return html! {};
    }
    let texts: Vec<&str> = columns
        .iter()
        .filter_map(|column| {
            row.cells
                .iter()
                .find(|cell| cell.column == column.id)?
                .value
                .as_ref()
        })
        .map(|value| value.as_str())
        .collect();
    let values: Vec<f64> = texts.iter().filter_map(|text| number(text)).collect();
    let end = |it: Option<&super::super::word::Decimal>| it.and_then(|it| it.scale());
    let (low, high) = row.range.as_ref().map_or((None, None), |it| {
        (end(it.low.as_ref()), end(it.high.as_ref()))
    });
    let words = match (texts.first(), texts.last()) {
        (Some(first), Some(last)) => format!(
            "{}: {first} at first, {last} now, {} results",
            row.label.as_str(),
            values.len()
        ),
        (_, _) => row.label.as_str().to_owned(),
    };
    html! { (chart::sparkline(&values, low, high, &words).unwrap_or_default()) }
}

fn dot(point: &Point) -> Option<Dot> {
    Some(Dot {
        at_ms: point.when.first_ms(),
        value: point.value.scale()?,
        label: format!("{}{}", comparator(point.comparator), point.value.as_str()),
        open: point.comparator.is_some(),
    })
}

fn described(it: &Trend, unit: &str) -> String {
    let said = |point: &Point| {
        format!(
            "{}{} {unit} on {}",
            comparator(point.comparator),
            point.value.as_str(),
            written::moment(point.when.as_str())
        )
    };
    match (it.points.first(), it.points.last()) {
        (Some(first), Some(last)) => format!(
            "{} results, from {} to {}.",
            it.points.len(),
            said(first),
            said(last)
        ),
        (_, _) => "No results.".to_owned(),
    }
}

/// The numbers of a line as a table, newest on top.
pub(super) fn points_table(title: &str, points: &[Point], unit: &str) -> Markup {
    html! {
        div .pal-scroll role="region" aria-label={ (title) ", as a table" } tabindex="0" {
            table .pal-table {
                caption .nhsuk-u-visually-hidden { (title) }
                thead { tr { th scope="col" { "When" } th scope="col" .pal-end { (unit) } th scope="col" { "Said of it" } } }
                tbody {
                    @for point in points.iter().rev() {
                        tr {
                            td { (when(&point.when)) }
                            td .pal-end { (comparator(point.comparator)) (point.value.as_str()) }
                            td { (interpretation(point.interpretation)) }
                        }
                    }
                }
            }
        }
    }
}
