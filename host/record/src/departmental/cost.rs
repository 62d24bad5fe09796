//! What an answer of a departmental cost, as whoever ran it measured it.
//!
//! Invariant: an answer that nobody measured costs nothing here, and is still an answer.

use crate::departmental::Answer;

/// What one call used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Microseconds that it waited for its turn.
    pub waited_us: u64,
    /// Bytes of memory at the most, summed over all its memories.
    pub memory_bytes: u64,
    /// Calls of host functions.
    pub host_calls: u32,
    /// Bytes that the chart and the packs handed to it.
    pub read_bytes: u64,
    /// Bytes of its answer.
    pub answer_bytes: u64,
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
