//! What holds between the nodes of a screen: one tree, inputs inside forms; and the words in which a check says no.
//!
//! Invariant: after these checks the drawing can descend from the root without a bound of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::node::{At, Form, Inline, Node};
use super::word::Word;
use super::{CELLS_MAX, DEPTH_MAX, Screen, ScreenError};

/// What is wrong with a node, and where in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// Place inside the node, `rows[3].cells[0]`; empty: the node itself.
    at: String,
    what: String,
}

impl Wrong {
    /// The thing itself.
    pub(crate) fn here(what: impl Into<String>) -> Self {
        Self::at("", what)
    }

    /// A place inside it.
    pub(crate) fn at(at: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            at: at.into(),
            what: what.into(),
        }
    }

    /// The same, seen from outside.
    pub(crate) fn inside(self, outer: &str) -> Self {
        let at = if self.at.is_empty() {
            outer.to_owned()
        } else {
            format!("{outer}.{}", self.at)
        };
        Self { at, ..self }
    }

    fn of_node(self, at: At) -> ScreenError {
        let Self { at, what } = self.inside(&format!("nodes[{at}]"));
        ScreenError::new(at, what)
    }
}

/// Checks one by one, with the place of the first that is wrong.
pub(crate) fn each<T>(
    what: &str,
    items: &[T],
    check: impl Fn(&T) -> Result<(), Wrong>,
) -> Result<(), Wrong> {
    for (at, item) in items.iter().enumerate() {
        check(item).map_err(|wrong| wrong.inside(&format!("{what}[{at}]")))?;
    }
    Ok(())
}

/// How many there may be.
pub(crate) fn within(what: &str, n: usize, least: usize, most: usize) -> Result<(), Wrong> {
    if (least..=most).contains(&n) {
        return Ok(());
    }
    let said = format!("has {n} {what}; {least} to {most} are drawn");
    Err(Wrong::here(said))
}

/// Words for which a drawing has only so much room, since they are never cut.
pub(crate) fn fits(at: &str, words: &str, most: usize) -> Result<(), Wrong> {
    let n = words.chars().count();
    if n <= most {
        return Ok(());
    }
    Err(Wrong::at(
        at,
        format!("is {n} characters; {most} have room in the drawing"),
    ))
}

/// Exactly one of text and parts.
pub(crate) fn words(it: &Inline) -> Result<(), Wrong> {
    match (&it.text, &it.parts) {
        (Some(_), None) => Ok(()),
        (None, Some(parts)) => within("parts", parts.len(), 1, 100),
        (Some(_), Some(_)) | (None, None) => {
            Err(Wrong::here("needs exactly one of text and parts"))
        }
    }
}

/// Names of which no two are the same.
pub(crate) fn unique<'a>(
    what: &str,
    ids: impl Iterator<Item = &'a Word>,
) -> Result<BTreeSet<&'a str>, Wrong> {
    let ids: Vec<&str> = ids.map(Word::as_str).collect();
    unique_words(what, ids.iter().copied())?;
    Ok(ids.into_iter().collect())
}

/// Words of which no two are the same.
pub(crate) fn unique_words<'a>(
    what: &str,
    words: impl Iterator<Item = &'a str>,
) -> Result<(), Wrong> {
    let mut seen = BTreeSet::new();
    for word in words {
        if !seen.insert(word) {
            return Err(Wrong::here(format!("has two {what} {word:?}")));
        }
    }
    Ok(())
}

/// One root, every other node the child of exactly one, no cycle, no more than `DEPTH_MAX` levels, and each node sound.
pub(super) fn tree(screen: &Screen) -> Result<(), ScreenError> {
    let mut depths = vec![0_usize; screen.nodes.len()];
    let first = depths
        .get_mut(screen.root)
        .ok_or_else(|| out_of_range("root".to_owned(), screen.root, screen))?;
    *first = 1;
    let mut waiting = vec![screen.root];
    let mut cells = 0;
    while let Some(at) = waiting.pop() {
        let (Some(node), Some(depth)) = (screen.node(at), depths.get(at).copied()) else {
            continue;
        };
        node.kind().sound().map_err(|wrong| wrong.of_node(at))?;
        cells += node.kind().cells();
        if cells > CELLS_MAX {
            let what = format!(
                "with it the grids have {cells} cells, rows times columns; {CELLS_MAX} are drawn"
            );
            return Err(ScreenError::new(format!("nodes[{at}]"), what));
        }
        for child in node.kind().children() {
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

/// Inputs and buttons lie in forms, forms in no form, fields are unique, every form can be sent, and a condition asks for
/// what its form has asked before.
pub(super) fn forms(screen: &Screen) -> Result<(), ScreenError> {
    let mut walk = Walk::default();
    walk.inside(screen, screen.root, Around::default())?;
    for (at, node) in screen.nodes.iter().enumerate() {
        if let Node::Form(form) = node {
            sendable(screen, form).map_err(|wrong| wrong.of_node(at))?;
        }
    }
    Ok(())
}

/// There is a button; and one whose action is to be confirmed can be told from the others.
fn sendable(screen: &Screen, form: &Form) -> Result<(), Wrong> {
    let mut buttons: Vec<(&Word, bool)> = Vec::new();
    let mut waiting: Vec<At> = form.children.clone();
    while let Some(at) = waiting.pop() {
        match screen.node(at) {
            Some(Node::Action(it)) => {
                buttons.push((
                    it.action.as_ref().unwrap_or(&form.action),
                    it.confirm.is_some(),
                ));
            }
            Some(node) => waiting.extend(node.kind().children()),
            None => {}
        }
    }
    if buttons.is_empty() {
        return Err(Wrong::here("is a form without an action"));
    }
    let mut of_word = BTreeMap::new();
    for (word, confirmed) in buttons {
        let (n, any) = of_word.entry(word.as_str()).or_insert((0, false));
        *n += 1;
        *any |= confirmed;
        if *n > 1 && *any {
            let what = "and one of them is to be confirmed: give each an action of its own";
            return Err(Wrong::here(format!(
                "two buttons say {}, {what}",
                word.as_str()
            )));
        }
    }
    Ok(())
}

/// What a walk over a screen in the order of its drawing has met.
#[derive(Default)]
struct Walk<'a> {
    /// Fields of the whole screen.
    fields: BTreeSet<&'a str>,
    /// Fields of the form that it is in.
    before: BTreeSet<&'a str>,
}

/// What a node lies in.
#[derive(Clone, Copy, Default)]
struct Around {
    form: bool,
    paper: bool,
    condition: bool,
}

impl<'a> Walk<'a> {
    fn inside(&mut self, screen: &'a Screen, at: At, around: Around) -> Result<(), ScreenError> {
        let Some(node) = screen.node(at) else {
            return Ok(());
        };
        let here = |what: &str| ScreenError::new(format!("nodes[{at}]"), what);
        if let Some(condition) = screen.conditions.get(&at) {
            if !around.form {
                return Err(here("has show_if outside a form"));
            }
            let right = condition.sound(&self.before);
            right.map_err(|wrong| wrong.inside("show_if").of_node(at))?;
        }
        let condition = around.condition || screen.conditions.contains_key(&at);
        if let Some(input) = node.kind().input() {
            let field = input.field.as_str();
            if !around.form {
                return Err(here("is an input outside a form"));
            }
            if !self.fields.insert(field) {
                return Err(here(&format!("the field {field} is on the screen twice")));
            }
            self.before.insert(field);
        }
        if matches!(node, Node::Action(_)) && !around.form {
            return Err(here("is an action outside a form"));
        }
        if matches!(node, Node::Action(_)) && condition {
            return Err(here("is an action under show_if; buttons are always there"));
        }
        if matches!(node, Node::Form(_)) && around.form {
            return Err(here("is a form inside a form"));
        }
        if matches!(node, Node::Form(_)) {
            self.before.clear();
        }
        if matches!(node, Node::Form(_)) && around.paper {
            return Err(here("is a form on paper"));
        }
        if matches!(node, Node::Print(_)) && (around.form || around.paper) {
            return Err(here("is a sheet inside a form or another sheet"));
        }
        let form = around.form || matches!(node, Node::Form(_));
        let paper = around.paper || matches!(node, Node::Print(_));
        let around = Around {
            form,
            paper,
            condition,
        };
        let children = node.kind().children().iter();
        children
            .copied()
            .try_for_each(|child| self.inside(screen, child, around))
    }
}
