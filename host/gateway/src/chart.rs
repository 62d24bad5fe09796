//! Numbers over time as SVG: one test's trend with its range and thresholds, and the small line of a grid's row.
//!
//! Invariant: points and straight lines, one unit, a scale that holds every number drawn; geometry in attributes, paint in
//! classes, so that no style crosses the content security policy.

use maud::{Markup, html};

use crate::written;

/// One number to draw.
#[derive(Clone, Debug)]
pub(crate) struct Dot {
    /// Milliseconds since 1970, UTC.
    pub(crate) at_ms: i64,
    pub(crate) value: f64,
    /// As it is to be read, comparator included.
    pub(crate) label: String,
    /// Known only to be above or below: drawn open.
    pub(crate) open: bool,
}

/// The reference range; either end may be open.
#[derive(Clone, Debug)]
pub(crate) struct Band<'a> {
    pub(crate) low: Option<f64>,
    pub(crate) high: Option<f64>,
    pub(crate) label: &'a str,
}

/// A trend to draw: `dots` oldest first, never empty.
#[derive(Debug)]
pub(crate) struct Trend<'a> {
    /// Unique on the page.
    pub(crate) id: &'a str,
    pub(crate) title: &'a str,
    pub(crate) description: &'a str,
    pub(crate) unit: &'a str,
    pub(crate) dots: &'a [Dot],
    pub(crate) band: Option<Band<'a>>,
    /// Value and words, in any order.
    pub(crate) thresholds: &'a [(f64, String)],
}

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 500.0;
const TOP: f64 = 28.0;
const BOTTOM: f64 = 196.0;
/// Least distance of two lines of words, in the drawing's units.
const LINE: f64 = 16.0;

/// A linear map from numbers to the drawing.
#[derive(Clone, Copy)]
pub(crate) struct Scale {
    pub(crate) from: f64,
    pub(crate) to: f64,
    pub(crate) start: f64,
    pub(crate) end: f64,
}

impl Scale {
    pub(crate) fn place(&self, value: f64) -> f64 {
        if self.to <= self.from {
            return f64::midpoint(self.start, self.end);
        }
        self.start + (value - self.from) / (self.to - self.from) * (self.end - self.start)
    }
}

/// A number of the drawing: a tenth of a unit is finer than a screen.
pub(crate) fn xy(value: f64) -> String {
    format!("{value:.1}")
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds of any date in use are exact in an f64"
)]
pub(crate) fn ms(at_ms: i64) -> f64 {
    at_ms as f64
}

/// A step of 1, 2 or 5 times a power of ten that divides the span into at most five.
pub(crate) fn step(span: f64) -> f64 {
    let rough = (span / 5.0).max(f64::MIN_POSITIVE);
    let power = 10_f64.powf(rough.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|it| it * power)
        .find(|it| *it >= rough)
        .unwrap_or(rough)
}

/// Axis from 0 (or below, where a number is) to above everything drawn, and its step.
fn upright(trend: &Trend<'_>) -> (Scale, f64) {
    let band = trend
        .band
        .iter()
        .flat_map(|band| [band.low, band.high])
        .flatten();
    let all = trend
        .dots
        .iter()
        .map(|dot| dot.value)
        .chain(trend.thresholds.iter().map(|it| it.0))
        .chain(band);
    let (least, most) = all.fold((0.0_f64, 0.0_f64), |(least, most), it| {
        (least.min(it), most.max(it))
    });
    let most = if most > least { most } else { least + 1.0 };
    let step = step(most - least);
    let scale = Scale {
        from: (least / step).floor() * step,
        to: (most / step).ceil() * step,
        start: BOTTOM,
        end: TOP,
    };
    (scale, step)
}

/// The trend as an image with title and description. The numbers as a table are the caller's to put beside it.
pub(crate) fn trend(it: &Trend<'_>) -> Markup {
    let (y, step) = upright(it);
    let (first, last) = (
        it.dots.first().map_or(0, |dot| dot.at_ms),
        it.dots.last().map_or(0, |dot| dot.at_ms),
    );
    let x = Scale {
        from: ms(first),
        to: ms(last),
        start: LEFT + 14.0,
        end: RIGHT - 34.0,
    };
    let (title_id, text_id) = (format!("{}-t", it.id), format!("{}-d", it.id));
    html! {
        svg .pal-trend role="img" viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) aria-labelledby=(format!("{title_id} {text_id}")) {
            title id=(title_id) { (it.title) }
            desc id=(text_id) { (it.description) }
            text .c-unit x="4" y="14" { (it.unit) }
            (range(it, &y))
            (rules(&y, step))
            (limits(it, &y))
            (line(it, &x, &y))
            (days(it, &x))
        }
    }
}

/// How many decimals tell numbers apart that are one step from each other.
pub(crate) fn decimals(step: f64) -> usize {
    if step >= 1.0 {
        return 0;
    }
    usize::try_from(-(step.log10().floor() as i32))
        .unwrap_or(0)
        .min(6)
}

fn rules(y: &Scale, step: f64) -> Markup {
    let decimals = decimals(step);
    let n = ((y.to - y.from) / step).round().clamp(1.0, 20.0) as u32;
    html! {
        @for at in 0..=n {
            @let value = y.from + step * f64::from(at);
            line .c-grid x1=(LEFT) x2=(RIGHT) y1=(xy(y.place(value))) y2=(xy(y.place(value))) {}
            text .c-axis text-anchor="end" x=(LEFT - 8.0) y=(xy(y.place(value) + 4.0)) { (format!("{value:.decimals$}")) }
        }
    }
}

fn range(it: &Trend<'_>, y: &Scale) -> Markup {
    let Some(band) = &it.band else {
        return html! {};
    };
    let (low, high) = (
        y.place(band.low.unwrap_or(y.from)),
        y.place(band.high.unwrap_or(y.to)),
    );
    html! {
        rect .c-band x=(LEFT) width=(RIGHT - LEFT) y=(xy(high)) height=(xy((low - high).max(0.0))) {}
        text .c-band-word x=(LEFT + 6.0) y=(xy(low - 5.0)) { (band.label) }
    }
}

/// Thresholds as dashed lines, their words at the right, moved apart where they would lie on each other.
fn limits(it: &Trend<'_>, y: &Scale) -> Markup {
    let mut sorted: Vec<&(f64, String)> = it.thresholds.iter().collect();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut free = TOP - LINE;
    let placed: Vec<(f64, f64, &str)> = sorted
        .into_iter()
        .map(|(value, words)| {
            let line = y.place(*value);
            free = (line + 4.0).max(free + LINE);
            (line, free, words.as_str())
        })
        .collect();
    html! {
        @for (line, word, words) in placed {
            line .c-limit x1=(LEFT) x2=(RIGHT) y1=(xy(line)) y2=(xy(line)) {}
            text .c-limit-word x=(RIGHT + 6.0) y=(xy(word)) { (words) }
        }
    }
}

fn line(it: &Trend<'_>, x: &Scale, y: &Scale) -> Markup {
    let points: Vec<String> = it
        .dots
        .iter()
        .map(|dot| format!("{},{}", xy(x.place(ms(dot.at_ms))), xy(y.place(dot.value))))
        .collect();
    let newest = it.dots.len().saturating_sub(1);
    html! {
        polyline .c-line points=(points.join(" ")) {}
        @for (at, dot) in it.dots.iter().enumerate() {
            @let (px, py) = (x.place(ms(dot.at_ms)), y.place(dot.value));
            circle .c-dot .c-open[dot.open] .c-last[at == newest] cx=(xy(px)) cy=(xy(py)) r=(if at == newest { 5 } else { 3 }) {}
            @if at == newest {
                text .c-newest text-anchor="middle" x=(xy(px)) y=(xy((py - 10.0).max(12.0))) { (dot.label) }
            }
        }
    }
}

/// Days under the axis: the first and the last, and those between that have room.
fn days(it: &Trend<'_>, x: &Scale) -> Markup {
    const ROOM: f64 = 92.0;
    let mut shown: Vec<(f64, String)> = Vec::new();
    let last = it
        .dots
        .last()
        .map(|dot| (x.place(ms(dot.at_ms)), day(dot.at_ms)));
    for dot in it.dots {
        let at = x.place(ms(dot.at_ms));
        let after = shown.last().is_none_or(|(before, _)| at - before >= ROOM);
        let before_last = last.as_ref().is_none_or(|(last, _)| last - at >= ROOM);
        if after && before_last {
            shown.push((at, day(dot.at_ms)));
        }
    }
    shown.extend(last);
    html! {
        @for (at, day) in shown {
            line .c-tick x1=(xy(at)) x2=(xy(at)) y1=(BOTTOM) y2=(BOTTOM + 5.0) {}
            text .c-axis text-anchor="middle" x=(xy(at)) y=(BOTTOM + 20.0) { (day) }
        }
    }
}

fn day(at_ms: i64) -> String {
    fhir::date::instant(at_ms).map_or_else(String::new, |instant| written::day(&instant))
}

/// The small line of a row: spaced by result, newest at the right, range behind it. None with fewer than two numbers.
pub(crate) fn sparkline(
    values: &[f64],
    low: Option<f64>,
    high: Option<f64>,
    words: &str,
) -> Option<Markup> {
    if values.len() < 2 {
        return None;
    }
    let ends = values.iter().copied().chain(low).chain(high);
    let (least, most) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), it| {
        (least.min(it), most.max(it))
    });
    let y = Scale {
        from: least,
        to: most,
        start: 19.0,
        end: 3.0,
    };
    let last = u32::try_from(values.len() - 1).unwrap_or(u32::MAX);
    let x = Scale {
        from: 0.0,
        to: f64::from(last),
        start: 3.0,
        end: 59.0,
    };
    let place = |at: usize| x.place(f64::from(u32::try_from(at).unwrap_or(u32::MAX)));
    let points: Vec<String> = values
        .iter()
        .enumerate()
        .map(|(at, value)| format!("{},{}", xy(place(at)), xy(y.place(*value))))
        .collect();
    let newest = values.last().copied().unwrap_or_default();
    let band = (low.is_some() || high.is_some())
        .then(|| (y.place(high.unwrap_or(most)), y.place(low.unwrap_or(least))));
    Some(html! {
        svg .pal-spark role="img" viewBox="0 0 64 22" width="64" height="22" aria-label=(words) {
            @if let Some((top, bottom)) = band {
                rect .c-band x="0" width="64" y=(xy(top)) height=(xy((bottom - top).max(1.0))) {}
            }
            polyline .c-line points=(points.join(" ")) {}
            circle .c-dot .c-last cx=(xy(x.end)) cy=(xy(y.place(newest))) r="2.5" {}
        }
    })
}

#[cfg(test)]
mod tests;
