//! Appointments (SIU^S12 to S17, S26): booked, moved, changed, cancelled, discontinued, deleted, not attended.
//!
//! Invariant: an appointment is known by the filler's number, else by the placer's; a cancellation changes its status
//! and reason and nothing else. One that was ended is not opened again but by a new booking.
//! Source: HL7 Version 2 to FHIR, segment maps SCH[Appointment], AIS, AIG, AIL and AIP[Appointment].

use jiff::{SignedDuration, Timestamp, tz::Offset};
use serde_json::{Value as Json, json};

use crate::feed::coded;
use crate::feed::codes::CodeMap;
use crate::feed::datatype::{self, object};
use crate::feed::entry::{Effect, Entries, Entry, Identity, Link, Within};
use crate::feed::message::error::MessageError;
use crate::feed::message::{Message, Segment, Value};
use crate::feed::sender::Sender;
use crate::feed::timestamp;

/// What a cancellation, deletion or missed appointment changes.
const ENDING: &[&str] = &["status", "cancelationReason", "comment"];
const MINUTES_MAX: i64 = 60 * 24 * 31;

/// The plan of an SIU message.
///
/// # Errors
/// The place that cannot be read, or that misses.
pub fn appointment(
    message: &Message<'_>,
    sender: &Sender,
    event: &str,
) -> Result<Entries, MessageError> {
    let mut found = Entries::about(message, sender)?;
    let Some(sch) = message.segment("SCH") else {
        return Err(MessageError::Missing {
            at: message.field("SCH", 0).place(),
            why: "it says which appointment the message is about",
        });
    };
    let numbers = [(2, "filler-appointment"), (1, "placer-appointment")];
    let mut known = Vec::new();
    for (field, kind) in numbers {
        if let Some(mut number) = datatype::entity(sch.field(field), sender, kind)? {
            number.kind = Some(if field == 2 { "FILL" } else { "PLAC" }.to_owned());
            known.push(number);
        }
    }
    if known.is_empty() {
        return Err(MessageError::Missing {
            at: sch.field(2).place(),
            why: "without a number (SCH-2 or SCH-1) an appointment cannot be changed or cancelled",
        });
    }
    let mut entry = Entry::numbered("Appointment", known, sch.field(2).place());
    status(&mut entry, message, sch, sender, event)?;
    why(&mut entry, sch, sender)?;
    when(&mut entry, message, sch)?;
    let mut participants = vec![];
    for segment in message.segments() {
        match segment.name() {
            "AIS" => {
                let field = segment.field(3);
                if let Some(service) =
                    datatype::concept(field, sender, &sender.own("code:service"))?
                {
                    entry.draft.append("serviceType", service, field.place());
                }
            }
            "AIG" | "AIL" | "AIP" => participants.extend(participant(segment, sender)?),
            _ => {}
        }
    }
    comments(&mut entry, message)?;
    let from = coded::all(message, "AIP").next().unwrap_or(sch).place();
    // The patient comes first; who that is is known when this is filed.
    participants.insert(0, json!({"status": "accepted"}));
    entry
        .draft
        .put("participant", Json::Array(participants), from);
    for number in [26, 27] {
        let field = sch.field(number);
        let kind = if number == 26 { "PLAC" } else { "FILL" };
        if let Some(order) = datatype::entity(field, sender, kind)? {
            entry.links.push(Link {
                element: "basedOn",
                within: Within::List,
                resource_type: "ServiceRequest",
                to: Identity::Numbers(vec![order]),
                from: field.place(),
            });
        }
    }
    found.add(entry, sch)?;
    Ok(found)
}

fn status(
    entry: &mut Entry,
    message: &Message<'_>,
    sch: &Segment<'_>,
    sender: &Sender,
    event: &str,
) -> Result<(), MessageError> {
    let decided = match event {
        "S15" | "S16" => Some("cancelled"),
        "S17" => Some("entered-in-error"),
        "S26" => Some("noshow"),
        _ => None,
    };
    if let Some(status) = decided {
        entry.effect = Effect::Changes(ENDING);
        let from = message.field("MSH", 9).component(2);
        entry.draft.put("status", Json::from(status), from.place());
    } else {
        let own = sch.field(25);
        let told = coded::code(own, sender, CodeMap::AppointmentStatus)?;
        entry
            .draft
            .put("status", told.unwrap_or(Json::from("booked")), own.place());
    }
    let reason = sch.field(6);
    let because = datatype::concept(reason, sender, &sender.own("code:event-reason"))?;
    // FHIR has a reason for what was cancelled or not attended, not for what was never true.
    if matches!(decided, Some("cancelled" | "noshow")) {
        entry.draft.take("cancelationReason", reason, Ok(because))?;
    }
    Ok(())
}

/// SCH-7 and SCH-8: why, and what kind of appointment. Table 0277 in SCH-7 names the kind, as some senders have it.
fn why(entry: &mut Entry, sch: &Segment<'_>, sender: &Sender) -> Result<(), MessageError> {
    let (reason, kind) = (sch.field(7), sch.field(8));
    let is_kind = reason.component(3).raw().ends_with("0277");
    let because = datatype::concept(reason, sender, &sender.own("code:0276"))?;
    if is_kind && !kind.is_valued() {
        entry.draft.take("appointmentType", reason, Ok(because))?;
    } else {
        entry
            .draft
            .take("reasonCode", reason, coded::listed(Ok(because)))?;
        let told = datatype::concept(kind, sender, &sender.own("code:0277"));
        entry.draft.take("appointmentType", kind, told)?;
    }
    Ok(())
}

/// TQ1, else SCH-11, else the first resource that says when; the end from the length where it is not said.
fn when(entry: &mut Entry, message: &Message<'_>, sch: &Segment<'_>) -> Result<(), MessageError> {
    let starts = [
        message.field("TQ1", 7),
        sch.field(11).component(4),
        message.field("AIS", 4),
        message.field("AIP", 6),
        message.field("AIL", 6),
        message.field("AIG", 8),
    ];
    let ends = [message.field("TQ1", 8), sch.field(11).component(5)];
    let length = length(message, sch)?;
    let Some((start, from)) = coded::first_instant(&starts)? else {
        return unscheduled(entry, sch.field(11), length);
    };
    let end = match (coded::first_instant(&ends)?, length) {
        (Some((end, field)), _) => Some((end, field)),
        (None, Some((minutes, field))) => after(&start, minutes).map(|end| (end, field)),
        (None, None) => None,
    };
    let Some((end, until)) = end else {
        return Err(MessageError::Missing {
            at: sch.field(9).place(),
            why: "an appointment that has a beginning needs an end (SCH-11.5, TQ1-8) or a length (SCH-9)",
        });
    };
    let (first, last) = (start.parse::<Timestamp>(), end.parse::<Timestamp>());
    if matches!((first, last), (Ok(first), Ok(last)) if last < first) {
        return Err(until.not("after the beginning of the appointment"));
    }
    entry.draft.put("start", Json::String(start), from.place());
    entry.draft.put("end", Json::String(end), until.place());
    if let Some((minutes, field)) = length.filter(|(minutes, _)| *minutes > 0) {
        entry
            .draft
            .put("minutesDuration", Json::from(minutes), field.place());
    }
    Ok(())
}

/// Only what is not booked yet, or not any more, may have no time.
fn unscheduled(
    entry: &mut Entry,
    timing: Value<'_>,
    length: Option<(i64, Value<'_>)>,
) -> Result<(), MessageError> {
    if let Some((minutes, field)) = length.filter(|(minutes, _)| *minutes > 0) {
        entry
            .draft
            .put("minutesDuration", Json::from(minutes), field.place());
    }
    let status = entry.draft.elements.get("status").and_then(Json::as_str);
    if matches!(status, Some("pending" | "waitlist")) {
        // What FHIR calls an appointment whose time is still asked for.
        entry
            .draft
            .put("status", Json::from("proposed"), timing.place());
        return Ok(());
    }
    if entry.effect != Effect::Tells || matches!(status, Some("proposed" | "cancelled")) {
        return Ok(());
    }
    Err(MessageError::Missing {
        at: timing.component(4).place(),
        why: "a booked appointment has a time (SCH-11.4, TQ1-7, AIS-4, AIP-6 or AIL-6)",
    })
}

/// SCH-9 in units of SCH-10, else AIS-7 in units of AIS-8. Minutes where no unit is sent.
fn length<'a>(
    message: &Message<'a>,
    sch: &Segment<'a>,
) -> Result<Option<(i64, Value<'a>)>, MessageError> {
    let fields = [
        (sch.field(9), sch.field(10)),
        (message.field("AIS", 7), message.field("AIS", 8)),
    ];
    for (number, unit) in fields {
        let Some(text) = number.component(1).line()? else {
            continue;
        };
        let count: i64 = text
            .parse()
            .map_err(|_| number.not("a whole number of minutes"))?;
        let per = match unit
            .component(1)
            .line()?
            .unwrap_or_default()
            .to_ascii_lowercase()
            .as_str()
        {
            "s" | "sec" | "seconds" => count / 60,
            "h" | "hr" | "hour" | "hours" => count.saturating_mul(60),
            "d" | "day" | "days" => count.saturating_mul(60 * 24),
            _ => count,
        };
        if !(0..=MINUTES_MAX).contains(&per) {
            return Err(number.not("the length of an appointment, at most a month"));
        }
        return Ok(Some((per, number)));
    }
    Ok(None)
}

/// So many minutes later, in the same zone.
fn after(start: &str, minutes: i64) -> Option<String> {
    let zone = start.get(start.len().checked_sub(6)?..)?;
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let hours: i32 = zone.get(1..3)?.parse().ok()?;
    let rest: i32 = zone.get(4..6)?.parse().ok()?;
    let offset = Offset::from_seconds(sign * (hours * 60 + rest) * 60).ok()?;
    let from: Timestamp = start.parse().ok()?;
    let end = from
        .checked_add(SignedDuration::from_secs(minutes * 60))
        .ok()?;
    let written = end.to_zoned(offset.to_time_zone());
    Some(written.strftime("%Y-%m-%dT%H:%M:%S%.f%:z").to_string())
}

/// AIG, AIL, AIP: a thing, a place or a person that is needed.
fn participant(segment: &Segment<'_>, sender: &Sender) -> Result<Option<Json>, MessageError> {
    let field = segment.field(3);
    let (actor, starts, status) = match segment.name() {
        "AIL" => (
            coded::place(field, sender)?,
            segment.field(6),
            segment.field(12),
        ),
        "AIP" => (
            datatype::professional(field, sender)?,
            segment.field(6),
            segment.field(12),
        ),
        _ => (thing(field, sender)?, segment.field(8), segment.field(14)),
    };
    let Some(actor) = actor else {
        return Ok(None);
    };
    let kind = datatype::concept(segment.field(4), sender, &sender.own("code:resource"))?;
    let start = timestamp::date_time(starts)?.map(Json::String);
    let word = status
        .component(1)
        .line()?
        .unwrap_or_default()
        .to_ascii_lowercase();
    let standing = match word.as_str() {
        "cancelled" | "dc" | "discontinued" | "deleted" => "declined",
        "pending" | "waitlist" => "needs-action",
        _ => "accepted",
    };
    Ok(object([
        ("type", coded::listed(Ok(kind))?),
        ("actor", Some(actor)),
        ("status", Some(Json::from(standing))),
        ("period", object([("start", start)])),
    ]))
}

/// A piece of equipment, by its number and name.
fn thing(field: Value<'_>, sender: &Sender) -> Result<Option<Json>, MessageError> {
    let id = field.component(1).line()?;
    let name = field.component(2).line()?.or(id.clone());
    Ok(object([
        ("type", name.is_some().then(|| Json::from("Device"))),
        (
            "identifier",
            id.map(|id| json!({"system": sender.own("resource"), "value": id})),
        ),
        ("display", name.map(Json::String)),
    ]))
}

/// Comments on the appointment (behind SCH or TQ1) are its comment; those on a place or person are instructions.
fn comments(entry: &mut Entry, message: &Message<'_>) -> Result<(), MessageError> {
    let mut about = "SCH";
    let mut lines: Vec<String> = Vec::new();
    let mut from = None;
    for segment in message.segments() {
        match segment.name() {
            "NTE" if matches!(about, "SCH" | "TQ1" | "AIS" | "AIG" | "AIL" | "AIP") => {
                if let Some(note) = datatype::comment(segment)? {
                    from = from.or(Some(segment.field(3).place()));
                    lines.push(note["text"].as_str().unwrap_or_default().to_owned());
                }
            }
            "NTE" => {}
            name => about = name,
        }
    }
    if let Some(from) = from {
        entry
            .draft
            .put("comment", Json::String(lines.join("\n")), from);
    }
    Ok(())
}
