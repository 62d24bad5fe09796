//! Reading the chart: vital signs of one time together are a set.
//!
//! Invariant: what was cancelled or entered in error is in no set; two different values of one time are neither of them used.

use sdk::moment::{Moment, age_years};
use sdk::{Call, Failure, Row, ViewQuery};

use crate::codes::Code;
use crate::news2::{Reading, Scale, Set};
use crate::pack::{Number, Pack, Words};

/// Sets on the chart.
const SETS_MAX: usize = 12;
/// Rows that are read: eight a set, and as many again for what others file beside it.
const ROWS: u32 = 200;
/// How the note begins that says who confirmed that scale 2 is to be used.
pub(crate) const CONFIRMED: &str =
    "Hypercapnic respiratory failure and the target of 88 to 92 % confirmed by ";
/// Of what stands in the record, what may be shown and scored.
const USABLE: [&str; 4] = ["preliminary", "final", "amended", "corrected"];

/// A set with its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Timed {
    /// FHIR dateTime as written.
    pub(crate) when: String,
    pub(crate) set: Set,
}

/// The newest sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sets {
    /// Oldest first.
    pub(crate) sets: Vec<Timed>,
    /// Whether there are older ones that were not read.
    pub(crate) more: bool,
    /// Whether there are vital signs without a time of day, which belong to no set.
    pub(crate) untimed: bool,
}

/// One row that may be used.
struct Found {
    at_ms: i64,
    when: String,
    codings: Vec<String>,
    reading: Measured,
    notes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Measured {
    Nothing,
    AtLeastOrMost,
    Quantity { value: String, unit: String },
    Concepts(Vec<String>),
}

/// Reads the newest sets.
///
/// # Errors
/// Any failure of the chart.
pub(crate) fn read(call: &Call<'_>, pack: &Pack) -> Result<Sets, Failure> {
    let codes: Vec<String> = searched(pack).map(Code::token).collect();
    let query = ViewQuery::new()
        .search(format!("code={}&_sort=-date", codes.join(",")))
        .count(ROWS);
    let rows = call.chart.rows("observations", &query)?;
    let birth = birth(call)?;
    let usable = rows
        .iter()
        .filter(|row| row.text("status").is_some_and(|it| USABLE.contains(&it)));
    let (mut found, mut untimed): (Vec<Found>, bool) = (Vec::new(), false);
    for row in usable {
        match read_row(row) {
            Some(it) => found.push(it),
            None => untimed = true,
        }
    }
    let mut sets: Vec<Vec<Found>> = Vec::new();
    found.sort_by_key(|it| std::cmp::Reverse(it.at_ms));
    for it in found {
        match sets.last_mut() {
            Some(set) if set.first().is_some_and(|first| first.at_ms == it.at_ms) => set.push(it),
            Some(_) | None => sets.push(vec![it]),
        }
    }
    // Where rows follow, the oldest set may be there in part: it is left out.
    if rows.more {
        sets.pop();
    }
    let more = rows.more || sets.len() > SETS_MAX;
    sets.truncate(SETS_MAX);
    let mut sets: Vec<Timed> = sets
        .iter()
        .filter_map(|rows| timed(pack, birth.as_deref(), rows))
        .collect();
    sets.reverse();
    Ok(Sets {
        sets,
        more,
        untimed,
    })
}

/// The date of birth as written.
///
/// # Errors
/// Any failure of the chart.
pub(crate) fn birth(call: &Call<'_>) -> Result<Option<String>, Failure> {
    let rows = call.chart.rows("person", &ViewQuery::new().count(1))?;
    let birth = rows.iter().next().and_then(|row| row.text("birth"));
    Ok(birth.map(str::to_owned))
}

/// Codes of everything that a set is made of.
fn searched(pack: &Pack) -> impl Iterator<Item = &Code> {
    [
        &pack.respiration.codes,
        &pack.saturation.codes,
        &pack.oxygen.codes,
        &pack.systolic.codes,
        &pack.panel_codes,
        &pack.pulse.codes,
        &pack.consciousness.codes,
        &pack.temperature.codes,
    ]
    .into_iter()
    .flatten()
    .chain([&pack.scale_code])
}

/// None without a time of day.
fn read_row(row: Row<'_>) -> Option<Found> {
    let list = |name: &str| -> Vec<String> {
        let cells = row.get(name).and_then(sdk::Value::as_array);
        let texts = cells.into_iter().flatten().filter_map(sdk::Value::as_str);
        texts.map(str::to_owned).collect()
    };
    let when = row.text("taken").or_else(|| row.text("taken_at"))?;
    let concepts = list("concepts");
    let reading = match row.decimal("quantity") {
        Some(_) if row.text("comparator").is_some() => Measured::AtLeastOrMost,
        Some(value) => {
            // The code is the unit that is computed with; the other is what was to be read.
            let unit = row.text("unit_code").or_else(|| row.text("unit"));
            let unit = unit.unwrap_or_default().to_owned();
            Measured::Quantity { value, unit }
        }
        None if concepts.is_empty() => Measured::Nothing,
        None => Measured::Concepts(concepts),
    };
    Some(Found {
        at_ms: Moment::timed(when)?,
        when: when.to_owned(),
        codings: list("codings"),
        reading,
        notes: list("notes"),
    })
}

/// None when nothing of the set says anything: a panel of a diastolic pressure alone is no set.
fn timed(pack: &Pack, birth: Option<&str>, rows: &[Found]) -> Option<Timed> {
    let when = &rows.first()?.when;
    let number = |it: &Number| one(rows, &it.codes, |reading| as_number(it, reading));
    let word = |it: &Words| one(rows, &it.codes, |reading| as_word(it, reading));
    let set = Set {
        respiration: number(&pack.respiration),
        saturation: number(&pack.saturation),
        scale: scale(pack, rows),
        oxygen: word(&pack.oxygen),
        systolic: number(&pack.systolic),
        pulse: number(&pack.pulse),
        consciousness: word(&pack.consciousness),
        temperature: number(&pack.temperature),
        age_years: birth.and_then(|birth| age_years(birth, when)),
    };
    let readings = [
        &set.respiration,
        &set.saturation,
        &set.oxygen,
        &set.systolic,
        &set.pulse,
        &set.consciousness,
        &set.temperature,
    ];
    let says_something = readings.iter().any(|it| **it != Reading::NotRecorded);
    says_something.then(|| Timed {
        when: when.clone(),
        set,
    })
}

fn of<'r>(rows: &'r [Found], codes: &[Code]) -> Vec<&'r Found> {
    let tokens: Vec<String> = codes.iter().map(Code::token).collect();
    let is_of = |row: &&Found| row.codings.iter().any(|it| tokens.contains(it));
    rows.iter().filter(is_of).collect()
}

fn one(rows: &[Found], codes: &[Code], read: impl Fn(&Measured) -> Reading) -> Reading {
    let mut readings: Vec<Reading> = of(rows, codes)
        .into_iter()
        .map(|row| read(&row.reading))
        .filter(|it| *it != Reading::NotRecorded)
        .collect();
    readings.dedup();
    match (readings.pop(), readings.is_empty()) {
        (None, _) => Reading::NotRecorded,
        (Some(reading), true) => reading,
        (Some(_), false) => {
            Reading::Unusable("different values are recorded for one time".to_owned())
        }
    }
}

fn as_number(number: &Number, reading: &Measured) -> Reading {
    match reading {
        Measured::Nothing => Reading::NotRecorded,
        Measured::AtLeastOrMost => {
            Reading::Unusable("is only known to be above or below a number".to_owned())
        }
        Measured::Concepts(_) => Reading::Unusable("is no number".to_owned()),
        Measured::Quantity { value, unit } if number.units.contains(unit) => {
            Reading::Number(value.clone())
        }
        Measured::Quantity { unit, .. } if unit.is_empty() => {
            Reading::Unusable("has no unit".to_owned())
        }
        Measured::Quantity { unit, .. } => {
            Reading::Unusable(format!("its unit {unit} is not known"))
        }
    }
}

fn as_word(words: &Words, reading: &Measured) -> Reading {
    match reading {
        Measured::Nothing => Reading::NotRecorded,
        Measured::AtLeastOrMost | Measured::Quantity { .. } => {
            Reading::Unusable("is no word that is known".to_owned())
        }
        Measured::Concepts(tokens) => {
            let known = words
                .words
                .iter()
                .find(|word| tokens.contains(&word.code.token()));
            known.map_or_else(
                || Reading::Unusable("is no word that is known".to_owned()),
                |word| Reading::Word(word.id.clone()),
            )
        }
    }
}

/// Scale 1, unless scale 2 is recorded for this set with who confirmed it.
fn scale(pack: &Pack, rows: &[Found]) -> Scale {
    let recorded = of(rows, std::slice::from_ref(&pack.scale_code));
    let (one, two) = (pack.scales.0.token(), pack.scales.1.token());
    let mut scales = recorded.into_iter().map(|row| match &row.reading {
        Measured::Concepts(tokens) if tokens.contains(&one) => Scale::One,
        Measured::Concepts(tokens) if tokens.contains(&two) => {
            let is_confirmed = row.notes.iter().any(|note| {
                note.strip_prefix(CONFIRMED)
                    .is_some_and(|who| !who.trim().is_empty())
            });
            match is_confirmed {
                true => Scale::Two,
                false => Scale::Unusable("scale 2 is recorded without who confirmed it".to_owned()),
            }
        }
        Measured::Nothing
        | Measured::AtLeastOrMost
        | Measured::Quantity { .. }
        | Measured::Concepts(_) => Scale::Unusable("its scale is not known".to_owned()),
    });
    let Some(first) = scales.next() else {
        return Scale::One;
    };
    match scales.all(|other| other == first) {
        true => first,
        false => Scale::Unusable("different scales are recorded for one time".to_owned()),
    }
}
