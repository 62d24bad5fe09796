//! Putting a question to a departmental that is loaded: its turn, its call, and what it said as an answer.
//!
//! Invariant: every call has an instance of its own that is dropped with the call, and every ending, also a trap, is an
//! answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use record::departmental::cost::{Answered, Cost};
use record::departmental::{
    Answer, Call, Chart, Departmental, Failure, FailureKind, Question, Reply,
};
use serde_json::Value;

use crate::apart::Apart;
use crate::budget::{Budget, Exceeded, GRACE_MS, Weight};
use crate::contract::{Facts, Window};
use crate::guest::{Guest, Said, exceeded};
use crate::turns::{Turns, Whose};

/// A departmental, ready to be asked. Cheap to clone.
#[derive(Clone)]
pub struct Loaded {
    pub(super) ready: Arc<Ready>,
}

pub(super) struct Ready {
    /// Its digest.
    pub(super) name: Arc<str>,
    pub(super) budget: Budget,
    pub(super) turns: Turns,
    /// Whether its last call was heavy, so that the next one is likely to be.
    pub(super) was_heavy: AtomicBool,
    pub(super) runs: Runs,
}

/// Where it runs.
pub(super) enum Runs {
    /// In this process.
    Here(Guest),
    /// In processes of its own.
    Apart(Apart),
}

impl Departmental for Loaded {
    fn ask<'a>(
        &'a self,
        call: &'a Call,
        question: Question,
        chart: &'a Chart,
    ) -> Reply<'a, Answered> {
        let facts = Facts {
            site: call.site.to_string(),
            patient: call.patient.as_ref().map(|id| format!("Patient/{id}")),
            encounter: call.encounter.as_ref().map(|id| format!("Encounter/{id}")),
            role: call.role.to_string(),
            now: call.now.clone(),
            settings: call.settings.to_string(),
        };
        let departmental = call.release.id.as_str().into();
        Box::pin(async move {
            self.ask_as(departmental, facts, &question, Arc::new(chart.clone()))
                .await
        })
    }
}

impl Loaded {
    pub(super) fn new(ready: Ready) -> Self {
        Self {
            ready: Arc::new(ready),
        }
    }

    /// Puts a question with these facts and this window on the record, under the digest's own name.
    pub async fn ask_through(
        &self,
        facts: Facts,
        question: &Question,
        window: Arc<dyn Window>,
    ) -> Answered {
        let departmental = self.ready.name.clone();
        self.ask_as(departmental, facts, question, window).await
    }

    async fn ask_as(
        &self,
        departmental: Arc<str>,
        facts: Facts,
        question: &Question,
        window: Arc<dyn Window>,
    ) -> Answered {
        let whose = Whose {
            departmental,
            site: facts.site.as_str().into(),
        };
        let weight = match self.ready.was_heavy.load(Ordering::Relaxed) {
            true => Weight::Heavy,
            false => Weight::Light,
        };
        let turn = match self.ready.turns.take(&whose, weight).await {
            Ok(turn) => turn,
            Err(why) => {
                return Answered::from(Answer::Failed {
                    kind: FailureKind::Busy,
                    what: format!("{why}; try again in a moment"),
                });
            }
        };
        let (said, cost) = match &self.ready.runs {
            Runs::Here(guest) => self.ask_here(guest, facts, question, window, weight).await,
            Runs::Apart(apart) => apart.ask(&facts, question, &window, weight).await,
        };
        let is_heavy =
            Weight::of(&cost) == Weight::Heavy || said.failure() == Some(FailureKind::Timeout);
        self.ready.was_heavy.store(is_heavy, Ordering::Relaxed);
        let cost = Cost {
            waited_us: u64::try_from(turn.waited.as_micros()).unwrap_or(u64::MAX),
            answer_bytes: match &said {
                Said::Document(document) => document.len() as u64,
                Said::Refused(_) | Said::NotProvided | Said::Failed { .. } => 0,
            },
            ..cost
        };
        drop(turn);
        let answer = self.read(said, question);
        Answered { answer, cost }
    }

    async fn ask_here(
        &self,
        guest: &Guest,
        facts: Facts,
        question: &Question,
        window: Arc<dyn Window>,
        weight: Weight,
    ) -> (Said, Cost) {
        let wall_ms = self.ready.budget.wall_ms;
        let wall = Duration::from_millis(wall_ms + GRACE_MS);
        tokio::time::timeout(wall, guest.ask(facts, window, question, weight))
            .await
            .unwrap_or_else(|_| (exceeded(Exceeded::Time(wall_ms)), Cost::default()))
    }

    /// What was said as an answer; a document, if it is one: small enough, JSON, and of the format that the question
    /// asks for.
    fn read(&self, said: Said, question: &Question) -> Answer {
        let document = match said {
            Said::Document(document) => document,
            Said::Refused(failure) => return Answer::Refused(failure),
            Said::NotProvided => {
                return Answer::Refused(Failure {
                    code: "not-provided".into(),
                    detail: "the departmental does not export what would answer this".into(),
                });
            }
            Said::Failed { kind, what } => return Answer::Failed { kind, what },
        };
        let bytes_max = self.ready.budget.answer_bytes;
        if document.len() > bytes_max {
            return Answer::Failed {
                kind: FailureKind::Limit,
                what: Exceeded::Answer(bytes_max).to_string(),
            };
        }
        let malformed = |what: String| Answer::Failed {
            kind: FailureKind::Malformed,
            what,
        };
        let value: Value = match serde_json::from_str(&document) {
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
