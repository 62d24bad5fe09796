//! The departmental of maternity: pregnancies, their dating, growth, risk of clots, labour and birth.
//!
//! Invariant: every fact belongs to one pregnancy, one contact and, where it is about one, one fetus; no write reaches a
//! pregnancy that is closed.

mod apgar;
mod baby;
mod birth;
mod booking;
mod caseload;
mod centile;
mod clots;
mod contact;
mod contacts;
mod correction;
mod course;
mod crl;
mod dating;
mod delivery;
mod ending;
mod facts;
mod field;
mod gestation;
mod glance;
mod growth;
mod head;
mod help;
mod labour;
mod lmp;
mod loss;
mod mews;
mod overview;
mod pregnancy;
mod reaction;
mod refusal;
mod robson;
mod scan;
mod schedule;
mod sheet;
mod transfer;
mod visit;
mod vte;
mod weight;

#[cfg(test)]
mod tests;

use sdk::{
    Advice, Call, Departmental, Event, Failure, Form, Hook, Outcome, Parameters, Proposal, Screen,
};

/// The departmental.
#[derive(Debug, Clone, Copy)]
pub struct Maternity;

impl Departmental for Maternity {
    fn open(
        &self,
        call: &Call<'_>,
        screen: &str,
        parameters: &Parameters,
    ) -> Result<Screen, Failure> {
        match screen {
            "pregnancy" => overview::open(call),
            "booking" => booking::open(call),
            "dating" => scan::open(call),
            "visit" => visit::open(call),
            "growth" => growth::open(call),
            "clots" => clots::open(call),
            "labour" => delivery::open(call),
            "birth" => birth::open(call),
            "schedule" => schedule::open(call),
            "caseload" => caseload::open(call, parameters),
            "due" => caseload::due(call, parameters),
            "ending" => ending::open(call),
            "contacts" => contacts::open(call, parameters),
            "correction" => correction::open(call, parameters),
            "summary" => glance::open(call),
            "help" => help::open(call),
            other => Err(Failure::not_provided(format!(
                "maternity has no screen `{other}`"
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
            "booking" => booking::submit(call, action, form),
            "dating" => scan::submit(call, action, form),
            "visit" => visit::submit(call, action, form),
            "growth" => growth::submit(call, action, form),
            "clots" => clots::submit(call, action, form),
            "labour" => delivery::submit(call, action, form),
            "birth" => birth::submit(call, action, form),
            "ending" => ending::submit(call, action, form),
            "correction" => correction::submit(call, action, form),
            other => Err(Failure::not_provided(format!(
                "maternity has no form on a screen `{other}`"
            ))),
        }
    }

    fn react(&self, call: &Call<'_>, event: &Event) -> Result<Proposal, Failure> {
        reaction::react(call, event)
    }

    fn advise(&self, call: &Call<'_>, hook: &Hook) -> Result<Advice, Failure> {
        glance::advise(call, hook)
    }
}

sdk::export!(Maternity);
