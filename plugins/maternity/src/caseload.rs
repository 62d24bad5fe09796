//! Two lists about a site: every open pregnancy, and those that are due soon, overdue or not dated.
//!
//! Invariant: a list is whole or says that it is not; a pregnancy without an expected date is on both.

use sdk::screen::{Absent, Fact, Priority, Section, TableColumn, Tone, Waiting, Way, Worklist};
use sdk::{Call, Failure, Parameters, Row, Screen, ViewQuery};

use crate::dating::DatingPack;
use crate::day::{Day, Gestation};
use crate::sheet::{dating_pack, today, unverified};

const ROWS: u32 = 1_000;
/// Open pregnancies of one site at most, beyond which a list fails by name.
const ROWS_MAX: usize = 10_000;
const SHOWN: usize = 50;

/// One open pregnancy of the site.
#[derive(Debug, Clone, PartialEq)]
struct Open {
    patient: String,
    edd: Option<Day>,
    last_contact: Option<String>,
}

/// What is asked of the record: the open ones, soonest first.
pub(crate) fn question() -> ViewQuery {
    ViewQuery::new()
        .among("status", ["active"])
        .ascending("edd")
        .count(ROWS)
}

fn all(call: &Call<'_>) -> Result<Vec<Open>, Failure> {
    let mut open = Vec::new();
    let mut asked = question();
    loop {
        let rows = call.chart.rows("pregnancies", &asked)?;
        open.extend(rows.iter().filter_map(read));
        match rows.next {
            None => return Ok(open),
            Some(_) if open.len() >= ROWS_MAX => {
                let what = format!("this site has more than {ROWS_MAX} open pregnancies");
                return Err(Failure::new("limit", what));
            }
            Some(next) => asked = question().page(next),
        }
    }
}

fn read(row: Row<'_>) -> Option<Open> {
    Some(Open {
        patient: row.text("patient")?.to_owned(),
        edd: row.text("edd").and_then(Day::parse),
        last_contact: row.text("last_contact").map(str::to_owned),
    })
}

/// Draws every open pregnancy.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn open(call: &Call<'_>, parameters: &Parameters) -> Result<Screen, Failure> {
    let all = all(call)?;
    drawn(call, parameters, ("caseload", "Open pregnancies"), &all)
}

/// Draws those that are due soon, overdue or not dated.
///
/// # Errors
/// Any failure of the chart or the packs; `fault` when the setting is no number.
pub(crate) fn due(call: &Call<'_>, parameters: &Parameters) -> Result<Screen, Failure> {
    let today = today(call)?;
    let days = call.setting("due-soon-days")?.as_i64();
    let days = days.ok_or_else(|| Failure::fault("the setting `due-soon-days` is no number"))?;
    let mut due = all(call)?;
    due.retain(|it| it.edd.is_none_or(|edd| edd.since(today) <= days));
    drawn(
        call,
        parameters,
        ("due", "Due soon, overdue or not dated"),
        &due,
    )
}

fn drawn(
    call: &Call<'_>,
    parameters: &Parameters,
    (screen, caption): (&str, &str),
    open: &[Open],
) -> Result<Screen, Failure> {
    let (pack, today) = (dating_pack(call)?, today(call)?);
    let from = parameters.get("from").map_or(Ok(0), str::parse::<usize>);
    let from = from.map_err(|_| Failure::invalid("`from` is a whole number"))?;
    let shown = open.iter().skip(from).take(SHOWN);
    let rows: Vec<_> = shown.map(|it| row(&pack, today, it)).collect();
    let (end, n) = (from + rows.len(), open.len());
    let order = match rows.len() {
        0 => format!("Soonest expected date first, none of {n}"),
        _ => format!("Soonest expected date first, {} to {end} of {n}", from + 1),
    };
    let columns = [
        ("gestation", "Gestation"),
        ("edd", "Expected"),
        ("contact", "Last contact"),
        ("state", "State"),
    ];
    let columns: Vec<_> = columns
        .map(|(id, label)| TableColumn::new(id, label))
        .into();
    let empty = "Nobody is on this list.";
    let mut list = Worklist::new(caption, order, columns, rows, empty);
    if end < n {
        let next = Parameters::default().with("from", end.to_string());
        list = list.more(Way::new(format!("Next, from {}", end + 1), screen).parameters(&next));
    }
    let root = unverified(Section::new().child(list), "Dating", &pack.unverified);
    Ok(Screen::new(root))
}

fn row(pack: &DatingPack, today: Day, it: &Open) -> Waiting {
    let absent = || Fact::absent(Absent::NotRecorded);
    let far = it
        .edd
        .map(|edd| Gestation(pack.term_days - edd.since(today)));
    let (state, priority) = match it.edd.map(|edd| edd.since(today)) {
        None => (Fact::tag("Not dated", Tone::Warning), Priority::Soon),
        Some(..=-1) => (Fact::tag("Overdue", Tone::Warning), Priority::Soon),
        Some(_) => (Fact::tag("Expected", Tone::Neutral), Priority::Routine),
    };
    let cells = vec![
        far.map_or_else(absent, |it| Fact::text(it.to_string())),
        it.edd.map_or_else(absent, |it| Fact::date(it.to_string())),
        it.last_contact.as_deref().map_or_else(absent, Fact::date),
        state,
    ];
    let row = Waiting::new(it.patient.as_str(), cells).priority(priority);
    let row = row.link(Way::new("Pregnancy", "pregnancy"));
    match it.edd {
        Some(edd) => row.due(edd.to_string()),
        None => row,
    }
}
