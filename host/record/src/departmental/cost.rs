//! What an answer of a departmental cost: what whoever ran it measured, and what the record saw of it.
//!
//! Invariant: an answer that nobody measured costs nothing here, and is still an answer.

use serde::{Deserialize, Serialize};

use crate::departmental::Answer;

/// What one call used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cost {
    /// Microseconds from the question to the answer, waiting included.
    pub micros: u64,
    /// Microseconds that it waited for its turn.
    pub waited_us: u64,
    /// Milliseconds that it computed, as a clock of some milliseconds sees it.
    pub computed_ms: u64,
    /// Bytes of memory at the most, summed over all its memories.
    pub memory_bytes: u64,
    /// Calls of host functions.
    pub host_calls: u32,
    /// Times that it read the chart.
    pub chart_calls: u32,
    /// Microseconds for which it waited for the chart.
    pub chart_us: u64,
    /// Bytes that the chart handed to it.
    pub read_bytes: u64,
    /// Bytes of its answer.
    pub answer_bytes: u64,
    /// Instructions that it carried out, where a measurement had them counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<u64>,
}

/// An answer, and what it cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// What it says.
    pub answer: Answer,
    /// What it used.
    pub cost: Cost,
}

impl From<Answer> for Answered {
    fn from(answer: Answer) -> Self {
        Self {
            answer,
            cost: Cost::default(),
        }
    }
}
