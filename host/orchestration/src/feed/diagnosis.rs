//! Diagnoses (DG1) and procedures (PR1) of a stay as Condition and Procedure.
//!
//! Invariant: a diagnosis is known again by the sender's number for it, or by the stay and its code; one that is
//! withdrawn stays, as entered in error.
//! Source: HL7 Version 2 to FHIR, segment maps DG1[Condition] and PR1[Procedure].

use serde_json::{Value as Json, json};

use crate::feed::coded;
use crate::feed::datatype::{self, Number};
use crate::feed::entry::{Effect, Entry, code_of, own_number};
use crate::feed::message::Segment;
use crate::feed::message::error::MessageError;
use crate::feed::sender::Sender;
use crate::plan::Person;

const CATEGORIES: &str = "http://terminology.hl7.org/CodeSystem/condition-category";
const VERIFICATION: &str = "http://terminology.hl7.org/CodeSystem/condition-ver-status";

/// Whose a diagnosis or procedure is, and in which stay.
#[derive(Clone, Copy)]
pub struct Owner<'a> {
    /// The person.
    pub person: &'a Person,
    /// The stay, where the message names one.
    pub visit: Option<&'a Number>,
    /// Who sends it.
    pub sender: &'a Sender,
}

impl Owner<'_> {
    fn number(&self, kind: &str, of: &str) -> Number {
        let stay = self.visit.map_or("", |visit| visit.value.as_str());
        self.person
            .owned(kind, &format!("{stay}/{of}"), self.sender)
    }
}

/// A DG1.
///
/// # Errors
/// The place that cannot be read, or that misses.
pub fn diagnosis(dg1: &Segment<'_>, owner: Owner<'_>) -> Result<Entry, MessageError> {
    let sender = owner.sender;
    let field = dg1.field(3);
    let described = dg1.field(4).text()?.trim().to_owned();
    let code = datatype::concept(field, sender, &sender.own("code:diagnosis"))?
        .or((!described.is_empty()).then(|| json!({})));
    let Some(mut code) = code else {
        return Err(MessageError::Missing {
            at: field.place(),
            why: "it says what was diagnosed",
        });
    };
    if code["text"].is_null() && !described.is_empty() {
        code["text"] = Json::String(described);
    }
    let own = own_number(dg1.field(20), sender, "diagnosis")?;
    let known = own.unwrap_or_else(|| owner.number("diagnosis", &code_of(&code)));
    let mut entry = Entry::numbered("Condition", vec![known], field.place());
    entry.draft.put("code", code, field.place());
    let category = json!([{"coding": [{"system": CATEGORIES, "code": "encounter-diagnosis"}]}]);
    entry.draft.set("category", category);
    let kind = dg1.field(6);
    let sure = match kind.component(1).line()?.as_deref() {
        Some("F") => Some("confirmed"),
        Some("A" | "W") => Some("provisional"),
        _ => None,
    };
    if let Some(sure) = sure {
        entry
            .draft
            .put("verificationStatus", verification(sure), kind.place());
    }
    let onset = dg1.field(5);
    entry
        .draft
        .take("onsetDateTime", onset, coded::moment(onset))?;
    let recorded = dg1.field(19);
    entry
        .draft
        .take("recordedDate", recorded, coded::moment(recorded))?;
    let who = dg1.field(16);
    entry
        .draft
        .take("asserter", who, datatype::professional(who, sender))?;
    let action = dg1.field(21);
    if action.component(1).raw().eq_ignore_ascii_case("D") {
        entry.draft.put(
            "verificationStatus",
            verification("entered-in-error"),
            action.place(),
        );
        entry.effect = Effect::Changes(&["verificationStatus"]);
    }
    Ok(entry)
}

fn verification(code: &str) -> Json {
    json!({"coding": [{"system": VERIFICATION, "code": code}]})
}

/// A PR1.
///
/// # Errors
/// The place that cannot be read, or that misses.
pub fn procedure(pr1: &Segment<'_>, owner: Owner<'_>) -> Result<Entry, MessageError> {
    let sender = owner.sender;
    let field = pr1.field(3);
    let described = pr1.field(4).text()?.trim().to_owned();
    let code = datatype::concept(field, sender, &sender.own("code:procedure"))?
        .or((!described.is_empty()).then(|| json!({})));
    let Some(mut code) = code else {
        return Err(MessageError::Missing {
            at: field.place(),
            why: "it says what was done",
        });
    };
    if code["text"].is_null() && !described.is_empty() {
        code["text"] = Json::String(described);
    }
    let when = pr1.field(5);
    let performed = coded::moment(when)?;
    let at = performed
        .as_ref()
        .and_then(Json::as_str)
        .unwrap_or_default();
    let own = own_number(pr1.field(19), sender, "procedure")?;
    let known =
        own.unwrap_or_else(|| owner.number("procedure", &format!("{}/{at}", code_of(&code))));
    let mut entry = Entry::numbered("Procedure", vec![known], field.place());
    entry.draft.put("code", code, field.place());
    entry
        .draft
        .put("status", Json::from("completed"), pr1.field(0).place());
    entry.draft.take("performedDateTime", when, Ok(performed))?;
    let kind = pr1.field(6);
    let category = datatype::concept(
        kind,
        sender,
        "http://terminology.hl7.org/CodeSystem/v2-0230",
    );
    entry.draft.take("category", kind, category)?;
    let mut performers = Vec::new();
    for number in [8, 11, 12] {
        for who in pr1.field(number).repetitions()? {
            performers
                .extend(datatype::professional(who, sender)?.map(|actor| json!({"actor": actor})));
        }
    }
    let surgeon = pr1.field(11);
    entry
        .draft
        .take("performer", surgeon, Ok(datatype::list(performers)))?;
    let reason = pr1.field(15);
    let because = datatype::concept(reason, sender, &sender.own("code:diagnosis"));
    entry
        .draft
        .take("reasonCode", reason, coded::listed(because))?;
    let action = pr1.field(20);
    if action.component(1).raw().eq_ignore_ascii_case("D") {
        entry
            .draft
            .put("status", Json::from("entered-in-error"), action.place());
        entry.effect = Effect::Changes(&["status"]);
    }
    Ok(entry)
}
