//! What the departmental does and does not do, by what a result is released, what is unverified, and whom to ask.
//!
//! Invariant: what the packs and settings say is read from them, so the help never differs from the rules.

use sdk::screen::{Fact, Inset};
use sdk::screen::{List, Node, Paragraph, Section, Table, TableColumn, TableRow, Words};
use sdk::{Call, Failure, Screen, Value};

use crate::catalogue::Catalogue;
use crate::flag::Ends;
use crate::laboratory::{LaboratoryPack, LaboratoryTest};
use crate::settings::Settings;

/// The packs, as they are called in words.
const PACKS: [(&str, &str); 7] = [
    ("aki", "Acute kidney injury"),
    ("egfr", "eGFR"),
    ("adjusted-calcium", "Adjusted calcium"),
    ("westgard", "Quality control"),
    ("control", "Control materials"),
    ("laboratory", "Limits of the laboratory"),
    ("catalogue", "Catalogue and reference ranges"),
];

/// Draws the help.
///
/// # Errors
/// Any failure of the packs or the settings.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let laboratory = LaboratoryPack::read(&call.packs.get("laboratory")?)?;
    let catalogue = Catalogue::read(&call.packs.get("catalogue")?)?;
    let settings = Settings::read(call)?;
    let root = Section::new()
        .child(Paragraph::new("Requests, specimens, results, quality control and authorisation for the laboratory; cumulative results, trends and acknowledgement for whoever treats the patient."))
        .child(part("What happens to a result", &flow(&laboratory, &settings)))
        .child(limits(&laboratory, &catalogue))
        .child(part("What it does not do", &NOT.map(str::to_owned)))
        .child(part("Whom to ask", &contacts(&settings)))
        .child(unverified(call)?);
    Ok(Screen::new(root))
}

const NOT: [&str; 9] = [
    "It does not decide: an alert, a flag or a calculated row is for a clinician to judge beside the patient.",
    "The rule for acute kidney injury does not know of dialysis, pregnancy, or a creatinine that nobody sent to this record.",
    "eGFR is not calculated below the age of the equation, without a recorded sex, or while an acute kidney injury alert holds.",
    "Adjusted calcium is not calculated without an albumin of the same time, laboratory and unit.",
    "No unit is converted when a result is entered: a result in another unit is refused.",
    "Corrections that a device sends are not read: correct the result by hand, so that who corrected it is known.",
    "A critical result that another laboratory's system reported raises no call here: that laboratory telephones it.",
    "The runs on the page of quality control are not read when a result is entered: the run of the result is typed with it.",
    "A second signature on an authorised result is not asked for; where a site wants one, it keeps its own procedure.",
];

fn flow(laboratory: &LaboratoryPack, settings: &Settings) -> Vec<String> {
    let first = match laboratory.lets_first_through {
        true => "is let through",
        false => "is held",
    };
    let signed = match laboratory.is_signed() {
        true => "The laboratory's rules are signed.",
        false => {
            "The laboratory's rules are not signed, so no result is released without a person today."
        }
    };
    vec![
        format!("A specimen collected more than {} days before is not received.", settings.specimen_days),
        "A result is released without a person when quality control passed, the analyser raised no flag, the result is within the range of release and not critical, the change since the last one is below the reference change value, the specimen is neither haemolysed, icteric nor lipaemic and not too old, and the rules are signed. What is not known does not hold.".to_owned(),
        format!("The delta check looks back {} days; a first result {first}.", laboratory.delta_days),
        signed.to_owned(),
        "All other results are held, with each condition that does not hold, until somebody authorises or rejects them.".to_owned(),
        format!("A critical result that was authorised is to be telephoned within {} minutes and read back; {} minutes later the call is escalated. Being told does not close it: what was done does.", laboratory.call_minutes, settings.escalate_minutes),
        "A request is done once each of its tests has a result that was released or authorised.".to_owned(),
    ]
}

fn contacts(settings: &Settings) -> [String; 2] {
    let said = |what: &str, contact: &Option<String>| match contact {
        Some(contact) => format!("{what}: {contact}"),
        None => format!("{what}: not recorded for this site"),
    };
    [
        said("The laboratory", &settings.laboratory_contact),
        said(
            "When nobody is reached about a critical result",
            &settings.escalation_contact,
        ),
    ]
}

fn part(heading: &str, items: &[String]) -> Node {
    let items: Vec<Words> = items.iter().map(|it| it.as_str().into()).collect();
    Section::new()
        .heading(heading)
        .child(List::new(items))
        .into()
}

/// By which limits each test is released, held or telephoned.
fn limits(laboratory: &LaboratoryPack, catalogue: &Catalogue) -> Node {
    let columns = vec![
        TableColumn::new("test", "Test"),
        TableColumn::new("unit", "Unit"),
        TableColumn::new("release", "Released within"),
        TableColumn::new("critical", "Critical"),
        TableColumn::new("age", "Specimen fit for"),
    ];
    let row = |it: &LaboratoryTest| {
        let name = it.listed(catalogue).map_or(&it.test, |test| &test.name);
        TableRow::new(vec![
            Fact::text(name.as_str()),
            Fact::text(it.unit()),
            Fact::text(within(it.release)),
            Fact::text(it.critical.map_or("Not known".to_owned(), beyond)),
            Fact::text(format!("{} hours", it.specimen_hours)),
        ])
    };
    let rows: Vec<_> = laboratory.tests.iter().map(row).collect();
    let title = "Limits by which results are released or telephoned";
    let table = Table::new(title, columns, rows).empty("The laboratory's pack names no test");
    Section::new().heading(title).child(table).into()
}

fn within(ends: Ends) -> String {
    match (ends.low, ends.high) {
        (Some(low), Some(high)) => format!("{low} to {high}"),
        (_, _) => "Never without a person".to_owned(),
    }
}

fn beyond(ends: Ends) -> String {
    match (ends.low, ends.high) {
        (Some(low), Some(high)) => format!("below {low} or above {high}"),
        (Some(low), None) => format!("below {low}"),
        (None, Some(high)) => format!("above {high}"),
        (None, None) => "None".to_owned(),
    }
}

/// What nobody answerable has signed, pack by pack.
fn unverified(call: &Call<'_>) -> Result<Node, Failure> {
    let mut said: Vec<Words> = Vec::new();
    for (name, title) in PACKS {
        let pack = call.packs.get(name)?;
        let parts = pack.get("unverified").and_then(Value::as_array);
        let parts = parts.into_iter().flatten().filter_map(Value::as_str);
        said.extend(parts.map(|it| match it.starts_with(title) {
            true => it.into(),
            false => format!("{title}: {it}").into(),
        }));
    }
    if said.is_empty() {
        return Ok(Paragraph::new("Every rule of this departmental is signed.").into());
    }
    let words =
        "These parts of the rules are unverified: no clinical safety officer has signed them.";
    Ok(Inset::new(words).child(List::new(said)).into())
}
