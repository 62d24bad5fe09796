//! Laboratory results as an Observation holds them: what was measured, when, the value as written, and what was said of it.
//!
//! Invariant: a value is kept as it was written; a result that may not be used (entered in error) keeps no value at all.

mod found;
mod part;
#[cfg(test)]
mod tests;

use sdk::screen::{Absent, Comparator, Interpretation, Status};
use sdk::{Row, Value};

use crate::result::part::{Part, Range};
use sdk::decimal::Decimal;
use sdk::moment::Moment;

/// What the contract lets a unit, a value of a cell and a line have at most.
const UNIT_CHARS_MAX: usize = 60;
const LINE_CHARS_MAX: usize = 300;

/// One result: an Observation, or one component of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LabResult {
    /// `Observation/…`.
    pub(crate) reference: String,
    /// `meta.versionId`.
    pub(crate) version: String,
    /// System and code, as many as were given.
    pub(crate) codings: Vec<(String, String)>,
    /// What the sender calls it.
    pub(crate) name: String,
    /// What was found.
    pub(crate) found: Found,
    /// Its status.
    pub(crate) status: Status,
    /// When the specimen was taken, as written and as a number.
    pub(crate) taken: Option<(String, Moment)>,
    /// When it was reported, as written.
    pub(crate) issued: Option<String>,
    /// The range that came with it.
    pub(crate) range: Option<ReportedRange>,
    /// What the laboratory said of it.
    pub(crate) interpretation: Option<Interpretation>,
    /// `Encounter/…`.
    pub(crate) encounter: Option<String>,
    /// ODS code of the laboratory that reported it.
    pub(crate) laboratory: Option<String>,
    /// The laboratory's comments.
    pub(crate) note: Option<String>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Found {
    /// A number.
    Number(Number),
    /// Words.
    Words(String),
    /// Nothing, and why.
    Nothing(Absent),
}

/// A number as reported.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Number {
    /// With the digits in which it was reported.
    pub(crate) text: String,
    /// For comparing; None when it is no decimal that a laboratory would report.
    pub(crate) decimal: Option<Decimal>,
    /// Set when the true value is only known to be below or above.
    pub(crate) comparator: Option<Comparator>,
    /// As it is to be read.
    pub(crate) unit: String,
    /// The unit's code in UCUM, where there is one.
    pub(crate) unit_code: String,
}

/// A reference range that came with a result.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ReportedRange {
    /// Lower end as written.
    pub(crate) low: Option<String>,
    /// Upper end as written.
    pub(crate) high: Option<String>,
    /// Unit of the ends; empty when none was given.
    pub(crate) unit: String,
    /// The laboratory's words.
    pub(crate) text: Option<String>,
}

impl LabResult {
    /// Every result of an Observation: the one it holds, and one for each component.
    pub(crate) fn read(observation: &Value) -> Vec<Self> {
        let Some(id) = text(observation, "/id") else {
            return vec![];
        };
        let components = observation
            .get("component")
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let read = |part| Self::read_part(id, &Part::of_json(observation, part));
        let own = read(observation);
        let holds_own = components.is_empty() || own.found != Found::Nothing(Absent::NotReported);
        let parts = components.iter().map(read);
        holds_own.then_some(own).into_iter().chain(parts).collect()
    }

    /// The result of a row of the view `results`. None of a panel that holds no result of its own, only those of its
    /// components.
    pub(crate) fn of_row(row: Row<'_>) -> Option<Self> {
        let result = Self::read_part(row.text("id")?, &Part::of_row(row));
        let says = |column: &str| row.flag(column) == Some(true);
        let is_panel = says("has_parts") && !says("is_part");
        let is_empty = result.found == Found::Nothing(Absent::NotReported);
        (!is_panel || !is_empty).then_some(result)
    }

    fn read_part(id: &str, part: &Part<'_>) -> Self {
        let status = part.status.and_then(Status::from_fhir);
        let status = status.unwrap_or(Status::Unknown);
        let codings = part.codings.iter();
        let mut interpretations = part.interpretations.iter();
        Self {
            reference: ["Observation/", id].concat(),
            version: part.version.unwrap_or_default().to_owned(),
            codings: codings
                .filter_map(|it| Some((it.system.unwrap_or_default().into(), it.code?.into())))
                .collect(),
            name: name(part),
            found: found::read(part, status),
            status,
            taken: part
                .taken
                .and_then(|when| Some((when.to_owned(), Moment::parse(when)?))),
            issued: part
                .issued
                .filter(|it| Moment::parse(it).is_some())
                .map(str::to_owned),
            range: part.range.as_ref().and_then(range),
            interpretation: interpretations.find_map(|code| Interpretation::from_hl7(code)),
            encounter: part.encounter.map(str::to_owned),
            laboratory: part.laboratory.map(str::to_owned),
            note: (!part.notes.is_empty()).then(|| part.notes.join("\n")),
        }
    }

    /// The number, when there is one.
    pub(crate) fn number(&self) -> Option<&Number> {
        match &self.found {
            Found::Number(number) => Some(number),
            Found::Words(_) | Found::Nothing(_) => None,
        }
    }

    /// The unit of its row; empty for words.
    pub(crate) fn unit(&self) -> &str {
        self.number()
            .map(|number| number.unit.as_str())
            .unwrap_or_default()
    }

    /// When the specimen was taken, as a number.
    pub(crate) fn taken_ms(&self) -> Option<i64> {
        self.taken.as_ref().map(|(_, moment)| moment.epoch_ms)
    }

    /// Whether it may be used in a calculation: not cancelled, not in error, not still to come.
    pub(crate) fn is_usable(&self) -> bool {
        match self.status {
            Status::Preliminary | Status::Final | Status::Amended | Status::Corrected => true,
            Status::Registered | Status::Cancelled | Status::EnteredInError | Status::Unknown => {
                false
            }
        }
    }
}

impl Number {
    /// As it is to be read: `171`, `<0.5`.
    pub(crate) fn shown(&self) -> String {
        format!(
            "{}{}",
            self.comparator.map_or("", Comparator::word),
            self.text
        )
    }

    /// Whether its unit is one of these, by code or as written.
    pub(crate) fn has_unit(&self, units: &[String]) -> bool {
        units
            .iter()
            .any(|unit| *unit == self.unit || *unit == self.unit_code)
    }
}

/// The text at a JSON pointer, when there is one that is not blank.
pub(crate) fn text<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    value
        .pointer(path)
        .and_then(Value::as_str)
        .map(str::trim)
        .filter(|it| !it.is_empty())
}

/// One line that the contract lets through: no line breaks, not too long.
pub(crate) fn line(text: &str) -> String {
    let bytes = text.as_bytes();
    let is_word = |it: &u8| it.is_ascii_graphic();
    // Words with one space between each, as almost every text is, are one line as they are.
    let is_line = bytes
        .split(|it| *it == b' ')
        .all(|word| !word.is_empty() && word.iter().all(is_word));
    if is_line && bytes.len() <= LINE_CHARS_MAX {
        return text.to_owned();
    }
    let one: Vec<_> = text.split_whitespace().collect();
    let one = one.join(" ");
    match one.char_indices().nth(LINE_CHARS_MAX) {
        Some(_) => one.chars().take(LINE_CHARS_MAX - 1).chain(['…']).collect(),
        None => one,
    }
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value
        .get(name)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

fn name(part: &Part<'_>) -> String {
    let first = part.codings.first();
    let given = part.name.or_else(|| first?.display.or(first?.code));
    line(given.unwrap_or("Test without a name"))
}

fn range(part: &Range<'_>) -> Option<ReportedRange> {
    let (low, high) = (&part.low, &part.high);
    let unit = low.unit.or(low.code).or(high.unit).or(high.code);
    let read = ReportedRange {
        low: low.value.map(str::to_owned),
        high: high.value.map(str::to_owned),
        unit: unit
            .unwrap_or_default()
            .chars()
            .take(UNIT_CHARS_MAX)
            .collect(),
        text: part.text.map(line),
    };
    (read.low.is_some() || read.high.is_some() || read.text.is_some()).then_some(read)
}
