//! Allergies and intolerances (AL1 in any message, IAM in ADT^A60) as AllergyIntolerance.
//!
//! Invariant: an allergy is known again by the sender's number for it, or by whose it is and to what; a reaction and a
//! severity that are sent are never lost, also where FHIR has no code for them.
//! Source: HL7 Version 2 to FHIR, segment maps AL1[AllergyIntolerance] and IAM[AllergyIntolerance].

use serde_json::{Value as Json, json};

use crate::feed::coded;
use crate::feed::codes::CodeMap;
use crate::feed::datatype::{self, Number, Read};
use crate::feed::entry::{Effect, Entries, Entry, code_of, own_number};
use crate::feed::message::error::MessageError;
use crate::feed::message::{Message, Segment, Value};
use crate::feed::sender::Sender;
use crate::plan::Person;

const CLINICAL: &str = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical";
const VERIFICATION: &str = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification";

/// The plan of ADT^A60.
///
/// # Errors
/// The place that cannot be read, or that misses.
pub fn allergies(message: &Message<'_>, sender: &Sender) -> Result<Entries, MessageError> {
    let mut found = Entries::about(message, sender)?;
    // An NTE or IAR belongs to the IAM that it follows.
    let mut open: Option<(Entry, Segment<'_>)> = None;
    for segment in message.segments() {
        match segment.name() {
            "IAM" => {
                let next = iam(segment, &found.person, sender)?;
                if let Some((done, from)) = open.replace((next, *segment)) {
                    found.add(done, &from)?;
                }
            }
            "AL1" => found.add(al1(segment, &found.person, sender)?, segment)?,
            "NTE" => {
                if let Some((entry, _)) = &mut open {
                    entry.note(segment)?;
                }
            }
            "IAR" => {
                if let Some((entry, _)) = &mut open {
                    reaction_of(entry, segment, sender)?;
                }
            }
            _ => {}
        }
    }
    if let Some((done, from)) = open {
        found.add(done, &from)?;
    }
    found.needed("IAM", "it says to what the patient is allergic")
}

/// An AL1.
///
/// # Errors
/// The place that cannot be read, or that misses.
pub fn al1(al1: &Segment<'_>, person: &Person, sender: &Sender) -> Result<Entry, MessageError> {
    let mut entry = allergy(al1, None, person, sender)?;
    let field = al1.field(6);
    entry
        .draft
        .take("onsetDateTime", field, coded::moment(field))?;
    Ok(entry)
}

fn iam(iam: &Segment<'_>, person: &Person, sender: &Sender) -> Result<Entry, MessageError> {
    let own = own_number(iam.field(7), sender, "allergy")?;
    let mut entry = allergy(iam, own, person, sender)?;
    let kind = iam.field(9);
    let sensitivity = coded::code(kind, sender, CodeMap::AllergySensitivity)?;
    if let Some(sensitivity) = sensitivity {
        entry.draft.put("type", sensitivity, kind.place());
    }
    let onset = iam.field(11);
    entry
        .draft
        .take("onsetDateTime", onset, coded::moment(onset))?;
    let words = iam.field(12);
    if !onset.is_valued() {
        let text = words.line()?.map(Json::String);
        entry.draft.take("onsetString", words, Ok(text))?;
    }
    let recorded = iam.field(13);
    entry
        .draft
        .take("recordedDate", recorded, coded::moment(recorded))?;
    let standing = iam.field(17);
    if let Some(code) = coded::code(standing, sender, CodeMap::AllergyVerification)? {
        let inactive = standing.component(1).raw().eq_ignore_ascii_case("I");
        entry.draft.put(
            "verificationStatus",
            status(VERIFICATION, &code),
            standing.place(),
        );
        if inactive {
            let code = Json::from("inactive");
            entry
                .draft
                .put("clinicalStatus", status(CLINICAL, &code), standing.place());
        }
    }
    let clinician = iam.field(27);
    if let (Some(Json::Object(second)), Some(Json::Object(code))) = (
        datatype::concept(clinician, sender, &sender.own("code:allergen"))?,
        entry.draft.elements.get_mut("code"),
    ) {
        let mut codings = code
            .get("coding")
            .and_then(Json::as_array)
            .cloned()
            .unwrap_or_default();
        codings.extend(
            second
                .get("coding")
                .and_then(Json::as_array)
                .cloned()
                .unwrap_or_default(),
        );
        code.insert("coding".to_owned(), Json::Array(codings));
        entry.draft.fields.push(("code", clinician.place()));
    }
    withdrawn(&mut entry, iam.field(6), standing);
    Ok(entry)
}

/// IAM-6 `D`, or a status that says it was wrong: the allergy is withdrawn, and keeps what it said.
fn withdrawn(entry: &mut Entry, action: Value<'_>, standing: Value<'_>) {
    let wrong = standing.component(1).raw().eq_ignore_ascii_case("E");
    if !wrong && !action.component(1).raw().eq_ignore_ascii_case("D") {
        return;
    }
    let code = Json::from("entered-in-error");
    let from = if wrong { standing } else { action };
    entry.draft.put(
        "verificationStatus",
        status(VERIFICATION, &code),
        from.place(),
    );
    // FHIR allows no clinical status beside it.
    entry.draft.elements.shift_remove("clinicalStatus");
    entry.draft.cleared.push("clinicalStatus");
    entry.effect = Effect::Changes(&["verificationStatus", "clinicalStatus", "note"]);
}

fn status(system: &str, code: &Json) -> Json {
    json!({"coding": [{"system": system, "code": code}]})
}

/// What AL1 and IAM have in common: fields 2 to 5.
fn allergy(
    segment: &Segment<'_>,
    own: Option<Number>,
    person: &Person,
    sender: &Sender,
) -> Result<Entry, MessageError> {
    let to = segment.field(3);
    let Some(code) = datatype::concept(to, sender, &sender.own("code:allergen"))? else {
        return Err(MessageError::Missing {
            at: to.place(),
            why: "it says to what the patient is allergic",
        });
    };
    let known = own.unwrap_or_else(|| person.owned("allergy", &code_of(&code), sender));
    let mut entry = Entry::numbered("AllergyIntolerance", vec![known], to.place());
    entry.draft.put("code", code, to.place());
    let active = Json::from("active");
    entry.draft.set("clinicalStatus", status(CLINICAL, &active));
    let kind = segment.field(2);
    let category = coded::code(kind, sender, CodeMap::AllergyCategory);
    entry
        .draft
        .take("category", kind, coded::listed(category))?;
    entry.draft.take(
        "type",
        kind,
        coded::code(kind, sender, CodeMap::AllergyType),
    )?;
    let severity = segment.field(4);
    let critical = coded::code(severity, sender, CodeMap::AllergyCriticality);
    entry.draft.take("criticality", severity, critical)?;
    let mut manifestations = Vec::new();
    for reaction in segment.field(5).repetitions()? {
        manifestations.extend(manifestation(reaction, sender)?);
    }
    let of_reaction = coded::code(severity, sender, CodeMap::ReactionSeverity)?;
    if let Some(manifestations) = datatype::list(manifestations) {
        let reaction = datatype::object([
            ("manifestation", Some(manifestations)),
            ("severity", of_reaction),
        ]);
        entry.draft.append(
            "reaction",
            reaction.unwrap_or_default(),
            segment.field(5).place(),
        );
    }
    Ok(entry)
}

/// A reaction by its code; words that stand alone are words, as AL1-5 has them.
fn manifestation(field: Value<'_>, sender: &Sender) -> Read<Json> {
    let is_coded = field.component(2).is_valued() || field.component(3).is_valued();
    match is_coded {
        true => datatype::concept(field, sender, &sender.own("code:reaction")),
        false => Ok(field.component(1).line()?.map(|text| json!({"text": text}))),
    }
}

/// IAR: one reaction of its own, with how bad it was.
fn reaction_of(entry: &mut Entry, iar: &Segment<'_>, sender: &Sender) -> Result<(), MessageError> {
    let field = iar.field(1);
    let Some(manifestation) = manifestation(field, sender)? else {
        return Ok(());
    };
    let reaction = datatype::object([
        ("manifestation", Some(json!([manifestation]))),
        (
            "severity",
            coded::code(iar.field(2), sender, CodeMap::ReactionSeverity)?,
        ),
        (
            "note",
            coded::listed(Ok(iar.field(4).line()?.map(|text| json!({"text": text}))))?,
        ),
    ]);
    entry
        .draft
        .append("reaction", reaction.unwrap_or_default(), field.place());
    Ok(())
}
