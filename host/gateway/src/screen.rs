//! A departmental's screen: a `screen/1` document read into a tree within its bounds, and drawn by this host alone.
//!
//! Invariant: a screen that breaks a bound is refused whole and says why; nothing of it is cut off in silence.

mod check;
pub(crate) mod coded;
pub(crate) mod condition;
mod dose;
pub(crate) mod draw;
pub(crate) mod node;
mod read;
pub(crate) mod seal;
pub(crate) mod sent;
pub(crate) mod word;

use std::collections::BTreeMap;

use serde_json::Value;

use condition::{Answers, Condition};
use node::{At, Node};
use word::{Line, Reference};

/// Nodes of one screen: more than any page that can be read at a bedside.
pub const NODES_MAX: usize = 2_000;
/// Levels of nodes, the root counted as 1: the drawing descends as deep.
pub const DEPTH_MAX: usize = 12;
/// Bytes of a screen as compact JSON.
pub const BYTES_MAX: usize = 512 * 1024;
/// Cells of all grids of a screen: they are drawn whether the document fills them or not, so its size does not bound them.
pub const CELLS_MAX: usize = 12_000;

/// A screen within its bounds.
#[derive(Debug)]
pub struct Screen {
    title: Option<Line>,
    root: At,
    nodes: Vec<Node>,
    /// When a node and what is below it are there; without one they are.
    conditions: BTreeMap<At, Condition>,
}

/// Why a document is no screen: where in it, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {what}")]
pub struct ScreenError {
    /// Where in the document, for example `nodes[3].rows[1].label`.
    pub at: String,
    /// What is wrong.
    pub what: String,
}

impl ScreenError {
    fn new(at: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            at: short(at.into()),
            what: short(what.into()),
        }
    }
}

/// What is said may quote the document, which is as long as somebody made it.
fn short(said: String) -> String {
    const SAID_CHARS_MAX: usize = 300;
    match said.char_indices().nth(SAID_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &said[..end]),
        None => said,
    }
}

impl Screen {
    /// Reads a document.
    ///
    /// # Errors
    /// The first thing in it that breaks the schema or a bound.
    pub fn parse(document: &Value) -> Result<Self, ScreenError> {
        let screen = read::screen(document)?;
        check::tree(&screen)?;
        check::forms(&screen)?;
        Ok(screen)
    }

    /// Its title, where it gives one.
    pub(crate) fn title(&self) -> Option<&str> {
        self.title.as_ref().map(Line::as_str)
    }

    /// Whether something on it can be sent.
    pub(crate) fn can_be_sent(&self) -> bool {
        self.nodes
            .iter()
            .any(|node| matches!(node, Node::Form(_) | Node::Action(_)))
    }

    /// The patients and actors that it refers to, whose names the host writes.
    pub(crate) fn references(&self) -> Vec<&Reference> {
        let mut found = Vec::new();
        for node in &self.nodes {
            node.kind().references(&mut found);
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether the answers so far call for a node.
    fn shows(&self, at: At, answers: &Answers) -> bool {
        self.conditions
            .get(&at)
            .is_none_or(|condition| condition.holds(answers))
    }

    fn node(&self, at: At) -> Option<&Node> {
        self.nodes.get(at)
    }
}

#[cfg(test)]
mod tests;
