//! What happened when, observations over time, one small line, and the list of patients who wait.
//!
//! Invariant: newest on top where time runs down, newest on the right where it runs across; a list of several patients is
//! never drawn on the page of one, and look-alike names in it are marked.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::super::node::{
    Absent, Align, At, Event, Flowsheet, GridRow, Priority, Sparkline, Timeline, Tone, Waiting,
    Worklist,
};
use super::collection::{column_head, grid_cell, points_table};
use super::value::{comparator, lines, range, when};
use super::{Named, Pen};
use crate::chart;
use crate::icon::{Icon, icon};
use crate::written;

impl Pen<'_> {
    pub(super) fn timeline(&self, it: &Timeline) -> Markup {
        html! {
            div .pal-timeline {
                p .pal-table__caption { (it.caption.as_str()) " " span .pal-quiet { "Newest on top" } }
                @if it.items.is_empty() {
                    p .pal-absent { (it.empty.as_ref().map_or("Nothing is recorded", |line| line.as_str())) }
                } @else {
                    ol .pal-timeline__events { @for event in it.items.iter().rev() { (self.event(event)) } }
                }
            }
        }
    }

    fn event(&self, it: &Event) -> Markup {
        let shape = match it.tone {
            Tone::Critical => Some((Icon::Critical, "Critical: ")),
            Tone::Warning => Some((Icon::Warning, "Warning: ")),
            Tone::Neutral | Tone::Information | Tone::Success => None,
        };
        html! {
            li .pal-timeline__event {
                div .pal-timeline__when { (when(&it.when)) }
                div {
                    p {
                        @if let Some((shape, word)) = shape { (icon(shape)) span .nhsuk-u-visually-hidden { (word) } " " }
                        @if let Some(label) = &it.label { span .pal-label { (label.as_str()) } " " }
                        @match &it.link {
                            Some(link) => { a href=(self.address(link.screen.as_str(), &link.parameters)) { b { (it.title.as_str()) } } }
                            None => { b { (it.title.as_str()) } }
                        }
                        @if let Some(by) = &it.by { " " span .pal-quiet { (self.actor(by)) } }
                    }
                    @if let Some(text) = &it.text { p { (lines(text)) } }
                }
            }
        }
    }

    pub(super) fn worklist(&self, it: &Worklist) -> Markup {
        if self.ink.desk.carried.patient.is_some() {
            return html! {
                div .pal-unknown { p .pal-quiet { (icon(Icon::Information)) " This is a list of several patients. It is not shown on the page of one." } }
            };
        }
        let families = self.families(it);
        html! {
            div .pal-card .pal-card-flush {
                div .pal-card__head { h2 .pal-h2 { (it.caption.as_str()) } span .pal-quiet { (it.order.as_str()) } }
                div .pal-scroll role="region" aria-label=(it.caption.as_str()) tabindex="0" {
                    table .pal-table .pal-worklist {
                        thead { tr {
                            th scope="col" { "Patient" } th scope="col" { "Priority" } th scope="col" { "Due" }
                            @for column in &it.columns { th scope="col" .pal-end[column.align == Align::End] { (column.heading.as_str()) } }
                            th scope="col" { "Open" }
                        } }
                        tbody {
                            @for row in &it.rows { (self.waiting(row, it, &families)) }
                            @if it.rows.is_empty() { tr { td colspan=(it.columns.len() + 4) .pal-absent { (it.empty.as_str()) } } }
                        }
                    }
                }
                @if let Some(more) = &it.more {
                    p .pal-pad { a href=(self.address(more.screen.as_str(), &more.parameters)) { (more.text.as_str()) } }
                }
            }
        }
    }

    fn waiting(
        &self,
        row: &Waiting,
        it: &Worklist,
        families: &BTreeMap<String, Vec<&str>>,
    ) -> Markup {
        let family = self.family(row.patient.as_str());
        let alike = family
            .and_then(|name| families.get(&name))
            .is_some_and(|of| of.len() > 1);
        html! {
            tr {
                th scope="row" {
                    (self.patient(&row.patient))
                    @if alike { div .pal-flag { (icon(Icon::Warning)) " Same family name as another row" } }
                }
                td { (priority(row.priority)) }
                td { @match &row.due { Some(due) => { (when(due)) } None => { span .pal-absent { "Not set" } } } }
                @for (cell, column) in row.cells.iter().zip(&it.columns) {
                    td .pal-end[column.align == Align::End] { (self.value(cell)) }
                }
                td {
                    @if let Some(link) = &row.link {
                        a href=(self.address(link.screen.as_str(), &link.parameters)) { (link.text.as_str()) span .nhsuk-u-visually-hidden { " for " (self.called(row.patient.as_str())) } }
                    }
                }
            }
        }
    }

    /// The name of a patient of the list.
    fn called(&self, reference: &str) -> &str {
        match self.ink.names.get(reference) {
            Some(Named::Patient(parts)) => parts.first().map_or("", |(_, name)| name.as_str()),
            Some(Named::Actor(_)) | None => "patient unavailable",
        }
    }

    fn family(&self, reference: &str) -> Option<String> {
        let (family, _) = self.called(reference).split_once(',')?;
        Some(family.to_lowercase())
    }

    /// The patients of a list by family name.
    fn families<'a>(&self, it: &'a Worklist) -> BTreeMap<String, Vec<&'a str>> {
        let mut families = BTreeMap::<String, Vec<&str>>::new();
        for row in &it.rows {
            let reference = row.patient.as_str();
            let Some(family) = self.family(reference) else {
                continue;
            };
            let of = families.entry(family).or_default();
            if !of.contains(&reference) {
                of.push(reference);
            }
        }
        families
    }

    pub(super) fn flowsheet(&self, it: &Flowsheet, at: At) -> Markup {
        let caption = format!("sheet-{at}");
        html! {
            div .pal-card .pal-card-flush {
                div .pal-card__head {
                    h2 .pal-h2 id=(caption) { (it.caption.as_str()) }
                    span .pal-quiet { "Newest on the right" }
                    @if let Some(earlier) = &it.earlier {
                        a .pal-card__link href=(self.address(earlier.screen.as_str(), &earlier.parameters)) { (earlier.text.as_str()) }
                    }
                }
                @if it.columns.is_empty() {
                    p .pal-absent .pal-pad { "Nothing is recorded in the time that this screen covers" }
                } @else {
                    div .pal-scroll .pal-scroll-newest role="region" aria-labelledby=(caption) tabindex="0" {
                        table .pal-table .pal-grid .pal-sheet aria-labelledby=(caption) {
                            thead { tr { th scope="col" .pal-grid__name { "Observation" } @for column in &it.columns { (column_head(column)) } } }
                            @for group in &it.groups {
                                tbody {
                                    tr .pal-group { th scope="rowgroup" colspan=(it.columns.len() + 1) { span { (group.title.as_str()) } } }
                                    @for row in &group.rows { (self.observed(row, it)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn observed(&self, row: &GridRow, it: &Flowsheet) -> Markup {
        html! {
            tr .pal-grid__strong[row.strong] {
                th scope="row" .pal-grid__name {
                    @match &row.link {
                        Some(link) => { a href=(self.address(link.screen.as_str(), &link.parameters)) { (row.label.as_str()) } }
                        None => { (row.label.as_str()) }
                    }
                    @if let Some(unit) = &row.unit { " " span .pal-unit { (written::unit(unit.as_str())) } }
                    @if let Some(it) = &row.range { span .pal-grid__place { "Range " (range(it, row.unit.as_ref())) } }
                }
                @for column in &it.columns {
                    (grid_cell(row.cells.iter().find(|cell| cell.column == column.id), column, Absent::NotRecorded))
                }
            }
        }
    }

    pub(super) fn sparkline(it: &Sparkline) -> Markup {
        let unit = written::unit(it.unit.as_str());
        let values: Vec<f64> = it.points.iter().filter_map(|it| it.value.scale()).collect();
        let end = |it: Option<&super::super::word::Decimal>| it.and_then(|it| it.scale());
        let (low, high) = it.range.as_ref().map_or((None, None), |it| {
            (end(it.low.as_ref()), end(it.high.as_ref()))
        });
        let said = match (it.points.first(), it.points.last()) {
            (Some(first), Some(last)) => format!(
                "{}: {} at first, {} now, {} results",
                it.label.as_str(),
                first.value.as_str(),
                last.value.as_str(),
                it.points.len()
            ),
            (_, _) => it.label.as_str().to_owned(),
        };
        let whole = values.len() == it.points.len();
        html! {
            div .pal-sparkline {
                span .pal-label { (it.label.as_str()) }
                @if whole { (chart::sparkline(&values, low, high, &said).unwrap_or_default()) }
                @match it.points.last() {
                    Some(last) => { span .pal-nw { b { (comparator(last.comparator)) (last.value.as_str()) } " " span .pal-unit { (unit) } } span .pal-quiet { (when(&last.when)) } }
                    None => { span .pal-absent { "No results" } }
                }
            }
            @if !it.points.is_empty() {
                details .nhsuk-details .pal-details {
                    summary .nhsuk-details__summary { span .nhsuk-details__summary-text { "Show " (it.label.as_str()) " as a table" } }
                    (points_table(it.label.as_str(), &it.points, &unit))
                }
            }
        }
    }
}

fn priority(it: Option<Priority>) -> Markup {
    match it {
        Some(Priority::Emergency) => {
            html! { span .pal-flag { (icon(Icon::Critical)) " Emergency" } }
        }
        Some(Priority::Urgent) => html! { span .pal-flag { (icon(Icon::Warning)) " Urgent" } },
        Some(Priority::Soon) => html! { "Soon" },
        Some(Priority::Routine) => html! { "Routine" },
        None => html! { span .pal-absent { "Not set" } },
    }
}
