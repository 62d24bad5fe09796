//! The help page: how this departmental is used, what it does not do, its rules, and its hazards with their controls.
//!
//! Invariant: what it says of hazards and of what is unverified is read from the packs.

use sdk::pack::Part as Pack;
use sdk::screen::{Fact, List, Paragraph, Section, Table, TableColumn, TableRow, Words};
use sdk::{Call, Failure, Screen};

use crate::sheet::unverified;

const USE: [&str; 8] = [
    "Booking opens a pregnancy. Only one is open at a time.",
    "The dating scan fixes the expected date once. Record later scans under fetal growth.",
    "Leave empty what you did not ask: it is shown as not recorded, never as no.",
    "Risk of clots is asked at the first contact, at any admission and after birth.",
    "In labour, record what you assessed; the rest is listed as not assessed.",
    "Record every baby, and the score for clots after birth, then close the pregnancy. A closed one is read only.",
    "A pregnancy that ended without a birth is closed under Ended without birth; other departments read only that it ended.",
    "What was mistyped is corrected from the list of contacts, with the reason, while the pregnancy is open.",
];
const NOT_HERE: [&str; 7] = [
    "It does not prescribe: a score suggests, and whoever prescribes weighs the risk of bleeding.",
    "It gives no early warning score: the national table is not here, and no other is put in its place.",
    "It holds no customised growth charts: they are licensed, and only the curves named on the chart are drawn.",
    "It reads no CTG and judges no trace: only what somebody found is recorded.",
    "It does not examine or screen the baby (NIPE, blood spot, NEWTT2) and does not notify the birth.",
    "It gives no NHS number to a baby: the birth notification does.",
    "It exchanges nothing with another maternity system: what is recorded there is not seen here.",
];
const WHOM_TO_ASK: &str = "For the care of a woman: the maternity team of your site. For what a rule says or a hazard: the clinical safety officer of your trust. For a fault of these pages: the supplier, Palatine, by way of your service desk.";
const PACKS: [(&str, &str); 7] = [
    ("dating", "Dating"),
    ("growth", "Growth"),
    ("vte", "Risk of clots"),
    ("birth", "Birth"),
    ("labour", "Labour"),
    ("mews", "Early warning score"),
    ("schedule", "Schedule"),
];

/// Draws it.
///
/// # Errors
/// Any failure of the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let steps: Vec<Words> = USE.map(Words::from).into();
    let not_here: Vec<Words> = NOT_HERE.map(Words::from).into();
    let mut rules = Section::new().heading("Rules");
    for (name, words) in PACKS {
        let document = call.packs.get(name)?;
        let pack = Pack::of(name, &document);
        rules = rules.child(Paragraph::new(pack.text("/about")?));
        rules = unverified(rules, words, &pack.texts("/unverified")?);
    }
    let document = call.packs.get("hazards")?;
    let pack = Pack::of("hazards", &document);
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
        .child(
            Section::new()
                .heading("What it does not do")
                .child(List::new(not_here)),
        )
        .child(
            Section::new()
                .heading("Whom to ask")
                .child(Paragraph::new(WHOM_TO_ASK)),
        )
        .child(rules)
        .child(hazards);
    Ok(Screen::new(root))
}
