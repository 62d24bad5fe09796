//! Two lists about a site: every open pregnancy, and those that are due soon, overdue or not dated.
//!
//! Invariant: a list is whole or says that it is not; a pregnancy without an expected date is on both.

use sdk::moment::Day;
use sdk::screen::{Absent, Fact, Priority, Section, TableColumn, Tone, Waiting, Way, Worklist};
use sdk::{Call, Failure, Parameters, Row, Screen, ViewQuery};

use crate::dating::DatingPack;
use crate::gestation::Gestation;
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
    born: Option<Day>,
    last_contact: Option<Day>,
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
        edd: row.text("edd").and_then(Day::of),
        born: row.text("born").and_then(Day::of),
        last_contact: row.text("last_contact").and_then(Day::of),
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
    let days = setting_days(call, "due-soon-days")?;
    let mut due = all(call)?;
    due.retain(|it| it.born.is_none() && it.edd.is_none_or(|edd| edd.since(today) <= days));
    drawn(
        call,
        parameters,
        ("due", "Due soon, overdue or not dated"),
        &due,
    )
}

fn setting_days(call: &Call<'_>, name: &str) -> Result<i64, Failure> {
    let days = call.setting(name)?.as_i64();
    days.ok_or_else(|| Failure::fault(format!("the setting `{name}` is no number")))
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
    let gap = setting_days(call, "contact-gap-days")?;
    let rows: Vec<_> = shown
        .map(|it| row(&pack, (today, today.plus(-gap)), it))
        .collect();
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

/// One row; whose latest contact lies before `since` is marked.
fn row(pack: &DatingPack, (today, since): (Day, Option<Day>), it: &Open) -> Waiting {
    let absent = || Fact::absent(Absent::NotRecorded);
    let date = |day: Option<Day>| day.map_or_else(absent, |it| Fact::date(it.to_string()));
    let far = it
        .edd
        .map(|edd| Gestation(pack.term_days - edd.since(today)));
    let is_quiet = it.born.is_none() && it.last_contact.is_none_or(|last| Some(last) < since);
    let (state, priority) = match (it.born, it.edd.map(|edd| edd.since(today)), is_quiet) {
        (Some(_), _, _) => (
            Fact::tag("Birth recorded", Tone::Information),
            Priority::Routine,
        ),
        (None, Some(..=-1), _) => (Fact::tag("Overdue", Tone::Warning), Priority::Soon),
        (None, None, _) => (Fact::tag("Not dated", Tone::Warning), Priority::Soon),
        (None, Some(_), true) => (
            Fact::tag("No recent contact", Tone::Warning),
            Priority::Soon,
        ),
        (None, Some(_), false) => (Fact::tag("Expected", Tone::Neutral), Priority::Routine),
    };
    let gestation = match it.born {
        Some(_) => Fact::absent(Absent::NotApplicable),
        None => far.map_or_else(absent, |it| Fact::text(it.to_string())),
    };
    let cells = vec![gestation, date(it.edd), date(it.last_contact), state];
    let row = Waiting::new(it.patient.as_str(), cells).priority(priority);
    let row = row.link(Way::new("Pregnancy", "pregnancy"));
    match (it.edd, it.born) {
        (Some(edd), None) => row.due(edd.to_string()),
        (_, _) => row,
    }
}
