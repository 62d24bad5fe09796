//! The help page: how this departmental is used, its rules with their sources, and its hazards with their controls.
//!
//! Invariant: what it says of hazards and of what is unverified is read from the packs.

use sdk::screen::{Fact, List, Paragraph, Section, Table, TableColumn, TableRow, Words};
use sdk::{Call, Failure, Screen};

use crate::document::Document;
use crate::sheet::unverified;

const USE: [&str; 6] = [
    "Booking opens a pregnancy. Only one is open at a time.",
    "The dating scan fixes the expected date once. Record later scans under fetal growth.",
    "Leave empty what you did not ask: it is shown as not recorded, never as no.",
    "Risk of clots is asked at the first contact, at any admission and after birth.",
    "In labour, record what you assessed; the rest is listed as not assessed.",
    "Record every baby, then close the pregnancy. A closed one is read only.",
];
const PACKS: [&str; 7] = [
    "dating", "growth", "vte", "birth", "labour", "mews", "schedule",
];

/// Draws it.
///
/// # Errors
/// Any failure of the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let steps: Vec<Words> = USE.map(Words::from).into();
    let mut rules = Section::new().heading("Rules");
    for name in PACKS {
        let document = call.packs.get(name)?;
        let pack = Document::of(name, &document);
        rules = rules.child(Paragraph::new(pack.text("/about")?));
        rules = unverified(rules, name, &pack.texts("/unverified")?);
    }
    let document = call.packs.get("hazards")?;
    let pack = Document::of("hazards", &document);
    let rows = pack.each("/hazards", |it| {
        Ok(TableRow::new(vec![
            Fact::text(it.text("/hazard")?),
            Fact::text(it.text("/control")?),
        ]))
    })?;
    let columns = vec![
        TableColumn::new("hazard", "Hazard"),
        TableColumn::new("control", "Control"),
    ];
    let hazards = Section::new().heading("Hazards").child(Table::new(
        "Hazards and what controls each",
        columns,
        rows,
    ));
    let hazards = unverified(hazards, "Hazards", &pack.texts("/unverified")?);
    let root = Section::new()
        .child(
            Section::new()
                .heading("How to use it")
                .child(List::new(steps).ordered(true)),
        )
        .child(rules)
        .child(hazards);
    Ok(Screen::new(root))
}
