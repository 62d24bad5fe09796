//! The two lists about a site: who is in clinic today, and whose follow-up of glaucoma is overdue.
//!
//! Invariant: a list says by what it is ordered and that there is more; nobody is left out without words.

use sdk::screen::{Absent, Fact, Paragraph, Section, TableColumn, Waiting, Way, Worklist};
use sdk::{Call, Failure, Parameters, Row, Screen, ViewQuery};

use crate::examination::SYSTEM;
use crate::glaucoma::FOLLOW_UP;
use sdk::moment::{Day, Moment};

/// Rows of a page.
const ROWS: u32 = 100;

/// What is asked for the list of a clinic: encounters of the day of the call.
pub(crate) fn clinic_query(now: &str, page: Option<&str>) -> ViewQuery {
    let day = now.get(..10).unwrap_or(now);
    let query = ViewQuery::new()
        .search(format!("date={day}&_sort=date"))
        .count(ROWS);
    paged(query, page)
}

/// What is asked for the list of overdue follow-up: open tasks that ended before the day of the call.
pub(crate) fn overdue_query(now: &str, page: Option<&str>) -> ViewQuery {
    let day = now.get(..10).unwrap_or(now);
    let query = ViewQuery::new()
        .search(format!("code={SYSTEM}|{FOLLOW_UP}&status=requested"))
        .until("due", day)
        .count(ROWS);
    paged(query, page)
}

fn paged(query: ViewQuery, page: Option<&str>) -> ViewQuery {
    match page {
        Some(page) => query.page(page),
        None => query,
    }
}

/// Draws the list of today's clinic.
///
/// # Errors
/// Any failure of the chart.
pub(crate) fn clinic(call: &Call<'_>, parameters: &Parameters) -> Result<Screen, Failure> {
    let query = clinic_query(&call.context.now(), parameters.get("page"));
    let rows = call.chart.rows("clinic", &query)?;
    let columns = vec![
        TableColumn::new("when", "Time"),
        TableColumn::new("status", "Status"),
        TableColumn::new("reason", "Reason"),
    ];
    let waiting: Vec<_> = rows
        .iter()
        .filter_map(|row| {
            let cells = vec![
                when(&row, "start"),
                text(&row, "status"),
                text(&row, "reason"),
            ];
            let link = Way::new("Record a visit", "visit");
            Some(Waiting::new(row.text("patient")?, cells).link(link))
        })
        .collect();
    let order = format!("Earliest first, {}", patients(waiting.len()));
    let list = Worklist::new(
        "Ophthalmology today",
        order,
        columns,
        waiting,
        "Nobody is booked or in clinic for ophthalmology today at this site",
    );
    let note = call.setting("clinic-note")?;
    let note = note
        .as_str()
        .filter(|it| !it.trim().is_empty())
        .map(Paragraph::new);
    let root = Section::new().children(note);
    Ok(Screen::new(root.child(more(
        list,
        rows.next.as_deref(),
        "clinic",
    ))))
}

/// Draws the list of overdue follow-up, the longest overdue first on each page.
///
/// # Errors
/// Any failure of the chart.
pub(crate) fn overdue(call: &Call<'_>, parameters: &Parameters) -> Result<Screen, Failure> {
    let now = call.context.now();
    let rows = call
        .chart
        .rows("follow-ups", &overdue_query(&now, parameters.get("page")))?;
    let columns = vec![
        TableColumn::new("due", "Was to be seen by"),
        TableColumn::new("days", "Days overdue").of_numbers(),
        TableColumn::new("what", "For"),
    ];
    let today = now.get(..10).and_then(Day::parse);
    let mut waiting: Vec<_> = rows
        .iter()
        .filter_map(|row| {
            let due = row.text("due")?.to_owned();
            let day = due.get(..10).and_then(Day::parse);
            let days = today
                .zip(day)
                .map(|(today, day)| today.since(day));
            let late = days.map_or_else(
                || Fact::absent(Absent::Unknown),
                |days| Fact::number(days.to_string()),
            );
            let cells = vec![Fact::date(due.as_str()), late, text(&row, "description")];
            let link = Way::new("Follow-up", "glaucoma");
            Some((
                Moment::parse(&due)?.epoch_ms,
                Waiting::new(row.text("patient")?, cells)
                    .due(due)
                    .link(link),
            ))
        })
        .collect();
    waiting.sort_by_key(|(due_ms, _)| *due_ms);
    let left_out = rows.len() - waiting.len();
    let mut order = format!(
        "Longest overdue first on this page, {}",
        patients(waiting.len())
    );
    if left_out > 0 {
        order = format!("{order}; {left_out} without a day or a patient are not listed");
    }
    let waiting: Vec<_> = waiting.into_iter().map(|(_, waiting)| waiting).collect();
    let list = Worklist::new(
        "Overdue follow-up of glaucoma",
        order,
        columns,
        waiting,
        "No open follow-up of glaucoma at this site is past its day",
    );
    Ok(Screen::new(Section::new().child(more(
        list,
        rows.next.as_deref(),
        "overdue",
    ))))
}

fn patients(many: usize) -> String {
    match many {
        1 => "1 patient".to_owned(),
        many => format!("{many} patients"),
    }
}

fn more(list: Worklist, next: Option<&str>, screen: &str) -> Worklist {
    match next {
        Some(next) => list.more(
            Way::new("More patients", screen).parameters(&Parameters::default().with("page", next)),
        ),
        None => list,
    }
}

fn when(row: &Row<'_>, column: &str) -> Fact {
    row.text(column)
        .map_or_else(|| Fact::absent(Absent::NotRecorded), Fact::date)
}

fn text(row: &Row<'_>, column: &str) -> Fact {
    row.text(column)
        .map_or_else(|| Fact::absent(Absent::NotRecorded), Fact::text)
}
