//! An antenatal visit: its form and the visits before.
//!
//! Invariant: what was not asked stays not recorded.

use sdk::screen::{Absent, Fact, Inset, Point, Section, Table, TableColumn, TableRow, Trend};
use sdk::{Call, Failure, Finding, Form, Outcome, Screen};

use crate::contact::{self, Filed};
use crate::facts::{self, Facts};
use crate::field::{Entry, Field, entry};
use crate::mews::{MewsPack, mews};
use crate::pregnancy;
use crate::sheet::{Typed, button, commit, form, no_pregnancy, typed};

const COLUMNS: [(&str, &str); 8] = [
    ("systolic", "Systolic, mmHg"),
    ("diastolic", "Diastolic, mmHg"),
    ("pulse", "Pulse, /min"),
    ("temperature", "Temperature, °C"),
    ("fundal-height", "Fundal height, cm"),
    ("protein", "Urine protein"),
    ("movements", "Movements"),
    ("co", "Carbon monoxide, ppm"),
];

const TRENDS: [(&str, &str, &str); 3] = [
    ("systolic", "Systolic pressure", "mmHg"),
    ("diastolic", "Diastolic pressure", "mmHg"),
    ("fundal-height", "Fundal height", "cm"),
];
const BOTH: &str = "Give both pressures, or neither.";

/// What is asked.
pub(crate) fn fields() -> Vec<Field> {
    let protein = ["none", "trace", "+", "++", "+++"].map(|it| (it, it));
    let movements = [
        ("felt", "Felt"),
        ("reduced", "Reduced"),
        ("none", "None felt"),
    ];
    vec![
        Field::date("on", "Date of visit").required(),
        Field::whole("systolic", "Systolic pressure", "mmHg", [40.0, 300.0]),
        Field::whole("diastolic", "Diastolic pressure", "mmHg", [20.0, 200.0]),
        Field::whole("pulse", "Pulse", "/min", [20.0, 300.0]),
        Field::number("temperature", "Temperature", "°C", [30.0, 45.0]),
        Field::number("fundal-height", "Fundal height", "cm", [5.0, 60.0]),
        Field::choice("protein", "Urine protein", &protein),
        Field::choice("movements", "Fetal movements", &movements),
        Field::whole("co", "Carbon monoxide", "ppm", [0.0, 100.0]),
        Field::text("note", "Note"),
    ]
}

/// Draws the form, and what was found before.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let Some(pregnancy) = pregnancy::open_one(call)? else {
        return Ok(no_pregnancy());
    };
    let form = form("visit", "Antenatal visit", &fields(), Some(&pregnancy));
    let all = facts::all(call, &["visit"])?;
    let visits = facts::of(&all, &pregnancy.reference, "visit");
    let rows: Vec<_> = visits
        .iter()
        .rev()
        .map(|visit| {
            let mut cells = vec![Fact::date(visit.when.as_str())];
            cells.extend(COLUMNS.iter().map(|(id, _)| {
                let absent = || Fact::absent(Absent::NotRecorded);
                visit.text(id).map_or_else(absent, Fact::text)
            }));
            cells.push(Fact::link(
                "Look or correct",
                "correction",
                &visit.as_parameter(),
            ));
            TableRow::new(cells)
        })
        .collect();
    let mut columns = vec![TableColumn::new("on", "Date")];
    columns.extend(
        COLUMNS
            .iter()
            .map(|(id, label)| TableColumn::new(*id, *label)),
    );
    columns.push(TableColumn::new("more", "More"));
    let table = Table::new("Visits of this pregnancy, newest first", columns, rows)
        .empty("No visit is recorded in this pregnancy.");
    let mut root = Section::new();
    let pack = MewsPack::read(&call.packs.get("mews")?)?;
    if let Err(refusal) = mews(pack.as_ref(), &std::collections::BTreeMap::new()) {
        root = root.child(Inset::new(format!("National MEWS: {refusal}.")));
    }
    let root = root
        .child(form.child(button("Record the visit")))
        .children(lines(&visits))
        .child(table);
    Ok(Screen::new(root))
}

/// A line for each pressure and the height of the womb, oldest first, where there are two points or more.
fn lines(visits: &[&Facts]) -> Vec<Trend> {
    let lines = TRENDS.iter().filter_map(|(id, label, unit)| {
        let points = visits.iter().filter_map(|it| {
            let point = Point::new(it.when.as_str(), it.text(id)?);
            Some(point.resource(it.reference.as_str()))
        });
        let points: Vec<_> = points.collect();
        (points.len() > 1).then(|| Trend::new(*label, *unit, points))
    });
    lines.collect()
}

/// Answers the form.
///
/// # Errors
/// Any failure of the chart; `not-provided` for another action.
pub(crate) fn submit(call: &Call<'_>, action: &str, form: &Form) -> Result<Outcome, Failure> {
    let (pregnancy, entries) = match typed(call, [action, "visit"], form, &fields())? {
        Typed::Wrong(outcome) => return Ok(outcome),
        Typed::Facts(pregnancy, entries) => (pregnancy, entries),
    };
    Ok(match filed(entries) {
        Ok(filed) => commit(&contact::file(call, &pregnancy, &filed)?, "visit"),
        Err(finding) => Outcome::findings(&[finding]),
    })
}

/// What was typed as a visit.
pub(crate) fn filed(entries: Vec<Entry>) -> Result<Filed, Finding> {
    let number = |id: &str| entry(&entries, id).and_then(Entry::as_number);
    match (number("systolic"), number("diastolic")) {
        (Some(high), Some(low)) if high <= low => {
            let what = "Give a diastolic pressure below the systolic.";
            return Err(Finding::on("diastolic", what));
        }
        (Some(_), None) => return Err(Finding::on("diastolic", BOTH)),
        (None, Some(_)) => return Err(Finding::on("systolic", BOTH)),
        (Some(_), Some(_)) | (None, None) => {}
    }
    if entries.len() < 2 {
        return Err(Finding::on("note", "Record at least one finding."));
    }
    let when = entry(&entries, "on").map(|it| it.as_text().to_owned());
    let when = when.unwrap_or_default();
    Ok(Filed::plain(("visit", "Antenatal visit"), when, entries))
}
