//! One loaded component and its call: a fresh instance, its bounds, and whatever ends it as something said.
//!
//! Invariant: the same code answers in the host's own process and in a worker's; nothing of a call outlives it.

use std::sync::Arc;

use record::departmental::cost::Cost;
use record::departmental::{Failure, FailureKind, Question};
use wasmtime::component::{Component, InstancePre};
use wasmtime::{Engine, PoolConcurrencyLimitError, Store, Trap, UpdateDeadline};

use crate::budget::{Budget, Exceeded, Usage, Weight};
use crate::contract::exports::Exports;
use crate::contract::{Facts, Version, Visit, Window, v0_1, v0_2};
use crate::engine::Counting;
use crate::lane::Lanes;

/// Handles of resources: the contract has none.
const HANDLES_MAX: usize = 16;

/// Instructions that a call which is counted may carry out: more than its time lasts for.
const FUEL: u64 = u64::MAX;

/// A component that can be called.
pub(crate) struct Guest {
    pub(crate) engine: Engine,
    pub(crate) budget: Budget,
    pub(crate) lanes: Lanes,
    counting: Counting,
    exports: Exports,
    /// Joined to the host functions of the version that it was built against, chosen when it was loaded.
    ready: InstancePre<Visit>,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// With a document, not looked at yet.
    Document(String),
    /// With a "no" of its own.
    Refused(Failure),
    /// It does not export what would answer.
    NotProvided,
    /// It failed.
    Failed {
        /// How.
        kind: FailureKind,
        /// What happened.
        what: String,
    },
}

impl Said {
    /// How it failed, if it did.
    pub(crate) fn failure(&self) -> Option<FailureKind> {
        match self {
            Self::Failed { kind, .. } => Some(*kind),
            Self::Document(_) | Self::Refused(_) | Self::NotProvided => None,
        }
    }
}

impl Guest {
    /// Joins a component to the host functions of its version of the contract.
    ///
    /// # Errors
    /// What does not fit the contract, in words.
    pub(crate) fn link(
        engine: &Engine,
        component: &Component,
        version: Version,
        budget: Budget,
        lanes: Lanes,
        counting: Counting,
    ) -> Result<Self, String> {
        let link = |wrong: wasmtime::Error| format!("{wrong:#}");
        let linker = match version {
            Version::V0_1 => v0_1::linker(engine),
            Version::V0_2 => v0_2::linker(engine),
        };
        let exports = Exports::probe(component, version)?;
        let ready = linker.and_then(|linker| linker.instantiate_pre(component));
        Ok(Self {
            engine: engine.clone(),
            budget,
            lanes,
            counting,
            exports,
            ready: ready.map_err(link)?,
        })
    }

    /// Puts a question, without a bound on what waiting for the window may take: who asks has one. A call that is likely
    /// to be heavy computes in the lane from the first moment on.
    pub(crate) async fn ask(
        &self,
        facts: Facts,
        window: Arc<dyn Window>,
        question: &Question,
        weight: Weight,
    ) -> (Said, Cost) {
        let mut store = self.store(Visit {
            facts,
            window,
            usage: Usage::new(self.budget),
            lane: self.lanes.call(),
        });
        if weight == Weight::Heavy {
            store.data().lane.after_the_others().await;
        }
        // The store goes with this future, whichever way it ends.
        let said = match self.answer(&mut store, question).await {
            Ok(Some(Ok(document))) => Said::Document(document),
            Ok(Some(Err(failure))) => Said::Refused(failure),
            Ok(None) => Said::NotProvided,
            Err(wrong) => failed(&wrong),
        };
        let cost = Cost {
            instructions: self.counted(&store),
            ..store.data().usage.cost()
        };
        (said, cost)
    }

    /// How many instructions were carried out, where they are counted.
    fn counted(&self, store: &Store<Visit>) -> Option<u64> {
        match self.counting {
            Counting::Nothing => None,
            Counting::Instructions => store.get_fuel().ok().map(|left| FUEL - left),
        }
    }

    fn store(&self, visit: Visit) -> Store<Visit> {
        let mut store = Store::new(&self.engine, visit);
        if self.counting == Counting::Instructions {
            // An engine that counts takes it; should one not, the call ends at its first instruction.
            drop(store.set_fuel(FUEL));
        }
        store.limiter(|visit| &mut visit.usage);
        store.set_hostcall_fuel(2 * self.budget.answer_bytes);
        store.set_max_component_handles(HANDLES_MAX);
        store.epoch_deadline_callback(|mut visit| {
            visit.data_mut().usage.tick()?;
            let turn = visit.data().lane.after_the_others();
            Ok(UpdateDeadline::YieldCustom(1, Box::pin(turn)))
        });
        store.set_epoch_deadline(1);
        store
    }

    pub(crate) async fn answer(
        &self,
        store: &mut Store<Visit>,
        question: &Question,
    ) -> wasmtime::Result<Option<Result<String, Failure>>> {
        let instance = self.ready.instantiate_async(&mut *store).await?;
        self.exports.ask(store, &instance, question).await
    }
}

/// Which bound was exceeded, as a way of failing.
pub(crate) fn exceeded(which: Exceeded) -> Said {
    let kind = match which {
        Exceeded::Time(_) => FailureKind::Timeout,
        Exceeded::Memory(_)
        | Exceeded::Tables(_)
        | Exceeded::HostCalls(_)
        | Exceeded::Answer(_)
        | Exceeded::Argument => FailureKind::Limit,
    };
    Said::Failed {
        kind,
        what: which.to_string(),
    }
}

/// Whatever ended a call, as something said.
fn failed(wrong: &wasmtime::Error) -> Said {
    if let Some(which) = wrong.downcast_ref::<Exceeded>() {
        return exceeded(*which);
    }
    let kind = if wrong.is::<PoolConcurrencyLimitError>() {
        FailureKind::Busy
    } else {
        match wrong.downcast_ref::<Trap>() {
            Some(Trap::StackOverflow) => FailureKind::Limit,
            Some(_) => FailureKind::Trap,
            // What the engine refuses to carry over: no UTF-8, outside the guest's memory, or endlessly long.
            None => FailureKind::Malformed,
        }
    };
    Said::Failed {
        kind,
        what: format!("{wrong:#}"),
    }
}
