//! Orders (ORM^O01, OMG^O19, OML^O21) as ServiceRequest, and the specimens that are sent with them.
//!
//! Invariant: an order is known by its number and what is ordered, since one number often covers several tests; a
//! cancellation changes its status and reason and nothing else. Answers asked for with the order (OBX) stay in the message.
//! Source: HL7 Version 2 to FHIR, segment maps ORC, OBR, TQ1 and NTE[ServiceRequest].

use serde_json::{Value as Json, json};

use crate::feed::coded;
use crate::feed::codes::CodeMap;
use crate::feed::datatype;
use crate::feed::entry::{
    Effect, Entries, Entry, Identity, Link, Within, code_of, identity, order_numbers,
};
use crate::feed::message::error::MessageError;
use crate::feed::message::{Message, Segment};
use crate::feed::prescription;
use crate::feed::result::specimen;
use crate::feed::sender::Sender;
use crate::limits::ORDERS_MAX;

const STATUS_REASON: &str = "http://hl7.org/fhir/StructureDefinition/request-statusReason";
const SECTIONS: &str = "http://terminology.hl7.org/CodeSystem/v2-0074";
/// What a cancellation changes.
const ENDING: &[&str] = &["status", "extension", "note"];
/// Order control codes that end or stop an order (table 0119).
pub(super) const ENDS: [&str; 8] = ["CA", "CR", "DC", "DF", "DR", "OC", "OD", "UC"];

/// The plan of a message with orders.
///
/// # Errors
/// The place that cannot be read, or that misses.
pub fn orders(message: &Message<'_>, sender: &Sender) -> Result<Entries, MessageError> {
    let drugs = message.segment("RXO").is_some() && message.segment("OBR").is_none();
    if drugs {
        return prescription::prescriptions(message, sender);
    }
    let mut reading = Reading {
        found: Entries::about(message, sender)?,
        sender,
        order: None,
        timing: Vec::new(),
        open: None,
        count: 0,
    };
    for segment in message.segments() {
        reading.take(segment)?;
    }
    reading.close()?;
    reading
        .found
        .needed("OBR", "it says what is ordered, or what order is cancelled")
}

/// Where the reading of a message stands.
struct Reading<'m, 'a> {
    found: Entries,
    sender: &'m Sender,
    /// The ORC of the order that comes next.
    order: Option<Segment<'a>>,
    /// TQ1 that stand before their OBR.
    timing: Vec<Segment<'a>>,
    /// The order that is being read.
    open: Option<(Entry, Segment<'a>)>,
    count: usize,
}

impl<'a> Reading<'_, 'a> {
    fn take(&mut self, segment: &Segment<'a>) -> Result<(), MessageError> {
        match segment.name() {
            "ORC" => {
                self.close()?;
                self.timing.clear();
                self.order = Some(*segment);
            }
            "TQ1" => match &mut self.open {
                Some((entry, _)) => timed(entry, segment, self.sender)?,
                None => self.timing.push(*segment),
            },
            "OBR" => {
                self.close()?;
                self.count += 1;
                if self.count > ORDERS_MAX {
                    return Err(MessageError::ValueTooLong {
                        at: segment.place(),
                        of: "orders",
                        max: ORDERS_MAX,
                    });
                }
                let mut entry = order(segment, self.order.as_ref(), self.sender)?;
                for tq1 in std::mem::take(&mut self.timing) {
                    timed(&mut entry, &tq1, self.sender)?;
                }
                self.open = Some((entry, *segment));
            }
            "NTE" => {
                if let Some((entry, _)) = &mut self.open {
                    entry.note(segment)?;
                }
            }
            "DG1" => {
                if let Some((entry, _)) = &mut self.open {
                    because(entry, segment, self.sender)?;
                }
            }
            "SPM" => self.specimen(segment)?,
            _ => {}
        }
        Ok(())
    }

    fn specimen(&mut self, spm: &Segment<'a>) -> Result<(), MessageError> {
        let Some((order, _)) = &mut self.open else {
            return Ok(());
        };
        let Identity::Within(of) = &order.identity else {
            return Ok(());
        };
        let sample = specimen::sample(spm, of, self.sender)?;
        let to = Identity::Within(sample.identity.clone());
        order.links.push(Link {
            element: "specimen",
            within: Within::List,
            resource_type: "Specimen",
            to: to.clone(),
            from: spm.field(2).place(),
        });
        let entry = Entry {
            resource_type: "Specimen",
            identity: to,
            draft: sample.draft,
            effect: Effect::Tells,
            links: Vec::new(),
        };
        self.found.add(entry, spm)
    }

    fn close(&mut self) -> Result<(), MessageError> {
        match self.open.take() {
            Some((entry, from)) => self.found.add(entry, &from),
            None => Ok(()),
        }
    }
}

fn order(
    obr: &Segment<'_>,
    orc: Option<&Segment<'_>>,
    sender: &Sender,
) -> Result<Entry, MessageError> {
    let either = |number: u16| {
        let own = orc.map(|orc| orc.field(number));
        own.into_iter()
            .chain([obr.field(number)])
            .collect::<Vec<_>>()
    };
    let numbers = order_numbers(&either(2), &either(3), sender)?;
    let test = obr.field(4);
    let Some(code) = datatype::concept(test, sender, "")? else {
        return Err(MessageError::Missing {
            at: test.place(),
            why: "it says what is ordered",
        });
    };
    let Some(first) = numbers.first() else {
        return Err(MessageError::Missing {
            at: obr.field(2).place(),
            why: "without an order number (ORC-2, OBR-2, ORC-3 or OBR-3) an order cannot be changed or cancelled",
        });
    };
    let known = identity(first, &code_of(&code));
    let from = orc.map_or(obr.field(2), |orc| orc.field(2)).place();
    let mut entry = Entry::within("ServiceRequest", known, &numbers, from);
    entry.draft.set("intent", Json::from("order"));
    entry.draft.put("code", code, test.place());
    status(&mut entry, obr, orc, sender)?;
    asked(&mut entry, obr, orc, sender)?;
    let section = obr.field(24);
    if let Some(section_code) = section.line()? {
        let category = json!([{"coding": [{"system": SECTIONS, "code": section_code}]}]);
        entry.draft.put("category", category, section.place());
    }
    let reason = obr.field(31);
    let reasons = coded::each(reason, |one| {
        datatype::concept(one, sender, &sender.own("code:reason"))
    });
    entry.draft.take("reasonCode", reason, reasons)?;
    let told = obr.field(13);
    let clinical = told.component(1).text()?.trim().to_owned();
    let words = told.component(2).text()?.trim().to_owned();
    if !clinical.is_empty() || !words.is_empty() {
        let text = if words.is_empty() { clinical } else { words };
        entry
            .draft
            .append("note", json!({"text": text}), told.place());
    }
    Ok(entry)
}

/// ORC-5 says how the order stands, ORC-1 what is done to it. An order without either is one.
fn status(
    entry: &mut Entry,
    obr: &Segment<'_>,
    orc: Option<&Segment<'_>>,
    sender: &Sender,
) -> Result<(), MessageError> {
    let Some(orc) = orc else {
        entry
            .draft
            .put("status", Json::from("active"), obr.field(0).place());
        return Ok(());
    };
    let (control, standing) = (orc.field(1), orc.field(5));
    let ends = ENDS.contains(&control.component(1).raw());
    let told = match ends {
        true => None,
        false => coded::code(standing, sender, CodeMap::OrderStatus)?.map(|code| (code, standing)),
    };
    let told = match told {
        Some(told) => Some(told),
        None => coded::code(control, sender, CodeMap::OrderControl)?.map(|code| (code, control)),
    };
    let Some((status, from)) = told else {
        control.needed("it says what is done to the order")?;
        return Err(control.component(1).unknown_code(
            "a code of table 0119 that says how an order stands (NW, XO, SC, CA, DC, HD, RL …)",
        ));
    };
    entry.draft.put("status", status, from.place());
    if ends {
        entry.effect = Effect::Changes(ENDING);
    }
    let reason = orc.field(16);
    if let Some(why) = datatype::concept(reason, sender, &sender.own("code:order-reason"))? {
        let told = json!({"url": STATUS_REASON, "valueCodeableConcept": why});
        entry.draft.append("extension", told, reason.place());
    }
    Ok(())
}

/// Who asked, when, for when, and how urgently.
fn asked(
    entry: &mut Entry,
    obr: &Segment<'_>,
    orc: Option<&Segment<'_>>,
    sender: &Sender,
) -> Result<(), MessageError> {
    let of_order = |number: u16| {
        orc.map(|orc| orc.field(number))
            .filter(|field| field.is_valued())
    };
    let who = of_order(12).unwrap_or(obr.field(16));
    entry
        .draft
        .take("requester", who, datatype::professional(who, sender))?;
    if let Some(when) = of_order(9) {
        entry.draft.take("authoredOn", when, coded::moment(when))?;
    }
    if let Some(group) = of_order(4) {
        // A group number (EI), or placer's and filler's in subcomponents (EIP).
        if let Some(number) = datatype::entity(group, sender, "PGN")? {
            entry.draft.put("requisition", number.json(), group.place());
        }
    }
    let requested = obr.field(6);
    entry
        .draft
        .take("occurrenceDateTime", requested, coded::moment(requested))?;
    let older = of_order(7).unwrap_or(obr.field(27));
    for field in [obr.field(5), older.component(6)] {
        if let Some(priority) = coded::code(field, sender, CodeMap::Priority)? {
            entry.draft.put("priority", priority, field.place());
        }
    }
    let start = older.component(4);
    if let Some(at) = coded::moment(start)? {
        entry.draft.put("occurrenceDateTime", at, start.place());
    }
    Ok(())
}

fn timed(entry: &mut Entry, tq1: &Segment<'_>, sender: &Sender) -> Result<(), MessageError> {
    let priority = tq1.field(9);
    if let Some(code) = coded::code(priority, sender, CodeMap::Priority)? {
        entry.draft.put("priority", code, priority.place());
    }
    let start = tq1.field(7);
    if let Some(at) = coded::moment(start)? {
        entry.draft.put("occurrenceDateTime", at, start.place());
    }
    Ok(())
}

fn because(entry: &mut Entry, dg1: &Segment<'_>, sender: &Sender) -> Result<(), MessageError> {
    let field = dg1.field(3);
    if let Some(reason) = datatype::concept(field, sender, &sender.own("code:diagnosis"))? {
        entry.draft.append("reasonCode", reason, field.place());
    }
    Ok(())
}
