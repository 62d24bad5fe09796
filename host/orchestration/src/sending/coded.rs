//! FHIR's numbers, codes and times as HL7 v2 writes them: the opposite of what feeds read.
//!
//! Invariant: a system that came from a message goes out under the name it came with; nothing is made more exact.
//! Source: HL7 Version 2 to FHIR, data type maps CX, CWE, XCN and DTM, read from right to left.

use serde_json::Value as Json;

use super::segment::{Component, Field};

/// A member's text; nothing where it is none.
pub(super) fn text<'a>(of: &'a Json, at: &str) -> Option<&'a str> {
    let found = of.pointer(at)?.as_str()?;
    (!found.is_empty()).then_some(found)
}

/// The items of a list; none where there is no list.
pub(super) fn items<'a>(of: &'a Json, name: &str) -> impl Iterator<Item = &'a Json> {
    of.get(name).and_then(Json::as_array).into_iter().flatten()
}

/// A component of one value.
pub(super) fn plain(value: impl Into<String>) -> Component {
    vec![value.into()]
}

/// The authority that a system stands for (HD): namespace, universal id, what kind of id that is.
pub(super) fn authority(system: &str) -> Component {
    let parts = |namespace: &str, id: &str, kind: &str| {
        vec![namespace.to_owned(), id.to_owned(), kind.to_owned()]
    };
    if system == fhir::nhs_number::SYSTEM {
        return plain("NHS");
    }
    if let Some(oid) = system.strip_prefix("urn:oid:") {
        return parts("", oid, "ISO");
    }
    if let Some(uuid) = system.strip_prefix("urn:uuid:") {
        return parts("", uuid, "UUID");
    }
    match own_name(system) {
        _ if system.is_empty() => plain(""),
        Some(name) => plain(name),
        None => parts("", system, "URI"),
    }
}

/// The name by which a message's sender called a system that was made for it (`urn:palatine:SITE:id:NAME`).
fn own_name(system: &str) -> Option<String> {
    let rest = system.strip_prefix("urn:palatine:")?;
    let (_site, rest) = rest.split_once(':')?;
    let (_owner, name) = rest.split_once(':')?;
    let name = decoded(name);
    Some(name.strip_prefix("code:").unwrap_or(&name).to_owned())
}

/// `%XX` written out.
fn decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let hex = behind.get(..2).filter(|_| *first == b'%');
        match hex.and_then(|hex| hex::decode(hex).ok()) {
            Some(byte) => {
                out.extend(byte);
                rest = behind.get(2..).unwrap_or_default();
            }
            None => {
                out.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// An identifier (CX): number, authority, type.
pub(super) fn identifier(of: &Json, default_kind: &str) -> Option<Vec<Component>> {
    let value = text(of, "/value")?;
    let system = text(of, "/system").unwrap_or_default();
    let kind = match system == fhir::nhs_number::SYSTEM {
        true => "NH",
        false => text(of, "/type/coding/0/code").unwrap_or(default_kind),
    };
    Some(vec![
        plain(value),
        plain(""),
        plain(""),
        authority(system),
        plain(kind),
    ])
}

/// The number of an order (EI): number, then its authority in components of its own.
pub(super) fn entity(of: &Json) -> Option<Vec<Component>> {
    let value = text(of, "/value")?;
    let named = text(of, "/system").map(authority).unwrap_or_default();
    let mut all = vec![plain(value)];
    all.extend(named.into_iter().map(plain));
    Some(all)
}

/// The identifiers of a resource as a field, the NHS number first.
pub(super) fn identifiers(of: &Json, default_kind: &str) -> Field {
    let mut all: Vec<&Json> = items(of, "identifier")
        .filter(|it| text(it, "/use") != Some("old"))
        .collect();
    all.sort_by_key(|it| text(it, "/system") != Some(fhir::nhs_number::SYSTEM));
    Field::repeated(
        all.into_iter()
            .filter_map(|it| identifier(it, default_kind)),
    )
}

/// The name that messages use for a system of codes.
fn coding_system(system: &str) -> String {
    let known = match system {
        "http://loinc.org" => "LN",
        "http://snomed.info/sct" => "SCT",
        "http://unitsofmeasure.org" => "UCUM",
        "http://hl7.org/fhir/sid/icd-10" => "I10",
        "https://dmd.nhs.uk" => "DMD",
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    let table = system.strip_prefix("http://terminology.hl7.org/CodeSystem/v2-");
    if let Some(table) = table.filter(|table| table.len() == 4) {
        return format!("HL7{table}");
    }
    if let Some(oid) = system.strip_prefix("urn:oid:") {
        return oid.to_owned();
    }
    own_name(system).unwrap_or_else(|| system.to_owned())
}

/// A coded value (CWE, and CE before 2.6): two codings at most; the words of one without a code.
pub(super) fn concept(of: &Json) -> Vec<Component> {
    let said = text(of, "/text");
    let mut all = Vec::new();
    for coding in items(of, "coding").take(2) {
        all.push(plain(text(coding, "/code").unwrap_or_default()));
        all.push(plain(text(coding, "/display").or(said).unwrap_or_default()));
        let system = text(coding, "/system").map(coding_system);
        all.push(plain(system.unwrap_or_default()));
    }
    if all.is_empty() {
        all = vec![plain(""), plain(said.unwrap_or_default())];
    }
    all
}

/// A person of the staff (XCN): number, then the name as one where its parts are not known.
pub(super) fn professional(of: &Json) -> Option<Vec<Component>> {
    let id = text(of, "/identifier/value");
    let name = text(of, "/display");
    if id.is_none() && name.is_none() {
        return None;
    }
    let mut all = vec![plain(""); 9];
    if let Some(first) = all.get_mut(0) {
        *first = plain(id.unwrap_or_default());
    }
    if let Some(second) = all.get_mut(1) {
        *second = plain(name.unwrap_or_default());
    }
    if let (Some(ninth), Some(system)) = (all.get_mut(8), text(of, "/identifier/system")) {
        *ninth = authority(system);
    }
    Some(all)
}

/// A date or time: as exact as FHIR has it, with its zone where it has one.
pub(super) fn moment(of: &str) -> String {
    let (date, time) = of.split_once('T').unwrap_or((of, ""));
    let date: String = date.chars().filter(char::is_ascii_digit).collect();
    if time.is_empty() {
        return date;
    }
    let at = time.find(['+', '-', 'Z']).unwrap_or(time.len());
    let (clock, zone) = time.split_at(at);
    // Seconds as FHIR has them; HL7 v2 takes four digits behind the point.
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
    let fraction: String = fraction.chars().take(4).collect();
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    let zone = match zone {
        "Z" => "+0000".to_owned(),
        other => other.replace(':', ""),
    };
    format!("{date}{whole}{point}{fraction}{zone}")
}

/// A date or time that a resource has under a name.
pub(super) fn moment_at(of: &Json, at: &str) -> Option<String> {
    text(of, at).map(moment)
}
