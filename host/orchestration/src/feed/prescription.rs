//! Prescriptions (RDE^O11, O25; pharmacy orders in ORM^O01) as MedicationRequest, dispenses (RDS^O13) as MedicationDispense.
//!
//! Invariant: a prescription is known by its order's number and the medicine; every component of a mixture is in it; an
//! amount that is no number is an error, never left out.
//! Source: HL7 Version 2 to FHIR, segment maps RXO, RXR, TQ1 and ORC[MedicationRequest]; RXE and RXD, of which it has no
//! map, follow RXO's and the standard's chapter 4A.

mod dosage;

use serde_json::{Value as Json, json};

use crate::feed::coded;
use crate::feed::codes::CodeMap;
use crate::feed::datatype::{self, object};
use crate::feed::entry::{Effect, Entries, Entry, code_of, identity, order_numbers};
use crate::feed::message::error::MessageError;
use crate::feed::message::place::Place;
use crate::feed::message::{Message, Segment};
use crate::feed::order::ENDS;
use crate::feed::sender::Sender;
use crate::feed::timestamp;

/// What a cancellation changes.
const ENDING: &[&str] = &["status", "statusReason", "note"];

/// One order of a message: its segments, by name, in order.
struct Group<'a> {
    order: Segment<'a>,
    rest: Vec<Segment<'a>>,
}

impl<'a> Group<'a> {
    fn first(&self, name: &str) -> Option<&Segment<'a>> {
        self.rest.iter().find(|segment| segment.name() == name)
    }
    /// Those of a name behind the encoded order (RXE) or the dispense (RXD), else those behind the request.
    fn behind(&self, main: &str, name: &str) -> Vec<Segment<'a>> {
        let from = self.rest.iter().position(|segment| segment.name() == main);
        let all = |from: usize| -> Vec<Segment<'a>> {
            let rest = self.rest.iter().skip(from);
            rest.filter(|segment| segment.name() == name)
                .copied()
                .collect()
        };
        match from.map(all) {
            Some(found) if !found.is_empty() => found,
            Some(_) | None => all(0),
        }
    }
}

/// The orders of a message: each ORC with what follows it.
fn groups<'a>(message: &Message<'a>) -> Vec<Group<'a>> {
    let mut found: Vec<Group<'a>> = Vec::new();
    for segment in message.segments() {
        if segment.name() == "ORC" {
            found.push(Group {
                order: *segment,
                rest: Vec::new(),
            });
        } else if let Some(group) = found.last_mut() {
            group.rest.push(*segment);
        }
    }
    found
}

/// The plan of RDE^O11 and O25, and of pharmacy orders in ORM^O01.
///
/// # Errors
/// The place that cannot be read, or that misses.
pub fn prescriptions(message: &Message<'_>, sender: &Sender) -> Result<Entries, MessageError> {
    let mut found = Entries::about(message, sender)?;
    for group in groups(message) {
        // RXE is what the pharmacy made of the request RXO; where both stand, it counts.
        let Some(main) = group.first("RXE").or(group.first("RXO")) else {
            continue;
        };
        let entry = prescription(&group, main, sender)?;
        found.add(entry, main)?;
    }
    found.needed("RXE", "it says what is prescribed")
}

fn prescription(
    group: &Group<'_>,
    main: &Segment<'_>,
    sender: &Sender,
) -> Result<Entry, MessageError> {
    let encoded = main.name() == "RXE";
    let drug = main.field(if encoded { 2 } else { 1 });
    let orc = &group.order;
    let mut entry = {
        let code = medicine(drug, sender)?;
        let numbers = order_numbers(
            &[orc.field(2)],
            &[orc.field(3), main.field(if encoded { 15 } else { 0 })],
            sender,
        )?;
        let Some(first) = numbers.first() else {
            return Err(MessageError::Missing {
                at: orc.field(2).place(),
                why: "without an order number (ORC-2, ORC-3 or RXE-15) a prescription cannot be changed or stopped",
            });
        };
        let known = identity(first, &code_of(&code));
        let mut entry = Entry::within("MedicationRequest", known, &numbers, orc.field(2).place());
        mixture(&mut entry, group, main, code, drug.place(), sender)?;
        entry
    };
    entry.draft.set("intent", Json::from("order"));
    status(&mut entry, orc, sender)?;
    let who = [orc.field(12), main.field(if encoded { 13 } else { 14 })];
    for field in who {
        if let Some(requester) = datatype::professional(field, sender)? {
            entry.draft.put("requester", requester, field.place());
            break;
        }
    }
    let when = orc.field(9);
    entry.draft.take("authoredOn", when, coded::moment(when))?;
    dosage::dosage(&mut entry, group, main, sender)?;
    supply(&mut entry, main)?;
    let form = main.field(if encoded { 6 } else { 5 });
    if let Some(form) = datatype::concept(form, sender, "")? {
        let word = form["text"]
            .as_str()
            .map_or_else(|| code_of(&form), str::to_owned);
        let note = json!({"text": format!("Dosage form: {word}")});
        entry.draft.append(
            "note",
            note,
            main.field(if encoded { 6 } else { 5 }).place(),
        );
    }
    for nte in group.behind(main.name(), "NTE") {
        entry.note(&nte)?;
    }
    Ok(entry)
}

fn medicine(field: crate::feed::message::Value<'_>, sender: &Sender) -> Result<Json, MessageError> {
    datatype::concept(field, sender, &sender.own("code:medicine"))?.ok_or(MessageError::Missing {
        at: field.place(),
        why: "it says which medicine",
    })
}

/// The medicine by its code; a mixture (RXC) as a medicine with its components, each with its amount.
fn mixture(
    entry: &mut Entry,
    group: &Group<'_>,
    main: &Segment<'_>,
    code: Json,
    from: Place,
    sender: &Sender,
) -> Result<(), MessageError> {
    let mut ingredients = Vec::new();
    for rxc in group.behind(main.name(), "RXC") {
        let what = medicine(rxc.field(2), sender)?;
        let amount = coded::quantity(rxc.field(3), rxc.field(4))?;
        let strength =
            amount.map(|amount| json!({"numerator": amount, "denominator": {"value": 1}}));
        ingredients.extend(object([
            ("itemCodeableConcept", Some(what)),
            ("isActive", Some(Json::Bool(rxc.field(1).raw() != "B"))),
            ("strength", strength),
        ]));
    }
    match datatype::list(ingredients) {
        None => {
            entry.draft.put("medicationCodeableConcept", code, from);
            // A mixture before is none any more.
            entry
                .draft
                .cleared
                .extend(["medicationReference", "contained"]);
        }
        Some(ingredients) => {
            let medication = json!({
                "resourceType": "Medication", "id": "mixture", "code": code, "ingredient": ingredients,
            });
            entry.draft.put("contained", json!([medication]), from);
            entry.draft.put(
                "medicationReference",
                json!({"reference": "#mixture"}),
                from,
            );
            entry.draft.cleared.push("medicationCodeableConcept");
        }
    }
    Ok(())
}

/// ORC-5 and ORC-1, in the words of a prescription.
fn status(entry: &mut Entry, orc: &Segment<'_>, sender: &Sender) -> Result<(), MessageError> {
    let (control, standing) = (orc.field(1), orc.field(5));
    let sent = control.component(1).raw();
    let ends = ENDS.contains(&sent);
    let own = coded::code(standing, sender, CodeMap::OrderStatus)?.filter(|_| !ends);
    let (code, from) = match own {
        Some(code) => (code, standing),
        None => match coded::code(control, sender, CodeMap::OrderControl)? {
            Some(code) => (code, control),
            None => {
                control.needed("it says what is done to the prescription")?;
                return Err(control.component(1).unknown_code(
                    "a code of table 0119 that says how a prescription stands (NW, XO, SC, CA, DC, HD, RL …)",
                ));
            }
        },
    };
    let word = match code.as_str() {
        Some("revoked") if matches!(sent, "DC" | "OD" | "DR") => Json::from("stopped"),
        Some("revoked") => Json::from("cancelled"),
        _ => code,
    };
    entry.draft.put("status", word, from.place());
    if ends {
        entry.effect = Effect::Changes(ENDING);
        let reason = orc.field(16);
        let why = datatype::concept(reason, sender, &sender.own("code:order-reason"));
        entry.draft.take("statusReason", reason, why)?;
    }
    Ok(())
}

/// How much is to be handed out, how often, and whether another product may be.
fn supply(entry: &mut Entry, main: &Segment<'_>) -> Result<(), MessageError> {
    let encoded = main.name() == "RXE";
    let (amount, unit, refills) = if encoded { (10, 11, 12) } else { (11, 12, 13) };
    let repeats = main.field(refills);
    let count = match repeats.component(1).line()? {
        None => None,
        Some(text) => {
            let count: u32 = text
                .parse()
                .map_err(|_| repeats.not("a whole number of refills"))?;
            Some(Json::from(count))
        }
    };
    let request = object([
        (
            "quantity",
            coded::quantity(main.field(amount), main.field(unit))?,
        ),
        ("numberOfRepeatsAllowed", count),
    ]);
    entry
        .draft
        .take("dispenseRequest", main.field(amount), Ok(request))?;
    let other = main.field(9);
    let allowed = match other.component(1).raw() {
        "N" | "1" => Some(false),
        "G" | "T" | "2" | "3" | "4" | "5" => Some(true),
        _ => None,
    };
    if let Some(allowed) = allowed {
        entry.draft.put(
            "substitution",
            json!({"allowedBoolean": allowed}),
            other.place(),
        );
    }
    Ok(())
}

/// The plan of RDS^O13.
///
/// # Errors
/// The place that cannot be read, or that misses.
pub fn dispenses(message: &Message<'_>, sender: &Sender) -> Result<Entries, MessageError> {
    let mut found = Entries::about(message, sender)?;
    for group in groups(message) {
        for rxd in group.rest.iter().filter(|segment| segment.name() == "RXD") {
            found.add(dispense(&group, rxd, sender)?, rxd)?;
        }
    }
    found.needed(
        "RXD",
        "it says what was handed out, under the order (ORC) it belongs to",
    )
}

fn dispense(group: &Group<'_>, rxd: &Segment<'_>, sender: &Sender) -> Result<Entry, MessageError> {
    let orc = &group.order;
    let numbers = order_numbers(&[orc.field(2)], &[orc.field(3), rxd.field(7)], sender)?;
    let Some(first) = numbers.first() else {
        return Err(MessageError::Missing {
            at: orc.field(2).place(),
            why: "without an order number (ORC-2, ORC-3 or RXD-7) a dispense belongs to no prescription",
        });
    };
    let code = medicine(rxd.field(2), sender)?;
    let which = rxd.field(1).line()?.unwrap_or_default();
    let known = identity(first, &format!("{}\u{1f}{which}", code_of(&code)));
    let mut entry = Entry::within("MedicationDispense", known, &[], orc.field(2).place());
    entry
        .draft
        .put("status", Json::from("completed"), rxd.field(0).place());
    entry
        .draft
        .put("medicationCodeableConcept", code, rxd.field(2).place());
    let amount = coded::quantity(rxd.field(4), rxd.field(5));
    entry.draft.take("quantity", rxd.field(4), amount)?;
    let when = rxd.field(3);
    let handed = timestamp::date_time(when)?.map(Json::String);
    entry.draft.take("whenHandedOver", when, Ok(handed))?;
    let who = rxd.field(10);
    let performers = coded::each(who, |one| {
        Ok(datatype::professional(one, sender)?.map(|actor| json!({"actor": actor})))
    });
    entry.draft.take("performer", who, performers)?;
    for note in rxd.field(9).repetitions()? {
        let text = json!({"text": note.text()?.trim()});
        entry.draft.append("note", text, rxd.field(9).place());
    }
    let prescription = json!({
        "type": "MedicationRequest",
        "identifier": {"system": first.system, "value": first.value},
    });
    entry.draft.put(
        "authorizingPrescription",
        json!([prescription]),
        orc.field(2).place(),
    );
    dosage::how(&mut entry, &group.behind("RXD", "RXR"), sender)?;
    Ok(entry)
}
