//! Documents (MDM^T01 to T11) as DocumentReference: announced, with content, changed, added to, replaced, cancelled.
//!
//! Invariant: a document is known by its unique number (TXA-12); a replacement or addendum is a document of its own that
//! says what it replaces or adds to, and what was replaced stays, as superseded. What TXA-18 restricts is labelled so.
//! Source: HL7 Version 2 to FHIR, segment maps TXA[DocumentReference] and OBX[DocumentReference].

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use crate::feed::coded;
use crate::feed::codes::CodeMap;
use crate::feed::datatype::{self, Number, object};
use crate::feed::entry::{Effect, Entries, Entry, Identity, Link, Within, own_number};
use crate::feed::message::error::MessageError;
use crate::feed::message::{Message, Segment, Value};
use crate::feed::result::value;
use crate::feed::sender::Sender;

/// The plan of an MDM message.
///
/// # Errors
/// The place that cannot be read, or that misses.
pub fn document(
    message: &Message<'_>,
    sender: &Sender,
    event: &str,
) -> Result<Entries, MessageError> {
    let mut found = Entries::about(message, sender)?;
    let Some(txa) = message.segment("TXA") else {
        return Err(MessageError::Missing {
            at: message.field("TXA", 0).place(),
            why: "it says which document the message is about",
        });
    };
    let field = txa.field(12);
    let Some(number) = own_number(field, sender, "document")? else {
        return Err(MessageError::Missing {
            at: field.place(),
            why: "without its unique number a document cannot be changed, replaced or cancelled",
        });
    };
    let mut entry = Entry::numbered("DocumentReference", vec![number.clone()], field.place());
    let master = json!({"system": number.system, "value": number.value});
    entry.draft.put("masterIdentifier", master, field.place());
    header(&mut entry, message, txa, sender)?;
    standing(&mut entry, txa, sender, event)?;
    let content = content(message, txa, sender)?;
    let from = coded::all(message, "OBX").next().unwrap_or(txa).place();
    entry.draft.put("content", content, from);
    entry.effect = match event {
        // Only how it stands has changed: what was sent before stays.
        "T03" | "T04" => Effect::Changes(&["status", "docStatus", "authenticator", "meta"]),
        "T11" => Effect::Changes(&["status"]),
        _ => Effect::Tells,
    };
    let earlier = txa.field(13);
    if let Some(parent) = own_number(earlier, sender, "document")?
        && parent != number
    {
        related(&mut found, &mut entry, parent, earlier, txa, event)?;
    }
    for (order, kind) in [(txa.field(14), "PLAC"), (txa.field(15), "FILL")] {
        if let Some(order) = datatype::entity(order, sender, kind)? {
            let listed = json!({
                "type": "ServiceRequest",
                "identifier": {"system": order.system, "value": order.value},
            });
            let context = entry.draft.elements.get("context").cloned();
            let mut context = context.unwrap_or_else(|| json!({"related": []}));
            if let Some(all) = context["related"].as_array_mut() {
                all.push(listed);
            }
            entry.draft.put("context", context, txa.field(14).place());
        }
    }
    found.add(entry, txa)?;
    Ok(found)
}

fn header(
    entry: &mut Entry,
    message: &Message<'_>,
    txa: &Segment<'_>,
    sender: &Sender,
) -> Result<(), MessageError> {
    let kind = txa.field(2);
    let concept = datatype::concept(
        kind,
        sender,
        "http://terminology.hl7.org/CodeSystem/v2-0270",
    );
    entry.draft.take("type", kind, concept)?;
    let made = [
        txa.field(6),
        txa.field(7),
        txa.field(4),
        message.field("EVN", 2),
    ];
    if let Some((at, from)) = coded::first_instant(&made)? {
        entry.draft.put("date", Json::String(at), from.place());
    }
    let author = txa.field(9);
    let authors = coded::each(author, |one| datatype::professional(one, sender));
    entry.draft.take("author", author, authors)?;
    let signed = txa.field(22);
    let by = datatype::professional(signed, sender)?;
    let by = match by {
        Some(by) => Some((by, signed)),
        None => datatype::professional(txa.field(10), sender)?.map(|by| (by, txa.field(10))),
    };
    if let Some((by, from)) = by {
        entry.draft.put("authenticator", by, from.place());
    }
    let title = txa.field(25);
    let text = title.line()?.map(Json::String);
    entry.draft.take("description", title, Ok(text))?;
    let restricted = txa.field(18);
    if let Some(code) = restricted.component(1).line()?
        && let Some(label) = sender.codes.of(CodeMap::DocumentConfidentiality, &code)
    {
        entry.draft.put(
            "securityLabel",
            json!([label.concept()]),
            restricted.place(),
        );
        // The record keeps from lists what carries this label.
        entry.draft.put(
            "meta",
            json!({"security": [label.coding()]}),
            restricted.place(),
        );
    }
    entry
        .draft
        .set("custodian", datatype::own_organisation(sender));
    Ok(())
}

/// TXA-17 and TXA-19, and what the event says.
fn standing(
    entry: &mut Entry,
    txa: &Segment<'_>,
    sender: &Sender,
    event: &str,
) -> Result<(), MessageError> {
    let (done, available) = (txa.field(17), txa.field(19));
    if let Some(code) = coded::code(done, sender, CodeMap::DocumentCompletion)? {
        let amended = matches!(event, "T07" | "T08") && code == "final";
        let code = if amended { Json::from("amended") } else { code };
        entry.draft.put("docStatus", code, done.place());
    }
    let (status, from) = match (event, available.component(1).raw()) {
        ("T11", _) | (_, "CA") => ("entered-in-error", available),
        (_, "OB") => ("superseded", available),
        _ => ("current", available),
    };
    entry.draft.put("status", Json::from(status), from.place());
    Ok(())
}

/// T05 and T06 add to the parent document; T09 and T10 take its place.
fn related(
    found: &mut Entries,
    entry: &mut Entry,
    parent: Number,
    from: Value<'_>,
    txa: &Segment<'_>,
    event: &str,
) -> Result<(), MessageError> {
    let code = match event {
        "T05" | "T06" => "appends",
        "T09" | "T10" => "replaces",
        _ => return Ok(()),
    };
    entry.links.push(Link {
        element: "relatesTo",
        within: Within::RelatesTo(code),
        resource_type: "DocumentReference",
        to: Identity::Numbers(vec![parent.clone()]),
        from: from.place(),
    });
    if code == "replaces" {
        let mut replaced = Entry::numbered("DocumentReference", vec![parent], from.place());
        replaced
            .draft
            .put("status", Json::from("superseded"), from.place());
        replaced.effect = Effect::ChangesKnown(&["status"]);
        found.add(replaced, txa)?;
    }
    Ok(())
}

/// Each document (ED, RP) by itself, and what is sent as lines of text as one document of text. Without any, the
/// document is elsewhere, and its file's name is its title.
fn content(
    message: &Message<'_>,
    txa: &Segment<'_>,
    sender: &Sender,
) -> Result<Json, MessageError> {
    let title = txa.field(25).line()?.or(txa.field(16).component(1).line()?);
    let mut found = Vec::new();
    let mut lines = Vec::new();
    for obx in coded::all(message, "OBX") {
        let kind = obx.field(2).component(1).line()?.unwrap_or_default();
        match kind.as_str() {
            "ED" | "RP" => {
                let mut attachment = value::document(&kind, obx.field(5))?;
                if let Some(title) = &title {
                    attachment["title"] = Json::from(title.as_str());
                }
                found.push(json!({"attachment": attachment}));
            }
            "TX" | "FT" | "ST" => {
                for line in obx.field(5).repetitions()? {
                    lines.push(line.text()?.trim_end().to_owned());
                }
            }
            // Anything else is said with its name, so that nothing of the document is left out.
            _ => {
                let name = datatype::concept(obx.field(3), sender, "")?.unwrap_or_default();
                let name = name["text"].as_str().unwrap_or_default().to_owned();
                let text = obx.field(5).text()?.trim().to_owned();
                lines.push(format!("{name}: {text}"));
            }
        }
    }
    if !lines.is_empty() {
        let attachment = object([
            ("contentType", Some(Json::from("text/plain; charset=utf-8"))),
            (
                "data",
                Some(Json::String(STANDARD.encode(lines.join("\n")))),
            ),
            ("title", title.clone().map(Json::String)),
        ]);
        found.insert(0, json!({"attachment": attachment}));
    }
    if found.is_empty() {
        let named = title.unwrap_or_else(|| "held by the sender".to_owned());
        found.push(json!({"attachment": {"title": named}}));
    }
    Ok(Json::Array(found))
}
