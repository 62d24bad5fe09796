//! What was found in an eye, as it is read from the chart and as it is proposed for it.
//!
//! Invariant: each examination is one Observation of one eye; what names no eye, or both, is not shown as being of either.

pub(crate) mod draft;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use sdk::screen::{Absent, Fact};
use sdk::{Call, Failure, Row, ViewQuery};

use crate::eye::Eye;
use crate::typed::plain_number;
use sdk::moment::Moment;

/// Code system of what this departmental writes.
pub(crate) const SYSTEM: &str = "urn:palatine:ophthalmology";
/// Rows of the chart that a page of a screen is made of. It is so few since each is parsed in the sandbox.
const ROWS: u32 = 300;
/// Examinations among which the newest of each eye is looked for, where a row is one.
const ROWS_NEWEST: u32 = 60;

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
    /// Whether an eye is listed for cataract surgery.
    CataractListing,
    /// The lens that was chosen for an eye.
    LensChoice,
    /// What was done in cataract surgery.
    CataractOperation,
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
            Self::CataractListing => "cataract-listing",
            Self::LensChoice => "lens-choice",
            Self::CataractOperation => "cataract-operation",
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
            Self::CataractListing => "Listing for cataract surgery",
            Self::LensChoice => "Choice of an intraocular lens",
            Self::CataractOperation => "Cataract surgery",
        }
    }

    /// The concept of SNOMED CT, where there is one beyond doubt.
    pub(crate) fn snomed(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Acuity => Some(("363983007", "Visual acuity")),
            Self::Pressure => Some(("41633001", "Intraocular pressure")),
            Self::Refraction
            | Self::Retinopathy
            | Self::Biometry
            | Self::CataractRisk
            | Self::GlaucomaRisk
            | Self::Mark
            | Self::CataractListing
            | Self::LensChoice
            | Self::CataractOperation => None,
        }
    }

    /// The view that has its rows: one row for each examination where there may be many, one for each part otherwise.
    fn view(self) -> (&'static str, RowsOf) {
        match self {
            Self::Acuity => ("acuities", RowsOf::Examination),
            Self::Pressure => ("eye-pressures", RowsOf::Examination),
            Self::Refraction => ("refractions", RowsOf::Examination),
            Self::Retinopathy
            | Self::Biometry
            | Self::CataractRisk
            | Self::GlaucomaRisk
            | Self::Mark
            | Self::CataractListing
            | Self::LensChoice
            | Self::CataractOperation => ("examinations", RowsOf::Part),
        }
    }
}

/// What a row of a view is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RowsOf {
    /// A whole examination.
    Examination,
    /// One part of one.
    Part,
}

/// One examination of one eye, read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Examination {
    /// `Observation/…`.
    pub(crate) reference: String,
    /// The version that was read; empty of a kind whose rows are read only to be shown.
    pub(crate) version: String,
    /// FHIR's status.
    pub(crate) status: String,
    /// When, as written.
    pub(crate) when: String,
    /// Of which eye.
    pub(crate) eye: Eye,
    /// What it rests on, `Observation/…`, where that is recorded.
    pub(crate) derived_from: Option<String>,
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
    read_from(call, kind, 0, ROWS)
}

/// The same, but the older ones that stand on a later page; the first is 0.
///
/// # Errors
/// Any failure of the chart.
pub(crate) fn read_page(call: &Call<'_>, kind: Kind, page: u32) -> Result<Examinations, Failure> {
    read_from(call, kind, page.saturating_mul(ROWS), ROWS)
}

/// The newest few of a kind, for what shows no more than the newest of each eye.
///
/// # Errors
/// Any failure of the chart.
pub(crate) fn read_newest(call: &Call<'_>, kind: Kind) -> Result<Examinations, Failure> {
    let rows = match kind.view().1 {
        RowsOf::Examination => ROWS_NEWEST,
        RowsOf::Part => ROWS,
    };
    read_from(call, kind, 0, rows)
}

fn read_from(
    call: &Call<'_>,
    kind: Kind,
    offset: u32,
    count: u32,
) -> Result<Examinations, Failure> {
    let (view, rows_of) = kind.view();
    let mut query = ViewQuery::new()
        .search(format!("code={SYSTEM}|{}&_sort=-date", kind.code()))
        .count(count);
    if offset > 0 {
        query = query.offset(offset);
    }
    let rows = call.chart.rows(view, &query)?;
    let mut read = Examinations {
        all: Vec::new(),
        more: rows.more,
        without_side: 0,
    };
    let mut last = "";
    for row in rows.iter() {
        let Some(id) = row.text("id") else { continue };
        let withdrawn = matches!(row.text("status"), Some("entered-in-error" | "cancelled"));
        if withdrawn {
            continue;
        }
        if id != last {
            last = id;
            match begun(&row, id) {
                Some(begun) => read.all.push(begun),
                None => read.without_side += 1,
            }
        }
        let belongs = |it: &&mut Examination| it.reference.strip_prefix("Observation/") == Some(id);
        if let Some(of) = read.all.last_mut().filter(belongs) {
            match rows_of {
                RowsOf::Examination => take_columns(of, &row),
                RowsOf::Part => take_part(of, &row),
            }
        }
    }
    if rows.more && rows_of == RowsOf::Part {
        // Its last parts may stand on the rows that were not read.
        read.all.pop();
    }
    // Of one moment, the right eye first, and always in one order.
    let order = |it: &Examination| (Reverse(it.at_ms()), it.eye, it.reference.clone());
    read.all.sort_by_cached_key(order);
    Ok(read)
}

fn begun(row: &Row<'_>, id: &str) -> Option<Examination> {
    let text = |column: &str| row.text(column).map(str::to_owned);
    Some(Examination {
        reference: format!("Observation/{id}"),
        version: text("version").unwrap_or_default(),
        status: text("status").unwrap_or_else(|| "unknown".to_owned()),
        when: text("taken").unwrap_or_default(),
        eye: Eye::of_body_site(row.text("site")?)?,
        derived_from: text("derived_from"),
        parts: BTreeMap::new(),
    })
}

/// The parts of an examination that stand in columns of their own, named as they are, with the unit of each in another.
fn take_columns(of: &mut Examination, row: &Row<'_>) {
    for (column, cell) in row.cells() {
        if matches!(column, "id" | "version" | "status" | "taken" | "site")
            || column.ends_with("_unit")
        {
            continue;
        }
        if let Some(code) = column.strip_suffix("_words") {
            let words = cell.as_str().unwrap_or_default();
            of.parts.insert(
                format!("{} words", code.replace('_', "-")),
                words.to_owned(),
            );
            continue;
        }
        let code = column.replace('_', "-");
        let value = match cell.as_str() {
            Some(text) => text.to_owned(),
            None => with_unit(
                &code,
                &cell.to_string(),
                row.text(&format!("{column}_unit")),
            ),
        };
        of.parts.insert(code, value);
    }
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
        "sphere" | "cylinder" | "target" | "power" | "predicted" => Some("D"),
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
