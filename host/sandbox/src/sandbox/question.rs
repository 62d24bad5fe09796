//! Putting a question to a departmental that is loaded.
//!
//! Every call has an instance of its own that is dropped with the call, and every ending, also a trap, is an answer.

use std::sync::Arc;
use std::time::Duration;

use record::departmental::{
    Answer, Call, Chart, Departmental, Failure, FailureKind, Question, Reply,
};
use serde_json::Value;
use tokio::sync::Semaphore;
use wasmtime::component::InstancePre;
use wasmtime::{Engine, PoolConcurrencyLimitError, Store, Trap, UpdateDeadline};

use crate::budget::{Budget, CALLS_MAX, Exceeded, Usage, WAIT_MS};
use crate::contract::exports::Exports;
use crate::contract::{Facts, Visit, Window};

/// Time that waiting for a host function may take beyond the call's own, in milliseconds: the next tick tells which
/// bound it was.
const GRACE_MS: u64 = 100;
/// Handles of resources: the contract has none.
const HANDLES_MAX: usize = 16;

/// A departmental, ready to be asked. Cheap to clone.
#[derive(Clone)]
pub struct Loaded {
    pub(super) engine: Engine,
    pub(super) budget: Budget,
    pub(super) turns: Arc<Semaphore>,
    pub(super) answers: Arc<Answers>,
}

/// A component joined to the host functions of the version that it was built against, chosen when it was loaded.
pub(super) struct Answers {
    pub(super) exports: Exports,
    pub(super) ready: InstancePre<Visit>,
}

impl Departmental for Loaded {
    fn ask<'a>(
        &'a self,
        call: &'a Call,
        question: Question,
        chart: &'a Chart,
    ) -> Reply<'a, Answer> {
        let facts = Facts {
            site: call.site.to_string(),
            patient: call.patient.as_ref().map(|id| format!("Patient/{id}")),
            encounter: call.encounter.as_ref().map(|id| format!("Encounter/{id}")),
            role: call.role.to_string(),
            now: call.now.clone(),
            settings: call.settings.to_string(),
        };
        Box::pin(async move {
            self.ask_through(facts, &question, Arc::new(chart.clone()))
                .await
        })
    }
}

impl Loaded {
    /// Puts a question with these facts and this window on the record.
    pub async fn ask_through(
        &self,
        facts: Facts,
        question: &Question,
        window: Arc<dyn Window>,
    ) -> Answer {
        let wait = Duration::from_millis(WAIT_MS);
        let Ok(Ok(_turn)) = tokio::time::timeout(wait, self.turns.acquire()).await else {
            return busy(format!(
                "{CALLS_MAX} calls are being answered; try again in a moment"
            ));
        };
        let mut store = self.store(Visit {
            facts,
            window,
            usage: Usage::new(self.budget),
        });
        // The store goes with this future, whichever way it ends.
        let wall = Duration::from_millis(self.budget.wall_ms + GRACE_MS);
        let answered = match tokio::time::timeout(wall, self.answer(&mut store, question)).await {
            Ok(answered) => answered,
            Err(_) => Err(Exceeded::Time(self.budget.wall_ms).into()),
        };
        match answered {
            Ok(Some(Ok(document))) => self.read(&document, question),
            Ok(Some(Err(failure))) => Answer::Refused(failure),
            Ok(None) => Answer::Refused(Failure {
                code: "not-provided".into(),
                detail: "the departmental does not export what would answer this".into(),
            }),
            Err(wrong) => failed(&wrong),
        }
    }

    fn store(&self, visit: Visit) -> Store<Visit> {
        let mut store = Store::new(&self.engine, visit);
        store.limiter(|visit| &mut visit.usage);
        store.set_hostcall_fuel(2 * self.budget.answer_bytes);
        store.set_max_component_handles(HANDLES_MAX);
        store.epoch_deadline_callback(|visit| {
            visit.data().usage.in_time()?;
            Ok(UpdateDeadline::Yield(1))
        });
        store.set_epoch_deadline(1);
        store
    }

    pub(super) async fn answer(
        &self,
        store: &mut Store<Visit>,
        question: &Question,
    ) -> wasmtime::Result<Option<Result<String, Failure>>> {
        let Answers { exports, ready } = &*self.answers;
        let instance = ready.instantiate_async(&mut *store).await?;
        exports.ask(store, &instance, question).await
    }

    /// A document as an answer, if it is one: small enough, JSON, and of the format that the question asks for.
    fn read(&self, document: &str, question: &Question) -> Answer {
        if document.len() > self.budget.answer_bytes {
            return Answer::Failed {
                kind: FailureKind::Limit,
                what: Exceeded::Answer(self.budget.answer_bytes).to_string(),
            };
        }
        let malformed = |what: String| Answer::Failed {
            kind: FailureKind::Malformed,
            what,
        };
        let value: Value = match serde_json::from_str(document) {
            Ok(value) => value,
            Err(wrong) => return malformed(format!("its answer is not JSON: {wrong}")),
        };
        let format = match question {
            Question::Open { .. } => "screen",
            Question::Submit { .. } => "outcome",
            Question::React { .. } | Question::Convert { .. } => "proposal",
            Question::Advise { .. } => "advice",
        };
        if value.get(format).and_then(Value::as_u64) != Some(1) {
            return malformed(format!(
                "its answer is not {format}/1: the member `{format}` must be 1"
            ));
        }
        match question {
            Question::Open { .. } => Answer::Screen(value),
            Question::Submit { .. } => Answer::Outcome(value),
            Question::React { .. } | Question::Convert { .. } => Answer::Proposal(value),
            Question::Advise { .. } => Answer::Advice(value),
        }
    }
}

fn busy(detail: String) -> Answer {
    Answer::Refused(Failure {
        code: "busy".into(),
        detail,
    })
}

/// Whatever ended a call, as an answer.
fn failed(wrong: &wasmtime::Error) -> Answer {
    if let Some(exceeded) = wrong.downcast_ref::<Exceeded>() {
        let kind = match exceeded {
            Exceeded::Time(_) => FailureKind::Timeout,
            Exceeded::Memory(_)
            | Exceeded::Tables(_)
            | Exceeded::HostCalls(_)
            | Exceeded::Answer(_)
            | Exceeded::Argument => FailureKind::Limit,
        };
        return Answer::Failed {
            kind,
            what: exceeded.to_string(),
        };
    }
    if let Some(full) = wrong.downcast_ref::<PoolConcurrencyLimitError>() {
        return busy(format!("{full}; try again in a moment"));
    }
    let kind = match wrong.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => FailureKind::Limit,
        Some(_) => FailureKind::Trap,
        // What the engine refuses to carry over: no UTF-8, outside the guest's memory, or endlessly long.
        None => FailureKind::Malformed,
    };
    Answer::Failed {
        kind,
        what: format!("{wrong:#}"),
    }
}
