//! Departmentals that run apart: worker processes are started, lent for a call, taken back, and ended.
//!
//! Invariant: a process answers one call at a time and only ever for one release; whatever a process does, the call ends
//! within its time, and a process about which anything is in doubt is ended.

mod process;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use record::departmental::cost::Cost;
use record::departmental::{FailureKind, Question};

use crate::apart::process::{Broken, Process};
use crate::budget::{Budget, Exceeded, GRACE_MS, IDLE_OF_ONE_MAX, WORKERS_MAX, Weight};
use crate::compile::Program;
use crate::contract::{Facts, Version, Window};
use crate::guest::{Said, exceeded};
use crate::worker::wire::Begin;

/// Time beyond the guest's own until the host no longer waits for its worker, in milliseconds.
const WORKER_GRACE_MS: u64 = 2 * GRACE_MS;

/// All worker processes of a host. Cheap to clone; every clone is the same.
#[derive(Clone)]
pub(crate) struct Crew {
    inner: Arc<Inner>,
}

struct Inner {
    program: Program,
    budget: Budget,
    alive: Arc<AtomicUsize>,
    /// Processes that wait for a call, the one that waits longest first.
    idle: Mutex<VecDeque<(Arc<str>, Process)>>,
}

/// One release that runs apart.
pub(crate) struct Apart {
    crew: Crew,
    name: Arc<str>,
    /// What a process begins with: code is kept here, so that a process can be started when the cache is gone.
    begin: Arc<[u8]>,
}

impl Crew {
    pub(crate) fn new(program: Program, budget: Budget) -> Self {
        Self {
            inner: Arc::new(Inner {
                program,
                budget,
                alive: Arc::default(),
                idle: Mutex::default(),
            }),
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, VecDeque<(Arc<str>, Process)>> {
        self.inner
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// A process that waits with this release loaded and may be given calls of this weight, the one that was used last.
    fn waiting(&self, name: &Arc<str>, weight: Weight) -> Option<Process> {
        let mut process = {
            let mut idle = self.idle();
            let fits = |process: &Process| process.weight <= weight;
            let at = idle
                .iter()
                .rposition(|(of, process)| of == name && fits(process))?;
            idle.remove(at).map(|(_, process)| process)?
        };
        process.slow_for(weight).then_some(process)
    }

    /// A new process; where there are as many as there may be, one that waits for another release gives way.
    async fn start(&self, begin: &[u8], weight: Weight) -> Result<Process, Broken> {
        let place = loop {
            match Berth::take(&self.inner.alive) {
                Some(place) => break place,
                None => {
                    let longest = self.idle().pop_front();
                    drop(longest.ok_or(Broken::NoPlace)?);
                }
            }
        };
        Process::start(&self.inner.program, begin, place, weight).await
    }

    fn take_back(&self, name: &Arc<str>, process: Process) {
        let mut idle = self.idle();
        let of_one = idle.iter().filter(|(of, _)| of == name).count();
        if of_one < IDLE_OF_ONE_MAX {
            idle.push_back((name.clone(), process));
        }
    }
}

/// A process's place among those that may be; it is free again when this is dropped.
struct Berth {
    alive: Arc<AtomicUsize>,
}

impl Berth {
    fn take(alive: &Arc<AtomicUsize>) -> Option<Self> {
        let one_more = |alive: usize| (alive < WORKERS_MAX).then_some(alive + 1);
        alive
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more)
            .ok()?;
        Some(Self {
            alive: Arc::clone(alive),
        })
    }
}

impl Drop for Berth {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Apart {
    /// Starts a first process, which says whether the component fits the contract.
    ///
    /// # Errors
    /// What does not fit, or why there is no process, in words.
    pub(crate) async fn start(
        crew: &Crew,
        name: &str,
        version: Version,
        code: Vec<u8>,
    ) -> Result<Self, String> {
        let begin: Arc<[u8]> = Begin::frame(&crew.inner.budget, version, &code).into();
        drop(code);
        let process = crew
            .start(&begin, Weight::Light)
            .await
            .map_err(|why| why.to_string())?;
        let apart = Self {
            crew: crew.clone(),
            name: name.into(),
            begin,
        };
        crew.take_back(&apart.name, process);
        Ok(apart)
    }

    /// Puts a question to a process, which gives way to all others where the call is likely to be heavy. One that ended
    /// while it waited is replaced once: nothing came of its call.
    pub(crate) async fn ask(
        &self,
        facts: &Facts,
        question: &Question,
        window: &Arc<dyn Window>,
        weight: Weight,
    ) -> (Said, Cost) {
        let mut asked = match self.crew.waiting(&self.name, weight) {
            Some(process) => self.ask_of(process, facts, question, window).await,
            None => Err(Broken::Ended("none waits".into())),
        };
        if let Err(Broken::Ended(_)) = asked {
            asked = match self.crew.start(&self.begin, weight).await {
                Ok(process) => self.ask_of(process, facts, question, window).await,
                Err(why) => Err(why),
            };
        }
        asked.unwrap_or_else(|why| {
            let kind = match why {
                Broken::NoPlace => FailureKind::Busy,
                Broken::NotStarted(_) | Broken::Unfit(_) => FailureKind::Load,
                Broken::Ended(_) | Broken::Unreadable(_) => FailureKind::Trap,
                Broken::TooMuch(_) => FailureKind::Limit,
            };
            let what = why.to_string();
            (Said::Failed { kind, what }, Cost::default())
        })
    }

    async fn ask_of(
        &self,
        mut process: Process,
        facts: &Facts,
        question: &Question,
        window: &Arc<dyn Window>,
    ) -> Result<(Said, Cost), Broken> {
        let budget = &self.crew.inner.budget;
        let wall = Duration::from_millis(budget.wall_ms + WORKER_GRACE_MS);
        let call = process.call(budget, facts, question, window.as_ref());
        match tokio::time::timeout(wall, call).await {
            Ok(Ok(ended)) => {
                self.crew.take_back(&self.name, process);
                Ok(ended)
            }
            Ok(Err(Broken::Ended(_))) => Err(Broken::Ended(process.ending().await)),
            Ok(Err(why)) => Err(why),
            // It is ended when it is dropped.
            Err(_) => Ok((exceeded(Exceeded::Time(budget.wall_ms)), Cost::default())),
        }
    }
}
