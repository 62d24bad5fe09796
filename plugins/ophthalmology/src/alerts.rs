//! What is said and asked for without a form: a task for a raised pressure, and cards beside the chart.
//!
//! Invariant: one version of a pressure asks for one task at most, and every card names its eye.

use sdk::advice::{Card, Indicator};
use sdk::{Advice, Call, Event, Failure, Parameters, Proposal, Value, json};

use crate::examination::{Kind, SYSTEM, concept, read, site};
use crate::eye::Eye;
use crate::glaucoma::open_tasks;
use crate::moment::Moment;
use crate::pressure::{PressurePack, pressure};

/// System of the identifier of a task: it is made of the pressure and its version.
const RAISED: &str = "urn:palatine:ophthalmology:raised-pressure";
/// On what the cards rest.
const SOURCE: &str = "Ophthalmology; parts of its rules are unverified";

/// Answers a new or changed pressure.
///
/// # Errors
/// Any failure of the chart, the packs or the settings.
pub(crate) fn react(call: &Call<'_>, event: &Event) -> Result<Proposal, Failure> {
    let it = &event.resource;
    let text = |path: &str| it.pointer(path).and_then(Value::as_str);
    let listed = |path: &str| {
        it.pointer(path)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let has = |codings: &[Value], code: &str| {
        let mut all = codings.iter();
        all.any(|it| {
            it.get("system") == Some(&json!(SYSTEM)) && it.get("code") == Some(&json!(code))
        })
    };
    let withdrawn = matches!(text("/status"), Some("entered-in-error" | "cancelled"));
    if withdrawn || !has(&listed("/code/coding"), Kind::Pressure.code()) {
        return Ok(Proposal::none());
    }
    let sites = listed("/bodySite/coding");
    let eye = sites
        .iter()
        .find_map(|it| Eye::of_body_site(it.get("code")?.as_str()?));
    let parts = listed("/component");
    let part = parts.iter().find(|it| {
        has(
            it.pointer("/code/coding")
                .and_then(Value::as_array)
                .map_or(&[], Vec::as_slice),
            "pressure",
        )
    });
    let typed = part.and_then(|it| {
        let digits = it.pointer("/valueQuantity/value")?.to_string();
        let unit = it.pointer("/valueQuantity/unit")?.as_str()?;
        Some(format!("{digits} {unit}"))
    });
    let pack = PressurePack::read(&call.packs.get("pressure")?)?;
    let (Some(eye), Some(typed)) = (eye, typed) else {
        return Ok(Proposal::none());
    };
    let Ok(found) = pressure(&pack, &typed) else {
        return Ok(Proposal::none());
    };
    let (Some(id), Some(version)) = (text("/id"), text("/meta/versionId")) else {
        return Ok(Proposal::none());
    };
    let identifier = format!("Observation/{id}/_history/{version}");
    let earlier = call
        .chart
        .search(&format!("Task?identifier={RAISED}|{identifier}&_count=1"))?;
    if !found.is_raised || !earlier.resources.is_empty() {
        return Ok(Proposal::none());
    }
    let hours = call.setting("raised-pressure-hours")?;
    let hours = hours.as_i64().filter(|hours| *hours > 0);
    let hours = hours.ok_or_else(|| {
        Failure::fault("the setting `raised-pressure-hours` is not a number above 0")
    })?;
    let now = call.context.now();
    let by =
        Moment::parse(&now).map(|it| Moment::text(it.epoch_ms + hours * crate::moment::HOUR_MS));
    let by = by.ok_or_else(|| Failure::fault("the moment of the call cannot be read"))?;
    let words = format!(
        "{} eye: pressure {} mmHg, raised by an unverified rule. Say what follows from it.",
        eye.title(),
        found.mmhg.digits
    );
    let task = json!({
        "resourceType": "Task",
        "identifier": [{ "system": RAISED, "value": identifier }],
        "status": "requested",
        "intent": "order",
        "priority": "urgent",
        "code": concept("review-pressure", "Review a raised pressure"),
        "description": words,
        "focus": { "reference": format!("Observation/{id}") },
        "for": { "reference": call.patient()? },
        "authoredOn": now,
        "lastModified": now,
        "owner": site(call),
        "restriction": { "period": { "end": by } }
    });
    let summary = format!(
        "Asks for a review of the pressure of the {} eye.",
        eye.word()
    );
    Ok(Proposal::new(summary).create(task))
}

/// Cards for whoever opens the chart: raised pressures, grades that need somebody, follow-up that is overdue.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn advise(call: &Call<'_>) -> Result<Advice, Failure> {
    let pack = PressurePack::read(&call.packs.get("pressure")?)?;
    let (pressures, grades) = (read(call, Kind::Pressure)?, read(call, Kind::Retinopathy)?);
    let mut advice = Advice::none();
    let none = Parameters::default();
    for eye in Eye::BOTH {
        let side = eye.title();
        let newest = pressures.newest(eye);
        let found = newest.and_then(|it| Some((it, pressure(&pack, it.part("pressure")?).ok()?)));
        if let Some((it, found)) = found.filter(|(_, found)| found.is_raised) {
            let summary = format!(
                "{side} eye: pressure {} mmHg on {}",
                found.mmhg.digits,
                it.day()
            );
            advice = advice.card(Card::new(Indicator::Warning, summary, SOURCE).link(
                "Both eyes over time",
                "trends",
                &none,
            ));
        }
        let Some(grade) = grades.newest(eye) else {
            continue;
        };
        let (retina, macula) = (grade.part("retina"), grade.part("macula"));
        if retina == Some("R3A") || macula == Some("M1") {
            let state = if grade.status == "preliminary" {
                "suggested, not confirmed"
            } else {
                "confirmed"
            };
            let summary = format!(
                "{side} eye: diabetic retinopathy {} {}, {state}, {}",
                retina.unwrap_or("not graded"),
                macula.unwrap_or("not graded"),
                grade.day()
            );
            let indicator = if retina == Some("R3A") {
                Indicator::Critical
            } else {
                Indicator::Warning
            };
            advice = advice.card(Card::new(indicator, summary, SOURCE).link(
                "Diabetic retinopathy",
                "retinopathy",
                &none,
            ));
        }
    }
    let now = call.context.now();
    let today = now.get(..10).unwrap_or_default();
    for task in open_tasks(call)?.iter().take(1) {
        let due = task
            .pointer("/restriction/period/end")
            .and_then(Value::as_str);
        if let Some(day) = due.and_then(|it| it.get(..10)).filter(|day| *day < today) {
            let summary = format!("Follow-up of glaucoma was due by {day}");
            advice = advice.card(Card::new(Indicator::Warning, summary, SOURCE).link(
                "Glaucoma follow-up",
                "glaucoma",
                &none,
            ));
        }
    }
    Ok(advice)
}
