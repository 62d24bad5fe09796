//! Nodes that lead through a task: its steps, the answers to be checked before it is sent, and what goes on paper.
//!
//! Invariant: as its parent's.

use serde::Deserialize;

use super::{At, Kind, Target, Value};
use crate::screen::check::{Wrong, within};
use crate::screen::word::{Line, Reference, When};

#[derive(Debug, Deserialize)]
pub(crate) struct TaskSteps {
    pub(crate) caption: Line,
    pub(crate) steps: Vec<Step>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    pub(crate) label: Line,
    pub(crate) state: StepState,
    pub(crate) note: Option<Line>,
    pub(crate) due: Option<When>,
    pub(crate) link: Option<Target>,
}

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum StepState {
    ToDo,
    Current,
    Done,
    Overdue,
    CannotStart,
    NotNeeded,
}

impl Kind for TaskSteps {
    fn sound(&self) -> Result<(), Wrong> {
        within("steps", self.steps.len(), 1, 100)
    }
}

/// A sheet of paper: of a page that has any, nothing else is printed.
#[derive(Debug, Deserialize)]
pub(crate) struct Print {
    pub(crate) title: Line,
    pub(crate) note: Option<Line>,
    pub(crate) children: Vec<At>,
}

impl Kind for Print {
    fn children(&self) -> &[At] {
        &self.children
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct CheckAnswers {
    pub(crate) rows: Vec<Answered>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answered {
    pub(crate) label: Line,
    pub(crate) value: Value,
    pub(crate) change: Option<Target>,
}

impl Kind for CheckAnswers {
    fn sound(&self) -> Result<(), Wrong> {
        within("rows", self.rows.len(), 1, 200)
    }

    fn references<'a>(&'a self, found: &mut Vec<&'a Reference>) {
        found.extend(self.rows.iter().filter_map(|row| row.value.reference()));
    }
}
