//! Vital signs: the observation chart with the National Early Warning Score 2, and the form for a set of observations.
//!
//! Invariant: it knows no threshold, code or unit of its own; they are in the pack `news2`.

mod chart;
mod codes;
mod enter;
mod help;
mod news2;
mod pack;
mod sets;

// What is at the bedside or reads files stays here; the rules are tried in the sandbox as well.
#[cfg(all(test, not(target_family = "wasm")))]
mod tests;

use sdk::{Call, Departmental, Failure, Form, Outcome, Parameters, Screen};

/// The departmental.
#[derive(Debug, Clone, Copy)]
pub struct VitalSigns;

sdk::export!(VitalSigns);

impl Departmental for VitalSigns {
    fn open(&self, call: &Call<'_>, screen: &str, _: &Parameters) -> Result<Screen, Failure> {
        match screen {
            "chart" => chart::open(call),
            "enter" => enter::open(call),
            "help" => help::open(call),
            other => Err(Failure::not_provided(format!(
                "there is no screen `{other}`"
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
        match (screen, action) {
            ("enter", "file") => enter::submit(call, form),
            (screen, action) => Err(Failure::not_provided(format!(
                "there is no action `{action}` on a screen `{screen}`"
            ))),
        }
    }
}
