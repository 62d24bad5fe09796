//! Problems (PPR^PC1 added, PC2 changed, PC3 deleted) as Condition.
//!
//! Invariant: a problem is known by the sender's number for it (PRB-4); one that is deleted stays, as entered in error.
//! Source: HL7 Version 2 to FHIR has no map of PRB; this one follows DG1[Condition] and the standard's chapter 12.

use serde_json::{Value as Json, json};

use crate::feed::coded;
use crate::feed::codes::CodeMap;
use crate::feed::datatype;
use crate::feed::entry::{Effect, Entries, Entry, own_number};
use crate::feed::message::error::MessageError;
use crate::feed::message::{Message, Segment};
use crate::feed::sender::Sender;

const CATEGORIES: &str = "http://terminology.hl7.org/CodeSystem/condition-category";
const CLINICAL: &str = "http://terminology.hl7.org/CodeSystem/condition-clinical";
const VERIFICATION: &str = "http://terminology.hl7.org/CodeSystem/condition-ver-status";

/// What a deletion changes.
const WITHDRAWN: &[&str] = &[
    "verificationStatus",
    "clinicalStatus",
    "abatementDateTime",
    "note",
];

/// The plan of a PPR message.
///
/// # Errors
/// The place that cannot be read, or that misses.
pub fn problems(
    message: &Message<'_>,
    sender: &Sender,
    event: &str,
) -> Result<Entries, MessageError> {
    let mut found = Entries::about(message, sender)?;
    let mut open: Option<(Entry, Segment<'_>)> = None;
    for segment in message.segments() {
        match segment.name() {
            "PRB" => {
                let next = problem(segment, sender, event)?;
                if let Some((done, from)) = open.replace((next, *segment)) {
                    found.add(done, &from)?;
                }
            }
            "NTE" => {
                if let Some((entry, _)) = &mut open {
                    entry.note(segment)?;
                }
            }
            // A goal, role or order of the problem: what is said of it is not about the problem.
            "GOL" | "ORC" | "PTH" => {
                if let Some((done, from)) = open.take() {
                    found.add(done, &from)?;
                }
            }
            _ => {}
        }
    }
    if let Some((done, from)) = open {
        found.add(done, &from)?;
    }
    found.needed("PRB", "it says which problem the message is about")
}

fn problem(prb: &Segment<'_>, sender: &Sender, event: &str) -> Result<Entry, MessageError> {
    let field = prb.field(4);
    let Some(number) = own_number(field, sender, "problem")? else {
        return Err(MessageError::Missing {
            at: field.place(),
            why: "without its number a problem cannot be changed or deleted",
        });
    };
    let named = prb.field(3);
    let Some(code) = datatype::concept(named, sender, &sender.own("code:problem"))? else {
        return Err(MessageError::Missing {
            at: named.place(),
            why: "it says what the problem is",
        });
    };
    let mut entry = Entry::numbered("Condition", vec![number], field.place());
    entry.draft.put("code", code, named.place());
    let category = json!([{"coding": [{"system": CATEGORIES, "code": "problem-list-item"}]}]);
    entry.draft.set("category", category);
    let recorded = prb.field(7);
    entry
        .draft
        .take("recordedDate", recorded, coded::moment(recorded))?;
    let onset = prb.field(16);
    entry
        .draft
        .take("onsetDateTime", onset, coded::moment(onset))?;
    if !onset.is_valued() {
        let words = prb.field(17);
        let text = words.line()?.map(Json::String);
        entry.draft.take("onsetString", words, Ok(text))?;
    }
    let ended = prb.field(9);
    entry
        .draft
        .take("abatementDateTime", ended, coded::moment(ended))?;
    state(&mut entry, prb, sender, event)?;
    Ok(entry)
}

/// PRB-14 says whether it is active, PRB-13 how sure it is; some senders write the one where the other stands.
fn state(
    entry: &mut Entry,
    prb: &Segment<'_>,
    sender: &Sender,
    event: &str,
) -> Result<(), MessageError> {
    let coded_as =
        |system: &str, code: &Json| json!({"coding": [{"system": system, "code": code}]});
    let (sure, life) = (prb.field(13), prb.field(14));
    let action = prb.field(1);
    let deleted = event == "PC3" || action.component(1).raw().eq_ignore_ascii_case("DE");
    if deleted {
        let wrong = Json::from("entered-in-error");
        entry.draft.put(
            "verificationStatus",
            coded_as(VERIFICATION, &wrong),
            action.place(),
        );
        // FHIR allows no clinical status beside it, and without one no end.
        entry.draft.elements.shift_remove("abatementDateTime");
        entry
            .draft
            .cleared
            .extend(["clinicalStatus", "abatementDateTime"]);
        entry.effect = Effect::Changes(WITHDRAWN);
        return Ok(());
    }
    if let Some(code) = coded::code(sure, sender, CodeMap::ProblemVerification)? {
        entry.draft.put(
            "verificationStatus",
            coded_as(VERIFICATION, &code),
            sure.place(),
        );
    }
    let has_ended = entry.draft.elements.contains_key("abatementDateTime");
    let mut told = None;
    for field in [life, sure] {
        if let Some(code) = coded::code(field, sender, CodeMap::ProblemState)? {
            told = told.or(Some((code, field)));
        }
    }
    // FHIR: what has an end is not active.
    let (code, from) = match told {
        Some((code, _)) if has_ended && code == "active" => (Json::from("resolved"), prb.field(9)),
        Some(told) => told,
        None if has_ended => (Json::from("resolved"), prb.field(9)),
        None => (Json::from("active"), life),
    };
    entry
        .draft
        .put("clinicalStatus", coded_as(CLINICAL, &code), from.place());
    Ok(())
}
