//! Referrals (REF^I12 made, I13 changed, I14 cancelled) as ServiceRequest.
//!
//! Invariant: a referral is known by the number of whoever made it (RF1-6), else by the other side's (RF1-11); a
//! cancellation changes its status and reason and nothing else. Results and procedures sent along stay in the message.
//! Source: HL7 Version 2 to FHIR has no map of RF1; this one follows ORC[ServiceRequest] and the standard's chapter 11.

use serde_json::{Value as Json, json};

use crate::feed::allergy;
use crate::feed::coded;
use crate::feed::codes::CodeMap;
use crate::feed::datatype::{self, Read, object};
use crate::feed::entry::{self, Effect, Entries, Entry};
use crate::feed::message::error::MessageError;
use crate::feed::message::{Message, Segment};
use crate::feed::sender::{SNOMED, Sender};

/// What a cancellation changes.
const ENDING: &[&str] = &["status", "note"];

/// The plan of a REF message.
///
/// # Errors
/// The place that cannot be read, or that misses.
pub fn referral(
    message: &Message<'_>,
    sender: &Sender,
    event: &str,
) -> Result<Entries, MessageError> {
    let mut found = Entries::about(message, sender)?;
    let Some(rf1) = message.segment("RF1") else {
        return Err(MessageError::Missing {
            at: message.field("RF1", 0).place(),
            why: "it says which referral the message is about",
        });
    };
    let mut numbers = Vec::new();
    for (number, kind) in [(6, "referral"), (11, "external-referral")] {
        numbers.extend(entry::own_number(rf1.field(number), sender, kind)?);
    }
    if numbers.is_empty() {
        return Err(MessageError::Missing {
            at: rf1.field(6).place(),
            why: "without a number a referral cannot be changed or cancelled",
        });
    }
    let mut entry = Entry::numbered("ServiceRequest", numbers, rf1.field(6).place());
    told(&mut entry, rf1, sender, event)?;
    people(&mut entry, message, sender)?;
    // A comment is about the referral behind RF1 and at the end; elsewhere it is about a result that is sent along.
    let mut about = "";
    for segment in message.segments() {
        match segment.name() {
            "DG1" => {
                let field = segment.field(3);
                let reason = datatype::concept(field, sender, &sender.own("code:diagnosis"))?;
                if let Some(reason) = reason {
                    entry.draft.append("reasonCode", reason, field.place());
                }
            }
            "AL1" => {
                let allergy = allergy::al1(segment, &found.person, sender)?;
                found.add(allergy, segment)?;
            }
            "NTE" if matches!(about, "RF1" | "PV1" | "PV2") => entry.note(segment)?,
            _ => {}
        }
        if segment.name() != "NTE" {
            about = segment.name();
        }
    }
    entry::add(&mut found.entries, entry, rf1)?;
    Ok(found)
}

fn told(
    entry: &mut Entry,
    rf1: &Segment<'_>,
    sender: &Sender,
    event: &str,
) -> Result<(), MessageError> {
    let standing = rf1.field(1);
    let status = coded::code(standing, sender, CodeMap::ReferralStatus)?;
    let status = match event {
        "I14" => Json::from("revoked"),
        _ => status.unwrap_or(Json::from("active")),
    };
    if event == "I14" {
        entry.effect = Effect::Changes(ENDING);
    }
    entry.draft.put("status", status, standing.place());
    entry.draft.set("intent", Json::from("order"));
    let code =
        json!({"coding": [{"system": SNOMED, "code": "3457005", "display": "Patient referral"}]});
    entry.draft.set("code", code);
    let priority = rf1.field(2);
    entry.draft.take(
        "priority",
        priority,
        coded::code(priority, sender, CodeMap::Priority),
    )?;
    let mut categories = Vec::new();
    let tables = [
        (3, "http://terminology.hl7.org/CodeSystem/v2-0281"),
        (5, "http://terminology.hl7.org/CodeSystem/v2-0284"),
    ];
    for (number, system) in tables {
        categories.extend(datatype::concept(rf1.field(number), sender, system)?);
    }
    entry
        .draft
        .take("category", rf1.field(3), Ok(datatype::list(categories)))?;
    let (from, until) = (rf1.field(7), rf1.field(8));
    entry.draft.take("authoredOn", from, coded::moment(from))?;
    let period = object([
        ("start", coded::moment(from)?),
        ("end", coded::moment(until)?),
    ]);
    if until.is_valued() {
        entry.draft.take("occurrencePeriod", until, Ok(period))?;
    }
    let reason = rf1.field(10);
    let reasons = coded::each(reason, |one| {
        datatype::concept(one, sender, "http://terminology.hl7.org/CodeSystem/v2-0336")
    });
    entry.draft.take("reasonCode", reason, reasons)?;
    let comment = rf1.field(24);
    if let Some(text) = comment.line()? {
        entry
            .draft
            .append("note", json!({"text": text}), comment.place());
    }
    Ok(())
}

/// PRD: who refers (RP), and to whom (RT).
fn people(entry: &mut Entry, message: &Message<'_>, sender: &Sender) -> Result<(), MessageError> {
    for prd in coded::all(message, "PRD") {
        let Some(who) = provider(prd, sender)? else {
            continue;
        };
        let place = prd.field(2).place();
        for role in prd.field(1).repetitions()? {
            match role.component(1).raw() {
                "RP" => entry.draft.put("requester", who.clone(), place),
                "RT" => entry.draft.append("performer", who.clone(), place),
                _ => {}
            }
        }
    }
    Ok(())
}

/// The name (PRD-2) and number (PRD-7: number, its type) of a person; where neither is sent, the organisation (PRD-10).
fn provider(prd: &Segment<'_>, sender: &Sender) -> Read<Json> {
    let name = prd.field(2);
    let mut words = Vec::new();
    for part in [
        name.component(5),
        name.component(2),
        name.component(3),
        name.component(1).subcomponent(1),
    ] {
        words.extend(part.line()?);
    }
    let number = prd.field(7).component(1).line()?;
    let system = match prd.field(7).component(2).line()? {
        Some(kind) => sender.shared(&kind),
        None => sender.own("professional"),
    };
    if words.is_empty() && number.is_none() {
        let organisation = prd.field(10).component(1).subcomponent(1).line()?;
        return Ok(organisation.map(|name| json!({"type": "Organization", "display": name})));
    }
    Ok(object([
        ("type", Some(Json::from("Practitioner"))),
        (
            "identifier",
            number.map(|id| json!({"system": system, "value": id})),
        ),
        (
            "display",
            (!words.is_empty()).then(|| Json::String(words.join(" "))),
        ),
    ]))
}
