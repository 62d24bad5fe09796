//! The departmental of pathology: from a request to a result that was released or authorised, read, acted on and told.
//!
//! Invariant: it knows no result, threshold or code list of its own; the chart has the one, the packs have the others.

mod acknowledge;
mod adjusted_calcium;
mod advice;
mod aki;
mod assessment;
mod authorise;
mod autoverify;
mod calculated;
mod calls;
mod catalogue;
mod control;
mod control_entry;
mod control_run;
mod cumulative;
mod delta;
mod device;
mod egfr;
mod entry;
mod flag;
mod fulfilment;
mod grid;
mod held;
mod help;
mod history;
mod intake;
mod laboratory;
mod levey_jennings;
mod material;
mod order;
mod quality_control;
mod quantity;
mod range;
mod reaction;
mod reports;
mod request;
mod result;
mod review;
mod settings;
mod summary;
mod trend;
mod westgard;
mod worklist;

#[cfg(test)]
mod random;
// Whole calls need files and the bedside; the tests of the rules themselves run in the sandbox too.
#[cfg(all(test, not(target_family = "wasm")))]
mod tests;

use sdk::{
    Advice, Call, Departmental, Event, Failure, Form, Hook, Outcome, Parameters, Proposal, Screen,
};

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
            "summary" => summary::open(call),
            "requests" => request::open(call),
            "enter" => entry::open(call),
            "authorise" => authorise::open(call),
            "calls" => calls::open(call),
            "help" => help::open(call),
            "control" => quality_control::open(call, parameters),
            "bench" => worklist::bench(call, parameters),
            "worklist" => worklist::sections(call, parameters),
            "critical-calls" => worklist::critical_calls(call, parameters),
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
            "requests" => request::submit(call, action, form),
            "enter" => entry::submit(call, action, form),
            "authorise" => authorise::submit(call, action, form),
            "control" => quality_control::submit(call, action, form),
            "calls" => calls::submit(call, action, form),
            other => Err(Failure::not_provided(format!(
                "pathology has no form on a screen `{other}`"
            ))),
        }
    }

    fn convert(&self, call: &Call<'_>, format: &str, message: &[u8]) -> Result<Proposal, Failure> {
        intake::convert(call, format, message)
    }

    fn advise(&self, call: &Call<'_>, hook: &Hook) -> Result<Advice, Failure> {
        advice::advise(call, &hook.name)
    }

    fn react(&self, call: &Call<'_>, event: &Event) -> Result<Proposal, Failure> {
        reaction::react(call, event)
    }
}

sdk::export!(Pathology);
