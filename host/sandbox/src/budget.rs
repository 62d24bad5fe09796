//! What one call of a departmental may use, each bound with its unit and its reason.
//!
//! Bounds hold for the call as a whole: memory is summed over every memory of every instance in it.

use std::time::{Duration, Instant};

use record::departmental::cost::Cost;
use record::limits::{ASK_MS_MAX, CHART_BYTES_MAX, PROPOSAL_BYTES_MAX, SCREEN_BYTES_MAX};
use wasmtime::ResourceLimiter;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// Calls answered at the same moment: two cores are busy with far fewer, and each holds a slot of the pool.
pub(crate) const CALLS_MAX: u32 = 32;
/// Of these for one departmental, over all sites: three quarters, so that a flood leaves turns to the others.
pub(crate) const DEPARTMENTAL_CALLS_MAX: usize = 24;
/// Of these for one departmental at one site: half.
pub(crate) const POST_CALLS_MAX: usize = 16;
/// Of these for heavy departmentals, whose last call computed for long or held much: twice the processors of a small
/// host, since some wait for the chart while others compute.
pub(crate) const HEAVY_CALLS_MAX: usize = 4;
/// A call that computed for so many milliseconds was heavy: several ticks, for on a busy machine any call may meet one.
const HEAVY_MS: u64 = 4 * TICK_MS;
/// A call that held so many bytes of memory was heavy: a screen of some thousand rows holds a quarter of it.
const HEAVY_BYTES: u64 = 16 * MIB as u64;
/// Calls that wait for their turn: more than two cores answer while a call waits.
pub(crate) const WAITING_MAX: usize = 1_024;
/// Of these for one departmental at one site.
pub(crate) const POST_WAITING_MAX: usize = 128;
/// Processes in which departmentals run apart: one for each call, and some that wait.
pub(crate) const WORKERS_MAX: usize = CALLS_MAX as usize + 8;
/// Of these, waiting for calls of one release: two cores answer with no more.
pub(crate) const IDLE_OF_ONE_MAX: usize = 4;
/// How long a call waits for its turn before the answer is `busy`, in milliseconds: a clinician waits no longer.
pub(crate) const WAIT_MS: u64 = 2_000;
/// Core instances in one component: `wit-component` makes three of a Rust guest, fewer than ten of one in JavaScript, and
/// forty of one in Python, whose libraries are modules of their own.
pub(crate) const CORE_INSTANCES_MAX: u32 = 64;
/// Memories in one component: one as a rule, two with an adapter.
pub(crate) const MEMORIES_MAX: u32 = 8;
/// Tables in one component: two as a rule.
pub(crate) const TABLES_MAX: u32 = 8;
/// What a guest may use of the stack, in bytes: as much as a native thread's half; deep recursion ends here.
pub(crate) const WASM_STACK_BYTES_MAX: usize = 512 * KIB;
/// The stack that guest and host functions share, in bytes: what the host does for a guest needs its own part.
pub(crate) const STACK_BYTES: usize = 2 * MIB;
/// How often a running guest is looked at, in milliseconds: how long it holds a thread before others get their turn.
pub(crate) const TICK_MS: u64 = 5;
/// Time that waiting for a host function may take beyond the call's own, in milliseconds: the next tick tells which
/// bound it was.
pub(crate) const GRACE_MS: u64 = 100;
/// The longest note in the journal, in bytes: a line or two.
pub(crate) const NOTE_BYTES_MAX: usize = 2 * KIB;
/// The longest reference, query or name that a guest may hand to the host, in bytes.
pub(crate) const ARGUMENT_BYTES_MAX: usize = 16 * KIB;
/// A component larger than this is not loaded, in bytes: as `departmental check` says to the supplier, with room for
/// guests that bring an interpreter.
pub(crate) const COMPONENT_BYTES_MAX: usize = 64 * MIB;

const _: () = assert!(
    WASM_STACK_BYTES_MAX < STACK_BYTES,
    "host functions need a part of the stack"
);

const _: () = assert!(
    POST_CALLS_MAX < DEPARTMENTAL_CALLS_MAX && DEPARTMENTAL_CALLS_MAX < CALLS_MAX as usize,
    "no departmental and no site takes every turn"
);
const _: () = assert!(
    HEAVY_CALLS_MAX < POST_CALLS_MAX,
    "heavy ones leave turns to others of their site"
);
const _: () = assert!(POST_WAITING_MAX < WAITING_MAX);

const WALL_MS_MAX: u64 = 2_000;
const ANSWER_BYTES_MAX: usize = 2 * MIB;
const _: () = assert!(
    WALL_MS_MAX < ASK_MS_MAX,
    "the sandbox stops a call before the record stops waiting for it"
);
const _: () = assert!(
    ANSWER_BYTES_MAX >= SCREEN_BYTES_MAX + PROPOSAL_BYTES_MAX,
    "an answer over the record's own bounds is told as such by the record"
);

/// What one call may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Bytes of linear memory, summed over every memory: parsing a full page of resources takes a third of it.
    pub memory_bytes: usize,
    /// Elements of tables, summed: a large guest has a few thousand functions.
    pub table_elements: usize,
    /// Milliseconds from the start to the answer, waiting for the chart included: longer than a clinician waits.
    pub wall_ms: u64,
    /// Calls of host functions: a screen makes some dozens.
    pub host_calls: u32,
    /// Bytes that the chart and the packs hand to the guest, summed: about ten thousand whole resources.
    pub chart_bytes: usize,
    /// Bytes of the answer: a screen and a proposal, and room in which the record says that one of them is too large.
    pub answer_bytes: usize,
    /// Notes in the journal; later ones are dropped.
    pub notes: u32,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            memory_bytes: 64 * MIB,
            table_elements: 20_000,
            wall_ms: WALL_MS_MAX,
            host_calls: 10_000,
            chart_bytes: CHART_BYTES_MAX,
            answer_bytes: ANSWER_BYTES_MAX,
            notes: 100,
        }
    }
}

/// Which bound a call ran into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Exceeded {
    #[error("it wanted more than {0} bytes of memory, summed over all its memories")]
    Memory(usize),
    #[error("it wanted more than {0} elements in its tables")]
    Tables(usize),
    #[error("it had no answer after {0} ms")]
    Time(u64),
    #[error("it called the host more than {0} times")]
    HostCalls(u32),
    #[error("its answer has more than {0} bytes")]
    Answer(usize),
    #[error("it handed the host an argument of more than {ARGUMENT_BYTES_MAX} bytes")]
    Argument,
}

/// What a call has used so far.
#[derive(Debug)]
pub(crate) struct Usage {
    budget: Budget,
    started: Instant,
    memory_bytes: usize,
    table_elements: usize,
    ticks: u32,
    host_calls: u32,
    chart_bytes: usize,
    notes: u32,
}

/// What a departmental's calls are like, going by its last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    /// Soon over.
    Light,
    /// It computes for long or holds much memory: such calls are few at a time and give way to others.
    Heavy,
}

impl Weight {
    /// Of a call with this cost.
    pub(crate) fn of(cost: &Cost) -> Self {
        match cost.computed_ms >= HEAVY_MS || cost.memory_bytes >= HEAVY_BYTES {
            true => Self::Heavy,
            false => Self::Light,
        }
    }
}

impl Usage {
    pub(crate) fn new(budget: Budget) -> Self {
        Self {
            budget,
            started: Instant::now(),
            memory_bytes: 0,
            table_elements: 0,
            ticks: 0,
            host_calls: 0,
            chart_bytes: 0,
            notes: 0,
        }
    }

    /// What was used until now.
    pub(crate) fn cost(&self) -> Cost {
        Cost {
            computed_ms: TICK_MS * u64::from(self.ticks),
            memory_bytes: self.memory_bytes as u64,
            host_calls: self.host_calls,
            ..Cost::default()
        }
    }

    /// Whether the call is still within its time.
    pub(crate) fn in_time(&self) -> Result<(), Exceeded> {
        if self.started.elapsed() < Duration::from_millis(self.budget.wall_ms) {
            Ok(())
        } else {
            Err(Exceeded::Time(self.budget.wall_ms))
        }
    }

    /// Counts a tick of the engine's clock that the guest met while it computed.
    pub(crate) fn tick(&mut self) -> Result<(), Exceeded> {
        self.ticks = self.ticks.saturating_add(1);
        self.in_time()
    }

    /// Counts a call of a host function with these bytes as arguments. The time is looked at too, since a guest that
    /// does nothing but call the host may never be interrupted.
    pub(crate) fn host_call(&mut self, argument_bytes: usize) -> Result<(), Exceeded> {
        self.host_calls = self.host_calls.saturating_add(1);
        if self.host_calls > self.budget.host_calls {
            return Err(Exceeded::HostCalls(self.budget.host_calls));
        }
        if argument_bytes > ARGUMENT_BYTES_MAX {
            return Err(Exceeded::Argument);
        }
        self.in_time()
    }

    /// Counts what the chart hands out; false when it would be more than the call may have.
    pub(crate) fn hand_out(&mut self, bytes: usize) -> bool {
        self.chart_bytes = self.chart_bytes.saturating_add(bytes);
        self.chart_bytes <= self.budget.chart_bytes
    }

    /// Counts a note; false when it is to be dropped.
    pub(crate) fn note(&mut self) -> bool {
        self.notes = self.notes.saturating_add(1);
        self.notes <= self.budget.notes
    }
}

impl ResourceLimiter for Usage {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let sum = self
            .memory_bytes
            .saturating_add(desired.saturating_sub(current));
        if sum > self.budget.memory_bytes {
            return Err(Exceeded::Memory(self.budget.memory_bytes).into());
        }
        self.memory_bytes = sum;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let sum = self
            .table_elements
            .saturating_add(desired.saturating_sub(current));
        if sum > self.budget.table_elements {
            return Err(Exceeded::Tables(self.budget.table_elements).into());
        }
        self.table_elements = sum;
        Ok(true)
    }

    fn instances(&self) -> usize {
        CORE_INSTANCES_MAX as usize
    }

    fn tables(&self) -> usize {
        TABLES_MAX as usize
    }

    fn memories(&self) -> usize {
        MEMORIES_MAX as usize
    }
}

#[cfg(test)]
mod tests;
