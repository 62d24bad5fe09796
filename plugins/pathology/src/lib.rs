//! The departmental of pathology: cumulative results, one test over time, acknowledgement, and acute kidney injury.
//!
//! Invariant: it knows no result, threshold or code list of its own; the chart has the one, the packs have the others.

mod acknowledge;
mod adjusted_calcium;
mod aki;
mod assessment;
mod autoverify;
mod calculated;
mod catalogue;
mod cumulative;
mod decimal;
mod delta;
mod egfr;
mod flag;
mod grid;
mod history;
mod moment;
mod pack;
mod quantity;
mod range;
mod reaction;
mod reports;
mod result;
mod review;
mod trend;
mod westgard;

#[cfg(test)]
mod tests;

use sdk::{Call, Departmental, Event, Failure, Form, Outcome, Parameters, Proposal, Screen};

/// The departmental.
#[derive(Debug, Clone, Copy)]
pub struct Pathology;

impl Departmental for Pathology {
    fn open(
        &self,
        call: &Call<'_>,
        screen: &str,
        parameters: &Parameters,
    ) -> Result<Screen, Failure> {
        match screen {
            "cumulative" => cumulative::open(call, parameters),
            "trend" => trend::open(call, parameters),
            "acknowledge" => acknowledge::open(call),
            other => Err(Failure::not_provided(format!(
                "pathology has no screen `{other}`"
            ))),
        }
    }

    fn submit(
        &self,
        call: &Call<'_>,
        screen: &str,
        action: &str,
        form: &Form,
    ) -> Result<Outcome, Failure> {
        match screen {
            "acknowledge" => acknowledge::submit(call, action, form),
            other => Err(Failure::not_provided(format!(
                "pathology has no form on a screen `{other}`"
            ))),
        }
    }

    fn react(&self, call: &Call<'_>, event: &Event) -> Result<Proposal, Failure> {
        reaction::react(call, event)
    }
}

sdk::export!(Pathology);
