//! Charts of observations in bands, of growth, of a labour, and drawings of the body.
//!
//! A chart is given as numbers and words: the host finds bands, alerts and places, and puts the same in a table beside it.

use crate::screen::grid::Column;
use crate::screen::value::{Absent, words};
use crate::screen::{nodes, objects};

words! {
    /// How a reference curve is drawn.
    Stroke {
        /// An outer curve.
        Thin = "thin",
        /// An inner curve.
        Dashed = "dashed",
        /// The middle curve.
        Thick = "thick",
    }
    /// How a lane of a labour's chart is drawn.
    LaneForm {
        /// Points and straight lines.
        Line = "line",
        /// A block for each whole number.
        Blocks = "blocks",
        /// From one number to another.
        Span = "span",
        /// Words.
        Words = "words",
    }
    /// The host's drawings of the body.
    BodyImage {
        /// In radii of the cornea from its middle, x towards the nose, y up.
        EyeRight = "eye-right",
        /// Likewise.
        EyeLeft = "eye-left",
        /// In diameters of the disc from the fovea, x towards the nose, y up.
        FundusRight = "fundus-right",
        /// Likewise.
        FundusLeft = "fundus-left",
        /// In halves of its width and height from the umbilicus, x towards the patient's left, y up.
        Abdomen = "abdomen",
    }
    /// The shape of a mark.
    MarkShape {
        /// A small dot.
        Dot = "dot",
        /// A large dot.
        Blot = "blot",
        /// An outlined cloud.
        Cloud = "cloud",
        /// A diamond.
        Diamond = "diamond",
        /// A ring with a dot.
        Ring = "ring",
        /// A cross.
        Cross = "cross",
        /// A square.
        Square = "square",
    }
}

nodes! {
    /// Observations in bands that score; columns oldest first, `rule` says whose bands they are.
    "banded-observation-chart" leaf BandedChart(title: String, rule: String, columns: Vec<Column>, rows: Vec<BandedRow>) {
        /// The totals below.
        total: BandedTotal,
    }
    /// Measurements along reference curves of a named standard.
    "reference-curve-chart" leaf CurveChart(title: String, standard: String, x: Axis, y: Axis, curves: Vec<Curve>, points: Vec<Measured>) {}
    /// A labour from one moment to another, at most 24 hours; `rules` says by whose rules a reading alerts.
    "labour-chart" leaf LabourChart(title: String, from: String, to: String, rules: String, groups: Vec<LaneGroup>) {
        /// The present moment, FHIR dateTime.
        now: String,
    }
    /// A drawing of the body: exactly one of `marks` and `absent`.
    "body-map" leaf BodyMap(image: BodyImage) {
        /// Small words beside the heading.
        note: String,
        /// What was found.
        marks: Vec<Mark>,
        /// Why it was not examined.
        absent: Absent,
        /// What was looked for and not seen.
        not_seen: Vec<String>,
    }
}

objects! {
    /// A parameter: its bands from the top down, and what was observed.
    BandedRow(label: String, bands: Vec<ObservedBand>, cells: Vec<Observed>) {
        /// Unit of every number.
        unit: String,
    }
    /// A band: numbers from `from` up to the band above it, or one word.
    ObservedBand(label: String, points: u32) {
        /// Where it begins, a decimal; the last of a row has none.
        from: String,
        /// The one word that falls into it.
        word: String,
    }
    /// What was observed at a column's time: exactly one of the three.
    Observed(column: String) {
        /// A decimal as reported.
        value: String,
        /// One of the bands' words.
        word: String,
        /// Why there is nothing.
        absent: Absent,
    }
    /// The totals of a chart.
    BandedTotal(label: String, cells: Vec<Observed>) {
        /// Each is the sum of its column's points: the host refuses one that is not, and one of a column in which an
        /// observation is missing.
        adds_up: bool,
    }
    /// An axis from one decimal to another.
    Axis(label: String, unit: String, low: String, high: String) {}
    /// A reference curve.
    Curve(label: String, points: Vec<Place>) {
        /// How it is drawn.
        line: Stroke,
    }
    /// A place on a chart, both decimals.
    Place(x: String, y: String) {}
    /// A measurement, both decimals.
    Measured(x: String, y: String) {
        /// When it was measured, FHIR dateTime.
        when: String,
        /// What is said of it: 12th centile.
        note: String,
    }
    /// Lanes under one title.
    LaneGroup(title: String, lanes: Vec<Lane>) {}
    /// One lane; all but words need `low` and `high`.
    Lane(label: String, draw: LaneForm, readings: Vec<Reading>) {
        /// Unit of every number.
        unit: String,
        /// Lower end of the scale, a decimal.
        low: String,
        /// Upper end of the scale, a decimal.
        high: String,
        /// From here up a value alerts.
        alert_from: String,
        /// Below this a value alerts.
        alert_under: String,
        /// How long it may stay at a number.
        allowed: Vec<Allowed>,
    }
    /// How many minutes it may stay at a number.
    Allowed(at: String, minutes: u32) {}
    /// A reading, FHIR dateTime: a value, a value with a lower one, a word, or why there is none.
    Reading(when: String) {
        /// A decimal.
        value: String,
        /// The lower end of a span, a decimal.
        lower: String,
        /// A word.
        word: String,
        /// Why there is none.
        absent: Absent,
        /// It alerts, whatever the lane's limits say.
        alert: bool,
    }
    /// One mark; `x` and `y` are decimals in the drawing's measure.
    Mark(finding: String, shape: MarkShape, x: String, y: String) {
        /// What is said of it.
        note: String,
    }
}
