//! What is to be done at a site: its open tasks, the most urgent first.
//!
//! Invariant: an open task without an owner is on every site's list, since otherwise it would be on none.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use fhir::resource::text_in;
use maud::{Markup, html};
use record::log::At;
use serde_json::Value;

use super::look::Reader;
use super::{Clinician, facts, unread};
use crate::Door;
use crate::auth::Session;
use crate::frame::{self, Page};
use crate::icon::{Icon, icon};
use crate::written::plain;

/// The states of a task that somebody still has to end.
pub(crate) const OPEN: &str = "draft,requested,received,accepted,ready,in-progress,on-hold,failed";
/// Tasks on the list: more than a team can look through; that there are more is said.
const TASKS_MAX: u32 = 200;

/// A task in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TaskLine {
    pub(crate) title: String,
    pub(crate) words: Option<String>,
    pub(crate) state: String,
    pub(crate) due: String,
    pub(crate) owner: String,
    /// The site that owns it, by its code, where one does.
    site: Option<String>,
    patient: Option<String>,
    /// The id of a task that is answered on a page of its own.
    settle: Option<String>,
    /// 0 first.
    rank: u8,
    due_at: String,
}

impl TaskLine {
    pub(crate) fn of(task: &Value) -> Self {
        let described = text_in(task, "description").map(plain);
        let coded = task.get("code").map(facts::words);
        let (title, words) = match (coded, described) {
            (Some(title), words) => (title, words),
            (None, Some(words)) => (words, None),
            (None, None) => ("Task without a description".to_owned(), None),
        };
        let priority = text_in(task, "priority").unwrap_or("routine");
        let site = text_in(task, "owner.identifier.value").map(str::to_owned);
        let owner = text_in(task, "owner.display")
            .map(plain)
            .or_else(|| site.as_deref().map(plain));
        Self {
            title,
            words,
            state: format!(
                "{}, {}",
                facts::spoken(priority).to_lowercase(),
                facts::text(task, "status").replace('-', " ")
            ),
            due: facts::date(task, &["restriction.period.end", "executionPeriod.end"]),
            owner: owner.unwrap_or_else(|| "nobody yet".to_owned()),
            site,
            patient: text_in(task, "for.reference")
                .and_then(|it| it.strip_prefix("Patient/"))
                .map(str::to_owned),
            settle: (text_in(task, "code.coding.system") == Some(record::person::IDENTITY))
                .then(|| text_in(task, "id").map(str::to_owned))
                .flatten(),
            rank: match priority {
                "stat" => 0,
                "asap" => 1,
                "urgent" => 2,
                _other => 3,
            },
            due_at: text_in(task, "restriction.period.end")
                .unwrap_or("9999")
                .to_owned(),
        }
    }
}

/// `GET /tasks`: the open tasks of the clinician's site, and those that nobody owns.
pub(crate) async fn tasks(State(door): State<Door>, Clinician(session): Clinician) -> Response {
    listed(&door, &session).await
}

async fn listed(door: &Door, session: &Session) -> Response {
    let reader = Reader {
        door,
        caller: &session.caller,
        at: &At::Now,
    };
    match reader
        .list(
            "Task",
            &[("status", OPEN), ("_sort", "-authored-on")],
            TASKS_MAX,
        )
        .await
    {
        Ok(list) => {
            let site = session.caller.site().as_str();
            let all = list.resources.iter().map(TaskLine::of);
            let mut lines: Vec<TaskLine> = all
                .filter(|it| it.site.as_deref().is_none_or(|owner| owner == site))
                .collect();
            lines.sort_by(|a, b| (a.rank, &a.due_at).cmp(&(b.rank, &b.due_at)));
            let main = html! {
                (drawn(&lines, list.more, site))
                p .pal-p { a href="/departments" { "Lists of departments" } }
            };
            let page = Page::plain("Tasks", main);
            frame::page(door, Some(session), StatusCode::OK, page)
        }
        Err(why) => unread(door, session, &why),
    }
}

fn drawn(lines: &[TaskLine], more: bool, site: &str) -> Markup {
    html! {
        h1 .pal-h1 { "Open tasks at " (site) }
        @if more { p .pal-p { (icon(Icon::Warning)) " These are of the newest " (TASKS_MAX) " of the region; older ones are not on this page." } }
        @if lines.is_empty() { p .pal-absent { "No task is open for " (site) ", and none is without an owner" } }
        @else {
            section .pal-card .pal-card-flush { div .pal-scroll role="region" aria-label="Open tasks" tabindex="0" {
                table .pal-table {
                    thead { tr { th scope="col" { "Task" } th scope="col" { "Due" } th scope="col" { "Priority and state" } th scope="col" { "For" } th scope="col" { "Patient" } } }
                    tbody { @for line in lines { tr {
                        th scope="row" {
                            @if line.rank == 0 { (icon(Icon::Critical)) " " } @else if line.rank < 3 { (icon(Icon::Warning)) " " }
                            (line.title) @if let Some(words) = &line.words { span .pal-line2 { (words) } }
                        }
                        td .pal-nw { (line.due) }
                        td { (line.state) }
                        td { (line.owner) }
                        td { @if let Some(task) = &line.settle { a href={ "/settle/" (crate::address::encoded(task)) } { "Say whose these are" } " " }
                            @match &line.patient {
                            Some(id) => { a href={ "/patients/" (crate::address::encoded(id)) } { "Open the patient" } }
                            None => { span .pal-absent { "No patient" } }
                        } }
                    } } }
                }
            } }
        }
    }
}
