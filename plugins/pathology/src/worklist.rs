//! Worklists of the laboratory over the site's patients: results that wait for a person by section, and calls to be made.
//!
//! Invariant: a page that is not the whole says that others follow; a section that is not the laboratory's is refused.

use sdk::screen::{EmptyState, Fact, Link, Priority, Section, TableColumn, Waiting, Way, Worklist};
use sdk::{Call, Failure, Parameters, Row, Rows, Screen, ViewQuery};

use crate::authorise::{AUTHORISE, TELEPHONE};
use crate::laboratory::{self, LaboratoryPack};
use crate::reports::SYSTEM;

/// Rows of a page.
const PAGE: u32 = 50;

/// Draws what waits in one section, or the sections to choose from.
///
/// # Errors
/// `invalid` for a section that the laboratory does not have; any failure of the chart or the packs.
pub(crate) fn sections(call: &Call<'_>, parameters: &Parameters) -> Result<Screen, Failure> {
    let laboratory = LaboratoryPack::read(&call.packs.get("laboratory")?)?;
    let Some(id) = parameters.get("section") else {
        return Ok(Screen::new(ways(&laboratory)));
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
        leads_to: ("Authorise", "authorise"),
        caption: &title,
        order: "Critical ones first, then longest wait",
        empty: "No result of this section waits for a person",
    };
    let list = listed.draw(&rows, parameters);
    let back = Link::new("All sections", "worklist");
    Ok(Screen::new(Section::new().child(list).child(back)).title(title))
}

fn ways(laboratory: &LaboratoryPack) -> Section {
    let mut root = Section::new();
    if laboratory.sections.is_empty() {
        let text = "The laboratory's pack names no section.";
        return root.child(EmptyState::new("No sections", text));
    }
    for section in &laboratory.sections {
        let parameters = Parameters::default().with("section", section.id.as_str());
        root = root.child(Link::new(section.title.as_str(), "worklist").parameters(&parameters));
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
        leads_to: ("Record a call", "calls"),
        caption: "Critical results to telephone",
        order: "Due first",
        empty: "No critical result of the site's patients is open",
    };
    let list = listed.draw(&rows, parameters);
    Ok(Screen::new(Section::new().child(list)))
}

/// A worklist and what is said on it.
struct Listed<'a> {
    screen: &'a str,
    leads_to: (&'a str, &'a str),
    caption: &'a str,
    order: &'a str,
    empty: &'a str,
}

impl Listed<'_> {
    fn draw(&self, rows: &Rows, parameters: &Parameters) -> Worklist {
        let columns = vec![
            TableColumn::new("what", "Result"),
            TableColumn::new("since", "Since"),
            TableColumn::new("state", "State"),
        ];
        let waiting: Vec<_> = rows.iter().filter_map(|row| self.one(row)).collect();
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

    fn one(&self, row: Row<'_>) -> Option<Waiting> {
        let since = row.text("authored");
        let due = row.text("due");
        let (words, screen) = self.leads_to;
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
