//! Measurements along reference curves: growth and what is judged like it.
//!
//! Invariant: the standard is named, each curve is labelled at its end, and an axis that had to be widened for a measurement
//! says so.

use maud::{Markup, html};

use super::super::node::{At, Axis, Curve, CurveChart, Pair, Plotted, Stroke};
use super::{Pen, title, value};
use crate::chart::{Scale, decimals, step, xy};
use crate::written;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 380.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 600.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 330.0;
/// Least distance of two lines of words.
const LINE: f64 = 14.0;

/// An axis as it is drawn.
struct Ruler {
    scale: Scale,
    step: f64,
    widened: bool,
}

impl Pen<'_> {
    pub(super) fn curves(&self, it: &CurveChart, at: At, level: u8) -> Markup {
        let rulers = rulers(it);
        html! {
            figure .pal-figure {
                figcaption { (title(&it.title, None, level)) p .pal-quiet { "Curves: " (it.standard.as_str()) } }
                @if let Some((x, y)) = &rulers {
                    @if x.widened || y.widened {
                        p .pal-flag { "A measurement lies outside the usual scale, so the scale was widened." }
                    }
                    div .pal-scroll role="region" aria-label=(it.title.as_str()) tabindex="0" { (drawing(it, x, y, at)) }
                }
                @if it.points.is_empty() { p .pal-absent { "No measurement is recorded" } } @else {
                    details .nhsuk-details .pal-details {
                        summary .nhsuk-details__summary { span .nhsuk-details__summary-text { "Show as a table" } }
                        (table(it))
                    }
                }
            }
        }
    }
}

fn place(x: &super::super::word::Decimal, y: &super::super::word::Decimal) -> Option<(f64, f64)> {
    Some((x.scale()?, y.scale()?))
}

fn rulers(it: &CurveChart) -> Option<(Ruler, Ruler)> {
    let points: Vec<(f64, f64)> = it
        .points
        .iter()
        .filter_map(|it| place(&it.x, &it.y))
        .collect();
    let x = ruler(&it.x, points.iter().map(|it| it.0), LEFT, RIGHT)?;
    let y = ruler(&it.y, points.iter().map(|it| it.1), BOTTOM, TOP)?;
    Some((x, y))
}

fn ruler(axis: &Axis, numbers: impl Iterator<Item = f64>, start: f64, end: f64) -> Option<Ruler> {
    let (low, high) = axis.ends()?;
    let (least, most) = numbers.fold((low, high), |(least, most), it| {
        (least.min(it), most.max(it))
    });
    let step = step(most - least);
    let widened = least < low || most > high;
    let from = if least < low {
        (least / step).floor() * step
    } else {
        low
    };
    let to = if most > high {
        (most / step).ceil() * step
    } else {
        high
    };
    Some(Ruler {
        scale: Scale {
            from,
            to,
            start,
            end,
        },
        step,
        widened,
    })
}

/// The numbers to be written along an axis: multiples of its step inside it.
fn ticks(it: &Ruler) -> Vec<f64> {
    let first = (it.scale.from / it.step).ceil() * it.step;
    (0..=40)
        .map(|at| first + it.step * f64::from(at))
        .take_while(|at| *at <= it.scale.to + it.step * 1e-9)
        .collect()
}

fn drawing(it: &CurveChart, x: &Ruler, y: &Ruler, at: At) -> Markup {
    let (title_id, text_id) = (format!("curve-{at}-t"), format!("curve-{at}-d"));
    let (of_x, of_y) = (decimals(x.step), decimals(y.step));
    html! {
        svg .pal-curves role="img" viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) aria-labelledby=(format!("{title_id} {text_id}")) {
            title id=(title_id) { (it.title.as_str()) }
            desc id=(text_id) { (spoken(it)) }
            text .c-unit x="4" y="14" { (named(&it.y)) }
            text .c-unit text-anchor="end" x=(RIGHT) y=(BOTTOM + 42.0) { (named(&it.x)) }
            @for tick in ticks(y) {
                @let at = xy(y.scale.place(tick));
                line .c-grid x1=(LEFT) x2=(RIGHT) y1=(at) y2=(at) {}
                text .c-axis text-anchor="end" x=(LEFT - 8.0) y=(xy(y.scale.place(tick) + 4.0)) { (format!("{tick:.of_y$}")) }
            }
            @for tick in ticks(x) {
                @let at = xy(x.scale.place(tick));
                line .c-tick x1=(at) x2=(at) y1=(BOTTOM) y2=(BOTTOM + 5.0) {}
                text .c-axis text-anchor="middle" x=(at) y=(BOTTOM + 20.0) { (format!("{tick:.of_x$}")) }
            }
            @for curve in &it.curves { (stroke(curve, x, y)) }
            (ends(it, x, y))
            (measured(it, x, y))
        }
    }
}

fn path<'a>(points: impl Iterator<Item = (f64, f64)> + 'a, x: &Ruler, y: &Ruler) -> String {
    points
        .map(|(px, py)| format!("{},{}", xy(x.scale.place(px)), xy(y.scale.place(py))))
        .collect::<Vec<_>>()
        .join(" ")
}

fn stroke(curve: &Curve, x: &Ruler, y: &Ruler) -> Markup {
    let class = match curve.line {
        Stroke::Thin => "c-curve",
        Stroke::Dashed => "c-curve c-curve-dashed",
        Stroke::Thick => "c-curve c-curve-thick",
    };
    let points = curve
        .points
        .iter()
        .filter_map(|it: &Pair| place(&it.x, &it.y));
    html! { polyline class=(class) points=(path(points, x, y)) {} }
}

/// The label of each curve where it ends, moved apart where they would lie on each other.
fn ends(it: &CurveChart, x: &Ruler, y: &Ruler) -> Markup {
    let mut ends: Vec<(f64, f64, &str)> = it
        .curves
        .iter()
        .filter_map(|curve| {
            let last = curve.points.last()?;
            let (px, py) = place(&last.x, &last.y)?;
            Some((x.scale.place(px), y.scale.place(py), curve.label.as_str()))
        })
        .collect();
    ends.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut free = 0.0_f64;
    let placed: Vec<(f64, f64, &str)> = ends
        .into_iter()
        .map(|(px, py, label)| {
            free = (py + 4.0).max(free + LINE);
            (px + 6.0, free, label)
        })
        .collect();
    html! { @for (px, py, label) in placed { text .c-axis x=(xy(px)) y=(xy(py)) { (label) } } }
}

fn measured(it: &CurveChart, x: &Ruler, y: &Ruler) -> Markup {
    let points: Vec<(f64, f64)> = it
        .points
        .iter()
        .filter_map(|it| place(&it.x, &it.y))
        .collect();
    let newest = points.len().saturating_sub(1);
    html! {
        polyline .c-line points=(path(points.iter().copied(), x, y)) {}
        @for (at, (px, py)) in points.iter().enumerate() {
            circle .c-dot .c-last[at == newest] cx=(xy(x.scale.place(*px))) cy=(xy(y.scale.place(*py))) r=(if at == newest { 5 } else { 4 }) {}
        }
        @if let (Some((px, py)), Some(last)) = (points.last(), it.points.last()) {
            text .c-newest text-anchor="middle" x=(xy(x.scale.place(*px))) y=(xy((y.scale.place(*py) - 11.0).max(14.0))) { (last.y.as_str()) }
        }
    }
}

fn named(axis: &Axis) -> String {
    format!(
        "{}, {}",
        axis.label.as_str(),
        written::unit(axis.unit.as_str())
    )
}

fn spoken(it: &CurveChart) -> String {
    let said = |point: &Plotted| {
        let note = point.note.as_ref().map(|it| format!(", {}", it.as_str()));
        format!(
            "{} {} at {} {}{}",
            point.y.as_str(),
            written::unit(it.y.unit.as_str()),
            point.x.as_str(),
            written::unit(it.x.unit.as_str()),
            note.unwrap_or_default()
        )
    };
    let measured = match (it.points.first(), it.points.last()) {
        (Some(first), Some(last)) if it.points.len() > 1 => {
            format!(
                "{} measurements, from {} to {}.",
                it.points.len(),
                said(first),
                said(last)
            )
        }
        (Some(only), _) => format!("One measurement: {}.", said(only)),
        (None, _) => "No measurement.".to_owned(),
    };
    format!(
        "{measured} {} curves of {}.",
        it.curves.len(),
        it.standard.as_str()
    )
}

/// The measurements, newest on top.
fn table(it: &CurveChart) -> Markup {
    html! {
        div .pal-scroll role="region" aria-label={ (it.title.as_str()) ", as a table" } tabindex="0" {
            table .pal-table {
                caption .nhsuk-u-visually-hidden { (it.title.as_str()) }
                thead { tr { th scope="col" { "When" } th scope="col" .pal-end { (named(&it.x)) } th scope="col" .pal-end { (named(&it.y)) } th scope="col" { "Said of it" } } }
                tbody {
                    @for point in it.points.iter().rev() {
                        tr {
                            td { @match &point.when { Some(when) => { (value::when(when)) } None => { span .pal-absent { (written::NOT_RECORDED) } } } }
                            td .pal-end { (point.x.as_str()) } td .pal-end { (point.y.as_str()) }
                            td { @if let Some(note) = &point.note { (note.as_str()) } }
                        }
                    }
                }
            }
        }
    }
}
