//! One lane of a labour's chart: a line, blocks, spans or words.
//!
//! Invariant: a lane's scale holds all of its readings; words are never cut and never lie on each other.

use maud::{Markup, html};

use super::super::super::node::{Lane, LaneForm, Reading};
use super::super::super::word::Decimal;
use super::{LEFT, RIGHT, Sheet, read};
use crate::chart::{Scale, xy};
use crate::written;

const LINE_HEIGHT: f64 = 104.0;
const BLOCKS_HEIGHT: f64 = 78.0;
const SPAN_HEIGHT: f64 = 88.0;
const WORD_LINE: f64 = 22.0;
/// About how wide a letter of 12 px is, in the drawing's units.
const LETTER: f64 = 7.4;

/// The lane's height and its drawing.
pub(super) fn lane(it: &Lane, sheet: &Sheet, top: f64) -> (f64, Markup) {
    let (height, marks) = match it.draw {
        LaneForm::Line => (LINE_HEIGHT, line(it, sheet, top)),
        LaneForm::Blocks => (BLOCKS_HEIGHT, blocks(it, sheet, top)),
        LaneForm::Span => (SPAN_HEIGHT, spans(it, sheet, top)),
        LaneForm::Words => words(it, sheet, top),
    };
    let unit = it.unit.as_ref().map(|unit| written::unit(unit.as_str()));
    let one_line = it.draw == LaneForm::Words;
    let drawn = html! {
        text .c-label x="6" y=(xy(top + 16.0)) {
            (it.label.as_str())
            @if let Some(unit) = unit.as_ref().filter(|_| one_line) { ", " (unit) }
        }
        @if let Some(unit) = unit.as_ref().filter(|_| !one_line) { text .c-axis x="6" y=(xy(top + 32.0)) { (unit) } }
        // Again at the right: a narrow window shows only the newest.
        text .c-axis x=(RIGHT + 6.0) y=(xy(top + 13.0)) { (it.label.as_str()) }
        (marks)
    };
    (height, drawn)
}

fn number(it: Option<&Decimal>) -> Option<f64> {
    it.and_then(Decimal::scale)
}

/// From the lane's own ends, widened where a reading lies outside them.
fn scale(it: &Lane, top: f64, height: f64) -> Scale {
    let numbers = it
        .readings
        .iter()
        .flat_map(|it| [number(it.value.as_ref()), number(it.lower.as_ref())]);
    let (from, to) = numbers
        .flatten()
        .fold(it.ends().unwrap_or((0.0, 1.0)), |(least, most), it| {
            (least.min(it), most.max(it))
        });
    Scale {
        from,
        to,
        start: top + height - 10.0,
        end: top + 24.0,
    }
}

fn spoken_end(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The ends of the scale, and the limits with their words.
fn axis(it: &Lane, y: &Scale) -> Markup {
    let limits = [
        (
            number(it.alert_from.as_ref()),
            it.alert_from.as_ref(),
            "or more",
        ),
        (
            number(it.alert_under.as_ref()),
            it.alert_under.as_ref(),
            "under",
        ),
    ];
    html! {
        text .c-axis text-anchor="end" x=(LEFT - 14.0) y=(xy(y.start + 4.0)) { (spoken_end(y.from)) }
        text .c-axis text-anchor="end" x=(LEFT - 14.0) y=(xy(y.end + 4.0)) { (spoken_end(y.to)) }
        @for (value, written, word) in limits {
            @if let (Some(value), Some(written)) = (value, written) {
                @if (y.from..=y.to).contains(&value) {
                    line .c-limit x1=(LEFT) x2=(RIGHT) y1=(xy(y.place(value))) y2=(xy(y.place(value))) {}
                    text .c-limit-word x=(RIGHT + 6.0) y=(xy(y.place(value) + 4.0)) {
                        @if word == "under" { "Alert: under " (written.as_str()) } @else { "Alert: " (written.as_str()) " or more" }
                    }
                }
            }
        }
    }
}

/// A point; one that alerts is a triangle.
fn point(alert: bool, x: f64, y: f64) -> Markup {
    if alert {
        let path = format!(
            "M{} {} L{} {} L{} {} Z",
            xy(x),
            xy(y - 7.0),
            xy(x + 7.0),
            xy(y + 5.0),
            xy(x - 7.0),
            xy(y + 5.0)
        );
        return html! { path .c-alert d=(path) {} };
    }
    html! { circle .c-dot cx=(xy(x)) cy=(xy(y)) r="3.5" {} }
}

/// What was not assessed, where it would have stood.
fn gap(it: &Lane, reading: &Reading, sheet: &Sheet, y: f64) -> Markup {
    html! { text .c-absent text-anchor="middle" x=(xy(sheet.x(&reading.when))) y=(xy(y)) { (read(it, reading)) } }
}

/// The newest reading in words, right of its point.
fn newest(it: &Lane, sheet: &Sheet, y: f64) -> Markup {
    let Some(last) = it.readings.last() else {
        return html! {};
    };
    let x = sheet.x(&last.when).max(sheet.now - 4.0) + 12.0;
    let text = match (&last.value, &last.lower) {
        (Some(upper), Some(lower)) => format!("{}/{}", upper.as_str(), lower.as_str()),
        (Some(value), None) => value.as_str().to_owned(),
        (None, _) => return html! {},
    };
    html! { text .c-newest x=(xy(x)) y=(xy(y + 5.0)) { (text) } }
}

fn line(it: &Lane, sheet: &Sheet, top: f64) -> Markup {
    let y = scale(it, top, LINE_HEIGHT);
    let placed: Vec<(f64, Option<f64>, &Reading)> = it
        .readings
        .iter()
        .map(|reading| {
            (
                sheet.x(&reading.when),
                number(reading.value.as_ref()).map(|value| y.place(value)),
                reading,
            )
        })
        .collect();
    let last = placed.last().and_then(|(_, at, _)| *at);
    html! {
        (axis(it, &y))
        (allowed(it, sheet, &y))
        @for pair in placed.windows(2) {
            @if let [(x1, Some(y1), _), (x2, Some(y2), _)] = pair {
                line .c-line x1=(xy(*x1)) y1=(xy(*y1)) x2=(xy(*x2)) y2=(xy(*y2)) {}
            }
        }
        @for (x, at, reading) in &placed {
            @match at { Some(at) => { (point(it.alerts(reading), *x, *at)) } None => { (gap(it, reading, sheet, top + LINE_HEIGHT / 2.0)) } }
        }
        @if let Some(at) = last { (newest(it, sheet, at)) }
    }
}

/// From each number at which it may stay only so long: a bar of that time, with words.
fn allowed(it: &Lane, sheet: &Sheet, y: &Scale) -> Markup {
    let mut bars = Vec::new();
    let mut before = None;
    for reading in &it.readings {
        let value = number(reading.value.as_ref());
        let limit = it
            .allowed
            .iter()
            .find(|limit| limit.at.scale().is_some() && limit.at.scale() == value);
        if let (Some(value), Some(limit)) = (value, limit.filter(|_| before != value)) {
            let from = sheet.x(&reading.when);
            let minutes = f64::from(limit.minutes);
            let until = sheet
                .time
                .place(crate::chart::ms(reading.when.first_ms()) + minutes * 60_000.0)
                .min(RIGHT);
            bars.push((from, until, y.place(value), limit.minutes));
        }
        before = value;
    }
    html! {
        @for (from, until, at, minutes) in bars {
            rect .c-allowed x=(xy(from)) y=(xy(at - 6.0)) width=(xy((until - from).max(0.0))) height="12" {}
            text .c-axis x=(xy(from + 8.0)) y=(xy(at - 10.0)) { (hours(minutes)) " allowed" }
        }
    }
}

fn hours(minutes: u16) -> String {
    match (minutes / 60, minutes % 60) {
        (0, rest) => format!("{rest} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, rest) => format!("{hours} h {rest} min"),
    }
}

fn blocks(it: &Lane, sheet: &Sheet, top: f64) -> Markup {
    let y = scale(it, top, BLOCKS_HEIGHT);
    let one = (y.place(0.0) - y.place(1.0)).abs();
    html! {
        (axis(it, &y))
        @for reading in &it.readings {
            @let x = sheet.x(&reading.when);
            @match number(reading.value.as_ref()) {
                Some(value) => {
                    @for block in 0..value.clamp(0.0, 20.0).floor() as u32 {
                        rect .c-block x=(xy(x - 7.0)) y=(xy(y.place(f64::from(block + 1)) + 1.0)) width="14" height=(xy((one - 2.0).max(1.0))) {}
                    }
                    @if it.alerts(reading) { (point(true, x, y.place(value) - 9.0)) }
                }
                None => { (gap(it, reading, sheet, top + BLOCKS_HEIGHT / 2.0)) }
            }
        }
        (newest(it, sheet, top + 20.0))
    }
}

fn spans(it: &Lane, sheet: &Sheet, top: f64) -> Markup {
    let y = scale(it, top, SPAN_HEIGHT);
    html! {
        (axis(it, &y))
        @for reading in &it.readings {
            @let x = sheet.x(&reading.when);
            @match (number(reading.value.as_ref()), number(reading.lower.as_ref())) {
                (Some(upper), Some(lower)) => {
                    @let (high, low) = (y.place(upper), y.place(lower));
                    path .c-span d=(format!("M{a} {high} H{b} M{x} {high} V{low} M{a} {low} H{b}", a = xy(x - 6.0), b = xy(x + 6.0), x = xy(x), high = xy(high), low = xy(low))) {}
                    @if it.alerts(reading) { (point(true, x, high - 9.0)) }
                }
                (_, _) => { (gap(it, reading, sheet, top + SPAN_HEIGHT / 2.0)) }
            }
        }
        (newest(it, sheet, top + SPAN_HEIGHT / 2.0))
    }
}

/// Words at their times, on as many lines as keep them apart.
fn words(it: &Lane, sheet: &Sheet, top: f64) -> (f64, Markup) {
    let mut ends: Vec<f64> = vec![LEFT];
    let mut placed = Vec::with_capacity(it.readings.len());
    for reading in &it.readings {
        let alert = it.alerts(reading);
        let text = read(it, reading);
        let wide = LETTER * f64::from(u32::try_from(text.chars().count()).unwrap_or(u32::MAX));
        let wide = wide + if alert { 36.0 } else { 10.0 };
        let x = sheet.x(&reading.when).min(sheet.now - wide).max(LEFT);
        let free = ends.iter().position(|end| *end <= x);
        let line = free.unwrap_or(ends.len());
        match ends.get_mut(line) {
            Some(end) => *end = x + wide,
            None => ends.push(x + wide),
        }
        let at = top + WORD_LINE * f64::from(u32::try_from(line).unwrap_or(u32::MAX));
        placed.push((x, at, wide, text, alert, reading.absent.is_some()));
    }
    let height = WORD_LINE * f64::from(u32::try_from(ends.len()).unwrap_or(u32::MAX)) + 4.0;
    let drawn = html! {
        @for (x, at, wide, text, alert, missing) in placed {
            @if alert {
                rect .c-alerting x=(xy(x)) y=(xy(at + 2.0)) width=(xy(wide - 4.0)) height="20" {}
                (point(true, x + 11.0, at + 13.0))
                text .c-boxed x=(xy(x + 22.0)) y=(xy(at + 17.0)) { (text) }
            } @else {
                text .c-label .c-absent[missing] x=(xy(x + 2.0)) y=(xy(at + 17.0)) { (text) }
            }
        }
    };
    (height, drawn)
}
