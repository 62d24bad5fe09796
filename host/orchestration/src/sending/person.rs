//! A person as HL7 v2 writes them: PID, PD1 and MRG.
//!
//! Invariant: what the record has not is left empty, which a receiver takes for *unchanged*, and never written as a
//! deletion. Source: HL7 Version 2 to FHIR, segment maps PID[Patient] and MRG[Patient], read from right to left.

use serde_json::Value as Json;

use super::coded::{concept, identifiers, items, moment_at, plain, text};
use super::segment::{Component, Field, Segment};

const ETHNICITY: &str =
    "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-EthnicCategory";

/// PID.
pub(super) fn pid(patient: &Json) -> Segment {
    let mut pid = Segment::new("PID");
    pid.text(1, Some("1"));
    pid.put(3, identifiers(patient, "PI"));
    pid.put(5, names(patient));
    pid.text(7, moment_at(patient, "/birthDate"));
    pid.text(8, text(patient, "/gender").map(sex));
    pid.put(
        11,
        Field::repeated(items(patient, "address").filter_map(address)),
    );
    let (work, home): (Vec<&Json>, Vec<&Json>) =
        items(patient, "telecom").partition(|it| text(it, "/use") == Some("work"));
    pid.put(13, Field::repeated(home.into_iter().filter_map(telecom)));
    pid.put(14, Field::repeated(work.into_iter().filter_map(telecom)));
    if let Some(language) = patient.pointer("/communication/0/language") {
        pid.put(15, Field(vec![concept(language)]));
    }
    if let Some(status) = patient.get("maritalStatus") {
        pid.put(16, Field(vec![concept(status)]));
    }
    let ethnicity = items(patient, "extension").find(|it| text(it, "/url") == Some(ETHNICITY));
    let code = ethnicity.and_then(|it| text(it, "/valueCodeableConcept/coding/0/code"));
    pid.text(22, code);
    pid.text(29, moment_at(patient, "/deceasedDateTime"));
    let is_dead = match patient.get("deceasedDateTime") {
        Some(_) => Some("Y"),
        None => patient
            .get("deceasedBoolean")
            .and_then(Json::as_bool)
            .map(|dead| if dead { "Y" } else { "N" }),
    };
    pid.text(30, is_dead);
    pid
}

/// PD1, where the record has the person's practice.
pub(super) fn pd1(patient: &Json) -> Option<Segment> {
    let practices = items(patient, "generalPractitioner").filter_map(|practice| {
        let id = text(practice, "/identifier/value");
        let name = text(practice, "/display");
        (id.is_some() || name.is_some()).then(|| {
            vec![
                plain(name.unwrap_or_default()),
                plain(""),
                plain(id.unwrap_or_default()),
            ]
        })
    });
    let field = Field::repeated(practices);
    let mut pd1 = Segment::new("PD1");
    pd1.put(3, field.clone());
    (!field.is_empty()).then_some(pd1)
}

/// MRG: whose numbers stand for the other person from now on.
pub(super) fn mrg(merged: &Json) -> Segment {
    let mut mrg = Segment::new("MRG");
    mrg.put(1, identifiers(merged, "PI"));
    mrg.put(7, names(merged));
    mrg
}

fn sex(gender: &str) -> &'static str {
    match gender {
        "female" => "F",
        "male" => "M",
        "other" => "O",
        _ => "U",
    }
}

fn names(patient: &Json) -> Field {
    let name = |name: &Json| -> Option<Vec<Component>> {
        let kind = match text(name, "/use") {
            None => "",
            Some("official") => "L",
            Some("usual") => "D",
            Some("maiden") => "M",
            Some("nickname") => "N",
            Some("anonymous") => "S",
            Some("temp") => "TEMP",
            Some(_) => "BAD",
        };
        let list = |member: &str| -> Vec<String> {
            let all = items(name, member).filter_map(Json::as_str);
            all.map(str::to_owned).collect()
        };
        let given = list("given");
        let family = text(name, "/family").map(str::to_owned);
        // A name that is known as a whole only.
        let whole = match (&family, given.is_empty()) {
            (None, true) => Some(text(name, "/text")?.to_owned()),
            _ => None,
        };
        let further = given.get(1..).unwrap_or_default().join(" ");
        Some(vec![
            plain(family.or(whole).unwrap_or_default()),
            plain(given.first().cloned().unwrap_or_default()),
            plain(further),
            plain(list("suffix").join(" ")),
            plain(list("prefix").join(" ")),
            plain(""),
            plain(kind),
        ])
    };
    Field::repeated(items(patient, "name").filter_map(name))
}

fn address(address: &Json) -> Option<Vec<Component>> {
    let lines: Vec<&str> = items(address, "line").filter_map(Json::as_str).collect();
    let member = |name: &str| plain(text(address, name).unwrap_or_default());
    let kind = match (text(address, "/use"), text(address, "/type")) {
        (Some("home"), _) => "H",
        (Some("work"), _) => "B",
        (Some("temp"), _) => "C",
        (Some("old"), _) => "BA",
        (Some("billing"), _) => "BI",
        (_, Some("postal")) => "M",
        _ => "",
    };
    let line = |at: usize| lines.get(at).copied().unwrap_or_default();
    let rest = lines.get(2..).unwrap_or_default().join(", ");
    let all = vec![
        plain(line(0)),
        plain(line(1)),
        member("/city"),
        member("/state"),
        member("/postalCode"),
        member("/country"),
        plain(kind),
        plain(rest),
        member("/district"),
    ];
    let is_empty = |(at, part): (usize, &Component)| at == 6 || part.iter().all(String::is_empty);
    (!all.iter().enumerate().all(is_empty)).then_some(all)
}

fn telecom(telecom: &Json) -> Option<Vec<Component>> {
    let value = text(telecom, "/value")?;
    let used = match text(telecom, "/use") {
        Some("work") => "WPN",
        _ => "PRN",
    };
    let (used, equipment) = match (text(telecom, "/system"), text(telecom, "/use")) {
        (Some("email"), _) => ("NET", "Internet"),
        (Some("fax"), _) => (used, "FX"),
        (Some("pager"), _) => (used, "BP"),
        (_, Some("mobile")) => (used, "CP"),
        _ => (used, "PH"),
    };
    Some(match equipment {
        "Internet" => vec![plain(""), plain(used), plain(equipment), plain(value)],
        _ => vec![plain(value), plain(used), plain(equipment)],
    })
}
