//! What becomes of an entered result: released, or held with every condition that does not hold.
//!
//! Invariant: a held result is preliminary and has one open task that says why; a released one has none.

use sdk::{Call, Failure, Proposal, Value, json};

use super::{By, Entered};
use crate::acknowledge::{concept, task};
use crate::authorise::AUTHORISE;
use crate::autoverify::{Change, Verified, VerifyInput, autoverify};
use crate::delta::{self, Delta, DeltaInput, delta};
use crate::fulfilment;
use crate::held::append;
use crate::history::of_codes;
use crate::quantity::exact;
use crate::result::LabResult;
use crate::westgard::{Action, Judged, westgard};
use sdk::moment::{DAY_MS, HOUR_MS, Moment};

const MINUTE_MS: i64 = 60_000;

/// Whether the specimen has a result of the test already.
///
/// # Errors
/// Any failure of the chart.
pub(super) fn is_there(call: &Call<'_>, by: &By, it: &Entered<'_>) -> Result<bool, Failure> {
    let Some(listed) = it.test.listed(&by.catalogue) else {
        return Ok(false);
    };
    let Some(specimen) = &it.origin.specimen else {
        return Ok(false);
    };
    let codes = listed.code_query();
    let query = format!("Observation?specimen={specimen}&code={codes}&_count=50");
    let found = call.chart.search(&query)?.resources;
    let is_void = |it: &Value| {
        matches!(
            crate::result::text(it, "/status"),
            Some("cancelled" | "entered-in-error")
        )
    };
    Ok(found.iter().any(|it| !is_void(it)))
}

/// Code of the category that results of devices have until somebody decided about them.
pub(crate) const DEVICE_RESULT: &str = "device-result";

/// A result of a device as it is filed: held. A feed may propose no task, so the reaction to it does: see [`task_of`].
///
/// # Errors
/// Any failure of the chart.
pub(crate) fn of_device(call: &Call<'_>, by: &By, it: &Entered<'_>) -> Result<Value, Failure> {
    let mut observation = observation(call, by, it, false)?;
    append(
        &mut observation,
        "category",
        concept(DEVICE_RESULT, "Result of a device"),
    );
    let kind = "http://terminology.hl7.org/CodeSystem/v2-0203";
    observation["identifier"] = json!([{
        "type": { "coding": [{ "system": kind, "code": "FILL" }] }, "value": it.origin.accession
    }]);
    // When it was measured is when the device made it known; authorising gives it another time.
    observation["issued"] = json!(Moment::text(it.measured_ms));
    Ok(observation)
}

/// The task for whoever is to look at a result that was filed as held.
///
/// # Errors
/// Any failure of the chart.
pub(crate) fn task_of(
    call: &Call<'_>,
    by: &By,
    it: &Entered<'_>,
    observation: &str,
) -> Result<Value, Failure> {
    held(call, by, it, &verify(call, by, it)?, observation)
}

/// A proposal with the result, and with the task for whoever is to look at it when it is held.
///
/// # Errors
/// Any failure of the chart.
pub(crate) fn onto(
    mut proposal: Proposal,
    call: &Call<'_>,
    by: &By,
    it: &Entered<'_>,
) -> Result<Proposal, Failure> {
    let verified = verify(call, by, it)?;
    let released = verified.is_released();
    let observation = observation(call, by, it, released)?;
    if released {
        let proposal = proposal.create(observation.clone());
        return fulfilment::onto(proposal, call, &[observation]);
    }
    let temporary = proposal.temporary();
    let held = held(call, by, it, &verified, &temporary)?;
    Ok(proposal.create_as(&temporary, observation).create(held))
}

fn verify(call: &Call<'_>, by: &By, it: &Entered<'_>) -> Result<Verified, Failure> {
    let judged = judged(by, it);
    let compared = change(call, by, it)?;
    let collected = it.origin.collected.as_deref().and_then(Moment::parse);
    let collected = collected.filter(|it| it.has_time);
    Ok(autoverify(&VerifyInput {
        quality_control: judged.as_ref(),
        analyser_flags: it.flags.as_deref(),
        value: Some(it.value.1),
        release: Some(it.test.release),
        critical: it.test.critical,
        change: match &compared {
            Compared::With(delta) => Change::Compared(*delta),
            Compared::First => Change::First {
                is_let_through: by.laboratory.lets_first_through,
            },
            Compared::Not(why) => Change::NotComparable(why),
        },
        interference: it.interference.as_deref(),
        specimen_minutes: collected.map(|at| (it.measured_ms - at.epoch_ms) / MINUTE_MS),
        specimen_minutes_max: Some(i64::from(it.test.specimen_hours) * HOUR_MS / MINUTE_MS),
        is_signed: by.laboratory.is_signed(),
    }))
}

/// What the rules say of the run; a run that they refuse is one whose quality control is not known.
fn judged(by: &By, it: &Entered<'_>) -> Option<Judged> {
    westgard(&by.westgard, &it.controls).ok()
}

/// How the result stands to the one before it.
enum Compared {
    With(Delta),
    First,
    Not(String),
}

fn change(call: &Call<'_>, by: &By, it: &Entered<'_>) -> Result<Compared, Failure> {
    let Some(listed) = it.test.listed(&by.catalogue) else {
        return Ok(Compared::Not(
            "the catalogue does not know the test".to_owned(),
        ));
    };
    let collected = it.origin.collected.as_deref().and_then(Moment::parse);
    let Some(collected) = collected else {
        return Ok(Compared::Not(
            "the time of collection is not known".to_owned(),
        ));
    };
    let earliest_ms = collected.epoch_ms - i64::from(by.laboratory.delta_days) * DAY_MS;
    let read = of_codes(call.chart, &listed.code_query())?;
    let is_earlier = |result: &&LabResult| {
        let at_ms = result.taken_ms().unwrap_or(i64::MIN);
        let is_authorised = result.is_usable() && result.status != sdk::screen::Status::Preliminary;
        is_authorised && at_ms < collected.epoch_ms && at_ms >= earliest_ms
    };
    let earlier = read.results.iter().filter(is_earlier);
    let Some(before) = earlier.max_by_key(|result| result.taken_ms()) else {
        return Ok(Compared::First);
    };
    let compared = exact(before, &it.test.units)
        .map_err(|why| format!("the earlier result: {why}"))
        .and_then(|before| {
            let input = DeltaInput {
                before,
                now: it.value.1,
            };
            delta(&it.test.variation, &input).map_err(|why| delta::refusal_text(why).to_owned())
        });
    Ok(compared.map_or_else(Compared::Not, Compared::With))
}

fn observation(
    call: &Call<'_>,
    by: &By,
    it: &Entered<'_>,
    released: bool,
) -> Result<Value, Failure> {
    let typed = it.value.0;
    let number: Value = typed
        .parse()
        .map_err(|_| Failure::fault("a value that was read as a number is none"))?;
    let laboratory = json!({ "system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": call.context.site() });
    let mut observation = json!({
        "resourceType": "Observation",
        "status": if released { "final" } else { "preliminary" },
        "category": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory" }] }],
        "code": it.test.concept(&by.catalogue),
        "subject": { "reference": call.patient()? },
        "effectiveDateTime": it.origin.collected,
        "issued": call.context.now(),
        "performer": [{ "type": "Organization", "identifier": laboratory }],
        "valueQuantity": {
            "value": number,
            "unit": it.test.unit(),
            "system": "http://unitsofmeasure.org",
            "code": it.test.unit()
        }
    });
    if let Some(specimen) = &it.origin.specimen {
        observation["specimen"] = json!({ "reference": specimen });
    }
    if let Some(request) = &it.origin.request {
        observation["basedOn"] = json!([{ "reference": request }]);
    }
    if it.origin.collected.is_none()
        && let Some(members) = observation.as_object_mut()
    {
        members.remove("effectiveDateTime");
    }
    Ok(observation)
}

fn held(
    call: &Call<'_>,
    by: &By,
    it: &Entered<'_>,
    verified: &Verified,
    observation: &str,
) -> Result<Value, Failure> {
    let name = it.test.listed(&by.catalogue);
    let name = name.map_or(it.test.test.as_str(), |test| test.name.as_str());
    let said = |kind: &str, words: &str, text: &str| json!({ "type": concept(kind, words), "valueString": text });
    let mut input = vec![
        said("section", "Section", &it.test.section),
        said("test", "Test", &it.test.test),
        said("accession", "Accession number", &it.origin.accession),
    ];
    for looked in verified.failed() {
        let why = looked.why_not.as_deref().unwrap_or_default();
        let text = format!("{}: {why}", looked.condition.name());
        input.push(said("failed", "Condition that does not hold", &text));
    }
    for (rule, action) in judged(by, it).iter().flat_map(|it| &it.violated) {
        if *action == Action::Warn {
            input.push(said("warned", "Rule that warns", rule.name()));
        }
    }
    if let Some(typed) = it.controls_typed {
        input.push(said("controls", "Control results as typed", typed));
    }
    let patient = call.patient()?;
    let mut task = task(call, &patient, AUTHORISE, "Authorise a result", "requested");
    task["focus"] = json!({ "reference": observation });
    task["description"] = json!(format!(
        "{name} {}, specimen {}",
        it.test.measured(it.value.0),
        it.origin.accession
    ));
    let is_critical = verified
        .failed()
        .any(|it| it.condition == crate::autoverify::Condition::NotCritical);
    task["priority"] = json!(if is_critical { "stat" } else { "routine" });
    task["input"] = Value::Array(input);
    Ok(task)
}
