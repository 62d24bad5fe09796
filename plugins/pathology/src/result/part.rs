//! The parts of a result that are read, borrowed from an Observation or from a row of the view `results`, so that a result is
//! read in one way wherever it comes from.
//!
//! Invariant: a blank text is no text; what the view does not tell is not there.

use sdk::{Row, Value};

use super::{list, text};

/// What stands between system, code and display of a coding; no system and no code holds it.
const BETWEEN: &str = "  ";
/// System of the codes of organisations.
const ODS: &str = "https://fhir.nhs.uk/Id/ods-organization-code";

/// An Observation, or one component of it.
#[derive(Default)]
pub(super) struct Part<'p> {
    pub(super) version: Option<&'p str>,
    pub(super) status: Option<&'p str>,
    pub(super) taken: Option<&'p str>,
    pub(super) issued: Option<&'p str>,
    pub(super) encounter: Option<&'p str>,
    pub(super) laboratory: Option<&'p str>,
    pub(super) notes: Vec<&'p str>,
    pub(super) codings: Vec<Coding<'p>>,
    pub(super) name: Option<&'p str>,
    pub(super) form: Form<'p>,
    pub(super) absent: Option<&'p str>,
    pub(super) interpretations: Vec<&'p str>,
    pub(super) range: Option<Range<'p>>,
}

/// A code with its system and its display.
#[derive(Default)]
pub(super) struct Coding<'p> {
    pub(super) system: Option<&'p str>,
    pub(super) code: Option<&'p str>,
    pub(super) display: Option<&'p str>,
}

/// A number as it was written, with its unit.
#[derive(Default)]
pub(super) struct Measure<'p> {
    pub(super) value: Option<&'p str>,
    pub(super) unit: Option<&'p str>,
    pub(super) code: Option<&'p str>,
}

/// The first range that is the normal one.
#[derive(Default)]
pub(super) struct Range<'p> {
    pub(super) low: Measure<'p>,
    pub(super) high: Measure<'p>,
    pub(super) text: Option<&'p str>,
}

/// In which of FHIR's forms the value was sent.
#[derive(Default)]
pub(super) enum Form<'p> {
    Quantity(Measure<'p>, Option<&'p str>),
    Concept(Option<&'p str>),
    Truth(bool),
    Whole(&'p str),
    Ends(Measure<'p>, Measure<'p>),
    Ratio(Option<&'p str>, Option<&'p str>),
    Words(&'p str),
    /// One that no screen shows.
    Other,
    #[default]
    None,
}

impl<'p> Part<'p> {
    /// Of an Observation, or of one component of it.
    pub(super) fn of_json(observation: &'p Value, part: &'p Value) -> Self {
        let codings = part.get("code").map(|code| list(code, "coding"));
        let interpretations = list(part, "interpretation")
            .iter()
            .flat_map(|it| list(it, "coding"));
        let taken = [
            "/effectiveDateTime",
            "/effectiveInstant",
            "/effectivePeriod/start",
            "/effectivePeriod/end",
        ];
        Self {
            version: text(observation, "/meta/versionId"),
            status: text(observation, "/status"),
            taken: taken.iter().find_map(|path| text(observation, path)),
            issued: text(observation, "/issued"),
            encounter: text(observation, "/encounter/reference"),
            laboratory: list(observation, "performer").iter().find_map(|it| {
                let is_ods = text(it, "/identifier/system") == Some(ODS);
                text(it, "/identifier/value").filter(|_| is_ods)
            }),
            notes: list(observation, "note")
                .iter()
                .filter_map(|it| text(it, "/text"))
                .collect(),
            codings: codings
                .unwrap_or_default()
                .iter()
                .map(Coding::of_json)
                .collect(),
            name: text(part, "/code/text"),
            form: Form::of_json(part),
            absent: text(part, "/dataAbsentReason/coding/0/code"),
            interpretations: interpretations.filter_map(|it| text(it, "/code")).collect(),
            range: range_of_json(part),
        }
    }

    /// Of a row.
    pub(super) fn of_row(row: Row<'p>) -> Self {
        let taken = ["taken", "taken_at", "taken_from", "taken_until"];
        let codings = texts(row, "codings").map(Coding::of_line);
        Self {
            version: cell(row, "version"),
            status: cell(row, "status"),
            taken: taken.iter().find_map(|column| cell(row, column)),
            issued: cell(row, "issued"),
            encounter: cell(row, "encounter"),
            laboratory: cell(row, "laboratory"),
            notes: texts(row, "notes").collect(),
            codings: codings.collect(),
            name: cell(row, "name"),
            form: Form::of_row(row),
            absent: cell(row, "absent"),
            interpretations: texts(row, "interpretations").collect(),
            range: range_of_row(row),
        }
    }
}

impl<'p> Coding<'p> {
    fn of_json(it: &'p Value) -> Self {
        Self {
            system: text(it, "/system"),
            code: text(it, "/code"),
            display: text(it, "/display"),
        }
    }

    fn of_line(line: &'p str) -> Self {
        let cut = |text: &'p str| text.split_once(BETWEEN).unwrap_or((text, ""));
        let (system, rest) = cut(line);
        let (code, display) = cut(rest);
        Self {
            system: said(system),
            code: said(code),
            display: said(display),
        }
    }
}

impl<'p> Measure<'p> {
    fn of_json(it: &'p Value) -> Self {
        Self {
            value: it.get("value").and_then(number),
            unit: text(it, "/unit"),
            code: text(it, "/code"),
        }
    }

    fn of_row(row: Row<'p>, [value, unit, code]: [&str; 3]) -> Self {
        Self {
            value: row.digits(value),
            unit: cell(row, unit),
            code: cell(row, code),
        }
    }
}

impl<'p> Form<'p> {
    fn of_json(part: &'p Value) -> Self {
        let member = |name: &str| part.get(name);
        if let Some(it) = member("valueQuantity") {
            return Self::Quantity(Measure::of_json(it), text(it, "/comparator"));
        }
        if let Some(it) = member("valueCodeableConcept") {
            let words = ["/text", "/coding/0/display", "/coding/0/code"];
            return Self::Concept(words.iter().find_map(|path| text(it, path)));
        }
        if let Some(it) = member("valueBoolean").and_then(Value::as_bool) {
            return Self::Truth(it);
        }
        if let Some(it) = member("valueInteger").and_then(number) {
            return Self::Whole(it);
        }
        if let Some(it) = member("valueRange") {
            let end = |name: &str| it.get(name).map(Measure::of_json).unwrap_or_default();
            return Self::Ends(end("low"), end("high"));
        }
        if let Some(it) = member("valueRatio") {
            let side = |path: &str| it.pointer(path).and_then(number);
            return Self::Ratio(side("/numerator/value"), side("/denominator/value"));
        }
        let words = ["/valueString", "/valueDateTime", "/valueTime"];
        match words.iter().find_map(|path| text(part, path)) {
            Some(words) => Self::Words(words),
            None if member("valueSampledData")
                .or(member("valuePeriod"))
                .is_some() =>
            {
                Self::Other
            }
            None => Self::None,
        }
    }

    fn of_row(row: Row<'p>) -> Self {
        let says = |column: &str| row.flag(column) == Some(true);
        if says("has_quantity") {
            let measure = Measure::of_row(row, ["quantity", "unit", "unit_code"]);
            return Self::Quantity(measure, cell(row, "comparator"));
        }
        let first = |columns: [&str; 3]| columns.iter().find_map(|column| cell(row, column));
        if let Some(words) = first(["concept", "concept_display", "concept_code"]) {
            return Self::Concept(Some(words));
        }
        if let Some(it) = row.flag("truth") {
            return Self::Truth(it);
        }
        if let Some(it) = row.digits("whole") {
            return Self::Whole(it);
        }
        if says("has_ends") {
            return Self::Ends(
                Measure::of_row(row, ["from", "from_unit", ""]),
                Measure::of_row(row, ["until", "until_unit", ""]),
            );
        }
        if says("has_ratio") {
            return Self::Ratio(row.digits("numerator"), row.digits("denominator"));
        }
        match first(["text", "moment", "time"]) {
            Some(words) => Self::Words(words),
            None if says("has_other_form") => Self::Other,
            None => Self::None,
        }
    }
}

fn range_of_json(part: &Value) -> Option<Range<'_>> {
    let is_normal =
        |it: &&Value| text(it, "/type/coding/0/code").is_none_or(|code| code == "normal");
    let range = list(part, "referenceRange").iter().find(is_normal)?;
    let end = |name: &str| range.get(name).map(Measure::of_json).unwrap_or_default();
    Some(Range {
        low: end("low"),
        high: end("high"),
        text: text(range, "/text"),
    })
}

fn range_of_row(row: Row<'_>) -> Option<Range<'_>> {
    Some(Range {
        low: Measure::of_row(row, ["range_low", "range_low_unit", "range_low_code"]),
        high: Measure::of_row(row, ["range_high", "range_high_unit", "range_high_code"]),
        text: cell(row, "range_text"),
    })
}

/// A number as it was written.
fn number(value: &Value) -> Option<&str> {
    Some(value.as_number()?.as_str())
}

fn cell<'p>(row: Row<'p>, column: &str) -> Option<&'p str> {
    row.text(column).and_then(said)
}

fn texts<'p>(row: Row<'p>, column: &str) -> impl Iterator<Item = &'p str> {
    row.texts(column).filter_map(said)
}

/// A text that is not blank, without what stands around it.
fn said(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|it| !it.is_empty())
}
