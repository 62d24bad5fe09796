//! The curves of growth as an SVG: one small chart for each thing measured, one line for each database.
//!
//! Invariant: every axis begins at 0, so that a curve that looks flat is flat.

use std::fmt::Write as _;

use serde_json::Value;

const WIDTH: f64 = 380.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 64.0;
const TOP: f64 = 34.0;
const RIGHT: f64 = 16.0;
const BOTTOM: f64 = 34.0;
/// Dark enough on white for people who see no colours; the second line is dashed as well.
const STROKES: [&str; 2] = ["#005eb8", "#7c2855"];
const DASHES: [&str; 2] = ["none", "6 4"];

/// What is drawn: its heading, and where its value stands in a point.
const CHARTS: [(&str, &str, &str); 4] = [
    ("Point read, p99, ms", "read", "p99_ms"),
    (
        "One patient's results by code, p99, ms",
        "search_patient_code",
        "p99_ms",
    ),
    (
        "One patient's newest results, p99, ms",
        "search_patient_sorted",
        "p99_ms",
    ),
    (
        "Import, resources a second",
        "import",
        "resources_per_second",
    ),
];

/// The whole drawing.
pub(super) fn drawn(lines: &[(&str, Vec<Value>)]) -> String {
    let (width, height) = (WIDTH * 2.0, HEIGHT * 2.0 + 30.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"Arial, sans-serif\" font-size=\"12\" fill=\"#212b32\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    for (at, chart) in CHARTS.iter().enumerate() {
        let x = if at % 2 == 0 { 0.0 } else { WIDTH };
        let y = if at < 2 { 0.0 } else { HEIGHT };
        one(&mut svg, chart, lines, (x, y));
    }
    for (at, (name, _)) in lines.iter().enumerate() {
        let x = if at == 0 { LEFT } else { LEFT + 140.0 };
        let (y, stroke, dash) = (HEIGHT * 2.0 + 14.0, STROKES[at % 2], DASHES[at % 2]);
        put(
            &mut svg,
            format_args!(
                "<line x1=\"{x}\" y1=\"{y}\" x2=\"{}\" y2=\"{y}\" stroke=\"{stroke}\" stroke-width=\"2\" stroke-dasharray=\"{dash}\"/>\
                 <text x=\"{}\" y=\"{}\">{name}</text>\n",
                x + 30.0,
                x + 38.0,
                y + 4.0
            ),
        );
    }
    svg.push_str("</svg>\n");
    svg
}

fn put(svg: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _written = svg.write_fmt(what);
}

fn one(
    svg: &mut String,
    (heading, work, value): &(&str, &str, &str),
    lines: &[(&str, Vec<Value>)],
    (x, y): (f64, f64),
) {
    let number = |point: &Value| -> Option<(f64, f64)> {
        Some((point["resources"].as_f64()?, point[work][value].as_f64()?))
    };
    let all: Vec<(f64, f64)> = lines
        .iter()
        .flat_map(|(_, points)| points.iter().filter_map(number))
        .collect();
    let most = |of: fn(&(f64, f64)) -> f64| all.iter().map(of).fold(1e-9, f64::max);
    let (x_most, y_most) = (most(|it| it.0), round_up(most(|it| it.1)));
    let (across, up) = (WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
    let place = |(resources, value): (f64, f64)| {
        (
            x + LEFT + resources / x_most * across,
            y + TOP + up - value / y_most * up,
        )
    };
    put(
        svg,
        format_args!(
            "<text x=\"{}\" y=\"{}\" font-weight=\"bold\">{heading}</text>\n",
            x + LEFT,
            y + 20.0
        ),
    );
    axes(svg, &place, (x_most, y_most), across);
    for (at, (_, points)) in lines.iter().enumerate() {
        let places: Vec<String> = points
            .iter()
            .filter_map(number)
            .map(place)
            .map(|(x, y)| format!("{x:.1},{y:.1}"))
            .collect();
        put(
            svg,
            format_args!(
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\" stroke-dasharray=\"{}\"/>\n",
                places.join(" "),
                STROKES[at % 2],
                DASHES[at % 2]
            ),
        );
    }
}

/// The lines across and the words at both axes.
fn axes(
    svg: &mut String,
    place: &dyn Fn((f64, f64)) -> (f64, f64),
    (x_most, y_most): (f64, f64),
    across: f64,
) {
    for part in [0.0, 0.5, 1.0] {
        let (left, line) = place((0.0, y_most * part));
        put(
            svg,
            format_args!(
                "<line x1=\"{left}\" y1=\"{line}\" x2=\"{}\" y2=\"{line}\" stroke=\"#d8dde0\"/>\
                 <text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\n",
                left + across,
                left - 6.0,
                line + 4.0,
                words(y_most * part)
            ),
        );
        let (tick, foot) = place((x_most * part, 0.0));
        put(
            svg,
            format_args!(
                "<text x=\"{tick}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
                foot + 18.0,
                words(x_most * part)
            ),
        );
    }
}

/// The next number above that begins with 1, 2 or 5.
fn round_up(value: f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|it| it * power)
        .find(|it| *it >= value)
        .unwrap_or(value)
}

fn words(value: f64) -> String {
    if value >= 1_000_000.0 {
        format!("{:.1}m", value / 1_000_000.0)
    } else if value >= 1_000.0 {
        format!("{:.0}k", value / 1_000.0)
    } else if value >= 10.0 || value == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    }
}
