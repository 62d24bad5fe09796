//! An antenatal visit: its form and the visits before.
//!
//! Invariant: what was not asked stays not recorded.

use sdk::screen::{Absent, Fact, Inset, Section, Table, TableColumn, TableRow};
use sdk::{Call, Failure, Form, Outcome, Screen};

use crate::facts;
use crate::field::{Entry, Field, entry};
use crate::mews::{MewsPack, mews};
use crate::pregnancy::{self, Change, Contact};
use crate::sheet::{Typed, button, commit, form, no_pregnancy, typed, wrong};

const COLUMNS: [(&str, &str); 7] = [
    ("systolic", "Systolic, mmHg"),
    ("diastolic", "Diastolic, mmHg"),
    ("pulse", "Pulse, /min"),
    ("temperature", "Temperature, °C"),
    ("fundal-height", "Fundal height, cm"),
    ("protein", "Urine protein"),
    ("movements", "Movements"),
];

fn fields() -> Vec<Field> {
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
    let all = facts::all(call)?;
    let rows: Vec<_> = facts::of(&all, &pregnancy.reference, "visit")
        .into_iter()
        .rev()
        .map(|visit| {
            let mut cells = vec![Fact::date(visit.when.as_str())];
            cells.extend(COLUMNS.iter().map(|(id, _)| {
                let absent = || Fact::absent(Absent::NotRecorded);
                visit.text(id).map_or_else(absent, Fact::text)
            }));
            TableRow::new(cells)
        })
        .collect();
    let mut columns = vec![TableColumn::new("on", "Date")];
    columns.extend(
        COLUMNS
            .iter()
            .map(|(id, label)| TableColumn::new(*id, *label)),
    );
    let table = Table::new("Visits of this pregnancy, newest first", columns, rows)
        .empty("No visit is recorded in this pregnancy.");
    let mut root = Section::new();
    let pack = MewsPack::read(&call.packs.get("mews")?)?;
    if let Err(refusal) = mews(pack.as_ref(), &std::collections::BTreeMap::new()) {
        root = root.child(Inset::new(format!("National MEWS: {refusal}.")));
    }
    let root = root
        .child(form.child(button("Record the visit")))
        .child(table);
    Ok(Screen::new(root))
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
    let number = |id: &str| entry(&entries, id).and_then(Entry::as_number);
    match (number("systolic"), number("diastolic")) {
        (Some(high), Some(low)) if high <= low => {
            return Ok(wrong(
                "diastolic",
                "Give a diastolic pressure below the systolic.",
            ));
        }
        (Some(_), None) => return Ok(wrong("diastolic", "Give both pressures, or neither.")),
        (None, Some(_)) => return Ok(wrong("systolic", "Give both pressures, or neither.")),
        (Some(_), Some(_)) | (None, None) => {}
    }
    if entries.len() < 2 {
        return Ok(wrong("note", "Record at least one finding."));
    }
    let when = entry(&entries, "on").map(|it| it.as_text().to_owned());
    let contact = Contact {
        kind: ("visit", "Antenatal visit"),
        when: when.unwrap_or_default(),
        entries,
    };
    let proposal = pregnancy::file(call, &pregnancy, &contact, &Change::default())?;
    Ok(commit(&proposal, "visit"))
}
