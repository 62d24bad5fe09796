//! What follows from an assessment of the risk of clots: a task for whoever prescribes.
//!
//! Invariant: one task for what an assessment says, however often it is told of, and another once a correction says something
//! else; none for a pregnancy that is closed.

use sdk::{Call, Event, Failure, Proposal, Value, json};

use crate::field::concept;
use crate::pregnancy;
use crate::vte::VtePack;

/// Answers an assessment that was recorded or corrected.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn react(call: &Call<'_>, event: &Event) -> Result<Proposal, Failure> {
    let it = &event.resource;
    let text = |path: &str| it.pointer(path).and_then(Value::as_str);
    let id = text("/id").ok_or_else(|| Failure::invalid("the assessment has no id"))?;
    let is_assessment = text("/code/coding/0/code") == Some("vte");
    if !is_assessment || text("/status") == Some("entered-in-error") {
        return Ok(Proposal::none());
    }
    let open = pregnancy::open_one(call)?;
    if open.map(|it| it.reference).as_deref() != text("/focus/0/reference") {
        return Ok(Proposal::none());
    }
    let pack = VtePack::read(&call.packs.get("vte")?)?;
    let band = component(it, "band").and_then(|it| {
        it.pointer("/valueCodeableConcept/coding/0/code")
            .and_then(Value::as_str)
    });
    let number = |id: &str| {
        component(it, id).and_then(|it| it.pointer("/valueQuantity/value").and_then(Value::as_u64))
    };
    let (Some(band), Some(least), Some(most)) = (band, number("score-least"), number("score-most"))
    else {
        return Err(Failure::fault("the assessment has no score"));
    };
    let words = match (band, pack.label(band)) {
        ("low", _) if least == most => return Ok(Proposal::none()),
        ("low", _) => format!(
            "Risk of clots: at least {least}, at most {most}. Ask what was not asked; unknown is not no."
        ),
        (_, Some(label)) => format!("Risk of clots, score at least {least}: {label}."),
        (_, None) => {
            return Err(Failure::fault(
                "the band of the assessment is not in the pack",
            ));
        }
    };
    let focus = format!("Observation/{id}");
    let raised = call.chart.search(&format!("Task?focus={focus}"))?.resources;
    let is_said = |task: &Value| task.get("description") == Some(&json!(words));
    if raised.iter().any(is_said) {
        return Ok(Proposal::none());
    }
    let site = json!({ "system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": call.context.site() });
    Ok(
        Proposal::new("A review of the risk of clots.").create(json!({
            "resourceType": "Task", "status": "requested", "intent": "order",
            "code": concept("review-clots", "Review the risk of clots"),
            "description": words,
            "for": { "reference": call.patient()? },
            "focus": { "reference": focus },
            "authoredOn": call.context.now(),
            "owner": { "type": "Organization", "identifier": site }
        })),
    )
}

fn component<'a>(it: &'a Value, id: &str) -> Option<&'a Value> {
    let all = it.get("component")?.as_array()?;
    all.iter()
        .find(|it| it.pointer("/code/coding/0/code").and_then(Value::as_str) == Some(id))
}
