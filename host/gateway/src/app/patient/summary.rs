//! The sections of a patient's summary: what is open first, then problems, medicines, allergies, results, encounters.
//!
//! Invariant: a section that could not be read says so; "None recorded" is said only of a section that was read.

use fhir::resource::{Id, text_in};
use maud::{Markup, html};
use record::ReadError;
use serde_json::Value;

use crate::app::look::{List, Reader};
use crate::app::tasks::{OPEN, TaskLine};
use crate::app::{allergies, facts};
use crate::icon::{Icon, icon};

/// Rows that a section shows; what is more is said.
const ROWS_MAX: u32 = 15;

type Row = fn(&Value) -> Vec<String>;

/// One plain table of the summary.
struct Table {
    title: &'static str,
    search: &'static str,
    /// Conditions beside the patient.
    pairs: &'static [(&'static str, &'static str)],
    headings: &'static [&'static str],
    none: &'static str,
    /// Whether a resource belongs here at all.
    keep: fn(&Value) -> bool,
    row: Row,
}

const TABLES: [Table; 4] = [
    Table {
        title: "Problems",
        search: "Condition",
        pairs: &[
            ("clinical-status", "active,recurrence,relapse"),
            ("_sort", "-onset-date"),
        ],
        headings: &["Problem", "Since", "Status"],
        none: "No active problem is recorded",
        keep: not_in_error,
        row: |it| {
            let status =
                text_in(it, "clinicalStatus.coding.code").map_or_else(String::new, facts::spoken);
            vec![
                facts::concept(it, "code"),
                facts::date(it, &["onsetDateTime", "onsetPeriod.start", "recordedDate"]),
                status,
            ]
        },
    },
    Table {
        title: "Medicines",
        search: "MedicationRequest",
        pairs: &[("status", "active,on-hold"), ("_sort", "-authoredon")],
        headings: &["Medicine", "How to take", "Prescribed", "Status"],
        none: "No current medicine is recorded",
        keep: |_| true,
        row: |it| {
            let status = text_in(it, "status").map_or_else(String::new, facts::spoken);
            vec![
                facts::medicine(it),
                facts::dose(it),
                facts::date(it, &["authoredOn"]),
                status,
            ]
        },
    },
    Table {
        title: "Recent results",
        search: "Observation",
        pairs: &[("category", "laboratory"), ("_sort", "-date")],
        headings: &["Test", "Result", "Flag", "Taken"],
        none: "No laboratory result is recorded",
        keep: |it| text_in(it, "status") != Some("entered-in-error"),
        row: |it| {
            let taken = facts::date(
                it,
                &["effectiveDateTime", "effectivePeriod.start", "issued"],
            );
            vec![
                facts::concept(it, "code"),
                facts::result(it),
                facts::interpretation(it),
                taken,
            ]
        },
    },
    Table {
        title: "Recent encounters",
        search: "Encounter",
        pairs: &[("_sort", "-date")],
        headings: &["What", "From", "To", "Status"],
        none: "No encounter is recorded",
        keep: |it| text_in(it, "status") != Some("entered-in-error"),
        row: |it| {
            let what = if it.get("type").is_some() {
                facts::concept(it, "type")
            } else {
                facts::text(it, "class.display")
            };
            let status = text_in(it, "status").map_or_else(String::new, facts::spoken);
            let to = text_in(it, "period.end").map_or_else(String::new, crate::written::moment);
            vec![what, facts::date(it, &["period.start"]), to, status]
        },
    },
];

fn not_in_error(it: &Value) -> bool {
    !matches!(
        text_in(it, "verificationStatus.coding.code"),
        Some("entered-in-error" | "refuted")
    )
}

/// Every section, in order. What departmentals say and show is waited for while the others are read, and stands behind what
/// is open.
pub(super) async fn sections(
    reader: Reader<'_>,
    patient: &Id,
    allergies: Option<&List>,
    (advice, cards): (impl Future<Output = Markup>, impl Future<Output = Markup>),
) -> Markup {
    let patient = patient.as_str();
    let (act_now, tables) = (act_now(reader, patient), tables(reader, patient));
    let (act_now, tables, advice, cards) = tokio::join!(act_now, tables, advice, cards);
    html! {
        (act_now)
        (advice)
        (cards)
        div .pal-sections {
            @for (at, table) in tables.iter().enumerate() {
                (table)
                @if at == 1 { (allergy_table(allergies)) }
            }
        }
    }
}

async fn tables(reader: Reader<'_>, patient: &str) -> Vec<Markup> {
    let mut tables = Vec::with_capacity(TABLES.len());
    for table in &TABLES {
        let pairs: Vec<(&str, &str)> = [("patient", patient)]
            .into_iter()
            .chain(table.pairs.iter().copied())
            .collect();
        let found = reader.list(table.search, &pairs, ROWS_MAX).await;
        tables.push(drawn(table, found));
    }
    tables
}

fn logged(why: &ReadError) {
    tracing::warn!(
        "a section of a patient's summary could not be read: {}",
        record::with_causes(why)
    );
}

fn unread(title: &str) -> Markup {
    html! {
        section .pal-card .pal-card-warning {
            div .pal-card__head { (icon(Icon::Warning)) h2 .pal-h2 { (title) } }
            p .pal-pad { "This could not be read. It does not mean that nothing is recorded. Open the page again." }
        }
    }
}

fn drawn(table: &Table, found: Result<List, ReadError>) -> Markup {
    match found {
        Ok(list) => {
            let rows = list
                .resources
                .iter()
                .filter(|it| (table.keep)(it))
                .map(table.row)
                .collect();
            section(table.title, table.headings, rows, list.more, table.none)
        }
        Err(why) => {
            logged(&why);
            unread(table.title)
        }
    }
}

fn section(
    title: &str,
    headings: &[&str],
    rows: Vec<Vec<String>>,
    more: bool,
    none: &str,
) -> Markup {
    html! {
        section .pal-card .pal-card-flush {
            div .pal-card__head {
                h2 .pal-h2 { (title) }
                @if more { span .pal-quiet { "The newest " (rows.len()) "; there are more" } }
            }
            @if rows.is_empty() { p .pal-absent .pal-pad { (none) } }
            @else {
                div .pal-scroll role="region" aria-label=(title) tabindex="0" {
                    table .pal-table {
                        thead { tr { @for heading in headings { th scope="col" { (heading) } } } }
                        tbody { @for row in rows { tr { @for (at, cell) in row.iter().enumerate() {
                            @if at == 0 { th scope="row" { (cell) } } @else { td { (cell) } }
                        } } } }
                    }
                }
            }
        }
    }
}

fn allergy_table(found: Option<&List>) -> Markup {
    let Some(found) = found else {
        return unread("Allergies");
    };
    let standing = found.resources.iter().filter(|it| allergies::stands(it));
    let rows = standing.map(|it| {
        let criticality =
            text_in(it, "criticality").map_or_else(|| "Not recorded".to_owned(), facts::spoken);
        vec![
            allergies::substance(it),
            criticality,
            facts::date(it, &["recordedDate", "onsetDateTime"]),
        ]
    });
    section(
        "Allergies",
        &["Allergy", "Criticality", "Recorded"],
        rows.collect(),
        found.more,
        "Allergies are not recorded",
    )
}

/// Open tasks and standing alerts, before everything else.
async fn act_now(reader: Reader<'_>, patient: &str) -> Markup {
    let alerts = reader
        .list(
            "DetectedIssue",
            &[("patient", patient), ("_sort", "-identified")],
            ROWS_MAX,
        )
        .await;
    let flags = reader.list("Flag", &[("patient", patient)], ROWS_MAX).await;
    let tasks = reader
        .list(
            "Task",
            &[
                ("patient", patient),
                ("status", OPEN),
                ("_sort", "-authored-on"),
            ],
            ROWS_MAX,
        )
        .await;
    match (alerts, flags, tasks) {
        (Ok(alerts), Ok(flags), Ok(tasks)) => {
            let more = alerts.more || flags.more || tasks.more;
            let standing = |it: &&Value| {
                !matches!(
                    text_in(it, "status"),
                    Some("cancelled" | "entered-in-error" | "inactive")
                )
            };
            let alerts: Vec<&Value> = alerts
                .resources
                .iter()
                .chain(&flags.resources)
                .filter(standing)
                .collect();
            let tasks: Vec<TaskLine> = tasks.resources.iter().map(TaskLine::of).collect();
            open_items(&alerts, &tasks, more)
        }
        (alerts, flags, tasks) => {
            [alerts.err(), flags.err(), tasks.err()]
                .iter()
                .flatten()
                .for_each(logged);
            unread("Alerts and open tasks")
        }
    }
}

fn open_items(alerts: &[&Value], tasks: &[TaskLine], more: bool) -> Markup {
    html! {
        section .pal-card .pal-act aria-labelledby="act-now" {
            div .pal-card__head {
                h2 .pal-h2 id="act-now" { "Alerts and open tasks" }
                @if more { span .pal-quiet { "The newest; there are more" } }
            }
            @if alerts.is_empty() && tasks.is_empty() { p .pal-absent .pal-pad { "No alert stands and no task is open" } }
            ul .pal-bare {
                @for alert in alerts {
                    li .pal-act__item {
                        (icon(if text_in(alert, "severity") == Some("high") { Icon::Critical } else { Icon::Warning }))
                        div {
                            p { b { (facts::concept(alert, "code")) } }
                            @if let Some(detail) = text_in(alert, "detail") { p { (crate::written::plain(detail)) } }
                            p .pal-quiet { "Alert, " (facts::date(alert, &["identifiedDateTime", "identifiedPeriod.start", "period.start"])) }
                        }
                    }
                }
                @for task in tasks {
                    li .pal-act__item { (icon(Icon::Mandatory)) div {
                        p { b { (task.title) } }
                        @if let Some(words) = &task.words { p { (words) } }
                        p .pal-quiet { "Task, " (task.state) ", due " (task.due) ", for " (task.owner) }
                    } }
                }
            }
        }
    }
}
