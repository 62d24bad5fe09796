//! Runs of control materials as the record keeps them: control results of one analyser and moment, each with its target.
//!
//! Invariant: a control result is judged by the mean and deviation that were in force when it was measured, and by no other.

use std::collections::BTreeMap;

use sdk::decimal::Decimal;
use sdk::moment::Moment;
use sdk::{Call, Failure, Row, Value, ViewQuery, json};

use crate::laboratory::LaboratoryTest;
use crate::material::Material;
use crate::reports::SYSTEM;
use crate::westgard::{Control, Judged, Refusal, WestgardPack, westgard};

/// Code of the category that control results have; no result of a patient has it.
const QUALITY_CONTROL: &str = "quality-control";
/// System of what analysers are told by: the code of the site, and the name there.
const ANALYSER: &str = "urn:palatine:pathology:analyser";
/// Control results that are read for one test.
const READ_MAX: u32 = 400;

/// A control result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Measured {
    /// What the rules look at.
    pub(crate) control: Control,
    /// As it was written.
    pub(crate) value: String,
    /// The lot.
    pub(crate) lot: String,
}

/// One run of one analyser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    /// When it was measured, as written.
    pub(crate) when: String,
    /// By level.
    pub(crate) measured: Vec<Measured>,
    /// What was noted on it.
    pub(crate) note: Option<String>,
}

/// The runs of a test.
#[derive(Debug, Clone, Default)]
pub(crate) struct Runs {
    /// By analyser, the oldest run first.
    pub(crate) by_analyser: BTreeMap<String, Vec<Run>>,
    /// Whether there are older ones that were not read.
    pub(crate) more: bool,
    /// Control results without a value, a target or a time: they are in no run.
    pub(crate) left_out: usize,
}

/// The newest runs of a test on the site's analysers.
///
/// # Errors
/// Any failure of the chart.
pub(crate) fn runs(call: &Call<'_>, test: &LaboratoryTest) -> Result<Runs, Failure> {
    let (system, code) = &test.code;
    let search = format!("category={SYSTEM}|{QUALITY_CONTROL}&code={system}|{code}&_sort=-date");
    let rows = call
        .chart
        .rows("controls", &ViewQuery::new().search(search).count(READ_MAX))?;
    let mut runs = Runs {
        more: rows.more,
        ..Runs::default()
    };
    let mut by_moment: BTreeMap<(String, i64), Run> = BTreeMap::new();
    for row in rows.iter() {
        if matches!(row.text("status"), Some("entered-in-error" | "cancelled")) {
            continue;
        }
        match measured(row) {
            Some((analyser, at_ms, when, measured)) => {
                let run = by_moment.entry((analyser, at_ms)).or_insert_with(|| Run {
                    when,
                    measured: vec![],
                    note: None,
                });
                run.measured.push(measured);
                run.note = run.note.take().or(row.text("note").map(str::to_owned));
            }
            None => runs.left_out += 1,
        }
    }
    for ((analyser, _), mut run) in by_moment {
        run.measured.sort_by_key(|it| it.control.level);
        runs.by_analyser.entry(analyser).or_default().push(run);
    }
    Ok(runs)
}

fn measured(row: Row<'_>) -> Option<(String, i64, String, Measured)> {
    let digits = |column: &str| row.digits(column);
    let decimal = |column: &str| Decimal::parse(digits(column)?);
    let when = row.text("measured")?;
    let level = row.get("level")?.as_u64()?;
    let control = Control {
        level: u32::try_from(level).ok()?,
        value: decimal("value")?,
        mean: decimal("mean")?,
        sd: decimal("sd")?,
    };
    let measured = Measured {
        control,
        value: digits("value")?.to_owned(),
        lot: row.text("lot").unwrap_or("not recorded").to_owned(),
    };
    let at_ms = Moment::parse(when).filter(|it| it.has_time)?.epoch_ms;
    Some((
        row.text("analyser")?.to_owned(),
        at_ms,
        when.to_owned(),
        measured,
    ))
}

/// What the rules say of each of the newest runs, oldest first, each by the so many runs up to it.
pub(crate) fn judged<'r>(
    pack: &WestgardPack,
    runs: &'r [Run],
    shown: usize,
) -> Vec<(&'r Run, Result<Judged, Refusal>)> {
    let controls: Vec<Vec<Control>> = runs
        .iter()
        .map(|run| run.measured.iter().map(|it| it.control).collect())
        .collect();
    let newest = runs
        .iter()
        .enumerate()
        .skip(runs.len().saturating_sub(shown));
    let each = newest.map(|(at, run)| {
        let from = (at + 1).saturating_sub(shown);
        let before = controls.get(from..=at).unwrap_or_default();
        (run, westgard(pack, before))
    });
    each.collect()
}

/// What an analyser is told by beyond its site.
fn number_of(call: &Call<'_>, analyser: &str) -> String {
    format!("{}:{analyser}", call.context.site())
}

/// A control result as it is filed: about the analyser and nobody, with its own target.
pub(crate) fn observation(
    call: &Call<'_>,
    test: &LaboratoryTest,
    code: &Value,
    material: &Material,
    it: &Entry<'_>,
) -> Result<Value, Failure> {
    let number = |text: &str| {
        let read: Result<Value, _> = text.parse();
        read.map_err(|_| Failure::fault(format!("`{text}` was read as a number and is none")))
    };
    let quantity = |text: &str| {
        Ok::<_, Failure>(json!({
            "value": number(text)?, "unit": test.unit(),
            "system": "http://unitsofmeasure.org", "code": test.unit()
        }))
    };
    let own = |code: &str, words: &str| json!({ "coding": [{ "system": SYSTEM, "code": code, "display": words }], "text": words });
    let site = json!({ "system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": call.context.site() });
    let mut observation = json!({
        "resourceType": "Observation",
        "status": "final",
        "category": [own(QUALITY_CONTROL, "Quality control")],
        "code": code,
        "subject": { "type": "Device", "identifier": { "system": ANALYSER, "value": number_of(call, it.analyser) }, "display": it.analyser },
        "effectiveDateTime": it.measured,
        "issued": call.context.now(),
        "performer": [{ "type": "Organization", "identifier": site }],
        "valueQuantity": quantity(it.value)?,
        "component": [
            { "code": own("level", "Level"), "valueInteger": material.level },
            { "code": own("mean", "Mean of the lot"), "valueQuantity": quantity(&material.mean)? },
            { "code": own("sd", "Standard deviation of the lot"), "valueQuantity": quantity(&material.sd)? },
            { "code": own("lot", "Lot"), "valueString": material.lot }
        ]
    });
    if let Some(note) = it.note {
        observation["note"] = json!([{ "text": note }]);
    }
    Ok(observation)
}

/// What was typed for one material.
pub(crate) struct Entry<'a> {
    /// As the site calls it.
    pub(crate) analyser: &'a str,
    /// A FHIR dateTime.
    pub(crate) measured: &'a str,
    /// As typed, and a number.
    pub(crate) value: &'a str,
    /// What was noted.
    pub(crate) note: Option<&'a str>,
}
