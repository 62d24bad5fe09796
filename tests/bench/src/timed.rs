//! A loaded component whose answers are timed.
//!
//! Invariant: what is told is of the last answer.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use record::departmental::cost::Answered;
use record::departmental::{Call, Chart, Departmental, Question, Reply};
use sandbox::Loaded;

/// The component, and what its last answer took.
pub(crate) struct Timed {
    guest: Loaded,
    last: Mutex<Took>,
}

/// What an answer took.
#[derive(Clone, Copy, Default)]
pub(crate) struct Took {
    /// From the question to the answer.
    pub(crate) whole: Duration,
    /// Of that, waiting for the chart.
    waited: Duration,
}

impl Took {
    /// What the guest itself took.
    pub(crate) fn guest(self) -> Duration {
        self.whole.saturating_sub(self.waited)
    }
}

impl Timed {
    pub(crate) fn of(guest: Loaded) -> Self {
        Self {
            guest,
            last: Mutex::default(),
        }
    }

    pub(crate) fn last(&self) -> Took {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Departmental for Timed {
    fn ask<'a>(
        &'a self,
        call: &'a Call,
        question: Question,
        chart: &'a Chart,
    ) -> Reply<'a, Answered> {
        Box::pin(async move {
            let since = Instant::now();
            let answered = self.guest.ask(call, question, chart).await;
            let took = Took {
                whole: since.elapsed(),
                waited: Duration::from_micros(chart.spent().waited_us),
            };
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = took;
            answered
        })
    }
}
