//! Vaccinations (VXU^V04) as Immunization.
//!
//! Invariant: a vaccination is known by its order's number and the vaccine, else by the vaccine and the day; one that was
//! refused or not given is never shown as given. What funds it, and which leaflet was handed out (OBX), stays in the message.
//! Source: HL7 Version 2 to FHIR, segment maps RXA, RXR and ORC[Immunization].

use serde_json::{Value as Json, json};

use crate::feed::coded;
use crate::feed::codes::CodeMap;
use crate::feed::datatype;
use crate::feed::entry::{Effect, Entries, Entry, code_of, identity, order_numbers};
use crate::feed::message::error::MessageError;
use crate::feed::message::{Message, Segment};
use crate::feed::sender::Sender;
use crate::feed::timestamp;

const FUNCTIONS: &str = "http://terminology.hl7.org/CodeSystem/v2-0443";

/// The plan of VXU^V04.
///
/// # Errors
/// The place that cannot be read, or that misses.
pub fn immunisations(message: &Message<'_>, sender: &Sender) -> Result<Entries, MessageError> {
    let mut found = Entries::about(message, sender)?;
    let mut order: Option<Segment<'_>> = None;
    let mut open: Option<(Entry, Segment<'_>)> = None;
    for segment in message.segments() {
        match segment.name() {
            "ORC" => order = Some(*segment),
            "RXA" => {
                let next = given(segment, order.as_ref(), sender)?;
                if let Some((done, from)) = open.replace((next, *segment)) {
                    found.add(done, &from)?;
                }
            }
            "RXR" => {
                if let Some((entry, _)) = &mut open {
                    route(entry, segment, sender)?;
                }
            }
            "NTE" => {
                if let Some((entry, _)) = &mut open {
                    entry.note(segment)?;
                }
            }
            _ => {}
        }
    }
    if let Some((done, from)) = open {
        found.add(done, &from)?;
    }
    found.needed("RXA", "it says what was given")
}

fn given(
    rxa: &Segment<'_>,
    orc: Option<&Segment<'_>>,
    sender: &Sender,
) -> Result<Entry, MessageError> {
    let vaccine = rxa.field(5);
    let Some(code) = datatype::concept(vaccine, sender, &sender.own("code:vaccine"))? else {
        return Err(MessageError::Missing {
            at: vaccine.place(),
            why: "it says what was given",
        });
    };
    let when = rxa.field(3);
    let Some(at) = timestamp::date_time(when)? else {
        return Err(MessageError::Missing {
            at: when.place(),
            why: "it says when it was given",
        });
    };
    let of = |number: u16| {
        orc.map(|orc| orc.field(number))
            .into_iter()
            .collect::<Vec<_>>()
    };
    let numbers = order_numbers(&of(2), &of(3), sender)?;
    let known = match numbers.last() {
        Some(number) => identity(number, &code_of(&code)),
        // Without a number, the same vaccine on the same day is the same dose.
        None => format!("{}\u{1f}{}", code_of(&code), at.get(..10).unwrap_or(&at)),
    };
    let from = orc.map_or(vaccine, |orc| orc.field(3)).place();
    let mut entry = Entry::within("Immunization", known, &numbers, from);
    entry.draft.put("vaccineCode", code, vaccine.place());
    entry
        .draft
        .put("occurrenceDateTime", Json::String(at), when.place());
    status(&mut entry, rxa, sender)?;
    product(&mut entry, rxa, sender)?;
    performers(&mut entry, rxa, sender)?;
    // Before 2.8 the place stood in RXA-11, its facility in the fourth component.
    let here = if rxa.field(27).is_valued() {
        rxa.field(27)
    } else {
        rxa.field(11)
    };
    entry
        .draft
        .take("location", here, coded::place(here, sender))?;
    source(&mut entry, rxa)?;
    let because = rxa.field(19);
    let reason = datatype::concept(because, sender, &sender.own("code:reason"));
    entry
        .draft
        .take("reasonCode", because, coded::listed(reason))?;
    let recorded = rxa.field(22);
    entry
        .draft
        .take("recorded", recorded, coded::moment(recorded))?;
    Ok(entry)
}

/// How much of which lot (RXA-6, RXA-15 to RXA-17).
fn product(entry: &mut Entry, rxa: &Segment<'_>, sender: &Sender) -> Result<(), MessageError> {
    // 999 and 0 stand for an amount that is not known.
    if !matches!(rxa.field(6).component(1).raw(), "999" | "0") {
        let dose = coded::quantity(rxa.field(6), rxa.field(7));
        entry.draft.take("doseQuantity", rxa.field(6), dose)?;
    }
    let lot = rxa.field(15);
    entry.draft.take(
        "lotNumber",
        lot,
        Ok(lot.component(1).line()?.map(Json::String)),
    )?;
    let until = rxa.field(16);
    let expires = timestamp::date(until)?.map(Json::String);
    entry.draft.take("expirationDate", until, Ok(expires))?;
    let maker = rxa.field(17);
    let named = datatype::concept(maker, sender, &sender.own("code:manufacturer"))?;
    let maker_name = named.map(|it| {
        it["text"]
            .as_str()
            .map_or_else(|| code_of(&it), str::to_owned)
    });
    let maker_reference = maker_name.map(|name| json!({"type": "Organization", "display": name}));
    entry.draft.take("manufacturer", maker, Ok(maker_reference))
}

/// Who gave it (RXA-10).
fn performers(entry: &mut Entry, rxa: &Segment<'_>, sender: &Sender) -> Result<(), MessageError> {
    let mut performers = Vec::new();
    for who in rxa.field(10).repetitions()? {
        let function = json!({"coding": [{"system": FUNCTIONS, "code": "AP", "display": "Administering Provider"}]});
        performers.extend(
            datatype::professional(who, sender)?
                .map(|actor| json!({"function": function, "actor": actor})),
        );
    }
    entry
        .draft
        .take("performer", rxa.field(10), Ok(datatype::list(performers)))
}

/// RXA-20, why it was not given (RXA-18), and RXA-21 `D`: it was never true.
fn status(entry: &mut Entry, rxa: &Segment<'_>, sender: &Sender) -> Result<(), MessageError> {
    let (done, action) = (rxa.field(20), rxa.field(21));
    if action.component(1).raw().eq_ignore_ascii_case("D") {
        entry
            .draft
            .put("status", Json::from("entered-in-error"), action.place());
        entry.effect = Effect::Changes(&["status", "note"]);
        return Ok(());
    }
    let told = coded::code(done, sender, CodeMap::Completion)?;
    if told.is_none() && done.is_valued() {
        return Err(done.component(1).unknown_code("CP, PA, RE or NA"));
    }
    let status = told.unwrap_or(Json::from("completed"));
    let refused = rxa.field(18);
    let why = datatype::concept(refused, sender, &sender.own("code:refusal"))?;
    let why = match (why, status == "not-done") {
        (Some(why), _) => Some(why),
        // FHIR and UK Core want a reason with everything that was not given.
        (None, true) => {
            let word = if done.component(1).raw() == "RE" {
                "Refused"
            } else {
                "Not administered"
            };
            Some(json!({"text": word}))
        }
        (None, false) => None,
    };
    entry.draft.put("status", status, done.place());
    entry.draft.take("statusReason", refused, Ok(why))
}

/// RXA-9: `00` is a dose given here, anything else is from somebody's account (table NIP001).
fn source(entry: &mut Entry, rxa: &Segment<'_>) -> Result<(), MessageError> {
    let field = rxa.field(9);
    match field.component(1).line()?.as_deref() {
        Some("00") => entry
            .draft
            .put("primarySource", Json::Bool(true), field.place()),
        Some(code) if code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_digit()) => {
            entry
                .draft
                .put("primarySource", Json::Bool(false), field.place());
        }
        Some(_) | None => {
            if let Some(text) = field.component(2).line()? {
                entry
                    .draft
                    .append("note", json!({"text": text}), field.place());
            }
        }
    }
    Ok(())
}

fn route(entry: &mut Entry, rxr: &Segment<'_>, sender: &Sender) -> Result<(), MessageError> {
    let (way, site) = (rxr.field(1), rxr.field(2));
    let system = "http://terminology.hl7.org/CodeSystem/v2-0162";
    entry.draft.take(
        "route",
        way,
        coded::concept(way, sender, CodeMap::Route, system),
    )?;
    let system = "http://terminology.hl7.org/CodeSystem/v2-0163";
    entry
        .draft
        .take("site", site, datatype::concept(site, sender, system))
}
