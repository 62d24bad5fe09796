//! One line of results (OBX) as an observation.
//!
//! Invariant: the value and its unit are kept as written; a status that says a result is wrong is never filed as a
//! result that stands.

use serde_json::{Value as Json, json};

use crate::feed::datatype::{self, Read};
use crate::feed::message::Segment;
use crate::feed::message::error::MessageError;
use crate::feed::result::value::{self, Told};
use crate::feed::result::{Report, key_of, unit};
use crate::feed::sender::Sender;
use crate::feed::timestamp;
use crate::limits::NUMBER_BYTES_MAX;
use crate::plan::Draft;

const CATEGORIES: &str = "http://terminology.hl7.org/CodeSystem/observation-category";
const INTERPRETATIONS: &str = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";
const ABSENCES: &str = "http://terminology.hl7.org/CodeSystem/data-absent-reason";
/// The codes of [`INTERPRETATIONS`] that messages use (table 0078).
const INTERPRETED: &str = "< > A AA B CAR D DET E EX EXP H HH HU I IE IND L LL LU MS N NCL ND NEG NR NS POS R RR S SDD \
                           SYN-R SYN-S U UNE W WR";

/// A line of results.
#[derive(Debug)]
pub struct Finding {
    /// What makes it the same line in another message: test and sub-id, behind the report's identity.
    pub identity: String,
    /// The observation as far as the message tells.
    pub draft: Draft,
    /// What the line does to what the record has.
    pub standing: Standing,
    /// Which of the report's specimens it was measured in.
    pub sample: Option<usize>,
    /// A document instead of an observation: it goes to the report.
    pub document: Option<Json>,
}

/// What a line does to what the record has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is no verified result yet.
    Provisional,
    /// The result stands.
    Verified,
    /// The result that was sent before stands now (OBX-11 `U`).
    StatusOnly,
    /// What was sent before is wrong (`D`, `W`), or cannot be had (`X`, `N`).
    Withdrawn,
}

impl Standing {
    /// A verified result stands beside a provisional one, whichever was told later.
    #[must_use]
    pub fn rank(self) -> u8 {
        match self {
            Self::Provisional => 0,
            Self::Verified | Self::StatusOnly | Self::Withdrawn => 1,
        }
    }
}

/// Reads an OBX under its report.
///
/// # Errors
/// The place that cannot be read, or that misses.
pub fn finding(
    obx: &Segment<'_>,
    report: &Report,
    sender: &Sender,
) -> Result<Finding, MessageError> {
    let test = obx.field(3);
    let code = datatype::concept(test, sender, "")?.ok_or(MessageError::Missing {
        at: test.place(),
        why: "it says what was measured",
    })?;
    let coding = datatype::coding(test, 1, sender, "")?.unwrap_or_default();
    let sub_id = obx.field(4).line()?.unwrap_or_default();
    let (status, standing) = status(obx)?;
    let unit = unit::unit(obx.field(6))?;
    let mut draft = Draft::default();
    let mut document = None;
    draft.put("status", Json::from(status), obx.field(11).place());
    let category = json!([{"coding": [{"system": CATEGORIES, "code": "laboratory"}]}]);
    draft.set("category", category);
    match value::told(obx, &unit, sender)? {
        Told::Nothing => absent(&mut draft, obx, standing),
        Told::One(element, found) => draft.put(element, found, obx.field(5).place()),
        Told::Several(values) => {
            let component = |(element, found): (&str, Json)| json!({"code": code, element: found});
            draft.put(
                "component",
                values.into_iter().map(component).collect(),
                obx.field(5).place(),
            );
        }
        Told::Document(found) => document = Some(found),
    }
    draft.put("code", code, test.place());
    effective(&mut draft, obx, report)?;
    let range = range(obx, &unit)?;
    draft.take("referenceRange", obx.field(7), Ok(range))?;
    let interpretation = interpretation(obx, sender)?;
    draft.take("interpretation", obx.field(8), Ok(interpretation))?;
    performer(&mut draft, obx, sender)?;
    let method = datatype::concept(obx.field(17), sender, &sender.own("code:method"))?;
    draft.take("method", obx.field(17), Ok(method))?;
    Ok(Finding {
        identity: format!("{}\u{1f}{sub_id}", key_of(&coding, test.raw())),
        draft,
        standing,
        sample: None,
        document,
    })
}

fn status(obx: &Segment<'_>) -> Result<(&'static str, Standing), MessageError> {
    let field = obx.field(11);
    match field.component(1).line()?.as_deref() {
        Some("F" | "V") => Ok(("final", Standing::Verified)),
        Some("C") => Ok(("corrected", Standing::Verified)),
        Some("A" | "B") => Ok(("amended", Standing::Verified)),
        Some("U") => Ok(("final", Standing::StatusOnly)),
        Some("P" | "R" | "S") => Ok(("preliminary", Standing::Provisional)),
        Some("I" | "O") => Ok(("registered", Standing::Provisional)),
        Some("X" | "N") => Ok(("cancelled", Standing::Withdrawn)),
        Some("D" | "W") => Ok(("entered-in-error", Standing::Withdrawn)),
        None => Err(MessageError::Missing {
            at: field.place(),
            why: "without a status nobody knows whether the result stands",
        }),
        Some(_) => Err(field.unknown_code("A, B, C, D, F, I, N, O, P, R, S, U, V, W or X")),
    }
}

/// Says why there is no value, where the status does not say it.
fn absent(draft: &mut Draft, obx: &Segment<'_>, standing: Standing) {
    let code = match (standing, obx.field(11).component(1).raw()) {
        (Standing::Withdrawn, "N") => "not-asked",
        (Standing::Withdrawn, "X") => "not-performed",
        (Standing::Withdrawn, _) | (Standing::StatusOnly, _) => return,
        (Standing::Provisional, _) => "temp-unknown",
        (Standing::Verified, _) => "unknown",
    };
    let reason = json!({"coding": [{"system": ABSENCES, "code": code}]});
    draft.put("dataAbsentReason", reason, obx.field(5).place());
}

/// When it was measured: OBX-14, else when the order was (OBR-7); when the result was made: OBX-19.
fn effective(draft: &mut Draft, obx: &Segment<'_>, report: &Report) -> Result<(), MessageError> {
    let field = obx.field(14);
    match timestamp::date_time(field)? {
        Some(at) => draft.put("effectiveDateTime", Json::String(at), field.place()),
        None => {
            for element in ["effectiveDateTime", "effectivePeriod"] {
                let place = report
                    .draft
                    .fields
                    .iter()
                    .find(|(name, _)| *name == element);
                if let (Some(value), Some((_, place))) = (report.draft.elements.get(element), place)
                {
                    draft.put(element, value.clone(), *place);
                }
            }
        }
    }
    let field = obx.field(19);
    let issued = timestamp::instant(field)?.map(Json::String);
    let of_report = report.draft.elements.get("issued").cloned();
    draft.take("issued", field, Ok(issued.or(of_report)))
}

/// OBX-7 as numbers where it is plain, always as written.
fn range(obx: &Segment<'_>, unit: &unit::Unit) -> Read<Json> {
    let field = obx.field(7);
    let Some(text) = field.line()? else {
        return Ok(None);
    };
    let (low, high) = bounds(&text);
    let mut range = serde_json::Map::new();
    for (name, bound) in [("low", low), ("high", high)] {
        range.extend(bound.map(|number| (name.to_owned(), unit.quantity(number, None))));
    }
    range.insert("text".to_owned(), Json::String(text));
    Ok(Some(json!([range])))
}

/// `3.5-5.0`, `3.5 - 5.0`, `70_105`, `4.3 to 6.2`, `<5`, `<=5`, `>60`, `>=60`; anything else is words.
fn bounds(text: &str) -> (Option<Json>, Option<Json>) {
    let text = text
        .trim()
        .trim_start_matches('(')
        .trim_end_matches(')')
        .trim();
    if text.len() > 2 * NUMBER_BYTES_MAX {
        return (None, None);
    }
    if let Some(high) = text.strip_prefix('<') {
        return (None, value::decimal(high.trim_start_matches('=').trim()));
    }
    if let Some(low) = text.strip_prefix('>') {
        return (value::decimal(low.trim_start_matches('=').trim()), None);
    }
    // The first sign may belong to the lower number.
    for separator in [" to ", "_", "-"] {
        let from = text.char_indices().nth(1).map_or(text.len(), |(at, _)| at);
        let Some(at) = text
            .get(from..)
            .and_then(|rest| rest.find(separator))
            .map(|at| at + from)
        else {
            continue;
        };
        let low = text.get(..at).and_then(|low| value::decimal(low.trim()));
        let high = text
            .get(at + separator.len()..)
            .and_then(|high| value::decimal(high.trim()));
        if low.is_some() && high.is_some() {
            return (low, high);
        }
    }
    (None, None)
}

fn interpretation(obx: &Segment<'_>, sender: &Sender) -> Read<Json> {
    let mut found = Vec::new();
    for flag in obx.field(8).repetitions()? {
        let Some(code) = flag.component(1).line()? else {
            continue;
        };
        if INTERPRETED.split(' ').any(|known| known == code) {
            found.push(json!({"coding": [{"system": INTERPRETATIONS, "code": code}]}));
        } else {
            found.extend(datatype::concept(flag, sender, &sender.own("code:0078"))?);
        }
    }
    Ok(datatype::list(found))
}

/// The laboratory (OBX-23, else OBX-15) and who answers for the result (OBX-16); else the feed's own site.
fn performer(draft: &mut Draft, obx: &Segment<'_>, sender: &Sender) -> Result<(), MessageError> {
    let mut found = Vec::new();
    let mut from = obx.field(15);
    if obx.field(23).is_valued() {
        from = obx.field(23);
        found.extend(datatype::organisation(from, sender)?);
    } else if let Some(producer) = datatype::concept(from, sender, &sender.own("organisation"))? {
        let id = producer["coding"][0].clone();
        let display = producer["text"]
            .as_str()
            .or(id["code"].as_str())
            .unwrap_or_default();
        found.push(json!({
            "type": "Organization",
            "identifier": {"system": id["system"], "value": id["code"]},
            "display": display,
        }));
        if id.is_null() {
            found = vec![json!({"type": "Organization", "display": display})];
        }
    }
    for repetition in obx.field(16).repetitions()? {
        found.extend(datatype::professional(repetition, sender)?);
    }
    match datatype::list(found) {
        Some(list) => draft.put("performer", list, from.place()),
        None => draft.set("performer", json!([datatype::own_organisation(sender)])),
    }
    Ok(())
}
