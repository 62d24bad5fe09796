//! Worklists of the laboratory over the site's patients: results that wait for a person by section, and calls to be made.
//!
//! Invariant: a page that is not the whole says that others follow; a section that is not the laboratory's is refused.

use sdk::screen::{EmptyState, Fact, Link, Priority, Section, TableColumn, Waiting, Way, Worklist};
use sdk::{Call, Failure, Parameters, Row, Rows, Screen, Value, ViewQuery};

use crate::authorise::{AUTHORISE, TELEPHONE};
use crate::laboratory::{self, LaboratoryPack};
use crate::order::LABORATORY;
use crate::reports::SYSTEM;
use crate::result::line;

/// Rows of a page.
const PAGE: u32 = 50;

/// Draws what waits in one section, or the sections to choose from.
///
/// # Errors
/// `invalid` for a section that the laboratory does not have; any failure of the chart or the packs.
pub(crate) fn sections(call: &Call<'_>, parameters: &Parameters) -> Result<Screen, Failure> {
    let laboratory = LaboratoryPack::read(&call.packs.get("laboratory")?)?;
    let Some(id) = parameters.get("section") else {
        return Ok(Screen::new(ways(&laboratory, "worklist")));
    };
    let section = laboratory
        .section(id)
        .ok_or_else(|| Failure::invalid(format!("the laboratory has no section `{id}`")))?;
    let rows = call
        .chart
        .rows("waiting", &of_section(section, parameters))?;
    let title = format!("{}: results to authorise", section.title);
    let listed = Listed {
        screen: "worklist",
        what: "Result",
        caption: &title,
        order: "Critical ones first, then longest wait",
        empty: "No result of this section waits for a person",
    };
    let list = listed.draw(&rows, parameters, |row| {
        task(row, ("Authorise", "authorise"))
    });
    let back = Link::new("All sections", "worklist");
    Ok(Screen::new(Section::new().child(list).child(back)).title(title))
}

/// Draws the requests of one section that are not done, or the sections to choose from.
///
/// # Errors
/// As [`sections`].
pub(crate) fn bench(call: &Call<'_>, parameters: &Parameters) -> Result<Screen, Failure> {
    let laboratory = LaboratoryPack::read(&call.packs.get("laboratory")?)?;
    let Some(id) = parameters.get("section") else {
        return Ok(Screen::new(ways(&laboratory, "bench")));
    };
    let section = laboratory
        .section(id)
        .ok_or_else(|| Failure::invalid(format!("the laboratory has no section `{id}`")))?;
    let (system, code) = LABORATORY;
    let query = ViewQuery::new().search(format!("category={system}|{code}&status=active"));
    let query = query
        .among("section", [section.id.as_str()])
        .descending("at_once")
        .descending("soon")
        .descending("urgent")
        .ascending("authored");
    let rows = call.chart.rows("bench", &paged(query, parameters))?;
    let title = format!("{}: requests that are not done", section.title);
    let listed = Listed {
        screen: "bench",
        what: "Tests",
        caption: &title,
        order: "At once first, then urgent, then longest wait",
        empty: "No request of this section is open",
    };
    let list = listed.draw(&rows, parameters, request);
    let back = Link::new("All sections", "bench");
    Ok(Screen::new(Section::new().child(list).child(back)).title(title))
}

/// A request, and whether a specimen or a result is what it waits for.
fn request(row: Row<'_>) -> Option<Waiting> {
    let tests = row.get("tests").and_then(Value::as_array);
    let tests: Vec<_> = tests
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let says = |column: &str| row.flag(column) == Some(true);
    let (state, way) = match says("received") {
        true => ("Received, waiting for results", ("Enter a result", "enter")),
        false => ("Waiting for a specimen", ("Receive a specimen", "requests")),
    };
    let what = match tests.is_empty() {
        true => "No test is named".to_owned(),
        false => line(&tests.join(", ")),
    };
    let cells = vec![
        Fact::text(what),
        row.text("authored")
            .map_or(Fact::text("Not recorded"), Fact::date),
        Fact::text(state),
    ];
    let priority = match (says("at_once"), says("soon") || says("urgent")) {
        (true, _) => Priority::Emergency,
        (false, true) => Priority::Urgent,
        (false, false) => Priority::Routine,
    };
    let waiting = Waiting::new(row.text("patient")?, cells).priority(priority);
    Some(waiting.link(Way::new(way.0, way.1)))
}

fn ways(laboratory: &LaboratoryPack, screen: &str) -> Section {
    let mut root = Section::new();
    if laboratory.sections.is_empty() {
        let text = "The laboratory's pack names no section.";
        return root.child(EmptyState::new("No sections", text));
    }
    for section in &laboratory.sections {
        let parameters = Parameters::default().with("section", section.id.as_str());
        root = root.child(Link::new(section.title.as_str(), screen).parameters(&parameters));
    }
    root
}

fn of_section(section: &laboratory::Section, parameters: &Parameters) -> ViewQuery {
    let query = ViewQuery::new().search(format!("code={SYSTEM}|{AUTHORISE}&status=requested"));
    let query = query.among("section", [section.id.as_str()]);
    // Of the words for priority that this departmental writes, `stat` comes last.
    let query = query.descending("priority").ascending("authored");
    paged(query, parameters)
}

fn paged(query: ViewQuery, parameters: &Parameters) -> ViewQuery {
    let query = query.count(PAGE);
    match parameters.get("page") {
        Some(page) => query.page(page),
        None => query,
    }
}

/// Draws whom to telephone.
///
/// # Errors
/// Any failure of the chart.
pub(crate) fn critical_calls(call: &Call<'_>, parameters: &Parameters) -> Result<Screen, Failure> {
    let search = format!("code={SYSTEM}|{TELEPHONE}&status=requested,in-progress,accepted");
    let query = paged(ViewQuery::new().search(search).ascending("due"), parameters);
    let rows = call.chart.rows("waiting", &query)?;
    let listed = Listed {
        screen: "critical-calls",
        what: "Result",
        caption: "Critical results to telephone",
        order: "Due first",
        empty: "No critical result of the site's patients is open",
    };
    let list = listed.draw(&rows, parameters, |row| {
        task(row, ("Record a call", "calls"))
    });
    Ok(Screen::new(Section::new().child(list)))
}

/// A worklist and what is said on it.
struct Listed<'a> {
    screen: &'a str,
    what: &'a str,
    caption: &'a str,
    order: &'a str,
    empty: &'a str,
}

impl Listed<'_> {
    fn draw(
        &self,
        rows: &Rows,
        parameters: &Parameters,
        one: impl Fn(Row<'_>) -> Option<Waiting>,
    ) -> Worklist {
        let columns = vec![
            TableColumn::new("what", self.what),
            TableColumn::new("since", "Since"),
            TableColumn::new("state", "State"),
        ];
        let waiting: Vec<_> = rows.iter().filter_map(one).collect();
        let follow = if rows.more { "; others follow" } else { "" };
        let order = format!("{}; {} on this page{follow}", self.order, waiting.len());
        let empty = match rows.more {
            true => "None on this page; others follow",
            false => self.empty,
        };
        let list = Worklist::new(self.caption, order, columns, waiting, empty);
        match &rows.next {
            Some(next) => {
                let parameters = parameters.clone().with("page", next.as_str());
                list.more(Way::new("Next patients", self.screen).parameters(&parameters))
            }
            None => list,
        }
    }
}

/// A task, and where it is dealt with.
fn task(row: Row<'_>, (words, screen): (&str, &str)) -> Option<Waiting> {
    let since = row.text("authored");
    let due = row.text("due");
    let cells = vec![
        Fact::text(row.text("description").unwrap_or("A result")),
        since.map_or(Fact::text("Not recorded"), Fact::date),
        Fact::text(state(row.text("status").unwrap_or_default())),
    ];
    let mut waiting = Waiting::new(row.text("patient")?, cells)
        .priority(priority(row.text("priority")))
        .link(Way::new(words, screen));
    if let Some(due) = due {
        waiting = waiting.due(due);
    }
    Some(waiting)
}

fn state(status: &str) -> &str {
    match status {
        "requested" => "Waiting",
        "in-progress" => "Tried, nobody reached",
        "accepted" => "Told, to be closed",
        other => other,
    }
}

fn priority(of: Option<&str>) -> Priority {
    match of {
        Some("stat") => Priority::Emergency,
        Some("asap" | "urgent") => Priority::Urgent,
        Some(_) | None => Priority::Routine,
    }
}
