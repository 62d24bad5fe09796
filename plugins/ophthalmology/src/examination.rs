//! What was found in an eye, as it is read from the chart and as it is proposed for it.
//!
//! Invariant: each examination is one Observation of one eye; what names no eye, or both, is not shown as being of either.

use std::collections::BTreeMap;

use sdk::screen::{Absent, Fact};
use sdk::{Call, Failure, Row, Value, ViewQuery, json};

use crate::eye::Eye;
use crate::typed::plain_number;
use sdk::moment::Moment;

/// Code system of what this departmental writes.
pub(crate) const SYSTEM: &str = "urn:palatine:ophthalmology";
const SNOMED: &str = "http://snomed.info/sct";
const ODS: &str = "https://fhir.nhs.uk/Id/ods-organization-code";
const UCUM: &str = "http://unitsofmeasure.org";
/// The unit in which each number is kept: as it is read, and its UCUM code.
const UNITS: [(&str, &str); 8] = [
    ("mmHg", "mm[Hg]"),
    ("µm", "um"),
    ("mm", "mm"),
    ("m", "m"),
    ("D", "[diop]"),
    ("deg", "deg"),
    ("weeks", "wk"),
    ("1", "1"),
];
/// Rows of the chart that are asked for at once; an examination has as many rows as it has parts.
const ROWS: u32 = 1_000;

/// Kinds of examination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Visual acuity.
    Acuity,
    /// Intraocular pressure.
    Pressure,
    /// Refraction.
    Refraction,
    /// Grade of diabetic retinopathy.
    Retinopathy,
    /// Biometry.
    Biometry,
    /// Answers to the questions of the risk in cataract surgery.
    CataractRisk,
    /// Risk of glaucoma.
    GlaucomaRisk,
    /// One mark of a drawing.
    Mark,
}

impl Kind {
    /// The code in this departmental's own system.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Acuity => "visual-acuity",
            Self::Pressure => "intraocular-pressure",
            Self::Refraction => "refraction",
            Self::Retinopathy => "retinopathy-grade",
            Self::Biometry => "biometry",
            Self::CataractRisk => "cataract-risk",
            Self::GlaucomaRisk => "glaucoma-risk",
            Self::Mark => "drawing-mark",
        }
    }

    /// As it is read.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Acuity => "Visual acuity",
            Self::Pressure => "Intraocular pressure",
            Self::Refraction => "Refraction",
            Self::Retinopathy => "Grade of diabetic retinopathy",
            Self::Biometry => "Biometry",
            Self::CataractRisk => "Risk in cataract surgery",
            Self::GlaucomaRisk => "Risk of glaucoma",
            Self::Mark => "Mark on a drawing of the eye",
        }
    }

    /// The concept of SNOMED CT, where there is one beyond doubt.
    fn snomed(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Acuity => Some(("363983007", "Visual acuity")),
            Self::Pressure => Some(("41633001", "Intraocular pressure")),
            Self::Refraction
            | Self::Retinopathy
            | Self::Biometry
            | Self::CataractRisk
            | Self::GlaucomaRisk
            | Self::Mark => None,
        }
    }
}

/// One examination of one eye, read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Examination {
    /// `Observation/…`.
    pub(crate) reference: String,
    /// The version that was read.
    pub(crate) version: String,
    /// FHIR's status.
    pub(crate) status: String,
    /// When, as written.
    pub(crate) when: String,
    /// Of which eye.
    pub(crate) eye: Eye,
    parts: BTreeMap<String, String>,
}

impl Examination {
    /// The part of that code: its number or its word, as written.
    pub(crate) fn part(&self, code: &str) -> Option<&str> {
        self.parts.get(code).map(String::as_str)
    }

    /// The part as it is read, where a word was written beside its code.
    pub(crate) fn part_words(&self, code: &str) -> Option<&str> {
        let words = self.parts.get(&format!("{code} words"));
        words.map(String::as_str).or_else(|| self.part(code))
    }

    /// The number as it is shown with its unit; one that was written in another unit is shown with that one, as words.
    pub(crate) fn fact(&self, code: &str, unit: &str) -> Fact {
        match self.part(code) {
            None => Fact::absent(Absent::NotRecorded),
            Some(text) if plain_number(text).is_none() => Fact::text(text),
            Some(digits) if unit.is_empty() => Fact::number(digits),
            Some(digits) => Fact::quantity(digits, unit),
        }
    }

    /// The moment in milliseconds; 0 for a text that is none, which then is the oldest.
    pub(crate) fn at_ms(&self) -> i64 {
        Moment::parse(&self.when).map_or(0, |it| it.epoch_ms)
    }

    /// The day, `2026-11-20`.
    pub(crate) fn day(&self) -> &str {
        self.when.get(..10).unwrap_or(&self.when)
    }
}

/// Examinations of a kind with whether all were read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Examinations {
    /// The newest first.
    pub(crate) all: Vec<Examination>,
    /// Whether there are older ones, which were not read.
    pub(crate) more: bool,
    /// How many name no single eye, and are left out.
    pub(crate) without_side: usize,
}

impl Examinations {
    /// Those of one eye, the newest first.
    pub(crate) fn of(&self, eye: Eye) -> impl Iterator<Item = &Examination> {
        self.all.iter().filter(move |it| it.eye == eye)
    }

    /// The newest of one eye.
    pub(crate) fn newest(&self, eye: Eye) -> Option<&Examination> {
        self.of(eye).next()
    }
}

/// Reads the examinations of a kind, the newest first, without what was withdrawn.
///
/// # Errors
/// Any failure of the chart.
pub(crate) fn read(call: &Call<'_>, kind: Kind) -> Result<Examinations, Failure> {
    let query = ViewQuery::new()
        .search(format!("code={SYSTEM}|{}&_sort=-date", kind.code()))
        .count(ROWS);
    let rows = call.chart.rows("examinations", &query)?;
    let mut read = Examinations {
        all: Vec::new(),
        more: rows.more,
        without_side: 0,
    };
    let mut last = String::new();
    for row in rows.iter() {
        let Some(id) = row.text("id") else { continue };
        let is_new = id != last;
        if is_new {
            last = id.to_owned();
            let withdrawn = matches!(row.text("status"), Some("entered-in-error" | "cancelled"));
            match begun(&row, id) {
                Some(begun) if !withdrawn => read.all.push(begun),
                None if !withdrawn => read.without_side += 1,
                Some(_) | None => {}
            }
        }
        let reference = format!("Observation/{id}");
        if let Some(of) = read.all.last_mut().filter(|it| it.reference == reference) {
            take_part(of, &row);
        }
    }
    if rows.more {
        // Its last parts may stand on the rows that were not read.
        read.all.pop();
    }
    read.all.sort_by_key(|it| std::cmp::Reverse(it.at_ms()));
    Ok(read)
}

fn begun(row: &Row<'_>, id: &str) -> Option<Examination> {
    let text = |column: &str| row.text(column).map(str::to_owned);
    let value = row
        .decimal("value")
        .map(|digits| with_unit("value", &digits, row.text("unit")));
    Some(Examination {
        reference: format!("Observation/{id}"),
        version: text("version")?,
        status: text("status").unwrap_or_else(|| "unknown".to_owned()),
        when: text("taken").unwrap_or_default(),
        eye: Eye::of_body_site(row.text("site")?)?,
        parts: value
            .map(|value| ("value".to_owned(), value))
            .into_iter()
            .collect(),
    })
}

fn take_part(of: &mut Examination, row: &Row<'_>) {
    let Some(code) = row.text("part") else { return };
    let text = |column: &str| row.text(column).map(str::to_owned);
    let number = row.decimal("part_number");
    let value = number
        .map(|digits| with_unit(code, &digits, row.text("part_unit")))
        .or_else(|| text("part_text"))
        .or_else(|| text("part_code"));
    if let Some(value) = value {
        of.parts.insert(code.to_owned(), value);
    }
    if let Some(words) = text("part_words") {
        of.parts.insert(format!("{code} words"), words);
    }
}

/// The digits alone when they are in the unit of this part; else with the unit that was written, so that no rule takes them
/// for the other.
fn with_unit(code: &str, digits: &str, unit: Option<&str>) -> String {
    let expected = match code {
        "value" | "target-low" | "target-high" => Some("mmHg"),
        "corneal-thickness" => Some("µm"),
        "axial-length" => Some("mm"),
        "sphere" | "cylinder" | "target" => Some("D"),
        "axis" => Some("deg"),
        "read-at" => Some("m"),
        "weeks" => Some("weeks"),
        "a-constant" | "x" | "y" => Some("1"),
        _ => None,
    };
    match unit {
        Some(unit) if Some(unit) == expected => digits.to_owned(),
        Some(unit) => format!("{digits} {unit}"),
        None => format!("{digits} (no unit)"),
    }
}

/// An examination that is to be proposed.
pub(crate) struct Draft(Value);

impl Draft {
    /// Of this kind and this eye, now.
    ///
    /// # Errors
    /// `invalid` on a call that is not about one patient.
    pub(crate) fn new(call: &Call<'_>, kind: Kind, eye: Eye) -> Result<Self, Failure> {
        let snomed = kind
            .snomed()
            .map(|(code, display)| json!({ "system": SNOMED, "code": code, "display": display }));
        let own = json!({ "system": SYSTEM, "code": kind.code(), "display": kind.words() });
        let codings: Vec<Value> = snomed.into_iter().chain([own]).collect();
        let mut observation = json!({
            "resourceType": "Observation",
            "status": "final",
            "category": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "exam", "display": "Exam" }] }],
            "code": { "coding": codings, "text": kind.words() },
            "subject": { "reference": call.patient()? },
            "effectiveDateTime": call.context.now(),
            "performer": [{ "type": "Organization", "identifier": { "system": ODS, "value": call.context.site() } }],
            "bodySite": eye.body_site(),
            "component": []
        });
        if let Some(encounter) = call.context.encounter() {
            observation["encounter"] = json!({ "reference": encounter });
        }
        Ok(Self(observation))
    }

    /// Not yet confirmed by anybody.
    pub(crate) fn preliminary(mut self) -> Self {
        self.0["status"] = json!("preliminary");
        self
    }

    /// With this number as what was found.
    pub(crate) fn value(mut self, digits: &str, unit: &str) -> Self {
        self.0["valueQuantity"] = quantity(digits, unit);
        self
    }

    /// With a number and its unit, the digits as they were typed.
    pub(crate) fn number(self, code: &str, digits: &str, unit: &str) -> Self {
        self.component(code, "valueQuantity", quantity(digits, unit))
    }

    /// With words as they were typed.
    pub(crate) fn text(self, code: &str, text: &str) -> Self {
        self.component(code, "valueString", json!(text))
    }

    /// With one of the words of a list.
    pub(crate) fn coded(self, code: &str, value: &str, words: &str) -> Self {
        let concept = concept(value, words);
        self.component(code, "valueCodeableConcept", concept)
    }

    fn component(mut self, code: &str, member: &str, value: Value) -> Self {
        if let Some(parts) = self.0["component"].as_array_mut() {
            let code = json!({ "coding": [{ "system": SYSTEM, "code": code }] });
            parts.push(json!({ "code": code, member: value }));
        }
        self
    }

    /// The Observation.
    pub(crate) fn resource(mut self) -> Value {
        let is_empty = self.0["component"].as_array().is_none_or(Vec::is_empty);
        if let Some(members) = self.0.as_object_mut().filter(|_| is_empty) {
            // FHIR has no empty lists.
            members.remove("component");
        }
        self.0
    }
}

/// A concept of this departmental's own codes.
pub(crate) fn concept(code: &str, words: &str) -> Value {
    json!({ "coding": [{ "system": SYSTEM, "code": code, "display": words }], "text": words })
}

/// The site of the call as an owner or performer.
pub(crate) fn site(call: &Call<'_>) -> Value {
    json!({ "type": "Organization", "identifier": { "system": ODS, "value": call.context.site() } })
}

fn quantity(digits: &str, unit: &str) -> Value {
    let mut quantity = json!({ "value": json_number(digits), "unit": unit });
    if let Some((_, code)) = UNITS.iter().find(|(known, _)| *known == unit) {
        quantity["system"] = json!(UCUM);
        quantity["code"] = json!(code);
    }
    quantity
}

/// A JSON number with these digits; JSON has no zero before another digit and no plus.
fn json_number(digits: &str) -> Value {
    let (sign, digits) = digits
        .strip_prefix('-')
        .map_or(("", digits.strip_prefix('+').unwrap_or(digits)), |digits| {
            ("-", digits)
        });
    let kept = digits.trim_start_matches('0');
    let zero = if kept.is_empty() || kept.starts_with('.') {
        "0"
    } else {
        ""
    };
    let text = format!("{sign}{zero}{kept}");
    text.parse().unwrap_or_else(|_| Value::from(text))
}

#[cfg(test)]
mod tests {
    //! Digits on their way into JSON.
    use super::json_number;

    #[test]
    fn digits_are_kept_and_zeros_before_them_are_not() {
        for (typed, written) in [
            ("16", "16"),
            ("16.0", "16.0"),
            ("016", "16"),
            ("0", "0"),
            ("000", "0"),
            ("0.50", "0.50"),
            ("-0.10", "-0.10"),
            ("-00.1", "-0.1"),
            ("+0.25", "0.25"),
        ] {
            assert_eq!(json_number(typed).to_string(), written, "{typed}");
        }
    }
}
