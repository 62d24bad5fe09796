//! What holds between the nodes of a screen: one tree, inputs inside forms, tables whose rows fit their columns.
//!
//! Invariant: after these checks the drawing can descend from the root without a bound of its own.

use std::collections::BTreeSet;

use super::node::{At, Form, GridRow, Inline, Node, ResultGrid, Table};
use super::word::{Line, Word};
use super::{DEPTH_MAX, Screen, ScreenError};

const ROWS_MAX: usize = 1_000;
const COLUMNS_MAX: usize = 60;
const OPTIONS_MAX: usize = 100;

/// One root, every other node the child of exactly one, no cycle, no more than `DEPTH_MAX` levels, and each node sound.
pub(super) fn tree(screen: &Screen) -> Result<(), ScreenError> {
    let mut depths = vec![0_usize; screen.nodes.len()];
    let first = depths
        .get_mut(screen.root)
        .ok_or_else(|| out_of_range("root".to_owned(), screen.root, screen))?;
    *first = 1;
    let mut waiting = vec![screen.root];
    while let Some(at) = waiting.pop() {
        let (Some(node), Some(depth)) = (screen.node(at), depths.get(at).copied()) else {
            continue;
        };
        sound(node).map_err(|what| ScreenError::new(format!("nodes[{at}]"), what))?;
        for child in children(node) {
            let known = depths
                .get_mut(*child)
                .ok_or_else(|| out_of_range(format!("nodes[{at}].children"), *child, screen))?;
            if *known != 0 {
                let what = format!(
                    "node {child} is already in the tree; every node but the root has exactly one parent"
                );
                return Err(ScreenError::new(format!("nodes[{at}].children"), what));
            }
            *known = depth + 1;
            if *known > DEPTH_MAX {
                return Err(ScreenError::new(
                    format!("nodes[{child}]"),
                    format!("lies deeper than {DEPTH_MAX} levels"),
                ));
            }
            waiting.push(*child);
        }
    }
    match depths.iter().position(|depth| *depth == 0) {
        Some(lost) => Err(ScreenError::new(
            format!("nodes[{lost}]"),
            "is nobody's child, so it would not be drawn",
        )),
        None => Ok(()),
    }
}

fn out_of_range(at: String, child: At, screen: &Screen) -> ScreenError {
    ScreenError::new(
        at,
        format!(
            "there is no node {child}; the last is {}",
            screen.nodes.len().saturating_sub(1)
        ),
    )
}

pub(super) fn children(node: &Node) -> &[At] {
    match node {
        Node::Section(it) => &it.children,
        Node::Columns(it) => &it.children,
        Node::Card(it) => &it.children,
        Node::Details(it) => &it.children,
        Node::Inset(it) => &it.children,
        Node::WarningCallout(it) => &it.children,
        Node::Alert(it) => &it.children,
        Node::Form(it) => &it.children,
        Node::SummaryList(_)
        | Node::Heading(_)
        | Node::Paragraph(_)
        | Node::List(_)
        | Node::Tag(_) => &[],
        Node::Notification(_)
        | Node::EmptyState(_)
        | Node::ClinicalValue(_)
        | Node::Datetime(_) => &[],
        Node::CodedConcept(_) | Node::PatientRef(_) | Node::ActorRef(_) | Node::Table(_) => &[],
        Node::ResultGrid(_) | Node::Trend(_) | Node::InputText(_) | Node::InputNumber(_) => &[],
        Node::InputDate(_) | Node::InputChoice(_) | Node::InputChecks(_) | Node::Action(_) => &[],
        Node::Link(_) | Node::Unknown(_) => &[],
    }
}

/// What the schema says of a node beyond the types of its members.
fn sound(node: &Node) -> Result<(), String> {
    match node {
        Node::Columns(it) => within("children", it.children.len(), 1, 3),
        Node::SummaryList(it) => within("rows", it.rows.len(), 1, 200),
        Node::List(it) => {
            within("items", it.items.len(), 1, 500)?;
            it.items.iter().try_for_each(words)
        }
        Node::Paragraph(it) => words(it),
        Node::Inset(it) => words(&it.words),
        Node::WarningCallout(it) | Node::EmptyState(it) => words(&it.words),
        Node::Alert(it) => words(&it.words),
        Node::Notification(it) => words(&it.words),
        Node::Table(it) => table(it),
        Node::ResultGrid(it) => grid(it),
        Node::Trend(it) => {
            within("points", it.points.len(), 0, 1_000)?;
            within("thresholds", it.thresholds.len(), 0, 10)
        }
        Node::InputChoice(it) => options(it.options.iter().map(|it| &it.value)),
        Node::InputChecks(it) => options(it.options.iter().map(|it| &it.value)),
        Node::Form(it) => within("seen", it.seen.len(), 0, 200),
        Node::Section(_) | Node::Card(_) | Node::Details(_) | Node::Heading(_) | Node::Tag(_) => {
            Ok(())
        }
        Node::ClinicalValue(_)
        | Node::Datetime(_)
        | Node::CodedConcept(_)
        | Node::PatientRef(_) => Ok(()),
        Node::ActorRef(_) | Node::InputText(_) | Node::InputNumber(_) | Node::InputDate(_) => {
            Ok(())
        }
        Node::Action(_) | Node::Link(_) | Node::Unknown(_) => Ok(()),
    }
}

fn within(what: &str, n: usize, least: usize, most: usize) -> Result<(), String> {
    if (least..=most).contains(&n) {
        Ok(())
    } else {
        Err(format!("has {n} {what}; {least} to {most} are drawn"))
    }
}

fn words(it: &Inline) -> Result<(), String> {
    match (&it.text, &it.parts) {
        (Some(_), None) => Ok(()),
        (None, Some(parts)) => within("parts", parts.len(), 1, 100),
        (Some(_), Some(_)) | (None, None) => Err("needs exactly one of text and parts".to_owned()),
    }
}

fn options<'a>(values: impl Iterator<Item = &'a Line>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for value in values {
        if !seen.insert(value.as_str()) {
            return Err(format!(
                "has two options with the value {:?}",
                value.as_str()
            ));
        }
    }
    within("options", seen.len(), 1, OPTIONS_MAX)
}

fn unique<'a>(
    what: &str,
    ids: impl Iterator<Item = &'a Word>,
) -> Result<BTreeSet<&'a str>, String> {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id.as_str()) {
            return Err(format!("has two {what} named {}", id.as_str()));
        }
    }
    Ok(seen)
}

fn table(it: &Table) -> Result<(), String> {
    within("columns", it.columns.len(), 1, 20)?;
    within("rows", it.rows.len(), 0, ROWS_MAX)?;
    unique("columns", it.columns.iter().map(|column| &column.id))?;
    match it
        .rows
        .iter()
        .position(|row| row.cells.len() != it.columns.len())
    {
        Some(row) => Err(format!(
            "rows[{row}] has not one cell for each of the {} columns",
            it.columns.len()
        )),
        None => Ok(()),
    }
}

fn grid(it: &ResultGrid) -> Result<(), String> {
    within("columns", it.columns.len(), 0, COLUMNS_MAX)?;
    within("groups", it.groups.len(), 0, 60)?;
    let columns = unique("columns", it.columns.iter().map(|column| &column.id))?;
    let in_order = it
        .columns
        .windows(2)
        .all(|pair| pair[0].when.first_ms() <= pair[1].when.first_ms());
    if !in_order {
        return Err("columns must be in order of time, the oldest first".to_owned());
    }
    for group in &it.groups {
        within("rows in a group", group.rows.len(), 0, 200)?;
        group
            .rows
            .iter()
            .try_for_each(|row| grid_row(row, &columns))?;
    }
    Ok(())
}

fn grid_row(row: &GridRow, columns: &BTreeSet<&str>) -> Result<(), String> {
    let named = |what: String| format!("the row {:?} {what}", row.label.as_str());
    unique(
        "cells in a column",
        row.cells.iter().map(|cell| &cell.column),
    )
    .map_err(named)?;
    for cell in &row.cells {
        if !columns.contains(cell.column.as_str()) {
            return Err(named(format!(
                "has a cell in {}, which is no column",
                cell.column.as_str()
            )));
        }
        if cell.value.is_some() == cell.absent.is_some() {
            return Err(named(format!(
                "needs exactly one of value and absent in {}",
                cell.column.as_str()
            )));
        }
    }
    Ok(())
}

/// Inputs and buttons lie in forms, forms in no form, fields are unique, and every form can be sent.
pub(super) fn forms(screen: &Screen) -> Result<(), ScreenError> {
    let mut fields = BTreeSet::new();
    inside(screen, screen.root, false, &mut fields)?;
    for (at, node) in screen.nodes.iter().enumerate() {
        if let Node::Form(form) = node
            && !can_be_sent(screen, form)
        {
            return Err(ScreenError::new(
                format!("nodes[{at}]"),
                "is a form without an action",
            ));
        }
    }
    Ok(())
}

fn can_be_sent(screen: &Screen, form: &Form) -> bool {
    let mut waiting: Vec<At> = form.children.clone();
    while let Some(at) = waiting.pop() {
        match screen.node(at) {
            Some(Node::Action(_)) => return true,
            Some(node) => waiting.extend(children(node)),
            None => {}
        }
    }
    false
}

fn inside<'a>(
    screen: &'a Screen,
    at: At,
    in_form: bool,
    fields: &mut BTreeSet<&'a str>,
) -> Result<(), ScreenError> {
    let Some(node) = screen.node(at) else {
        return Ok(());
    };
    let here = |what: &str| ScreenError::new(format!("nodes[{at}]"), what);
    let field = super::node::input(node).map(|input| &input.field);
    if let Some(field) = field {
        if !in_form {
            return Err(here("is an input outside a form"));
        }
        if !fields.insert(field.as_str()) {
            return Err(here(&format!(
                "the field {} is on the screen twice",
                field.as_str()
            )));
        }
    }
    if matches!(node, Node::Action(_)) && !in_form {
        return Err(here("is an action outside a form"));
    }
    if matches!(node, Node::Form(_)) && in_form {
        return Err(here("is a form inside a form"));
    }
    let in_form = in_form || matches!(node, Node::Form(_));
    children(node)
        .iter()
        .try_for_each(|child| inside(screen, *child, in_form, fields))
}
