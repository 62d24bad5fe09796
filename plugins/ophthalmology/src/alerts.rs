//! What is said and asked for without a form: a task for a raised pressure, and cards beside the chart.
//!
//! Invariant: one version of a pressure asks for one task at most, and every card names its eye.

use sdk::advice::{Card, Indicator};
use sdk::{Advice, Call, Event, Failure, Level, Parameters, Proposal, Value, json};

use crate::examination::draft::{concept, site};
use crate::examination::{Examination, Kind, SYSTEM, read_newest};
use crate::eye::Eye;
use crate::glaucoma::{due_by, open_tasks};
use crate::notes::day;
use crate::pack::in_force;
use crate::pressure::{PressurePack, pressure};
use crate::target::{Against, against, target};
use sdk::moment::{HOUR_MS, Moment};

/// System of the identifier of a task: it is made of the pressure and its version.
const RAISED: &str = "urn:palatine:ophthalmology:raised-pressure";
/// On what the cards rest.
const SOURCE: &str = "Ophthalmology; parts of its rules are unverified";

/// A pressure as an event brings it.
struct Brought {
    eye: Eye,
    reference: String,
    version: String,
    typed: String,
}

impl Brought {
    /// Nothing for what is no pressure of one eye, or was withdrawn.
    fn read(it: &Value) -> Option<Self> {
        let text = |path: &str| it.pointer(path).and_then(Value::as_str);
        let withdrawn = matches!(text("/status"), Some("entered-in-error" | "cancelled"));
        if withdrawn || !has_code(it.pointer("/code/coding"), Kind::Pressure.code()) {
            return None;
        }
        let sites = it.pointer("/bodySite/coding")?.as_array()?;
        let mut eyes = sites.iter();
        let eye = eyes.find_map(|it| Eye::of_body_site(it.get("code")?.as_str()?))?;
        let digits = it.pointer("/valueQuantity/value")?.to_string();
        let unit = it.pointer("/valueQuantity/unit")?.as_str()?;
        Some(Self {
            eye,
            reference: format!("Observation/{}", text("/id")?),
            version: text("/meta/versionId")?.to_owned(),
            typed: format!("{digits} {unit}"),
        })
    }

    fn identifier(&self) -> String {
        format!("{}/_history/{}", self.reference, self.version)
    }
}

fn has_code(codings: Option<&Value>, code: &str) -> bool {
    let mut all = codings.and_then(Value::as_array).into_iter().flatten();
    all.any(|it| it.get("system") == Some(&json!(SYSTEM)) && it.get("code") == Some(&json!(code)))
}

/// Answers a new or changed pressure.
///
/// # Errors
/// Any failure of the chart, the packs or the settings.
pub(crate) fn react(call: &Call<'_>, event: &Event) -> Result<Proposal, Failure> {
    let Some(brought) = Brought::read(&event.resource) else {
        return Ok(Proposal::none());
    };
    let pack = in_force(call, "pressure", PressurePack::read)?;
    let found = match pressure(&pack, &brought.typed) {
        Ok(found) if found.is_raised => found,
        Ok(_) => return Ok(Proposal::none()),
        Err(_) => {
            let note = "a pressure cannot be, or is in another unit; nothing was made of it";
            call.journal.note(Level::Warning, note);
            return Ok(Proposal::none());
        }
    };
    let identifier = brought.identifier();
    let query = format!("Task?identifier={RAISED}|{identifier}&_count=1");
    if !call.chart.search(&query)?.resources.is_empty() {
        return Ok(Proposal::none());
    }
    let side = brought.eye;
    let words = format!(
        "{} eye: pressure {} mmHg, raised by an unverified rule. Say what follows from it.",
        side.title(),
        found.mmhg.digits
    );
    let now = call.context.now();
    let task = json!({
        "resourceType": "Task",
        "identifier": [{ "system": RAISED, "value": identifier }],
        "status": "requested",
        "intent": "order",
        "priority": "urgent",
        "code": concept("review-pressure", "Review a raised pressure"),
        "description": words,
        "focus": { "reference": brought.reference },
        "for": { "reference": call.patient()? },
        "authoredOn": now,
        "lastModified": now,
        "owner": site(call),
        "restriction": { "period": { "end": review_by(call)? } }
    });
    let summary = format!(
        "Asks for a review of the pressure of the {} eye.",
        side.word()
    );
    Ok(Proposal::new(summary).create(task))
}

fn review_by(call: &Call<'_>) -> Result<String, Failure> {
    let hours = call.setting("raised-pressure-hours")?;
    let hours = hours.as_i64().filter(|hours| *hours > 0);
    let hours = hours.ok_or_else(|| {
        Failure::fault("the setting `raised-pressure-hours` is not a number above 0")
    })?;
    let now = Moment::parse(&call.context.now());
    let now = now.ok_or_else(|| Failure::fault("the moment of the call cannot be read"))?;
    Ok(Moment::text(now.epoch_ms + hours * HOUR_MS))
}

/// Cards for whoever opens the chart: pressures that are raised or above their target, grades that need somebody,
/// follow-up that is overdue.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn advise(call: &Call<'_>) -> Result<Advice, Failure> {
    let pack = in_force(call, "pressure", PressurePack::read)?;
    let pressures = read_newest(call, Kind::Pressure)?;
    let risks = read_newest(call, Kind::GlaucomaRisk)?;
    let grades = read_newest(call, Kind::Retinopathy)?;
    let cards = Eye::BOTH.into_iter().flat_map(|eye| {
        let of_pressure = pressures
            .newest(eye)
            .and_then(|it| pressure_card(&pack, it, risks.newest(eye)));
        let of_grade = grades.newest(eye).and_then(grade_card);
        of_pressure.into_iter().chain(of_grade)
    });
    let advice = cards.fold(Advice::none(), Advice::card);
    Ok(match overdue_card(call)? {
        Some(card) => advice.card(card),
        None => advice,
    })
}

fn pressure_card(
    pack: &PressurePack,
    it: &Examination,
    risk: Option<&Examination>,
) -> Option<Card> {
    let found = pressure(pack, it.part("value")?).ok()?;
    let digits = &found.mmhg.digits;
    let target = risk.and_then(target);
    let above = target.filter(|target| against(digits, *target) == Some(Against::Above));
    let what = match above {
        _ if found.is_raised => "raised".to_owned(),
        Some((low, high)) => format!("above its target of {low} to {high}"),
        None => return None,
    };
    let summary = format!(
        "{} eye: pressure {digits} mmHg, {what}, {}",
        it.eye.title(),
        day(&it.when)
    );
    let card = Card::new(Indicator::Warning, summary, SOURCE);
    Some(card.link("Both eyes over time", "trends", &Parameters::default()))
}

fn grade_card(grade: &Examination) -> Option<Card> {
    let (retina, macula) = (grade.part("retina"), grade.part("macula"));
    let is_active = retina == Some("R3A");
    if !is_active && macula != Some("M1") {
        return None;
    }
    let state = if grade.status == "preliminary" {
        "suggested, not confirmed"
    } else {
        "confirmed"
    };
    let summary = format!(
        "{} eye: diabetic retinopathy {} {}, {state}, {}",
        grade.eye.title(),
        retina.unwrap_or("not graded"),
        macula.unwrap_or("not graded"),
        day(&grade.when)
    );
    let indicator = if is_active {
        Indicator::Critical
    } else {
        Indicator::Warning
    };
    let card = Card::new(indicator, summary, SOURCE);
    Some(card.link(
        "Diabetic retinopathy",
        "retinopathy",
        &Parameters::default(),
    ))
}

fn overdue_card(call: &Call<'_>) -> Result<Option<Card>, Failure> {
    let now = call.context.now();
    let tasks = open_tasks(call)?;
    let ends = tasks.iter().filter_map(due_by);
    let soonest = ends.min().filter(|due| due.get(..10) < now.get(..10));
    Ok(soonest.map(|due| {
        let summary = format!("Follow-up of glaucoma was due by {}", day(due));
        let card = Card::new(Indicator::Warning, summary, SOURCE);
        card.link("Glaucoma follow-up", "glaucoma", &Parameters::default())
    }))
}
