//! The smallest departmental that uses everything: two screens, a view, a form, a reaction, a card, a
//! message, a setting and a pack.
//!
//! Suppliers read it first; the sandbox's tests run it.

mod scales;

use sdk::advice::{Card, Indicator};
use sdk::screen::{
    ActionButton, ClinicalValue, Fact, Form as FormNode, InputText, Paragraph, Section,
};
use sdk::{
    Advice, Call, Departmental, Event, Failure, Finding, Form, Hook, Level, Outcome, Parameters,
    Proposal, Screen, Value, ViewQuery, json,
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
            .create(task(&call.patient()?, why))
            .identified("order-number");
        Ok(Outcome::commit(&proposal).then("weight", &Parameters::default()))
    }

    fn react(&self, call: &Call<'_>, event: &Event) -> Result<Proposal, Failure> {
        let heavy_kg = heavy_kg(call)?;
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

    fn convert(&self, call: &Call<'_>, format: &str, message: &[u8]) -> Result<Proposal, Failure> {
        if format != "hl7v2:ORU^R30" {
            return Err(Failure::not_provided(format!("{format} is not read here")));
        }
        let mut proposal = Proposal::new("Files what the scales of a ward measured.");
        for weight in scales::weights(message)? {
            proposal = proposal.create(weight.observation(&call.patient()?));
        }
        Ok(proposal)
    }

    fn advise(&self, call: &Call<'_>, hook: &Hook) -> Result<Advice, Failure> {
        if hook.name != "patient-view" {
            return Err(Failure::not_provided(format!(
                "there is no hook `{}`",
                hook.name
            )));
        }
        let heavy_kg = heavy_kg(call)?;
        let Some((value, unit)) = newest_weight(call)? else {
            let card = Card::new(Indicator::Info, "No weight is recorded.", SOURCE).link(
                "Ask for a weight",
                "weight",
                &Parameters::default(),
            );
            return Ok(Advice::none().card(card));
        };
        if unit != "kg" || !value.parse().is_ok_and(|kg: f64| kg > heavy_kg) {
            return Ok(Advice::none());
        }
        let summary =
            format!("The newest weight, {value} kg, is above what the scales are made for.");
        let card = Card::new(Indicator::Warning, summary, SOURCE)
            .detail(format!("The scales measure up to {heavy_kg} kg.\nWeigh again on others before a dose is taken from it."))
            .link("Weight", "weight", &Parameters::default());
        Ok(Advice::none().card(card))
    }
}

/// On what the cards rest.
const SOURCE: &str = "Limits of the scales, pack weight-limits";

/// What the scales are made for.
fn heavy_kg(call: &Call<'_>) -> Result<f64, Failure> {
    let limits = call.packs.get("weight-limits")?;
    let heavy_kg = limits.get("heavy_kg").and_then(Value::as_f64);
    heavy_kg.ok_or_else(|| {
        Failure::fault("the pack weight-limits has no number heavy_kg; correct the pack")
    })
}

/// The newest weight with its unit.
fn newest_weight(call: &Call<'_>) -> Result<Option<(String, String)>, Failure> {
    let newest = ViewQuery::new().search(NEWEST_WEIGHT).count(1);
    let weights = call.chart.rows("weights", &newest)?;
    let newest = weights.iter().next();
    Ok(newest.and_then(|it| Some((it.decimal("value")?, it.text("unit")?.to_owned()))))
}

fn weight(call: &Call<'_>) -> Result<Screen, Failure> {
    let shown = match newest_weight(call)? {
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
