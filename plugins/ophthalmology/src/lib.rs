//! The departmental of ophthalmology: visits of both eyes, drawings, retinopathy, biometry, cataract surgery, glaucoma.
//!
//! Invariant: every finding is of one eye, and no threshold or code list is in code; the packs have them.

mod acuity;
mod alerts;
mod biometry;
mod bounds;
mod capsule_risk;
#[cfg(test)]
mod cases;
mod cataract;
mod drawing;
mod examination;
mod eye;
mod follow_up;
mod glaucoma;
mod grading;
mod help;
mod keratometry;
mod lists;
mod notes;
mod pack;
mod pathway;
mod pressure;
mod reading;
mod refraction;
mod refusal;
mod retinopathy;
mod srk_t;
mod summary;
mod target;
mod trends;
mod typed;
mod visit;

#[cfg(all(test, not(target_family = "wasm")))]
mod tests;

use sdk::{
    Advice, Call, Departmental, Event, Failure, Form, Hook, Outcome, Parameters, Proposal, Screen,
};

/// The packs of the manifest with their names as they are read.
const PACKS: [(&str, &str); 8] = [
    ("acuity", "Acuity"),
    ("pressure", "Pressure"),
    ("refraction", "Refraction"),
    ("retinopathy", "Grading"),
    ("biometry", "Biometry"),
    ("capsule-risk", "Risk"),
    ("glaucoma", "Follow-up"),
    ("drawing", "Drawing"),
];

/// The departmental.
#[derive(Debug, Clone, Copy)]
pub struct Ophthalmology;

impl Departmental for Ophthalmology {
    fn open(
        &self,
        call: &Call<'_>,
        screen: &str,
        parameters: &Parameters,
    ) -> Result<Screen, Failure> {
        match screen {
            "visit" => visit::open(call),
            "drawing" => drawing::open(call),
            "retinopathy" => grading::open(call),
            "biometry" => biometry::open(call),
            "cataract" => cataract::open(call),
            "glaucoma" => glaucoma::open(call),
            "pathway" => pathway::open(call),
            "summary" => summary::open(call),
            "trends" => trends::open(call, parameters),
            "help" => help::open(call),
            "clinic" => lists::clinic(call, parameters),
            "overdue" => lists::overdue(call, parameters),
            other => Err(Failure::not_provided(format!(
                "ophthalmology has no screen `{other}`"
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
            "visit" => visit::submit(call, action, form),
            "drawing" => drawing::submit(call, action, form),
            "retinopathy" => grading::submit(call, action, form),
            "biometry" => biometry::submit(call, action, form),
            "cataract" => cataract::submit(call, action, form),
            "glaucoma" => glaucoma::submit(call, action, form),
            "pathway" => pathway::submit(call, action, form),
            other => Err(Failure::not_provided(format!(
                "ophthalmology has no form on a screen `{other}`"
            ))),
        }
    }

    fn react(&self, call: &Call<'_>, event: &Event) -> Result<Proposal, Failure> {
        alerts::react(call, event)
    }

    fn advise(&self, call: &Call<'_>, hook: &Hook) -> Result<Advice, Failure> {
        if hook.name != "patient-view" {
            return Err(Failure::not_provided(format!(
                "ophthalmology has nothing to do with the hook `{}`",
                hook.name
            )));
        }
        alerts::advise(call)
    }
}

sdk::export!(Ophthalmology);
