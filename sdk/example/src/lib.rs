//! The smallest departmental that uses everything: two screens, a view, a form, a reaction, a setting and a pack.
//!
//! Suppliers read it first; the sandbox's tests run it.

use sdk::screen::{
    ActionButton, ClinicalValue, Fact, Form as FormNode, InputText, Paragraph, Section,
};
use sdk::{
    Call, Departmental, Event, Failure, Finding, Form, Level, Outcome, Parameters, Proposal,
    Screen, Value, ViewQuery, json,
};

/// Notes on a patient's weight.
#[derive(Debug, Clone, Copy)]
pub struct Example;

sdk::export!(Example);

/// The newest weight first.
const NEWEST_WEIGHT: &str = "code=http://loinc.org|29463-7&_sort=-date";

impl Departmental for Example {
    fn open(&self, call: &Call<'_>, screen: &str, _: &Parameters) -> Result<Screen, Failure> {
        match screen {
            "blank" => Ok(Screen::new(
                Section::new().child(Paragraph::new("Nothing to see here.")),
            )),
            "weight" => weight(call),
            other => Err(Failure::not_provided(format!(
                "there is no screen `{other}`"
            ))),
        }
    }

    fn submit(
        &self,
        call: &Call<'_>,
        _: &str,
        action: &str,
        form: &Form,
    ) -> Result<Outcome, Failure> {
        if action != "ask" {
            return Err(Failure::not_provided(format!(
                "there is no action `{action}`"
            )));
        }
        let Some(why) = form.text("why") else {
            return Ok(Outcome::findings(&[Finding::on(
                "why",
                "Say why the patient is to be weighed.",
            )]));
        };
        let proposal = Proposal::new("Asks for the patient to be weighed.")
            .create(task(&call.patient()?, why));
        Ok(Outcome::commit(&proposal).then("weight", &Parameters::default()))
    }

    fn react(&self, call: &Call<'_>, event: &Event) -> Result<Proposal, Failure> {
        let limits = call.packs.get("weight-limits")?;
        let heavy_kg = limits
            .get("heavy_kg")
            .and_then(Value::as_f64)
            .ok_or_else(|| {
                Failure::fault("the pack weight-limits has no number heavy_kg; correct the pack")
            })?;
        let value = event
            .resource
            .pointer("/valueQuantity/value")
            .and_then(Value::as_f64);
        if !value.is_some_and(|kg| kg > heavy_kg) {
            return Ok(Proposal::none());
        }
        call.journal.note(
            Level::Information,
            "a weight is above the limit of the pack",
        );
        let task = task(
            &call.patient()?,
            "The weight is above what the scales are made for.",
        );
        Ok(Proposal::new("Asks for the weight to be confirmed.").create(task))
    }
}

fn weight(call: &Call<'_>) -> Result<Screen, Failure> {
    let newest = ViewQuery::new().search(NEWEST_WEIGHT).count(1);
    let weights = call.chart.rows("weights", &newest)?;
    let newest = weights.iter().next();
    let quantity = newest.and_then(|it| Some((it.decimal("value")?, it.text("unit")?)));
    let shown = match quantity {
        Some((value, unit)) => ClinicalValue::new("Weight", Fact::quantity(value, unit)),
        None => ClinicalValue::new("Weight", Fact::absent(sdk::screen::Absent::NotRecorded)),
    };
    let greeting = call.setting("greeting")?;
    let form = FormNode::new("ask")
        .title("Ask for a weight")
        .child(InputText::new("why", "Why").required(true))
        .child(ActionButton::new("Ask"));
    Ok(Screen::new(
        Section::new()
            .child(Paragraph::new(greeting.as_str().unwrap_or_default()))
            .child(shown)
            .child(form),
    ))
}

fn task(patient: &str, why: &str) -> Value {
    json!({
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "for": { "reference": patient },
        "description": why,
    })
}
